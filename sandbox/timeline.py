"""Waiting for the events of a message."""

import time
from collections.abc import Callable
from typing import Any

from tools.event_log import ENDS, Event, events_of


def wait_for(logs: Any, group: str, tweet_id: str, done: Callable[[list[Event]], bool] | None = None, seconds: float = 30) -> list[Event]:
    """The events of a post once one of `ENDS` is there (or `done` says so), or whatever there is when the time is over."""
    done = done or (lambda events: any(event.detail_type in ENDS for event in events))
    deadline = time.monotonic() + seconds
    while True:
        events = events_of(logs, group, tweet_id)
        if done(events) or time.monotonic() > deadline:
            return events
        time.sleep(0.05)
