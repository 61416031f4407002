"""Whether a request is one that the service's own model allows: what AWS checks before it looks at anything."""

import functools
import re
from typing import Any

import botocore.session

from sandbox.aws.service import ServiceError


@functools.cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def check(service: str, operation: str, request: dict[str, Any]) -> None:
    """Raises ServiceError: SerializationException for a wrong type, ValidationException for a value out of its bounds."""
    faults = list(_faults(_model(service).operation_model(operation).input_shape, request, ""))
    if faults:
        noun = "validation error" if len(faults) == 1 else "validation errors"
        raise ServiceError("ValidationException", f"{len(faults)} {noun} detected: {'; '.join(faults)}")


def _faults(shape: Any, value: Any, path: str) -> list[str]:
    kinds: dict[str, tuple[type, ...]] = {
        "structure": (dict,), "list": (list,), "string": (str,), "blob": (str,), "integer": (int,), "float": (int, float), "boolean": (bool,)}
    fits = isinstance(value, kinds[shape.type_name]) and (shape.type_name == "boolean" or not isinstance(value, bool))
    if not fits:
        raise ServiceError("SerializationException", f"{path or 'The request'} must be a {shape.type_name}.")
    if shape.type_name == "structure":
        absent = [f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
                  for name in shape.metadata.get("required", []) if value.get(name) is None]
        return absent + [fault for name, member in shape.members.items() if value.get(name) is not None
                         for fault in _faults(member, value[name], _join(path, name))]
    own = [f"Value '{'' if shape.type_name == 'blob' else value}' at '{path}' failed to satisfy constraint: {rule}" for rule in _broken(shape, value)]
    if shape.type_name == "list":
        return own + [fault for number, each in enumerate(value, 1) for fault in _faults(shape.member, each, f"{path}.{number}.member")]
    return own


def _broken(shape: Any, value: Any) -> list[str]:
    limits = shape.metadata
    size = value if shape.type_name in ("integer", "float") else _bytes_in(value) if shape.type_name == "blob" else len(value)
    what = "value" if shape.type_name in ("integer", "float") else "length"
    rules = []
    if "min" in limits and size < limits["min"]:
        rules.append(f"Member must have {what} greater than or equal to {limits['min']}")
    if "max" in limits and size > limits["max"]:
        rules.append(f"Member must have {what} less than or equal to {limits['max']}")
    if limits.get("enum") and value not in limits["enum"]:
        rules.append(f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]")
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        rules.append(f"Member must satisfy regular expression pattern: {limits['pattern']}")
    return rules


def _bytes_in(base64: str) -> int:
    return len(base64) * 3 // 4 - base64[-2:].count("=")


def _join(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered
