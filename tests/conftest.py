"""How the tests are shared out between processes: a folder's tests share what they set up, so they stay together."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Each folder is a group of its own."""
    item.add_marker(pytest.mark.xdist_group(item.path.relative_to(TESTS).parts[0]))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folder that takes longest comes first."""
    items.sort(key=lambda item: "integration" not in item.path.parts)
