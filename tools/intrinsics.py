"""Parts of a template, as objects: its resources, what its conditions make of it, what its intrinsic functions point to."""

from collections.abc import Iterator
from typing import Any

KEY = {"Ref": "KmsKeyArn"}
NOTHING = {"Ref": "AWS::NoValue"}

Template = dict[str, Any]
Resource = tuple[str, dict[str, Any]]


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


def publishable(statement: dict[str, Any]) -> Iterator[str]:
    """The detail types, with wildcards, that a statement of a policy lets be put on a bus."""
    if "events:PutEvents" in listed(statement.get("Action")):
        for operator, keys in statement.get("Condition", {}).items():
            if operator != "Null" and "Not" not in operator:
                yield from listed(keys.get("events:detail-type", []))


def listed(value: Any) -> list[Any]:
    """A list as it is, anything else as a list of one."""
    return value if isinstance(value, list) else [value]


def root_of(arn: Any) -> str:
    """The logical id that an intrinsic points to: `Queue` of `!GetAtt Queue.Arn`, `!Ref Queue`, `!Sub ${Queue}/*`, SAM's `!Ref Queue.Alias`."""
    if isinstance(arn, dict):
        if "Ref" in arn:
            return str(arn["Ref"]).split(".")[0]
        if "Fn::GetAtt" in arn:
            return str(listed(arn["Fn::GetAtt"])[0]).split(".")[0]
        if "Fn::Sub" in arn:
            return str(arn["Fn::Sub"]).partition("${")[2].partition("}")[0].split(".")[0]
    return ""


def parts(value: Any) -> Iterator[Any]:
    """Every object within a part of a template, itself included."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from parts(each)


def strings(value: Any) -> Iterator[str]:
    """Every text within a part of a template or a definition, the names of its fields aside."""
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from strings(each)
