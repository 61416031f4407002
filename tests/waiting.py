"""Waiting for what comes by itself, without sleeping longer than it takes."""

import time
from collections.abc import Callable
from typing import Any


def eventually(look: Callable[[], Any], seconds: float = 30) -> Any:
    """The first true value of `look`; its last one when the time is over."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found
