"""Which of X's APIs and events the webhook is subscribed to, what X's refusals mean in words, and what is asked before it is done."""

import argparse
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.functions import load, no_aws
from tools import command
from tools.stack import Failure
from tools.x import words
from tools.x.api import Refused
from tools.x.connection import ALSO, SUMMONS
from tools.x.deliveries import GRACE, Deliveries
from tools.x.subscriptions import apis

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def test_the_account_activity_api_is_used_until_it_ends() -> None:
    assert apis("both", date(2026, 12, 31)) == ["aaa", "xaa"]
    assert apis("both", date(2027, 1, 1)) == ["xaa"]
    with pytest.raises(Failure, match="use --api xaa"):
        apis("aaa", date(2027, 1, 1))
    with pytest.raises(Failure, match="everything or nothing"):
        apis("aaa", date(2026, 12, 31), ["like.create"])


def test_everything_that_ingress_knows_is_subscribed_to() -> None:
    with no_aws():
        activities = load("twitter_webhook").activities
    assert sorted((*SUMMONS, *ALSO)) == sorted(activities.X_ACTIVITY)


@pytest.mark.parametrize(("status", "problem", "headers", "said"), [
    (401, {"title": "Unauthorized", "status": 401}, {}, "does not know these keys"),
    (403, {"title": "Forbidden", "detail": "You are not permitted."}, {}, "read and write permission"),
    (403, {"title": "Client Forbidden", "reason": "client-not-enrolled"}, {}, "belongs to no project"),
    (402, {"title": "CreditsDepleted", "detail": "No credits."}, {}, "credits are used up"),
    (429, {"title": "Too Many Requests"}, {"x-rate-limit-reset": str(int(NOW.timestamp()) + 421)}, "until 12:07:01 UTC (in 8 min)"),
    (429, {}, {}, "a quarter of an hour"),
    (400, {"title": "CrcValidationFailed"}, {}, "x secrets set"),
    (400, {"title": "DuplicateUrlFailed"}, {}, "already: python -m tools x webhook list"),
    (400, {"errors": [{"message": "OauthAccessTokenRequired: OAuth user access token is required for this event type"}]}, {}, "X_USER_TOKEN"),
    (409, {"detail": "ReplayConflictError: A replay job is already in progress"}, {}, "A replay is under way"),
    (503, {}, {}, "X's own"),
    (418, {"title": "Teapot"}, {}, ""),
])
def test_a_refusal_is_explained(status: int, problem: dict[str, Any], headers: dict[str, str], said: str) -> None:
    assert said in words.explained(status, words.reason(problem), headers, NOW)
    message = str(Refused("the keys", status, problem, headers))
    assert message.startswith(f"X refused the keys: {status}")
    assert words.said_by(problem) == [each for each in words.said_by(problem) if each in message]


def test_every_reason_that_x_documents_for_what_is_called_is_explained() -> None:
    documented = {"CrcValidationFailed", "UrlValidationFailed", "DuplicateUrlFailed", "WebhookLimitExceeded", "WebhookIdInvalid",
                  "SubscriptionLimitExceeded", "SubscriptionNotFound", "QueryParamInvalid", "ReplayConflictError"}
    assert documented <= words.REASONS.keys()


def test_the_new_api_has_delivered_only_once_it_missed_nothing() -> None:
    old, young = (int((NOW - age).timestamp() * 1000) for age in (2 * GRACE, GRACE / 2))
    brought = Deliveries({"1": old, "2": old, "3": young, "4": old}, {"1": old}, {"1", "2", "3"})
    assert brought.proof() == {"1"}
    assert brought.missed(NOW) == {"2"}  # 3 may still come, and 4 is not for the bot
    assert brought.missed(NOW + timedelta(hours=1)) == {"2", "3"}


@pytest.mark.parametrize(("typed", "goes_on"), [("y\n", True), ("yes\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_what_cannot_be_undone_is_asked_for(monkeypatch: pytest.MonkeyPatch, typed: str, goes_on: bool) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return typed

    monkeypatch.setattr("sys.stdin", Terminal())
    if goes_on:
        command.confirm(argparse.Namespace(yes=False), "Deletes it.")
    else:
        with pytest.raises(Failure, match="Nothing was changed"):
            command.confirm(argparse.Namespace(yes=False), "Deletes it.")


def test_without_a_terminal_yes_has_to_be_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(Failure, match="say --yes"):
        command.confirm(argparse.Namespace(yes=False), "Deletes it.")
    command.confirm(argparse.Namespace(yes=True), "Deletes it.")
    assert capsys.readouterr().err.count("Deletes it.") == 2
