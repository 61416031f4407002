"""Every rule matches the samples that its template's metadata says, and no others; whatever may be published is heard."""

import fnmatch
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from ministack.services import eventbridge

from sandbox.aws.gaps import eventbridge_absent_fields
from tools import contract
from tools.contract import Rule
from tools.intrinsics import resources
from tools.templates import TEMPLATES, transformed

SAMPLES = contract.samples()
RULES = {rule.name: rule for rule in contract.rules()}
ANALYSED = [name for name in SAMPLES if name.split(".")[0] == "MESSAGE_ANALYSED"]
FROM_ELSEWHERE = [name for name in SAMPLES if "Twitter" not in SAMPLES[name]["detail"]]
CATCH_ALL = [name for name, rule in RULES.items() if rule.detail_types is None]

Matches = Callable[[Rule, dict[str, Any]], bool]


@pytest.fixture(scope="module")
def matches() -> Iterator[Matches]:
    """The embedded AWS's own matcher, by TestEventPattern: whether a rule matches an event."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventbridge, "_matches_detail", eventbridge._matches_detail)  # put back afterwards
        eventbridge_absent_fields.install()

        def test_event_pattern(rule: Rule, event: dict[str, Any]) -> bool:
            pattern = json.dumps(rule.pattern).replace('{"Ref": "AWS::AccountId"}', json.dumps(SAMPLES["SEND_TWEET"]["account"]))
            status, _, body = eventbridge._test_event_pattern({"Event": json.dumps(event), "EventPattern": pattern})
            assert status == 200, body
            return bool(json.loads(body)["Result"])

        yield test_event_pattern


def replayed(sample: str) -> dict[str, Any]:
    """A sample as EventBridge delivers it once more from the archive."""
    return {**SAMPLES[sample], "replay-name": "after-the-outage"}


def with_detail(sample: str, **members: Any) -> dict[str, Any]:
    """A sample whose detail has these members too, or has them otherwise; None takes one away."""
    detail = {**SAMPLES[sample]["detail"], **members}
    return {**SAMPLES[sample], "detail": {name: value for name, value in detail.items() if value is not None}}


def untrue(matches: Matches, rule: Rule) -> list[str]:
    """What a rule's table says that is not so."""
    if rule.matches is None:
        return [f"{rule.name}: its template's metadata does not say which samples it matches"]
    said, real = contract.named(rule), {name for name, event in SAMPLES.items() if matches(rule, event)}
    again = {name for name in real if matches(rule, replayed(name))}
    found = [f"{rule.name} matches {name}, and its table does not say so" for name in sorted(real - said)]
    found += [f"{rule.name} does not match {name}, as its table says" for name in sorted(said - real)]
    found += [f"{rule.name} matches no sample"] if not real else []
    if again != (real if rule.replays else set()):
        found.append(f"{rule.name} takes replays of {sorted(again) or 'nothing'}, and its table says {'all' if rule.replays else 'none'}")
    return found


def unheard(matches: Matches, rules: list[Rule]) -> list[str]:
    """The detail types that somebody may publish and that reach none of these rules."""
    published = [detail_type for detail_type, names in contract.publishers().items() if names]
    return [detail_type for detail_type in published if not any(
        matches(rule, event) for rule in rules for name, event in SAMPLES.items() if name.split(".")[0] == detail_type)]


def test_the_rules_are_those_that_cloudformation_gets() -> None:
    patterns = {rule: resource["Properties"]["EventPattern"]
                for name in TEMPLATES for rule, resource in resources(transformed(name), "AWS::Events::Rule")}
    assert {name: rule.pattern for name, rule in RULES.items()} == patterns


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_matches_its_samples_and_no_others(matches: Matches, rule: str) -> None:
    assert untrue(matches, RULES[rule]) == []


def test_a_table_that_is_not_true_is_refused(matches: Matches) -> None:
    rule = RULES["SendTweetSendTweetCommand"]
    assert untrue(matches, replace(rule, matches=None)) == [f"{rule.name}: its template's metadata does not say which samples it matches"]
    assert "SendTweetSendTweetCommand matches SEND_TWEET.with-images, and its table does not say so" in untrue(
        matches, replace(rule, matches=("SEND_TWEET",)))
    assert "SendTweetSendTweetCommand does not match TWEET_SENT, as its table says" in untrue(
        matches, replace(rule, matches=("SEND_TWEET", "SEND_TWEET.*", "TWEET_SENT")))
    assert "SendTweetSendTweetCommand matches no sample" in untrue(matches, replace(rule, pattern={"detail-type": ["SEND_TWEETS"]}))
    assert any("takes replays of" in each for each in untrue(matches, replace(rule, replays=False)))


@pytest.mark.parametrize("rule", RULES)
def test_every_wildcard_of_a_table_is_of_use(rule: str) -> None:
    whole = contract.named(RULES[rule])
    for each in RULES[rule].matches or ():
        rest = tuple(other for other in RULES[rule].matches or () if other != each)
        assert contract.named(replace(RULES[rule], matches=rest)) != whole, each


def test_whatever_may_be_published_is_heard(matches: Matches) -> None:
    assert unheard(matches, contract.rules()) == []


def test_what_nobody_hears_is_named(matches: Matches) -> None:
    listening = [rule for rule in contract.rules() if rule.name not in (*CATCH_ALL, "SendTweetSendTweetCommand")]
    assert {"SEND_TWEET", "TWEET_FAILED"} <= set(unheard(matches, listening))
    assert "MESSAGE_RECEIVED" not in unheard(matches, listening)


@pytest.mark.parametrize("wildcard", contract.publishable())
def test_whatever_a_policy_lets_be_published_has_a_schema(wildcard: str) -> None:
    assert [detail_type for detail_type in contract.schemas() if fnmatch.fnmatchcase(detail_type, wildcard)]


@pytest.mark.parametrize("detail_type", contract.schemas())
def test_every_event_has_a_publisher(detail_type: str) -> None:
    assert contract.publishers()[detail_type]


@pytest.mark.parametrize("sample", ANALYSED)
def test_a_message_has_one_row_however_often_it_is_analysed(matches: Matches, sample: str) -> None:
    by_a_replay, rule = "after-the-outage", RULES["AnalysedMessagesRule"]
    assert matches(rule, with_detail(sample, ReplayName=by_a_replay, Again=None))
    assert matches(rule, with_detail(sample, ReplayName=by_a_replay, Again=False))
    assert not matches(rule, with_detail(sample, ReplayName=by_a_replay, Again=True))
    assert not matches(rule, replayed(sample))


@pytest.mark.parametrize("sample", ANALYSED)
def test_a_message_of_xs_is_answered_by_one_workflow_and_one_from_elsewhere_by_none(matches: Matches, sample: str) -> None:
    workflows = (RULES["RespondToTextMessageAnalysed"], RULES["RespondToImagesMessageAnalysed"])
    assert sum(matches(rule, SAMPLES[sample]) for rule in workflows) == (0 if sample in FROM_ELSEWHERE else 1)
    assert not any(matches(rule, with_detail(sample, Twitter=None)) for rule in workflows)


@pytest.mark.parametrize("rule", CATCH_ALL)
def test_another_accounts_event_is_nobodys(matches: Matches, rule: str) -> None:
    assert matches(RULES[rule], SAMPLES["SEND_TWEET"])
    assert not matches(RULES[rule], {**SAMPLES["SEND_TWEET"], "account": "210987654321"})
