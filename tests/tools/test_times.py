"""Times as people write them."""

from datetime import UTC, datetime

import pytest

from tools import times

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("text", "expected"), [
    ("now", "2026-11-25T12:00:00Z"), ("90s", "2026-11-25T11:58:30Z"), ("15m ago", "2026-11-25T11:45:00Z"), ("2h", "2026-11-25T10:00:00Z"),
    ("3d ago", "2026-11-22T12:00:00Z"), ("2026-11-25T09:30", "2026-11-25T09:30:00Z"), ("2026-11-25T09:30+01:00", "2026-11-25T08:30:00Z"),
    ("2026-11-25T09:30:15Z", "2026-11-25T09:30:15Z"), ("2026-11-25", "2026-11-25T00:00:00Z"),
])
def test_a_time_is_understood(text: str, expected: str) -> None:
    assert times.stamp(times.parse(text, NOW)) == expected


@pytest.mark.parametrize("text", ["yesterday", "", "2 hours", "25/11/2026", "-2h"])
def test_what_is_no_time_is_refused_with_a_word_on_how_to_say_it(text: str) -> None:
    with pytest.raises(ValueError, match="Say it as 2h ago"):
        times.parse(text, NOW)
