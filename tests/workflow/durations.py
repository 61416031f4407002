"""How long a workflow may take at most: every call hangs until its time-out, at every attempt, on the longest path.

A machine's own time-out cannot be caught: what it cuts off is lost in silence. So the sum has to stay below it.
"""

import functools
import json
import math
from typing import Any

from tests.workflow.interpreter import definition

MAX_ITEMS = 4  # a post's images


def longest(workflow: str) -> tuple[float, list[str]]:
    """The seconds of the longest path, and the states on it."""
    return _longest(json.loads(definition(workflow)))


def attempts(state: dict[str, Any]) -> int:
    """How often a Task calls at most: its retriers count apart."""
    return 1 + sum(int(retrier["MaxAttempts"]) for retrier in state.get("Retry", []))


def following(state: dict[str, Any]) -> set[str]:
    """Every state that may come next."""
    branches = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return {each["Next"] for each in branches if "Next" in each} | ({state["Default"]} if "Default" in state else set())


def _longest(machine: dict[str, Any]) -> tuple[float, list[str]]:
    states = machine["States"]

    @functools.cache  # a loop would end in a RecursionError: no workflow has one
    def path(name: str) -> tuple[float, list[str]]:
        seconds, names = max((path(each) for each in following(states[name])), default=(0.0, []))
        return _seconds(states[name]) + seconds, [name, *names]

    found: tuple[float, list[str]] = path(machine["StartAt"])
    return found


def _seconds(state: dict[str, Any]) -> float:
    if state["Type"] == "Task":
        delays = [min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt, retrier["MaxDelaySeconds"])
                  for retrier in state.get("Retry", []) for attempt in range(retrier["MaxAttempts"])]
        return float(state["TimeoutSeconds"] * attempts(state) + sum(delays))
    if state["Type"] == "Parallel":
        return float(max(_longest(branch)[0] for branch in state["Branches"]))
    if state["Type"] == "Map":
        return math.ceil(MAX_ITEMS / int(state["MaxConcurrency"])) * _longest(state["ItemProcessor"])[0]
    return 0.0
