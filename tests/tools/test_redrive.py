"""Where a dead letter goes back to."""

from datetime import UTC, datetime
from unittest import mock

import pytest

from tools import redrive
from tools.letters import Letter, short
from tools.stack import Service

WORKFLOW = "arn:aws:states:eu-west-1:123456789012:stateMachine:SendTweet-X"
TYPE = "AWS::StepFunctions::StateMachineAlias"
STACK = mock.Mock(services=[Service("Egress", {"SendTweet": WORKFLOW, "SendTweetAliaslive": f"{WORKFLOW}:live", "Again": f"{WORKFLOW}Y:live"},
                                    {"SendTweet": "AWS::StepFunctions::StateMachine", "SendTweetAliaslive": TYPE, "Again": TYPE})])


@pytest.mark.parametrize(("target", "arn"), [
    (WORKFLOW, f"{WORKFLOW}:live"), (f"{WORKFLOW}:live", f"{WORKFLOW}:live"), (f"{WORKFLOW}Z", f"{WORKFLOW}Z")])
def test_a_workflows_letter_goes_to_the_version_that_is_live(target: str, arn: str) -> None:
    letter = Letter("Egress", "1", "receipt", datetime.now(UTC), "{}", {"EXECUTION_ARN": "failed", "TARGET_ARN": target})
    assert redrive.destination(STACK, letter) == redrive.Destination(arn, '{"redriven-from": "failed"}')


@pytest.mark.parametrize(("arn", "name"), [
    (f"{WORKFLOW}:live", "SendTweet-X"), (f"{WORKFLOW}:7", "SendTweet-X"), (WORKFLOW, "SendTweet-X"),
    ("arn:aws:lambda:eu-west-1:123456789012:function:post:live", "post"), ("arn:aws:events:eu-west-1:123456789012:event-bus/bus", "bus")])
def test_what_is_named_is_named_without_its_version(arn: str, name: str) -> None:
    assert short(arn) == name
