"""What the deployed webhook answers to those who are not X, to what X should not have sent, and when the bus does not take events."""

import json
from typing import Any

import httpx
import pytest

from sandbox.x import payloads
from tests.ingress import sign
from tests.integration.bot import Bot
from tests.waiting import eventually

HEADER = "x-twitter-webhooks-signature"
MENTION = json.dumps(payloads.account_activity("@makitdev hello")).encode()


def post(bot: Bot, body: bytes, **headers: str) -> httpx.Response:
    return httpx.post(bot.outputs["WebhookUrl"], content=body, headers={"content-type": "application/json", **headers}, timeout=30)


@pytest.mark.parametrize("signature", [None, "", "sha256=", "sha256=AAAA", "x", sign(MENTION)[:-2], sign(b"another body"), "x" * 4000], ids=[
    "missing", "empty", "without a digest", "short", "no signature at all", "cut off", "of another body", "long"])
def test_a_signature_that_is_not_xs_is_refused(bot: Bot, signature: str | None) -> None:
    headers = {} if signature is None else {HEADER: signature}
    assert post(bot, MENTION, **headers).status_code == 401


def test_bytes_that_are_no_text_are_refused(bot: Bot) -> None:
    body = b"\xff\xfe"
    assert post(bot, body, **{HEADER: sign(body)}).status_code == 401  # the gateway's text of them is not what was signed


@pytest.mark.parametrize("name", [HEADER, "X-Twitter-Webhooks-Signature", HEADER.upper()])
def test_the_signature_is_found_in_any_case(bot: Bot, name: str) -> None:
    body = json.dumps(payloads.account_activity("nobody is mentioned")).encode()
    assert post(bot, body, **{name: sign(body)}).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"1", b"{\"a\": NaN}", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(bot: Bot, body: bytes) -> None:
    assert post(bot, body, **{HEADER: sign(body)}).status_code == 400


def test_a_challenge_without_its_token_is_refused(bot: Bot) -> None:
    assert httpx.get(bot.outputs["WebhookUrl"]).status_code == 400
    assert httpx.get(bot.outputs["WebhookUrl"], params={"crc_token": ""}).status_code == 400


@pytest.mark.parametrize(("method", "path"), [
    ("PUT", ""), ("DELETE", ""), ("PATCH", ""), ("GET", "/more"), ("POST", "/more"), ("GET", "/../other"), ("POST", "/../"),
])
def test_other_routes_and_methods_are_refused_before_any_code_runs(bot: Bot, method: str, path: str) -> None:
    before = invocations(bot)
    response = httpx.request(method, bot.outputs["WebhookUrl"] + path, content=b"{}" if method != "GET" else None)
    assert 400 <= response.status_code < 500
    assert invocations(bot) == before


def test_three_hundred_activities_are_published_whole(bot: Bot) -> None:
    posts = [payloads.account_activity(f"number {number}")["tweet_create_events"][0] for number in range(300)]
    wanted = {post["id_str"] for post in posts}
    delivered = bot.sandbox.deliver({"for_user_id": bot.outputs["BotUserId"], "tweet_create_events": posts})
    assert delivered["status"] == 200

    def seen() -> set[Any]:
        logs, group = bot.client("logs"), bot.outputs["EventLogGroupName"]
        return {json.loads(record["message"])["detail"].get("id_str")
                for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group) for record in page["events"]} & wanted

    assert eventually(lambda: seen() == wanted)


def test_while_the_bus_takes_nothing_x_is_asked_to_deliver_again(bot: Bot) -> None:
    payload = payloads.account_activity("@makitdev tell me a joke")
    with bot.denied("Ingress", "TwitterWebhookRole", "events:PutEvents"):
        assert bot.sandbox.deliver(payload)["status"] == 503
        assert bot.events(payloads.tweet_id(payload)) == []
    outcome = bot.deliver(payload)
    assert outcome.status == 200
    assert len(outcome.replies) == 1


def invocations(bot: Bot) -> int:
    return bot.invocations("Ingress", "TwitterWebhookLog")
