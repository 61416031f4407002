"""What a check-up finds, and whose."""

import argparse
import contextlib
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools import command
from tools.stack import Failure, Service
from tools.x import secrets
from tools.x.api import Keys

FINE, PROBLEM, LEFT_OUT = "fine", "problem", "left out"


@dataclass(frozen=True)
class Finding:
    """What a check found: of what, whether it is fine, in words, and the command that mends it."""

    check: str
    verdict: str
    said: str
    mend: str = ""


class Patient:
    """A deployed application: all of it (`whole`), or a microservice that was deployed alone.

    `keys` are X's, None where they are not filled in; `offline`: X is not asked.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.stack, self.offline = command.stack_of(arguments), arguments.offline
        named = [word for name in ("stack", "region", "profile") if getattr(arguments, name) for word in (f"--{name}", getattr(arguments, name))]
        self._where = shlex.join([*named, *["--sandbox"] * arguments.sandbox])
        self.whole = any(service.name == "Ingress" for service in self.stack.services)
        self.keys: Keys | None = None
        if self.whole:
            with contextlib.suppress(Failure):
                self.keys = secrets.kept(self.stack)

    def tool(self, words: str) -> str:
        """One of this project's commands, on the same deployment."""
        return f"python -m tools {words} {self._where}".rstrip()

    def of_type(self, kind: str) -> list[tuple[Service, str, str]]:
        """Every resource of a type: its microservice, its logical and its physical id."""
        return [(service, name, physical_id) for service in self.stack.services for name, physical_id in service.named(kind).items()]


Check = Callable[[Patient], Iterator[Finding]]
