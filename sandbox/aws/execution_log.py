"""What happens in the executions of a workflow, written to its log group as AWS writes it.

Source: AWS Step Functions developer guide, "Using CloudWatch Logs to log execution history" and "Log levels for Step Functions execution events";
botocore's HistoryEvent shapes. A record's `details` are those of the event in GetExecutionHistory, its numbers and times are strings.
"""

import itertools
import json
import logging
import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ministack.core.responses import get_account_id, get_region, set_request_account_id, set_request_region
from ministack.services import cloudwatch_logs

FATAL = {"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"}
ERROR = FATAL | {
    "EvaluationFailed", "FailStateEntered", "LambdaFunctionFailed", "LambdaFunctionScheduleFailed", "LambdaFunctionStartFailed",
    "LambdaFunctionTimedOut", "MapIterationAborted", "MapIterationFailed", "MapRunAborted", "MapRunFailed", "MapStateAborted", "MapStateFailed",
    "ParallelStateAborted", "ParallelStateFailed", "TaskFailed", "TaskStartFailed", "TaskStateAborted", "TaskSubmitFailed", "TaskTimedOut",
    "WaitStateAborted"}
DATA = ("input", "output", "parameters", "assignedVariables")  # what is left out where the configuration wants no execution data
PAYLOAD = 248 * 1024  # characters; what is longer is cut off
SECONDS = 0.1  # how long records are gathered before they are written
STREAM = 2 * 1024 * 1024  # characters, after which a log stream is followed by another
KEPT = 16  # log streams of a workflow; of older ones the sandbox's memory is freed
ENCODER = json.JSONEncoder(separators=(",", ":"))
logger = logging.getLogger(__name__)


class _Record(NamedTuple):
    account: str
    region: str
    group: str
    machine: str
    time: int
    body: dict[str, Any]


@dataclass
class Log:
    """The log of one execution. `level` is ALL, ERROR or FATAL; `data` says whether inputs and outputs are written."""

    execution: str
    machine: str
    group: str
    level: str
    data: bool
    ended: bool = False
    _account: str = field(default_factory=get_account_id)
    _region: str = field(default_factory=get_region)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def of(cls, record: dict[str, Any], machine: dict[str, Any]) -> "Log | None":
        """The log of an execution, by MiniStack's records of it and of its machine; None where nothing is to be logged."""
        configuration = machine.get("loggingConfiguration") or {}
        groups = [each.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "") for each in configuration.get("destinations") or []]
        group = groups[0].partition(":log-group:")[2].removesuffix(":*") if groups else ""
        level = configuration.get("level", "OFF")
        if not group or level == "OFF":
            return None
        return cls(record["executionArn"], machine["name"], group, level, bool(configuration.get("includeExecutionData")))

    def write(self, kind: str, details: dict[str, Any], previous: int) -> int:
        """Writes an event unless its level is too low, or the execution is over; answers its number."""
        number = next(self._ids)
        if not self.ended and self._wanted(kind):
            now = int(time.time() * 1000)
            body = {"id": str(number), "type": kind, "details": self._shown(details), "previous_event_id": str(previous),
                    "event_timestamp": str(now), "execution_arn": self.execution, "redrive_count": "0"}
            _writer().put(_Record(self._account, self._region, self.group, self.machine, now, body))
        self.ended = self.ended or kind in FATAL or kind == "ExecutionSucceeded"
        return number

    def _wanted(self, kind: str) -> bool:
        return self.level == "ALL" or kind in (FATAL if self.level == "FATAL" else ERROR)

    def _shown(self, details: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, value in details.items():
            if name not in DATA:
                shown[name] = value
            elif self.data:
                shown[name] = value if isinstance(value, dict) else value[:PAYLOAD]
                if name != "parameters":
                    shown[f"{name}Details"] = {"truncated": isinstance(value, str) and len(value) > PAYLOAD}
        return shown


class _Writer(threading.Thread):
    """Writes the records of all executions, gathered, so that no execution waits for its log."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="execution-logs")
        self._records: queue.SimpleQueue[_Record] = queue.SimpleQueue()
        self._streams: dict[tuple[str, str, str, str], deque[_Stream]] = {}
        self._ids = itertools.count(1)
        self.put = self._records.put

    def run(self) -> None:
        while True:
            gathered = [self._records.get()]
            time.sleep(SECONDS)
            while not self._records.empty():
                gathered.append(self._records.get())
            for key, records in itertools.groupby(sorted(gathered, key=lambda each: each[:4]), key=lambda each: each[:4]):
                try:
                    self._write(key, list(records))
                except Exception:
                    logger.exception("The log of %s could not be written.", key[3])

    def _write(self, key: tuple[str, str, str, str], records: Iterable[_Record]) -> None:
        account, region, group, _ = key
        set_request_account_id(account)
        set_request_region(region)
        now = int(time.time() * 1000)
        events = [{"timestamp": record.time, "message": ENCODER.encode(record.body), "ingestionTime": now, "eventId": f"{next(self._ids):056d}"}
                  for record in records]
        stream = self._stream(key)
        kept = cloudwatch_logs._log_groups.get(group, {}).get("streams", {}).get(stream.name)
        if kept is not None:  # PutLogEvents would take twice the time, for what only GetLogRecord reads
            cloudwatch_logs._append_log_events(kept, events)
            cloudwatch_logs._fanout_to_subscription_filters(group, stream.name, events)
            cloudwatch_logs._fanout_to_live_tail_sessions(group, stream.name, events)
        stream.size += sum(len(str(event["message"])) for event in events)

    def _stream(self, key: tuple[str, str, str, str]) -> "_Stream":
        """The log stream to write to; a new one every minute or when the last is full, in place of the oldest."""
        streams, minute = self._streams.setdefault(key, deque()), time.strftime("%Y-%m-%d-%H-%M", time.gmtime())
        if not streams or streams[-1].size > STREAM or streams[-1].minute != minute:
            streams.append(_Stream(f"states/{key[3]}/{minute}/{uuid.uuid4().hex[:8]}", minute))
            cloudwatch_logs._create_log_stream({"logGroupName": key[2], "logStreamName": streams[-1].name})
        while sum(stream.size for stream in streams) > KEPT * STREAM:
            cloudwatch_logs._delete_log_stream({"logGroupName": key[2], "logStreamName": streams.popleft().name})
        return streams[-1]


@dataclass
class _Stream:
    name: str
    minute: str
    size: int = 0


_lock = threading.Lock()
_started: list[_Writer] = []


def _writer() -> _Writer:
    with _lock:
        if not _started:
            _started.append(_Writer())
            _started[0].start()
        return _started[0]
