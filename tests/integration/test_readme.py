"""The README's commands for a deployed stack, run as they stand."""

import os
import subprocess

import pytest

from tests.integration.bot import Bot
from tests.readme import ROOT, commands

INVOCATIONS = [words for words in commands() if words[1:3] == ["remote", "invoke"]]


@pytest.mark.parametrize("words", INVOCATIONS, ids=" ".join)
def test_a_sample_event_is_taken(bot: Bot, words: list[str]) -> None:
    done = subprocess.run([str(ROOT / words[0]), *words[1:]], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, **bot.sandbox.environment, "SAM_CLI_TELEMETRY": "0"})
    assert done.returncode == 0, done.stderr
    assert "errorMessage" not in done.stdout
    assert done.stdout.startswith("{")
