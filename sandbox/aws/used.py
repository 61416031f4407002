"""Which permissions were used: every call that a role was allowed, for `GET /_sandbox/used`."""

import threading
from collections import Counter
from typing import Any

from sandbox.aws import routes

_calls: Counter[tuple[str, str, str]] = Counter()
_lock = threading.Lock()


def record(role: str, action: str, resource: str) -> None:
    """Counts a call of an action on a resource, which the role of that name was allowed."""
    with _lock:
        _calls[role, action, resource] += 1


def serve() -> None:
    """Answers with each role's name, action, resource and how often it was used."""
    routes.add("GET", "used", lambda query, body: _all())


def _all() -> list[dict[str, Any]]:
    with _lock:
        return [{"role": role, "action": action, "resource": resource, "count": count} for (role, action, resource), count in sorted(_calls.items())]
