"""MiniStack ignores the Output of a JSONata Choice that takes its Default, and of a JSONata Succeed.

Source: Amazon States Language specification, "Choice State" and "Succeed State".
"""

from typing import Any

from ministack.services import stepfunctions

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Evaluates them."""

    @patch(stepfunctions, "_execute_choice", "468955fcd4a4")
    def execute_choice(original: Function, state: dict[str, Any], given: Any, context: dict[str, Any] | None = None) -> Any:
        if "Default" in state and stepfunctions._state_query_language(state, context) == "JSONata":
            otherwise = {name: state[name] for name in ("Output", "Assign", "QueryLanguage") if name in state}
            state = {**state, "Choices": [*state["Choices"], {**otherwise, "Condition": True, "Next": state["Default"]}]}
        return original(state, given, context)

    @patch(stepfunctions, "_apply_output_path", "e9cfd0067244")
    def apply_output_path(original: Function, state: dict[str, Any], data: Any, context: dict[str, Any] | None = None) -> Any:
        if state.get("Type") == "Succeed" and stepfunctions._state_query_language(state, context) == "JSONata":
            return stepfunctions._apply_jsonata_output(state, data, context, default=data)
        return original(state, data, context)
