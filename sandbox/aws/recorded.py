"""Resources that CloudFormation creates for services that MiniStack does not have and that nothing here asks for: they have their ids, no more."""

import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region

Properties = dict[str, Any]
Attributes = Callable[[str, Properties], dict[str, Any]]


def generated_name(stack: str, logical_id: str, length: int) -> str:
    """A name as CloudFormation generates them, the same for the same resource."""
    return f"{stack}-{logical_id}-{uuid.uuid5(uuid.NAMESPACE_URL, stack + logical_id).hex[:12].upper()}"[-length:].lstrip("-")


def generated_id(stack: str, logical_id: str, properties: Properties) -> str:
    """A UUID, the same for the same resource."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, stack + logical_id))


def arn(service: str, resource: str) -> str:
    """An ARN in this account and region."""
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def handlers(identify: Callable[[str, str, Properties], str], attributes: Attributes) -> dict[str, Any]:
    """CloudFormation handlers for a resource type.

    `identify` gives the physical id (what `Ref` returns) of a stack's logical id; `attributes` what `Fn::GetAtt` returns.
    """

    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, Any]]:
        physical_id = identify(stack, logical_id, properties)
        return physical_id, attributes(physical_id, properties)

    def update(physical_id: str, old: Properties, new: Properties, stack: str, *_: Any) -> tuple[str, dict[str, Any]]:
        return physical_id, attributes(physical_id, new)

    def delete(physical_id: str, properties: Properties) -> None:
        """There is nothing to delete."""

    return {"create": create, "update": update, "delete": delete}
