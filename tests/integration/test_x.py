"""An operator fills in X's keys, connects the deployed webhook with X, moves it to X's newer API: by HTTP and real OAuth, against a stand-in
that authorises and refuses as X does."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sandbox.x import BOT_USER_ID, BOT_USERNAME, Keys, payloads
from tests.integration.bot import Bot
from tests.tools.commands import Result, run, run_on_a_terminal
from tests.waiting import eventually
from tools.x import deliveries, migrate
from tools.x.connection import ALSO, SUMMONS

NAMES = ("ApiKey", "ApiSecret", "AccessToken", "AccessTokenSecret")
AAA, XAA = "Account Activity API", "X Activity API"


@pytest.fixture
def tools(at_sandbox: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs `x …`. The webhook is connected as it was at the beginning, whatever a test left behind."""
    monkeypatch.setattr(migrate, "POLL_SECONDS", 0.2)

    def command(*arguments: str, **more: str) -> Result:
        return at_sandbox("x", *arguments, **more)

    yield command
    command("webhook", "delete", "--yes")
    assert command("webhook", "register").status == 0
    assert command("subscribe").status == 0


@pytest.fixture
def subscribed(tools: Any) -> Any:
    """The same, with the Account Activity API subscribed to, and nothing else."""
    tools("unsubscribe", "--yes")
    assert tools("subscribe", "--api", "aaa").status == 0
    return tools


@contextlib.contextmanager
def webhook_down(bot: Bot) -> Iterator[None]:
    """The webhook function answers nothing meanwhile."""
    function = bot.resource("Ingress", "TwitterWebhookFunction")
    bot.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        bot.client("lambda").delete_function_concurrency(FunctionName=function)


@contextlib.contextmanager
def secret_of(bot: Bot, **more: str) -> Iterator[None]:
    """The application's secret has further fields meanwhile, and the function knows."""
    def put(value: dict[str, str]) -> None:
        bot.client("secretsmanager").put_secret_value(SecretId=bot.outputs["TwitterSecretArn"], SecretString=json.dumps(value))
        bot.publish("Ingress", "TwitterWebhookFunction")  # new workers, which read the secret again

    keys = dict(zip(NAMES, Keys(), strict=True))
    put({**keys, **more})
    try:
        yield
    finally:
        put(keys)


def mention(bot: Bot, text: str) -> list[dict[str, Any]]:
    """Somebody mentions the bot: X delivers by what is subscribed."""
    answers: list[dict[str, Any]] = httpx.post(f"{bot.outputs['XApiUrl']}/_sandbox/mention", json={"text": f"@{BOT_USERNAME} {text}"},
                                               timeout=60).raise_for_status().json()
    assert {each["status"] for each in answers} <= {200}
    return answers


def fault(bot: Bot, path: str, status: int, times: int = 1, **more: Any) -> None:
    httpx.post(f"{bot.outputs['XApiUrl']}/_sandbox/faults", json={"path": path, "status": status, "times": times, **more}).raise_for_status()


# The webhook and its subscriptions


def test_the_webhook_is_registered_and_subscribed_by_both_apis_and_again_changes_nothing(bot: Bot, tools: Any) -> None:
    tools("webhook", "delete", "--yes")
    assert "not registered: python -m tools x webhook register" in tools("status").out
    first = tools("webhook", "register", "--json")
    assert [(row["url"], row["state"]) for row in first.json] == [(bot.outputs["WebhookUrl"], "registered")]
    done = tools("subscribe", "--json")
    assert done.status == 0, done.err
    assert {row["what"]: row["state"] for row in done.json} == dict.fromkeys([AAA, *SUMMONS, *ALSO], "subscribed")

    [listed] = tools("webhook", "list", "--json").json
    assert (listed["url"], listed["valid"], listed["account_activity"]) == (bot.outputs["WebhookUrl"], True, [BOT_USER_ID])
    assert set(listed["x_activity"]) == {*SUMMONS, *ALSO}

    assert {row["state"] for row in tools("webhook", "register", "--json").json} == {"there already"}
    assert {row["state"] for row in tools("subscribe", "--json").json} == {"there already"}
    assert [each["api"] for each in mention(bot, "tell me a fact")] == ["account_activity", "x_activity"]


def test_a_private_event_is_asked_for_by_the_account_and_refused_to_the_app(bot: Bot, subscribed: Any) -> None:
    refused = subscribed("subscribe", "--api", "xaa", "--event-type", "post.mention.create", X_USER_TOKEN="not-a-token")
    assert refused.status == 1
    assert "401" in refused.out
    taken = subscribed("subscribe", "--api", "xaa", "--event-type", "post.mention.create", "--json")
    assert (taken.status, taken.json) == (0, [{"what": "post.mention.create", "state": "subscribed"}])


def test_one_refused_type_does_not_keep_the_others_away(bot: Bot, subscribed: Any) -> None:
    fault(bot, "/2/activity/subscriptions", 403, match=["dm.received"], body={"title": "Forbidden", "detail": "No DM permission."})
    done = subscribed("subscribe", "--api", "xaa", "--json")
    states = {row["what"]: row["state"] for row in done.json}
    assert states.pop("dm.received").startswith("refused: X refused the subscription to dm.received: 403 Forbidden; No DM permission.")
    assert set(states.values()) == {"subscribed"}
    assert (done.status, "X refused 1 of 18" in done.err) == (0, True)


def test_subscriptions_end_once_that_is_agreed_to(bot: Bot, subscribed: Any) -> None:
    subscribed("subscribe", "--api", "xaa", "--event-type", "post.mention.create", "--event-type", "like.create")
    unasked = subscribed("unsubscribe")
    assert (unasked.status, "say --yes" in unasked.err) == (1, True)
    assert len(mention(bot, "tell me a fact")) == 2
    assert [row["what"] for row in subscribed("unsubscribe", "--event-type", "like.create", "--yes", "--json").json] == ["like.create"]
    assert [row["what"] for row in subscribed("unsubscribe", "--yes", "--json").json] == [AAA, "post.mention.create"]
    assert mention(bot, "tell me a fact") == []
    assert subscribed("status").status == 1
    assert "nothing to end" in subscribed("unsubscribe", "--yes").err


def test_a_webhook_that_x_disabled_is_enabled_by_a_challenge(bot: Bot, tools: Any) -> None:
    with webhook_down(bot):
        failed = tools("webhook", "validate")
        assert failed.status == 1
        assert "CrcValidationFailed" in failed.err
        assert "x secrets set" in failed.err
    [listed] = tools("webhook", "list", "--json").json
    assert listed["valid"] is False
    assert "disabled by X: python -m tools x webhook validate" in tools("status").out
    assert tools("webhook", "validate").status == 0
    assert len(bot.mention("tell me a fact").replies) == 1


def test_what_x_could_not_deliver_it_replays(bot: Bot, tools: Any) -> None:
    tools("webhook", "delete", "--yes")
    tools("webhook", "register")
    answered = bot.mention("tell me a fact")
    missed = payloads.account_activity(f"@{BOT_USERNAME} please tell me a joke")
    with webhook_down(bot):
        assert bot.sandbox.deliver(missed)["status"] != 200
    assert tools("replay", "1m", "now").status == 0
    assert len(bot.outcome(payloads.tweet_id(missed)).replies) == 1
    assert eventually(lambda: "TWITTER_REPLAY_JOB_STATUS" in run("events", "tail", "--since", "1m", "--sandbox").out)
    assert len(bot.replies(answered.tweet_id)) == 1
    refused = tools("replay", "30h", "29h")
    assert (refused.status, "at most 24 hours ago" in refused.err) == (1, True)
    assert "has to be earlier" in tools("replay", "1h", "2h").err


def test_a_rate_limit_says_until_when(bot: Bot, tools: Any) -> None:
    fault(bot, "/2/webhooks", 429, headers={"x-rate-limit-reset": str(int(time.time()) + 600)}, body={"title": "Too Many Requests"})
    limited = tools("webhook", "list")
    assert limited.status == 1
    assert "used up until" in limited.err
    assert "(in 10 min)" in limited.err


# From one API to the other


def test_a_migration_waits_for_the_new_api_and_then_ends_the_old_one(bot: Bot, subscribed: Any) -> None:
    nothing_yet = subscribed("migrate", "--wait", "0s", "--yes")
    assert (nothing_yet.status, "Mention the bot" in nothing_yet.err) == (1, True)
    assert [each["api"] for each in mention(bot, "tell me a fact")] == ["account_activity", "x_activity"]  # both live

    threading.Timer(1, mention, [bot, "tell me a fact"]).start()
    unasked = subscribed("migrate", "--wait", "1m")
    assert (unasked.status, "say --yes" in unasked.err) == (1, True)
    assert "subscribed, until it ends" in subscribed("status").out
    over = subscribed("migrate", "--wait", "1m", "--yes")
    assert over.status == 0, over.err
    assert "The migration is over" in over.err
    assert [each["api"] for each in mention(bot, "tell me a fact")] == ["x_activity"]
    assert f"{AAA},not subscribed" in subscribed("status").out
    assert "the migration is over" in subscribed("migrate").err


def test_a_migration_keeps_the_old_api_where_the_new_one_misses_something(bot: Bot, subscribed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "GRACE", type(deliveries.GRACE)(0))
    subscribed("migrate", "--wait", "0s")
    mention(bot, "tell me a fact")
    missed = bot.mention("tell me a fact", build=payloads.account_activity)
    kept = subscribed("migrate", "--wait", "0s", "--yes")
    assert kept.status == 1
    assert f"did not bring {missed.tweet_id}" in kept.err
    assert "subscribed, until it ends" in subscribed("status").out


def test_a_migration_that_is_interrupted_goes_on_where_it_was(bot: Bot, subscribed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tools.x.migrate.time", SimpleNamespace(sleep=interrupt))  # Ctrl-C while it waits, and while nobody else does
        interrupted = subscribed("migrate", "--wait", "1m", "--yes")
    assert (interrupted.status, "x migrate goes on from there" in interrupted.err) == (130, True)
    assert len(mention(bot, "tell me a fact")) == 2
    assert subscribed("migrate", "--wait", "1m", "--yes").status == 0


def test_a_migration_does_not_begin_where_the_new_api_would_not_hear_the_bot_spoken_to(bot: Bot, subscribed: Any) -> None:
    fault(bot, "/2/activity/subscriptions", 403, match=["post.mention.create"])
    refused = subscribed("migrate", "--yes")
    assert refused.status == 1
    assert "does not tell of post.mention.create" in refused.err
    assert [each["api"] for each in mention(bot, "tell me a fact")] == ["account_activity"]


# An app that has OAuth 2.0 set up


def test_an_app_with_a_client_secret_is_heard_once_it_is_filled_in(bot: Bot, tools: Any) -> None:
    httpx.put(f"{bot.outputs['XApiUrl']}/_sandbox/app", json={"client_secret": "the-client-secret", "both": False}).raise_for_status()
    try:
        assert bot.sandbox.deliver(payloads.account_activity("hello"))["status"] == 401
        assert tools("webhook", "validate").status == 1
        with secret_of(bot, ClientSecret="the-client-secret"):
            assert tools("webhook", "validate").status == 0
            assert len(bot.mention("tell me a fact").replies) == 1
    finally:
        httpx.put(f"{bot.outputs['XApiUrl']}/_sandbox/app", json={}).raise_for_status()
    assert tools("webhook", "validate").status == 0


# The keys


def test_keys_are_kept_once_x_has_taken_them_and_never_shown(bot: Bot, tools: Any) -> None:
    keys = dict(zip(NAMES, Keys(), strict=True))
    done = tools("secrets", "set", "--stdin", stdin=json.dumps(keys))
    assert (done.status, done.out) == (0, f"account,BotUserId\n{BOT_USERNAME},{BOT_USER_ID}\n")
    by_environment = tools("secrets", "set", X_API_KEY=keys["ApiKey"], X_API_SECRET=keys["ApiSecret"], X_ACCESS_TOKEN=keys["AccessToken"],
                           X_ACCESS_TOKEN_SECRET=keys["AccessTokenSecret"])
    assert by_environment.status == 0
    assert [key for key in keys.values() if key in done.out + done.err + by_environment.out + by_environment.err] == []


def test_a_client_secret_stays_until_another_is_given(bot: Bot, tools: Any) -> None:
    def kept() -> Any:
        return json.loads(bot.client("secretsmanager").get_secret_value(SecretId=bot.outputs["TwitterSecretArn"])["SecretString"])

    keys = dict(zip(NAMES, Keys(), strict=True))
    assert tools("secrets", "set", "--stdin", stdin=json.dumps({**keys, "ClientSecret": "one"})).status == 0
    assert kept() == {**keys, "ClientSecret": "one"}
    assert tools("secrets", "set", "--stdin", stdin=json.dumps(keys)).status == 0
    assert kept() == {**keys, "ClientSecret": "one"}
    assert tools("secrets", "set", "--stdin", stdin=json.dumps({**keys, "ClientSecret": ""})).status == 0
    assert kept() == keys


def test_keys_are_asked_for_on_a_terminal_and_not_echoed(bot: Bot) -> None:
    answers = dict(zip([f"{name}: " for name in NAMES], Keys(), strict=True))
    status, shown = run_on_a_terminal("x", "secrets", "set", endpoint=bot.outputs["AwsEndpoint"], answers=answers)
    assert status == 0, shown
    assert BOT_USER_ID in shown
    assert [key for key in Keys() if key in shown] == []


def test_keys_that_x_refuses_are_not_kept(bot: Bot, tools: Any) -> None:
    before = bot.client("secretsmanager").get_secret_value(SecretId=bot.outputs["TwitterSecretArn"])["SecretString"]
    wrong = {**dict(zip(NAMES, Keys(), strict=True)), "AccessTokenSecret": "mistyped"}
    refused = tools("secrets", "set", "--stdin", stdin=json.dumps(wrong))
    assert refused.status == 1
    assert "X refused the keys: 401" in refused.err
    missing = tools("secrets", "set", "--stdin", stdin='{"ApiKey": "a"}')
    assert (missing.status, "Missing: ApiSecret" in missing.err) == (1, True)
    assert tools("secrets", "set", "--stdin", stdin="mistyped").status == 1
    assert bot.client("secretsmanager").get_secret_value(SecretId=bot.outputs["TwitterSecretArn"])["SecretString"] == before
