"""How many messages a second the sandbox carries: `python -m benchmarks.throughput [MESSAGES]` delivers texts, more and more under way at a time.

It measures the sandbox on this machine, where one process is all of AWS; of AWS itself it says nothing.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.load import TEXT, Load
from sandbox.runtime import Sandbox
from tests.integration.bot import Bot

MESSAGES = 100
AT_ONCE = (1, 2, 4, 8, 16)


def main() -> int:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("messages", nargs="?", type=int, default=MESSAGES, help=f"for each row (default {MESSAGES})")
    messages = parser.parse_args().messages
    output = Table("under way at a time", "messages a second", "p50, s", "p95, s", "not answered")
    with tempfile.TemporaryDirectory() as folder, Sandbox(0, 0, folder=Path(folder)) as sandbox:
        bot = Bot(sandbox)
        for at_once in AT_ONCE:
            result = Load(bot, TEXT, at_once).run(messages)
            output.add_row(str(at_once), f"{result.rate:.1f}", f"{result.latency(50):.2f}", f"{result.latency(95):.2f}", str(len(result.wrong)))
    Console().print(output)
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[1]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
