"""MiniStack ignores the Output of a JSONata Choice that takes its Default, and of a JSONata Succeed.

Source: Amazon States Language specification, "Choice State" and "Succeed State".
"""

from typing import Any

from ministack.services import stepfunctions

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Evaluates them."""

    @patch(stepfunctions, "_execute_choice", "?")
    def execute_choice(original: Function, state: dict[str, Any], given: Any, context: dict[str, Any] | None = None) -> Any:
        output, following = original(_without_output(state, given, context), given, context)
        return output, following

    @patch(stepfunctions, "_apply_output_path", "?")
    def apply_output_path(original: Function, state: dict[str, Any], data: Any, context: dict[str, Any] | None = None) -> Any:
        if state.get("Type") == "Succeed" and stepfunctions._state_query_language(state, context) == "JSONata":
            return stepfunctions._apply_jsonata_output(state, data, context, default=data)
        return original(state, data, context)
