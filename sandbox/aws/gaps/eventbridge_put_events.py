"""MiniStack takes events that EventBridge refuses, and keeps a log of events that grows without end."""

import json
from typing import Any

from ministack.services import eventbridge

from sandbox.aws.patching import Function, patch

MAX_ENTRIES = 10
MAX_BYTES = 1024 * 1024  # PutEvents' limit for one request; EventBridge's own is the same for one entry
KEPT = 1000

Response = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Refuses what EventBridge refuses, entry by entry."""

    @patch(eventbridge, "_put_events", "ebcda0f38061")
    def put_events(original: Function, data: dict[str, Any], allow_aws_source: bool = False) -> Response:
        entries = data.get("Entries", [])
        if len(entries) > MAX_ENTRIES:
            refused: Response = original(data, allow_aws_source)
            return refused
        if not allow_aws_source and sum(map(_size, entries)) > MAX_BYTES:
            return _refused("ValidationException", "Total size of the entries in the request is over the limit.")
        refusals = [None if allow_aws_source else _refusal(entry) for entry in entries]
        taken = [entry for entry, refusal in zip(entries, refusals, strict=True) if refusal is None]
        response: Response = original({**data, "Entries": taken}, allow_aws_source)
        log = eventbridge._events_log_list()
        del log[:-KEPT]
        if len(taken) == len(entries) or response[0] >= 300:
            return response
        answers = iter(json.loads(response[2])["Entries"])
        results = [refusal or next(answers) for refusal in refusals]
        status, headers, body = eventbridge.json_response({
            "FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results})
        return status, headers, body


def _refused(code: str, message: str) -> Response:
    status, headers, body = eventbridge.error_response_json(code, message, 400)
    return status, headers, body


def _size(entry: dict[str, Any]) -> int:
    """As the user guide's "Calculating Amazon EventBridge PutEvents event entry size" has it."""
    texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *(entry.get("Resources") or [])]
    return (14 if entry.get("Time") else 0) + sum(len(str(text).encode()) for text in texts if text)


def _refusal(entry: dict[str, Any]) -> dict[str, str] | None:
    for member in ("Source", "DetailType", "Detail"):
        if not entry.get(member):
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": f"Parameter {member} is not valid. Reason: {member} is a required argument."}
    try:
        detail = json.loads(entry["Detail"])
    except (TypeError, ValueError):
        detail = None
    return None if isinstance(detail, dict) else {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
