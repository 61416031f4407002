"""X's stand-in trusts a webhook only after its challenge, and signs what it delivers."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from types import ModuleType
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oauthlib import oauth1

from sandbox.x import BOT_USER_ID, Keys, payloads, snowflake
from sandbox.x.server import Server
from tests import functions
from tests.http_host import Answer, Host, body, hangs_up, running, status
from tests.ingress import Bus, connect, mismatches

Headers = dict[str, str]


def signature(content: bytes, secret: str = Keys().api_secret) -> str:
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def answering(secret: str = Keys().api_secret, code: int = 200, wrap: Callable[[str], Any] = lambda token: {"response_token": token}) -> Answer:
    """Answers the challenge, with the application's secret or another."""
    def answer(handler: BaseHTTPRequestHandler) -> None:
        token = parse_qs(urlsplit(handler.path).query)["crc_token"][0]
        body(json.dumps(wrap(signature(token.encode(), secret))).encode(), code=code)(handler)
    return answer


class AnyPath(dict[str, Answer]):
    """One answer to every path: a challenge's has its token in it."""

    def get(self, key: str, default: Any = None) -> Any:
        return self["any"]


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as host:
        host.answers = AnyPath(any=answering())
        yield host


@pytest.fixture
def app(x: Server) -> Iterator[httpx.Client]:
    """The application as X's app-only token lets it act; its webhooks are removed at the end."""
    keys = Keys()
    token = httpx.post(f"{x.url}/oauth2/token", auth=(keys.api_key, keys.api_secret), data={"grant_type": "client_credentials"}).raise_for_status()
    with httpx.Client(base_url=x.url, headers={"Authorization": f"Bearer {token.json()['access_token']}"}) as client:
        yield client
        for webhook in client.get("/2/webhooks").json()["data"]:
            client.delete(f"/2/webhooks/{webhook['id']}")


def test_a_webhook_that_answers_the_challenge_is_taken(app: httpx.Client, host: Host) -> None:
    response = app.post("/2/webhooks", json={"url": host.origin + "/twitter"})
    assert response.status_code == 200
    assert response.json()["data"]["valid"] is True
    path, = host.asked
    assert path.startswith("/twitter?crc_token=")


def test_every_challenge_has_a_token_of_its_own(app: httpx.Client, host: Host) -> None:
    for n in range(3):
        app.post("/2/webhooks", json={"url": f"{host.origin}/{n}"}).raise_for_status()
    assert len({parse_qs(urlsplit(path).query)["crc_token"][0] for path in host.asked}) == 3


CHALLENGES: dict[str, Answer] = {
    "other-secret": answering(secret="other"), "500": answering(code=500), "201": answering(code=201), "list": answering(wrap=lambda token: [token]),
    "text": answering(wrap=lambda token: token), "no-prefix": answering(wrap=lambda token: {"response_token": token.removeprefix("sha256=")}),
    "no-token": answering(wrap=lambda token: {}), "null": answering(wrap=lambda token: None), "redirect": status(302, Location="/"),
    "404": status(404), "no-json": body(b"not JSON"), "empty": body(b""), "no-utf-8": body(b"\xff"), "hangs-up": hangs_up,
}


@pytest.mark.parametrize("answer", CHALLENGES.values(), ids=CHALLENGES)
def test_a_webhook_that_fails_the_challenge_is_refused(app: httpx.Client, host: Host, answer: Answer) -> None:
    host.answers = AnyPath(any=answer)
    response = app.post("/2/webhooks", json={"url": host.origin})
    assert response.status_code == 400
    assert response.json()["title"] == "CrcValidationFailed"
    assert app.get("/2/webhooks").json()["data"] == []


def test_a_webhook_that_is_not_there_is_refused(app: httpx.Client, host: Host) -> None:
    host.stop()
    response = app.post("/2/webhooks", json={"url": host.origin})
    assert (response.status_code, response.json()["title"]) == (400, "CrcValidationFailed")


@pytest.mark.parametrize("given", [{}, {"url": None}, {"url": 7}, {"url": ""}, {"url": "http://example.com"}, {"url": "https://example.com:8443/"},
                                   {"url": "https://example.com/" + "x" * 200}, {"url": "http://["}, [], "text", None], ids=str)
def test_an_address_that_x_does_not_take_is_refused(app: httpx.Client, given: Any) -> None:
    assert app.post("/2/webhooks", json=given).status_code == 400


def test_without_a_token_no_webhook_is_registered(x: Server, host: Host) -> None:
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "Basic abc"}):
        assert httpx.post(f"{x.url}/2/webhooks", json={"url": host.origin}, headers=headers).status_code == 401
    assert host.asked == []


# Deliveries


def received(host: Host) -> tuple[list[tuple[Headers, bytes]], Answer]:
    """What a webhook is sent, and the webhook."""
    kept: list[tuple[Headers, bytes]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        kept.append(({name.lower(): value for name, value in handler.headers.items()}, host.bodies[-1]))
        body(b'{"published": 1}')(handler)
    return kept, answer


def test_a_delivery_is_signed_over_its_very_bytes(app: httpx.Client, x: Server, host: Host) -> None:
    app.post("/2/webhooks", json={"url": host.origin}).raise_for_status()
    kept, answer = received(host)
    host.answers = AnyPath(any=answer)
    content = '{ "text" : "é 😂" }\n'.encode()
    response = httpx.post(f"{x.url}/_sandbox/deliver", content=content)
    assert (response.status_code, response.json()) == (200, {"status": 200, "body": '{"published": 1}'})
    (headers, delivered), = kept
    assert delivered == content
    assert headers["x-twitter-webhooks-signature"] == signature(content)
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("code", [401, 400, 500, 503, 302])
def test_what_the_webhook_answered_is_told(app: httpx.Client, x: Server, host: Host, code: int) -> None:
    app.post("/2/webhooks", json={"url": host.origin}).raise_for_status()
    host.answers = AnyPath(any=body("né".encode(), code=code))
    response = httpx.post(f"{x.url}/_sandbox/deliver", json={})
    assert (response.status_code, response.json()) == (200, {"status": code, "body": "né"})


def test_a_webhook_that_hangs_up_is_told_of(app: httpx.Client, x: Server, host: Host) -> None:
    app.post("/2/webhooks", json={"url": host.origin}).raise_for_status()
    host.answers = AnyPath(any=hangs_up)
    response = httpx.post(f"{x.url}/_sandbox/deliver", json={})
    assert response.status_code == 502
    assert response.json()["detail"].startswith("The webhook did not answer")


def test_without_a_webhook_nothing_is_delivered(x: Server) -> None:
    assert httpx.post(f"{x.url}/_sandbox/deliver", json={}).status_code == 400


# Payloads


@pytest.fixture(scope="module")
def ingress() -> Iterator[ModuleType]:
    with functions.no_aws():
        yield functions.load("twitter_webhook")


@pytest.mark.parametrize("build", [payloads.account_activity, payloads.x_activity])
@pytest.mark.parametrize("photos", [[], ["https://pbs.twimg.com/media/a.jpg"], [f"https://pbs.twimg.com/media/{n}.jpg" for n in range(4)]], ids=len)
def test_ingress_takes_the_payloads_as_x_real_ones(
        ingress: ModuleType, monkeypatch: pytest.MonkeyPatch, build: Callable[..., payloads.Payload], photos: list[str]) -> None:
    payload = build("@makitdev tell me a joke & <more>", photos)
    bus: Bus = connect(ingress, monkeypatch)
    content = json.dumps(payload).encode()
    request = {"httpMethod": "POST", "body": content.decode(), "headers": {"x-twitter-webhooks-signature": signature(content)}}
    assert ingress.handler(request, None)["statusCode"] == 200
    assert [each["DetailType"] for each in bus.taken] == ["TWITTER_TWEETED", "MESSAGE_RECEIVED"]
    assert [mismatches(each) for each in bus.taken if mismatches(each)] == []
    message = json.loads(bus.taken[1]["Detail"])
    identifier = payloads.tweet_id(payload)
    assert message == {"MessageId": f"twitter-{identifier}", "Text": "@makitdev tell me a joke & <more>", "Language": "en", "Author": "harry11",
                       "Twitter": {"TweetId": identifier, "UserId": payloads.AUTHOR["id"]}, **({"ImageUrls": photos} if photos else {})}


def test_a_post_without_the_handle_mentions_nobody() -> None:
    post = payloads.account_activity("just talking")["tweet_create_events"][0]
    assert post["entities"]["user_mentions"] == []
    assert payloads.account_activity("@makitdev hello")["tweet_create_events"][0]["entities"]["user_mentions"][0]["id_str"] == BOT_USER_ID


def test_ids_grow() -> None:
    identifiers = [int(snowflake.new()) for _ in range(1000)]
    assert identifiers == sorted(set(identifiers))


# Subscriptions


@pytest.fixture
def webhook(app: httpx.Client, host: Host) -> str:
    """A registered webhook's id."""
    return str(app.post("/2/webhooks", json={"url": f"{host.origin}/twitter"}).raise_for_status().json()["data"]["id"])


@pytest.fixture
def as_user(x: Server) -> Callable[..., httpx.Response]:
    """Asks X in the account's name, by OAuth 1.0a."""
    def send(method: Literal["GET", "POST"], path: str, **content: Any) -> httpx.Response:
        _, signed, _ = oauth1.Client(*Keys()).sign(x.url + path, method)
        return httpx.request(method, x.url + path, headers=signed, **content)
    return send


def wish(event_type: str, webhook: str, user: str = BOT_USER_ID) -> dict[str, Any]:
    return {"event_type": event_type, "filter": {"user_id": user}, "webhook_id": webhook}


def test_private_events_are_the_account_s_to_ask_for(
        app: httpx.Client, x: Server, as_user: Callable[..., httpx.Response], webhook: str) -> None:
    path = "/2/activity/subscriptions"
    by_app = app.post(path, json=wish("post.mention.create", webhook))
    assert (by_app.status_code, by_app.json()["detail"].split(":")[0]) == (400, "OauthAccessTokenRequired")
    assert as_user("POST", path, json=wish("post.mention.create", webhook, user="42")).status_code == 403
    assert httpx.post(x.url + path, json=wish("post.create", webhook)).status_code == 401
    assert as_user("POST", path, json=wish("post.mention.create", webhook)).status_code == 200
    assert [app.post(path, json=wish("post.create", webhook)).status_code for _ in range(2)] == [200, 400]
    listed = app.get(path).json()["data"]
    assert {each["event_type"] for each in listed} >= {"post.mention.create", "post.create"}
    for each in listed:
        assert app.delete(f"{path}/{each['subscription_id']}").json()["data"] == {"deleted": True}


def test_subscriptions_are_listed_in_pages(app: httpx.Client, webhook: str) -> None:
    path = "/2/activity/subscriptions"
    for number in "abc":
        app.post(path, json=wish(f"profile.update.{number}", webhook)).raise_for_status()
    first = app.get(path, params={"max_results": 2}).json()
    second = app.get(path, params={"max_results": 2, "pagination_token": first["meta"]["next_token"]}).json()
    assert [len(first["data"]), len(second["data"]), "next_token" in second["meta"]] == [2, 1, False]
    for each in first["data"] + second["data"]:
        app.delete(f"{path}/{each['subscription_id']}")


def test_the_account_s_activity_is_subscribed_to_by_the_account_and_ended_by_the_app(
        app: httpx.Client, as_user: Callable[..., httpx.Response], webhook: str) -> None:
    path = f"/2/account_activity/webhooks/{webhook}/subscriptions"

    def state() -> tuple[bool, str]:
        return (as_user("GET", f"{path}/all").json()["data"]["subscribed"],
                app.get("/2/account_activity/subscriptions/count").json()["data"]["subscriptions_count_all"])

    assert app.post(f"{path}/all").status_code == 401
    assert state() == (False, "0")
    assert [as_user("POST", f"{path}/all").status_code, as_user("POST", f"{path}/all").json()["title"]] == [200, "DuplicateSubscriptionFailed"]
    assert state() == (True, "1")
    assert app.delete(f"{path}/42/all").json()["title"] == "SubscriptionNotFound"
    assert app.delete(f"{path}/{BOT_USER_ID}/all").json() == {"data": {"subscribed": False}}
    assert state() == (False, "0")


def test_a_mention_is_delivered_by_what_is_subscribed(app: httpx.Client, x: Server, as_user: Callable[..., httpx.Response], host: Host,
                                                      webhook: str) -> None:
    kept, answer = received(host)
    host.answers = AnyPath(any=answer)

    def mention() -> list[str]:
        return [each["api"] for each in httpx.post(f"{x.url}/_sandbox/mention", json={"text": "@makitdev hello"}).json()]

    assert mention() == []
    as_user("POST", f"/2/account_activity/webhooks/{webhook}/subscriptions/all")
    assert mention() == ["account_activity"]
    subscription = as_user("POST", "/2/activity/subscriptions", json=wish("post.mention.create", webhook)).json()["data"]["subscription_id"]
    assert mention() == ["account_activity", "x_activity"]
    older, newer = (json.loads(content) for _, content in kept[-2:])
    assert older["tweet_create_events"][0]["id_str"] == newer["data"]["payload"]["id"]
    app.delete(f"/2/activity/subscriptions/{subscription}")


@pytest.mark.parametrize("both", [True, False])
def test_an_app_with_a_client_secret_is_signed_for_with_it(app: httpx.Client, x: Server, host: Host, both: bool) -> None:
    httpx.put(f"{x.url}/_sandbox/app", json={"client_secret": "mine", "both": both})
    try:
        assert app.post("/2/webhooks", json={"url": f"{host.origin}/older"}).json()["title"] == "CrcValidationFailed"
        host.answers = AnyPath(any=answering(secret="mine"))
        app.post("/2/webhooks", json={"url": f"{host.origin}/newer"}).raise_for_status()
        kept, answer = received(host)
        host.answers = AnyPath(any=answer)
        httpx.post(f"{x.url}/_sandbox/deliver", content=b"{}")
        [(headers, _)] = kept
        assert headers["x-twitter-webhooks-signature-oauth2"] == signature(b"{}", "mine")
        assert headers.get("x-twitter-webhooks-signature") == (signature(b"{}") if both else None)
    finally:
        httpx.put(f"{x.url}/_sandbox/app", json={})
