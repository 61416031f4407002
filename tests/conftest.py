"""How the tests are shared out between processes, where a folder's tests stay together; and the tables that are printed at the end.

Property tests try the same examples in every run; `--hypothesis-profile default` tries others.
"""

from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("repeatable", derandomize=True)
hypothesis.settings.load_profile("repeatable")

TESTS = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Each folder is a group of its own."""
    item.add_marker(pytest.mark.xdist_group(item.path.relative_to(TESTS).parts[0]))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folder that takes longest comes first."""
    items.sort(key=lambda item: "integration" not in item.path.parts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tables that tests made, printed at the end of the run, in whichever process they were made."""
    for report in (report for reports in terminalreporter.stats.values() for report in reports if isinstance(report, pytest.TestReport)):
        for name, text in report.user_properties:
            if name == "summary" and report.when == "call":
                terminalreporter.section(report.nodeid)
                terminalreporter.write_line(str(text))
