"""The templates as they are written, as CloudFormation gets them from SAM, and as conditions make them."""

import functools
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cfnlint.decode
from samtranslator.translator.transform import transform

ROOT = Path(__file__).parents[1]
REGION = "eu-west-1"
KEY = {"Ref": "KmsKeyArn"}
NOTHING = {"Ref": "AWS::NoValue"}

Template = dict[str, Any]
Resource = tuple[str, dict[str, Any]]


def path_of(name: str) -> Path:
    """Where a template is: `template` is the root's, any other a microservice's."""
    return ROOT / "template.yaml" if name == "template" else ROOT / "microservices" / f"{name}.yaml"


@functools.cache
def written(name: str) -> Template:
    """A template as it is written, with short forms such as `!Ref` spelt out; its dicts know their lines (`start_mark.line`, from 0)."""
    template: Template | None
    template, problems = cfnlint.decode.decode(str(path_of(name)))
    assert template is not None, problems
    return template


def source_of(name: str, workflow: str) -> str:
    """The text of a workflow's definition, by its template and logical id."""
    uri: str = written(name)["Resources"][workflow]["Properties"]["DefinitionUri"]
    return (path_of(name).parent / uri).read_text()


def transformed(name: str) -> Template:
    """A template as SAM makes it for CloudFormation, with each workflow in place as an object: what is linted is what runs."""
    template: Template = json.loads(_transformed(name))
    return template


@functools.cache
def _transformed(name: str) -> str:
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of its own metrics
    template = json.loads(json.dumps(written(name)))
    workflows = {}
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::StateMachine":
            workflows[logical_id] = json.loads(source_of(name, logical_id).replace("${Partition}", "aws"))
        for local in {"CodeUri", "DefinitionUri"} & properties.keys():
            properties[local] = "s3://bucket/key"
        if resource["Type"] == "AWS::Serverless::Application":
            properties["Location"] = "https://bucket.s3.amazonaws.com/key"
    parameters = {key: parameter.get("Default", "x") for key, parameter in template.get("Parameters", {}).items()}
    result = transform(template, parameters, _NoManagedPolicies()) if "Transform" in template else template
    for logical_id, workflow in workflows.items():
        properties = result["Resources"][logical_id]["Properties"]
        del properties["DefinitionS3Location"]
        properties["Definition"] = workflow
    return json.dumps(result)


class _NoManagedPolicies:
    """SAM asks for these of IAM; no template uses one."""

    def load(self) -> dict[str, str]:
        return {}


def resources(template: Template, *types: str) -> list[Resource]:
    """The resources of some types, with their logical ids."""
    return [(logical_id, resource) for logical_id, resource in template["Resources"].items() if resource["Type"] in types]


def under(value: Any, key: bool) -> Any:
    """A template, or a part of one, as it is with (`key`) and without a KmsKeyArn; every other condition counts as true."""
    if isinstance(value, list):
        return [under(each, key) for each in value if under(each, key) != NOTHING]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        return under(then if condition != "HasKmsKey" or key else otherwise, key)
    return {name: made for name, each in value.items() if (made := under(each, key)) != NOTHING}


def statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every statement of a role's policies, whose conditions have been applied."""
    for policy in role["Properties"].get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    """A list as it is, anything else as a list of one."""
    return value if isinstance(value, list) else [value]


def root_of(arn: Any) -> str:
    """The logical id that an intrinsic function points to: `Queue` of `!GetAtt Queue.Arn`, of `!Ref Queue` and of `!Sub ${Queue}/*`."""
    if isinstance(arn, dict):
        if "Ref" in arn:
            return str(arn["Ref"])
        if "Fn::GetAtt" in arn:
            return str(listed(arn["Fn::GetAtt"])[0]).split(".")[0]
        if "Fn::Sub" in arn:
            return str(arn["Fn::Sub"]).partition("${")[2].partition("}")[0].split(".")[0]
    return ""


def _nested(name: str) -> Iterator[str]:
    """The templates that a template nests, each followed by those that it nests itself."""
    for _, application in resources(written(name), "AWS::Serverless::Application"):
        stem = Path(application["Properties"]["Location"]).stem
        yield stem
        yield from _nested(stem)


# Every template of the application, as the root nests them, and each workflow by its template and logical id.
MICROSERVICES = list(_nested("template"))
TEMPLATES = ["template", *MICROSERVICES]
WORKFLOWS = [(name, logical_id) for name in TEMPLATES for logical_id, _ in resources(written(name), "AWS::Serverless::StateMachine")]
