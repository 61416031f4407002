"""Every state, rule, retrier and catcher was reached by some case, and by some run of a whole workflow.

Comes last, prints what was reached, and is skipped where not all of this folder ran.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow import interpreter, test_cases
from tests.workflow.test_cases import WORKFLOWS
from tools import workflow_coverage
from tools.workflow_coverage import KINDS
from tools.workflow_files import Workflow

MODULES = {path.name for path in Path(__file__).parent.glob("test_*.py")}


@pytest.fixture(autouse=True)
def _whole_folder(request: pytest.FixtureRequest) -> None:
    ran = {item.path.name for item in request.session.items if item.path.parent == Path(__file__).parent}
    if ran != MODULES or request.config.getoption("keyword") or any("::" in argument for argument in request.config.args):
        pytest.skip("only part of the workflow tests ran")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_every_one_was_reached_by_a_case(workflow: Workflow, kind: str) -> None:
    assert [str(element) for element in test_cases.reached.missing(workflow.name, workflow.definition(), kind)] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workflow", interpreter.WORKFLOWS)
def test_every_one_was_reached_by_a_run(workflow: str, kind: str) -> None:
    assert [str(element) for element in interpreter.reached.missing(workflow, json.loads(interpreter.definition(workflow)), kind)] == []


def test_what_was_reached(record_property: Callable[[str, object], None]) -> None:
    cases = [test_cases.reached.row(workflow.name, workflow.definition()) for workflow in WORKFLOWS]
    runs = [interpreter.reached.row(workflow, json.loads(interpreter.definition(workflow))) for workflow in interpreter.WORKFLOWS]
    record_property("summary", (f"by cases, a state each\n{workflow_coverage.table(cases)}\n\n"
                                f"by runs of whole workflows\n{workflow_coverage.table(runs)}"))
