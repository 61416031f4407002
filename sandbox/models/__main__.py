"""`python -m sandbox.models fetch [--extra]` brings the weights to this machine; `list` says what there is."""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from sandbox.models.catalogue import WEIGHTS, folder
from sandbox.models.fetching import fetch


def main() -> int:
    """Runs the command line; returns the exit status: 1 where something could not be fetched."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.models", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch", help="download what is missing").add_argument(
        "--extra", action="store_true", help="also what is not needed by default: boxes around things, nudity")
    commands.add_parser("list", help="what there is, and whether it is here")
    arguments = parser.parse_args()
    console = Console(soft_wrap=True, highlight=False)
    return _fetch(arguments.extra, console) if arguments.command == "fetch" else _list(console)


def _fetch(extra: bool, console: Console) -> int:
    failures = fetch((weights for weights in WEIGHTS.values() if extra or not weights.extra), console.print)
    for failure in failures:
        console.print(f"[yellow]Not fetched[/] {failure}")
    if failures:
        console.print("The sandbox runs without them; what needs them answers with nothing found. Run the same command again to retry.")
    return 1 if failures else 0


def _list(console: Console) -> int:
    table = Table("name", "what", "package", "licence", "here")
    for weights in WEIGHTS.values():
        here = f"{weights.path.stat().st_size / 1e6:.1f} MB" if weights.path.exists() else "no"
        table.add_row(weights.name, weights.what, f"{weights.package.name} {weights.package.version}", weights.licence, here)
    console.print(table)
    console.print(f"Kept in {folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
