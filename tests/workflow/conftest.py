"""Fresh tables for every test."""

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
