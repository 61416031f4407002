"""Every view, light and dark, wide and narrow: readable, usable without seeing or a mouse, and still."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.console.conftest import SECONDS

VIEWS = ["say", "watch", "workflows", "break", "query/lake", "query/metrics", "query/inbox", "query/cost"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value; })
    .observe({ type: "layout-shift", buffered: true });
"""

expect.set_options(timeout=SECONDS * 1000)


def opened(page: Page, view: str, theme: str = "light") -> None:
    page.add_init_script(SHIFTS)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    page.goto(f"/#/{view}")
    expect(page.locator(".health")).to_be_visible()
    if view in ("say", "watch"):
        expect(page.locator(".service, .composer").first).to_be_visible()
    page.wait_for_load_state("load")


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
