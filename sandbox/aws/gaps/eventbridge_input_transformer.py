"""MiniStack renders `<aws.events.event.json>` alone without quotes, escapes no value, and knows no array indexes in paths."""

from typing import Any

from ministack.services import eventbridge

from sandbox.aws import event_input
from sandbox.aws.patching import Function, patch


def install() -> None:
    """Renders templates as EventBridge does."""

    @patch(eventbridge, "_apply_input_transformer", "c975a360e47a")
    def apply_input_transformer(original: Function, transformer: dict[str, Any], rule: dict[str, Any] | None, view: Any) -> str:
        return event_input.transformed(transformer, rule or {}, view.event_with_detail())
