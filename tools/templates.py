"""The templates as they are written, as CloudFormation gets them from SAM, and as conditions make them."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path

import cfnlint.decode

from tools import sam
from tools.intrinsics import Template, resources

ROOT = Path(__file__).parents[1]
REGION = sam.REGION


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
    result = sam.expand(written(name))
    for logical_id, _ in resources(written(name), "AWS::Serverless::StateMachine"):
        properties = result["Resources"][logical_id]["Properties"]
        del properties["DefinitionS3Location"]
        properties["Definition"] = json.loads(source_of(name, logical_id).replace("${Partition}", "aws"))
    return json.dumps(result)


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
