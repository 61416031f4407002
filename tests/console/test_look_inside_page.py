"""Look inside in a real browser: a workflow's graph, the path of an execution, and what is behind a state."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from sandbox.runtime import Sandbox
from sandbox.x import payloads
from sandbox.x.faults import Fault
from tests.console.conftest import SECONDS
from tests.faults import inject
from tests.waiting import eventually

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
expect.set_options(timeout=SECONDS * 1000)


class Runs:
    """Messages to the bot, and the executions that they started."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._console = sandbox, sandbox.outputs["ConsoleUrl"]
        self.x = sandbox.x

    def of(self, workflow: str, text: str, photos: list[str] | None = None) -> str:
        """Says something, and waits for the execution of a workflow for it; its id."""
        payload = payloads.account_activity(f"@makitdev {text}", photos)
        self._sandbox.deliver(payload)
        tweet_id = payloads.tweet_id(payload)

        def found() -> list[str]:
            runs = httpx.get(f"{self._console}/api/workflows/{workflow}/executions", timeout=SECONDS).raise_for_status().json()["executions"]
            return [run["id"] for run in runs if tweet_id in run["messages"] and run["end"]]

        return str(eventually(found, SECONDS)[0])


@pytest.fixture(scope="module")
def runs(sandbox: Sandbox) -> Runs:
    return Runs(sandbox)


@pytest.fixture(scope="module")
def refused(runs: Runs) -> Iterator[str]:
    """The execution of SendTweet for a reply that X refused."""
    fault = runs.x.faults.add(Fault("/2/tweets", 403, times=1, body={"title": "Forbidden", "detail": "Not permitted."}))
    yield runs.of("SendTweet", "tell me a joke, and X refuses it")
    runs.x.faults.end(fault.id)


def state(page: Page, name: str) -> Locator:
    """A state on the drawing."""
    return page.locator(f"[data-state='{name}']")


def test_the_graph_is_there_before_any_execution_is_chosen(page: Page) -> None:
    page.goto("/#/workflows/AnalyseMessage")
    expect(state(page, "Detect sentiment")).to_contain_text("comprehend:detectSentiment")
    outer, inner = state(page, "Read text").bounding_box(), state(page, "Detect sentiment").bounding_box()
    assert outer
    assert inner
    assert outer["x"] < inner["x"] < outer["x"] + outer["width"]
    assert inner["y"] > outer["y"]
    boxes = [box for box in (each.bounding_box() for each in page.locator(".state:not(.of-container), .arrow-label").all()) if box]
    assert [(one, other) for index, one in enumerate(boxes) for other in boxes[index + 1:] if overlap(one, other)] == []
    state(page, "Detect sentiment").click()
    expect(page.get_by_role("complementary", name="Detect sentiment")).to_contain_text('"Resource"')


def overlap(one: Any, other: Any) -> bool:
    """Whether two boxes cover each other by more than a pixel."""
    return bool(one["x"] + 1 < other["x"] + other["width"] and other["x"] + 1 < one["x"] + one["width"]
                and one["y"] + 1 < other["y"] + other["height"] and other["y"] + 1 < one["y"] + one["height"])


def test_a_failed_execution_shows_where_and_why(page: Page, refused: str) -> None:
    page.goto("/#/workflows")
    page.get_by_role("navigation", name="Workflows").get_by_role("link", name=re.compile("Send tweet")).click()
    page.get_by_label("with errors").check()
    row = page.locator(f"[data-execution='{refused}']")
    expect(row).to_contain_text("TweetFailed")
    row.click()
    expect(page).to_have_url(re.compile(re.escape(f"#/workflows/SendTweet/{refused}")))
    expect(state(page, "Post tweet")).to_have_attribute("data-status", "caught")
    failed = page.locator(".state[data-status=failed]")
    expect(failed).to_have_count(1)
    page.get_by_title("Show the state that failed").click()
    expect(page.get_by_role("complementary", name=re.compile(failed.get_attribute("data-state") or "?"))).to_be_visible()
    state(page, "Post tweet").press("Enter")
    panel = page.get_by_role("complementary", name="Post tweet")
    expect(panel).to_contain_text("TweetRefused was caught")
    expect(panel).to_contain_text("403")
    panel.get_by_role("tab", name="Input").click()
    expect(panel.locator(".json")).to_contain_text("ReplyToTweetId")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_the_path_of_a_success_is_lit_and_the_rest_is_not(page: Page, runs: Runs) -> None:
    run = runs.of("RespondToText", "tell me something interesting, path")
    page.goto(f"/#/workflows/RespondToText/{run}")
    for name in ("Any images?", "Ask Lex", "Publish SEND_TWEET"):
        expect(state(page, name)).to_have_class(re.compile(r"\bdone\b"))
    expect(state(page, "Keep event for redrive")).to_have_class(re.compile(r"\bnot\b"))
    expect(page.locator(".arrow.went:not(.start)")).to_have_count(2)
    page.goto(f"/#/workflows/RespondToText/{run}/{'Ask Lex'}")
    panel = page.get_by_role("complementary", name="Ask Lex")
    panel.get_by_role("tab", name="Call").click()
    expect(panel.locator(".json")).to_contain_text('"tell me something interesting, path"')


def test_attempts_are_counted_and_told(page: Page, runs: Runs, sandbox: Sandbox) -> None:
    inject(sandbox.outputs["AwsEndpoint"], "comprehend:DetectSentiment", error="ThrottlingException", times=2)
    run = runs.of("AnalyseMessage", "I love this, tell me a fact twice")
    page.goto(f"/#/workflows/AnalyseMessage/{run}/Detect%20sentiment")
    expect(state(page, "Detect sentiment")).to_contain_text("×3")
    panel = page.get_by_role("complementary", name="Detect sentiment")
    expect(panel.locator(".attempts > li")).to_have_count(3)
    expect(panel).to_contain_text("was got over")


def test_each_item_of_a_map_has_its_own_path(page: Page, runs: Runs, sandbox: Sandbox) -> None:
    media = f"{sandbox.outputs['XApiUrl']}/media"
    fault = runs.x.faults.add(Fault("/media/cameraman.jpg", 404, times=1))
    run = runs.of("AnalyseMessage", "what is in these?", [f"{media}/coffee.jpg", f"{media}/cameraman.jpg"])
    runs.x.faults.end(fault.id)
    page.goto(f"/#/workflows/AnalyseMessage/{run}")
    items = page.get_by_role("group", name="Item of Look at images")
    expect(items).to_contain_text("2 of 2")  # the one with an error
    expect(state(page, "Download image")).to_have_attribute("data-status", "caught")
    expect(state(page, "Detect labels")).to_have_class(re.compile(r"\bnot\b"))
    items.get_by_role("button", name="The item before").click()
    expect(state(page, "Download image")).to_have_attribute("data-status", "succeeded")
    expect(state(page, "Detect labels")).to_have_attribute("data-status", "succeeded")


def test_the_journey_of_a_message_leads_inside(page: Page, refused: str) -> None:
    page.goto(f"/#/workflows/SendTweet/{refused}")
    page.get_by_role("link", name="Its message").click()
    page.locator(".lane[data-name=SendTweet]").first.click()
    page.get_by_role("dialog").get_by_role("link", name="Look inside").click()
    expect(state(page, "Post tweet")).to_have_attribute("data-status", "caught")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_execution_has_no_barrier(page: Page, refused: str, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    page.goto(f"/#/workflows/SendTweet/{refused}/Post%20tweet")
    expect(page.get_by_role("complementary", name="Post tweet").locator(".json").first).to_be_visible()
    assert barriers(page) == []


def test_a_narrow_execution_fits_and_has_no_barrier(narrow: Page, refused: str) -> None:
    narrow.goto(f"/#/workflows/SendTweet/{refused}")
    expect(state(narrow, "Post tweet")).to_have_attribute("data-status", "caught")
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
    assert barriers(narrow) == []
    state(narrow, "Post tweet").click()
    expect(narrow.get_by_role("dialog", name="Post tweet")).to_contain_text("TweetRefused")
    assert barriers(narrow) == []


def barriers(page: Page) -> list[str]:
    """What keeps somebody from using the page, as axe finds it."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {node['html'][:150]} {node['failureSummary'][:300]}" for each in found for node in each["nodes"]]


def test_what_is_under_way_is_shown_as_it_goes_on(page: Page, runs: Runs, sandbox: Sandbox) -> None:
    fault = runs.x.faults.add(Fault("/media/coffee.jpg", None, times=1, delay=5))
    sandbox.deliver(payloads.account_activity("@makitdev what is that, slowly?", [f"{sandbox.outputs['XApiUrl']}/media/coffee.jpg"]))
    page.goto("/#/workflows/AnalyseMessage")
    page.locator(".execution-row", has_text="slowly").click()
    expect(state(page, "Download image")).to_have_attribute("data-status", "running")
    runs.x.faults.end(fault.id)
    expect(state(page, "Publish MESSAGE_ANALYSED")).to_have_attribute("data-status", "succeeded")
    expect(page.get_by_role("region", name="Analyse message")).to_contain_text("succeeded")


def test_an_execution_that_is_not_kept_is_told_so(page: Page) -> None:
    page.goto("/#/workflows/SendTweet/none")
    expect(page.get_by_role("alert")).to_contain_text("no longer")
    expect(state(page, "Post tweet")).to_be_visible()
