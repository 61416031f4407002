"""An operator fills in X's keys and connects the deployed webhook with X, all over HTTP, against a stand-in that authorises and refuses as X does."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.x import BOT_USER_ID, BOT_USERNAME, Keys, payloads
from tests.integration.bot import Bot
from tests.tools.commands import Result, run, run_on_a_terminal
from tests.waiting import eventually
from tools import stack

PRIVATE = ("block.block", "block.unblock", "dm.indicate_typing", "dm.read", "dm.received", "dm.sent", "mute.mute", "mute.unmute")
NAMES = ("ApiKey", "ApiSecret", "AccessToken", "AccessTokenSecret")


@pytest.fixture
def tools(bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs commands on the sandbox that says in its file where it is. The webhook is registered again, whatever a test left behind."""
    (tmp_path / "outputs.json").write_text(json.dumps(bot.outputs))
    monkeypatch.setattr(stack, "SANDBOX", tmp_path / "outputs.json")

    def command(*arguments: str, **more: str) -> Result:
        return run(*arguments, "--sandbox", **more)

    yield command
    assert command("webhook", "register", "--api", "aaa").status == 0


@contextlib.contextmanager
def webhook_down(bot: Bot) -> Iterator[None]:
    """The webhook function answers nothing meanwhile."""
    function = bot.resource("Ingress", "TwitterWebhookFunction")
    bot.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        bot.client("lambda").delete_function_concurrency(FunctionName=function)


def test_the_webhook_is_registered_and_subscribed_by_both_apis_and_again_changes_nothing(bot: Bot, tools: Any) -> None:
    tools("webhook", "delete")
    first = tools("webhook", "register", "--json")
    assert first.status == 0, first.err
    states = {row["what"]: row["state"] for row in first.json}
    assert states.pop(f"webhook {bot.outputs['WebhookUrl']}") == "registered"
    assert states.pop("Account Activity API") == "subscribed"
    assert sorted(what for what, state in states.items() if state.startswith("refused: X refused the subscription to")) == list(PRIVATE)
    assert {state for what, state in states.items() if what not in PRIVATE} == {"subscribed"}

    [listed] = tools("webhook", "list", "--json").json
    assert (listed["url"], listed["valid"], listed["account_activity"]) == (bot.outputs["WebhookUrl"], True, [BOT_USER_ID])
    assert {"post.mention.create", "post.quote.create", "follow.follow"} <= set(listed["x_activity"])

    again = {row["what"]: row["state"] for row in tools("webhook", "register", "--json").json}
    assert {state for what, state in again.items() if what not in PRIVATE} == {"there already"}
    assert len(bot.mention("tell me a fact").replies) == 1


def test_a_webhook_that_x_disabled_is_enabled_by_a_check(bot: Bot, tools: Any) -> None:
    with webhook_down(bot):
        failed = tools("webhook", "check")
        assert failed.status == 1
        assert "CrcValidationFailed" in failed.err
    [listed] = tools("webhook", "list", "--json").json
    assert listed["valid"] is False
    assert tools("webhook", "check").status == 0
    assert len(bot.mention("tell me a fact").replies) == 1


def test_what_x_could_not_deliver_it_replays(bot: Bot, tools: Any) -> None:
    tools("webhook", "delete")
    tools("webhook", "register")
    answered = bot.mention("tell me a fact")
    missed = payloads.account_activity(f"@{BOT_USERNAME} please tell me a joke")
    with webhook_down(bot):
        assert bot.sandbox.deliver(missed)["status"] != 200
    assert tools("webhook", "replay", "--from", "1m", "--to", "now").status == 0
    assert len(bot.outcome(payloads.tweet_id(missed)).replies) == 1
    assert eventually(lambda: "TWITTER_REPLAY_JOB_STATUS" in tools("events", "tail", "--since", "1m").out)
    assert len(bot.replies(answered.tweet_id)) == 1
    refused = tools("webhook", "replay", "--from", "30h", "--to", "29h")
    assert (refused.status, "QueryParamInvalid" in refused.err) == (1, True)


def test_keys_are_kept_once_x_has_taken_them_and_never_shown(bot: Bot, tools: Any) -> None:
    keys = dict(zip(NAMES, Keys(), strict=True))
    done = tools("secret", "set", "--stdin", stdin=json.dumps(keys))
    assert (done.status, done.out) == (0, f"account,BotUserId\n{BOT_USERNAME},{BOT_USER_ID}\n")
    by_environment = tools("secret", "set", X_API_KEY=keys["ApiKey"], X_API_SECRET=keys["ApiSecret"], X_ACCESS_TOKEN=keys["AccessToken"],
                           X_ACCESS_TOKEN_SECRET=keys["AccessTokenSecret"])
    assert by_environment.status == 0
    assert [key for key in keys.values() if key in done.out + done.err + by_environment.out + by_environment.err] == []


def test_keys_are_asked_for_on_a_terminal_and_not_echoed(bot: Bot) -> None:
    answers = dict(zip([f"{name}: " for name in NAMES], Keys(), strict=True))
    status, shown = run_on_a_terminal("secret", "set", endpoint=bot.outputs["AwsEndpoint"], answers=answers)
    assert status == 0, shown
    assert BOT_USER_ID in shown
    assert [key for key in Keys() if key in shown] == []


def test_keys_that_x_refuses_are_not_kept(bot: Bot, tools: Any) -> None:
    before = bot.client("secretsmanager").get_secret_value(SecretId=bot.outputs["TwitterSecretArn"])["SecretString"]
    wrong = {**dict(zip(NAMES, Keys(), strict=True)), "AccessTokenSecret": "mistyped"}
    refused = tools("secret", "set", "--stdin", stdin=json.dumps(wrong))
    assert refused.status == 1
    assert "X refused the keys: 401" in refused.err
    missing = tools("secret", "set", "--stdin", stdin='{"ApiKey": "a"}')
    assert (missing.status, "Missing: ApiSecret" in missing.err) == (1, True)
    assert tools("secret", "set", "--stdin", stdin="mistyped").status == 1
    assert bot.client("secretsmanager").get_secret_value(SecretId=bot.outputs["TwitterSecretArn"])["SecretString"] == before
