"""What crosses the bus, as the files have it: schemas and samples of events, who may publish each, and the rules that say who hears it."""

import fnmatch
import functools
import json
from dataclasses import dataclass
from typing import Any

from tools import intrinsics
from tools.intrinsics import Template, resources, root_of, statements, under
from tools.templates import MICROSERVICES, ROOT, transformed, written

TABLE = "Matches"


@dataclass(frozen=True)
class Publisher:
    """Who may put a detail type on the bus: a function, a workflow or what has a role of its own, by its logical id."""

    microservice: str
    logical_id: str


@dataclass(frozen=True)
class Rule:
    """A rule on the bus, and what its template's metadata says of it.

    `name` is its logical id where CloudFormation gets it. `matches` are wildcards for the samples that it matches, those that begin with
    `!` for exceptions; None where its template has no such table. `replays` says whether it also takes them where a replay brings them.
    """

    microservice: str
    name: str
    pattern: dict[str, Any]
    targets: tuple[str, ...]
    description: str
    matches: tuple[str, ...] | None
    replays: bool

    @property
    def detail_types(self) -> list[str] | None:
        """The detail types that it names; None where it takes every event."""
        return self.pattern.get("detail-type")

    @property
    def condition(self) -> str:
        """What it asks of an event besides its detail type, as JSON; empty for nothing. Every account's own events are its own."""
        asked = {name: value for name, value in self.pattern.items() if name not in ("detail-type", "account")}
        return json.dumps(asked) if asked else ""


@functools.cache
def schemas() -> dict[str, dict[str, Any]]:
    """Each detail type's schema, in alphabetical order."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "schemas").glob("*.json"))}


@functools.cache
def samples() -> dict[str, dict[str, Any]]:
    """Each sample of an event by its name, which begins with its detail type: `SEND_TWEET`, `SEND_TWEET.with-images`."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "events").glob("*.json"))}


@functools.cache
def rules() -> list[Rule]:
    """Every rule of every microservice."""
    return [rule for name in MICROSERVICES for rule in rules_of(name, written(name))]


def rules_of(microservice: str, template: Template) -> list[Rule]:
    """The rules of a template as it is written."""
    found = []
    for logical_id, resource in resources(template, "AWS::Events::Rule"):
        properties = resource["Properties"]
        targets = tuple(root if (root := root_of(target["Arn"])) in template["Resources"] else target["Id"]
                        for target in under(properties["Targets"], key=False))
        table = resource.get("Metadata", {}).get(TABLE)
        found.append(_rule(microservice, logical_id, properties["EventPattern"], targets, properties.get("Description", ""), table))
    return found


def named(rule: Rule) -> set[str]:
    """The samples that a rule matches, as its table says."""
    wanted = [each for each in rule.matches or () if not each.startswith("!")]
    unwanted = [each[1:] for each in rule.matches or () if each.startswith("!")]
    return {name for name in samples() if _any(name, wanted) and not _any(name, unwanted)}


@functools.cache
def publishers() -> dict[str, list[Publisher]]:
    """Who may publish each detail type that there is a schema of."""
    may = [(publisher, wildcard) for name in MICROSERVICES for publisher, wildcard in _published(name)]
    return {detail_type: list(dict.fromkeys(publisher for publisher, wildcard in may if fnmatch.fnmatchcase(detail_type, wildcard)))
            for detail_type in schemas()}


@functools.cache
def publishable() -> dict[str, list[Publisher]]:
    """Each detail type, or wildcard for some, that a policy names, and whom it lets publish it."""
    found: dict[str, list[Publisher]] = {}
    for name in MICROSERVICES:
        for publisher, wildcard in _published(name):
            found.setdefault(wildcard, []).append(publisher)
    return found


def users(template: Template, role: str) -> list[str]:
    """The resources that work as a role, by their logical ids; the role itself where it is handed to a service instead."""
    return [logical_id for logical_id, resource in template["Resources"].items() if resource["Type"] != "AWS::IAM::Role" and role in _roles(resource)]


def _roles(resource: Any) -> list[str]:
    """The roles that a resource names wherever it has a role."""
    if isinstance(resource, dict):
        named = [root_of(value) for name, value in resource.items() if name in ("Role", "RoleArn", "RoleARN")]
        return named + [role for value in resource.values() for role in _roles(value)]
    return [role for each in resource for role in _roles(each)] if isinstance(resource, list) else []


def _published(name: str) -> list[tuple[Publisher, str]]:
    template = under(transformed(name), key=False)
    return [(Publisher(name, user), str(detail_type))
            for role, resource in resources(template, "AWS::IAM::Role")
            for statement in statements(resource) for detail_type in intrinsics.publishable(statement)
            for user in users(template, role) or [role]]


def _rule(microservice: str, name: str, pattern: dict[str, Any], targets: tuple[str, ...], description: str, table: Any) -> Rule:
    table = table if isinstance(table, dict) else {}
    matches = table.get("Samples")
    return Rule(microservice, name, pattern, targets, str(description), None if matches is None else tuple(map(str, matches)),
                bool(table.get("Replays")))


def _any(name: str, wildcards: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, each) for each in wildcards)
