"""A delivered payload, of either of X's APIs, taken apart into activities.

The Account Activity API groups activities in arrays; its successor, the X Activity API, delivers one at a time under `data`. Sources: X developer
documentation, "Account Activity API: activity object types" and "X Activity API: event types".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Activity:
    """One thing that happened: its detail type, and the object as X sent it.

    `account` is the id of the account whose activity it is, where X said so; `is_post` whether it is a new post.
    """

    detail_type: str
    raw: dict[str, Any]
    account: str = ""
    is_post: bool = False


ACCOUNT_ACTIVITY = {
    "tweet_create_events": "TWITTER_TWEETED",
    "favorite_events": "TWITTER_FAVOURITED",
    "direct_message_events": "TWITTER_DM_RECEIVED",
    "direct_message_indicate_typing_events": "TWITTER_DM_TYPING",
    "direct_message_mark_read_events": "TWITTER_DM_MARKED_READ",
    "tweet_delete_events": "TWITTER_DELETED",
}

# Follow and unfollow, block and unblock, mute and unmute share an array, told apart by `type`.
ACCOUNT_ACTIVITY_BY_TYPE = {
    "follow": "TWITTER_FOLLOWED",
    "unfollow": "TWITTER_UNFOLLOWED",
    "block": "TWITTER_BLOCKED",
    "unblock": "TWITTER_UNBLOCKED",
    "mute": "TWITTER_MUTED",
    "unmute": "TWITTER_UNMUTED",
}

X_ACTIVITY = {
    "post.create": "TWITTER_TWEETED",
    "post.mention.create": "TWITTER_TWEETED",
    "post.reply.create": "TWITTER_TWEETED",
    "post.quote.create": "TWITTER_TWEETED",
    "post.repost.create": "TWITTER_TWEETED",
    "post.delete": "TWITTER_DELETED",
    "like.create": "TWITTER_FAVOURITED",
    "follow.follow": "TWITTER_FOLLOWED",
    "follow.unfollow": "TWITTER_UNFOLLOWED",
    "block.block": "TWITTER_BLOCKED",
    "block.unblock": "TWITTER_UNBLOCKED",
    "mute.mute": "TWITTER_MUTED",
    "mute.unmute": "TWITTER_UNMUTED",
    "dm.received": "TWITTER_DM_RECEIVED",
    "dm.sent": "TWITTER_DM_RECEIVED",
    "dm.indicate_typing": "TWITTER_DM_TYPING",
    "dm.read": "TWITTER_DM_MARKED_READ",
    "oauth.revoke": "TWITTER_PERMISSION_REVOKED",
}


def of(payload: dict[str, Any]) -> list[Activity]:
    """Every activity of a payload, in X's order. A kind that is not in the tables is called TWITTER_ and its own name.

    What is no object, or an empty one, tells nothing and is left out.
    """
    data = payload.get("data")
    if isinstance(data, dict) and "event_type" in data:
        return [_x_activity(data)]
    return list(_account_activities(payload))


def _x_activity(data: dict[str, Any]) -> Activity:
    kind = str(data["event_type"])
    detail_type = X_ACTIVITY.get(kind, _unknown(kind))
    watched = data.get("filter")
    account = str(watched.get("user_id") or "") if isinstance(watched, dict) else ""
    return Activity(detail_type, data, account, is_post=detail_type == "TWITTER_TWEETED")


def _account_activities(payload: dict[str, Any]) -> Iterator[Activity]:
    account = str(payload.get("for_user_id") or "")
    for name, value in payload.items():
        if name == "user_event" and isinstance(value, dict):
            for kind, raw in value.items():
                if isinstance(raw, dict) and raw:
                    yield Activity("TWITTER_PERMISSION_REVOKED" if kind == "revoke" else _unknown(kind), raw, account)
        elif isinstance(value, list):
            for raw in value:
                if isinstance(raw, dict) and raw:
                    yield Activity(_detail_type(name, raw), raw, account, is_post=name == "tweet_create_events")
        elif isinstance(value, dict) and value and name not in ("users", "apps"):
            yield Activity(_unknown(name), value, account)


def _detail_type(name: str, raw: dict[str, Any]) -> str:
    kind = raw.get("type")
    if name in ("follow_events", "block_events", "mute_events") and isinstance(kind, str):
        return ACCOUNT_ACTIVITY_BY_TYPE.get(kind, _unknown(kind))
    return ACCOUNT_ACTIVITY.get(name, _unknown(name.removesuffix("_events")))


def _unknown(kind: str) -> str:
    """TWITTER_ and the kind in capitals, within the 128 characters that a detail type may have."""
    return ("TWITTER_" + re.sub(r"\W+", "_", kind, flags=re.ASCII).upper())[:128]
