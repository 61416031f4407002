"""The main job on real input: X delivers signed mentions to the deployed application, and the replies come out."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from sandbox import lake, stack, timeline
from sandbox.runtime import FOLDER, Sandbox
from sandbox.x import BOT_USERNAME, payloads
from tools import athena
from tools.event_log import Event

PICTURES = FOLDER / "pictures"
QUIET_SECONDS = 1.5  # how long nothing may happen before we believe that nothing will
LAKE_SECONDS = 20


class Demo:
    """Shows each thing that the bot does, and keeps count of what went wrong."""

    def __init__(self, sandbox: Sandbox, console: Console) -> None:
        self._sandbox, self._console = sandbox, console
        self._logs, self._group = sandbox.client("logs"), sandbox.outputs["EventLogGroupName"]
        self._labels: Counter[str] = Counter()  # of all photos, by the events
        self.failures: list[str] = []

    def run(self) -> None:
        """All six parts, in order."""
        photo = f"{self._sandbox.x.url}/media"
        self._mention("please tell me a joke", expect=lambda reply: not reply["media"])
        self._mention("tell me something interesting", build=payloads.x_activity, expect=lambda reply: not reply["media"])
        self._mention("what is the meaning of life?", expect=lambda reply: "joke" in reply["text"] and "fact" in reply["text"])
        self._mention("who is this?", photos=[f"{photo}/astronaut.jpg"], expect=self._names_her)
        twice = self._mention("and who is this?", photos=[f"{photo}/coffee.jpg"], expect=lambda reply: not reply["media"])
        self._mention("I hate this. Your horrible, awful product ruined my day!", expect=lambda reply: True)
        self._alert()
        self._deliver_again(twice)
        self._query()

    def _mention(self, text: str, expect: Callable[[dict[str, Any]], bool], photos: list[str] | None = None,
                 build: Callable[..., payloads.Payload] = payloads.account_activity) -> payloads.Payload:
        payload = build(f"@{BOT_USERNAME} {text}", photos)
        api = "X Activity API" if build is payloads.x_activity else "Account Activity API"
        self._console.print(f"\n[bold]@{payloads.AUTHOR['username']}[/]: @{BOT_USERNAME} {text}{'  + a photo' if photos else ''}  [dim]({api})[/]")
        started = time.perf_counter()
        status = self._sandbox.deliver(payload)["status"]
        self._check(status == 200, f"the webhook answered {status}")
        events = timeline.wait_for(self._logs, self._group, payloads.tweet_id(payload))
        self._show(events, time.perf_counter() - started)
        for analysis in [event.detail["Analysis"] for event in events if event.detail_type == "MESSAGE_ANALYSED"]:
            self._labels.update(label["Name"] for image in analysis["Images"] for label in image.get("Analysis", {}).get("Labels", []))
        replies = self._replies(payload)
        self._check(len(replies) == 1, f"{len(replies)} replies to “{text}”")
        for reply in replies:
            self._console.print(f"  [bold]@{BOT_USERNAME}[/]: {reply['text']}", highlight=False)
            self._check(expect(reply), f"the reply to “{text}” is not what was asked for")
        return payload

    def _show(self, events: list[Event], seconds: float) -> None:
        labels = [event.label if event is events[0] else f"{event.label} +{event.time - events[0].time} ms" for event in events]
        self._console.print(f"  [cyan]{' → '.join(labels)}[/]  [dim]{seconds:.2f} s[/]", highlight=False)
        self._check(bool(events) and events[-1].detail_type == "TWEET_SENT", "no TWEET_SENT")

    def _replies(self, payload: payloads.Payload) -> list[dict[str, Any]]:
        return [post for post in self._sandbox.posts() if post["in_reply_to_tweet_id"] == payloads.tweet_id(payload)]

    def _names_her(self, reply: dict[str, Any]) -> bool:
        for number, media in enumerate(reply["media"], 1):
            PICTURES.mkdir(parents=True, exist_ok=True)
            picture = PICTURES / f"{reply['id']}-{number}.jpg"
            picture.write_bytes(httpx.get(media["url"]).raise_for_status().content)
            self._console.print(f"  picture: {_relative(picture)}", highlight=False)
        return "Eileen Collins" in reply["text"] and len(reply["media"]) == 1

    def _alert(self) -> None:
        mails = [mail for mail in self._sandbox.mails() if mail["To"] == [stack.ALERT_EMAIL]]
        told = [mail["BodyText"] for mail in mails]
        self._check(len(told) == 1 and "ruined my day" in told[0] and "harry11" in told[0], "no alert of the furious message")
        for mail in mails:
            self._console.print(f"  e-mail to {mail['To'][0]}: {mail['BodyText']}", highlight=False)

    def _deliver_again(self, payload: payloads.Payload) -> None:
        self._console.print("\n[bold]X delivers the same webhook a second time[/]")
        before = len(self._sandbox.posts())
        status = self._sandbox.deliver(payload)["status"]
        time.sleep(QUIET_SECONDS)
        again = len(self._sandbox.posts()) - before
        self._check(status == 200 and again == 0, f"{again} replies to the second delivery")
        self._console.print(f"  the webhook answered {status}; further replies: {again}", highlight=False)

    def _query(self) -> None:
        self._console.print("\n[bold]The article's query over the data lake[/]")
        client, deadline = self._sandbox.client("athena"), time.monotonic() + LAKE_SECONDS
        rows: list[list[str]] = []
        counted = {name: str(count) for name, count in self._labels.items()}
        while dict(rows[1:]) != counted and time.monotonic() < deadline:
            rows = athena.query(client, self._sandbox.outputs["AthenaWorkGroup"], lake.ARTICLE_QUERY)
            time.sleep(0.2)
        table = Table(*rows[0])
        for row in rows[1:]:
            table.add_row(*row)
        self._console.print(table)
        self._check(bool(counted) and dict(rows[1:]) == counted, f"the lake counts other labels than the events had: {counted}")

    def _check(self, condition: bool, failure: str) -> None:
        if not condition:
            self.failures.append(failure)
            self._console.print(f"  [bold red]✗ {failure}[/]")


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
