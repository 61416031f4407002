"""What the lake's saved queries have to answer, worked out in Python from the events that crossed the bus."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from statistics import fmean
from typing import Any

from tools.event_log import Event

Row = dict[str, Any]


class Expected:
    """`Expected(events).answers` has the rows of each saved query by its name; what a replay brought once more is left out first."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = [event for event in events if "replay-name" not in event.envelope]
        self._analysed = list({event.detail["MessageId"]: event for event in self._events
                               if event.detail_type == "MESSAGE_ANALYSED" and not event.detail.get("Again")}.values())
        queries: dict[str, Callable[[], list[Row]]] = {
            "Sentiment by day": self.sentiment, "Top labels": self.labels, "Top entities": self.entities,
            "Celebrities by week": self.celebrities, "Loudest authors": self.authors, "Unanswered messages": self.unanswered,
            "Time to reply": self.waits, "Failures by cause": self.failures, "Labels of all photos": self.label_counts}
        self.answers = {name: query() for name, query in queries.items()}

    def _named(self, detail_type: str) -> list[Event]:
        return [event for event in self._events if event.detail_type == detail_type]

    def _images(self) -> list[tuple[Event, Row]]:
        return [(event, image) for event in self._analysed for image in event.detail["Analysis"]["Images"]]

    def sentiment(self) -> list[Row]:
        found = Counter((_day(event), event.detail["Analysis"].get("TextSentiment", "NOT READ")) for event in self._analysed)
        return [{"day": day, "sentiment": sentiment, "messages": number}
                for (day, sentiment), number in sorted(found.items(), key=lambda each: (each[0][0], -each[1], each[0][1]))]

    def labels(self) -> list[Row]:
        messages, confidences = defaultdict(set), defaultdict(list)
        for event, image in self._images():
            for label in image.get("Analysis", {}).get("Labels", []):
                messages[label["Name"]].add(event.detail["MessageId"])
                confidences[label["Name"]].append(label["Confidence"])
        return [{"seen": name, "messages": len(of), "confidence": fmean(confidences[name])}
                for name, of in sorted(messages.items(), key=lambda each: (-len(each[1]), each[0]))][:25]

    def label_counts(self) -> list[Row]:
        found = Counter(label["Name"] for _, image in self._images() for label in image.get("Analysis", {}).get("Labels", []))
        return [{"name": name, "Count": number} for name, number in found.items()]

    def entities(self) -> list[Row]:
        found = Counter(key for event in self._analysed for key in {
            (entity["Text"].lower(), entity["Type"]) for entity in event.detail["Analysis"].get("TextEntities", []) if entity["Text"][0] != "@"})
        return [{"entity": name, "kind": kind, "messages": number}
                for (name, kind), number in sorted(found.items(), key=lambda each: (-each[1], each[0]))][:25]

    def celebrities(self) -> list[Row]:
        found = {(_week(event), face["Name"], event.detail["MessageId"]) for event, image in self._images()
                 for face in image.get("Analysis", {}).get("CelebrityFaces", [])}
        numbers = Counter((week, name) for week, name, _ in found)
        return [{"week": week, "celebrity": name, "messages": number}
                for (week, name), number in sorted(numbers.items(), key=lambda each: (each[0][0], -each[1], each[0][1]))]

    def authors(self) -> list[Row]:
        moods = defaultdict(list)
        for event in self._analysed:
            moods[event.detail["Author"]].append(event.detail["Analysis"].get("TextSentiment"))
        return [{"author": author, "messages": len(of), "negative": of.count("NEGATIVE"), "positive": of.count("POSITIVE")}
                for author, of in sorted(moods.items(), key=lambda each: (-len(each[1]), each[0]))][:25]

    def unanswered(self) -> list[Row]:
        answered = {event.detail["IdempotencyKey"] for event in self._named("TWEET_SENT")}
        failures = {f"reply-{event.detail['MessageId']}": event.detail["Error"] for event in self._named("MESSAGE_ANALYSIS_FAILED")} | {
            event.detail["IdempotencyKey"]: event.detail["Error"] for event in self._named("TWEET_FAILED")}
        received: dict[str, Event] = {}
        for event in self._named("MESSAGE_RECEIVED"):
            received.setdefault(f"reply-{event.detail['MessageId']}", event)
        rows = [{"received": event.envelope["time"], "author": event.detail["Author"], "text": event.detail["Text"], "failure": failures.get(key)}
                for key, event in received.items() if key not in answered]
        return sorted(rows, key=lambda row: (row["received"], row["author"]))

    def waits(self) -> list[Row]:
        """With the two waits, in seconds, that a percentile has to be between in place of itself."""
        days: dict[str, dict[str, float]] = defaultdict(dict)
        for event in self._named("TWEET_SENT"):
            if "TweetId" in event.detail:
                posts = (int(event.detail[name]) >> 22 for name in ("ReplyToTweetId", "TweetId"))
                days[_day(event)][event.detail["IdempotencyKey"]] = -(next(posts) - next(posts)) / 1000
        return [{"day": day, "replies": len(waits), **{f"p{percent}": _neighbours(sorted(waits.values()), percent / 100) for percent in (50, 90, 99)}}
                for day, waits in sorted(days.items())]

    def failures(self) -> list[Row]:
        found: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
        for step, detail_type, key in (("analysis", "MESSAGE_ANALYSIS_FAILED", "MessageId"), ("reply", "TWEET_FAILED", "IdempotencyKey")):
            for event in self._named(detail_type):
                found[step, event.detail["Error"]].append((event.envelope["time"], event.detail["Cause"], event.detail[key]))
        for event in self._analysed:
            failed = [("text", event.detail["Analysis"].get("TextError", {})), *(("image", image) for image in event.detail["Analysis"]["Images"])]
            for step, failure in failed:
                if "Error" in failure:
                    found[step, failure["Error"]].append((event.envelope["time"], failure["Cause"], event.detail["MessageId"]))
        rows = [{"step": step, "error": error, "messages": len({of for _, _, of in each}), "latest": max(each)[0],
                 "latest_cause": {cause for time, cause, _ in each if time == max(each)[0]}} for (step, error), each in found.items()]
        return sorted(rows, key=lambda row: (-row["messages"], row["step"], row["error"]))


def same(found: Any, expected: Any) -> bool:
    """Whether a value is the one that was expected: one of a set, between the ends of a pair, or a number as it is rounded."""
    if isinstance(expected, set):
        return found in expected
    if isinstance(expected, tuple):
        return bool(expected[0] - 0.051 <= found <= expected[1] + 0.051)
    if isinstance(expected, float):
        return bool(abs(found - expected) <= 0.051)
    return bool(found == expected)


def _day(event: Event) -> str:
    return str(event.envelope["time"])[:10]


def _week(event: Event) -> str:
    day = date.fromisoformat(_day(event))
    return str(day - timedelta(days=day.weekday()))


def _neighbours(values: list[float], share: float) -> tuple[float, float]:
    """The values around a rank, and one more on either side: percentiles are approximate."""
    rank = share * (len(values) - 1)
    return values[max(0, int(rank) - 1)], values[min(len(values) - 1, int(rank) + 2)]
