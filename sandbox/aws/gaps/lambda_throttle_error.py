"""MiniStack's Step Functions calls a throttled function Lambda.Unknown; on AWS it is Lambda.TooManyRequestsException."""

import json
from typing import Any

from ministack.services import stepfunctions

from sandbox.aws.patching import Function, patch

THROTTLED = "TooManyRequestsException"


def install() -> None:
    """Names it."""

    @patch(stepfunctions, "_call_lambda", "25830369b126")
    def call_lambda(original: Function, function: str, event: Any) -> Any:
        try:
            return original(function, event)
        except stepfunctions._ExecutionError as error:
            if error.error == "Lambda.Unknown" and THROTTLED in str(error.cause):
                raise stepfunctions._ExecutionError(f"Lambda.{THROTTLED}", json.loads(error.cause).get("message", "")) from None
            raise
