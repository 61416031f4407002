"""X's ids: milliseconds since X's epoch, and a sequence so that no two are alike."""

import itertools
import time

EPOCH = 1288834974657  # milliseconds; X developer documentation, "X IDs"

_sequence = itertools.count()


def new() -> str:
    """A new id, greater than those before it."""
    return str(((int(time.time() * 1000) - EPOCH) << 22) | (next(_sequence) & 0x3FFFFF))


def time_of(identifier: str) -> float:
    """When an id was made, in seconds since 1970."""
    return ((int(identifier) >> 22) + EPOCH) / 1000
