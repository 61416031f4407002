"""Runs cases in this process, by the embedded AWS's own TestState, and notes what they reach."""

import contextlib
import contextvars
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.services import stepfunctions

import sandbox.aws
from tools import workflow_cases, workflow_graph
from tools.stack import Failure
from tools.workflow_cases import Case
from tools.workflow_coverage import DEFAULT, Element
from tools.workflow_files import Workflow

sandbox.aws.install()

state: contextvars.ContextVar[str] = contextvars.ContextVar("state")  # the one that is at work


@dataclass
class Run:
    """What TestState answered, and what was reached and evaluated meanwhile."""

    answer: dict[str, Any] = field(default_factory=dict)
    reached: set[Element] = field(default_factory=set)
    expressions: set[str] = field(default_factory=set)


def run(workflow: Workflow, case: Case) -> Run:
    """Runs a case. Raises Failure where TestState refuses it."""
    done = Run()
    asked = workflow_cases.request(workflow, case)
    states = dict(workflow_graph.walk(json.loads(asked["definition"])))
    token = state.set(case.state)
    try:
        with observed(states, done.reached.add, done.expressions.add):
            status, _, body = stepfunctions._test_state(asked)
    finally:
        state.reset(token)
    done.answer = json.loads(body)
    if status != 200:
        raise Failure(f"{workflow_cases.path_of(workflow)}: {case.state}, {case.name}: {done.answer.get('message')}")
    done.reached.add(Element("state", case.state))
    return done


@contextlib.contextmanager
def observed(states: dict[str, dict[str, Any]], reached: Callable[[Element], None],
             evaluated: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Tells which rules, retriers and catchers of these states the interpreter takes, and which expressions it evaluates."""

    def choose(rule: dict[str, Any], given: Any, context: dict[str, Any]) -> Any:
        chosen = originals["_evaluate_jsonata_choice_rule"](rule, given, context)
        if chosen:
            name, rules = context["State"]["Name"], states[context["State"]["Name"]]["Choices"]
            reached(Element("choice", name, rules.index(rule) if rule in rules else DEFAULT))
        return chosen

    def retry(retriers: Any, error: str, counts: dict[int, int]) -> Any:
        found = originals["_find_matching_retrier"](retriers, error, counts)
        matching = [index for index, each in enumerate(retriers) if stepfunctions._error_matches(each["ErrorEquals"], error)]
        for index in matching[:1]:
            if found[0] is not None or retriers[index].get("MaxAttempts") == 0:  # one that is there to say that nothing is tried again
                reached(Element("retry", state.get(), index))
        return found

    def catch(catcher: dict[str, Any], given: Any, context: dict[str, Any], *rest: Any) -> Any:
        name = context["State"]["Name"]
        reached(Element("catch", name, states[name]["Catch"].index(catcher)))
        return originals["_apply_catcher"](catcher, given, context, *rest)

    def evaluate(expression: str, *rest: Any) -> Any:
        evaluated(expression)
        return originals["_evaluate_jsonata"](expression, *rest)

    replacements = {"_evaluate_jsonata_choice_rule": choose, "_find_matching_retrier": retry, "_apply_catcher": catch, "_evaluate_jsonata": evaluate}
    originals = {name: getattr(stepfunctions, name) for name in replacements}
    for name, replacement in replacements.items():
        setattr(stepfunctions, name, replacement)
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(stepfunctions, name, original)
