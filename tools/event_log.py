"""The event log: every event that crossed the bus, in the log group that plumbing fills."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ENDS = ("TWEET_SENT", "TWEET_FAILED", "MESSAGE_ANALYSIS_FAILED")  # after which nothing comes of a message any more


@dataclass(frozen=True)
class Event:
    """An event: when the log received it, in milliseconds since 1970, the log's id of it, and its envelope."""

    time: int
    id: str
    envelope: dict[str, Any]

    @property
    def detail_type(self) -> str:
        """Its name."""
        return str(self.envelope["detail-type"])

    @property
    def detail(self) -> dict[str, Any]:
        """What it says."""
        detail: dict[str, Any] = self.envelope["detail"]
        return detail

    @property
    def label(self) -> str:
        """The detail type, and for an analysed message its sentiment."""
        sentiment = self.detail.get("Analysis", {}).get("TextSentiment") if self.detail_type == "MESSAGE_ANALYSED" else None
        return f"{self.detail_type} ({sentiment})" if sentiment else self.detail_type

    @property
    def tweet_ids(self) -> set[Any]:
        """The ids of the posts on X that it stems from."""
        payload = self.detail.get("payload")
        return {self.detail.get("id_str"), self.detail.get("ReplyToTweetId"), (self.detail.get("Twitter") or {}).get("TweetId"),
                payload.get("id") if isinstance(payload, dict) else None} - {None}


def read(logs: Any, group: str, start: datetime | None = None, end: datetime | None = None, tweet_id: str = "",
         containing: str = "") -> Iterator[Event]:
    """The events that the log received in a time span, in the log's order.

    Only those that stem from a post, or that contain a word, where one is named.
    """
    span = {name: int(time.timestamp() * 1000) for name, time in (("startTime", start), ("endTime", end)) if time}
    pattern = {"filterPattern": f'"{tweet_id or containing}"'} if tweet_id or containing else {}
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, **span, **pattern):
        for record in page["events"]:
            event = Event(record["timestamp"], record["eventId"], json.loads(record["message"]))
            if not tweet_id or tweet_id in event.tweet_ids:
                yield event


def events_of(logs: Any, group: str, tweet_id: str, start: datetime | None = None) -> list[Event]:
    """The events that stem from a post on X, in order."""
    return sorted(read(logs, group, start, tweet_id=tweet_id), key=lambda event: event.time)
