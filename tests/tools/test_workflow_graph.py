"""The graph of a workflow: of the application's own, and of one with everything that the language has."""

import json
from pathlib import Path

import pytest

from tools import workflow_graph
from tools.workflow_graph import Scope, Transition

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "statemachine").glob("*.asl.json"), *(ROOT / "examples").glob("*/*.asl.json")])

EVERYTHING = {
    "Comment": "All of it.", "StartAt": "Which?",
    "States": {
        "Which?": {"Type": "Choice", "Choices": [
            {"Condition": "{% $states.input.n > 1 %}", "Next": "Both"},
            {"And": [{"Variable": "$.n", "NumericEquals": 1}, {"Not": {"Variable": "$.kind", "StringEquals": "joke"}}],
             "Next": "Each", "Comment": "one"}],
            "Default": "Nothing"},
        "Both": {"Type": "Parallel", "Branches": [
            {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}},
            {"StartAt": "Call", "States": {
                "Call": {"Type": "Task", "Comment": "It calls.", "Resource": "arn:${Partition}:states:::aws-sdk:sqs:sendMessage.waitForTaskToken",
                         "Retry": [{"ErrorEquals": ["A", "B"]}, {"ErrorEquals": ["States.ALL"]}],
                         "Catch": [{"ErrorEquals": ["A"], "Next": "Called"}, {"ErrorEquals": ["States.ALL"], "Next": "Called"}], "Next": "Called"},
                "Called": {"Type": "Pass", "End": True}}}], "Next": "Each"},
        "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Ask", "States": {
            "Ask": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:f", "End": True}}},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}], "End": True},
        "Nothing": {"Type": "Succeed"},
        "Failed": {"Type": "Fail"}}}


@pytest.fixture(scope="module")
def graph() -> workflow_graph.Graph:
    """The graph of EVERYTHING."""
    return workflow_graph.graph(EVERYTHING)


def test_scopes_nest(graph: workflow_graph.Graph) -> None:
    assert graph.scopes == (
        Scope("", "Which?"), Scope("Both[0]", "Wait", "Both", 0), Scope("Both[1]", "Call", "Both", 1), Scope("Each", "Ask", "Each"))
    assert [scope.name for scope in graph.scopes_of("Both")] == ["Both[0]", "Both[1]"]
    assert [state.name for state in graph.states_in()] == ["Which?", "Both", "Each", "Nothing", "Failed"]
    assert [state.name for state in graph.states_in("Both[1]")] == ["Call", "Called"]


def test_states_say_what_they_are(graph: workflow_graph.Graph) -> None:
    states = {state.name: state for state in graph.states}
    assert [name for name, state in states.items() if state.start] == ["Which?", "Wait", "Call", "Ask"]
    assert [name for name, state in states.items() if state.end] == ["Each", "Nothing", "Failed", "Wait", "Called", "Ask"]
    assert (states["Call"].action, states["Ask"].action, states["Wait"].action) == ("sqs:sendMessage", "lambda:invoke", "")
    assert (states["Call"].comment, states["Call"].type, states["Call"].scope) == ("It calls.", "Task", "Both[1]")
    assert states["Call"].retriers == (("A", "B"), ("States.ALL",))


def test_transitions_say_why(graph: workflow_graph.Graph) -> None:
    assert graph.leaving("Which?") == (
        Transition("Which?", "Both", "choice", 0, "$states.input.n > 1"),
        Transition("Which?", "Each", "choice", 1, '($.n NumericEquals 1) and (not ($.kind StringEquals "joke"))', comment="one"),
        Transition("Which?", "Nothing", "default"))
    assert graph.transitions_in("Both[1]") == (
        Transition("Call", "Called", "next"),
        Transition("Call", "Called", "catch", 0, errors=("A",)), Transition("Call", "Called", "catch", 1, errors=("States.ALL",)))
    assert [each.label for each in graph.leaving("Which?")] == ["$states.input.n > 1", "one", "otherwise"]
    assert [each.label for each in graph.leaving("Call")] == ["", "A", "States.ALL"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_of_a_workflow_is_left_out(path: Path) -> None:
    text = path.read_text()
    graph = workflow_graph.graph(json.loads(text))
    assert len(graph.states) == text.count('"Type":')
    assert len({state.name for state in graph.states}) == len(graph.states)
    assert len(graph.transitions) == text.count('"Next":') + text.count('"Default":')
    catchers = [transition for transition in graph.transitions if transition.kind == "catch"]
    assert sum(len(state.retriers) for state in graph.states) + len(catchers) == text.count('"ErrorEquals":')
    assert len(graph.scopes) == text.count('"StartAt":')
    assert {transition.target for transition in graph.transitions} <= {state.name for state in graph.states}


def test_a_transition_to_nowhere_stays() -> None:
    [transition] = workflow_graph.graph({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}).transitions
    assert (transition.source, transition.target) == ("A", "B")
