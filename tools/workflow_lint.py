"""What is wrong with a workflow, as far as its definition and its template tell: each rule is a function of its own, named in RULES."""

import itertools
import json
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jsonata

from tools import workflow_cases, workflow_graph
from tools.intrinsics import strings
from tools.stack import Failure
from tools.workflow_cases import FAILED_QUERY
from tools.workflow_files import REASONS, REGION, SUBSTITUTION, Workflow

REQUIRED = {"TimeoutSeconds": "time-out", "Retry": "Retry", "Catch": "Catch"}
INTEGRATION = re.compile(r"arn:\$\{\w+\}:states:::[\w:.-]+")  # names an action rather than anything of this account
EXPRESSION = re.compile(r"\{%(.*)%\}", re.DOTALL)


@dataclass(frozen=True)
class Finding:
    """What is wrong, in which state (empty for the workflow as a whole), and what to do about it."""

    workflow: Workflow
    rule: str
    state: str
    message: str

    @property
    def line(self) -> int:
        """The line of the definition that the state begins on, from 1."""
        before = re.split(rf"(?m)^\s*{re.escape(json.dumps(self.state, ensure_ascii=False))}\s*:", self.workflow.text, maxsplit=1)
        return before[0].count("\n") + 1 if self.state and len(before) > 1 else 1


Found = Iterator[tuple[str, str]]  # the state and the message of each finding
Rule = Callable[[Workflow, dict[str, Any]], Found]  # of a workflow and its definition, with what the template gives it in place


def lint(workflow: Workflow) -> list[Finding]:
    """Every finding about a workflow. What is no definition at all has the one finding that says so."""
    try:
        definition = workflow.definition()
        workflow_graph.graph(definition)
    except ValueError as problem:
        return [Finding(workflow, "json", "", f"It is no JSON: {problem}. Mend that first.")]
    except (KeyError, TypeError, AttributeError) as problem:
        return [Finding(workflow, "json", "", f"It is no workflow: {problem} is missing or of the wrong kind. Mend that first.")]
    return [Finding(workflow, name, state, message) for name, rule in RULES.items() for state, message in rule(workflow, definition)]


def deployed(workflow: Workflow, definition: dict[str, Any]) -> Found:
    """A template deploys the definition."""
    if workflow.template is None:
        yield "", "No template deploys it: name it in the DefinitionUri of a state machine."


def cloudformation(workflow: Workflow, definition: dict[str, Any]) -> Found:
    """cfn-lint's rules for state machines, which it applies to a definition only where it stands in the template."""
    from cfnlint.api import lint as cfn_lint  # takes seconds to load
    from cfnlint.config import ManualArgs

    logging.getLogger("cfnlint").setLevel(logging.ERROR)  # it tells of its own doings
    # Without the rules of what a microservice owes (.cfnlintrc), which are for a whole template.
    template = {"Resources": {"Workflow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
        "Definition": definition, "RoleArn": "arn:aws:iam::123456789012:role/role"}}}}
    for match in cfn_lint(json.dumps(template), config=ManualArgs(regions=[REGION], ignore_checks=["E9"])):
        path = [str(each) for each in (match.path or [])[4:]]
        states = [name for before, name in itertools.pairwise(path) if before == "States"]
        where = "/".join(path[path.index(states[-1]) + 1:] if states else path)
        yield states[-1] if states else "", f"{match.rule.id}: {match.message}{f' (at {where})' if where else ''}"


def structure(workflow: Workflow, definition: dict[str, Any]) -> Found:
    """Every state has a name of its own, is reached, and leads somewhere within its branch."""
    graph = workflow_graph.graph(definition)
    for name, count in Counter(state.name for state in graph.states).items():
        if count > 1:
            yield name, f"{count} states have this name: AWS wants each once in the whole workflow, branches included."
    for scope in graph.scopes:
        states = {state.name: state for state in graph.states_in(scope.name)}
        reached, waiting = set(), [scope.start]
        while waiting:
            name = waiting.pop()
            if name in states and name not in reached:
                reached.add(name)
                waiting += [transition.target for transition in graph.leaving(name)]
        if scope.start not in states:
            yield scope.parent or "", f"It starts at “{scope.start}”, and there is no such state in it."
        for transition in graph.transitions_in(scope.name):
            if transition.target not in states:
                yield transition.source, f"It leads to “{transition.target}”, and there is no such state in its branch."
        for name, state in states.items():
            if name not in reached:
                yield name, "Nothing leads to it: take it out, or lead to it."
            if not state.end and not graph.leaving(name):
                yield name, "It leads nowhere: give it Next or End."


def substitutions(workflow: Workflow, definition: dict[str, Any]) -> Found:
    """What the definition leaves to its template is given by it, and nothing else is."""
    if workflow.template is None:
        return
    for name in workflow.asked:
        if name not in workflow.given:
            states = [state for state, text in _texts(json.loads(workflow.text)) if name in SUBSTITUTION.findall(text)]
            yield states[0] if states else "", (
                f"${{{name}}} is not among the DefinitionSubstitutions of {workflow.logical_id} in {workflow.template.name}: add it.")
    for name in workflow.given:
        if name not in workflow.asked:
            yield "", f"{workflow.template.name} gives {name}, which the definition does not use: take it out of DefinitionSubstitutions."


def arns(workflow: Workflow, definition: dict[str, Any]) -> Found:
    """No ARN is written out: what a Task calls is named in every partition, and everything else comes from the template."""
    for state, text in _texts(json.loads(workflow.text)):
        for arn in re.findall(r"arn:[^\s'\"]*", text):
            if not INTEGRATION.fullmatch(arn):
                yield state, f"{arn} is written out: have the template give it, as a ${{…}} of DefinitionSubstitutions."


def precautions(workflow: Workflow, definition: dict[str, Any]) -> Found:
    """Every Task has a time-out, a Retry and a Catch, or its template says why not; and no such reason outlives what it is for."""
    states = dict(workflow_graph.walk(definition))
    for name, state in states.items():
        for field, words in REQUIRED.items():
            if state["Type"] == "Task" and not _has(state, field) and not workflow.reasons.get(name, {}).get(field):
                yield name, (f"It has no {words}. Add one, or say why not in the Metadata of {_machine(workflow)}: "
                             f"{REASONS}: {{{name}: {{{field}: …}}}}")
    for name, reasons in workflow.reasons.items():
        for field in reasons:
            if name not in states or states[name]["Type"] != "Task":
                yield "", f"{_machine(workflow)} gives a reason for “{name}”, which is no Task here: take it out."
            elif field not in REQUIRED:
                yield name, f"{_machine(workflow)} gives a reason for {field}: reasons are for {', '.join(REQUIRED)}."
            elif _has(states[name], field):
                yield name, f"It has a {REQUIRED[field]}, and {_machine(workflow)} says why it has none: take that out."


def expressions(workflow: Workflow, definition: dict[str, Any]) -> Found:
    """What is between `{%` and `%}` is the whole of its text, and is JSONata."""
    for state, text in _texts(definition):
        if "{%" not in text and "%}" not in text:
            continue
        found = EXPRESSION.fullmatch(text)
        if not found or "{%" in found[1]:
            yield state, f"“{_short(text)}” is JSONata only in part: an expression is the whole of its text, from {{% to %}}."
            continue
        try:
            jsonata.Jsonata.jsonata(found[1].strip())
        except Exception as problem:  # the parser raises its own and, where it did not foresee something, any
            yield state, f"“{_short(text)}” is no JSONata: {problem}"


def samples(workflow: Workflow, definition: dict[str, Any]) -> Found:
    """Every expression is evaluated on the input of some case, and comes to something: undefined is an error on AWS."""
    asked = dict.fromkeys((state, found[1].strip()) for state, text in _texts(definition) if (found := EXPRESSION.fullmatch(text)))
    if not asked:
        return
    path = os.path.relpath(workflow_cases.path_of(workflow))
    cases = workflow_cases.load(workflow)
    if not cases:
        yield "", f"Its expressions have no sample input: write cases to {path} (docs/workflow-tests.md says how)."
        return
    from tools import workflow_runs  # which loads the embedded AWS

    evaluated: set[tuple[str, str]] = set()
    problems: dict[tuple[str, str], None] = {}
    for case in cases:
        try:
            run = workflow_runs.run(workflow, case)
        except Failure as problem:
            problems[case.state, str(problem)] = None
            continue
        evaluated |= {(case.state, expression) for expression in run.expressions}
        if run.answer.get("error") == FAILED_QUERY and FAILED_QUERY not in (case.error, case.expect.error):
            problems[case.state, f"On the input of the case “{case.name}” it fails: {run.answer['cause']}"] = None
    yield from problems
    yield from ((state, f"No case evaluates “{_short(expression)}”: add one to {path}.")
                for state, expression in asked if (state, expression) not in evaluated and state not in {each for each, _ in problems})


# In the order of what to mend first.
RULES: dict[str, Rule] = {
    "deployed": deployed, "structure": structure, "cfn-lint": cloudformation, "substitutions": substitutions, "arns": arns,
    "precautions": precautions, "expressions": expressions, "samples": samples,
}


def _texts(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text in a definition with the state that it stands in, but for comments."""
    for name, value in definition.items():
        if name != "States":
            yield from (("", text) for text in strings(value))
    for name, state in workflow_graph.walk(definition):
        own = {field: value for field, value in state.items() if field not in ("Comment", "Branches", "ItemProcessor", "Iterator")}
        yield from ((name, text) for text in strings(own))


def _has(state: dict[str, Any], field: str) -> bool:
    """A Retry that never tries again is none."""
    if field == "Retry":
        return any(retrier.get("MaxAttempts", 3) > 0 for retrier in state.get("Retry", []))
    return bool(state.get(field) or (field == "TimeoutSeconds" and state.get("TimeoutSecondsPath")))


def _machine(workflow: Workflow) -> str:
    return f"{workflow.logical_id} in {workflow.template.name}" if workflow.template else "its state machine"


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}…"
