"""What IAM says of the callers that MiniStack does not check itself: workflows, rules, schedules and delivery streams.

MiniStack checks what comes in over HTTP. What its services do on behalf of a role, or as an AWS service, is asked here; with AUTH off
everything is allowed, as it is on the wire.
"""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

role: contextvars.ContextVar[str] = contextvars.ContextVar("role", default="")


@contextlib.contextmanager
def acting_as(role_arn: str) -> Iterator[None]:
    """Within it, `role` is the caller's role; threads that copy the context inherit it."""
    token = role.set(role_arn)
    try:
        yield
    finally:
        role.reset(token)


def enforced() -> bool:
    """Whether IAM is on."""
    from ministack import app

    return bool(app.AUTH)


def allowed(role_arn: str, action: str, resource: str, keys: dict[str, Any] | None = None) -> bool:
    """Whether a role's policies allow an action on a resource, under condition keys. Always, while AUTH is off."""
    if not enforced():
        return True
    name, account = role_arn.split("/")[-1], get_account_id()
    context = _context(f"arn:aws:sts::{account}:assumed-role/{name}/sandbox", "AssumedRole", action, resource, keys or {})
    policies = iam_evaluator._gather_role_policies(name, account)
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    return bool(iam_evaluator.evaluate(context, policies, *limits).decision == "Allow")


def may_assume(service: str, role_arn: str) -> bool:
    """Whether a role exists and trusts a service, such as `events.amazonaws.com`. Always, while AUTH is off."""
    if not enforced():
        return True
    found = iam._roles.get(role_arn.split("/")[-1])
    trust = (found or {}).get("AssumeRolePolicyDocument")
    return permits(trust, service, "sts:AssumeRole", role_arn, {"aws:sourceaccount": get_account_id()})


def permits(policy: Any, service: str, action: str, resource: str, keys: dict[str, Any]) -> bool:
    """Whether a resource's policy (JSON text or object) lets an AWS service do an action. Always, while AUTH is off."""
    if not enforced():
        return True
    context = _context(service, "Service", action, resource, keys)
    return bool(iam_evaluator.evaluate_resource_policy(policy or None, context, service=service).decision == "Allow")


def _context(principal: str, kind: str, action: str, resource: str, keys: dict[str, Any]) -> iam_evaluator.EvalContext:
    return iam_evaluator.EvalContext(
        principal_arn=principal, principal_type=kind, principal_account=get_account_id() if kind == "AssumedRole" else "", action=action,
        resource_arn=resource, region=get_region(), secure_transport=True, service_context={key.lower(): value for key, value in keys.items()})
