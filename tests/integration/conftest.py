"""The whole application, deployed once for all integration tests by the real SAM CLI to the embedded AWS."""

from collections.abc import Iterator

import pytest

from sandbox.runtime import Sandbox
from tests.integration.bot import Bot


@pytest.fixture(scope="session")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """The bot, up and connected with X's stand-in, on ports of its own."""
    with Sandbox(port=0, x_port=0, folder=tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield Bot(sandbox)


@pytest.fixture(autouse=True)
def _no_faults(bot: Bot) -> Iterator[None]:
    """Whatever a test told X to fail at is over with the test."""
    yield
    bot.sandbox.x.faults.clear()
