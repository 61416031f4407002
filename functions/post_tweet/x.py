"""X's API v2, as much as a reply needs, and what its answers mean. Source: X developer documentation, "Create Post" and "Upload media"."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import requests
from requests_oauthlib import OAuth1Session

TIMEOUT = (3, 8)  # seconds to connect, and to wait for bytes
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
    """The application's and the account's keys, in the order that OAuth1Session takes them."""

    api_key: str
    api_secret: str
    access_token: str
    access_token_secret: str


class Client:
    """A signed session with X."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._url = url.rstrip("/")
        self._session = OAuth1Session(*keys)

    def upload(self, image: bytes) -> str:
        """Uploads a JPEG or PNG; returns its media id."""
        return self._call("/2/media/upload", data={"media_category": "tweet_image"}, files={"media": ("image", image)})

    def post(self, text: str, reply_to: str | None, media_ids: list[str]) -> str:
        """Posts a text, as a reply where there is a post to reply to; returns its id."""
        body: dict[str, Any] = {"text": text}
        if reply_to:
            body["reply"] = {"in_reply_to_tweet_id": reply_to}
        if media_ids:
            body["media"] = {"media_ids": media_ids}
        return self._call("/2/tweets", json=body)

    def _call(self, path: str, **content: Any) -> str:
        try:
            response = self._session.post(self._url + path, timeout=TIMEOUT, allow_redirects=False, **content)
        except requests.RequestException as error:
            raise XUnavailable(f"The connection to X failed: {type(error).__name__}.") from error
        _check(response)
        identifier = _object(_json(response).get("data")).get("id")
        if not isinstance(identifier, str) or not identifier:
            raise XUnavailable(f"X answered {response.status_code} without an id.")
        return identifier


def _check(response: requests.Response) -> None:
    status = response.status_code
    if status == 429:
        raise RateLimited(_reset(response))
    if 400 <= status < 500 and status != 408:
        problem = _json(response)
        title, detail = str(problem.get("title") or ""), str(problem.get("detail") or "")
        duplicate = status == 403 and "duplicate" in detail.lower()
        raise (DuplicateTweet if duplicate else TweetRefused)(f"{status} {title}: {detail}"[:MAX_CAUSE])
    if not 200 <= status < 300:
        raise XUnavailable(f"X answered {status}.")


def _reset(response: requests.Response) -> str:
    now = datetime.now(UTC)
    try:
        reset = datetime.fromtimestamp(int(response.headers["x-rate-limit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        reset = now + RATE_WINDOW
    return min(reset, now + LONGEST_WINDOW).strftime("%Y-%m-%dT%H:%M:%S")


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        return _object(response.json())
    except (ValueError, RecursionError):
        return {}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
