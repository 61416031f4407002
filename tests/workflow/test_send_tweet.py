"""SEND_TWEET in; one post on X, ever; TWEET_SENT or TWEET_FAILED out. The ledger's states: docs/ledger.md."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.workflow.answers import DOWN, EVENTS, KEPT, SECONDS_TO_REPLY, TWEET_ID, run, sample
from tests.workflow.interpreter import NOW, Answer, Execution, ServiceError, event_of, raised
from tests.workflow.tables import Table

KEY = "reply-twitter-1572570427880538999"
LEASE = 330
YEAR = 365 * 86400
SECONDS = int(NOW.timestamp())
RESET = NOW + timedelta(minutes=15)
RATE_LIMITED = raised("RateLimited", RESET.strftime("%Y-%m-%dT%H:%M:%S"))
REFUSED = raised("TweetRefused", "403 Forbidden: You are not allowed to reply to this conversation.")
DUPLICATE = raised("DuplicateTweet", "403 Forbidden: You are not allowed to create a Tweet with duplicate content.")
X_DOWN = raised("XUnavailable", "X answered 503.")
BUS_DOWN = ServiceError("EventBridge.FailedEntry", '{"FailedEntryCount": 1}')
TABLE_DOWN = ServiceError("DynamoDB.InternalServerError", "Try again")
SCHEDULED = {"ScheduleArn": "arn:aws:scheduler:eu-west-1:123456789012:schedule/group/name"}
RATE_LIMIT: dict[str, Answer] = {"Post tweet": RATE_LIMITED, "scheduler:createSchedule": SCHEDULED}
SAMPLES = sorted(path.stem for path in EVENTS.glob("SEND_TWEET*.json") if "posted" not in path.stem)


def send(event: str | dict[str, Any] = "SEND_TWEET", answers: dict[str, Answer] | None = None, **more: Any) -> Execution:
    """Runs the workflow, which has to succeed."""
    execution = run("send_tweet", event, answers, **more)
    assert execution.status == "SUCCEEDED", execution.output
    return execution


def failing(answers: dict[str, Answer], event: str | dict[str, Any] = "SEND_TWEET", **more: Any) -> Execution:
    """Runs the workflow, which has to end so that its alarm rings."""
    execution = run("send_tweet", event, {"sqs:sendMessage": KEPT, **answers}, **more)
    assert (execution.status, execution.error, execution.states[-1]) == ("FAILED", "TweetFailed", "Tweet failed")
    return execution


def posts(execution: Execution) -> int:
    return len(execution.arguments("Post tweet"))


class TestPost:
    @pytest.mark.parametrize("name", SAMPLES)
    def test_a_command_is_posted_and_announced(self, name: str) -> None:
        execution = send(name)
        command = sample(name)["detail"]
        assert execution.arguments("Post tweet")[0]["Payload"] == command
        assert (execution.published["DetailType"], execution.published["Source"]) == ("TWEET_SENT", "BOT")
        waited = {"SecondsToReply": SECONDS_TO_REPLY} if "ReplyToTweetId" in command else {}
        assert execution.detail == {"IdempotencyKey": execution.detail["IdempotencyKey"], **command, "TweetId": TWEET_ID, **waited}

    @pytest.mark.parametrize(("post", "reply", "seconds"), [
        ("1572570427880538999", "1572570427880539000", 0), ("1994000000000000001", "1994000004194304001", 1), ("1572570427880538999", TWEET_ID, 4),
        ("1994000000000000001", "1994362387865600001", 86400), ("abc", TWEET_ID, None), ("1", TWEET_ID, None)])
    def test_how_long_the_author_waited_is_in_the_ids_of_both_posts(self, post: str, reply: str, seconds: float | None) -> None:
        event = {**sample("SEND_TWEET"), "detail": {**sample("SEND_TWEET")["detail"], "ReplyToTweetId": post}}
        said = send(event, {"Post tweet": {"Payload": {"TweetId": reply}}}).detail.get("SecondsToReply")
        assert said is None if seconds is None else said == pytest.approx(seconds, abs=0.001)

    def test_the_ledger_says_posting_and_then_posted(self, ledger: Table) -> None:
        meanwhile: list[Any] = []

        def post(_: dict[str, Any]) -> Any:
            meanwhile.append(ledger.item(KEY))
            return {"Payload": {"TweetId": TWEET_ID}}

        execution = send(answers={"Post tweet": post})
        assert meanwhile == [{"Status": "POSTING", "ClaimedBy": execution.id, "LeaseUntil": SECONDS + LEASE, "ExpiresAt": SECONDS + YEAR,
                              "ReplyText": sample("SEND_TWEET")["detail"]["Text"]}]
        assert ledger.item(KEY) == {"Status": "POSTED", "ClaimedBy": execution.id, "TweetId": TWEET_ID, "ExpiresAt": SECONDS + YEAR}

    def test_a_command_without_a_key_is_known_by_target_and_text(self, ledger: Table) -> None:
        event = sample("SEND_TWEET.without-idempotency-key")
        key = send(event).detail["IdempotencyKey"]
        assert re.fullmatch(r"[0-9a-f]{64}", key)
        assert send(event).states[-1] == "Already taken"
        for field in ("Text", "ReplyToTweetId"):
            other = {**event, "detail": {**event["detail"], field: "1"}}
            assert send(other).detail["IdempotencyKey"] not in (None, key)
        assert len(ledger.keys) == 3

    def test_x_down_for_a_moment_is_waited_for(self, ledger: Table) -> None:
        execution = send(answers={"Post tweet": [X_DOWN, DOWN, {"Payload": {"TweetId": TWEET_ID}}]})
        assert posts(execution) == 3
        assert execution.published["DetailType"] == "TWEET_SENT"
        assert (ledger.item(KEY) or {})["Status"] == "POSTED"

    def test_what_x_has_already_counts_as_posted(self, ledger: Table) -> None:
        execution = send(answers={"Post tweet": DUPLICATE})
        assert posts(execution) == 1
        assert execution.detail == sample("TWEET_SENT.duplicate")["detail"]
        assert ledger.item(KEY) == {"Status": "POSTED", "ClaimedBy": execution.id, "TweetId": "duplicate", "ExpiresAt": SECONDS + YEAR}

    @pytest.mark.parametrize("event", [sample("SEND_TWEET.replayed"), {**sample("SEND_TWEET"), "replay-name": "after-the-outage"},
                                       {**sample("SEND_TWEET.replayed"), "replay-name": "after-the-outage", "detail": {
                                           **sample("SEND_TWEET")["detail"], "ReplayName": "an-earlier-one"}}])
    def test_what_stems_from_a_replay_says_so(self, event: dict[str, Any]) -> None:
        assert send(event).detail == sample("TWEET_SENT.replayed")["detail"]


class TestOnce:
    OTHER = {**sample("SEND_TWEET"), "detail": {**sample("SEND_TWEET")["detail"], "Text": "@harry11 another joke"}}

    @pytest.mark.parametrize("status", ["POSTING", "FAILED"])
    def test_what_x_may_have_is_posted_in_the_same_words_again(self, ledger: Table, status: str) -> None:
        """A replayed message gets another joke; only the first one would X know again."""
        ledger.put(KEY, Status=status, ClaimedBy="another execution", LeaseUntil=0, ReplyText="@harry11 the first joke")
        execution = send(self.OTHER)
        assert execution.arguments("Post tweet")[0]["Payload"] == {**self.OTHER["detail"], "Text": "@harry11 the first joke"}
        assert execution.detail["Text"] == "@harry11 the first joke"
        assert "ReplyText" not in (ledger.item(KEY) or {})

    def test_what_x_did_not_answer_keeps_its_words(self, ledger: Table) -> None:
        failing({"Post tweet": X_DOWN})
        assert (ledger.item(KEY) or {})["ReplyText"] == sample("SEND_TWEET")["detail"]["Text"]

    def test_what_x_refused_may_be_said_otherwise(self, ledger: Table) -> None:
        failing({"Post tweet": REFUSED})
        assert "ReplyText" not in (ledger.item(KEY) or {})
        assert send(self.OTHER).arguments("Post tweet")[0]["Payload"] == self.OTHER["detail"]

    def test_a_duplicate_is_not_posted(self) -> None:
        send()
        again = send()
        assert (again.states, posts(again)) == (["Posted already?", "Claim tweet", "Already taken"], 0)

    def test_a_replay_of_what_was_posted_is_not_posted(self) -> None:
        send()
        assert send("SEND_TWEET.replayed", now=NOW + timedelta(days=300)).states[-1] == "Already taken"

    @pytest.mark.parametrize(("status", "lease", "taken"), [
        ("POSTING", 1, True), ("POSTING", 0, False), ("WAITING", 1, True), ("WAITING", 0, False), ("FAILED", -SECONDS, False)])
    def test_a_lease_decides(self, ledger: Table, status: str, lease: int, taken: bool) -> None:
        """A workflow that died does not hold the reply for ever; one at work, or one that waits for X, does meanwhile."""
        ledger.put(KEY, Status=status, ClaimedBy="another execution", LeaseUntil=SECONDS + lease)
        execution = send()
        assert (execution.states[-1] == "Already taken", posts(execution)) == (taken, 0 if taken else 1)

    @pytest.mark.parametrize(("status", "holder", "taken"), [
        ("POSTING", "the one that kept it", False), ("WAITING", "the one that kept it", False), ("FAILED", "the one that kept it", False),
        ("POSTING", "another execution", True), ("WAITING", "another execution", True), ("POSTED", "the one that kept it", True)])
    def test_a_redriven_command_takes_over_the_lease_of_who_kept_it(self, ledger: Table, status: str, holder: str, taken: bool) -> None:
        lease = {} if status == "POSTED" else {"LeaseUntil": SECONDS + LEASE}
        ledger.put(KEY, Status=status, ClaimedBy=holder, **lease)
        execution = send({**sample("SEND_TWEET"), "redriven-from": "the one that kept it"})
        assert (execution.states[-1] == "Already taken", posts(execution)) == (taken, 0 if taken else 1)

    def test_an_execution_that_express_starts_twice_is_let_through(self, ledger: Table) -> None:
        """X refuses the second post; at worst it counts as posted twice."""
        ledger.put(KEY, Status="POSTING", ClaimedBy="arn:aws:states:us-east-1:000000000000:execution:send_tweet:same", LeaseUntil=SECONDS + LEASE)
        assert posts(send(answers={"Post tweet": DUPLICATE}, name="same")) == 1

    def test_two_workflows_at_once_post_once(self) -> None:
        """The second starts while the first is posting."""
        second: list[Execution] = []

        def post(_: dict[str, Any]) -> Any:
            second.append(send())
            return {"Payload": {"TweetId": TWEET_ID}}

        first = send(answers={"Post tweet": post})
        assert [posts(each) for each in (first, *second)] == [1, 0]


class TestRateLimit:
    def test_a_rate_limited_command_is_scheduled_for_the_reset(self, ledger: Table) -> None:
        execution = send(answers=RATE_LIMIT)
        assert posts(execution) == 1
        assert execution.entries == []
        assert ledger.item(KEY) == {"Status": "WAITING", "ClaimedBy": execution.id, "LeaseUntil": int(RESET.timestamp()),
                                    "ExpiresAt": SECONDS + YEAR, "ReplyText": sample("SEND_TWEET")["detail"]["Text"]}
        [schedule] = execution.arguments("scheduler:createSchedule")
        assert schedule["ScheduleExpression"] == "at(2026-11-25T12:15:00)"
        assert (schedule["GroupName"], schedule["ActionAfterCompletion"]) == ("group", "DELETE")
        assert schedule["Target"]["Arn"].endswith(":event-bus/bus")
        assert schedule["Target"]["EventBridgeParameters"] == {"DetailType": "SEND_TWEET", "Source": "BOT"}
        assert schedule["Target"]["RoleArn"].endswith(":role/scheduler")
        assert schedule["Target"]["DeadLetterConfig"]["Arn"].endswith(":dead-letters")
        assert json.loads(schedule["Target"]["Input"]) == sample("SEND_TWEET")["detail"]

    def scheduled(self, execution: Execution) -> dict[str, Any]:
        """The event that the schedule puts on the bus."""
        target = execution.arguments("scheduler:createSchedule")[0]["Target"]
        return event_of({**target["EventBridgeParameters"], "Detail": json.loads(target["Input"])})

    def test_the_scheduled_command_is_posted_at_the_reset_and_not_before(self) -> None:
        event = self.scheduled(send(answers=RATE_LIMIT))
        assert send(event, now=RESET - timedelta(seconds=1)).states[-1] == "Already taken"
        assert send(event, now=RESET).published["DetailType"] == "TWEET_SENT"
        assert send(event, now=RESET).states[-1] == "Already taken"

    def test_a_command_without_a_key_keeps_the_one_it_was_given(self, ledger: Table) -> None:
        event = self.scheduled(send("SEND_TWEET.without-idempotency-key", RATE_LIMIT))
        assert ledger.keys == {event["detail"]["IdempotencyKey"]}

    def test_a_replayed_one_stays_one(self) -> None:
        event = {**sample("SEND_TWEET"), "replay-name": "after-the-outage"}
        assert self.scheduled(send(event, RATE_LIMIT))["detail"] == sample("SEND_TWEET.replayed")["detail"]

    def test_a_second_rate_limit_with_the_same_reset_makes_another_schedule(self) -> None:
        first = send(answers=RATE_LIMIT)
        second = send(self.scheduled(first), RATE_LIMIT, now=RESET)
        names = [each.arguments("scheduler:createSchedule")[0]["Name"] for each in (first, second)]
        assert len(set(names)) == 2
        assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in names)

    @pytest.mark.parametrize("reset", [datetime(2020, 1, 1, tzinfo=UTC), NOW, NOW + timedelta(seconds=5)])
    def test_a_reset_that_is_over_is_not_scheduled_in_the_past(self, ledger: Table, reset: datetime) -> None:
        """Scheduler refuses the past."""
        execution = send(answers={**RATE_LIMIT, "Post tweet": raised("RateLimited", reset.strftime("%Y-%m-%dT%H:%M:%S"))})
        [schedule] = execution.arguments("scheduler:createSchedule")
        assert schedule["ScheduleExpression"] == "at(2026-11-25T12:00:10)"
        assert (ledger.item(KEY) or {})["LeaseUntil"] == int(reset.timestamp())
        assert posts(send(self.scheduled(execution), now=NOW + timedelta(seconds=10))) == 1

    def test_a_schedule_that_is_there_already_is_this_ones(self) -> None:
        """The answer of the first attempt was lost."""
        execution = send(answers={**RATE_LIMIT, "scheduler:createSchedule": [DOWN, ServiceError("Scheduler.ConflictException", "It exists")]})
        assert execution.states[-1] == "Already scheduled"
        [first, second] = execution.arguments("scheduler:createSchedule")
        assert first["Name"] == second["Name"]

    def test_a_reply_that_cannot_be_scheduled_is_announced_and_free_for_another_attempt(self, ledger: Table) -> None:
        refusal = ServiceError("Scheduler.ServiceQuotaExceededException", "Too many schedules")
        execution = failing({**RATE_LIMIT, "scheduler:createSchedule": refusal})
        assert execution.published["DetailType"] == "TWEET_FAILED"
        assert (execution.detail["Error"], execution.detail["Cause"]) == (refusal.name, refusal.cause)
        assert (ledger.item(KEY) or {})["Status"] == "FAILED"
        assert send().published["DetailType"] == "TWEET_SENT"

    def test_a_reply_that_cannot_be_held_waits_in_the_dead_letter_queue(self) -> None:
        execution = failing({**RATE_LIMIT, "Hold until reset": TABLE_DOWN})
        assert execution.arguments("scheduler:createSchedule") == []
        assert execution.dead_letter == sample("SEND_TWEET")
        assert send(execution.dead_letter).states[-1] == "Already taken"
        assert posts(send({**execution.dead_letter, "redriven-from": execution.reason["EXECUTION_ARN"]})) == 1


class TestRefusal:
    def test_a_permanent_refusal_is_announced_in_xs_words(self, ledger: Table) -> None:
        execution = failing({"Post tweet": REFUSED})
        assert posts(execution) == 1
        assert (execution.published["DetailType"], execution.published["Source"]) == ("TWEET_FAILED", "BOT")
        assert execution.detail == {**sample("SEND_TWEET")["detail"], "Error": "TweetRefused",
                                    "Cause": "403 Forbidden: You are not allowed to reply to this conversation."}
        assert ledger.item(KEY) == {"Status": "FAILED", "ClaimedBy": execution.id, "LeaseUntil": 0, "ExpiresAt": SECONDS + YEAR}

    def test_x_down_for_good_is_announced(self, ledger: Table) -> None:
        execution = failing({"Post tweet": X_DOWN})
        assert posts(execution) == 4
        assert execution.detail["Error"] == "XUnavailable"
        assert execution.detail["Cause"] == "X answered 503."
        assert (ledger.item(KEY) or {})["Status"] == "FAILED"

    @pytest.mark.parametrize("cause", ["", "Task timed out after 30.00 seconds", '{"errorMessage": "cut off', '{"other": 1}', "x" * 5000])
    def test_why_is_told_whatever_form_it_has(self, cause: str) -> None:
        assert failing({"Post tweet": ServiceError("Lambda.Unknown", cause)}).detail["Cause"] == cause[:1000]

    def test_once_the_cause_is_mended_a_replay_posts(self) -> None:
        failing({"Post tweet": REFUSED})
        assert send("SEND_TWEET.replayed").published["DetailType"] == "TWEET_SENT"

    def test_a_replayed_one_says_so(self) -> None:
        execution = failing({"Post tweet": REFUSED}, "SEND_TWEET.replayed")
        assert execution.detail["ReplayName"] == "after-the-outage"

    def test_a_failure_that_cannot_be_recorded_is_announced_all_the_same(self) -> None:
        execution = failing({"Post tweet": REFUSED, "Record failure": TABLE_DOWN})
        assert execution.detail["Error"] == "TweetRefused"
        assert execution.arguments("sqs:sendMessage") == []

    def test_a_failure_that_cannot_be_announced_waits_in_the_dead_letter_queue(self) -> None:
        execution = failing({"Post tweet": REFUSED, "events:putEvents": BUS_DOWN})
        assert execution.dead_letter == sample("SEND_TWEET")
        assert execution.reason["ERROR_CODE"] == "TweetRefused"
        assert "not allowed to reply" in execution.reason["ERROR_MESSAGE"]
        assert execution.reason["TARGET_ARN"].endswith(":stateMachine:send_tweet")
        assert execution.reason["EXECUTION_ARN"] == execution.id
        assert posts(send(execution.dead_letter)) == 1

    def test_a_reply_that_cannot_be_claimed_is_not_posted(self) -> None:
        execution = failing({"Claim tweet": TABLE_DOWN})
        assert posts(execution) == 0
        assert execution.dead_letter == sample("SEND_TWEET")
        assert posts(send(execution.dead_letter)) == 1


class TestPostedButNotSaid:
    """X has the reply, and then something fails: what waits in the dead-letter queue is never posted again."""

    @pytest.fixture(params=["Record tweet", "Publish TWEET_SENT"])
    def state(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.mark.parametrize(("answer", "said"), [
        ({"Payload": {"TweetId": TWEET_ID}}, {"TweetId": TWEET_ID}), (DUPLICATE, {"Duplicate": True})])
    def test_what_x_said_is_kept_with_the_event(self, state: str, answer: Any, said: dict[str, Any]) -> None:
        execution = failing({"Post tweet": answer, state: TABLE_DOWN if state == "Record tweet" else BUS_DOWN})
        assert posts(execution) == 1
        event = sample("SEND_TWEET")
        assert execution.dead_letter == {**event, "detail": {**event["detail"], "Posted": said}}

    @pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=LEASE), timedelta(days=14)])
    def test_put_back_it_is_recorded_and_announced_and_not_posted(self, ledger: Table, state: str, later: timedelta) -> None:
        kept = failing({state: DOWN}).dead_letter
        assert (ledger.item(KEY) or {})["Status"] == ("POSTING" if state == "Record tweet" else "POSTED")
        execution = send(kept, now=NOW + later)
        assert posts(execution) == 0
        assert execution.detail == sample("TWEET_SENT")["detail"]
        item = ledger.item(KEY) or {}
        assert (item["Status"], item["TweetId"]) == ("POSTED", TWEET_ID)
        assert send(now=NOW + later).states[-1] == "Already taken"

    def test_put_back_too_early_it_waits_again(self) -> None:
        first = failing({"Record tweet": TABLE_DOWN}).dead_letter
        second = failing({"Record tweet": TABLE_DOWN}, first)
        assert posts(second) == 0
        assert second.dead_letter == first

    def test_a_command_without_a_key_is_put_back_with_the_one_it_was_given(self, ledger: Table) -> None:
        kept = failing({"Record tweet": TABLE_DOWN}, "SEND_TWEET.without-idempotency-key").dead_letter
        assert ledger.keys == {kept["detail"]["IdempotencyKey"]}
        send(kept)
        assert len(ledger.keys) == 1

    def test_the_sample_of_one_is_recorded(self, ledger: Table) -> None:
        assert posts(send("SEND_TWEET.posted-not-recorded")) == 0
        assert (ledger.item(KEY) or {})["Status"] == "POSTED"

    def test_a_workflow_that_died_in_between_leaves_it_to_x(self, ledger: Table) -> None:
        """Nothing says that it was posted; X refuses the repeated text."""
        ledger.put(KEY, Status="POSTING", ClaimedBy="an execution that died", LeaseUntil=SECONDS - 1)
        assert send(answers={"Post tweet": DUPLICATE}).detail["Duplicate"] is True
        assert (ledger.item(KEY) or {})["Status"] == "POSTED"
