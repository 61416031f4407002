"""Every view, light and dark, wide and narrow: readable, usable without seeing or a mouse, and still."""

from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from sandbox.runtime import Sandbox
from sandbox.x import payloads
from tests.console.conftest import SECONDS
from tests.waiting import eventually
from tools.letter_box import boxes
from tools.stack import of_sandbox

VIEWS = ["say", "watch", "workflows", "break", "query/lake", "query/metrics", "query/inbox", "query/cost"]
SHOWS = {"say": ".mention", "watch": ".lane, .message-row", "break": ".letter", "query/inbox": ".mail", "query/cost": ".big",
         "query/lake": "[data-query]", "query/metrics": "canvas"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value; })
    .observe({ type: "layout-shift", buffered: true });
"""

expect.set_options(timeout=SECONDS * 1000)


@pytest.fixture(scope="module", autouse=True)
def _lived(sandbox: Sandbox) -> None:
    """There is something to be seen: replies, one with a picture, an alert, an alarm and a dead letter."""
    for text, photos in (("tell me a joke", []), ("who is this?", [f"{sandbox.x.url}/media/astronaut.jpg"]), ("I hate this awful thing", [])):
        assert sandbox.deliver(payloads.account_activity(f"@makitdev {text}", photos))["status"] == 200
    assert eventually(lambda: len(sandbox.posts()) >= 3, SECONDS)
    fault = {"service": "lex", "operation": "RecognizeText", "error": "InternalServerException", "status": 500, "times": 4}
    httpx.post(f"{sandbox.outputs['AwsEndpoint']}/_sandbox/faults", json=fault).raise_for_status()
    sandbox.deliver(payloads.account_activity("@makitdev tell me a joke that fails"))
    boxed = [box for box in boxes(of_sandbox(sandbox.outputs)) if box.service == "Responding"]
    assert eventually(lambda: sum(boxed[0].depth()), SECONDS)


def opened(page: Page, view: str, theme: str = "light") -> None:
    page.add_init_script(SHIFTS)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    page.goto(f"/#/{view}")
    expect(page.locator(".health")).to_be_visible()
    if view in SHOWS:
        expect(page.locator(SHOWS[view]).first).to_be_visible()


def barriers(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {node['html'][:150]} {node['failureSummary'][:300]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_wide_view_has_no_barrier_and_does_not_jump(page: Page, view: str, theme: str) -> None:
    opened(page, view, theme)
    page.wait_for_timeout(800)  # what is asked for has come, and may have moved things
    assert not barriers(page)
    assert page.evaluate("window.shifted") < 0.1  # "good", as browsers' makers have it


@pytest.mark.parametrize("view", VIEWS)
def test_a_narrow_view_fits_and_has_no_barrier(narrow: Page, view: str) -> None:
    opened(narrow, view)
    narrow.wait_for_timeout(500)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
    assert not barriers(narrow)
