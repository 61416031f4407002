"""MiniStack has no schema registry: its resources are recorded, so that the template that fills it deploys."""

from typing import Any

from ministack.services.cloudformation import provisioners

from sandbox.aws.patching import add
from sandbox.aws.recorded import arn, generated_name, handlers


def install() -> None:
    """Registers a registry and its schemas."""
    add(provisioners._RESOURCE_HANDLERS, {
        "AWS::EventSchemas::Registry": handlers(_registry_arn, _registry),
        "AWS::EventSchemas::Schema": handlers(_schema_arn, _schema),
    })


def _registry_arn(stack: str, logical_id: str, properties: dict[str, Any]) -> str:
    return arn("schemas", f"registry/{properties.get('RegistryName') or generated_name(stack, logical_id, 64)}")


def _registry(physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"RegistryArn": physical_id, "RegistryName": physical_id.split("/")[-1]}


def _schema_arn(stack: str, logical_id: str, properties: dict[str, Any]) -> str:
    name = properties.get("SchemaName") or generated_name(stack, logical_id, 64)
    return arn("schemas", f"schema/{properties['RegistryName']}/{name}")


def _schema(physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"SchemaArn": physical_id, "SchemaName": physical_id.split("/")[-1], "SchemaVersion": "1"}
