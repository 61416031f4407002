"""Load on a bot that is deployed in the sandbox: messages of every kind, so many under way at once, and what has come of each."""

import random
import statistics
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.x import BOT_USERNAME, payloads, snowflake
from sandbox.x.faults import Fault
from tests.faults import ALWAYS, inject
from tests.integration.bot import Bot
from tests.integration.evidence import Evidence

ANSWERED, FAILED, DEAD, LOST, TWICE = "answered", "failed on the bus", "dead letter", "lost", "answered twice"
SETTLE_SECONDS, QUIET_SECONDS = 120, 3
SAMPLE_SECONDS = 2


@dataclass(frozen=True)
class Kind:
    """A kind of message: how many of a hundred are of it, its text and photo, and what has to come of it.

    A message that is to fail is refused by X; one that is to be a dead letter finds Lex out of order.
    """

    share: int
    text: str
    photo: str = ""
    end: str = ANSWERED


MIXED = [
    Kind(40, "what can you do?"), Kind(20, "please tell me a joke"), Kind(10, "tell me something interesting"),
    Kind(10, "who is this?", "astronaut.jpg"), Kind(10, "and who is this?", "coffee.jpg"),
    Kind(6, "I hate this. Your horrible, awful product ruined my day!"), Kind(2, "what can you do?", end=FAILED),
    Kind(2, "what can you do?", end=DEAD)]
TEXT = [Kind(100, "what can you do?")]


@dataclass
class Message:
    """A message that was delivered, and when, in seconds since 1970; how long it took to its reply."""

    kind: Kind
    author: str
    tweet_id: str
    status: int = 0
    delivered: float = 0.0
    seconds: float | None = None


@dataclass(frozen=True)
class Sample:
    """The memory of the embedded AWS and of each of its workers, in MB, once so many messages were delivered."""

    delivered: int
    aws: float
    workers: list[float]


@dataclass
class Result:
    """What came of a load."""

    messages: list[Message]
    ends: Counter[str]
    wrong: list[str]
    seconds: float
    samples: list[Sample] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Messages a second, from the first delivery to the last reply."""
        return len(self.messages) / self.seconds

    def latency(self, percent: int) -> float:
        """The seconds from delivery to reply that so many percent of the answered messages stay within."""
        taken = sorted(message.seconds for message in self.messages if message.seconds is not None)
        return statistics.quantiles(taken, n=100, method="inclusive")[percent - 1]


class Load:
    """`Load(bot, kinds, at_once).run(number)` delivers, waits, and accounts for every message."""

    def __init__(self, bot: Bot, kinds: list[Kind], at_once: int, tell: Callable[[int], None] = lambda delivered: None) -> None:
        self._bot, self._kinds, self._at_once, self._tell = bot, kinds, at_once, tell
        self._replies: dict[str, float] = {}
        self._seen = len(bot.sandbox.x.timeline.posts)
        self._news, self._over = threading.Condition(), threading.Event()
        self._delivered = 0

    def run(self, number: int) -> Result:
        """Delivers so many messages, a next one whenever one is answered; returns once nothing happens any more."""
        waiting = self._messages(number)
        messages = list(waiting)
        samples: list[Sample] = []
        watchers = [threading.Thread(target=self._watch, daemon=True), threading.Thread(target=self._sample, args=(samples,), daemon=True)]
        lanes = [threading.Thread(target=self._lane, args=(waiting,), daemon=True) for _ in range(self._at_once)]
        started = time.time()
        for thread in watchers + lanes:
            thread.start()
        for thread in lanes:
            thread.join()
        seconds = time.time() - started
        self._over.set()
        for thread in watchers:
            thread.join()
        ends, wrong = self._account(messages)
        return Result(messages, ends, wrong, seconds, samples)

    def _messages(self, number: int) -> list[Message]:
        dice = random.Random(number)
        kinds = dice.choices(self._kinds, [kind.share for kind in self._kinds], k=number)
        return [Message(kind, f"load{snowflake.new()[-10:]}", snowflake.new()) for kind in kinds]

    def _lane(self, waiting: list[Message]) -> None:
        while True:
            try:
                message = waiting.pop()
            except IndexError:
                return
            self._deliver(message)
            if message.kind.end == ANSWERED:
                self._wait(message)

    def _deliver(self, message: Message) -> None:
        kind = message.kind
        if kind.end == FAILED:
            self._bot.sandbox.x.faults.add(Fault("/2/tweets", 403, match=[message.tweet_id]))
        elif kind.end == DEAD:
            inject(self._bot.outputs["AwsEndpoint"], "lex:RecognizeText", error="InternalServerException", times=ALWAYS, match=[message.author])
        photos = [f"{self._bot.outputs['XApiUrl']}/media/{kind.photo}?{message.tweet_id}"] if kind.photo else None
        payload = payloads.account_activity(f"@{BOT_USERNAME} {kind.text}", photos)
        post: dict[str, Any] = payload["tweet_create_events"][0]
        post.update(id=int(message.tweet_id), id_str=message.tweet_id)
        post["user"]["screen_name"] = message.author
        message.delivered = time.time()
        message.status = self._bot.sandbox.deliver(payload)["status"]
        self._delivered += 1
        self._tell(self._delivered)

    def _wait(self, message: Message) -> None:
        with self._news:
            if self._news.wait_for(lambda: message.tweet_id in self._replies, SETTLE_SECONDS):
                message.seconds = self._replies[message.tweet_id] - message.delivered

    def _watch(self) -> None:
        """When each reply was posted: X's ids say so."""
        while not self._over.wait(0.02):
            posts = self._bot.sandbox.x.timeline.posts[self._seen:]
            if posts:
                self._seen += len(posts)
                with self._news:
                    for post in posts:
                        self._replies.setdefault(post.in_reply_to_tweet_id or "", snowflake.time_of(post.id))
                    self._news.notify_all()

    def _sample(self, samples: list[Sample]) -> None:
        group = self._bot.sandbox.aws.process_group
        while True:
            over = self._over.wait(SAMPLE_SECONDS)
            listed = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,rss="], capture_output=True, text=True, check=True).stdout
            rows = [[int(value) for value in line.split()] for line in listed.splitlines()]
            memory = {pid: kilobytes / 1024 for pid, owner, kilobytes in rows if owner == group}
            samples.append(Sample(self._delivered, memory.pop(group, 0.0), list(memory.values())))
            if over:
                return

    def _account(self, messages: list[Message]) -> tuple[Counter[str], list[str]]:
        """How many messages came to which end, and those that came to another than they had to."""
        evidence = Evidence(self._bot)
        quiet_since = deadline = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_SECONDS and time.monotonic() - deadline < SETTLE_SECONDS:
            if evidence.look():
                quiet_since = time.monotonic()
            time.sleep(0.5)
        ends: Counter[str] = Counter()
        wrong = []
        for message in messages:
            end = self._end(evidence, message.tweet_id)
            ends[end] += 1
            if end != message.kind.end or message.status != 200:
                events = [event.detail_type for event in evidence.events(message.tweet_id)]
                wrong.append(f"{message.author}: {end} instead of {message.kind.end}, webhook {message.status}, {events}")
        return ends, wrong

    def _end(self, evidence: Evidence, tweet_id: str) -> str:
        names = {event.detail_type for event in evidence.events(tweet_id)}
        replies = len(evidence.replies(tweet_id))
        if replies > 1:
            return TWICE
        if replies == 1 and "TWEET_SENT" in names:
            return ANSWERED
        if names & {"TWEET_FAILED", "MESSAGE_ANALYSIS_FAILED"}:
            return FAILED
        return DEAD if evidence.dead_letters(tweet_id) else LOST
