"""Who publishes and who hears each event, read from the templates: rules say who listens, IAM says who may publish.

Renders `docs/events.md`, a section for each event, and the picture of the flow in `README.md`; a test compares both.
"""

import argparse
import fnmatch
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from tools import command

ROOT = Path(__file__).parents[1]
DOCUMENT, README = ROOT / "docs" / "events.md", ROOT / "README.md"
START, END = "<!-- flow: python -m tools catalogue -->\n", "<!-- end of flow -->\n"
WHAT = {
    "ingress": "X's webhook in", "plumbing": "bus, archive, event log, metrics", "analysis": "text and images read by AI services",
    "alerting": "SNS subscribers", "analytics": "data lake, SQL", "responding": "joke, fact, names on the photo", "egress": "one post on X, ever",
}


@dataclass(frozen=True)
class Rule:
    """A rule of a microservice: `detail_type` None for every event, and what else it asks for, in JSON."""

    microservice: str
    detail_type: str | None
    condition: str


def schemas() -> dict[str, dict[str, Any]]:
    """Each detail type's schema, in alphabetical order."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "schemas").glob("*.json"))}


def microservices() -> dict[str, dict[str, Any]]:
    """Each microservice's template."""
    return {name: yaml_parse((ROOT / "microservices" / f"{name}.yaml").read_text()) for name in WHAT}


def rules() -> list[Rule]:
    """Every rule on the bus, one for each detail type it names."""
    return [Rule(name, detail_type, _condition(pattern))
            for name, template in microservices().items()
            for resource in template["Resources"].values()
            for pattern in _patterns(resource)
            for detail_type in pattern.get("detail-type", [None])]


def publishers() -> dict[str, list[str]]:
    """The microservices that may publish each detail type."""
    may = {name: _published(template) for name, template in microservices().items()}
    return {detail_type: [name for name, allowed in may.items() if any(fnmatch.fnmatchcase(detail_type, each) for each in allowed)]
            for detail_type in schemas()}


def document() -> str:
    """`docs/events.md`."""
    heard, may = rules(), publishers()
    every = ", ".join(sorted({f"[{rule.microservice}](../microservices/{rule.microservice}.yaml)" for rule in heard if rule.detail_type is None}))
    parts = ["# Events\n", "Rendered by `python -m tools catalogue` from `schemas/`, `events/` and the rules and policies in `microservices/`.\n",
             f"Every event is heard by {every} as well.\n"]
    for detail_type, schema in schemas().items():
        samples = sorted(path.name for path in (ROOT / "events").glob(f"{detail_type}*.json") if path.name.split(".")[0] == detail_type)
        listeners = [f"[{rule.microservice}](../microservices/{rule.microservice}.yaml){rule.condition and f' where `{rule.condition}`'}"
                     for rule in heard if rule.detail_type == detail_type]
        parts.append(
            f"## {detail_type}\n\n{schema['description']}\n\n"
            f"- published by: {', '.join(f'[{name}](../microservices/{name}.yaml)' for name in may[detail_type])}\n"
            f"- heard by: {'; '.join(dict.fromkeys(listeners)) or 'nobody in particular'}\n"
            f"- schema: [schemas/{detail_type}.json](../schemas/{detail_type}.json)\n"
            f"- samples: {', '.join(f'[{name}](../events/{name})' for name in samples)}\n")
    return "\n".join(parts)


def picture() -> str:
    """The flow in Mermaid: an arrow for each event from who publishes it to who listens for it."""
    may, heard = publishers(), rules()
    every = sorted({rule.microservice for rule in heard if rule.detail_type is None})
    arrows = sorted({(publisher, str(rule.detail_type), rule.microservice) for rule in heard if rule.detail_type
                     for publisher in may[rule.detail_type] if rule.microservice not in (publisher, *every)})
    lines = ["flowchart LR", '    X(("X"))', *(f'    {name}["<b>{name}</b><br/>{what}"]' for name, what in WHAT.items()),
             "    X -- signed webhook --> ingress",
             *(f"    {publisher} -- {detail_type} --> {listener}" for publisher, detail_type, listener in arrows), "    egress -- reply --> X",
             f'    bus[/"every event on the bus"/] --> {" & ".join(every)}']
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def readme() -> str:
    """`README.md` with the picture as it is now."""
    before, _, rest = README.read_text().partition(START)
    return before + START + picture() + END + rest.partition(END)[2]


def add_to(commands: Any) -> None:
    """`python -m tools catalogue`."""
    command.add(commands, "catalogue", _write, "render docs/events.md, and the picture in README.md", "catalogue", stack=False)


def _write(arguments: argparse.Namespace) -> int:
    for path, text in ((DOCUMENT, document()), (README, readme())):
        path.write_text(text)
        print(f"Rendered {path.relative_to(ROOT)}.")
    return 0


def _patterns(resource: dict[str, Any]) -> list[dict[str, Any]]:
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::Events::Rule":
        return [properties["EventPattern"]]
    return [event["Properties"]["Pattern"] for event in (properties.get("Events") or {}).values() if event["Type"] == "EventBridgeRule"]


def _condition(pattern: dict[str, Any]) -> str:
    asked = {name: value for name, value in pattern.items() if name not in ("detail-type", "account")}
    return json.dumps(asked) if asked else ""


def _published(template: dict[str, Any]) -> set[str]:
    return {detail_type
            for resource in template["Resources"].values() if resource["Type"] == "AWS::IAM::Role"
            and "Service" in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
            for policy in resource["Properties"].get("Policies", [])
            for statement in policy.get("PolicyDocument", {}).get("Statement", []) if statement.get("Action") == "events:PutEvents"
            for condition in statement["Condition"].values() for detail_type in _listed(condition.get("events:detail-type"))
            if detail_type != "false"}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []
