"""Whether an answer is what botocore's model of the service says, to the last member: boto3 itself drops what it does not know."""

import json
from collections.abc import Iterator
from typing import Any

KINDS: dict[str, Any] = {"string": str, "integer": int, "long": int, "float": float | int, "double": float | int, "boolean": bool}


def differences(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """What is unlike the shape: unknown and missing members, other types, values outside of an enumeration or its limits. Null is absence."""
    if value is None:
        return
    kind = shape.type_name
    if kind == "structure":
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        yield from (f"{where}: unknown {name}" for name in value.keys() - members.keys())
        yield from (f"{where}: no {name}" for name in shape.required_members if name not in value)
        for name in value.keys() & members.keys():
            yield from differences(members[name], value[name], f"{where}.{name}")
    elif kind == "map":
        for key, each in value.items():
            yield from differences(shape.value, each, f"{where}[{key}]")
    elif kind == "list":
        if len(value) > shape.metadata.get("max", len(value)):
            yield f"{where}: {len(value)} members"
        for index, each in enumerate(value):
            yield from differences(shape.member, each, f"{where}[{index}]")
    elif not isinstance(value, KINDS[kind]):
        yield f"{where}: {value!r} is no {kind}"
    elif kind == "string":
        if shape.enum and value not in shape.enum:
            yield f"{where}: {value} is none of {shape.enum}"
        if not shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", len(value)):
            yield f"{where}: {len(value)} characters"


def checked(client: Any) -> Any:
    """The client, which from now on fails where an answer is unlike its model."""

    def check(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
        if http_response.status_code >= 300:
            code = parsed["Error"]["Code"]
            assert code == "ValidationException" or code in {error.name for error in model.error_shapes}, f"{code} is none of {model.name}'s errors"
        elif model.output_shape and not model.has_streaming_output:
            found = list(differences(model.output_shape, json.loads(http_response.content), model.name))
            assert not found, found

    client.meta.events.register("after-call", check)
    return client
