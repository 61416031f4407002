"""An event's schema, from EventBridge's schema registry, and whether the event fits."""

import functools
import json
from typing import Any

from botocore.exceptions import ClientError
from jsonschema import Draft4Validator

from tools.stack import Stack

NESTED, REGISTRY = "AWS::CloudFormation::Stack", "AWS::EventSchemas::Registry"


def judged(stack: Stack, envelope: dict[str, Any]) -> dict[str, Any]:
    """The `schema` of an event with its `registry` and `version`, and what does not fit as `errors`; nothing but `missing` where it has none."""
    try:
        found = _schema(stack, envelope["detail-type"])
    except ClientError as error:
        return {"missing": f"{error.response['Error']['Code']}: the registry has no schema {envelope['detail-type']}."}
    if found is None:
        return {"missing": "The deployed application has no schema registry."}
    errors = sorted(Draft4Validator(found["schema"]).iter_errors(envelope), key=lambda error: list(map(str, error.absolute_path)))
    return {**found, "errors": [{"path": error.json_path, "message": error.message[:300]} for error in errors]}


@functools.lru_cache(128)
def _schema(stack: Stack, name: str) -> dict[str, Any] | None:
    registry = _registry(stack)
    if not registry:
        return None
    answer = stack.client("schemas").describe_schema(RegistryName=registry, SchemaName=name)
    return {"registry": registry, "version": answer["SchemaVersion"], "schema": json.loads(answer["Content"])}


@functools.lru_cache(8)
def _registry(stack: Stack) -> str:
    """The registry's name: its stack is nested in that of a microservice."""
    for service in stack.services:
        for nested in service.named(NESTED).values():
            for resource in stack.resources_of(nested):
                if resource["ResourceType"] == REGISTRY:
                    return str(resource["PhysicalResourceId"]).rsplit("/", 1)[-1]
    return ""
