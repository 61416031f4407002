"""X's API v2: posts and media, with X's own refusals.

Source: X developer documentation, "Create Post", "Upload media", "Response codes and errors".
"""

import base64
import binascii
import json
import re
import threading
import unicodedata
import warnings
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.x import snowflake
from sandbox.x.oauth import Verifier

with warnings.catch_warnings():  # the library reads its own files by pkg_resources
    warnings.simplefilter("ignore")
    from twitter_text import parse_tweet

MAX_MEDIA, MAX_MEDIA_BYTES = 4, 5_000_000
INVALID = 400, "Invalid Request", "One or more parameters to your request was invalid."
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG"


@dataclass(frozen=True)
class Post:
    """A post of the bot's."""

    id: str
    text: str
    in_reply_to_tweet_id: str | None
    media_ids: list[str]


@dataclass
class Timeline:
    """What was posted and uploaded."""

    posts: list[Post] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_media(self, content: bytes) -> str:
        """Keeps a photo and returns its id."""
        identifier = snowflake.new()
        self.media[identifier] = content
        return identifier


class Refusal(Exception):
    """An error as X answers it: problem JSON."""

    def __init__(self, status: int, title: str, detail: str, kind: str = "about:blank") -> None:
        super().__init__(detail)
        self.status, self.title, self.kind = status, title, kind

    def response(self) -> Response:
        """The problem document."""
        return problem(self.status, self.title, str(self), self.kind)


def problem(status: int, title: str, detail: str, kind: str = "about:blank") -> Response:
    """RFC 9457 problem details, as X sends them."""
    return JSONResponse({"title": title, "detail": detail, "type": kind, "status": status}, status, media_type="application/problem+json")


class Api:
    """The endpoints, for one bot."""

    def __init__(self, timeline: Timeline, verifier: Verifier) -> None:
        self._timeline, self._verifier = timeline, verifier

    async def create_post(self, request: Request) -> Response:
        """POST /2/tweets → 201 with the post's id and text."""
        await self._authenticate(request)
        text, reply_to, media = _parts(await request.body())
        self._check(text, media)
        with self._timeline.lock:
            if any((text, reply_to) == (post.text, post.in_reply_to_tweet_id) for post in self._timeline.posts):
                raise Refusal(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
            post = Post(snowflake.new(), text, reply_to, media)
            self._timeline.posts.append(post)
        return JSONResponse({"data": {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}}, 201)

    async def upload_media(self, request: Request) -> Response:
        """POST /2/media/upload, multipart or JSON with base64 → 200 with the media's id."""
        await self._authenticate(request)
        content = await self._media(request)
        if not content.startswith((JPEG, PNG)):
            raise Refusal(400, "Invalid Request", "The media's type is not one that is taken.")
        if len(content) > MAX_MEDIA_BYTES:
            raise Refusal(413, "Payload Too Large", "The media is larger than 5 MB.")
        identifier = self._timeline.add_media(content)
        return JSONResponse({"data": {"id": identifier, "media_key": f"3_{identifier}", "size": len(content), "expires_after_secs": 86400}})

    async def _authenticate(self, request: Request) -> None:
        form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        body = (await request.body()).decode("utf-8", "replace") if form else None
        if not self._verifier.is_signed(request.method, str(request.url), dict(request.headers), body):
            raise Refusal(401, "Unauthorized", "Unauthorized")

    def _check(self, text: str, media: list[str]) -> None:
        if len(media) > MAX_MEDIA or not (text.strip() or media):
            raise Refusal(*INVALID)
        if text and not parse_tweet(unicodedata.normalize("NFC", text)).valid:
            raise Refusal(400, "Invalid Request", "The text is too long.")
        if any(identifier not in self._timeline.media for identifier in media):
            raise Refusal(400, "Invalid Request", "Your media IDs are invalid.")

    async def _media(self, request: Request) -> bytes:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            async with request.form() as form:
                part = form.get("media")
                content = await part.read() if isinstance(part, UploadFile) else b""
        else:
            try:
                content = base64.b64decode(json.loads(await request.body())["media"], validate=True)
            except (ValueError, KeyError, TypeError, binascii.Error):
                content = b""
        if not content:
            raise Refusal(400, "Invalid Request", "The media is missing.")
        return content


def _parts(body: bytes) -> tuple[str, str | None, list[str]]:
    """A post's text, the post that it replies to, and its media. Refusal where they are not as X wants them."""
    try:
        post = json.loads(body)
    except (ValueError, RecursionError):
        post = None
    if not isinstance(post, dict):
        raise Refusal(*INVALID)
    reply, media = (post[name] if post.get(name) is not None else {} for name in ("reply", "media"))
    if not isinstance(reply, dict) or not isinstance(media, dict):
        raise Refusal(*INVALID)
    text, reply_to, media_ids = post.get("text") or "", reply.get("in_reply_to_tweet_id"), media.get("media_ids") or []
    if not (isinstance(text, str) and _is_id(reply_to or "0") and isinstance(media_ids, list) and all(map(_is_id, media_ids))):
        raise Refusal(*INVALID)
    return text, reply_to, media_ids


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value) is not None
