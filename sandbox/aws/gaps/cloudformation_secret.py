"""MiniStack's Ref of a secret is its name; CloudFormation's is its ARN, which is what a policy has to name."""

from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from sandbox.aws.patching import check


def install() -> None:
    """Makes the ARN the physical id."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]
    check(create, "0bae0110fce2")

    def create_with_arn(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
        _, attributes = create(logical_id, properties, stack)
        return attributes["Arn"], attributes

    def update_by_arn(arn: str, old: Any, new: Any, *rest: Any) -> tuple[str, dict[str, Any]]:
        _, attributes = update(_name(arn), old, new, *rest)
        return attributes.get("Arn", arn), attributes

    handlers.update(create=create_with_arn, update=update_by_arn, delete=lambda arn, properties: delete(_name(arn), properties))


def _name(arn: str) -> str:
    name, _ = secretsmanager._resolve(arn)
    return str(name or arn)
