"""Which of X's APIs and which of its events the webhook is subscribed to."""

from datetime import date

import pytest

from tests.functions import load, no_aws
from tools.stack import Failure
from tools.webhook import ALSO, SUMMONS, _apis


def test_the_account_activity_api_is_used_until_it_ends() -> None:
    assert _apis("both", date(2026, 12, 31)) == ["aaa", "xaa"]
    assert _apis("both", date(2027, 1, 1)) == ["xaa"]
    with pytest.raises(Failure, match="use --api xaa"):
        _apis("aaa", date(2027, 1, 1))


def test_everything_that_ingress_knows_is_subscribed_to() -> None:
    with no_aws():
        activities = load("twitter_webhook").activities
    assert sorted((*SUMMONS, *ALSO)) == sorted(activities.X_ACTIVITY)
