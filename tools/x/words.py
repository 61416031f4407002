"""X's errors in words: what each means here, and what mends it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

KEYS = "python -m tools x secrets set"

REASONS = {  # X's own names of its refusals
    "CrcValidationFailed": "X challenged the webhook and did not get the right answer within three seconds. Is ApiSecret (or ClientSecret, where the"
                           f" app has one) that of this X app, and has it been kept for five minutes ({KEYS})? python -m tools doctor asks the"
                           " webhook itself.",
    "UrlValidationFailed": "X takes https addresses without a port, of at most 200 characters.",
    "DuplicateUrlFailed": "The app has a webhook with this address already: python -m tools x webhook list.",
    "WebhookLimitExceeded": "The X app has all the webhooks that its plan allows. Delete one: python -m tools x webhook list, then x webhook"
                            " delete ID.",
    "WebhookIdInvalid": "The X app has no such webhook: python -m tools x webhook list.",
    "SubscriptionLimitExceeded": "The X app has all the subscriptions that its plan allows. End one (python -m tools x unsubscribe), or raise the"
                                 " plan.",
    "SubscriptionNotFound": "There is no such subscription any more.",
    "DuplicateSubscription": "It is subscribed already.",
    "OauthAccessTokenRequired": "This kind of event is private: X wants the account itself to ask for it. Where the account's keys are not enough,"
                                " set X_USER_TOKEN to an OAuth 2.0 access token of the account with the scopes tweet.read, users.read and dm.read.",
    "ReplayConflictError": "A replay is under way for this webhook. Its end arrives as TWITTER_REPLAY_JOB_STATUS on the bus; try again then.",
    "QueryParamInvalid": "X replays spans that began at most 24 hours ago and ended at least ten minutes ago, in order and in whole minutes.",
    "CreditsDepleted": "The X app's credits are used up: buy more in X's developer console.",
    "client-not-enrolled": "The X app belongs to no project, or its plan lacks this API: see X's developer console.",
    "unsupported-authentication": "X wants another kind of sign-in for this: an app-only token, or the account's own keys.",
}

STATUSES = {
    401: f"X does not know these keys, or they were replaced: {KEYS}. (A clock that is five minutes off has the same effect.)",
    402: REASONS["CreditsDepleted"],
    403: "X knows the keys and forbids this: the app needs read and write permission (make the access token anew after a change), a plan that"
         " includes this API, and an account that is not suspended.",
    404: "X has nothing there: is the app's plan one that includes this API?",
}


def reason(problem: Mapping[str, Any]) -> str:
    """X's name for a refusal, wherever in the answer it stands; else its title."""
    said = " ".join(str(word) for word in said_by(problem)) + f" {problem.get('type', '')} {problem.get('reason', '')}"
    return next((name for name in REASONS if name.lower() in said.lower()), str(problem.get("title") or ""))


def said_by(problem: Mapping[str, Any]) -> list[str]:
    """What X itself says, each sentence once."""
    errors = problem.get("errors")
    listed = [each.get("message") for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    return list(dict.fromkeys(str(word) for word in (problem.get("title"), problem.get("detail"), *listed) if word))


def explained(status: int, name: str, headers: Mapping[str, str], now: datetime | None = None) -> str:
    """What a refusal means and what to do about it; empty where there is nothing to add to X's words."""
    if status == 429:
        return _limited(headers.get("x-rate-limit-reset", ""), now or datetime.now(UTC))
    if status >= 500:
        return "The trouble is X's own: try again in a while."
    return REASONS.get(name) or STATUSES.get(status, "")


def _limited(reset: str, now: datetime) -> str:
    if not reset.isdecimal():
        return "X's limit of requests is used up: try again in a quarter of an hour."
    moment = datetime.fromtimestamp(int(reset), UTC)
    minutes = max(0, -(-(moment - now).total_seconds() // 60))
    return f"X's limit of requests is used up until {moment:%H:%M:%S} UTC (in {minutes:.0f} min): try again then."
