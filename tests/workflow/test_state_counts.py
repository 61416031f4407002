"""How many states a message costs, so that a workflow does not grow unnoticed."""

import pytest

from tests.workflow.answers import run, sample


@pytest.mark.parametrize(("name", "most"), [
    ("MESSAGE_RECEIVED", {"analyse_message": 9, "respond_to_text": 3, "send_tweet": 5}),
    ("MESSAGE_RECEIVED.with-photo", {"analyse_message": 14, "respond_to_images": 4, "send_tweet": 5}),
    ("MESSAGE_RECEIVED.four-photos", {"analyse_message": 29, "respond_to_images": 7, "send_tweet": 5}),
])
def test_an_answered_message(name: str, most: dict[str, int]) -> None:
    event, counted = sample(name), {}
    for workflow in most:
        execution = run(workflow, event)
        counted[workflow] = len(execution.states)
        event = execution.event
    assert event["detail-type"] == "TWEET_SENT"
    assert all(counted[workflow] <= limit for workflow, limit in most.items()), counted


def test_a_duplicate() -> None:
    for workflow, name, most in (("analyse_message", "MESSAGE_RECEIVED.four-photos", 3), ("send_tweet", "SEND_TWEET", 3)):
        run(workflow, name)
        assert len(run(workflow, name).states) <= most
