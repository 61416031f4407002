"""What all commands have in common: the arguments that say which stack, and help with examples."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from tools import output, times
from tools.stack import Failure, Stack, connect

Run = Callable[[argparse.Namespace], int]


def add(commands: Any, name: str, run: Run, summary: str, examples: str, more: str = "", stack: bool = True) -> argparse.ArgumentParser:
    """A command's parser. `summary` begins in lower case and is its line in the list of commands; each line of `examples` is one."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="\n\n".join(filter(None, [summary[0].upper() + summary[1:] + ".", more])),
        epilog="examples:\n" + "\n".join(f"  python -m tools {line}" for line in examples.splitlines()))
    parser.set_defaults(run=run)
    if stack:
        where = parser.add_argument_group("which deployment", "AWS_ENDPOINT_URL and AWS's other variables are heeded as well.")
        where.add_argument("--stack", metavar="NAME", help="root stack (default: the only one here that is this application)")
        where.add_argument("--region", help="AWS region (default: as configured)")
        where.add_argument("--profile", help="AWS profile (default: as configured)")
        where.add_argument("--sandbox", action="store_true", help="the sandbox that is up on this machine")
    return parser


def group(commands: Any, name: str, summary: str) -> Any:
    """A command that has commands of its own; returns what they are added to."""
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.epilog = f"`{parser.prog} COMMAND --help` has examples."
    return parser.add_subparsers(required=True, metavar="COMMAND")


def add_json(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_yes(parser: argparse.ArgumentParser) -> None:
    """--yes."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def confirm(arguments: argparse.Namespace, what: str) -> None:
    """Says what is about to be done and cannot be undone, and asks; returns where it may be. Failure where not."""
    output.note(what)
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise Failure("That cannot be undone, and there is no terminal to ask on: say --yes. Nothing was changed.")
    sys.stderr.write("Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Failure("Nothing was changed.")


def stack_of(arguments: argparse.Namespace) -> Stack:
    """The stack that the arguments say."""
    return connect(arguments.stack, arguments.region, arguments.profile, arguments.sandbox)


def time_argument(text: str) -> Any:
    """`type=` of an argument that is a time."""
    try:
        return times.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
