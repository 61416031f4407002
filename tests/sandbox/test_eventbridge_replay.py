"""A replay reaches the rules that it names, and no others."""

import json
from datetime import UTC, datetime, timedelta

from tests.sandbox.conftest import Account, eventually


def test_a_replay_reaches_only_the_rules_that_it_names(account: Account) -> None:
    events, bus, (url, queue), (other, other_queue) = account.client("events"), account.bus(), account.queue(), account.queue()
    rule = account.rule(bus, {"Arn": queue})
    account.rule(bus, {"Arn": other_queue})
    bus_arn, replay = account.arn("events", f"event-bus/{bus}"), account.name("replay")
    archive = events.create_archive(ArchiveName=account.name("archive"), EventSourceArn=bus_arn)["ArchiveArn"]
    account.put(bus, {"a": 1})
    assert account.received(url)
    assert account.received(other)

    now = datetime.now(UTC)
    events.start_replay(ReplayName=replay, EventSourceArn=archive, EventStartTime=now - timedelta(minutes=1), EventEndTime=now + timedelta(minutes=1),
                        Destination={"Arn": bus_arn, "FilterArns": [rule]})
    eventually(lambda: events.describe_replay(ReplayName=replay)["State"] == "COMPLETED")
    message = account.received(url)
    assert message
    assert json.loads(message["Body"])["replay-name"] == replay
    assert account.received(other, 0) is None
