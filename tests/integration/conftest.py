"""The whole application, deployed once for all integration tests by the real SAM CLI to the embedded AWS."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.runtime import Sandbox
from tests.integration.bot import Bot
from tests.tools.commands import Result, run
from tools import stack

# Workflows wait a twentieth of the time between two attempts, and give up a call that hangs as much sooner; functions are as they are.
SETTINGS = {"SFN_WAIT_SCALE": "0.05", "LAMBDA_ACCOUNT_CONCURRENCY": "100"}


@contextlib.contextmanager
def deployed(folder: Path) -> Iterator[Bot]:
    """The bot, up and connected with X's stand-in, on ports of its own; in the end, every event that crossed its bus was as its schema has it."""
    with Sandbox(port=0, x_port=0, folder=folder, settings=SETTINGS) as sandbox:
        bot = Bot(sandbox)
        yield bot
        assert bot.watch.look() == []
        assert bot.watch.seen


@pytest.fixture(scope="session")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """One deployment for all tests."""
    with deployed(tmp_path_factory.mktemp("sandbox")) as bot:
        yield bot


@pytest.fixture
def at_sandbox(bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command with --sandbox, on the sandbox that says in its file where it is."""
    (tmp_path / "outputs.json").write_text(json.dumps(bot.outputs))
    monkeypatch.setattr(stack, "SANDBOX", tmp_path / "outputs.json")
    return lambda *words, **more: run(*words, "--sandbox", **more)


@pytest.fixture(autouse=True)
def _events_are_as_their_schemas_have_them(bot: Bot) -> Iterator[None]:
    """Of every event that a test brought about: an event that was still on its way is the next test's, or the last one's."""
    yield
    assert bot.watch.look() == []


@pytest.fixture(autouse=True)
def _no_faults(bot: Bot) -> Iterator[None]:
    """Whatever a test told X or AWS to fail at is over with the test."""
    yield
    bot.sandbox.x.faults.clear()
    httpx.delete(f"{bot.outputs['AwsEndpoint']}/_sandbox/faults").raise_for_status()
