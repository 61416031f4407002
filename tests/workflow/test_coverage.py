"""Every state was entered and every Catch and Retry taken by some test of this folder. Runs last; skipped where not all of it ran."""

from pathlib import Path

import pytest

from tests.workflow import interpreter
from tests.workflow.interpreter import WORKFLOWS, states_of

MODULES = {path.name for path in Path(__file__).parent.glob("test_*.py")}


@pytest.fixture(autouse=True)
def _whole_folder(request: pytest.FixtureRequest) -> None:
    ran = {item.path.name for item in request.session.items if item.path.parent == Path(__file__).parent}
    if ran != MODULES or request.config.getoption("keyword") or any("::" in argument for argument in request.config.args):
        pytest.skip("only part of the workflow tests ran")


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_state_was_entered(workflow: str) -> None:
    assert [name for name in states_of(workflow) if (workflow, name) not in interpreter.entered] == []


@pytest.mark.parametrize(("field", "reached"), [("Catch", interpreter.caught), ("Retry", interpreter.retried)])
@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_catch_and_retry_was_taken(workflow: str, field: str, reached: set[tuple[str, str, int]]) -> None:
    every = [(workflow, name, index) for name, state in states_of(workflow).items() for index in range(len(state.get(field, [])))]
    assert every
    assert [each for each in every if each not in reached] == []
