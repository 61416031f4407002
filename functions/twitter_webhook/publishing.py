"""PutEvents within its limits: batches, and again for the entries that it did not take."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

MAX_ENTRIES = 10
MAX_BYTES = 250_000  # under 256 KB, the limit that AWS's older pages give
ATTEMPTS = 3

Entry = dict[str, str]


def entry(detail_type: str, detail: dict[str, Any]) -> Entry:
    """An event of source TWITTER. One too large for the bus loses its largest members and says `Truncated`, rather than being lost."""
    text = _json(detail)
    if len(text.encode()) > MAX_BYTES:
        text = _json(_cut(detail))
    return {"Source": "TWITTER", "DetailType": detail_type, "Detail": text}


def publish(client: Any, bus: str, entries: list[Entry], deadline: float) -> Counter[str]:
    """Publishes the entries in order, beginning no call after `deadline` (of `time.monotonic`).

    Returns how often each error kept an entry from the bus after every attempt; empty when all went well.
    """
    errors: Counter[str] = Counter()
    for batch in _batches(entries):
        errors += _publish_batch(client, bus, batch, deadline)
    return errors


def _json(detail: dict[str, Any]) -> str:
    """JSON in as few bytes as may be; half a surrogate pair, which UTF-8 has no bytes for, becomes a question mark."""
    return json.dumps(detail, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace").decode()


def _cut(detail: dict[str, Any]) -> dict[str, Any]:
    """What fits of a detail's members, the small ones first: ids and their like."""
    kept: dict[str, Any] = {"Truncated": True}
    size = len(_json(kept))
    for key, value in sorted(detail.items(), key=lambda member: len(_json(dict([member])))):
        size += len(_json({key: value}).encode())
        if size > MAX_BYTES:
            break
        kept[key] = value
    return kept


def _batches(entries: list[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for each in entries:
        length = sum(len(value.encode()) for value in each.values())
        if batch and (len(batch) == MAX_ENTRIES or size + length > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += length
    if batch:
        yield batch


def _publish_batch(client: Any, bus: str, batch: list[Entry], deadline: float) -> Counter[str]:
    errors: Counter[str] = Counter({"DeadlinePassed": len(batch)})
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(0.1 * 2**attempt)
        if time.monotonic() > deadline:
            return errors
        try:
            results = client.put_events(Entries=[{**each, "EventBusName": bus} for each in batch]).get("Entries", [])
        except ClientError as error:
            errors = Counter({error.response["Error"]["Code"]: len(batch)})
            continue
        except BotoCoreError as error:
            errors = Counter({type(error).__name__: len(batch)})
            continue
        if len(results) != len(batch):
            errors = Counter({"MalformedAnswer": len(batch)})
            continue
        errors = Counter(result["ErrorCode"] for result in results if result.get("ErrorCode"))
        batch = [each for each, result in zip(batch, results, strict=True) if result.get("ErrorCode")]
        if not batch:
            break
    return errors
