"""MiniStack's Firehose delivers each record at once as an object of its own, without delimiter and uncompressed, and counts nothing.

Records are buffered by partition and delivered together, sooner than the stream's hints say: a sandbox's user waits for the data, nobody pays
for small objects. What is buffered is delivered when the process ends.
"""

import atexit
import contextvars
import gzip
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.services import firehose

from sandbox.aws import access, metrics
from sandbox.aws.patching import Function, patch

SECONDS = 1.0
DELIMITER = b"\n"

_converted: contextvars.ContextVar[tuple[bytes, Any] | None] = contextvars.ContextVar("converted", default=None)
_alone: contextvars.ContextVar[str] = contextvars.ContextVar("alone", default="")  # the stream that one record is delivered of
_compressed: contextvars.ContextVar[bool] = contextvars.ContextVar("compressed", default=False)


@dataclass
class Buffer:
    """The records that wait for one stream's one partition, and the context (account, region) of the first."""

    stream: dict[str, Any]
    destination: dict[str, Any]
    records: list[bytes] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)


_buffers: dict[tuple[str, str], Buffer] = {}
_lock = threading.Lock()


def install() -> None:
    """Buffers what is put, and starts the thread that delivers."""

    @patch(firehose, "_deliver_records_to_s3", "1f7d45902427")
    def deliver_records_to_s3(original: Function, stream: dict[str, Any], destination: dict[str, Any], records: list[Any]) -> None:
        config = destination["config"]
        if _processor(config, "Lambda"):
            original(stream, destination, records)
            return
        for _, record in records:
            try:
                partition = str(firehose._metadata_extraction_keys(config, record))
            except firehose._DeliveryError:
                partition = ""
            end = DELIMITER if _processor(config, "AppendDelimiterToRecord") or config.get("DataFormatConversionConfiguration") else b""
            with _lock:
                _buffers.setdefault((stream["name"], partition), Buffer(stream, destination)).records.append(record + end)
        destination["records"].clear()

    @patch(firehose, "_metadata_extraction_keys", "5310a36adfa0")
    def metadata_extraction_keys(original: Function, config: Any, data: bytes) -> Any:
        return original(config, data.split(DELIMITER, 1)[0])  # what is buffered together has the same keys

    @patch(firehose, "_convert_to_parquet", "08264c81ebac")
    def convert_to_parquet(original: Function, conversion: Any, data: bytes) -> Any:
        before = _converted.get()
        if before and before[0] is data:
            return before[1]
        try:
            return original(conversion, data)
        except firehose._DeliveryError:
            if _alone.get():
                metrics.put("AWS/Firehose", "FailedConversion.Records", 1, dimensions={"DeliveryStreamName": _alone.get()})
            raise

    @patch(firehose, "_put_s3_object", "f96f3d026aa2")
    def put_s3_object(original: Function, bucket: str, key: str, body: bytes) -> None:
        if _compressed.get():
            key, body = key + ".gz", gzip.compress(body)
        original(bucket, key, body)

    threading.Thread(target=_run, daemon=True).start()
    atexit.register(_deliver, 0)


def _processor(config: dict[str, Any], kind: str) -> bool:
    processing = config.get("ProcessingConfiguration") or {}
    return bool(processing.get("Enabled")) and any(each.get("Type") == kind for each in processing.get("Processors") or [])


def _run() -> None:
    while True:
        time.sleep(SECONDS / 4)
        _deliver(SECONDS)


def _deliver(seconds: float) -> None:
    """Delivers what has waited for so long."""
    with _lock:
        due = [key for key, buffer in _buffers.items() if time.monotonic() - buffer.since >= seconds]
        buffers = [_buffers.pop(key) for key in due]
    for buffer in buffers:
        buffer.context.run(_deliver_buffer, buffer)


def _deliver_buffer(buffer: Buffer) -> None:
    config = buffer.destination["config"]
    _compressed.set(config.get("CompressionFormat") == "GZIP")
    bucket = firehose._s3_bucket_from_arn(config.get("BucketARN", ""))
    if not access.allowed(config.get("RoleARN", ""), "s3:PutObject", f"arn:aws:s3:::{bucket}/{config.get('Prefix', '')}"):
        firehose.logger.error("Firehose: %s may not write to %s.", config.get("RoleARN"), bucket)
        return
    waited = time.monotonic() - buffer.since
    metrics.put("AWS/Firehose", "DeliveryToS3.DataFreshness", waited, "Seconds", {"DeliveryStreamName": buffer.stream["name"]})
    conversion = config.get("DataFormatConversionConfiguration")
    together = b"".join(buffer.records)
    if conversion and not _fits(conversion, together):  # one by one, so that what cannot be converted takes no other with it
        _alone.set(buffer.stream["name"])
        for record in buffer.records:
            firehose._deliver_to_s3(buffer.stream, buffer.destination, record)
    else:
        firehose._deliver_to_s3(buffer.stream, buffer.destination, together)


def _fits(conversion: dict[str, Any], data: bytes) -> bool:
    """Whether records can all be converted; what they are then is remembered."""
    try:
        _converted.set((data, firehose._convert_to_parquet(conversion, data)))
    except firehose._DeliveryError:
        return False
    return True
