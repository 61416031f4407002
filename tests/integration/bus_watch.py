"""Every event that crosses a deployed application's bus, whoever put it there, held against `schemas/`."""

from datetime import UTC, datetime
from typing import Any

from tests.by_schema import violations
from tools import event_log, smoke

OVERLAP = 5000  # milliseconds that are read again, for what was logged late


class BusWatch:
    """Reads the event log, which plumbing's catch-all rule fills; each event is looked at once."""

    def __init__(self, logs: Any, group: str) -> None:
        self._logs, self._group = logs, group
        self._seen: set[str] = set()
        self._latest = 0

    @property
    def seen(self) -> int:
        """How many events there were so far."""
        return len(self._seen)

    def look(self) -> list[str]:
        """What the events since the last look break, each by its name and id; an event without a schema breaks the rule that each has one."""
        found = []
        since = datetime.fromtimestamp(max(0, self._latest - OVERLAP) / 1000, UTC)
        for event in event_log.read(self._logs, self._group, since):
            if event.id not in self._seen:
                self._seen.add(event.id)
                self._latest = max(self._latest, event.time)
                found += wrong(event.envelope)
        return found


def wrong(event: dict[str, Any]) -> list[str]:
    """What is wrong with an event, in words that lead to it."""
    name = f"{event.get('detail-type')} of {event.get('source')} ({event.get('id')})"
    broken = violations(event)
    if event.get("detail-type") == smoke.DETAIL_TYPE:
        return []  # an activity that X does not have, which ingress names as it names any that it does not know
    if broken is None:
        return [f"{name} has no schema: schemas/{event.get('detail-type')}.json is missing"]
    return [f"{name} is not as schemas/{event['detail-type']}.json has it: {each}" for each in broken]
