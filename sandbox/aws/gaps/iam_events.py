"""MiniStack tells IAM neither the source nor the detail type of the events that a caller puts: a policy that pins them would let everything pass,
or nothing.

Source: Amazon EventBridge user guide, "Using IAM policy conditions in Amazon EventBridge".
"""

import json
from typing import Any

from ministack.core import iam_actions

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Adds the condition keys `events:source` and `events:detail-type`, with every entry's value, to those that a request brings."""

    @patch(iam_actions, "request_tag_context", "d46adb816e02")
    def request_context(original: Function, service: str, action: str, body: bytes, parameters: Any) -> dict[str, Any]:
        context: dict[str, Any] = original(service, action, body, parameters)
        if action == "events:PutEvents":
            entries = _entries(body)
            for key, name in ("events:source", "Source"), ("events:detail-type", "DetailType"):
                values = [str(entry[name]) for entry in entries if entry.get(name)]
                if values:
                    context[key] = values
        return context


def _entries(body: bytes) -> list[dict[str, Any]]:
    try:
        entries = json.loads(body)["Entries"]
    except (ValueError, KeyError, TypeError):
        return []
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
