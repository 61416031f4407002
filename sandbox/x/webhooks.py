"""X's webhooks and the subscriptions of both of its activity APIs, with X's own authorisation and refusals.

`/_sandbox/mention` delivers by what is subscribed, `/_sandbox/deliver` whatever one likes. Unlike X, webhooks may be on plain HTTP at 127.0.0.1, and
a replay may reach up to the present minute.

Source: X developer documentation, "V2 Webhooks API", "Account Activity API", "X Activity API", "OAuth 2.0 App-Only", and its OpenAPI file. How many
subscriptions a page lists is not documented, nor all of the events that are private.
"""

import asyncio
import base64
import json
import re
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.x import BOT_USER_ID, BOT_USERNAME, Keys, payloads, snowflake
from sandbox.x.api import Refusal
from sandbox.x.oauth import Verifier
from sandbox.x.webhook import ChallengeFailed, Signing, Webhook

MAX_URL = 200
KEPT = 10_000  # deliveries that can be replayed
PAGE = 10  # subscriptions
PRIVATE = ("post.mention.", "post.reply.", "post.quote.", "dm.", "chat.", "mute.", "block.")  # an app-only token cannot subscribe to them
EVENT_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)+")

Handler = Callable[[Request], Awaitable[Response]]


@dataclass
class Registered:
    """A webhook of the application's: what X tells of it, and what was delivered to it, with the time of each."""

    webhook: Webhook
    url: str
    id: str = field(default_factory=snowflake.new)
    created_at: str = field(default_factory=lambda: _now())
    valid: bool = True
    delivered: deque[tuple[float, bytes]] = field(default_factory=lambda: deque(maxlen=KEPT))
    account_activity: bool = False

    def described(self) -> dict[str, Any]:
        """As the API shows it."""
        return {"id": self.id, "url": self.url, "valid": self.valid, "created_at": self.created_at}


class Webhooks:
    """The endpoints, for one application with one account."""

    def __init__(self, keys: Keys) -> None:
        self._keys, self._verifier = keys, Verifier(keys)
        self.signing = Signing(keys.api_secret)
        self._tokens: set[str] = set()
        self._webhooks: dict[str, Registered] = {}
        self._subscriptions: dict[str, dict[str, Any]] = {}
        self._replays: set[asyncio.Task[None]] = set()  # a task that nobody holds may vanish

    @property
    def routes(self) -> list[Route]:
        """For the application."""
        account_activity = "/2/account_activity/webhooks/{id}/subscriptions"
        return [
            Route("/oauth2/token", self._token, methods=["POST"]),
            Route("/2/users/me", self._as_user(self._me)),
            Route("/2/webhooks", self._as_app(self._add), methods=["POST"]),
            Route("/2/webhooks", self._as_app(self._list), methods=["GET"]),
            Route("/2/webhooks/replay", self._as_app(self._replay), methods=["POST"]),
            Route("/2/webhooks/{id}", self._as_app(self._check), methods=["PUT"]),
            Route("/2/webhooks/{id}", self._as_app(self._delete), methods=["DELETE"]),
            Route(f"{account_activity}/all", self._as_user(self._subscribe_account), methods=["POST"]),
            Route(f"{account_activity}/all", self._as_user(self._is_subscribed), methods=["GET"]),
            Route(f"{account_activity}/all/list", self._as_app(self._subscribed_accounts), methods=["GET"]),
            Route(account_activity + "/{user}/all", self._as_app(self._unsubscribe_account), methods=["DELETE"]),
            Route("/2/account_activity/subscriptions/count", self._as_app(self._count), methods=["GET"]),
            Route("/2/activity/subscriptions", self._subscribe, methods=["POST"]),
            Route("/2/activity/subscriptions", self._as_app(self._subscribed), methods=["GET"]),
            Route("/2/activity/subscriptions/{id}", self._as_app(self._unsubscribe), methods=["DELETE"]),
        ]

    async def deliver(self, body: bytes) -> httpx.Response:
        """Signs a body and delivers it to the webhook, the latest of several. Refusal where there is none that is valid."""
        webhook = next((each for each in reversed(self._webhooks.values()) if each.valid), None)
        if webhook is None:
            raise Refusal(400, "Invalid Request", "No webhook is registered, or none is valid.")
        webhook.delivered.append((time.time(), body))
        return await webhook.webhook.deliver(body)

    async def mention(self, text: str, photos: list[str]) -> list[dict[str, Any]]:
        """Has somebody mention the bot: the same post by each API that is subscribed to such; what the webhook answered to each."""
        webhook = next((each for each in reversed(self._webhooks.values()) if each.valid), None)
        apis = {"account_activity": payloads.account_activity} if webhook and webhook.account_activity else {}
        subscribed = {(each["event_type"], each.get("webhook_id")) for each in self._subscriptions.values()}
        if webhook and ("post.mention.create", webhook.id) in subscribed:
            apis["x_activity"] = payloads.x_activity
        identifier, answers = snowflake.new(), []
        for api, build in apis.items():
            response = await self.deliver(json.dumps(build(text, photos, identifier=identifier)).encode())
            answers.append({"api": api, "id": identifier, "status": response.status_code, "body": response.text})
        return answers

    def _as_app(self, handle: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if not self._by_app(request):
                raise Refusal(401, "Unauthorized", "Unauthorized")
            return await handle(request)
        return checked

    def _as_user(self, handle: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if not self._by_user(request):
                raise Refusal(401, "Unauthorized", "Unauthorized")
            return await handle(request)
        return checked

    def _by_app(self, request: Request) -> bool:
        return request.headers.get("authorization", "").removeprefix("Bearer ") in self._tokens

    def _by_user(self, request: Request) -> bool:
        return self._verifier.is_signed(request.method, str(request.url), dict(request.headers), None)

    async def _token(self, request: Request) -> Response:
        pair = f"{quote(self._keys.api_key, safe='')}:{quote(self._keys.api_secret, safe='')}"
        async with request.form() as form:
            grant = form.get("grant_type")
        if request.headers.get("authorization") != f"Basic {base64.b64encode(pair.encode()).decode()}" or grant != "client_credentials":
            return JSONResponse({"errors": [{"code": 99, "message": "Unable to verify your credentials", "label": "authenticity_token_error"}]}, 403)
        token = secrets.token_urlsafe(32)
        self._tokens.add(token)
        return JSONResponse({"token_type": "bearer", "access_token": token})

    async def _me(self, request: Request) -> Response:
        return JSONResponse({"data": {"id": BOT_USER_ID, "name": "MakIt", "username": BOT_USERNAME}})

    async def _add(self, request: Request) -> Response:
        url = str((await _json(request)).get("url") or "")
        if not _is_url(url):
            raise Refusal(400, "UrlValidationFailed", "The URL is not https, names a port, or is longer than 200 characters.")
        if any(each.url == url for each in self._webhooks.values()):
            raise Refusal(400, "DuplicateUrlFailed", "A webhook is registered for this URL already.")
        webhook = Registered(Webhook(url, self.signing), url)
        await self._challenge(webhook)
        self._webhooks[webhook.id] = webhook
        return JSONResponse({"data": webhook.described()})

    async def _list(self, request: Request) -> Response:
        return JSONResponse({"data": [each.described() for each in self._webhooks.values()], "meta": {"result_count": len(self._webhooks)}})

    async def _check(self, request: Request) -> Response:
        webhook = self._named(request.path_params["id"])
        await self._challenge(webhook)
        return JSONResponse({"data": {"valid": webhook.valid}})

    async def _delete(self, request: Request) -> Response:
        webhook = self._named(request.path_params["id"])
        del self._webhooks[webhook.id]
        return JSONResponse({"data": {"deleted": True}})

    async def _challenge(self, webhook: Registered) -> None:
        webhook.valid = False
        try:
            await webhook.webhook.challenge()
        except (ChallengeFailed, httpx.HTTPError, ValueError) as error:
            raise Refusal(400, "CrcValidationFailed", str(error) or type(error).__name__) from error
        webhook.valid = True

    async def _replay(self, request: Request) -> Response:
        body = await _json(request)
        webhook = self._named(str(body.get("webhook_id")))
        start, end = _minute(body.get("from_date")), _minute(body.get("to_date"))
        now = datetime.now(UTC)
        if not now - timedelta(hours=24) <= start < end <= now + timedelta(minutes=1):
            raise Refusal(400, "QueryParamInvalid", "from_date and to_date are in order, within the last 24 hours, and not in the future.")
        if any(task.get_name() == webhook.id for task in self._replays):
            raise Refusal(409, "ReplayConflictError", "A replay job is already in progress for the specified webhook.")
        job = snowflake.new()
        bodies = [body for moment, body in webhook.delivered if start.timestamp() <= moment < end.timestamp()]
        done = {"replay_job_status": {"webhook_id": webhook.id, "job_state": "Complete", "job_state_description": "Job completed successfully",
                                      "job_id": job}}
        task = asyncio.create_task(_deliver_all(webhook.webhook, [*bodies, json.dumps(done).encode()]), name=webhook.id)
        self._replays.add(task)
        task.add_done_callback(self._replays.discard)
        return JSONResponse({"job_id": job, "created_at": _now()})

    async def _subscribe_account(self, request: Request) -> Response:
        webhook = self._named(request.path_params["id"])
        if webhook.account_activity:
            raise Refusal(400, "DuplicateSubscriptionFailed", "Subscription already exists for the provided webhook configuration.")
        webhook.account_activity = True
        return JSONResponse({"data": {"subscribed": True}})

    async def _subscribed_accounts(self, request: Request) -> Response:
        webhook = self._named(request.path_params["id"])
        return JSONResponse({"data": {"webhook_id": webhook.id, "webhook_url": webhook.url, "application_id": "1",
                                      "subscriptions": [{"user_id": BOT_USER_ID}] if webhook.account_activity else []}})

    async def _is_subscribed(self, request: Request) -> Response:
        return JSONResponse({"data": {"subscribed": self._named(request.path_params["id"]).account_activity}})

    async def _unsubscribe_account(self, request: Request) -> Response:
        webhook = self._named(request.path_params["id"])
        if not webhook.account_activity or request.path_params["user"] != BOT_USER_ID:
            raise Refusal(400, "SubscriptionNotFound", "No subscription exists for the specified user_id on the given webhook_id.")
        webhook.account_activity = False
        return JSONResponse({"data": {"subscribed": False}})

    async def _count(self, request: Request) -> Response:
        count = sum(webhook.account_activity for webhook in self._webhooks.values())
        return JSONResponse({"data": {"account_name": "sandbox", "provisioned_count": "3", "subscriptions_count_all": str(count),
                                      "subscriptions_count_direct_messages": "0"}})

    async def _subscribe(self, request: Request) -> Response:
        """As the app or as the user; a private event only as the user, and that one's own."""
        as_user = self._by_user(request)
        if not (as_user or self._by_app(request)):
            raise Refusal(401, "Unauthorized", "Unauthorized")
        body = await _json(request)
        event_type, user, webhook = body.get("event_type"), (body.get("filter") or {}).get("user_id"), body.get("webhook_id")
        if not isinstance(event_type, str) or not EVENT_TYPE.fullmatch(event_type) or not user:
            raise Refusal(400, "Invalid Request", "event_type and filter.user_id are wanted.")
        if event_type.startswith(PRIVATE) and not as_user:
            raise Refusal(400, "Invalid Request", "OauthAccessTokenRequired: OAuth user access token is required for this event type")
        if event_type.startswith(PRIVATE) and user != BOT_USER_ID:
            raise Refusal(403, "Forbidden", "The events of this user are private.")
        if webhook is not None:
            self._named(webhook)
        if any((event_type, {"user_id": user}, webhook) == (each["event_type"], each["filter"], each.get("webhook_id"))
               for each in self._subscriptions.values()):
            raise Refusal(400, "DuplicateSubscription", "This subscription exists already.")
        optional = {name: body[name] for name in ("tag", "webhook_id") if name in body}
        identifier, now = snowflake.new(), _now()
        subscription = {"subscription_id": identifier, "event_type": event_type, "filter": {"user_id": user}, "created_at": now, "updated_at": now}
        self._subscriptions[identifier] = subscription | optional
        return JSONResponse({"data": self._subscriptions[identifier], "meta": {"total_subscriptions": len(self._subscriptions)}})

    async def _subscribed(self, request: Request) -> Response:
        start = int(request.query_params.get("pagination_token") or 0)
        end = start + int(request.query_params.get("max_results") or PAGE)
        meta = {"total_subscriptions": len(self._subscriptions), **({"next_token": str(end)} if end < len(self._subscriptions) else {})}
        return JSONResponse({"data": list(self._subscriptions.values())[start:end], "meta": meta})

    async def _unsubscribe(self, request: Request) -> Response:
        if self._subscriptions.pop(request.path_params["id"], None) is None:
            raise Refusal(404, "Not Found", "There is no such subscription.")
        return JSONResponse({"data": {"deleted": True}, "meta": {"total_subscriptions": len(self._subscriptions)}})

    def _named(self, identifier: str) -> Registered:
        if identifier not in self._webhooks:
            raise Refusal(400, "WebhookIdInvalid", "The webhook is not one of this application's.")
        return self._webhooks[identifier]


async def _deliver_all(webhook: Webhook, bodies: list[bytes]) -> None:
    for body in bodies:
        await webhook.deliver(body)


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "Invalid Request", "One or more parameters to your request was invalid.")
    return body


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        allowed = parts.hostname in ("127.0.0.1", "localhost") or (parts.scheme == "https" and parts.port is None)
    except ValueError:
        return False
    return allowed and bool(parts.hostname) and len(url) <= MAX_URL


def _minute(text: Any) -> datetime:
    if not isinstance(text, str) or not re.fullmatch(r"\d{12}", text):
        raise Refusal(400, "QueryParamInvalid", "A date is written as yyyymmddhhmm.")
    try:
        return datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        raise Refusal(400, "QueryParamInvalid", "There is no such date.") from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
