"""Times as people write them."""

import re
from datetime import UTC, datetime, timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
AGO = re.compile(r"(\d+)\s*([smhd])(\s+ago)?")


def parse(text: str, now: datetime | None = None) -> datetime:
    """`now`, `90s`, `15m ago`, `2h`, `3d ago`, or ISO 8601 (UTC where it names no zone) as a time in UTC. ValueError for anything else."""
    now = now or datetime.now(UTC)
    text = text.strip()
    if text == "now":
        return now
    ago = AGO.fullmatch(text)
    if ago:
        return now - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is no time. Say it as 2h ago, 15m, 2026-11-25T09:30 (UTC) or 2026-11-25T09:30+01:00.") from None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def stamp(time: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
