"""A soak: `python -m benchmarks.soak [MESSAGES]` delivers 2,000 mixed messages to a bot of its own, accounts for each, and watches the memory.

Of a hundred messages two are refused by X and two find Lex out of order, so that failures are accounted for as well. With --publish the table goes
into docs/reliability.md.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.load import ANSWERED, DEAD, FAILED, LOST, MIXED, TWICE, Load, Result, Sample
from sandbox.runtime import Sandbox
from tests.integration.bot import Bot

MESSAGES, AT_ONCE = 2000, 8
DOCUMENT = Path(__file__).parents[1] / "docs" / "reliability.md"
MARKS = "<!-- soak: written by python -m benchmarks.soak --publish -->", "<!-- end of the soak -->"


def main() -> int:
    """Soaks; the exit status says whether every message came to the end it had to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("messages", nargs="?", type=int, default=MESSAGES)
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"messages under way at a time (default {AT_ONCE})")
    parser.add_argument("--publish", action="store_true", help="put the table into docs/reliability.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Sandbox(0, 0, folder=Path(folder)) as sandbox:
        result = Load(Bot(sandbox), MIXED, arguments.at_once, _tell).run(arguments.messages)
    text = table(result, arguments.at_once)
    print(f"\n{text}")
    for line in result.wrong:
        print(line, file=sys.stderr)
    if arguments.publish and not result.wrong:
        before, rest = DOCUMENT.read_text().split(MARKS[0])
        DOCUMENT.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}")
    return 1 if result.wrong else 0


def table(result: Result, at_once: int) -> str:
    """The result in Markdown."""
    processor = f"{os.cpu_count()} cores of {platform.machine()}, load average {os.getloadavg()[1]:.1f} at its end"
    wanted = {end: sum(message.kind.end == end for message in result.messages) for end in (ANSWERED, FAILED, DEAD)}
    rows = [
        ("when, where", f"{datetime.now(UTC):%Y-%m-%d}, {processor}"),
        ("messages", f"{len(result.messages)}, {at_once} under way at a time"),
        *((end, f"{result.ends[end]}, as it had to be" if result.ends[end] == number else f"{result.ends[end]} of {number}")
          for end, number in wanted.items()),
        (TWICE, str(result.ends[TWICE])), (LOST, str(result.ends[LOST])),
        ("rate", f"{result.rate:.1f} messages a second"),
        ("from delivery to reply", f"{result.latency(50):.2f} s (p50), {result.latency(95):.2f} s (p95)"),
        ("memory of the embedded AWS", _growth(result.samples)),
        ("memory of a worker", _workers(result.samples)),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _growth(samples: list[Sample]) -> str:
    quarters = [samples[round(number * (len(samples) - 1) / 4)] for number in range(5)]
    delivered = quarters[4].delivered - quarters[1].delivered
    each = (quarters[4].aws - quarters[1].aws) * 1024 / delivered if delivered else 0.0
    sizes = " → ".join(f"{sample.aws:.0f}" for sample in quarters)
    return f"{sizes} MB in quarters of the time; {each:.0f} KB a message, since it keeps every event, object and log line in memory"


def _workers(samples: list[Sample]) -> str:
    quarters = [samples[round(number * (len(samples) - 1) / 4)] for number in range(1, 5)]
    return (" → ".join(f"{statistics.mean(sample.workers):.0f}" for sample in quarters if sample.workers)
            + f" MB on average; {len(quarters[0].workers)} → {len(quarters[-1].workers)} workers")


def _tell(delivered: int) -> None:
    if delivered % 50 == 0:
        print(f"\r{delivered} delivered", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
