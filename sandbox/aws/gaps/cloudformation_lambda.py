"""MiniStack's CloudFormation drops a function's DeadLetterConfig."""

from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from sandbox.aws.patching import Function, patch

Created = tuple[str, dict[str, Any]]


def install() -> None:
    """Keeps it, where Lambda looks for it."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]

    @patch(handlers, "create", "8b2cf80e961d")
    def create(original: Function, logical_id: str, properties: dict[str, Any], stack: str) -> Created:
        return _with_dead_letters(original(logical_id, properties, stack), properties)

    @patch(handlers, "update", "4855410e37d7")
    def update(original: Function, name: str, old: Any, new: dict[str, Any], *rest: Any) -> Created:
        return _with_dead_letters(original(name, old, new, *rest), new)


def _with_dead_letters(created: Created, properties: dict[str, Any]) -> Created:
    lambda_svc._functions[created[0]]["config"]["DeadLetterConfig"] = properties.get("DeadLetterConfig") or {}
    return created
