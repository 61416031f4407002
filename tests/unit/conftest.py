"""What the functions' tests share."""

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from tests import functions


@pytest.fixture(scope="session", autouse=True)
def _no_aws() -> Iterator[None]:
    with functions.no_aws():
        yield


@pytest.fixture(scope="session")
def load_function() -> Callable[[str], ModuleType]:
    """`load_function("download_image")` is a fresh `app` of functions/download_image."""
    return functions.load
