"""The whole bot on this machine: `python -m sandbox demo` shows it at work, `python -m sandbox up` keeps it up for you to play with."""

import argparse
import signal
import sys
import time
from types import FrameType

from rich.console import Console

from console import browser
from console.server import PORT
from sandbox import look, read
from sandbox.demo import Demo
from sandbox.embedded_aws import NotStarted
from sandbox.runtime import Sandbox, WebhookRefused
from sandbox.stack import STACK, SamFailed
from tools.stack import Failure

WELCOME = """
The bot is up.

  AWS      {AwsEndpoint}
  X        {XApiUrl}
  webhook  {WebhookUrl}
  console  [bold]{ConsoleUrl}[/]   all of it in the browser: say something, watch it, break it, query it

In another terminal:

  [bold]. .sandbox/env[/]                                          sam, the AWS CLI and boto3 reach this AWS and no other
  [bold].venv/bin/sam remote invoke --stack-name {stack} Analysis/AnalyseMessage --event-file events/MESSAGE_RECEIVED.json[/]
  [bold]curl {XApiUrl}/_sandbox/posts[/]       what the bot posted

Ctrl-C ends it."""
INTERRUPTED = 130  # as shells have it for Ctrl-C


def main() -> int:
    """Runs the command line; returns the exit status."""
    arguments = _parser().parse_args()
    console = Console(highlight=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(arguments.run(arguments, console))
    except KeyboardInterrupt:
        console.print("\nEnded.")
        return 0 if arguments.run is _up else INTERRUPTED
    except (NotStarted, SamFailed, WebhookRefused, Failure) as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]{type(error).__name__}[/]: {error}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, text in (("demo", _demo, "deliver mentions, show the replies, and end"), ("up", _up, "stay up until Ctrl-C")):
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        command.add_argument("--port", type=int, default=4566, help="port of the embedded AWS; another free one where it is taken (default 4566)")
        command.add_argument("--x-port", type=int, default=4580, help="port of X's stand-in, likewise (default 4580)")
        if run is _up:
            command.add_argument("--console-port", type=int, default=PORT, help=f"port of the console in the browser, likewise (default {PORT})")
            command.add_argument("--no-browser", action="store_true", help="do not open the console")
        command.set_defaults(run=run)
    look.add_to(commands)
    read.add_to(commands)
    return parser


def _sandbox(arguments: argparse.Namespace, console: Console) -> Sandbox:
    return Sandbox(arguments.port, arguments.x_port, console_port=getattr(arguments, "console_port", None),
                   report=lambda step, seconds: console.print(f"[green]✓[/] {step} [dim]{seconds:.1f} s[/]"))


def _demo(arguments: argparse.Namespace, console: Console) -> int:
    started = time.perf_counter()
    with _sandbox(arguments, console) as sandbox:
        demo = Demo(sandbox, console)
        demo.run()
    seconds = f"{time.perf_counter() - started:.0f} s"
    if demo.failures:
        console.print(f"\n[bold red]{len(demo.failures)} of the demo's checks failed[/] ({seconds}):")
        for failure in demo.failures:
            console.print(f"  ✗ {failure}")
        return 1
    console.print(f"\n[bold green]All of it happened[/], in {seconds}.")
    return 0


def _up(arguments: argparse.Namespace, console: Console) -> int:
    with _sandbox(arguments, console) as sandbox:
        console.print(WELCOME.format(stack=STACK, **sandbox.outputs))
        if not arguments.no_browser:
            browser.show(sandbox.outputs["ConsoleUrl"])
        while True:
            time.sleep(3600)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
