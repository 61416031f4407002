"""Every way that a neighbour fails ends as designed: answered, said to have failed, or kept, with an alarm; and posted once or not at all."""

from collections.abc import Callable

from tests.integration import fault_matrix
from tests.integration.bot import Bot
from tests.integration.fault_matrix import DOCUMENT, KINDS, cells
from tests.integration.fault_run import Run


def test_every_cell_of_the_matrix_ends_as_designed(bot: Bot, record_property: Callable[[str, object], None]) -> None:
    run = Run(bot, cells())
    run.run()
    record_property("summary", run.matrix())
    assert run.problems() == []


def test_the_published_matrix_is_the_designed_one() -> None:
    assert fault_matrix.published() == fault_matrix.designed(), f"run python -m tests.integration.fault_run, which writes {DOCUMENT.name}"


def test_no_end_is_silent() -> None:
    """Whatever fails: a message is answered, or said to have failed, or kept; and nobody is answered twice."""
    for cell in cells():
        end = cell.expected
        assert end.posts == 1 or end.failed or end.dead, cell.name
        assert end.posts in (0, 1), cell.name
        assert list(cell.row.alarms(end)) or (end.posts == 1 and not end.failed and not end.dead), cell.name


def test_every_kind_of_failure_is_tried_on_every_call_where_there_is_one() -> None:
    for row in fault_matrix.ROWS:
        assert set(row.ends) == set(KINDS), row.call
        assert any(row.ends["refusal"]), row.call
