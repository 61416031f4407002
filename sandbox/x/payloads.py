"""What X would deliver for a mention, in the payload of either of its APIs."""

import hashlib
import html
import time
from typing import Any

from sandbox.x import BOT_USER_ID, BOT_USERNAME, snowflake

AUTHOR = {"id": "1498961531635122999", "username": "harry11", "name": "Harry"}
User = dict[str, str]
Payload = dict[str, Any]


def user(username: str) -> User:
    """Somebody on X: the same id for the same name."""
    return AUTHOR if username == AUTHOR["username"] else {
        "id": str(10**18 + int(hashlib.sha256(username.lower().encode()).hexdigest(), 16) % 10**17), "username": username, "name": username}


def account_activity(text: str, photos: list[str] | None = None, language: str = "en", author: User = AUTHOR,
                     identifier: str = "") -> Payload:
    """A mention as the Account Activity API delivers it: `photos` are URLs, `identifier` the post's id (default: a new one)."""
    identifier = identifier or snowflake.new()
    media = [{"id_str": snowflake.new(), "type": "photo", "media_url_https": url} for url in photos or []]
    post: Payload = {
        "created_at": time.strftime("%a %b %d %H:%M:%S +0000 %Y", time.gmtime()), "id": int(identifier), "id_str": identifier,
        "text": html.escape(text, quote=False), "truncated": False, "lang": language, "in_reply_to_user_id_str": None,
        "user": {"id_str": author["id"], "screen_name": author["username"], "name": author["name"]},
        "entities": {"hashtags": [], "urls": [], "symbols": [],
                     "user_mentions": [{"id_str": BOT_USER_ID, "screen_name": BOT_USERNAME, "name": "MakIt", "indices": [0, len(BOT_USERNAME) + 1]}]
                     if f"@{BOT_USERNAME}" in text else []}}
    if media:
        post["entities"]["media"] = media[:1]
        post["extended_entities"] = {"media": media}
    return {"for_user_id": BOT_USER_ID, "user_has_blocked": False, "tweet_create_events": [post]}


def x_activity(text: str, photos: list[str] | None = None, language: str = "en", author: User = AUTHOR,
               identifier: str = "") -> Payload:
    """The same as the X Activity API delivers it."""
    identifier = identifier or snowflake.new()
    media = [{"media_key": f"3_{snowflake.new()}", "type": "photo", "url": url} for url in photos or []]
    post: Payload = {
        "id": identifier, "text": html.escape(text, quote=False), "author_id": author["id"], "lang": language, "conversation_id": identifier,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "entities": {"mentions": [{"id": BOT_USER_ID, "username": BOT_USERNAME, "start": 0, "end": len(BOT_USERNAME) + 1}]}}
    if media:
        post["attachments"] = {"media_keys": [each["media_key"] for each in media]}
    return {"data": {
        "event_uuid": snowflake.new(), "filter": {"user_id": BOT_USER_ID}, "event_type": "post.mention.create", "tag": "sandbox", "payload": post,
        "includes": {"users": [author, {"id": BOT_USER_ID, "username": BOT_USERNAME, "name": "MakIt"}], **({"media": media} if media else {})}}}


def tweet_id(payload: Payload) -> str:
    """The id of the post that a payload delivers."""
    posts = payload.get("tweet_create_events")
    return str(posts[0]["id_str"] if posts else payload["data"]["payload"]["id"])
