"""The console in a real browser, on the deployed application: said, watched, broken, queried."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from console.deployment import Deployment
from console.server import Server
from sandbox.lake import ARTICLE_QUERY
from sandbox.runtime import Sandbox
from tests.console.conftest import SECONDS, WIDE, _opened
from tests.waiting import eventually
from tools.ports import free_port
from tools.stack import of_sandbox

expect.set_options(timeout=SECONDS * 1000)


def say(page: Page, text: str, author: str = "harry11") -> Locator:
    """Writes a mention as somebody; returns it in the timeline."""
    page.get_by_label("Who writes").fill(author)
    page.get_by_label("What to say").fill(f"@makitdev {text}")
    page.get_by_role("button", name="Post", exact=True).click()
    return page.locator(".mention", has_text=text).filter(has_text=f"@{author}").first


def test_a_mention_is_answered_beneath_it_and_its_journey_shown(page: Page) -> None:
    page.goto("/#/watch")
    mention = say(page, "please tell me a joke, console", "anna_1")
    expect(mention.locator("[data-reply]")).to_contain_text("@anna_1")
    mention.get_by_role("button").click()
    journey = page.get_by_role("region", name="Journey")
    for name in ("TWITTER_TWEETED", "MESSAGE_RECEIVED", "AnalyseMessage", "MESSAGE_ANALYSED (NEUTRAL)", "SEND_TWEET", "SendTweet", "TWEET_SENT"):
        expect(journey.locator(f"[data-name='{name}']").first).to_be_visible()
    for name in ("TwitterWebhookFunction", "PostTweetFunction"):
        expect(journey.locator(f".is-function[data-name='{name}']").first).to_contain_text(re.compile(r"\d+ ms|\d s"))
    names = [lane.get_attribute("data-name") for lane in journey.locator(".lane").all()]
    assert names.index("MESSAGE_RECEIVED") < names.index("AnalyseMessage") < names.index("SEND_TWEET") < names.index("TWEET_SENT")


def test_whatever_is_clicked_shows_its_json_its_schema_and_who_listens(page: Page) -> None:
    page.goto("/#/watch")
    say(page, "tell me something interesting, schema").get_by_role("button").click()
    page.locator(".lane[data-name^='MESSAGE_ANALYSED']").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("fits its schema")
    expect(drawer.locator(".json").first).to_contain_text('"detail-type": "MESSAGE_ANALYSED"')
    drawer.get_by_role("tab", name="Schema").click()
    expect(drawer).to_contain_text("From the schema registry")
    drawer.get_by_role("tab", name="Who listens").click()
    matching = drawer.locator(".listeners > li:not(.off)")
    expect(matching.filter(has_text="Responding")).to_have_count(1)  # in words; the rule for pictures does not match
    expect(matching.filter(has_text="Respond to text")).to_have_count(1)
    expect(drawer.locator(".listeners > li.off").filter(has_text="Alerting")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    page.locator("[data-service=Egress]").click()
    expect(drawer).to_contain_text("TWEET_SENT")


def test_the_map_is_that_of_the_deployed_stack(page: Page, sandbox: Sandbox) -> None:
    page.goto("/#/watch")
    services = {service.name for service in of_sandbox(sandbox.outputs).services}
    expect(page.locator(".service")).to_have_count(len(services))
    assert {each.get_attribute("data-service") for each in page.locator(".service").all()} == services
    tops = {name: page.locator(f"[data-service={name}]").bounding_box() for name in services}
    ordered = [box["x"] for box in (tops[name] for name in ("Ingress", "Analysis", "Responding", "Egress")) if box]
    assert ordered == sorted(ordered)


def test_an_event_lights_its_way(page: Page) -> None:
    page.goto("/#/watch")
    expect(page.locator(".service").first).to_be_visible()
    page.evaluate("""() => {
      window.lit = new Set();
      const note = ({ target }) => target.classList.contains("lit") && window.lit.add(target.dataset.way ?? target.dataset.service);
      new MutationObserver((changes) => changes.forEach(note))
        .observe(document.querySelector(".map svg"), { subtree: true, attributeFilter: ["class"] });
    }""")
    say(page, "I love this, tell me a joke about light")
    wanted = {"x>Ingress", "Ingress>", ">Analysis", "Analysis>", ">Responding", "Responding>", ">Egress", "Egress>", "Egress>x", ">Analytics",
              ">Plumbing"}
    assert eventually(lambda: wanted <= set(page.evaluate("[...window.lit]")), SECONDS), wanted - set(page.evaluate("[...window.lit]"))
    assert ">Alerting" not in page.evaluate("[...window.lit]")


@pytest.mark.parametrize("payload", ["Account Activity", "X Activity"])
def test_a_photo_that_is_chosen_comes_back_with_names(page: Page, pictures: Path, payload: str) -> None:
    page.goto("/#/watch")
    page.get_by_label("By which of X's APIs").select_option(payload)
    page.locator("input[type=file]").set_input_files(pictures / "astronaut.jpg")
    expect(page.locator(".composer .pictures img")).to_be_visible()
    mention = say(page, f"who is this, by {payload}?")
    expect(mention.get_by_alt_text("Picture 1 of the post")).to_be_visible()
    expect(mention.locator("[data-reply]")).to_contain_text("Eileen Collins")
    picture = mention.get_by_alt_text("Picture 1 of the reply")
    picture.scroll_into_view_if_needed()
    assert eventually(lambda: picture.evaluate("image => image.complete && image.naturalWidth"))


def test_a_photo_can_be_pasted_and_taken_off_again(page: Page) -> None:
    page.goto("/#/watch")
    page.get_by_label("What to say").focus()
    page.evaluate("""async () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
      const data = new DataTransfer();
      data.items.add(new File([blob], "pasted.png", { type: "image/png" }));
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }""")
    picture = page.get_by_alt_text("pasted.png")
    expect(picture).to_be_visible()
    page.get_by_role("button", name="Remove pasted.png").click()
    expect(picture).to_have_count(0)


def test_twenty_at_once_are_each_answered(page: Page) -> None:
    page.goto("/#/watch")
    page.locator("[data-ready='20 ×']").click()
    answered = """async () => { const { store } = await import("/static/store.js");
      return [...store.messages.values()].filter((each) => each.text === "@makitdev tell me a joke" && each.done === "TWEET_SENT").length; }"""
    assert eventually(lambda: page.evaluate(answered) >= 20, 2 * SECONDS), page.evaluate(answered)


def test_delivered_twice_answered_once(page: Page) -> None:
    page.goto("/#/watch")
    mention = say(page, "tell me a joke, but only one")
    expect(mention.locator("[data-reply]")).to_have_count(1)
    mention.get_by_role("button").click()
    page.get_by_role("button", name="Deliver again").click()
    expect(page.locator(".lane[data-name='MESSAGE_RECEIVED']")).to_have_count(2)
    page.wait_for_timeout(1500)  # for what must not happen
    expect(mention.locator("[data-reply]")).to_have_count(1)


def test_a_webhook_that_is_delivered_twice_is_answered_once(page: Page) -> None:
    page.goto("/#/break")
    page.locator("[data-ready='Joke, twice']").click()
    page.goto("/#/watch")
    mention = page.locator(".mention", has_text="tell me a joke, once").first
    mention.get_by_role("button").click()
    expect(page.locator(".lane[data-name='AnalyseMessage']")).to_have_count(2)  # the second finds the message claimed
    expect(mention.locator("[data-reply]")).to_have_count(1)


def test_a_fault_raises_its_alarm_and_its_dead_letter_is_put_back(page: Page) -> None:
    page.goto("/#/break")
    page.locator("[data-fault=lex]").check()
    page.locator("[data-ready=Joke]").click()
    alarms, letters = page.get_by_role("region", name="Alarms"), page.get_by_role("region", name="Dead letters")
    expect(alarms.locator("[data-alarm='Responding/DeadLetterAlarm'][data-state=ALARM]")).to_be_visible()
    expect(letters.locator("[data-letter=Responding]").first).to_contain_text("InternalServerException")
    expect(page.locator(".health")).to_contain_text("alarm")
    page.locator("[data-fault=lex]").uncheck()
    expect(page.locator("[data-fault=lex]")).not_to_be_checked()
    letters.get_by_role("button", name="Redrive all").click()
    expect(letters.locator("[data-letter]")).to_have_count(0)
    page.goto("/#/watch")
    expect(page.locator(".mention", has_text="please tell me a joke").first.locator("[data-reply]")).to_be_visible()


def test_a_replay_is_started_and_followed_to_its_end(page: Page) -> None:
    page.goto("/#/break")
    replay = page.get_by_role("region", name="Replay")
    replay.get_by_label("to").select_option("Alerting")
    replay.get_by_role("button", name="Replay").click()
    expect(replay.locator(".replay-row").first).to_contain_text("completed")


def test_the_articles_query_is_answered_with_a_table_and_bars(page: Page) -> None:
    page.goto("/#/watch")
    page.locator("[data-ready=Photo]").click()
    expect(page.locator(".mention", has_text="who is this?").first.locator("[data-reply]")).to_be_visible()
    page.goto("/#/query/lake")
    page.get_by_role("textbox", name="SQL").fill(ARTICLE_QUERY)

    def asked() -> int:
        page.get_by_role("button", name="Run").click()
        expect(page.locator(".answer[aria-busy=false]")).to_be_visible()
        return page.locator(".data tbody tr").count()

    assert eventually(asked, SECONDS)
    expect(page.locator(".data")).to_contain_text(re.compile("Person|Astronaut|Human"))
    expect(page.locator(".bars-row").first).to_be_visible()


def test_a_saved_query_is_run_with_a_click_and_what_changes_anything_refused(page: Page) -> None:
    page.goto("/#/query/lake")
    page.locator("[data-query]").first.click()
    expect(page.locator(".answer-head")).to_contain_text("row")
    box = page.get_by_role("textbox", name="SQL")
    box.fill("DROP TABLE events")
    box.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("one statement that reads")


def test_metrics_inbox_and_cost(page: Page) -> None:
    page.goto("/#/watch")
    page.locator("[data-ready=Angry]").click()
    expect(page.locator(".mention", has_text="ruined my day").first.locator("[data-reply]")).to_be_visible()
    page.goto("/#/query/metrics")
    expect(page.locator(".chart", has_text="Messages").locator(".legend b").first).to_have_text(re.compile(r"[1-9]"))
    for title in ("Alerts", "Time to reply"):  # a search, and what is measured rather than counted
        expect(page.locator(".chart", has_text=title).locator(".legend b").first).to_have_text(re.compile(r"[1-9]"))
    expect(page.get_by_role("heading", name="Operations")).to_be_visible()
    expect(page.locator(".chart canvas").first).to_be_visible()
    page.goto("/#/query/inbox")
    expect(page.locator("[data-mail='brand@example.com']").first).to_contain_text("ruined my day")
    page.goto("/#/query/cost")
    expect(page.locator(".big")).to_have_text(re.compile(r"^\$0\.0\d+|^\$\d"))


def test_five_thousand_events_leave_the_page_quick_and_bounded(page: Page, sandbox: Sandbox) -> None:
    events, bus, number = sandbox.client("events"), sandbox.outputs["EventBusName"], 5_300
    page.goto("/#/watch")
    page.get_by_role("tab", name="Events").click()
    for start in range(0, number, 10):
        failed = events.put_events(Entries=[{
            "EventBusName": bus, "Source": "TWITTER", "DetailType": "TWITTER_FAVOURITED",
            "Detail": json.dumps({"id_str": "1", "text": f"favourite {each}"})} for each in range(start, start + 10)])["FailedEntryCount"]
        assert not failed
    kept = 'async () => (await import("/static/store.js")).store.events.length'
    expect(page.locator(".event-row").first).to_contain_text(f"favourite {number - 1}")
    assert page.evaluate(kept) == 5_000
    assert page.locator(".event-row").count() < 80  # only what is in sight is in the page
    assert page.evaluate("document.querySelectorAll('*').length") < 3_000
    page.get_by_label("Filter").fill("favourite 4321")
    expect(page.locator(".event-row")).to_have_count(1)
    page.get_by_label("Filter").fill("")
    page.locator(".rows").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(page.locator(".event-row").last).to_contain_text(f"favourite {number - 5_000}")
    fewest = page.evaluate("""async () => {
      const box = document.querySelector(".rows"), frames = [];
      for (let step = 0; step < 40; step += 1) {
        box.scrollTop = (box.scrollHeight / 40) * step;
        await new Promise(requestAnimationFrame);
        frames.push(document.querySelectorAll(".event-row").length);
      }
      return Math.min(...frames);
    }""")
    assert fewest > 5  # there is something to be seen wherever it is scrolled to
    page.reload()
    page.get_by_role("tab", name="Events").click()
    expect(page.locator(".messages .card-head")).to_contain_text("5,000 events")


def test_keys_lead_everywhere_and_focus_comes_back(page: Page) -> None:
    page.goto("/#/watch")
    expect(page.locator(".service").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for key, title in (("b", "Break it"), ("q", "Query it"), ("l", "Look inside"), ("w", "Watch it")):
        page.keyboard.press(key)
        expect(page).to_have_title(re.compile(title))
    page.locator("[data-service=Analysis]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(12):  # stays within
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('[role=dialog]').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.locator("[data-service=Analysis]")).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_label("What to say")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.fixture
def read_only(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    """A console as on AWS: it knows of no X and of no embedded AWS."""
    server = Server(Deployment(of_sandbox(sandbox.outputs)), free_port(0))
    server.start()
    yield from _opened(browser, server.url, WIDE)
    server.stop()


def test_on_aws_it_only_looks(read_only: Page) -> None:
    page = read_only
    page.goto("/#/watch")
    expect(page.locator(".service")).to_have_count(7)
    expect(page.locator(".where")).to_contain_text("read-only")
    expect(page.locator(".say")).to_have_count(0)
    page.goto("/#/break")
    expect(page.get_by_role("region", name="Alarms")).to_be_visible()
    expect(page.locator("[data-fault], [data-ready]")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Redrive|Replay"))).to_have_count(0)
    page.goto("/#/query/lake")
    page.locator("[data-query]").first.click()
    expect(page.locator(".answer-head")).to_contain_text("row")
    for path in ("mentions", "pictures", "again", "faults/lex", "letters/redrive", "replays"):
        assert page.request.post(f"/api/{path}", data={}).status == 403
    assert page.request.delete("/api/faults").status == 403
