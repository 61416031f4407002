"""X's API v2, as much as a reply needs, and what its answers mean. Source: X developer documentation, "Create Post" and "Upload media"."""

import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import urllib3
from oauthlib import oauth1

TIMEOUT = urllib3.Timeout(connect=3, read=8)  # seconds
LIMITS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")  # X's headers: each with -remaining and -reset (Unix seconds)
RATE_WINDOW = timedelta(minutes=15)
LONGEST_WINDOW = timedelta(hours=24)  # of X's limits; a later reset is not believed
MAX_CAUSE = 300  # characters of X's own words in an error


class RateLimited(Exception):
    """X takes posts again at the time that is the message: UTC without zone, as EventBridge Scheduler's `at()` has it."""


class DuplicateTweet(Exception):
    """X has this very post already."""


class TweetRefused(Exception):
    """X will not take this post, however often it is asked."""


class XUnavailable(Exception):
    """X did not answer, or not sensibly. Worth another attempt."""


class Keys(NamedTuple):
    """The application's and the account's keys, in the order that `oauth1.Client` takes them."""

    api_key: str
    api_secret: str
    access_token: str
    access_token_secret: str


class Client:
    """X in the name of one account. No request is repeated and no redirect followed: the workflow repeats."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._url = url.rstrip("/")
        self._oauth = oauth1.Client(*keys)
        self._http = urllib3.PoolManager()

    def upload(self, image: bytes) -> str:
        """Uploads a JPEG or PNG; returns its media id."""
        body, content_type = urllib3.encode_multipart_formdata({"media_category": "tweet_image", "media": ("image", image)})
        return self._call("/2/media/upload", body, content_type)

    def post(self, text: str, reply_to: str | None, media_ids: list[str]) -> str:
        """Posts a text, as a reply where there is a post to reply to; returns its id."""
        body: dict[str, Any] = {"text": text}
        if reply_to:
            body["reply"] = {"in_reply_to_tweet_id": reply_to}
        if media_ids:
            body["media"] = {"media_ids": media_ids}
        return self._call("/2/tweets", json.dumps(body).encode(), "application/json")

    def _call(self, path: str, body: bytes, content_type: str) -> str:
        url, headers, _ = self._oauth.sign(self._url + path, "POST")  # OAuth 1.0a signs no body that is not a form
        try:
            response = self._http.request("POST", url, body=body, headers={**headers, "Content-Type": content_type}, timeout=TIMEOUT, retries=False)
        except urllib3.exceptions.HTTPError as error:
            raise XUnavailable(f"The connection to X failed: {type(error).__name__}.") from error
        answer = _object(response.data)
        _check(response.status, response.headers, answer)
        data = answer.get("data")
        identifier = data.get("id") if isinstance(data, dict) else None
        if not isinstance(identifier, str) or not identifier:
            raise XUnavailable(f"X answered {response.status} without an id.")
        return identifier


def _check(status: int, headers: Mapping[str, str], answer: dict[str, Any]) -> None:
    if status == 429:
        raise RateLimited(_reset(headers))
    if 400 <= status < 500 and status != 408:
        title, detail = str(answer.get("title") or ""), str(answer.get("detail") or "")
        duplicate = status == 403 and "duplicate" in detail.lower()
        raise (DuplicateTweet if duplicate else TweetRefused)(f"{status} {title}: {detail}"[:MAX_CAUSE])
    if not 200 <= status < 300:
        raise XUnavailable(f"X answered {status}.")


def _reset(headers: Mapping[str, str]) -> str:
    """When the last of the limits that are used up ends; a window from now where X does not say."""
    now = datetime.now(UTC)
    resets = []
    for limit in LIMITS:
        with contextlib.suppress(KeyError, ValueError, OverflowError, OSError):
            if headers.get(f"{limit}-remaining", "0") == "0":
                resets.append(datetime.fromtimestamp(int(headers[f"{limit}-reset"]), UTC))
    return min(max(resets, default=now + RATE_WINDOW), now + LONGEST_WINDOW).strftime("%Y-%m-%dT%H:%M:%S")


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is; an empty one where it is something else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
