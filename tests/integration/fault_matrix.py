"""The fault matrix: for each call to a neighbour and each way that it fails, how a message has to end. Designed here, held against a run.

`python -m tests.integration.fault_run` runs it on a deployment of its own, prints it, and publishes it in docs/reliability.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.event_log import Event

KINDS = {"throttle": "throttled", "5xx": "5xx", "time-out": "time-out", "malformed": "malformed answer", "refusal": "refused"}
DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
MARKS = "<!-- fault matrix: written by python -m tests.integration.fault_run -->", "<!-- end of the fault matrix -->"


@dataclass(frozen=True)
class End:
    """What has come of a message: posts on X, a failure said on the bus, an event in a dead-letter queue.

    `whole` is false where the answer lacks what the failing neighbour would have given; `again` is true where X was answered 5xx and had to
    deliver a second time.
    """

    words: str
    posts: int
    failed: bool = False
    dead: bool = False
    whole: bool = True
    again: bool = False


ANSWERED = End("answered", 1)
WITHOUT = End("answered without it", 1, whole=False)
FAILED = End("failed on the bus", 0, failed=True)
DEAD = End("dead letter", 0, dead=True)
POSTED_FAILED = End("answered; failed on the bus", 1, failed=True)
POSTED_DEAD = End("answered; dead letter", 1, dead=True)
POSTED_FAILED_DEAD = End("answered; failed on the bus; dead letter", 1, failed=True, dead=True)
WITHOUT_DEAD = End("answered without it; dead letter", 1, dead=True, whole=False)
AGAIN = End("5xx to X, answered at the second delivery", 1, again=True)
ENDS = [ANSWERED, WITHOUT, FAILED, DEAD, POSTED_FAILED, POSTED_DEAD, POSTED_FAILED_DEAD, WITHOUT_DEAD, AGAIN]

Ends = tuple[End | None, End | None]  # where the call fails twice and is well then; where it fails always


@dataclass(frozen=True)
class Message:
    """A message of the matrix and the texts that its calls can be told by."""

    author: str
    tweet_id: str
    url: str = ""
    key: str = ""

    @property
    def stem(self) -> str:
        """The name of its image's objects, without an ending."""
        return self.key.rsplit(".", 1)[0]


Texts = Callable[[Message], list[str]]


@dataclass(frozen=True)
class Aws:
    """A call to AWS, by a role whose name has `caller` in it."""

    action: str
    caller: str
    texts: Texts = lambda message: [message.tweet_id]
    body: Any = "<html>"  # a malformed answer


@dataclass(frozen=True)
class X:
    """A request to X's stand-in."""

    path: Callable[[Message], str]
    texts: Texts = lambda message: [message.tweet_id]


@dataclass(frozen=True)
class Api:
    """A request to the joke or the fact API."""

    path: str


@dataclass(frozen=True)
class Seen:
    """What has come of a message so far: its events, the replies to it, and the e-mails that tell of it."""

    events: list[Event]
    replies: list[dict[str, Any]]
    mails: list[str]

    @property
    def analysis(self) -> dict[str, Any]:
        """What the analysis found; empty where there is none."""
        return next((event.detail["Analysis"] for event in self.events if event.detail_type == "MESSAGE_ANALYSED"), {})

    @property
    def image(self) -> dict[str, Any]:
        """What the analysis found in the first image; empty where there is none."""
        return next((image.get("Analysis", {}) for image in self.analysis.get("Images", [])), {})

    def told(self, text: str) -> bool:
        """Whether every reply has a text in it."""
        return all(text in reply["text"] for reply in self.replies)


Place = Aws | X | Api
Whole = Callable[[Seen], bool]


@dataclass(frozen=True, eq=False)
class Row:
    """A call, the message that makes it, and how that ends for each kind of failure.

    `alone`: its calls cannot be told from other messages', so nothing else may be under way. `also`: faults (place, kind) that strike once
    before, without which the call is not made.
    """

    call: str
    place: Place
    ends: dict[str, Ends]
    message: str = "text"
    whole: Whole = lambda seen: True
    failures: tuple[str, str] = ("", "")
    queue: str = ""
    alone: bool = False
    also: list[tuple[Place, str]] = field(default_factory=list)

    def alarms(self, end: End) -> Iterator[tuple[str, str]]:
        """The alarms (microservice, logical id) that an end raises."""
        if end.failed:
            yield self.failures
        if end.dead:
            yield self.queue, "DeadLetterAlarm"
        if end.again:
            yield "Ingress", "ApiServerErrors"


@dataclass(frozen=True, eq=False)
class Cell:
    """One message: a row, a kind, and whether the call fails always or twice."""

    row: Row
    kind: str
    always: bool
    expected: End

    @property
    def name(self) -> str:
        """As a test's report shows it."""
        return f"{self.row.call}, {self.kind}, {'always' if self.always else 'twice'}"


def ends(throttle: Ends, server: Ends, timeout: Ends, malformed: Ends, refusal: Ends) -> dict[str, Ends]:
    """A row's ends in the order of KINDS."""
    return dict(zip(KINDS, (throttle, server, timeout, malformed, refusal), strict=True))


def alike(twice: End, always: End, malformed: Ends | None = None, lost: End | None = None) -> dict[str, Ends]:
    """What is retried: `twice` or `always` the same for every kind, except that a refusal is for good.

    `malformed` where it ends otherwise; `lost` is the end of always losing the answer to a call that is carried out.
    """
    return ends((twice, always), (twice, always), (twice, lost or always), malformed or (twice, lost or always), (None, always))


def _pictured(seen: Seen) -> bool:
    return seen.told("Eileen Collins") and all(len(reply["media"]) == 1 for reply in seen.replies)


def _from_api(seen: Seen) -> bool:
    return seen.told("from the API")


ANALYSIS: dict[str, Any] = {"failures": ("Analysis", "AnalyseMessageFailures"), "queue": "Analysis"}
EGRESS: dict[str, Any] = {"failures": ("Egress", "SendTweetFailures"), "queue": "Egress"}
POST = X(lambda message: "/2/tweets")
ONCE_LIMITED: list[tuple[Place, str]] = [(POST, "throttle")]

ROWS = [
    Row("X: post", POST, {**alike(ANSWERED, FAILED, lost=POSTED_FAILED), "throttle": (ANSWERED, None)}, **EGRESS),
    Row("X: media upload", X(lambda message: "/2/media/upload", lambda message: [message.author]),
        {**alike(ANSWERED, FAILED), "throttle": (ANSWERED, None)}, message="command with image", **EGRESS),
    Row("Image host", X(lambda message: urlsplit(message.url).path, lambda message: []),
        alike(ANSWERED, WITHOUT, malformed=(None, WITHOUT)), message="photo", whole=_pictured),
    Row("Comprehend: DetectDominantLanguage", Aws("comprehend:DetectDominantLanguage", "AnalyseMessage", lambda m: [m.author], {}),
        alike(ANSWERED, WITHOUT, malformed=(None, WITHOUT)), message="text of unknown language",
        whole=lambda seen: seen.analysis.get("Language") == "en"),
    Row("Comprehend: DetectSentiment", Aws("comprehend:DetectSentiment", "AnalyseMessage", lambda m: [m.author], {}), alike(ANSWERED, WITHOUT),
        whole=lambda seen: "TextSentiment" in seen.analysis),
    Row("Comprehend: DetectEntities", Aws("comprehend:DetectEntities", "AnalyseMessage", lambda m: [m.author], {}),
        alike(ANSWERED, WITHOUT, malformed=(None, WITHOUT)), whole=lambda seen: bool(seen.analysis.get("TextEntities"))),
    Row("Rekognition: DetectLabels", Aws("rekognition:DetectLabels", "AnalyseMessage", lambda m: [m.key], {}),
        alike(ANSWERED, WITHOUT, malformed=(None, WITHOUT)), message="photo", whole=lambda seen: bool(seen.image.get("Labels"))),
    Row("Rekognition: DetectText", Aws("rekognition:DetectText", "AnalyseMessage", lambda m: [m.key], {}),
        alike(ANSWERED, WITHOUT, malformed=(None, ANSWERED)), message="photo", whole=lambda seen: "TextDetections" in seen.image),
    Row("Rekognition: RecognizeCelebrities", Aws("rekognition:RecognizeCelebrities", "AnalyseMessage", lambda m: [m.key], {}),
        alike(ANSWERED, WITHOUT, malformed=(None, WITHOUT)), message="photo", whole=_pictured),
    Row("Lex: RecognizeText", Aws("lex:RecognizeText", "RespondToText", lambda m: [m.author], {}),
        alike(ANSWERED, DEAD, malformed=(None, WITHOUT)), queue="Responding",
        whole=lambda seen: seen.told("You can ask me")),
    Row("Joke API", Api("/joke"), dict.fromkeys(KINDS, (None, WITHOUT)), message="joke", whole=_from_api),
    Row("Fact API", Api("/fact"), dict.fromkeys(KINDS, (None, WITHOUT)), message="fact", whole=_from_api),
    Row("DynamoDB: claim of the message", Aws("dynamodb:PutItem", "AnalyseMessage"), alike(ANSWERED, FAILED), **ANALYSIS),
    Row("DynamoDB: claim given up", Aws("dynamodb:DeleteItem", "AnalyseMessage"), alike(FAILED, FAILED), **ANALYSIS,
        also=[(Aws("events:PutEvents", "AnalyseMessage", lambda m: [m.tweet_id, "MESSAGE_ANALYSED"]), "always throttled")]),
    Row("DynamoDB: claim of the reply", Aws("dynamodb:UpdateItem", "SendTweet", lambda m: [m.tweet_id, "POSTING"]), alike(ANSWERED, DEAD), **EGRESS),
    Row("DynamoDB: reply recorded", Aws("dynamodb:UpdateItem", "SendTweet", lambda m: [m.tweet_id, "TweetId = "]), alike(ANSWERED, POSTED_DEAD),
        **EGRESS),
    Row("DynamoDB: reply held until X's limit resets", Aws("dynamodb:UpdateItem", "SendTweet", lambda m: [m.tweet_id, "WAITING"]),
        alike(ANSWERED, DEAD), also=ONCE_LIMITED, **EGRESS),
    Row("DynamoDB: failure recorded", Aws("dynamodb:UpdateItem", "SendTweet", lambda m: [m.tweet_id, "FAILED"]), alike(FAILED, FAILED),
        also=[(POST, "refusal")], **EGRESS),
    Row("Scheduler: CreateSchedule", Aws("scheduler:CreateSchedule", "SendTweet"), alike(ANSWERED, FAILED, lost=POSTED_FAILED),
        also=ONCE_LIMITED, **EGRESS),
    Row("S3: image stored", Aws("s3:PutObject", "DownloadImage", lambda m: [m.key]), alike(ANSWERED, WITHOUT), message="photo", whole=_pictured),
    Row("S3: image read, to draw", Aws("s3:GetObject", "AnnotateImage", lambda m: [m.key]), alike(ANSWERED, WITHOUT), message="photo",
        whole=_pictured),
    Row("S3: drawn image stored", Aws("s3:PutObject", "AnnotateImage", lambda m: [m.stem]), alike(ANSWERED, WITHOUT), message="photo",
        whole=_pictured),
    Row("S3: image read, to post", Aws("s3:GetObject", "PostTweet", lambda m: [m.key]), alike(ANSWERED, FAILED, malformed=(None, FAILED)),
        message="command with image", **EGRESS),
    Row("Lambda: download_image", Aws("lambda:InvokeFunction", "AnalyseMessage", lambda m: [m.url]), alike(ANSWERED, WITHOUT), message="photo",
        whole=_pictured),
    Row("Lambda: annotate_image", Aws("lambda:InvokeFunction", "RespondToImages", lambda m: [m.key]), alike(ANSWERED, WITHOUT), message="photo",
        whole=_pictured),
    Row("Lambda: post_tweet", Aws("lambda:InvokeFunction", "SendTweet"), alike(ANSWERED, FAILED, lost=POSTED_FAILED), **EGRESS),
    Row("PutEvents by ingress", Aws("events:PutEvents", "TwitterWebhook", lambda m: [m.tweet_id, "MESSAGE_RECEIVED"]),
        ends((ANSWERED, AGAIN), (ANSWERED, AGAIN), (AGAIN, AGAIN), (ANSWERED, AGAIN), (None, AGAIN))),
    Row("PutEvents by analysis", Aws("events:PutEvents", "AnalyseMessage"), alike(ANSWERED, DEAD, lost=POSTED_FAILED_DEAD), **ANALYSIS),
    Row("PutEvents by responding", Aws("events:PutEvents", "RespondToText"), alike(ANSWERED, DEAD, lost=POSTED_DEAD), queue="Responding"),
    Row("PutEvents by responding, with images", Aws("events:PutEvents", "RespondToImages"), alike(ANSWERED, DEAD, lost=POSTED_DEAD),
        message="photo", queue="Responding"),
    Row("PutEvents by egress", Aws("events:PutEvents", "SendTweet"), alike(ANSWERED, POSTED_DEAD), **EGRESS),
    Row("Secrets Manager by ingress", Aws("secretsmanager:GetSecretValue", "TwitterWebhook", lambda m: []), dict.fromkeys(KINDS, (None, AGAIN)),
        alone=True),
    Row("Secrets Manager by egress", Aws("secretsmanager:GetSecretValue", "PostTweet", lambda m: []), alike(ANSWERED, FAILED), message="command",
        alone=True, **EGRESS),
    Row("Bus starts the analysis", Aws("states:StartExecution", "AnalyseMessage"),
        ends((ANSWERED, None), (ANSWERED, None), (None, None), (None, None), (None, DEAD)), **ANALYSIS),
    Row("Bus starts the response", Aws("states:StartExecution", "RespondToText"),
        ends((ANSWERED, None), (ANSWERED, None), (None, None), (None, None), (None, DEAD)), queue="Responding"),
    Row("Bus starts the sending", Aws("states:StartExecution", "SendTweet"),
        ends((ANSWERED, None), (ANSWERED, None), (None, None), (None, None), (None, DEAD)), **EGRESS),
    Row("Bus publishes the alert", Aws("sns:Publish", "", lambda m: [m.author]),
        ends((ANSWERED, None), (ANSWERED, None), (None, None), (None, None), (None, WITHOUT_DEAD)), message="complaint", queue="Alerting",
        whole=lambda seen: len(seen.mails) == 1),
    Row("Bus fills the lake", Aws("firehose:PutRecord", ""),
        ends((ANSWERED, None), (ANSWERED, None), (None, None), (None, None), (None, POSTED_DEAD)), queue="Analytics"),
]


def cells() -> list[Cell]:
    """Every cell of the matrix."""
    return [Cell(row, kind, always, end) for row in ROWS for kind, both in row.ends.items() for always, end in zip((False, True), both, strict=True)
            if end is not None]


def table(seen: Callable[[Row, str, bool], str]) -> str:
    """The matrix in Markdown. `seen(row, kind, always)` is a cell's words; empty where there is no such cell."""
    lines = [f"| call | {' | '.join(KINDS.values())} |", f"|---|{'---|' * len(KINDS)}"]
    for row in ROWS:
        columns = []
        for kind in KINDS:
            twice, always = seen(row, kind, False), seen(row, kind, True)
            columns.append(f"{twice} → {always}" if twice and always and twice != always else f"{twice} → …" if twice and not always
                           else twice or always or "–")
        lines.append(f"| {row.call} | {' | '.join(columns)} |")
    return "\n".join(lines)


def designed() -> str:
    """The matrix as it has to be."""
    words = {(cell.row.call, cell.kind, cell.always): cell.expected.words for cell in cells()}
    return table(lambda row, kind, always: words.get((row.call, kind, always), ""))


def published() -> str:
    """The matrix in the document."""
    return DOCUMENT.read_text().split(MARKS[0])[1].split(MARKS[1])[0].strip()


def publish(text: str) -> None:
    """Puts a matrix in the document."""
    before, rest = DOCUMENT.read_text().split(MARKS[0])
    DOCUMENT.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}")
