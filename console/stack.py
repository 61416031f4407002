"""The map: microservices and what they are made of, who publishes what, which rules listen; as CloudFormation, EventBridge and IAM tell it."""

import fnmatch
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from tools.intrinsics import publishable
from tools.letters import QUALIFIED, short
from tools.stack import Service, Stack

KINDS = {
    "AWS::ApiGateway::RestApi": "api", "AWS::Lambda::Function": "function", "AWS::StepFunctions::StateMachine": "workflow", "AWS::Lex::Bot": "bot",
    "AWS::DynamoDB::Table": "table", "AWS::SNS::Topic": "topic", "AWS::SQS::Queue": "queue", "AWS::S3::Bucket": "bucket",
    "AWS::KinesisFirehose::DeliveryStream": "stream", "AWS::Glue::Table": "lake table", "AWS::Events::EventBus": "bus",
    "AWS::Events::Archive": "archive", "AWS::Logs::LogGroup": "log", "AWS::SecretsManager::Secret": "secret",
}
FUNCTION, WORKFLOW = "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"
VERSIONS = ("Alias", "Version", "StateMachineAlias", "StateMachineVersion")  # of a function or a workflow, which is what is shown
REMEMBERED = 10_000  # answers of EventBridge's on whether a pattern matches


@dataclass(frozen=True)
class Part:
    """A resource of a microservice that does something: its logical and physical ids, and what it is in a word."""

    name: str
    kind: str
    id: str


@dataclass(frozen=True)
class Rule:
    """A rule on the bus: `name` is its logical id, `service` the microservice that has it, `targets` the ARNs that it leads to."""

    id: str
    arn: str
    name: str
    service: str
    pattern: dict[str, Any]
    targets: list[dict[str, str]]

    @property
    def detail_types(self) -> list[str]:
        """The detail types that it asks for by name; empty where it takes any, or asks for more than names."""
        wanted = self.pattern.get("detail-type", [])
        return list(wanted) if all(isinstance(name, str) for name in wanted) else []


@dataclass
class Map:
    """Everything at once. `publishes` has the detail types that a microservice may put on the bus, as IAM lets it: patterns with `*`."""

    name: str
    bus: str
    services: list[Service]
    descriptions: dict[str, str]
    publishes: dict[str, list[str]]
    rules: list[Rule]
    from_x: list[str]
    to_x: list[str]
    events: Any
    _owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    _matches: dict[Any, bool] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._owners = {short(physical_id): (service.name, logical_id)
                        for service in self.services for logical_id, physical_id in service.resources.items()
                        if physical_id and service.types.get(logical_id, "").rpartition("::")[2] not in VERSIONS}

    def owner(self, arn: str) -> tuple[str, str]:
        """Which microservice's resource an ARN or a physical id is, and its logical id; two empty texts where it is nobody's here."""
        return self._owners.get(short(arn), ("", ""))

    def publisher(self, envelope: dict[str, Any]) -> str:
        """Who published an event: the owner of the workflow that it names, else the only one who may; empty where that cannot be told."""
        for arn in envelope.get("resources", []):
            if ":stateMachine:" in arn and self.owner(arn)[0]:
                return self.owner(arn)[0]
        may = [name for name, types in self.publishes.items() if any(fnmatch.fnmatchcase(envelope["detail-type"], each) for each in types)]
        return may[0] if len(may) == 1 else ""

    def listeners(self, envelope: dict[str, Any]) -> list[Rule]:
        """The rules that an event matches. EventBridge is asked itself, once for all events that a pattern cannot tell apart."""
        return [rule for rule in self.rules if self._is_for(rule, envelope)]

    def _is_for(self, rule: Rule, envelope: dict[str, Any]) -> bool:
        if rule.detail_types and envelope["detail-type"] not in rule.detail_types:
            return False
        if rule.detail_types and rule.pattern.keys() == {"detail-type"}:
            return True
        key = (rule.id, tuple(_told(rule.pattern, envelope)))
        with self._lock:
            known = self._matches.get(key)
        if known is None:
            known = bool(self.events.test_event_pattern(EventPattern=json.dumps(rule.pattern), Event=json.dumps(envelope))["Result"])
            with self._lock:
                if len(self._matches) >= REMEMBERED:
                    self._matches.clear()
                self._matches[key] = known
        return known

    def described(self) -> dict[str, Any]:
        """As the page gets it."""
        return {
            "name": self.name, "bus": self.bus, "from_x": self.from_x, "to_x": self.to_x,
            "services": [{"name": service.name, "description": self.descriptions[service.name], "publishes": self.publishes[service.name],
                          "parts": [asdict(part) for part in _parts(service)]} for service in self.services],
            "rules": [{**asdict(rule), "detail_types": rule.detail_types} for rule in self.rules]}


def map_of(stack: Stack) -> Map:
    """Reads the map. It asks for each microservice at once, since one after another takes seconds on AWS."""
    services = stack.services
    with ThreadPoolExecutor(len(services)) as threads:
        stacks = dict(zip((service.name for service in services), threads.map(lambda service: _description(stack, service), services), strict=True))
        publishes = dict(zip(stacks, threads.map(lambda service: _published(stack, service), services), strict=True))
        rules = list(threads.map(lambda rule: _rule(stack, rule), _rules(stack)))
    return Map(
        stack.name, stack.output("EventBusName"), services, {name: _told_of(name, each) for name, each in stacks.items()}, publishes,
        sorted(rules, key=lambda rule: (rule.service, rule.name)),
        [service.name for service in services if service.named("AWS::ApiGateway::RestApi")],
        [name for name, each in stacks.items() if any(parameter["ParameterKey"] == "XApiUrl" for parameter in each.get("Parameters", []))],
        stack.client("events"))


def _description(stack: Stack, service: Service) -> dict[str, Any]:
    [description] = stack.client("cloudformation").describe_stacks(StackName=service.stack)["Stacks"]
    return dict(description)


def _told_of(name: str, description: dict[str, Any]) -> str:
    """What a template says of itself, without its name in front."""
    text = str(description.get("Description") or "").strip()
    return text[len(name) + 1:].strip() if text.lower().startswith(f"{name.lower()}:") else text


def _parts(service: Service) -> list[Part]:
    """What does something; logs and roles are everywhere, and only tell of it."""
    kinds = {logical_id: KINDS[kind] for logical_id, kind in service.types.items() if kind in KINDS}
    logs = {"log"} if len([kind for kind in kinds.values() if kind != "log"]) > 2 and "bus" not in kinds.values() else set()
    return sorted((Part(logical_id, kind, service.resources[logical_id]) for logical_id, kind in kinds.items() if kind not in logs),
                  key=lambda part: (list(KINDS.values()).index(part.kind), part.name))


def _published(stack: Stack, service: Service) -> list[str]:
    """The detail types that the roles of a microservice may put on the bus. EventBridge's own role for replays and schedules counts as well."""
    iam = stack.client("iam")
    found: set[str] = set()
    for role in service.named("AWS::IAM::Role").values():
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                found.update(publishable(statement))
    return sorted(found)


def _qualifier(arn: str) -> str:
    """`:live` of a function's or a workflow's ARN; empty where it has none."""
    qualified = QUALIFIED.search(arn)
    return arn[qualified.end():] if qualified else ""


def _rules(stack: Stack) -> list[dict[str, Any]]:
    pages = stack.client("events").get_paginator("list_rules").paginate(EventBusName=stack.output("EventBusName"))
    return [rule for page in pages for rule in page["Rules"] if rule.get("EventPattern") and not rule.get("ManagedBy")]


def _rule(stack: Stack, rule: dict[str, Any]) -> Rule:
    targets = stack.client("events").list_targets_by_rule(Rule=rule["Name"], EventBusName=stack.output("EventBusName"))["Targets"]
    service, name = next(((service.name, logical_id) for service in stack.services for logical_id, physical_id in service.resources.items()
                          if physical_id.rpartition("|")[2] == rule["Name"]), ("", rule["Name"]))
    return Rule(rule["Name"], rule["Arn"], name, service, json.loads(rule["EventPattern"]),
                [{"arn": target["Arn"], "name": _logical_id(stack, target["Arn"]), "kind": target["Arn"].split(":")[2]} for target in targets])


def _logical_id(stack: Stack, arn: str) -> str:
    """The logical id of what an ARN names: a dashboard may be called as a log group ends, so the longest name counts."""
    arn = arn.removesuffix(_qualifier(arn))
    named = [(len(physical_id), logical_id) for service in stack.services for logical_id, physical_id in service.resources.items()
             if physical_id and arn.endswith(physical_id)]
    return max(named)[1] if named else short(arn)


def _told(pattern: dict[str, Any], value: Any) -> Iterator[Any]:
    """What a pattern can tell of an event: for each of its fields the values there, or only whether there are any where it asks for no more."""
    for name, wanted in pattern.items():
        values = list(_under(value, name))
        if isinstance(wanted, dict):
            yield from _told(wanted, values)
        elif all(isinstance(each, dict) and each.keys() == {"exists"} for each in wanted):
            yield bool(values)
        else:
            yield tuple(sorted(json.dumps(each) for each in values))


def _under(value: Any, name: str) -> Iterator[Any]:
    """The values of a field, in every element of lists."""
    if isinstance(value, list):
        for each in value:
            yield from _under(each, name)
    elif isinstance(value, dict) and name in value:
        found = value[name]
        yield from found if isinstance(found, list) else [found]
