"""MiniStack takes a field for absent where only one element of an array lacks it; EventBridge, where every element does.

Source: Event Ruler, EventBridge's own matcher, `NameState.getNameTransitions`: a field anywhere in the event that is consistent with the
array elements matched so far refutes `{"exists": false}`.
"""

from typing import Any

from ministack.services import eventbridge

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Asks every element of an array where nothing but absence is asked for."""

    @patch(eventbridge, "_matches_detail", "4278d284fbea")
    def matches_detail(original: Function, detail: Any, pattern: Any) -> bool:
        if isinstance(detail, dict) and isinstance(pattern, dict):
            for key, expected in pattern.items():
                if isinstance(detail.get(key), list) and _asks_for_absence_only(expected):
                    elements = eventbridge._flatten(detail[key], True)
                    if not all(eventbridge._matches_detail(element, expected) for element in elements):
                        return False
        return bool(original(detail, pattern))


def _asks_for_absence_only(expected: Any) -> bool:
    if isinstance(expected, dict):
        return bool(expected) and all(_asks_for_absence_only(each) for each in expected.values())
    return bool(expected == [{"exists": False}])
