"""MiniStack has no schema registry: CloudFormation fills the sandbox's own (`sandbox/aws/services/schemas.py`)."""

from typing import Any

from ministack.services.cloudformation import provisioners

from sandbox.aws.patching import add
from sandbox.aws.recorded import arn, generated_name
from sandbox.aws.services import schemas

Created = tuple[str, dict[str, Any]]


def install() -> None:
    """Registers a registry and its schemas."""
    add(provisioners._RESOURCE_HANDLERS, {
        "AWS::EventSchemas::Registry": {"create": _create_registry, "update": _update_registry, "delete": _delete_registry},
        "AWS::EventSchemas::Schema": {"create": _create_schema, "update": _update_schema, "delete": _delete_schema},
    })


def _create_registry(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
    name = properties.get("RegistryName") or generated_name(stack, logical_id, 64)
    schemas.put_registry(name)
    return _registry(arn("schemas", f"registry/{name}"))


def _update_registry(physical_id: str, old: Any, new: Any, stack: str, *_: Any) -> Created:
    return _registry(physical_id)


def _delete_registry(physical_id: str, properties: Any) -> None:
    schemas.delete_registry(physical_id.split("/")[-1])


def _registry(physical_id: str) -> Created:
    return physical_id, {"RegistryArn": physical_id, "RegistryName": physical_id.split("/")[-1]}


def _create_schema(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
    return _schema(properties["RegistryName"], properties.get("SchemaName") or generated_name(stack, logical_id, 64), properties)


def _update_schema(physical_id: str, old: Any, new: dict[str, Any], stack: str, *_: Any) -> Created:
    registry, name = physical_id.split("/")[1:]
    return _schema(registry, name, new)


def _delete_schema(physical_id: str, properties: Any) -> None:
    registry, name = physical_id.split("/")[1:]
    schemas.delete_schema(registry, name)


def _schema(registry: str, name: str, properties: dict[str, Any]) -> Created:
    schema = schemas.put_schema(registry, name, properties)
    return schema["SchemaArn"], {field: schema[field] for field in ("SchemaArn", "SchemaName", "SchemaVersion")}
