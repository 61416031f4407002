"""Names that are made of the stack's own fit, however long a name its user chooses."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tools.intrinsics import resources
from tools.templates import MICROSERVICES, REGION, TEMPLATES, transformed, written

LONGEST = 41
SUFFIX = "1ABCDEFGHIJKL"  # CloudFormation's, of a nested stack
# Where the resource's schema does not say. Sources: API references of API Gateway and CloudWatch, "Quotas" of the schema registry.
LIMITS = {
    ("AWS::ApiGateway::RestApi", "Name"): r".{1,1024}",
    ("AWS::ApiGateway::RestApi", "Body"): r".{1,1024}",
    ("AWS::CloudWatch::Dashboard", "DashboardName"): r"[A-Za-z0-9_-]{1,255}",
    ("AWS::CloudWatch::Alarm", "Dimensions"): r".{1,1024}",
}


def stack_names(root: str) -> dict[str, str]:
    """The name of every stack, where the root's is given."""
    names = {"template": root}
    for name in TEMPLATES:
        for logical_id, resource in resources(written(name), "AWS::Serverless::Application"):
            nested = resource["Properties"]["Location"].removeprefix("microservices/").removesuffix(".yaml")
            names[nested] = f"{names[name]}-{logical_id}-{SUFFIX}"
    return names


def strings(value: Any, stack: str) -> Iterator[str]:
    """The strings within a property that the stack's name is part of."""
    if value == {"Ref": "AWS::StackName"}:
        yield stack
    elif isinstance(value, dict) and isinstance(value.get("Fn::Sub"), str) and "${AWS::StackName}" in value["Fn::Sub"]:
        yield value["Fn::Sub"].replace("${AWS::StackName}", stack)
    else:
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            yield from strings(each, stack)


def limit(kind: str, name: str) -> str:
    """The pattern of a property, by the resource's schema or else by AWS's documentation."""
    if (kind, name) in LIMITS:
        return LIMITS[kind, name]
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    found = schema["properties"][name]
    if "$ref" in found:
        found = schema["definitions"][found["$ref"].split("/")[-1]]
    assert "maxLength" in found or re.search(r"\{1,\d+\}", found.get("pattern", "")), f"how long {name} of {kind} may be is not known"
    length = rf"(?=.{{1,{found['maxLength']}}}$)" if "maxLength" in found else ""
    return length + str(found.get("pattern", ".*")).removeprefix("^").removesuffix("$")


def misfits(root: str) -> list[str]:
    """Every name that is not one, where the root's stack has this name."""
    found = []
    for name, stack in stack_names(root).items():
        for logical_id, resource in transformed(name)["Resources"].items():
            for property_name, value in resource.get("Properties", {}).items():
                if resource["Type"] != "AWS::CloudFormation::Stack":
                    found += [f"{name}: {logical_id}.{property_name}: {text}" for text in strings(value, stack)
                              if not re.fullmatch(limit(resource["Type"], property_name), text)]
        for _, resource in resources(written(name), "AWS::Serverless::Application"):
            parameters = written(resource["Properties"]["Location"].removeprefix("microservices/").removesuffix(".yaml"))["Parameters"]
            found += [f"{name}: {parameter}: {text}" for parameter, value in resource["Properties"].get("Parameters", {}).items()
                      for text in strings(value, stack) if not re.fullmatch(parameters[parameter]["AllowedPattern"], text)]
    return found


def test_every_stack_is_named() -> None:
    assert set(stack_names("root")) == set(TEMPLATES)


def test_names_fit_up_to_the_longest_stack_name_that_the_template_tells_of() -> None:
    assert misfits("s" * LONGEST) == []
    assert misfits("s" * (LONGEST + 1)), "longer names fit by now: raise LONGEST, and what the template's description says"
    assert f"at most {LONGEST} characters" in written("template")["Description"]


def test_two_hyphens_in_a_row_do_not_fit() -> None:
    assert misfits("my-bot") == []
    assert [misfit.split(": ")[1] for misfit in misfits("my--bot")] == ["Bot.Name"]
    assert "no two hyphens in a row" in written("template")["Description"]


@pytest.mark.parametrize("name", MICROSERVICES)
def test_nothing_has_a_name_that_a_second_stack_would_want_too(name: str) -> None:
    """Fixed names are within the stack's own resources, or parameters."""
    own = {"Name", "LogStreamName", "SchemaName", "BotAliasName", "StageName", "PolicyName"}
    within = {"AWS::Athena::NamedQuery", "AWS::Logs::LogStream", "AWS::EventSchemas::Schema", "AWS::Lex::BotAlias", "AWS::ApiGateway::Stage",
              "AWS::Lambda::Alias", "AWS::StepFunctions::StateMachineAlias"}
    for logical_id, resource in transformed(name)["Resources"].items():
        if resource["Type"] not in within:
            fixed = [key for key in own & resource.get("Properties", {}).keys() if isinstance(resource["Properties"][key], str)]
            assert fixed == [], f"{name}: {logical_id}"
