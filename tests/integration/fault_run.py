"""Runs the fault matrix on the deployed bot: a message for each cell, many at once, each with a fault of its own."""

import argparse
import contextlib
import hashlib
import io
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import httpx
from PIL import Image

from sandbox.x import BOT_USERNAME, payloads, snowflake
from sandbox.x.faults import Fault, Faults
from sandbox.x.server import PHOTOS
from tests.faults import ALWAYS, inject
from tests.integration.bot import Bot
from tests.integration.conftest import deployed
from tests.integration.evidence import Evidence
from tests.integration.fault_matrix import ENDS, Api, Aws, Cell, End, Message, Place, Seen, X, cells, publish, table
from tests.waiting import eventually

SECONDS, SLOW_SECONDS = 40, 120  # that a message may take to its end: the slowest waits fifty for a neighbour that hangs
TWICE = 2
QUIET = 2.0  # seconds without an event after which nothing more is believed to come
AT_ONCE, SLOW_AT_ONCE = 6, 12  # messages that two cores can carry, beside those that only wait
HANGS = 60  # seconds; longer than anybody waits
RESET = 2  # seconds until X takes posts again after a 429

# Of each service: what it answers when it throttles, fails and refuses.
ERRORS = {
    "comprehend": ("TooManyRequestsException", "InternalServerException", "AccessDeniedException"),
    "rekognition": ("ProvisionedThroughputExceededException", "InternalServerError", "AccessDeniedException"),
    "lex": ("ThrottlingException", "InternalServerException", "AccessDeniedException"),
    "dynamodb": ("ProvisionedThroughputExceededException", "InternalServerError", "AccessDeniedException"),
    "scheduler": ("ThrottlingException", "InternalServerException", "AccessDeniedException"),
    "s3": ("SlowDown", "InternalError", "AccessDenied"),
    "lambda": ("TooManyRequestsException", "ServiceException", "AccessDeniedException"),
    "events": ("ThrottlingException", "InternalException", "AccessDeniedException"),
    "secretsmanager": ("ThrottlingException", "InternalServiceError", "AccessDeniedException"),
    "states": ("ThrottlingException", "InternalServerException", "AccessDeniedException"),
    "sns": ("ThrottledException", "InternalErrorException", "AuthorizationErrorException"),
    "firehose": ("ThrottlingException", "ServiceUnavailableException", "AccessDeniedException"),
}
FUNCTIONS = ("DownloadImage", "AnnotateImage", "PostTweet", "TwitterWebhook")  # callers that wait for real
STATUS = {"throttle": 429, "5xx": 500, "refusal": 403}
TEXTS = {"joke": "please tell me a joke", "fact": "please tell me a fact", "complaint": "I hate this. Your horrible, awful product ruined my day!"}


class Injection(Protocol):
    """A fault that is under way."""

    @property
    def struck(self) -> int:
        """How often it has struck."""

    def end(self) -> None:
        """It strikes no more."""


@dataclass(frozen=True)
class Outcome:
    """What was seen of a cell: its end (None where it is none that the matrix knows), how often its fault struck, and the details."""

    end: End | None
    struck: int
    details: str

    @property
    def words(self) -> str:
        """As the table has it."""
        return self.end.words if self.end else "?"


class Run:
    """`run()` delivers everything and waits for it; then `outcomes` has each cell's."""

    def __init__(self, bot: Bot, cells: list[Cell], report: Callable[[str], None] = lambda text: None) -> None:
        self._bot, self._cells, self._report = bot, cells, report
        self._started = time.time()
        self._photo = (PHOTOS / "astronaut.jpg").read_bytes()
        self.outcomes: dict[Cell, Outcome] = {}

    def run(self) -> None:
        """First the cells whose faults strike one message, all at once; then, one after another, those whose do not."""
        with _apis(self._bot) as self._apis, Evidence(self._bot) as self._evidence:
            together = [cell for cell in self._cells if not cell.row.alone]
            slow = sorted((cell for cell in together if _is_slow(cell)), key=lambda cell: not cell.always)  # the slowest first
            self._all(self._lanes([cell for cell in together if not _is_slow(cell)]) + _spread(slow, SLOW_AT_ONCE))
            self._all([[cell for cell in self._cells if cell.row.alone]])

    def matrix(self) -> str:
        """The outcomes as the table."""
        words = {(cell.row.call, cell.kind, cell.always): outcome.words for cell, outcome in self.outcomes.items()}
        return table(lambda row, kind, always: words.get((row.call, kind, always), ""))

    def problems(self) -> list[str]:
        """What is not as designed, cell by cell, and alarms that were not raised."""
        found = [f"{cell.name}: {outcome.words} instead of {cell.expected.words} ({outcome.details})"
                 for cell, outcome in self.outcomes.items() if outcome.end != cell.expected]
        found += [f"{cell.name}: the fault struck {outcome.struck} times" for cell, outcome in self.outcomes.items()
                  if outcome.struck == 0 or (not cell.always and outcome.struck != TWICE)]
        found += [f"{cell.name}: no outcome" for cell in self._cells if cell not in self.outcomes]
        expected = {alarm for cell in self._cells for alarm in cell.row.alarms(cell.expected)}
        return found + [f"no alarm {microservice}.{name}" for microservice, name in expected if not self._was_raised(microservice, name)]

    def _was_raised(self, microservice: str, alarm: str) -> bool:
        return bool(eventually(lambda: self._bot.was_in_alarm(microservice, alarm, self._started), 10))

    def _lanes(self, cells: list[Cell]) -> list[list[Cell]]:
        """Cells of one API share its address, so they are one after another; the others are spread over as many lanes as run at once."""
        apis = [[cell for cell in cells if isinstance(cell.row.place, Api) and cell.row.place.path == path] for path in ("/joke", "/fact")]
        others = [cell for cell in cells if not isinstance(cell.row.place, Api)]
        return [*apis, *_spread(others, AT_ONCE)]

    def _all(self, lanes: list[list[Cell]]) -> None:
        ended: list[tuple[Cell, Message, bool, Injection]] = []

        def lane(cells: list[Cell]) -> None:
            for cell in cells:
                ended.append((cell, *self._cell(cell)))

        with ThreadPoolExecutor(len(lanes)) as pool:
            for done in [pool.submit(lane, cells) for cells in lanes if cells]:
                done.result()
        self._settle()
        for cell, message, again, fault in ended:
            self.outcomes[cell] = self._outcome(cell, message, again, fault.struck)

    def _settle(self) -> None:
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET:
            if self._evidence.look():
                quiet_since = time.monotonic()
            time.sleep(0.2)

    def _cell(self, cell: Cell) -> tuple[Message, bool, Injection]:
        message = self._message(cell)
        for place, kind in cell.row.also:
            self._inject(place, kind.removeprefix("always "), message, ALWAYS if kind.startswith("always") else 1, first=True)
        if cell.row.alone:
            self._new_workers(cell)
        fault = self._inject(cell.row.place, cell.kind, message, ALWAYS if cell.always else TWICE)
        deliver = self._delivery(cell, message)
        again = False
        if deliver() >= 500:
            fault.end()
            again = deliver() == 200
        self._wait(cell, message, again, fault)
        if cell.row.alone or isinstance(cell.row.place, Api):
            fault.end()
        return message, again, fault

    def _wait(self, cell: Cell, message: Message, again: bool, fault: Injection) -> None:
        started = time.monotonic()
        while time.monotonic() - started < (SLOW_SECONDS if _is_slow(cell) else SECONDS):
            end = self._end(cell, message, again)
            ended = (end.posts, end.failed, end.dead) == (cell.expected.posts, cell.expected.failed, cell.expected.dead)
            if ended and (cell.always or fault.struck == TWICE):
                return self._report(f"{time.time() - self._started:5.0f} s  {cell.name}: ended")
            self._evidence.wait(1)
        self._report(f"{time.time() - self._started:5.0f} s  {cell.name}: no end")

    def _end(self, cell: Cell, message: Message, again: bool) -> End:
        evidence = self._evidence
        seen = Seen(evidence.events(message.tweet_id), evidence.replies(message.tweet_id), evidence.mails(message.author))
        failed = any(event.detail_type in ("MESSAGE_ANALYSIS_FAILED", "TWEET_FAILED") for event in seen.events)
        dead = evidence.dead_letters(message.tweet_id)
        return End("", len(seen.replies), failed, bool(dead) and dead == {cell.row.queue}, cell.row.whole(seen) or not seen.replies, again)

    def _outcome(self, cell: Cell, message: Message, again: bool, struck: int) -> Outcome:
        end = self._end(cell, message, again)
        events = self._evidence.events(message.tweet_id)
        failures = [event.detail.get("Error") for event in events if "Error" in event.detail]
        details = (f"{end.posts} posts, again {again}, whole {end.whole}, {[event.detail_type for event in events]}, errors {failures},"
                   f" dead letters {self._evidence.dead_letters(message.tweet_id)}, struck {struck}, {message}")
        return Outcome(next((each for each in ENDS if replace(each, words="") == end), None), struck, details)

    def _message(self, cell: Cell) -> Message:
        number = self._cells.index(cell)
        message = Message(f"cell{number:04}", snowflake.new())
        if cell.row.message == "photo":
            url = httpx.post(f"{self._bot.sandbox.x.url}/_sandbox/media", content=self._photo, timeout=SECONDS).raise_for_status().json()["url"]
            return replace(message, url=url, key=f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.jpg")
        return replace(message, key=f"{message.author}.jpg") if cell.row.message == "command with image" else message

    def _delivery(self, cell: Cell, message: Message) -> Callable[[], int]:
        """What delivers the message and returns the webhook's status; a command goes to the bus without it."""
        kind = cell.row.message
        if "command" in kind:
            return lambda: self._command(message)
        text = f"@{BOT_USERNAME} {TEXTS.get(kind, 'what can you do in London?')} {message.author if kind not in ('joke', 'fact') else ''}"
        payload = payloads.account_activity(text, [message.url] if message.url else [], "und" if "unknown" in kind else "en")
        post = payload["tweet_create_events"][0]
        post.update(id=int(message.tweet_id), id_str=message.tweet_id)
        post["user"]["screen_name"] = message.author
        return lambda: int(self._bot.sandbox.deliver(payload)["status"])

    def _command(self, message: Message) -> int:
        key, text = f"reply-{message.author}", f"@{message.author} hello"
        command: dict[str, Any] = {"IdempotencyKey": key, "Text": text, "ReplyToTweetId": message.tweet_id}
        if message.key:
            content = io.BytesIO()
            Image.new("RGB", (80, 80)).save(content, "JPEG", comment=message.author)
            self._bot.client("s3").put_object(Bucket=self._bot.outputs["MediaBucketName"], Key=message.key, Body=content.getvalue())
            command["ImageKeys"] = [message.key]
        self._bot.put_event("SEND_TWEET", command)
        return 200

    def _new_workers(self, cell: Cell) -> None:
        """New execution environments, which have not read the secret."""
        assert isinstance(cell.row.place, Aws)
        microservice = {"TwitterWebhook": "Ingress", "PostTweet": "Egress"}[cell.row.place.caller]
        self._bot.publish(microservice, f"{cell.row.place.caller}Function")

    def _inject(self, place: Place, kind: str, message: Message, times: int, first: bool = False) -> Injection:
        if isinstance(place, Aws):
            return inject(self._bot.outputs["AwsEndpoint"], place.action, times=times, match=place.texts(message), caller=place.caller,
                          **_aws_fault(place, kind))
        if isinstance(place, X):
            fault = self._bot.sandbox.x.faults.add(Fault(place.path(message), times=times, match=place.texts(message), **_x_fault(kind)))
            return _AtX(self._bot.sandbox.x.faults, fault)
        return self._apis.fail(place.path, kind)


@dataclass(frozen=True)
class _AtX:
    faults: Faults
    fault: Fault

    @property
    def struck(self) -> int:
        return self.fault.struck

    def end(self) -> None:
        self.faults.end(self.fault.id)


def _spread(cells: list[Cell], lanes: int) -> list[list[Cell]]:
    return [cells[number::lanes] for number in range(lanes)]


def _is_slow(cell: Cell) -> bool:
    """Whether somebody really waits: a function, for a neighbour that hangs, or a reply, ten seconds at least for X's limit."""
    place = cell.row.place
    limited = [where for where, kind in [*cell.row.also, (place, cell.kind)] if isinstance(where, X) and kind == "throttle"]
    return bool(limited) or (cell.kind == "time-out" and (isinstance(place, X) or (isinstance(place, Aws) and place.caller in FUNCTIONS)))


def _aws_fault(place: Aws, kind: str) -> dict[str, Any]:
    if kind == "time-out":
        return {"delay": HANGS}
    if kind == "malformed":
        return {"body": place.body, "after": True}
    service = place.action.split(":")[0]
    error = dict(zip(("throttle", "5xx", "refusal"), ERRORS[service], strict=True))[kind.replace("throttled", "throttle")]
    status = STATUS[kind.replace("throttled", "throttle")]
    return {"error": error, "status": 503 if error == "SlowDown" else 400 if service in ("events", "secretsmanager") and status == 429 else status}


def _x_fault(kind: str) -> dict[str, Any]:
    if kind == "time-out":
        return {"status": None, "delay": HANGS}
    if kind == "malformed":
        return {"status": 200, "body": "<html>", "after": True}
    if kind == "throttle":
        return {"status": 429, "headers": {"x-rate-limit-reset": str(int(time.time()) + RESET)}}
    return {"status": STATUS[kind]}


class _Apis(ThreadingHTTPServer):
    """The joke and the fact API on this machine."""

    daemon_threads = True

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.asked: dict[str, int] = {}
        super().__init__(("127.0.0.1", 0), _ApiHandler)

    def fail(self, path: str, kind: str) -> "_AtApi":
        self.kinds[path], self.asked[path] = kind, 0
        return _AtApi(self, path)


@dataclass(frozen=True)
class _AtApi:
    apis: _Apis
    path: str

    @property
    def struck(self) -> int:
        return self.apis.asked[self.path]

    def end(self) -> None:
        self.apis.kinds.pop(self.path, None)


class _ApiHandler(BaseHTTPRequestHandler):
    server: _Apis

    def do_GET(self) -> None:
        kind = self.server.kinds.get(self.path, "")
        self.server.asked[self.path] = self.server.asked.get(self.path, 0) + 1
        if kind == "time-out":
            time.sleep(2)
        content = "<html>" if kind == "malformed" else json.dumps({"joke": "A joke from the API.", "text": "A fact from the API."})
        with contextlib.suppress(BrokenPipeError):
            self.send_response(STATUS.get(kind, 200))
            self.end_headers()
            self.wfile.write(content.encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def _apis(bot: Bot) -> Iterator[_Apis]:
    """The APIs, at an address that the function is told; it has its own again afterwards."""
    apis = _Apis()
    threading.Thread(target=apis.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{apis.server_port}"
    before = bot.publish("Responding", "FulfilIntentFunction", JOKE_API_URL=f"{address}/joke", FACT_API_URL=f"{address}/fact")
    try:
        outcome = bot.mention("please tell me a joke")
        assert "from the API" in outcome.replies[0]["text"], "the function does not ask the API that it was told of"
        yield apis
    finally:
        bot.publish("Responding", "FulfilIntentFunction", **before)
        apis.shutdown()
        apis.server_close()


def main() -> int:
    """Runs, prints and publishes; the exit status says whether every cell ended as designed."""
    parser = argparse.ArgumentParser(prog="python -m tests.integration.fault_run", description=__doc__)
    parser.add_argument("--only", default="", help="run only the rows whose name has this in it, and publish nothing")
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as folder, deployed(Path(folder)) as bot:
        run = Run(bot, [cell for cell in cells() if only in cell.row.call], lambda text: print(text, file=sys.stderr))
        run.run()
        problems = run.problems()
    print(run.matrix())
    for problem in problems:
        print(problem, file=sys.stderr)
    if not only and not problems:
        publish(run.matrix())
    return 1 if problems else 0

if __name__ == "__main__":
    sys.exit(main())
