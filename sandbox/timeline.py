"""The events of a message, as the event log has them: every event that crossed the bus, from the log group that plumbing fills."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ENDS = ("TWEET_SENT", "TWEET_FAILED", "MESSAGE_ANALYSIS_FAILED")


@dataclass(frozen=True)
class Event:
    """An event, and when the log received it, in milliseconds since 1970."""

    time: int
    detail_type: str
    detail: dict[str, Any]

    @property
    def label(self) -> str:
        """The detail type, and for an analysed message its sentiment."""
        sentiment = self.detail.get("Analysis", {}).get("TextSentiment") if self.detail_type == "MESSAGE_ANALYSED" else None
        return f"{self.detail_type} ({sentiment})" if sentiment else self.detail_type


def events_of(logs: Any, group: str, tweet_id: str) -> list[Event]:
    """The events that stem from a post on X, in order."""
    found = [Event(record["timestamp"], event["detail-type"], event["detail"])
             for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
             for record in page["events"] if (event := json.loads(record["message"])) and tweet_id in _ids(event["detail"])]
    return sorted(found, key=lambda event: event.time)


def wait_for(logs: Any, group: str, tweet_id: str, done: Callable[[list[Event]], bool] | None = None, seconds: float = 30) -> list[Event]:
    """The events of a post once one of `ENDS` is there (or `done` says so), or whatever there is when the time is over."""
    done = done or (lambda events: any(event.detail_type in ENDS for event in events))
    deadline = time.monotonic() + seconds
    while True:
        events = events_of(logs, group, tweet_id)
        if done(events) or time.monotonic() > deadline:
            return events
        time.sleep(0.05)


def _ids(detail: dict[str, Any]) -> set[Any]:
    payload = detail.get("payload")
    return {detail.get("id_str"), detail.get("ReplyToTweetId"), (detail.get("Twitter") or {}).get("TweetId"),
            payload.get("id") if isinstance(payload, dict) else None}
