"""X's API v2, as much as a reply needs, and what its answers mean. Source: X developer documentation, "Create Post" and "Upload media"."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import requests
from requests_oauthlib import OAuth1Session

TIMEOUT = (3.05, 8)  # seconds to connect, and to wait for bytes
RATE_WINDOW = timedelta(minutes=15)


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
            raise XUnavailable(type(error).__name__) from error
        _check(response)
        try:
            return str(response.json()["data"]["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise XUnavailable(f"X answered {response.status_code} without an id.") from error


def _check(response: requests.Response) -> None:
    if response.ok:
        return
    if response.status_code == 429:
        raise RateLimited(_reset(response))
    if response.status_code >= 500 or response.is_redirect:
        raise XUnavailable(f"X answered {response.status_code}.")
    problem = _problem(response)
    said = f"{response.status_code} {problem.get('title', '')}: {problem.get('detail', '')}"
    if response.status_code == 403 and "duplicate" in str(problem.get("detail", "")).lower():
        raise DuplicateTweet(said)
    raise TweetRefused(said)


def _reset(response: requests.Response) -> str:
    try:
        reset = datetime.fromtimestamp(int(response.headers["x-rate-limit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        reset = datetime.now(UTC) + RATE_WINDOW
    return reset.strftime("%Y-%m-%dT%H:%M:%S")


def _problem(response: requests.Response) -> dict[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
