"""Say something: mentions and pictures to X's stand-in, which signs and delivers them, and the timeline that comes of it."""

import re
from typing import Any

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from console.deployment import Deployment, changes
from console.events import KEPT, Feed
from console.requests import body_of
from tools.event_log import Event

SECONDS = 60  # that a busy machine may take
SHOWN = 60  # mentions in the timeline
MOST = 50  # mentions at once
PICTURE_BYTES = 5 * 1024 * 1024  # as X takes them
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
USERNAME = re.compile(r"\w{1,15}")
PICTURES = 4


def routes() -> list[Route]:
    """What the page's timeline asks for."""
    return [Route("/api/timeline", _timeline), Route("/api/mentions", _mention, methods=["POST"]),
            Route("/api/pictures", _picture, methods=["POST"]), Route("/api/again", _again, methods=["POST"])]


@changes
async def _mention(request: Request) -> Response:
    """{"text", "author", "pictures": [URL], "payload": "account" or "x", "copies", "twice"} → what the webhook answered to each.

    With `twice` each webhook is delivered twice, as X may.
    """
    from sandbox.x import payloads  # X's stand-in knows X's payloads; on AWS there is none

    asked = await body_of(request)
    text, author, pictures = asked.get("text", ""), asked.get("author") or payloads.AUTHOR["username"], asked.get("pictures") or []
    copies = asked.get("copies", 1)
    if not (isinstance(text, str) and (text.strip() or pictures) and len(text) <= 25_000):  # a long post, as X allows
        raise HTTPException(400, "Write something, up to 25,000 characters.")
    if not (isinstance(author, str) and USERNAME.fullmatch(author)):
        raise HTTPException(400, "A name on X has up to 15 letters, digits and underscores.")
    if not (isinstance(pictures, list) and len(pictures) <= PICTURES and all(isinstance(url, str) for url in pictures)):
        raise HTTPException(400, f"A post has up to {PICTURES} pictures.")
    if not (isinstance(copies, int) and 1 <= copies <= MOST):
        raise HTTPException(400, f"Between 1 and {MOST} at once.")
    build = payloads.x_activity if asked.get("payload") == "x" else payloads.account_activity
    answers = []
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        for _ in range(copies):
            payload = build(text, pictures, author=payloads.user(author))
            for _ in range(2 if asked.get("twice") else 1):
                answer = await client.post(f"{deployment.of(request).x_url}/_sandbox/deliver", json=payload)
                answers.append({"id": payloads.tweet_id(payload), **_told(answer)})
    return JSONResponse({"delivered": answers})


@changes
async def _picture(request: Request) -> Response:
    """A picture as X takes them → its URL on X's media host."""
    content = await request.body()
    if not content.startswith((JPEG, PNG)):
        raise HTTPException(400, "X takes pictures in JPEG and PNG.")
    if len(content) > PICTURE_BYTES:
        raise HTTPException(413, "X takes pictures of up to 5 MB.")
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        answer = await client.post(f"{deployment.of(request).x_url}/_sandbox/media", content=content)
    return JSONResponse({"url": answer.raise_for_status().json()["url"]})


@changes
async def _again(request: Request) -> Response:
    """{"id"}: has X deliver a post's webhook once more, as it may."""
    feed: Feed = request.app.state.feed
    identifier = (await body_of(request)).get("id", "")
    event = next((each for each in feed.of_message(str(identifier)) if each.detail_type == "TWITTER_TWEETED"), None)
    if event is None:
        raise HTTPException(404, f"This post's event is no longer kept: the console holds the last {KEPT:,}.")
    outputs = deployment.of(request).stack.outputs
    payload = event.detail if "payload" in event.detail else None
    body: dict[str, Any] = {"data": payload} if payload else {
        "for_user_id": outputs["BotUserId"], "user_has_blocked": False, "tweet_create_events": [event.detail]}
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        answer = await client.post(f"{deployment.of(request).x_url}/_sandbox/deliver", json=body)
    return JSONResponse({"delivered": [{"id": identifier, **_told(answer)}]})


async def _timeline(request: Request) -> Response:
    """The latest mentions with what the bot replied, the latest first; on AWS nothing."""
    of = deployment.of(request)
    if of.read_only:
        return JSONResponse([])
    feed: Feed = request.app.state.feed
    mentions: dict[str, Event] = {}
    for event in feed.matching(lambda each: each.detail_type == "TWITTER_TWEETED" and "replay-name" not in each.envelope):
        for identifier in event.tweet_ids:
            mentions.setdefault(str(identifier), event)
    latest = sorted(mentions.items(), key=lambda each: -each[1].time)[:SHOWN]
    oldest = latest[-1][0] if latest else ""
    return JSONResponse([{**post(event), "id": identifier, "t": event.time, "replies": replies}
                         for (identifier, event), replies in zip(latest, await _replies(of, [each[0] for each in latest], oldest), strict=True)])


async def _replies(of: Deployment, identifiers: list[str], oldest: str) -> list[list[dict[str, Any]]]:
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        answer = await client.get(f"{of.x_url}/_sandbox/posts", params={"after": oldest} if oldest else {})
    by_target: dict[str, list[dict[str, Any]]] = {}
    for each in answer.raise_for_status().json():
        by_target.setdefault(each["in_reply_to_tweet_id"], []).append(
            {"id": each["id"], "text": each["text"], "pictures": [media["url"] for media in each["media"]]})
    return [by_target.get(identifier, []) for identifier in identifiers]


def post(event: Event) -> dict[str, Any]:
    """A post on X out of either API's payload: `author`, `text`, `pictures`, and which `payload` it came in."""
    detail = event.detail
    if isinstance(detail.get("payload"), dict):
        includes = detail.get("includes") or {}
        users = {user["id"]: user["username"] for user in includes.get("users", [])}
        keys = (detail["payload"].get("attachments") or {}).get("media_keys", [])
        media = {each["media_key"]: each.get("url") for each in includes.get("media", [])}
        return {"author": users.get(detail["payload"].get("author_id"), ""), "text": _plain(detail["payload"].get("text", "")),
                "pictures": [media[key] for key in keys if media.get(key)], "payload": "x"}
    media_of = (detail.get("extended_entities") or detail.get("entities") or {}).get("media", [])
    return {"author": (detail.get("user") or {}).get("screen_name", ""), "text": _plain(detail.get("text", "")),
            "pictures": [each["media_url_https"] for each in media_of], "payload": "account"}


def _plain(text: str) -> str:
    """X escapes three characters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _told(answer: httpx.Response) -> dict[str, Any]:
    """What came of a delivery: the webhook's status and body, or why there was none."""
    content = answer.json()
    return {"status": content["status"], "body": content["body"]} if answer.is_success else {
        "status": answer.status_code, "body": str(content.get("detail", ""))}
