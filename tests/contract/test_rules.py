"""Every rule's pattern, as the template has it, matches the samples that it should and none that it should not."""

import json
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from ministack.services import eventbridge

from sandbox.aws.gaps import eventbridge_absent_fields
from tests.templates.reading import TEMPLATES, resources, transformed

EVENTS = Path(__file__).parents[2] / "events"
SAMPLES = {path.stem: json.loads(path.read_text()) for path in sorted(EVENTS.glob("*.json"))}
ANALYSED = [name for name in SAMPLES if name.split(".")[0] == "MESSAGE_ANALYSED"]
WITH_IMAGES = [name for name in ANALYSED if any("Key" in image for image in SAMPLES[name]["detail"]["Analysis"]["Images"])]
WITHOUT_IMAGES = [name for name in ANALYSED if name not in WITH_IMAGES]
FROM_ELSEWHERE = [name for name in SAMPLES if "Twitter" not in SAMPLES[name]["detail"]]
ANALYSED_AGAIN = [name for name in ANALYSED if SAMPLES[name]["detail"].get("Again")]
REPLAYED = [name for name in SAMPLES if "replay-name" in SAMPLES[name]]
FROM_A_REPLAY = [name for name in SAMPLES if "ReplayName" in SAMPLES[name]["detail"]]

# Each rule: the samples that it matches (with wildcards), those of them that it does not, and whether it matches them where a replay brings them.
RULES: dict[str, tuple[list[str], list[str], bool]] = {
    "EventLogRule": (["*"], [], True),
    "EventsRule": (["*"], REPLAYED, False),
    "AnalyseMessageMessageReceived": (["MESSAGE_RECEIVED", "MESSAGE_RECEIVED.*"], [], True),
    "AnalysedMessagesRule": (ANALYSED, [*REPLAYED, *ANALYSED_AGAIN], False),
    "NegativeMessageRule": (["MESSAGE_ANALYSED.negative", "MESSAGE_ANALYSED.negative-*"], [*REPLAYED, *FROM_A_REPLAY], False),
    "RespondToTextMessageAnalysed": (WITHOUT_IMAGES, FROM_ELSEWHERE, True),
    "RespondToImagesMessageAnalysed": (WITH_IMAGES, FROM_ELSEWHERE, True),
    "SendTweetSendTweetCommand": (["SEND_TWEET", "SEND_TWEET.*"], [], True),
}
PATTERNS = {rule: resource["Properties"]["EventPattern"]
            for name in TEMPLATES for rule, resource in resources(transformed(name), "AWS::Events::Rule")}

Matches = Callable[[str, dict[str, Any]], bool]


@pytest.fixture(scope="module")
def matches() -> Iterator[Matches]:
    """The embedded AWS's own matcher, by TestEventPattern: whether a rule of the templates matches an event."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventbridge, "_matches_detail", eventbridge._matches_detail)  # put back afterwards
        eventbridge_absent_fields.install()

        def test_event_pattern(rule: str, event: dict[str, Any]) -> bool:
            pattern = json.dumps(PATTERNS[rule]).replace('{"Ref": "AWS::AccountId"}', json.dumps(event["account"]))
            status, _, body = eventbridge._test_event_pattern({"Event": json.dumps(event), "EventPattern": pattern})
            assert status == 200, body
            return bool(json.loads(body)["Result"])

        yield test_event_pattern


def expected(rule: str) -> set[str]:
    """The samples that a rule matches."""
    wanted, unwanted, _ = RULES[rule]
    return {name for name in SAMPLES if any(fnmatch(name, each) for each in wanted) and name not in unwanted}


def replayed(sample: str) -> dict[str, Any]:
    """A sample as EventBridge delivers it once more from the archive."""
    return {**SAMPLES[sample], "replay-name": "after-the-outage"}


def with_detail(sample: str, **members: Any) -> dict[str, Any]:
    """A sample whose detail has these members too, or has them otherwise; None takes one away."""
    detail = {**SAMPLES[sample]["detail"], **members}
    return {**SAMPLES[sample], "detail": {name: value for name, value in detail.items() if value is not None}}


def test_the_table_has_every_rule_and_the_samples_that_tell_rules_apart() -> None:
    assert RULES.keys() == PATTERNS.keys()
    assert {"MESSAGE_ANALYSED.with-celebrity", "MESSAGE_ANALYSED.with-failed-and-good-image"} <= set(WITH_IMAGES)
    assert {"MESSAGE_ANALYSED.joke", "MESSAGE_ANALYSED.with-failed-image"} <= set(WITHOUT_IMAGES)
    assert {"MESSAGE_ANALYSED.negative", "MESSAGE_ANALYSED.negative-with-celebrity"} <= expected("NegativeMessageRule")
    assert "MESSAGE_ANALYSED.negative-replayed" in FROM_A_REPLAY
    assert "MESSAGE_RECEIVED.replayed" in REPLAYED


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_matches_its_samples_and_no_others(matches: Matches, rule: str) -> None:
    assert {name for name, event in SAMPLES.items() if matches(rule, event)} == expected(rule)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_takes_a_replay_or_leaves_it(matches: Matches, rule: str) -> None:
    taken = {name for name in expected(rule) if matches(rule, replayed(name))}
    assert taken == (expected(rule) if RULES[rule][2] else set())


@pytest.mark.parametrize("sample", ANALYSED)
def test_a_message_has_one_row_however_often_it_is_analysed(matches: Matches, sample: str) -> None:
    by_a_replay = "after-the-outage"
    assert matches("AnalysedMessagesRule", with_detail(sample, ReplayName=by_a_replay, Again=None))
    assert matches("AnalysedMessagesRule", with_detail(sample, ReplayName=by_a_replay, Again=False))
    assert not matches("AnalysedMessagesRule", with_detail(sample, ReplayName=by_a_replay, Again=True))
    assert not matches("AnalysedMessagesRule", replayed(sample))


@pytest.mark.parametrize("sample", ANALYSED)
def test_a_message_of_xs_is_answered_by_one_workflow_and_one_from_elsewhere_by_none(matches: Matches, sample: str) -> None:
    workflows = ("RespondToTextMessageAnalysed", "RespondToImagesMessageAnalysed")
    assert sum(matches(rule, SAMPLES[sample]) for rule in workflows) == (0 if sample in FROM_ELSEWHERE else 1)
    assert not any(matches(rule, with_detail(sample, Twitter=None)) for rule in workflows)


@pytest.mark.parametrize("rule", ["EventLogRule", "EventsRule"])
def test_another_accounts_event_is_nobodys(matches: Matches, rule: str) -> None:
    event = {**SAMPLES["SEND_TWEET"], "account": "210987654321"}
    pattern = json.dumps(PATTERNS[rule]).replace('{"Ref": "AWS::AccountId"}', json.dumps(SAMPLES["SEND_TWEET"]["account"]))
    _, _, body = eventbridge._test_event_pattern({"Event": json.dumps(event), "EventPattern": pattern})
    assert json.loads(body)["Result"] is False
