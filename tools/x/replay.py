"""`python -m tools x replay`: X delivers once more."""

import argparse
from datetime import UTC, datetime
from typing import Any

from tools import command, output
from tools.stack import Failure
from tools.x.connection import connect


def add_to(own: Any) -> None:
    """Its command."""
    again = command.add(own, "replay", _replay, "have X deliver once more what it delivered, or failed to, in the last 24 hours",
                        "x replay 3h 2h\nx replay 2026-11-25T09:00 2026-11-25T09:30",
                        "For when the webhook was down. Nothing is answered twice. X takes spans of up to about two hours that end ten minutes ago or"
                        " earlier, in whole minutes; its word that it is done arrives at the webhook, as TWITTER_REPLAY_JOB_STATUS on the bus.")
    again.add_argument("start", type=command.time_argument, metavar="FROM", help="3h, 2026-11-25T09:00 (UTC)")
    again.add_argument("end", type=command.time_argument, metavar="TO", help="likewise")
    again.add_argument("--webhook", metavar="ID", help="X's id of the webhook (default: the one with the stack's address)")


def _replay(arguments: argparse.Namespace) -> int:
    start, end = (datetime.fromtimestamp(60 * minute, UTC) for minute in (arguments.start.timestamp() // 60, -(-arguments.end.timestamp() // 60)))
    if start >= end:
        raise Failure(f"FROM ({start:%Y-%m-%d %H:%M} UTC) has to be earlier than TO ({end:%Y-%m-%d %H:%M} UTC): x replay 3h 2h")
    x = connect(arguments)
    webhook = x.webhook_id(arguments.webhook)
    output.note(f"Has X deliver to webhook {webhook} again what it delivered, or tried to, from {start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC.")
    job = x.app.replay(webhook, start, end)
    output.note(f"X has taken the job ({job}). What comes of it: python -m tools events tail --follow")
    return 0
