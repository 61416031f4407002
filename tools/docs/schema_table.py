"""A JSON Schema as the rows of a table: each field with its type, whether it has to be there, and what it means."""

import json
from collections.abc import Iterator
from typing import Any

from tools.docs.markdown import code

COLUMNS = ("field", "type", "required", "meaning")
Schema = dict[str, Any]
Row = tuple[str, str, str, str]


def rows(schema: Schema, part: Schema, path: str = "") -> Iterator[Row]:
    """The fields of an object within a schema, those of objects and lists within it after their own row: `Analysis.Images[].Url`."""
    for name, (field, required) in _fields(schema, part).items():
        where = f"{path}{name}"
        since = f"Since {field['x-since']}." if "x-since" in field else ""
        yield code(where), _type(schema, field), required, " ".join(filter(None, (str(field.get("description", "")), since)))
        while "items" in field:
            where, field = f"{where}[]", _resolved(schema, field["items"])
        yield from rows(schema, field, f"{where}.")


def shapes(part: Schema) -> list[Schema]:
    """What an object may look like: one shape, or several."""
    return list(part.get("anyOf") or part.get("oneOf") or [part])


def _fields(schema: Schema, part: Schema) -> dict[str, tuple[Schema, str]]:
    """An object's fields by their names, each with whether it has to be there, or in which of the object's shapes."""
    every = [_resolved(schema, shape) for shape in shapes(part)]
    found: dict[str, tuple[Schema, str]] = {}
    for shape in every:
        for name, field in shape.get("properties", {}).items():
            needing = [str(number) for number, each in enumerate(every, 1) if name in each.get("required", [])]
            required = "yes" if len(needing) == len(every) else f"in shape {', '.join(needing)}" if needing else ""
            found.setdefault(name, (_resolved(schema, field), required))
    return found


def _resolved(schema: Schema, part: Schema) -> Schema:
    """A part of a schema, or the definition that it refers to."""
    if "$ref" not in part:
        return part
    for step in part["$ref"].removeprefix("#/").split("/"):
        schema = schema[step]
    return schema


def _type(schema: Schema, field: Schema) -> str:
    if "enum" in field:
        return " or ".join(code(json.dumps(value).strip('"')) for value in field["enum"])
    if len(shapes(field)) > 1:
        return f"one of {len(shapes(field))} shapes"
    if "items" in field:
        most = f", at most {field['maxItems']}" if "maxItems" in field else ""
        return f"list of {_type(schema, _resolved(schema, field['items']))}{most}"
    limits = [f"{words} {field[keyword]}" for keyword, words in (("minimum", "from"), ("maximum", "to"), ("format", "as")) if keyword in field]
    limits += ["not empty"] if field.get("minLength") or field.get("minProperties") else []
    limits += [code(field["pattern"])] if "pattern" in field else []
    return ", ".join([str(field.get("type", "anything")), *limits])
