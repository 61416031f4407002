"""What has come of every message so far, gathered by one look at the event log, X and the dead-letter queues for all of them."""

import threading
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import httpx

from sandbox import runtime
from tests.integration.bot import Bot
from tools import event_log
from tools.event_log import Event

SECONDS = 0.3
OVERLAP = 5000  # milliseconds that are read again, for what was logged late


class Evidence:
    """`with Evidence(bot) as evidence:` looks again and again; messages are named by the id of their post."""

    def __init__(self, bot: Bot) -> None:
        self._bot, self._logs = bot, bot.client("logs")
        self._queues = {bot.resource(each, "DeadLetterQueue").rsplit("/", 1)[-1]: each for each in bot.microservices_with("DeadLetterQueue")}
        self._seen: set[str] = set()
        self._latest = 0
        self._over, self._changed = threading.Event(), threading.Condition()
        self._events: dict[str, list[Event]] = defaultdict(list)
        self._replies: dict[str, list[dict[str, Any]]] = {}
        self._dead: list[tuple[str, str]] = []
        self._mails: list[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Evidence":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def events(self, tweet_id: str) -> list[Event]:
        """The events that stem from a post."""
        return sorted(self._events.get(tweet_id, []), key=lambda event: event.time)

    def replies(self, tweet_id: str) -> list[dict[str, Any]]:
        """The posts on X that answer it."""
        return self._replies.get(tweet_id, [])

    def dead_letters(self, tweet_id: str) -> set[str]:
        """The microservices whose dead-letter queues have an event of it."""
        return {microservice for microservice, body in self._dead if tweet_id in body}

    def mails(self, author: str) -> list[str]:
        """The e-mails that name an author."""
        return [mail for mail in self._mails if f"@{author} " in mail]

    def wait(self, seconds: float) -> None:
        """Until the next look is over."""
        with self._changed:
            self._changed.wait(seconds)

    def look(self) -> int:
        """Looks now; returns how many events were new."""
        new = self._read_log()
        replies: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for post in self._bot.sandbox.posts():
            replies[post["in_reply_to_tweet_id"] or ""].append(post)
        self._replies, self._dead = replies, self._read_queues()
        self._mails = [mail["BodyText"] for mail in self._bot.sandbox.mails()]
        with self._changed:
            self._changed.notify_all()
        return new

    def _run(self) -> None:
        while not self._over.wait(SECONDS):
            self.look()

    def _read_log(self) -> int:
        new = 0
        since = datetime.fromtimestamp(max(0, self._latest - OVERLAP) / 1000, UTC)
        for event in event_log.read(self._logs, self._bot.outputs["EventLogGroupName"], since):
            if event.id not in self._seen:
                new += 1
                self._seen.add(event.id)
                self._latest = max(self._latest, event.time)
                for identifier in event.tweet_ids:
                    self._events[identifier].append(event)
        return new

    def _read_queues(self) -> list[tuple[str, str]]:
        url = f"{self._bot.outputs['AwsEndpoint']}/_ministack/sqs/messages"  # unlike ReceiveMessage, it takes nothing out
        answer = httpx.get(url, timeout=runtime.SECONDS).raise_for_status().json()["messages"]
        return [(self._queues[url.rsplit("/", 1)[-1]], message["Body"]) for regions in answer.values() for queues in regions.values()
                for url, messages in queues.items() if url.rsplit("/", 1)[-1] in self._queues for message in messages]
