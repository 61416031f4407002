"""PutEvents within its limits: batches, and again for the entries that it did not take."""

import json
import time
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

MAX_ENTRIES = 10
MAX_BYTES = 250_000  # under 256 KB, the limit that AWS's older pages give
ATTEMPTS = 3

Entry = dict[str, str]


def entry(detail_type: str, detail: dict[str, Any]) -> Entry:
    """An event of source TWITTER. One too large for the bus keeps its ids and says that it was cut, rather than being lost."""
    text = json.dumps(detail, ensure_ascii=False).encode("utf-8", "replace").decode()
    if len(text.encode()) > MAX_BYTES:
        ids = {key: value for key, value in detail.items() if key in ("id_str", "event_type", "MessageId", "Author", "Twitter")}
        text = json.dumps({**ids, "Text": str(detail.get("Text", ""))[:25_000], "Truncated": True})
    return {"Source": "TWITTER", "DetailType": detail_type, "Detail": text}


def publish(client: Any, bus: str, entries: list[Entry]) -> int:
    """Publishes the entries in order and returns how many the bus did not take after every attempt (0 when all went well)."""
    return sum(_publish_batch(client, bus, batch) for batch in _batches(entries))


def _batches(entries: list[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for each in entries:
        length = len(each["Detail"].encode()) + len(each["DetailType"]) + len(each["Source"])
        if batch and (len(batch) == MAX_ENTRIES or size + length > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += length
    if batch:
        yield batch


def _publish_batch(client: Any, bus: str, batch: list[Entry]) -> int:
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(0.1 * 2**attempt)
        try:
            results = client.put_events(Entries=[{**each, "EventBusName": bus} for each in batch])["Entries"]
        except (BotoCoreError, ClientError):
            continue
        batch = [each for each, result in zip(batch, results, strict=True) if result.get("ErrorCode")]
        if not batch:
            return 0
    return len(batch)
