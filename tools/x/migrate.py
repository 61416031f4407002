"""`python -m tools x migrate`: from the Account Activity API to the X Activity API, without a gap.

Nothing is remembered here: X's lists of subscriptions and the event log say where the migration stands, so that it can be interrupted and run again.
"""

import argparse
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tools import command, output
from tools.stack import Failure
from tools.times import AGO, UNITS
from tools.x import deliveries, subscriptions
from tools.x.connection import ALSO, SUMMONS, Connection, connect
from tools.x.subscriptions import AAA, XAA

POLL_SECONDS = 5.0

MORE = f"""\
Three steps: subscribe by the {XAA} as well; wait until it has delivered a post by which somebody spoke to the bot, and all such posts that the
{AAA} has delivered meanwhile; then end the subscription by the {AAA}, once you have agreed. Both deliver until then, and what both bring is
answered once. It may be interrupted at any time and run again: X's subscriptions and the event log say how far it is. Where nobody happens to speak
to the bot, mention it yourself. Ends with status 1 as long as it is not over. x subscribe --api aaa would undo it."""


def add_to(own: Any) -> None:
    """Its command."""
    migrate = command.add(own, "migrate", _migrate, f"move from the {AAA} to the {XAA} without a gap", "x migrate\nx migrate --wait 12h --yes", MORE)
    migrate.add_argument("--wait", type=_duration, default="10m", metavar="TIME", 
                         help="how long to wait for the first deliveries: 0s, 10m, 12h (default 10m)")
    migrate.add_argument("--event-type", action="append", metavar="TYPE",
                         help="subscribe to these only; may be repeated (default: all that ingress knows)")
    command.add_yes(migrate)


def _duration(text: str) -> timedelta:
    found = AGO.fullmatch(text)
    if not found or found[3]:
        raise argparse.ArgumentTypeError("write it as 30s, 10m, 12h")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _migrate(arguments: argparse.Namespace) -> int:
    x = connect(arguments)
    try:
        return _steps(arguments, x, x.webhook_id())
    except KeyboardInterrupt:
        output.note("\nNot over, and nothing is lost: python -m tools x status says how far it is, x migrate goes on from there.", "yellow")
        raise


def _steps(arguments: argparse.Namespace, x: Connection, webhook: str) -> int:
    output.note(f"1. The {XAA} is to tell webhook {webhook} of @{x.user['username']} as well.")
    types = arguments.event_type or (*SUMMONS, *ALSO)
    refused = [row for row in subscriptions.follow_by_x_activity(x, webhook, types) if row["state"].startswith("refused")]
    for row in refused:
        output.note(f"   {row['what']}: {row['state']}", "yellow")
    there = x.x_activity(webhook)
    if not there.keys() >= set(SUMMONS):
        raise Failure(f"The {XAA} does not tell of {' and '.join(set(SUMMONS) - there.keys())}, which the bot answers."
                      f" The {AAA} stays as it is; mend that and run this again.")
    output.note(f"   {len(there)} types are subscribed to.")
    if x.user["id"] not in x.app.account_activity_users(webhook):
        output.note(f"The {AAA} is not subscribed (any more): the migration is over.", "green")
        return 0
    if not _has_delivered(arguments, x, max(_time(there[event_type].get("created_at")) for event_type in SUMMONS)):
        output.note("Not over: both APIs deliver. Mention the bot, or wait, and run this again.", "yellow")
        return 1
    command.confirm(arguments, f"3. Ends the subscription by the {AAA} of @{x.user['username']} at webhook {webhook}.")
    x.app.unfollow_by_account_activity(webhook, x.user["id"])
    if x.user["id"] in x.app.account_activity_users(webhook):
        raise Failure(f"X still lists the subscription by the {AAA}: run this again.")
    output.note(f"The migration is over: the {XAA} delivers alone.", "green")
    return 0


def _has_delivered(arguments: argparse.Namespace, x: Connection, start: datetime) -> bool:
    """Waits until the new API has delivered all that it should have since `start`; whether it has."""
    output.note(f"2. Has the {XAA} delivered what it should, since {start:%Y-%m-%d %H:%M:%S} UTC?")
    deadline = datetime.now(UTC) + arguments.wait
    with output.progress("   waiting") as progress:
        while True:
            found = deliveries.since(x.stack, x.user["id"], start)
            missed = found.missed(datetime.now(UTC))
            stands = f"{len(found.proof())} posts to the bot by the {XAA}, {len(found.summons & found.account_activity.keys())} by the {AAA}"
            progress.tell(f"({stands}; Ctrl-C is safe)")
            if (found.proof() and not missed) or datetime.now(UTC) >= deadline:
                break
            time.sleep(min(POLL_SECONDS, max(0.0, (deadline - datetime.now(UTC)).total_seconds())))
    output.note(f"   {stands}.")
    if missed:
        output.note(f"   The {XAA} did not bring {', '.join(sorted(missed)[:5])}, which the {AAA} did: do not end that one yet.", "red")
    return bool(found.proof()) and not missed


def _time(text: str | None) -> datetime:
    """X's time of a subscription; a day ago where it says none."""
    return datetime.fromisoformat(text) if text else datetime.now(UTC) - timedelta(days=1)
