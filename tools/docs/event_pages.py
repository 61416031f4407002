"""A page for each event, and their index: what it means, who publishes it, who hears it and when, its fields, samples, since when there is one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import contract
from tools.contract import Rule
from tools.docs import flow, schema_table
from tools.docs.markdown import HEADER, code, fenced, link, table
from tools.docs.workflow_pages import page_of
from tools.templates import path_of

FOLDER = Path("docs/events")
INDEX = FOLDER / "README.md"
ENVELOPE = ("The envelope is EventBridge's own: `version` `id` `detail-type` `source` `account` `time` `region` `resources`, and `replay-name` on a "
            "replayed event.")


def pages() -> dict[Path, str]:
    """Every page by its path."""
    return {INDEX: _index(), **{FOLDER / f"{detail_type}.md": _page(detail_type) for detail_type in contract.schemas()}}


def _index() -> str:
    every = [rule for rule in contract.rules() if rule.detail_types is None]
    rows = [(f"[{detail_type}]({detail_type}.md)", schema["description"], ", ".join(_publishers(detail_type)),
             ", ".join(_listeners(detail_type)) or "–", schema["x-since"]) for detail_type, schema in contract.schemas().items()]
    heard = "; ".join(f"{_service(rule.microservice, INDEX)} ({_words(rule, INDEX)})" for rule in every)
    return "\n".join([HEADER, "# Events\n", flow.every_event(), table(("event", "meaning", "published by", "heard by", "since"), rows),
                      f"Every event is heard by {heard} as well.\n", ENVELOPE + "\n",])


def _page(detail_type: str) -> str:
    page, schema = FOLDER / f"{detail_type}.md", contract.schemas()[detail_type]
    samples = [name for name in contract.samples() if name.split(".")[0] == detail_type]
    publishers = [f"- {_service(each.microservice, page)}: {page_of(each.microservice, each.logical_id, page)}"
                  for each in contract.publishers()[detail_type]]
    heard = [rule for rule in contract.rules() if rule.detail_types is None or detail_type in rule.detail_types]
    heard.sort(key=lambda rule: rule.detail_types is None)
    listeners = table(("microservice", "rule", "which", "where", "replays"), (
        (_service(rule.microservice, page), code(rule.name), _words(rule, page), conditions(rule.pattern) or "always",
         "too" if rule.replays else "not") for rule in heard))
    fields = table(schema_table.COLUMNS, schema_table.rows(schema, schema["properties"]["detail"]))
    others = ", ".join(link(name, Path(f"events/{name}.json"), page) for name in samples if name != detail_type)
    return "\n".join([
        HEADER, f"# {detail_type}\n", f"{schema['description']}\n",
        f"Source {_source(schema)}; since version {schema['x-since']}. {link('Schema', Path(f'schemas/{detail_type}.json'), page)}. "
        "[All events](README.md).\n",
        "## Published by\n", "\n".join(publishers) + "\n", "## Heard by\n", listeners,
        "## Detail\n", fields or "An object with the fields that X gave it; none is relied upon.\n",
        "## Sample\n", fenced("json", json.dumps(contract.samples()[detail_type], indent=2, ensure_ascii=False)),
        *([f"Others: {others}.\n"] if others else [])])


def conditions(pattern: dict[str, Any]) -> str:
    """What a pattern asks besides the detail type, in words; empty for nothing."""
    asked = {name: value for name, value in pattern.items() if name not in ("detail-type", "account")}
    return ", and ".join(_asked(asked, ""))


def _asked(pattern: dict[str, Any], path: str) -> Iterator[str]:
    for name, value in pattern.items():
        if isinstance(value, dict):
            yield from _asked(value, f"{path}{name}.")
        else:
            yield f"{code(path + name)} {' or '.join(map(_matcher, value))}"


def _matcher(matcher: Any) -> str:
    if isinstance(matcher, dict) and "exists" in matcher:
        return "is there" if matcher["exists"] else "is absent"
    return f"matches {code(json.dumps(matcher))}" if isinstance(matcher, dict) else f"is {code(json.dumps(matcher).strip(chr(34)))}"


def _source(schema: dict[str, Any]) -> str:
    fixed = schema["properties"]["source"].get("enum")
    return " or ".join(map(code, fixed)) if fixed else f"{code(schema['x-amazon-events-source'])}, or wherever the message is from"


def _publishers(detail_type: str) -> list[str]:
    return list(dict.fromkeys(_service(each.microservice, INDEX) for each in contract.publishers()[detail_type]))


def _listeners(detail_type: str) -> list[str]:
    return list(dict.fromkeys(_service(rule.microservice, INDEX) for rule in contract.rules() if detail_type in (rule.detail_types or [])))


def _words(rule: Rule, page: Path) -> str:
    """What a rule feeds."""
    return ", ".join(page_of(rule.microservice, target, page) for target in rule.targets)


def _service(name: str, page: Path) -> str:
    return link(name, path_of(name), page)
