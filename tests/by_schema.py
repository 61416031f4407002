"""Events against the schemas of `schemas/`."""

import functools
from typing import Any

import jsonschema

from tools import contract


def violations(event: dict[str, Any]) -> list[str] | None:
    """What an event breaks of its schema, each with the place: “detail.Text: 5 is not of type 'string'”. None where there is no schema for it."""
    validator = _validator(str(event.get("detail-type")))
    if validator is None:
        return None
    return [f"{'.'.join(map(str, error.absolute_path)) or 'the event'}: {error.message}" for error in validator.iter_errors(event)]


@functools.cache
def _validator(detail_type: str) -> jsonschema.Draft4Validator | None:
    schema = contract.schemas().get(detail_type)
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER) if schema else None
