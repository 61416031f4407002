"""EventBridge's schema registry as far as reading goes: what CloudFormation put there is listed and described.

Source for paths and fields: botocore's model of schemas.
"""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import get_account_id, get_region

from sandbox.aws import recorded
from sandbox.aws.service import Response, ServiceError, answer, register

REGISTRIES = re.compile(r"/v1/registries/?")
SCHEMAS = re.compile(r"/v1/registries/name/([^/]+)/schemas/?")
SCHEMA = re.compile(r"/v1/registries/name/([^/]+)/schemas/name/([^/]+)/?")

Schema = dict[str, Any]

_registries: dict[tuple[str, str, str], dict[str, Schema]] = {}  # by account, region and name; the schemas by name


def install() -> None:
    """Registers the service."""
    register("schemas", handle, host=r"schemas\.", reset=_registries.clear)


def put_registry(name: str) -> None:
    """Makes a registry, where there is none of that name."""
    _registries.setdefault(_key(name), {})


def delete_registry(name: str) -> None:
    """Deletes a registry."""
    _registries.pop(_key(name), None)


def put_schema(registry: str, name: str, properties: dict[str, Any]) -> Schema:
    """Makes a schema, or its next version where the content is another one; returns it as DescribeSchema would."""
    schemas = _registries.setdefault(_key(registry), {})
    before, now = schemas.get(name), datetime.now(UTC).isoformat(timespec="seconds")
    version = 1 if before is None else int(before["SchemaVersion"]) + (before["Content"] != properties["Content"])
    schemas[name] = {
        "SchemaName": name, "SchemaArn": recorded.arn("schemas", f"schema/{registry}/{name}"), "SchemaVersion": str(version),
        "Content": properties["Content"], "Type": properties["Type"], "Description": properties.get("Description", ""),
        "LastModified": now, "VersionCreatedDate": now}
    return schemas[name]


def delete_schema(registry: str, name: str) -> None:
    """Deletes a schema."""
    _registries.get(_key(registry), {}).pop(name, None)


async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
    """Answers a call."""
    try:
        return answer(200, _read(method, path))
    except ServiceError as error:
        return answer(error.status, {"Code": error.code, "Message": str(error)}, {"x-amzn-ErrorType": error.code})


def _read(method: str, path: str) -> dict[str, Any]:
    if method == "GET" and REGISTRIES.fullmatch(path):
        account, region, _ = _key("")
        names = [name for *where, name in _registries if where == [account, region]]
        return {"Registries": [{"RegistryName": name, "RegistryArn": recorded.arn("schemas", f"registry/{name}")} for name in sorted(names)]}
    if method == "GET" and (found := SCHEMA.fullmatch(path)):
        registry, name = map(unquote, found.groups())
        schema = _schemas(registry).get(name)
        if schema is None:
            raise ServiceError("NotFoundException", f"Schema with name {name} does not exist.", 404)
        return schema
    if method == "GET" and (found := SCHEMAS.fullmatch(path)):
        fields = ("SchemaName", "SchemaArn", "LastModified")
        return {"Schemas": [{**{field: schema[field] for field in fields}, "VersionCount": int(schema["SchemaVersion"])}
                            for _, schema in sorted(_schemas(unquote(found[1])).items())]}
    raise ServiceError("BadRequestException", "The sandbox answers ListRegistries, ListSchemas and DescribeSchema.")


def _schemas(registry: str) -> dict[str, Schema]:
    schemas = _registries.get(_key(registry))
    if schemas is None:
        raise ServiceError("NotFoundException", f"Registry with name {registry} does not exist.", 404)
    return schemas


def _key(name: str) -> tuple[str, str, str]:
    return get_account_id(), get_region(), name
