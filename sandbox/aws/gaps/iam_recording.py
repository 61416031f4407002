"""MiniStack does not say which of a role's permissions were ever used: every call that one allowed is counted."""

from typing import Any

from ministack.core import iam_evaluator

from sandbox.aws import used
from sandbox.aws.patching import Function, patch


def install() -> None:
    """Counts what is evaluated: calls over HTTP, and those that `sandbox.aws.access` asks about."""

    @patch(iam_evaluator, "evaluate", "2a5dd6932d1a")
    def evaluate(original: Function, context: iam_evaluator.EvalContext, *policies: Any) -> Any:
        result = original(context, *policies)
        if result.decision == "Allow" and context.principal_type == "AssumedRole":
            used.record(context.principal_arn.split("/")[1], context.action, context.resource_arn)
        return result
