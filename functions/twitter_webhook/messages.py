"""Posts addressed to the account, as MESSAGE_RECEIVED: in our own words, whichever of X's APIs brought them.

An account that answers by itself may reply only where it was summoned: the author mentioned it or quoted its post (X's automation rules,
2026-02-23). So nothing else becomes a message, nor does a repost, nor what the account itself wrote.
"""

import html
import re
from collections.abc import Iterator
from typing import Any

from activities import Activity

Message = dict[str, Any]
Post = dict[str, Any]

MAX_TEXT = 25_000  # the characters of X's longest posts

# X's own codes for "no language" start with q or are these; two of its codes are older than ISO 639-1's today.
NO_LANGUAGE = {"", "und", "zxx", "art"}
OLD_CODES = {"in": "id", "iw": "he", "zh-tw": "zh-TW", "zh-cn": "zh"}


def addressed_to(bot: str, activities: list[Activity]) -> Iterator[Message]:
    """The messages among the activities, each post once. `bot` is the account's id; empty for the account that X names itself."""
    seen = set()
    for activity in activities:
        if not activity.is_post:
            continue
        convert = _from_x_activity if "event_type" in activity.raw else _from_account_activity
        message = convert(activity.raw, bot or activity.account)
        if message and message["MessageId"] not in seen:
            seen.add(message["MessageId"])
            yield message


def _from_account_activity(post: Post, bot: str) -> Message | None:
    user = _object(post.get("user"))
    author = _id(user.get("id_str"))
    full = _object(post.get("extended_tweet"))
    entities = _object(full.get("entities") or post.get("entities"))
    mentioned = any(_id(_object(each).get("id_str")) == bot for each in _list(entities.get("user_mentions")))
    quoted = _id(_object(_object(post.get("quoted_status")).get("user")).get("id_str")) == bot
    if author == bot or post.get("retweeted_status") or not (mentioned or quoted):
        return None
    media = _list(_object(full.get("extended_entities") or post.get("extended_entities")).get("media"))
    photos = [_object(each).get("media_url_https") for each in media if _object(each).get("type") == "photo"]
    text = full.get("full_text") or post.get("full_text") or post.get("text")
    return _message(post.get("id_str"), text, post.get("lang"), photos, user.get("screen_name"), author)


def _from_x_activity(data: Post, bot: str) -> Message | None:
    post, includes = _unwrapped(data.get("payload")), _object(data.get("includes"))
    users = [_unwrapped(each) for each in _list(includes.get("users"))]
    author = _id(post.get("author_id"))
    references = {str(_object(each).get("type")): _id(_object(each).get("id"))
                  for each in _list(post.get("referenced_tweets") or post.get("referenced_posts"))}
    if author == bot or data["event_type"] == "post.repost.create" or "retweeted" in references:
        return None
    if not (_mentions(data, post, users, bot) or _quotes(data, includes, references.get("quoted"), bot)):
        return None
    keys = _list(_object(post.get("attachments")).get("media_keys"))
    media = {_object(each).get("media_key"): _object(each) for each in _list(includes.get("media"))
             if isinstance(_object(each).get("media_key"), str)}
    photos = [media[key].get("url") for key in keys if isinstance(key, str) and media.get(key, {}).get("type") == "photo"]
    full = _object(post.get("note_post") or post.get("note_tweet"))
    writer = next((user for user in users if _id(user.get("id")) == author), {})
    return _message(post.get("id"), full.get("text") or post.get("text"), post.get("lang"), photos, writer.get("username") or author, author)


def _mentions(data: Post, post: Post, users: list[Post], bot: str) -> bool:
    if data["event_type"] == "post.mention.create" and _id(_object(data.get("filter")).get("user_id")) == bot:
        return True
    full = _object(post.get("note_post") or post.get("note_tweet"))
    mentioned = [_object(each) for holder in (post, full) for each in _list(_object(holder.get("entities")).get("mentions"))]
    name = next((str(user.get("username")).lower() for user in users if _id(user.get("id")) == bot), None)
    return any(_id(each.get("id")) == bot or (name is not None and str(each.get("username")).lower() == name) for each in mentioned)


def _quotes(data: Post, includes: Post, quoted: str | None, bot: str) -> bool:
    if data["event_type"] == "post.quote.create" and _id(_object(data.get("filter")).get("user_id")) == bot:
        return True
    posts = [_unwrapped(each) for each in _list(includes.get("tweets") or includes.get("posts"))]
    return quoted is not None and any(_id(each.get("id")) == quoted and _id(each.get("author_id")) == bot for each in posts)


def _message(tweet: Any, text: Any, language: Any, photos: list[Any], author: Any, user: str | None) -> Message | None:
    """`MESSAGE_RECEIVED` as the contract has it; None where X's post has no id or no author."""
    tweet_id = _id(tweet)
    if not tweet_id or not user:
        return None
    message: Message = {"MessageId": f"twitter-{tweet_id}", "Text": html.unescape(_text(text))[:MAX_TEXT]}
    code = _text(language).lower()
    if code not in NO_LANGUAGE and not (code.startswith("q") and len(code) == 3 and code != "que"):
        message["Language"] = OLD_CODES.get(code, code)
    urls = [url for url in photos if _text(url).startswith(("https://", "http://"))]
    if urls:
        message["ImageUrls"] = urls
    return {**message, "Author": _text(author) or user, "Twitter": {"TweetId": tweet_id, "UserId": user}}


def _id(value: Any) -> str | None:
    """An id as X's strings have it; X's numeric ids lose digits in JSON and are not taken."""
    return value if isinstance(value, str) and re.fullmatch(r"[0-9]+", value) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Any) -> Post:
    return value if isinstance(value, dict) else {}


def _unwrapped(value: Any) -> Post:
    """X wraps some objects in `{"data": …}`."""
    inner = _object(value)
    return _object(inner["data"]) if set(inner) == {"data"} else inner


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
