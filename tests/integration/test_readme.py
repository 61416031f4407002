"""The commands of the README and of docs/invoking.md for a deployed stack, run as they stand."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.bot import Bot
from tests.readme import ROOT, invocations

FAIL = {"refused-host", "nobody"}  # samples that show an error


@pytest.mark.parametrize("words", invocations(), ids=" ".join)
def test_a_sample_event_is_taken(bot: Bot, words: list[str]) -> None:
    done = subprocess.run([str(ROOT / words[0]), *words[1:]], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, **bot.sandbox.environment, "SAM_CLI_TELEMETRY": "0"})
    assert done.returncode == 0, done.stderr
    assert ("errorMessage" in done.stdout) == (Path(words[words.index("--event-file") + 1]).stem in FAIL)
    assert done.stdout.startswith("{")
