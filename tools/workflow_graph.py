"""A workflow's definition as a graph: its states, and what leads from one to another, those of branches and items too.

Knows the Amazon States Language and nothing of this application, so that whatever draws, counts or walks through a workflow reads it the
same way. It tells what is written: a transition to a state that is not there stays in the graph.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["next", "choice", "default", "catch"]
MACHINE = ""  # the name of the outermost scope


@dataclass(frozen=True)
class Scope:
    """A set of states with a start of their own: the machine itself, a branch of a Parallel, or what a Map does with each item.

    `name` is unique: empty for the machine, "Look at image[2]" for a Parallel's third branch, "Images" for what the Map "Images" does.
    """

    name: str
    start: str
    parent: str | None = None  # the Parallel or Map that it belongs to; None for the machine
    branch: int | None = None  # which branch of the Parallel, from 0; None for the machine and for a Map's


@dataclass(frozen=True)
class State:
    """A state. Names are unique in a whole machine, as AWS demands."""

    name: str
    type: str
    scope: str
    start: bool  # its scope starts here
    end: bool  # its scope may end here
    comment: str = ""
    resource: str = ""  # of a Task, as written
    action: str = ""  # what it calls: "dynamodb:updateItem", "lambda:invoke"; empty where no integration is named
    retriers: tuple[tuple[str, ...], ...] = ()  # the error names of each


@dataclass(frozen=True)
class Transition:
    """What leads from a state to the next one of its scope. A Parallel or Map leads into its scopes' starts by itself."""

    source: str
    target: str
    kind: Kind
    index: int = 0  # which rule of the Choice, or which catcher, from 0
    condition: str = ""  # of a choice: the expression without its braces
    errors: tuple[str, ...] = ()  # of a catch: the errors' names
    comment: str = ""

    @property
    def label(self) -> str:
        """What a drawing writes on the arrow; empty where there is nothing to say."""
        return {"next": "", "choice": self.comment or self.condition, "default": "otherwise", "catch": ", ".join(self.errors)}[self.kind]


@dataclass(frozen=True)
class Graph:
    """A whole workflow, everything in the order of its definition; the machine's own scope comes first."""

    comment: str
    scopes: tuple[Scope, ...]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]

    def states_in(self, scope: str = MACHINE) -> tuple[State, ...]:
        """The states of a scope, without those of the scopes within them."""
        return tuple(state for state in self.states if state.scope == scope)

    def transitions_in(self, scope: str = MACHINE) -> tuple[Transition, ...]:
        """The transitions between the states of a scope."""
        names = {state.name for state in self.states_in(scope)}
        return tuple(transition for transition in self.transitions if transition.source in names)

    def scopes_of(self, state: str) -> tuple[Scope, ...]:
        """The branches of a Parallel, or the one scope of a Map; none for other states."""
        return tuple(scope for scope in self.scopes if scope.parent == state)

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """What leads away from a state."""
        return tuple(transition for transition in self.transitions if transition.source == state)


def graph(definition: Mapping[str, Any]) -> Graph:
    """The graph of a definition. Raises KeyError where it lacks what every workflow has: StartAt, States, a state's Type, a Next."""
    scopes = tuple(scope for scope, _ in _scopes(definition, MACHINE))
    states: list[State] = []
    transitions: list[Transition] = []
    for scope, machine in _scopes(definition, MACHINE):
        for name, written in machine["States"].items():
            states.append(_state(name, written, scope))
            transitions += _transitions(name, written)
    return Graph(str(definition.get("Comment", "")), scopes, tuple(states), tuple(transitions))


def walk(definition: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state of a definition as it is written, with its name, those of branches and items too."""
    for _, machine in _scopes(definition, MACHINE):
        yield from machine["States"].items()


def inner(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The machines within a state: a Parallel's branches, a Map's processor (`Iterator` is its old name)."""
    return [*state.get("Branches", []), *(state[field] for field in ("ItemProcessor", "Iterator") if field in state)]


def action_of(resource: str) -> str:
    """What a Task's resource calls: "arn:…:states:::aws-sdk:sqs:sendMessage.waitForTaskToken" is "sqs:sendMessage", a function "lambda:invoke"."""
    _, found, integration = resource.partition(":states:::")
    if found:
        return integration.removeprefix("aws-sdk:").split(".")[0]
    return "lambda:invoke" if ":lambda:" in resource else ""


def _scopes(machine: Mapping[str, Any], name: str, parent: str | None = None, branch: int | None = None) -> Iterator[tuple[Scope, Mapping[str, Any]]]:
    yield Scope(name, machine["StartAt"], parent, branch), machine
    for state_name, state in machine["States"].items():
        for index, each in enumerate(inner(state)):
            if state["Type"] == "Parallel":
                yield from _scopes(each, f"{state_name}[{index}]", state_name, index)
            else:
                yield from _scopes(each, state_name, state_name)


def _state(name: str, written: Mapping[str, Any], scope: Scope) -> State:
    resource = str(written.get("Resource", ""))
    end = written.get("End", False) or written["Type"] in ("Succeed", "Fail")
    return State(name, written["Type"], scope.name, name == scope.start, end, str(written.get("Comment", "")), resource, action_of(resource),
                 tuple(tuple(each["ErrorEquals"]) for each in written.get("Retry", [])))


def _transitions(name: str, written: Mapping[str, Any]) -> Iterator[Transition]:
    if "Next" in written:
        yield Transition(name, written["Next"], "next")
    for index, rule in enumerate(written.get("Choices", [])):
        yield Transition(name, rule["Next"], "choice", index, _condition(rule), comment=str(rule.get("Comment", "")))
    if "Default" in written:
        yield Transition(name, written["Default"], "default")
    for index, catcher in enumerate(written.get("Catch", [])):
        yield Transition(name, catcher["Next"], "catch", index, errors=tuple(catcher["ErrorEquals"]), comment=str(catcher.get("Comment", "")))


def _condition(rule: Mapping[str, Any]) -> str:
    """A rule of a Choice in words: JSONata's expression, or JSONPath's comparisons, such as `$.kind StringEquals "joke"`."""
    if "Condition" in rule:
        return str(rule["Condition"]).removeprefix("{%").removesuffix("%}").strip()
    for word in ("And", "Or"):
        if word in rule:
            return f" {word.lower()} ".join(f"({_condition(each)})" for each in rule[word])
    if "Not" in rule:
        return f"not ({_condition(rule['Not'])})"
    return " and ".join(f"{rule.get('Variable', '')} {comparison} {json.dumps(value, ensure_ascii=False)}"
                        for comparison, value in rule.items() if comparison not in ("Variable", "Next", "Comment", "Assign", "Output"))
