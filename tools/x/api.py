"""X's API v2 as far as an operator needs it: webhooks and subscriptions, as the application and as the account.

Source: X developer documentation, "V2 Webhooks API", "Account Activity API", "X Activity API", "OAuth 2.0 App-Only", "OAuth 1.0a".
"""

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests
from requests_oauthlib import OAuth1

from tools.stack import Failure
from tools.x import words

USER_TOKEN = "X_USER_TOKEN"  # noqa: S105 - the name of a variable, for an OAuth 2.0 access token of the account
SECONDS = 40  # X waits up to 10 s for the webhook before it answers


class Refused(Failure):
    """X refuses; the message has its words, and ours on what to do. `reason` is X's name for it."""

    def __init__(self, what: str, status: int, problem: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        self.status, self.reason = status, words.reason(problem)
        self.what_to_do = words.explained(status, self.reason, headers)
        super().__init__(" ".join(filter(None, [f"X refused {what}: {status} {'; '.join(words.said_by(problem))}".rstrip().rstrip(".") + ".",
                                                self.what_to_do])))


@dataclass(frozen=True)
class Keys:
    """The application's and the account's keys, as the application's secret names them. Not shown where the object is printed."""

    ApiKey: str = field(repr=False)
    ApiSecret: str = field(repr=False)
    AccessToken: str = field(repr=False)
    AccessTokenSecret: str = field(repr=False)
    ClientSecret: str = field(default="", repr=False)  # of an app that has OAuth 2.0 set up: it signs what X delivers


class Account:
    """The account that the bot answers from, by OAuth 1.0a."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._url = url.rstrip("/")
        self._signature = OAuth1(keys.ApiKey, keys.ApiSecret, keys.AccessToken, keys.AccessTokenSecret)

    def me(self) -> dict[str, str]:
        """Its `id` and `username`."""
        account: dict[str, str] = self._call("GET", "/2/users/me", "the keys")["data"]
        return account

    def follow_by_account_activity(self, webhook: str) -> None:
        """Subscribes the webhook to all that happens to the account, by the Account Activity API."""
        self._call("POST", f"/2/account_activity/webhooks/{webhook}/subscriptions/all", "the subscription to the Account Activity API")

    def follow_by_x_activity(self, event_type: str, user: str, webhook: str) -> None:
        """Subscribes the webhook to one type of event of the account, by the X Activity API."""
        token = os.environ.get(USER_TOKEN)  # the account itself has to ask for private events: an app-only token will not do
        signed: dict[str, Any] = {"headers": {"authorization": f"Bearer {token}"}} if token else {"auth": self._signature}
        _answer(f"the subscription to {event_type}", "POST", f"{self._url}/2/activity/subscriptions", **signed, json={
            "event_type": event_type, "filter": {"user_id": user}, "webhook_id": webhook})

    def _call(self, method: str, path: str, what: str) -> dict[str, Any]:
        return _answer(what, method, self._url + path, auth=self._signature)


class App:
    """The application, by its app-only bearer token."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._url, self._keys = url.rstrip("/"), keys

    def webhooks(self) -> list[dict[str, Any]]:
        """Each with `id`, `url`, `valid`, `created_at`."""
        return list(self._call("GET", "/2/webhooks", "the list of webhooks").get("data") or [])

    def add_webhook(self, url: str) -> dict[str, Any]:
        """Registers a webhook, which X challenges at once."""
        webhook: dict[str, Any] = self._call("POST", "/2/webhooks", f"the webhook {url}", json={"url": url})["data"]
        return webhook

    def check(self, webhook: str) -> bool:
        """Has X challenge it again: whether it is valid, and thus enabled, now."""
        return bool(self._call("PUT", f"/2/webhooks/{webhook}", f"the check of webhook {webhook}")["data"]["valid"])

    def delete_webhook(self, webhook: str) -> None:
        """Deletes it."""
        self._call("DELETE", f"/2/webhooks/{webhook}", f"the deletion of webhook {webhook}")

    def replay(self, webhook: str, start: datetime, end: datetime) -> str:
        """Has X deliver once more what it delivered in a span of whole minutes, the last one excluded; the job's id."""
        answer = self._call("POST", "/2/webhooks/replay", "the replay", json={
            "webhook_id": webhook, "from_date": start.strftime("%Y%m%d%H%M"), "to_date": end.strftime("%Y%m%d%H%M")})
        return str(answer["job_id"])

    def account_activity_users(self, webhook: str) -> list[str]:
        """The ids of the accounts that the webhook follows by the Account Activity API."""
        answer = self._call("GET", f"/2/account_activity/webhooks/{webhook}/subscriptions/all/list", "the list of subscriptions")
        return [str(each["user_id"]) for each in answer["data"].get("subscriptions") or []]

    def unfollow_by_account_activity(self, webhook: str, user: str) -> None:
        """Ends an account's subscription by the Account Activity API."""
        self._call("DELETE", f"/2/account_activity/webhooks/{webhook}/subscriptions/{user}/all", "the end of the subscription")

    def activity_subscriptions(self) -> list[dict[str, Any]]:
        """Those of the X Activity API, each with `subscription_id`, `event_type`, `filter`, `webhook_id`, `created_at`."""
        found: list[dict[str, Any]] = []
        page: dict[str, str] = {}
        while True:
            answer = self._call("GET", "/2/activity/subscriptions", "the list of subscriptions", params=page)
            found += answer.get("data") or []
            following = (answer.get("meta") or {}).get("next_token")
            if not following:
                return found
            page = {"pagination_token": following}

    def unfollow_by_x_activity(self, subscription: str) -> None:
        """Ends such a subscription."""
        self._call("DELETE", f"/2/activity/subscriptions/{subscription}", f"the end of subscription {subscription}")

    def sign_in(self) -> None:
        """Gets the app-only token, unless that is done. Refused where X does not know the application."""
        _ = self._token

    @functools.cached_property
    def _token(self) -> str:
        basic = (quote(self._keys.ApiKey, safe=""), quote(self._keys.ApiSecret, safe=""))
        return str(_answer("the application's keys", "POST", f"{self._url}/oauth2/token", data={"grant_type": "client_credentials"},
                           auth=basic)["access_token"])

    def _call(self, method: str, path: str, what: str, **content: Any) -> dict[str, Any]:
        return _answer(what, method, self._url + path, headers={"authorization": f"Bearer {self._token}"}, **content)


def _answer(what: str, method: str, url: str, **request: Any) -> dict[str, Any]:
    try:
        response = requests.request(method, url, timeout=SECONDS, allow_redirects=False, **request)
    except requests.RequestException as error:
        raise Failure(f"X's API at {url.split('/2/')[0]} does not answer ({type(error).__name__}).") from None
    try:
        body = response.json() if response.content else {}
    except ValueError:
        body = {}
    if not 200 <= response.status_code < 300:
        raise Refused(what, response.status_code, body if isinstance(body, dict) else {}, response.headers)
    return body if isinstance(body, dict) else {}
