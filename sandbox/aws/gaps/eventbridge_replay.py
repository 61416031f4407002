"""MiniStack replays an archive to every rule of the bus, whatever rules the replay names (FilterArns).

Source: Amazon EventBridge API reference, "ReplayDestination".
"""

import contextvars
from typing import Any

from ministack.services import eventbridge

from sandbox.aws.patching import Function, patch

_named: contextvars.ContextVar[frozenset[str]] = contextvars.ContextVar("named", default=frozenset())  # rules; empty for all


def install() -> None:
    """Brings a replayed event to the rules that its replay names."""

    @patch(eventbridge, "_dispatch_event", "d1bfe064f602")
    def dispatch_event(original: Function, event: dict[str, Any], view: Any = None) -> None:
        replay = eventbridge._replays.get(event.get("ReplayName")) or {}
        token = _named.set(frozenset((replay.get("Destination") or {}).get("FilterArns") or ()))
        try:
            original(event, view)
        finally:
            _named.reset(token)

    @patch(eventbridge, "_matches_pattern_view", "10e78a261268")
    def matches_pattern_view(original: Function, pattern: Any, view: Any, owner: str = "rule") -> bool:
        rule = eventbridge._rules.get(owner.removeprefix("rule ")) or {}
        return (not _named.get() or rule.get("Arn") in _named.get()) and bool(original(pattern, view, owner))
