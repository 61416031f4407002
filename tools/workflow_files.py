"""Where the workflows are: each definition with the template that deploys it, and what that puts in place of its `${…}`."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from tools.stack import Failure

ROOT = Path(__file__).parents[1]
TEMPLATES = ("template.yaml", "microservices/*.yaml", "examples/*/*.yaml")
TYPES = ("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine")
SUBSTITUTION = re.compile(r"\$\{(\w+)\}")
REASONS = "Reasons"  # in a state machine's Metadata: {state: {what it lacks: why}}

REGION, ACCOUNT = "eu-west-1", "123456789012"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::StackName": "stack", "AWS::URLSuffix": "amazonaws.com"}
# The service, and what an ARN says before the name, of the resources that workflows are given.
ARNS = {
    "AWS::Serverless::Function": ("lambda", "function:"), "AWS::Lambda::Function": ("lambda", "function:"), "AWS::SQS::Queue": ("sqs", ""),
    "AWS::SNS::Topic": ("sns", ""), "AWS::DynamoDB::Table": ("dynamodb", "table/"), "AWS::Events::EventBus": ("events", "event-bus/"),
    "AWS::IAM::Role": ("iam", "role/"), "AWS::Serverless::StateMachine": ("states", "stateMachine:"), "AWS::S3::Bucket": ("s3", ""),
    "AWS::StepFunctions::StateMachine": ("states", "stateMachine:"),
}


@dataclass(frozen=True)
class Workflow:
    """A definition, and the state machine of a template that is made of it; without a template where none deploys it."""

    path: Path  # the definition's file, or the template's where it is written in there
    text: str
    template: Path | None = None
    logical_id: str = ""
    document: dict[str, Any] | None = None  # the whole template, parsed

    @property
    def name(self) -> str:
        """`send_tweet` of `statemachine/send_tweet.asl.json`."""
        return self.path.name.split(".")[0]

    @property
    def machine(self) -> dict[str, Any]:
        """The template's resource; empty without one."""
        return dict(self.document["Resources"][self.logical_id]) if self.document else {}

    @property
    def given(self) -> dict[str, Any]:
        """What the template puts in place of `${…}`, as it is written there."""
        return self.machine.get("Properties", {}).get("DefinitionSubstitutions") or {}

    @property
    def asked(self) -> list[str]:
        """The names within `${…}`, each once, in order."""
        return list(dict.fromkeys(SUBSTITUTION.findall(self.text)))

    @property
    def reasons(self) -> dict[str, dict[str, str]]:
        """For each state, why it lacks what every other has: {"Catch": "The last resort: …"}."""
        return (self.machine.get("Metadata") or {}).get(REASONS) or {}

    def definition(self) -> dict[str, Any]:
        """The definition with values that AWS might give in place of `${…}`. Raises ValueError where it is no JSON."""
        filled = SUBSTITUTION.sub(lambda found: json.dumps(self._value(found[1]))[1:-1], self.text)
        parsed: dict[str, Any] = json.loads(filled)
        return parsed

    def _value(self, name: str) -> str:
        return plausible(self.given[name], self.document or {}) if name in self.given else PSEUDO.get(f"AWS::{name}", name)


def plausible(value: Any, template: dict[str, Any]) -> str:
    """What an intrinsic function of a template may come to: ARNs, URLs and names of the kind of the resource or parameter it names."""
    if not isinstance(value, dict):
        return str(value)
    [(function, argument)] = value.items()
    if function == "Ref":
        return _reference(argument, template)
    if function == "Fn::GetAtt":
        logical_id, _, attribute = (argument if isinstance(argument, str) else ".".join(argument)).partition(".")
        return _attribute(logical_id, attribute, template)
    if function == "Fn::Sub":
        text, more = argument if isinstance(argument, list) else (argument, {})
        return re.sub(r"\$\{([\w:.]+)\}", lambda found: _named(found[1], more, template), text)
    return "value"


def workflows(paths: Sequence[Path] = ()) -> list[Workflow]:
    """The workflows of some files, be they definitions or templates; of the whole application and its examples without any.

    Raises Failure for a file that is not there or is neither.
    """
    if not paths:
        return [workflow for template in _templates() for workflow in _of_template(template)]
    return [workflow for path in paths for workflow in _of_file(path)]


def _of_file(path: Path) -> list[Workflow]:
    if not path.is_file():
        raise Failure(f"There is no file {path}.")
    if path.suffix in (".yaml", ".yml"):
        found = list(_of_template(path))
        if not found:
            raise Failure(f"{path} has no state machine.")
        return found
    if path.suffix != ".json":
        raise Failure(f"{path} is neither a definition (.asl.json) nor a template (.yaml).")
    templates = {template.resolve(): template for template in (*_templates(), *path.parent.glob("*.yaml"))}
    deployed = [workflow for template in templates.values() for workflow in _of_template(template) if workflow.path.samefile(path)]
    return deployed or [Workflow(path, path.read_text())]


def _templates() -> list[Path]:
    return [path for pattern in TEMPLATES for path in sorted(ROOT.glob(pattern))]


def _of_template(template: Path) -> Iterator[Workflow]:
    document = yaml_parse(template.read_text())
    for logical_id, resource in (document.get("Resources") or {}).items() if isinstance(document, dict) else ():
        if resource.get("Type") not in TYPES:
            continue
        properties = resource.get("Properties", {})
        if "Definition" in properties:
            yield Workflow(template, json.dumps(properties["Definition"], indent=2), template, logical_id, document)
        elif isinstance(properties.get("DefinitionUri"), str):
            path = template.parent / properties["DefinitionUri"]
            if not path.is_file():
                raise Failure(f"{template}: {logical_id} names {properties['DefinitionUri']}, which is not there.")
            yield Workflow(path.resolve(), path.read_text(), template, logical_id, document)


def _named(name: str, more: dict[str, Any], template: dict[str, Any]) -> str:
    if name in more:
        return plausible(more[name], template)
    logical_id, _, attribute = name.partition(".")
    return _attribute(logical_id, attribute, template) if attribute else _reference(name, template)


def _reference(name: str, template: dict[str, Any]) -> str:
    if name in PSEUDO:
        return PSEUDO[name]
    parameter = (template.get("Parameters") or {}).get(name)
    if parameter:
        default = parameter.get("Default", "")
        return str(default) if default != "" else _arn("service", "", name) if name.endswith("Arn") else name
    kind = _type_of(name, template)
    if kind == "AWS::SQS::Queue":
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    if kind in ("AWS::SNS::Topic", *TYPES):
        return _arn(*ARNS[kind], name)
    return _ten(name) if kind.startswith("AWS::Lex::") else name


def _attribute(logical_id: str, attribute: str, template: dict[str, Any]) -> str:
    if not attribute.endswith("Arn"):
        return _ten(attribute) if _type_of(logical_id, template).startswith("AWS::Lex::") else attribute
    return _arn(*ARNS.get(_type_of(logical_id, template), ("service", "")), logical_id)


def _ten(name: str) -> str:
    """An id of Lex: ten capital letters or digits."""
    return f"{name.upper():0<10.10}"


def _arn(service: str, before: str, name: str) -> str:
    region, account = ("", "") if service == "s3" else ("", ACCOUNT) if service == "iam" else (REGION, ACCOUNT)
    return f"arn:aws:{service}:{region}:{account}:{before}{name}"


def _type_of(logical_id: str, template: dict[str, Any]) -> str:
    return str((template.get("Resources") or {}).get(logical_id, {}).get("Type", ""))
