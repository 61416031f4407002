"""Look inside: what the console tells of workflows and their executions on the deployed application."""

import json
from typing import Any

import pytest

from console.app import create
from console.deployment import Deployment
from console.executions import Executions
from console.journeys import journey
from sandbox.x import payloads
from sandbox.x.faults import Fault
from tests.console.asking import ask
from tests.faults import inject
from tests.integration.bot import Bot
from tests.waiting import eventually
from tools import stack


class Console:
    """The console of the deployed bot."""

    def __init__(self, bot: Bot) -> None:
        self.of = Deployment(stack.of_sandbox(bot.outputs), bot.outputs["XApiUrl"], bot.outputs["AwsEndpoint"])
        self._app = create(self.of)

    def get(self, path: str, status: int = 200) -> Any:
        """What it answers."""
        response = ask(self._app, "GET", f"/api/workflows{path}")
        assert response.status_code == status, response.text
        return response.json()

    def run(self, workflow: str, message: str) -> dict[str, Any]:
        """The execution of a workflow for a message, once it has ended."""
        def ended() -> list[dict[str, Any]]:
            return [each for each in self.get(f"/{workflow}/executions")["executions"] if message in each["messages"] and each["end"]]

        [found] = eventually(ended)
        return dict(self.get(f"/{workflow}/executions/{found['id']}"))


@pytest.fixture(scope="module")
def console(bot: Bot) -> Console:
    return Console(bot)


def test_every_workflow_is_there_as_a_graph(console: Console) -> None:
    assert {each["name"]: each["advice"] for each in console.get("")} == dict.fromkeys(
        ("AnalyseMessage", "RespondToText", "RespondToImages", "SendTweet"), "")
    graph = console.get("/AnalyseMessage")
    states = {each["name"]: each for each in graph["states"]}
    assert (states["Detect sentiment"]["action"], states["Detect sentiment"]["scope"]) == ("comprehend:detectSentiment", "Read text[0]")
    assert {(each["source"], each["target"]) for each in graph["transitions"]} >= {("Claim message", "Analyse message")}
    assert graph["written"]["Look at images"]["ItemProcessor"] == "…"
    assert graph["written"]["Detect sentiment"]["Resource"].endswith("comprehend:detectSentiment")
    assert "AnalyseMessage, " in console.get("/None", 404)["message"]


def test_the_way_of_a_message_through_its_workflow(bot: Bot, console: Console) -> None:
    said = bot.mention("tell me a joke")
    run = console.run("RespondToText", said.tweet_id)
    assert (run["status"], run["author"]) == ("SUCCEEDED", "harry11")
    assert [(visit["name"], visit["next"]) for visit in run["visits"]] == [
        ("Any images?", "Ask Lex"), ("Ask Lex", "Publish SEND_TWEET"), ("Publish SEND_TWEET", "")]
    visit = console.get(f"/RespondToText/executions/{run['id']}/visits/1")
    assert json.loads(visit["input"])["detail"]["Author"] == "harry11"
    assert json.loads(visit["parameters"])["Text"] == "tell me a joke"
    assert console.get(f"/RespondToText/executions/{run['arn']}")["id"] == run["id"]
    console.get(f"/RespondToText/executions/{run['id']}/visits/3", 404)
    console.get("/RespondToText/executions/none", 404)


def test_attempts_that_failed_are_told_with_their_error(bot: Bot, console: Console) -> None:
    inject(bot.outputs["AwsEndpoint"], "comprehend:DetectSentiment", error="ThrottlingException", times=2)
    said = bot.mention("I love this, tell me a fact")
    run = console.run("AnalyseMessage", said.tweet_id)
    [sentiment] = [visit for visit in run["visits"] if visit["name"] == "Detect sentiment"]
    assert (sentiment["status"], sentiment["retries"], run["trouble"]) == ("succeeded", 2, 2)
    assert [bool(attempt["error"]) for attempt in sentiment["attempts"]] == [True, True, False]


def test_a_post_that_x_refused_failed_where_it_did(bot: Bot, console: Console) -> None:
    bot.sandbox.x.faults.add(Fault("/2/tweets", 403, times=1, body={"title": "Forbidden", "detail": "Not permitted."}))
    said = bot.mention("tell me another joke")
    run = console.run("SendTweet", said.tweet_id)
    assert (run["status"], run["error"]) == ("FAILED", "TweetFailed")
    [post] = [visit for visit in run["visits"] if visit["name"] == "Post tweet"]
    assert (post["status"], post["next"], post["attempts"][0]["error"]) == ("caught", "Record failure", "TweetRefused")
    assert run["visits"][-1]["status"] == "failed"


def test_an_execution_that_publishes_nothing_is_in_its_messages_journey(bot: Bot, console: Console) -> None:
    payload = payloads.account_activity("@makitdev tell me a joke, but once")
    bot.deliver(payload)
    said = bot.deliver(payload)
    executions = Executions(console.of)

    def analysed() -> list[dict[str, Any]]:
        rows = journey(console.of, bot.events(said.tweet_id), executions)["rows"]
        runs = [row for row in rows if row["name"] == "AnalyseMessage" and row["status"] == "SUCCEEDED"]
        return runs if len(runs) == 2 else []

    first, second = eventually(analysed)
    assert first["parent"] != second["parent"]
    assert console.run("SendTweet", said.tweet_id)["status"] == "SUCCEEDED"
