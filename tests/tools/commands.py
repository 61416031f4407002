"""Running `python -m tools` as an operator does, in this process."""

import contextlib
import io
import json
import os
import pty
import sys
from dataclasses import dataclass
from typing import Any
from unittest import mock

from sandbox.embedded_aws import client_environment
from tools.__main__ import main


@dataclass(frozen=True)
class Result:
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The standard output, parsed."""
        return json.loads(self.out)


def run(*arguments: str, endpoint: str = "", stdin: str = "", **environment: str) -> Result:
    """Runs a command line where AWS is at `endpoint`, with no more than the variables that any AWS client takes."""
    out, err = io.StringIO(), io.StringIO()
    variables = {**client_environment(endpoint), **environment} if endpoint else {**os.environ, **environment}
    with (mock.patch.dict(os.environ, variables, clear=True), mock.patch("sys.stdin", io.StringIO(stdin)),
          contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)):
        try:
            status = main(list(arguments))
        except SystemExit as ended:  # argparse
            status = int(ended.code or 0)
    return Result(status, out.getvalue(), err.getvalue())


def run_on_a_terminal(*arguments: str, endpoint: str, answers: dict[str, str]) -> tuple[int, str]:
    """Runs a command line on a pseudo-terminal of its own and types an answer at each prompt; its exit status and all that it showed."""
    process, terminal = pty.fork()
    if not process:
        os.execve(sys.executable, [sys.executable, "-m", "tools", *arguments], client_environment(endpoint))
    shown, waiting = "", dict(answers)
    with contextlib.suppress(OSError):  # the terminal is gone with the process
        while read := os.read(terminal, 1024):
            shown += read.decode()
            for prompt in [each for each in waiting if shown.endswith(each)]:
                os.write(terminal, f"{waiting.pop(prompt)}\n".encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown
