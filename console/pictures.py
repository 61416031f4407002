"""`python -m console.pictures` takes the README's pictures of the console of the sandbox that is up: docs/pictures/console.png and console.webp.

It needs Chromium. Frames are as long as the browser took between them: what moves is as quick as it was.
"""

import base64
import io
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tools.stack import Failure, connect

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 800
MOVING_WIDTH, MOVING_SECONDS, LAST_SECONDS = 960, 6.0, 2.5
MOST_BYTES = 1_500_000
QUALITIES = (80, 70, 60, 50, 40)
SECONDS = 60  # that a reply may take
FADING = 2000  # milliseconds until what was lit is no more
WARM_UP = [("please tell me a joke", "mira_k", False), ("who is this?", "harry11", True)]  # functions start, models are loaded
SAID = [("tell me something interesting", "anna_s", False), ("I hate this. Your horrible, awful product ruined my day!", "theo", False),
        ("please tell me a joke", "mira_k", False)]


def main() -> int:
    """Takes both; returns the exit status."""
    try:
        outputs = connect(sandbox=True).outputs
    except Failure as failure:
        sys.exit(str(failure))
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("There is no Chromium here.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.set_default_timeout(SECONDS * 1000)
        page.goto(f"{outputs['ConsoleUrl']}/#/watch")
        for text, author, photo in (*WARM_UP, *SAID):
            _say(page, text, author, photo, outputs)
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(FADING)
        _write_moving(_record(page, outputs))
        page.emulate_media(color_scheme="light")
        page.wait_for_timeout(FADING)
        _write_still(page.screenshot())
        browser.close()
    for name in ("console.png", "console.webp"):
        print(f"{(PICTURES / name).relative_to(PICTURES.parents[1])}: {(PICTURES / name).stat().st_size / 1000:.0f} kB")
    return 0


def _say(page: Page, text: str, author: str, photo: bool, outputs: dict[str, str], wait: bool = True) -> None:
    """Has somebody mention the bot, and waits for the reply."""
    before = page.locator("[data-reply]").count()
    pictures = [f"{outputs['XApiUrl']}/media/astronaut.jpg"] if photo else []
    body: dict[str, Any] = {"text": f"@{outputs['BotUsername']} {text}", "author": author, "pictures": pictures}
    page.evaluate("""(body) => {
      fetch("/api/mentions", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    }""", body)
    if wait:
        page.wait_for_function("(number) => document.querySelectorAll('[data-reply]').length > number", arg=before)
        page.wait_for_timeout(1500)  # the workflow ends after its last event


def _record(page: Page, outputs: dict[str, str]) -> list[tuple[Image.Image, float]]:
    """A photo on its way, as frames with when each was taken."""
    page.locator(".timeline").evaluate("box => { box.scrollTop = 0; }")
    frames: list[tuple[Image.Image, float]] = []
    devtools = page.context.new_cdp_session(page)

    def keep(frame: dict[str, Any]) -> None:
        frames.append((_frame(base64.b64decode(frame["data"])), frame["metadata"]["timestamp"]))
        devtools.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    devtools.on("Page.screencastFrame", keep)
    devtools.send("Page.startScreencast", {"format": "jpeg", "quality": 92})
    page.wait_for_timeout(500)
    newest = page.locator(".mention").first.get_attribute("data-mention")
    _say(page, "who is this?", "harry11", True, outputs, wait=False)
    page.wait_for_function("(newest) => document.querySelector('.mention').dataset.mention !== newest", arg=newest)
    _choose_last(page)
    page.wait_for_timeout(1000 * MOVING_SECONDS)
    devtools.send("Page.stopScreencast")
    return frames


def _choose_last(page: Page) -> None:
    page.locator(".mention-open").first.dispatch_event("click")
    page.wait_for_timeout(50)


def _frame(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content)).convert("RGB")
    return image.resize((MOVING_WIDTH, HEIGHT * MOVING_WIDTH // WIDTH), Image.Resampling.LANCZOS)


def _write_moving(frames: list[tuple[Image.Image, float]]) -> None:
    """As animated WebP, as good as fits."""
    ends = [when for _, when in frames[1:]] + [frames[-1][1] + LAST_SECONDS]
    durations = [max(20, int(1000 * (end - when))) for (_, when), end in zip(frames, ends, strict=True)]
    images = [image for image, _ in frames]
    for quality in QUALITIES:
        content = io.BytesIO()
        images[0].save(content, "WEBP", save_all=True, append_images=images[1:], duration=durations, loop=0, quality=quality, method=4)
        if content.tell() <= MOST_BYTES:
            break
    (PICTURES / "console.webp").write_bytes(content.getvalue())


def _write_still(png: bytes) -> None:
    Image.open(io.BytesIO(png)).convert("RGB").save(PICTURES / "console.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
