"""What an EventBridge target is sent for an event: Input, InputPath and InputTransformer.

Source: Amazon EventBridge user guide, "Amazon EventBridge input transformation".
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

PATH = re.compile(r"\.([A-Za-z0-9_\-/]+)|\[(\d+|\*)\]|\['([^']+)'\]")
PLACEHOLDER = re.compile(r"<([^<>]*)>")
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|<[^<>]*>')  # a whole JSON string, or a placeholder outside of one


def for_target(target: dict[str, Any], rule: dict[str, Any], event: dict[str, Any]) -> str:
    """The text that the target gets."""
    if target.get("InputTransformer"):
        return transformed(target["InputTransformer"], rule, event)
    if target.get("Input"):
        return str(target["Input"])
    value = at(target["InputPath"], event) if target.get("InputPath") else event
    return json.dumps(event if value is None else value)


def at(path: str, event: Any) -> Any:
    """The value at a path such as `$.detail.images[0].url` or `$.resources[*]`; None where there is nothing."""
    value = event
    for name, index, quoted in PATH.findall(path[1:]):
        try:
            if index == "*":
                value = list(value)
            elif index:
                value = value[int(index)]
            elif isinstance(value, list):
                value = [each[name or quoted] for each in value if (name or quoted) in each]
            else:
                value = value[name or quoted]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def transformed(transformer: dict[str, Any], rule: dict[str, Any], event: dict[str, Any]) -> str:
    """The template with its variables filled in.

    Where a JSON value is wanted, a string gets quotes and an object none; within a JSON string a string is escaped, an object loses its
    quotes. A template without any quotes is plain text, unless it is one variable that holds an object.
    """
    values = {name: at(path, event) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    values = {name: "" if value is None else value for name, value in values.items()}
    values |= {
        "aws.events.rule-name": rule.get("Name", ""), "aws.events.rule-arn": rule.get("Arn", ""),
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"}, "aws.events.event.json": event,
        "aws.events.event.ingestion-time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    template = transformer.get("InputTemplate", "")
    alone = PLACEHOLDER.fullmatch(template.strip())
    if alone and isinstance(values.get(alone[1]), dict | list):
        return json.dumps(values[alone[1]])
    if '"' not in template:
        return PLACEHOLDER.sub(lambda found: _in_text(found, values), template)
    return TOKEN.sub(lambda found: _in_json(found, values), template)


def _in_json(found: re.Match[str], values: dict[str, Any]) -> str:
    token = found[0]
    if token.startswith('"'):
        return PLACEHOLDER.sub(lambda inner: _in_string(inner, values), token)
    name = token[1:-1]
    return json.dumps(values[name]) if name in values else token


def _in_string(found: re.Match[str], values: dict[str, Any]) -> str:
    value = values.get(found[1])
    return json.dumps(value, ensure_ascii=False)[1:-1] if isinstance(value, str) else _in_text(found, values)


def _in_text(found: re.Match[str], values: dict[str, Any]) -> str:
    if found[1] not in values:
        return found[0]
    value = values[found[1]]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace('"', "")
