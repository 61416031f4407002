"""`python -m tools`: what a developer or an operator runs, against AWS or the sandbox."""

import argparse
import os
import sys

INTERRUPTED = 130  # as shells have it for Ctrl-C

try:
    from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError

    from tools import console, cost, dashboard, dead_letters, docs, doctor, events, new_service, query, replay, schemas, smoke, workflows, x
    from tools.output import note
    from tools.stack import Failure
except KeyboardInterrupt:  # while the libraries load
    sys.exit(INTERRUPTED)

COMMANDS = (x, doctor, smoke, events, dead_letters, replay, query, dashboard, console, cost, workflows, docs, schemas, new_service)

ADVICE: dict[type[Exception], str] = {
    NoCredentialsError: "Sign in to AWS, choose a --profile, or add --sandbox.",
    NoRegionError: "Name the --region, or add --sandbox.",
    EndpointConnectionError: "Is the sandbox up (`make sandbox`), or the network down?",
}


def parser() -> argparse.ArgumentParser:
    """Every command."""
    whole = argparse.ArgumentParser(prog="python -m tools", description="What a developer or an operator runs, against AWS or the sandbox.",
                                    epilog="`python -m tools COMMAND --help` has examples.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_to(commands)
    return whole


def main(arguments: list[str] | None = None) -> int:
    """Runs a command line; returns the exit status: 0 done, 1 not done, 2 wrong usage, 130 interrupted."""
    parsed = parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except KeyboardInterrupt:
        note("\nInterrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more when it flushes
        return 1
    except (Failure, BotoCoreError, ClientError) as error:
        note(". ".join(filter(None, [f"error: {str(error).rstrip('.')}", ADVICE.get(type(error), "")])), "red")
        return 1


if __name__ == "__main__":
    sys.exit(main())
