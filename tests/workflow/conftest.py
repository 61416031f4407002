"""Fresh tables for every test; the test of what all of them reached comes last."""

import pytest

from tests.workflow.tables import Table


@pytest.fixture(autouse=True)
def claims() -> Table:
    """The messages that were claimed for analysis."""
    return Table("claims")


@pytest.fixture(autouse=True)
def ledger() -> Table:
    """The replies that were claimed for posting."""
    return Table("ledger")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Moves test_coverage.py to the end."""
    items.sort(key=lambda item: item.path.name == "test_coverage.py" and item.path.parent.name == "workflow")
