"""One sandbox with its console for all tests here, and a real browser: Debian's Chromium, or what CHROMIUM names."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from sandbox.runtime import Sandbox
from tests.integration.conftest import SETTINGS

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync"]
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
SECONDS = 40  # that a busy machine may take
HARMLESS = ("net::ERR_ABORTED",)  # a request that the page itself gave up, since a later one asks for more


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The whole application, and its console."""
    with Sandbox(port=0, x_port=0, console_port=0, folder=tmp_path_factory.mktemp("sandbox"), settings=SETTINGS) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("There is no Chromium here: install it (apt-get install chromium), or say where it is with CHROMIUM=PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    """A page on the console, 1280 pixels wide. Whatever a test does, nothing may be wrong in the browser's console, and the faults end with it."""
    yield from _opened(browser, sandbox.outputs["ConsoleUrl"], WIDE)
    for url in (sandbox.x.url, sandbox.outputs["AwsEndpoint"]):
        httpx.delete(f"{url}/_sandbox/faults").raise_for_status()


@pytest.fixture
def narrow(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    """The same, 390 pixels wide."""
    yield from _opened(browser, sandbox.outputs["ConsoleUrl"], NARROW)


def _opened(browser: Browser, url: str, size: ViewportSize) -> Iterator[Page]:
    context = browser.new_context(base_url=url, viewport=size, reduced_motion="reduce")
    page, wrong = context.new_page(), list[str]()
    page.set_default_timeout(SECONDS * 1000)
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"{request.url}: {request.failure}") if request.failure not in HARMLESS else None)
    yield page
    context.close()
    assert not wrong


@pytest.fixture(scope="session")
def pictures() -> Path:
    """The sandbox's photos."""
    return Path(__file__).parents[2] / "sandbox" / "photos"
