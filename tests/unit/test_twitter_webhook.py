"""The webhook function's own handler: its samples, its refusals, its limits, and whatever else a caller could send."""

import base64
import html
import json
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.x import BOT_USER_ID as BOT
from tests.ingress import API_SECRET, Bus, Secret, connect, delivery, mismatches, sample, sign

PHOTO = "https://pbs.twimg.com/media/FdLkdCPWIAQqRkc.jpg"
HARRY = "1498961531635122999"


@pytest.fixture(scope="module")
def app(load_function: Callable[[str], ModuleType]) -> ModuleType:
    return load_function("twitter_webhook")


@pytest.fixture
def bus(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Bus:
    monkeypatch.setattr(app.publishing.time, "sleep", lambda seconds: None)
    return connect(app, monkeypatch)


def messages(bus: Bus) -> list[dict[str, Any]]:
    return [json.loads(each["Detail"]) for each in bus.taken if each["DetailType"] == "MESSAGE_RECEIVED"]


def kinds(bus: Bus) -> list[str]:
    return [each["DetailType"] for each in bus.taken]


# The challenge


def test_challenge_is_answered(app: ModuleType, bus: Bus) -> None:
    response = app.handler(sample("crc-challenge"), None)
    token = sample("crc-challenge")["queryStringParameters"]["crc_token"]
    assert response["statusCode"] == 200
    assert json.loads(response["body"]) == {"response_token": sign(token.encode())}


@pytest.mark.parametrize("query", [None, {}, {"crc_token": ""}, {"other": "x"}])
def test_challenge_without_token_is_refused(app: ModuleType, bus: Bus, query: dict[str, str] | None) -> None:
    assert app.handler({**sample("crc-without-token"), "queryStringParameters": query}, None)["statusCode"] == 400


def test_challenge_of_any_characters_is_answered(app: ModuleType, bus: Bus) -> None:
    response = app.handler({"httpMethod": "GET", "queryStringParameters": {"crc_token": "né\ud800"}}, None)
    assert response["statusCode"] == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "get", "", None])
def test_other_methods_are_refused(app: ModuleType, bus: Bus, method: str | None) -> None:
    assert app.handler({**sample("account-activity-mention"), "httpMethod": method}, None)["statusCode"] == 405
    assert bus.calls == []


# The signature


@pytest.mark.parametrize("name", ["wrong-signature", "short-signature", "missing-signature"])
def test_a_wrong_missing_or_short_signature_is_refused_and_no_server_error(app: ModuleType, bus: Bus, name: str) -> None:
    assert app.handler(sample(name), None)["statusCode"] == 401
    assert bus.calls == []


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=é", "\ud800", "x" * 100_000, None, 7])
def test_any_other_signature_is_refused(app: ModuleType, bus: Bus, signature: Any) -> None:
    request = delivery({})
    request["headers"] = {"x-twitter-webhooks-signature": signature}
    assert app.handler(request, None)["statusCode"] == 401


def test_signature_is_of_the_raw_body(app: ModuleType, bus: Bus) -> None:
    request = delivery({"for_user_id": BOT})
    assert app.handler({**request, "body": request["body"] + " "}, None)["statusCode"] == 401


@pytest.mark.parametrize("name", ["x-twitter-webhooks-signature", "X-Twitter-Webhooks-Signature", "X-TWITTER-WEBHOOKS-SIGNATURE"])
@pytest.mark.parametrize("multi", [False, True])
def test_header_is_read_in_any_case(app: ModuleType, bus: Bus, name: str, multi: bool) -> None:
    request = delivery({"for_user_id": BOT})
    signature = request["headers"]["x-twitter-webhooks-signature"]
    headers = {"headers": None, "multiValueHeaders": {name: [signature]}} if multi else {"headers": {name: signature}, "multiValueHeaders": None}
    assert app.handler({**request, **headers}, None)["statusCode"] == 200


def test_base64_body_is_decoded(app: ModuleType, bus: Bus) -> None:
    assert app.handler(sample("base64-body"), None)["statusCode"] == 200
    assert kinds(bus) == ["TWITTER_TWEETED", "MESSAGE_RECEIVED"]


# An app that has OAuth 2.0 set up

CLIENT_SECRET, NEWER, OLDER = "client-secret", "X-Twitter-Webhooks-Signature-OAuth2", "X-Twitter-Webhooks-Signature"


def with_client_secret(app: ModuleType, monkeypatch: pytest.MonkeyPatch, **more: str) -> Bus:
    return connect(app, monkeypatch, secret=Secret(json.dumps({"ApiSecret": API_SECRET, "ClientSecret": CLIENT_SECRET, **more})))


def test_the_client_secret_answers_the_challenge_where_the_app_has_one(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with_client_secret(app, monkeypatch)
    response = app.handler(sample("crc-challenge"), None)
    token = sample("crc-challenge")["queryStringParameters"]["crc_token"]
    assert json.loads(response["body"]) == {"response_token": sign(token.encode(), CLIENT_SECRET)}


@pytest.mark.parametrize(("newer", "older", "status"), [
    (CLIENT_SECRET, None, 200), (CLIENT_SECRET, API_SECRET, 200), (None, API_SECRET, 200),  # alone, both, not yet
    ("wrong", None, 401), ("wrong", API_SECRET, 401), (API_SECRET, None, 401), (None, CLIENT_SECRET, 401), (None, None, 401)])
def test_the_newer_header_decides_where_it_comes(
        app: ModuleType, monkeypatch: pytest.MonkeyPatch, newer: str | None, older: str | None, status: int) -> None:
    with_client_secret(app, monkeypatch)
    request = delivery({"for_user_id": BOT})
    headers = {name: sign(request["body"].encode(), secret) for name, secret in ((NEWER, newer), (OLDER, older)) if secret}
    assert app.handler({**request, "headers": headers}, None)["statusCode"] == status


def test_the_client_secret_alone_is_enough_to_listen(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with_client_secret(app, monkeypatch, ApiSecret="")
    request = delivery({"for_user_id": BOT})
    assert app.handler({**request, "headers": {NEWER: sign(request["body"].encode(), CLIENT_SECRET)}}, None)["statusCode"] == 200
    assert app.handler({**request, "headers": {OLDER: sign(request["body"].encode(), "")}}, None)["statusCode"] == 401


def test_the_log_says_that_the_client_secret_is_wanted(app: ModuleType, bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    request = delivery({"for_user_id": BOT})
    assert app.handler({**request, "headers": {NEWER: sign(request["body"].encode(), CLIENT_SECRET)}}, None)["statusCode"] == 401
    assert "ClientSecret" in caplog.text
    assert app.handler({**request, "headers": {**request["headers"], NEWER: "sha256=unknown"}}, None)["statusCode"] == 200


# The body


@pytest.mark.parametrize("body", [None, ""])
@pytest.mark.parametrize("signed", [True, False])
def test_empty_body_is_refused(app: ModuleType, bus: Bus, body: str | None, signed: bool) -> None:
    headers = {"x-twitter-webhooks-signature": sign(b"")} if signed else {}
    assert app.handler({"httpMethod": "POST", "headers": headers, "body": body}, None)["statusCode"] == 400


@pytest.mark.parametrize("body", [
    '{"for_user_id": ', "[]", '"text"', "7", "null", "true", '{"a": NaN}', '{"a": -Infinity}', '{"a": 1e999}', "[" * 100_000, '{"a":' * 100_000,
    '{"a": ' + "9" * 5000 + "}", "\x00"])
def test_signed_junk_is_refused(app: ModuleType, bus: Bus, body: str) -> None:
    assert app.handler(delivery(body), None)["statusCode"] == 400
    assert bus.calls == []


@pytest.mark.parametrize("name", ["malformed-body", "body-not-an-object", "no-body"])
def test_malformed_json_is_refused_and_no_server_error(app: ModuleType, bus: Bus, name: str) -> None:
    assert app.handler(sample(name), None)["statusCode"] == 400


@pytest.mark.parametrize("body", ["not base64!", "é", "="])
def test_undecodable_body_is_refused(app: ModuleType, bus: Bus, body: str) -> None:
    assert app.handler({**delivery({}), "body": body, "isBase64Encoded": True}, None)["statusCode"] == 400


def test_invalid_utf8_is_refused(app: ModuleType, bus: Bus) -> None:
    body = b'{"a": "\xff"}'
    request = {"httpMethod": "POST", "headers": {"x-twitter-webhooks-signature": sign(body)},
               "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    assert app.handler(request, None)["statusCode"] == 400


@pytest.mark.parametrize("depth", range(10, 1100, 15))
def test_no_depth_of_nesting_breaks_it(app: ModuleType, bus: Bus, depth: int) -> None:
    payload = '{"foo_events": [' + '{"a":' * depth + "1" + "}" * depth + "]}"
    assert app.handler(delivery(payload), None)["statusCode"] in (200, 400)


def test_payload_without_activities_is_accepted(app: ModuleType, bus: Bus) -> None:
    assert app.handler(delivery({"for_user_id": BOT}), None)["statusCode"] == 200
    assert bus.calls == []


# The secret


@pytest.mark.parametrize("value", ['{"ApiSecret": ""}', "{}", "[]", "null", '{"ApiSecret": null}', '{"ApiSecret": 7}', "not JSON", ""])
@pytest.mark.parametrize("request_", [sample("crc-challenge"), sample("account-activity-mention")], ids=["GET", "POST"])
def test_nothing_is_verified_with_an_empty_secret(
        app: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, value: str, request_: dict[str, Any]) -> None:
    bus = connect(app, monkeypatch, secret=Secret(value))
    assert app.handler(request_, None)["statusCode"] == 503
    assert bus.calls == []
    assert "ecret" in caplog.text
    assert API_SECRET not in caplog.text


def test_secret_is_used_as_soon_as_it_is_filled(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret('{"ApiSecret": ""}')
    connect(app, monkeypatch, secret=secret)
    assert app.handler(sample("crc-challenge"), None)["statusCode"] == 503
    secret.value = Secret().value
    assert app.handler(sample("crc-challenge"), None)["statusCode"] == 200


def test_secret_is_cached_for_five_minutes_at_most(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, now = Secret(), 1_663_764_980.0
    connect(app, monkeypatch, secret=secret)
    monkeypatch.setattr(app.time, "time", lambda: now)
    for _ in range(3):
        app.handler(sample("crc-challenge"), None)
    assert secret.reads == 1
    now += 300
    app.handler(sample("crc-challenge"), None)
    assert secret.reads == 2


def test_unreadable_secret_asks_for_another_delivery(app: ModuleType, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(SecretId: str) -> dict[str, str]:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue")

    monkeypatch.setattr(app.secrets_manager, "get_secret_value", refuse)
    assert app.handler(sample("account-activity-mention"), None)["statusCode"] == 503


# Activities


@pytest.mark.parametrize("api", ["account-activity", "x-activity"])
@pytest.mark.parametrize(("name", "detail_type"), [
    ("favourite", "TWITTER_FAVOURITED"), ("follow", "TWITTER_FOLLOWED"), ("unfollow", "TWITTER_UNFOLLOWED"), ("block", "TWITTER_BLOCKED"),
    ("unblock", "TWITTER_UNBLOCKED"), ("mute", "TWITTER_MUTED"), ("unmute", "TWITTER_UNMUTED"), ("direct-message", "TWITTER_DM_RECEIVED"),
    ("direct-message-typing", "TWITTER_DM_TYPING"), ("direct-message-read", "TWITTER_DM_MARKED_READ"), ("delete", "TWITTER_DELETED"),
    ("permission-revoked", "TWITTER_PERMISSION_REVOKED")])
def test_each_kind_is_one_event(app: ModuleType, bus: Bus, api: str, name: str, detail_type: str) -> None:
    request = sample(f"{api}-{name}")
    assert app.handler(request, None)["statusCode"] == 200
    assert kinds(bus) == [detail_type]
    assert json.loads(bus.taken[0]["Detail"]) == raw_of(json.loads(request["body"]))
    assert bus.taken[0]["Source"] == "TWITTER"
    assert bus.taken[0]["EventBusName"] == "bus"


def raw_of(payload: dict[str, Any]) -> Any:
    """The one activity of a payload, found without the function's tables."""
    if "data" in payload:
        return payload["data"]
    if "user_event" in payload:
        return payload["user_event"]["revoke"]
    return next(value for name, value in payload.items() if name.endswith("_events"))[0]


@pytest.mark.parametrize(("name", "detail_type"), [
    ("account-activity-unknown-kind", "TWITTER_COMMUNITY_NOTE"), ("x-activity-unknown-kind", "TWITTER_SPACES_START"),
    ("replay-job-status", "TWITTER_REPLAY_JOB_STATUS"), ("x-activity-direct-message-sent", "TWITTER_DM_RECEIVED")])
def test_an_unknown_kind_keeps_its_name(app: ModuleType, bus: Bus, name: str, detail_type: str) -> None:
    app.handler(sample(name), None)
    assert kinds(bus) == [detail_type]


@pytest.mark.parametrize("raw", [None, [], {}, "text", 7, [None, 7, "text", [], {}]])
@pytest.mark.parametrize("name", ["tweet_create_events", "follow_events", "user_event", "direct_message_events", "data", "users"])
def test_what_is_no_object_is_left_out(app: ModuleType, bus: Bus, name: str, raw: Any) -> None:
    assert app.handler(delivery({"for_user_id": BOT, name: raw}), None)["statusCode"] == 200
    assert bus.taken == []


def test_user_event_is_an_object_and_no_server_error(app: ModuleType, bus: Bus) -> None:
    revoke = {"date_time": "2022-09-21T12:56:23Z", "target": {"app_id": "1"}, "source": {"user_id": HARRY}}
    assert app.handler(delivery({"user_event": {"revoke": revoke}}), None)["statusCode"] == 200
    assert kinds(bus) == ["TWITTER_PERMISSION_REVOKED"]
    assert json.loads(bus.taken[0]["Detail"]) == revoke


def test_follow_without_a_type_is_not_dropped(app: ModuleType, bus: Bus) -> None:
    app.handler(delivery({"follow_events": [{"source": {}}, {"type": "soft_block"}]}), None)
    assert kinds(bus) == ["TWITTER_FOLLOW", "TWITTER_SOFT_BLOCK"]


# Messages


@pytest.mark.parametrize("name", [
    "account-activity-repost", "account-activity-repost-of-a-mention", "account-activity-own-post", "account-activity-not-mentioned",
    "x-activity-repost", "x-activity-own-post", "x-activity-reply-without-mention", "x-activity-quote-of-another-account"])
def test_a_post_that_neither_mentions_nor_quotes_the_account_is_no_message(app: ModuleType, bus: Bus, name: str) -> None:
    assert app.handler(sample(name), None)["statusCode"] == 200
    assert kinds(bus) == ["TWITTER_TWEETED"]


@pytest.mark.parametrize("api", ["account-activity", "x-activity"])
@pytest.mark.parametrize(("name", "text", "language", "photos"), [
    ("mention", "@makitdev tell me a joke & more", "en", 0),
    ("mention-with-photo", "@makitdev who is this? https://t.co/Yc1kXqJ3aB", "en", 1),
    ("mention-with-four-photos", "@makitdev who are they? https://t.co/Yc1kXqJ3aB", "en", 4),
    ("mention-with-video", "@makitdev watch this https://t.co/Yc1kXqJ3aB", "en", 0),
    ("mention-in-no-language", "@makitdev 😂", None, 0),
    ("html-escapes", "@makitdev is 1 < 2 & 3 > 2, or is &amp; an escape?", "en", 0),
    ("quote", "This one made me laugh, tell me a joke https://t.co/a1b2c3d4e5", "en", 0)])
def test_both_apis_make_the_same_message(app: ModuleType, bus: Bus, api: str, name: str, text: str, language: str | None, photos: int) -> None:
    assert app.handler(sample(f"{api}-{name}"), None)["statusCode"] == 200
    expected: dict[str, Any] = {"MessageId": "twitter-1572570427880538999", "Text": text, "Author": "harry11",
                                "Twitter": {"TweetId": "1572570427880538999", "UserId": HARRY}}
    if language:
        expected["Language"] = language
    if photos:
        expected["ImageUrls"] = [PHOTO[:-5] + letter + ".jpg" for letter in "cdef"][:photos]
    assert messages(bus) == [expected]


@pytest.mark.parametrize("name", ["account-activity-long-post", "account-activity-long-post-mentioned-at-its-end", "x-activity-long-post"])
def test_a_long_post_comes_whole(app: ModuleType, bus: Bus, name: str) -> None:
    app.handler(sample(name), None)
    message, = messages(bus)
    assert "a good one & a short one." in message["Text"]
    assert "…" not in message["Text"]
    assert ("ImageUrls" in message) == name.startswith("account")


def test_an_old_language_code_becomes_todays(app: ModuleType, bus: Bus) -> None:
    app.handler(sample("account-activity-mention-in-hebrew"), None)
    assert messages(bus)[0]["Language"] == "he"


@pytest.mark.parametrize(("code", "language"), [
    ("und", None), ("zxx", None), ("qme", None), ("qst", None), ("art", None), ("", None), (None, None), (7, None),
    ("in", "id"), ("iw", "he"), ("en", "en"), ("que", "que"), ("zh-TW", "zh-TW")])
def test_languages(app: ModuleType, bus: Bus, code: Any, language: str | None) -> None:
    payload = json.loads(sample("account-activity-mention")["body"])
    payload["tweet_create_events"][0]["lang"] = code
    app.handler(delivery(payload), None)
    assert messages(bus)[0].get("Language") == language


@pytest.mark.parametrize("name", ["x-activity-mention-with-wrapped-users", "x-activity-reply-with-mention"])
def test_other_forms_of_a_mention(app: ModuleType, bus: Bus, name: str) -> None:
    app.handler(sample(name), None)
    assert messages(bus)[0]["Author"] == "harry11"


def test_author_without_a_name_is_an_id(app: ModuleType, bus: Bus) -> None:
    app.handler(sample("x-activity-mention-without-includes"), None)
    assert messages(bus)[0]["Author"] == HARRY


def test_a_post_that_comes_twice_is_one_message(app: ModuleType, bus: Bus) -> None:
    app.handler(sample("account-activity-same-post-twice"), None)
    assert kinds(bus) == ["TWITTER_TWEETED", "TWITTER_TWEETED", "MESSAGE_RECEIVED"]


def test_mention_by_name_alone(app: ModuleType, bus: Bus) -> None:
    payload = json.loads(sample("x-activity-reply-with-mention")["body"])
    del payload["data"]["payload"]["entities"]["mentions"][0]["id"]
    payload["data"]["payload"]["entities"]["mentions"][0]["username"] = "MakItDev"
    app.handler(delivery(payload), None)
    assert len(messages(bus)) == 1


def test_quote_in_a_post_of_any_kind_is_a_message(app: ModuleType, bus: Bus) -> None:
    payload = json.loads(sample("x-activity-quote")["body"])
    payload["data"].update(event_type="post.create", filter={"user_id": HARRY})
    payload["data"]["payload"]["referenced_posts"] = payload["data"]["payload"].pop("referenced_tweets")
    app.handler(delivery(payload), None)
    assert len(messages(bus)) == 1


@pytest.mark.parametrize("name", ["account-activity-mention", "x-activity-mention"])
def test_the_account_that_x_names_is_the_bot_where_none_is_set(app: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    bus = connect(app, monkeypatch, bot="")
    app.handler(sample(name), None)
    assert len(messages(bus)) == 1


def test_the_bot_is_the_one_that_is_set(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = connect(app, monkeypatch, bot="42")
    app.handler(sample("account-activity-mention"), None)
    app.handler(sample("x-activity-mention"), None)
    assert messages(bus) == []


def test_nobody_is_the_bot_where_neither_is_known(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = connect(app, monkeypatch, bot="")
    payload = json.loads(sample("account-activity-mention")["body"])
    del payload["for_user_id"]
    payload["tweet_create_events"][0]["entities"]["user_mentions"].append({"id_str": ""})
    assert app.handler(delivery(payload), None)["statusCode"] == 200
    assert messages(bus) == []


@pytest.mark.parametrize("junk", [None, 7, "", "abc", "1 2", "\u0661", [], {}, ["photo"], {"data": None}])
@pytest.mark.parametrize("name", [
    "account-activity-mention-with-photo", "x-activity-mention-with-photo", "x-activity-quote", "account-activity-quote"])
def test_junk_in_place_of_any_member_of_a_post(app: ModuleType, bus: Bus, name: str, junk: Any) -> None:
    for holder, key in members(json.loads(sample(name)["body"])):
        payload = json.loads(sample(name)["body"])
        at = payload
        for step in holder:
            at = at[step]
        at[key] = junk
        assert app.handler(delivery(payload), None)["statusCode"] == 200, (holder, key)
        assert [mismatches(each) for each in bus.taken if mismatches(each)] == [], (holder, key)
        bus.taken.clear()


def members(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    """The place of every member of every object and array within a value."""
    steps = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [place for step in steps for place in [(path, step), *members(value[step], (*path, step))]]


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "//pbs.twimg.com/a.jpg", 7])
def test_what_is_no_address_is_no_image(app: ModuleType, bus: Bus, url: Any) -> None:
    payload = json.loads(sample("account-activity-mention-with-photo")["body"])
    payload["tweet_create_events"][0]["extended_entities"]["media"][0]["media_url_https"] = url
    app.handler(delivery(payload), None)
    assert "ImageUrls" not in messages(bus)[0]


# The bus


def test_more_activities_than_put_events_takes_are_published_whole_and_in_order(app: ModuleType, bus: Bus) -> None:
    assert app.handler(sample("account-activity-batch-of-twelve"), None)["statusCode"] == 200
    assert [len(call) for call in bus.calls] == [10, 10, 4]
    assert kinds(bus) == ["TWITTER_TWEETED"] * 12 + ["MESSAGE_RECEIVED"] * 12
    assert [message["Text"] for message in messages(bus)] == [f"@makitdev tell me a joke, number {n}" for n in range(12)]


def test_large_activities_are_split_by_size(app: ModuleType, bus: Bus) -> None:
    payload = {"foo_events": [{"id_str": str(n), "text": "é" * 60_000} for n in range(5)]}
    assert app.handler(delivery(payload), None)["statusCode"] == 200
    assert [len(call) for call in bus.calls] == [2, 2, 1]


def test_an_activity_too_large_for_the_bus_keeps_its_ids(app: ModuleType, bus: Bus) -> None:
    payload = json.loads(sample("account-activity-mention")["body"])
    payload["tweet_create_events"][0]["place"] = {"bounding_box": "😂" * 70_000}
    assert app.handler(delivery(payload), None)["statusCode"] == 200
    raw = json.loads(bus.taken[0]["Detail"])
    assert raw["Truncated"] is True
    assert raw["id_str"] == "1572570427880538999"
    assert "place" not in raw
    assert messages(bus)[0]["Text"] == "@makitdev tell me a joke & more"


def test_a_text_beyond_x_limits_is_cut(app: ModuleType, bus: Bus) -> None:
    payload = json.loads(sample("account-activity-mention")["body"])
    payload["tweet_create_events"][0]["text"] = html.escape("&" * 300_000)
    assert app.handler(delivery(payload), None)["statusCode"] == 200
    assert messages(bus)[0]["Text"] == "&" * 25_000


def test_only_the_refused_entries_are_published_again(app: ModuleType, bus: Bus) -> None:
    bus.script = [{0, 2}, {1}]
    payload = {"foo_events": [{"n": n} for n in range(4)]}
    assert app.handler(delivery(payload), None)["statusCode"] == 200
    assert [[json.loads(each["Detail"])["n"] for each in call] for call in bus.calls] == [[0, 1, 2, 3], [0, 2], [2]]
    assert sorted(json.loads(each["Detail"])["n"] for each in bus.taken) == [0, 1, 2, 3]


@pytest.mark.parametrize("answer", [
    {0}, ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "PutEvents"),
    ReadTimeoutError(endpoint_url="https://events.eu-west-1.amazonaws.com")], ids=["entry", "client", "timeout"])
def test_x_delivers_again_what_the_bus_never_took(app: ModuleType, bus: Bus, caplog: pytest.LogCaptureFixture, answer: Any) -> None:
    bus.script = [answer] * 3
    assert app.handler(sample("account-activity-follow"), None)["statusCode"] == 503
    assert len(bus.calls) == 3
    assert caplog.records[-1].__dict__["errors"]


def test_one_batch_that_fails_does_not_keep_the_others(app: ModuleType, bus: Bus) -> None:
    error = ClientError({"Error": {"Code": "InternalException", "Message": "?"}}, "PutEvents")
    bus.script = [error, error, error]
    assert app.handler(sample("account-activity-batch-of-twelve"), None)["statusCode"] == 503
    assert len(bus.taken) == 14


def test_no_call_begins_late(app: ModuleType, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(app.time, "monotonic", lambda: now)

    def slow(Entries: list[dict[str, str]]) -> dict[str, Any]:
        nonlocal now
        now += 3.5
        raise ReadTimeoutError(endpoint_url="https://events.eu-west-1.amazonaws.com")

    monkeypatch.setattr(bus, "put_events", slow)
    assert app.handler(sample("account-activity-batch-of-twelve"), None)["statusCode"] == 503
    assert now - 100 < 9


# The log


def test_the_log_has_neither_content_nor_secrets(app: ModuleType, bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    request = sample("account-activity-mention")
    for name in ("account-activity-mention", "wrong-signature", "malformed-body", "crc-challenge"):
        app.handler(sample(name), None)
    logged = repr([record.__dict__ for record in caplog.records])
    for secret in ("joke", "harry11", HARRY, API_SECRET, request["headers"]["x-twitter-webhooks-signature"]):
        assert secret not in logged
    assert [record.__dict__["counts"] for record in caplog.records if "counts" in record.__dict__] == [{"TWITTER_TWEETED": 1, "MESSAGE_RECEIVED": 1}]


# Whatever else a caller could send

NAMES = [
    "tweet_create_events", "follow_events", "user_event", "revoke", "foo_events", "data", "event_type", "payload", "includes", "filter",
    "user_id", "users", "apps", "for_user_id", "id", "id_str", "text", "lang", "user", "screen_name", "entities", "user_mentions",
    "mentions", "extended_tweet", "extended_entities", "media", "type", "media_url_https", "quoted_status", "retweeted_status", "author_id",
    "username", "attachments", "media_keys", "media_key", "url", "note_post", "referenced_tweets",
]
VALUES = [BOT, HARRY, "photo", PHOTO, "post.create", "post.mention.create", "post.quote.create", "retweeted", "&lt;&#xD800;", "follow"]
KEYS = st.sampled_from(NAMES) | st.text(max_size=5)
SCALARS = (st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
           | st.sampled_from(VALUES))
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=40)


REAL = [sample(name)["body"] for name in (
    "account-activity-mention-with-photo", "account-activity-long-post", "account-activity-quote", "x-activity-mention-with-photo",
    "x-activity-quote")]


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A real payload with anything at all in place of some of its parts."""
    payload = json.loads(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(1, 4))):
        path, key = draw(st.sampled_from(members(payload)))
        at = payload
        for step in path:
            at = at[step]
        at[key] = draw(JSON)
    return payload


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(payload=spoilt() | st.dictionaries(KEYS, JSON, max_size=6) | JSON)
def test_no_payload_breaks_it_or_the_contract(app: ModuleType, payload: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        bus = connect(app, patch)
        response = app.handler(delivery(json.dumps(payload)), None)
        assert response["statusCode"] == (200 if isinstance(payload, dict) else 400)
        assert [mismatches(each) for each in bus.taken if mismatches(each)] == []
        assert all(1 <= len(each["DetailType"]) <= 128 for each in bus.taken)


HEADER = "x-twitter-webhooks-signature"
HEADER_NAMES = st.sampled_from([HEADER, HEADER.title(), HEADER.upper(), HEADER + " ", "X-Amzn-Trace-Id", "content-type"]) | st.text(max_size=10)
HEADER_VALUES = st.sampled_from([sign(b"{}"), sign(b"{}").lower(), sign(b"{}")[:-1], sign(b"")]) | st.text(max_size=20) | st.none()


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(headers=st.none() | st.dictionaries(HEADER_NAMES, HEADER_VALUES, max_size=4),
       several=st.none() | st.dictionaries(HEADER_NAMES, st.none() | st.lists(HEADER_VALUES, max_size=3), max_size=4))
def test_no_headers_break_it(app: ModuleType, headers: Any, several: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        connect(app, patch)
        response = app.handler({"httpMethod": "POST", "headers": headers, "multiValueHeaders": several, "body": "{}"}, None)
        given = {value for name, value in (headers or {}).items() if name.lower() == HEADER}
        given |= {value for name, values in (several or {}).items() for value in values or [] if name.lower() == HEADER}
        assert response["statusCode"] in ((200, 401) if sign(b"{}") in given else (401,))


@settings(max_examples=700, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.none() | st.text() | st.binary().map(lambda content: base64.b64encode(content).decode()),
       headers=st.dictionaries(st.text(), st.text()),
       query=st.none() | st.dictionaries(st.just("crc_token") | st.text(), st.text()),
       method=st.sampled_from(["GET", "POST"]), encoded=st.booleans())
def test_no_unsigned_request_breaks_it(
        app: ModuleType, body: str | None, headers: dict[str, str], query: dict[str, str] | None, method: str, encoded: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        bus = connect(app, patch)
        request = {"httpMethod": method, "headers": headers, "body": body, "queryStringParameters": query, "isBase64Encoded": encoded}
        assert app.handler(request, None)["statusCode"] in (200, 400, 401)
        assert bus.calls == []


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(sizes=st.lists(st.sampled_from([0, 10, 1_000, 24_000, 62_000, 124_990, 130_000, 300_000]), max_size=40),
       letter=st.sampled_from(["x", "é", '"', "😂"]))
def test_no_number_of_activities_of_any_size_goes_over_the_limits_of_the_bus(app: ModuleType, sizes: list[int], letter: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        bus = connect(app, patch)  # which asserts both limits of every call
        posts = [{"id_str": str(n), "text": letter * (size // len(letter.encode()))} for n, size in enumerate(sizes)]
        assert app.handler(delivery({"foo_events": posts}), None)["statusCode"] == 200
        assert [json.loads(each["Detail"])["id_str"] for each in bus.taken] == [str(n) for n in range(len(sizes))]
