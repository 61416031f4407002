"""`python -m tools x subscribe`, `unsubscribe` and `status`: what X tells the webhook of, by which of its APIs."""

import argparse
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tools import command, output
from tools.output import Row
from tools.stack import Failure
from tools.x import deliveries
from tools.x.api import Refused
from tools.x.connection import ACCOUNT_ACTIVITY_ENDS, ALSO, SUMMONS, Connection, connect

AAA, XAA = "Account Activity API", "X Activity API"
COLUMNS = ["what", "state"]

SUBSCRIBE = f"""\
Subscribes the registered webhook to the account: by the Account Activity API (until it ends on {ACCOUNT_ACTIVITY_ENDS}) and by its successor, the
X Activity API, one subscription for each type of event. What is there already is left alone, so that it can be run again. Whatever both bring is
answered once.

The bot answers {' and '.join(SUMMONS)}; the other types only tell of themselves on the bus, and X's price is by event, so name
the wanted ones with --event-type where that matters. Private events are asked for in the account's name, by the keys in the secret; should X want
an OAuth 2.0 token of the account for one of them, the command says so, takes one from X_USER_TOKEN, and goes on with the rest."""


def add_to(own: Any) -> None:
    """Its three commands."""
    subscribe = command.add(own, "subscribe", _subscribe, "subscribe the webhook to the account",
                            "x subscribe\nx subscribe --api xaa --event-type post.mention.create --event-type post.quote.create", SUBSCRIBE)
    _add_what(subscribe)
    command.add_json(subscribe)

    unsubscribe = command.add(own, "unsubscribe", _unsubscribe, "end subscriptions; the webhook stays registered",
                              "x unsubscribe --api aaa\nx unsubscribe --event-type like.create --yes",
                              "What X would have delivered meanwhile is lost once it is older than 24 hours (x replay).")
    _add_what(unsubscribe)
    command.add_yes(unsubscribe)
    command.add_json(unsubscribe)

    status = command.add(own, "status", _status, "how the application is connected with X, and what each API has delivered",
                         "x status\nx status --json",
                         "Ends with status 1 where nobody who speaks to the bot is heard.")
    command.add_json(status)


def _add_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--api", choices=["both", "aaa", "xaa"], default="both", help=f"{AAA}, {XAA} (default both)")
    parser.add_argument("--event-type", action="append", metavar="TYPE",
                        help=f"of the {XAA} (and then of that one only); may be repeated (default: {', '.join((*SUMMONS, *ALSO))})")


def apis(choice: str, today: date, types: Any = None) -> list[str]:
    """Which of X's APIs to subscribe by."""
    if choice == "aaa" and today >= ACCOUNT_ACTIVITY_ENDS:
        raise Failure(f"The {AAA} has ended on {ACCOUNT_ACTIVITY_ENDS}: use --api xaa.")
    if choice == "aaa" and types:
        raise Failure(f"The {AAA} brings everything or nothing: it takes no --event-type.")
    return [api for api in ("aaa", "xaa") if choice in (api, "both") and (api == "xaa" or (today < ACCOUNT_ACTIVITY_ENDS))]


def follow_by_x_activity(x: Connection, webhook: str, types: Any) -> list[Row]:
    """Subscribes to each type that is not subscribed to; what came of each."""
    there = x.x_activity(webhook)
    return [{"what": event_type, "state": "there already" if event_type in there else _attempt(
        lambda event_type=event_type: x.account.follow_by_x_activity(event_type, x.user["id"], webhook))} for event_type in types]


def _subscribe(arguments: argparse.Namespace) -> int:
    chosen, types = apis(arguments.api, datetime.now(UTC).date(), arguments.event_type), arguments.event_type or (*SUMMONS, *ALSO)
    x = connect(arguments)
    webhook = x.webhook_id()
    names = " and ".join({"aaa": f"the {AAA}", "xaa": f"the {XAA} ({len(types)} types)"}[api] for api in chosen)
    output.note(f"Subscribes webhook {webhook} to @{x.user['username']} ({x.user['id']}), by {names}.")
    rows = [{"what": AAA, "state": _attempt(lambda: x.account.follow_by_account_activity(webhook))}] if "aaa" in chosen else []
    rows += follow_by_x_activity(x, webhook, types) if "xaa" in chosen else []
    output.show(rows, COLUMNS, arguments.json)
    taken = {row["what"] for row in rows if not row["state"].startswith("refused")}
    if len(taken) < len(rows):
        output.note(f"X refused {len(rows) - len(taken)} of {len(rows)} subscriptions.", "yellow")
    return 0 if AAA in taken or taken.issuperset(arguments.event_type or SUMMONS) else 1


def _attempt(subscribe: Any) -> str:
    try:
        subscribe()
    except Refused as refused:
        return "there already" if refused.reason.startswith("Duplicate") else f"refused: {refused}"
    return "subscribed"


def _unsubscribe(arguments: argparse.Namespace) -> int:
    x = connect(arguments)
    webhook = x.webhook_id()
    by_x_activity = {} if arguments.api == "aaa" else {
        event_type: each for event_type, each in x.x_activity(webhook).items() if event_type in (arguments.event_type or [event_type])}
    by_account_activity = arguments.api != "xaa" and not arguments.event_type and x.user["id"] in x.app.account_activity_users(webhook)
    rows = [{"what": AAA, "state": "ended"}] * by_account_activity + [{"what": event_type, "state": "ended"} for event_type in by_x_activity]
    if not rows:
        output.show([], COLUMNS, arguments.json)
        output.note("There is no such subscription: nothing to end.")
        return 0
    command.confirm(arguments, f"Ends {', '.join(str(row['what']) for row in rows)} of webhook {webhook}: X tells the bot no more of it.")
    if by_account_activity:
        x.app.unfollow_by_account_activity(webhook, x.user["id"])
    for each in by_x_activity.values():
        x.app.unfollow_by_x_activity(each["subscription_id"])
    output.show(rows, COLUMNS, arguments.json)
    return 0


def _status(arguments: argparse.Namespace) -> int:
    x = connect(arguments)
    url = x.stack.output("WebhookUrl")
    rows = [{"what": "account", "state": f"@{x.user['username']} ({x.user['id']})"}]
    webhook = next((each for each in x.app.webhooks() if each["url"] == url), None)
    if webhook is None:
        rows.append({"what": f"webhook {url}", "state": "not registered: python -m tools x webhook register"})
        output.show(rows, COLUMNS, arguments.json)
        return 1
    rows.append({"what": f"webhook {url}", "state": f"valid ({webhook['id']})" if webhook["valid"]
                 else "disabled by X: python -m tools x webhook validate"})
    both = x.user["id"] in x.app.account_activity_users(webhook["id"])
    types = x.x_activity(webhook["id"])
    missing = [event_type for event_type in SUMMONS if event_type not in types]
    ends = f"subscribed, until it ends on {ACCOUNT_ACTIVITY_ENDS}: python -m tools x migrate"
    rows.append({"what": AAA, "state": ends if both else "not subscribed"})
    rows.append({"what": XAA, "state": f"{len(types)} types subscribed" + (f", {' and '.join(missing)} not: python -m tools x subscribe --api xaa"
                                                                           if missing else "")})
    delivered = deliveries.since(x.stack, x.user["id"], datetime.now(UTC) - timedelta(days=1))
    for name, posts in ((AAA, delivered.account_activity), (XAA, delivered.x_activity)):
        latest = f", the last at {datetime.fromtimestamp(max(posts.values()) / 1000, UTC):%Y-%m-%d %H:%M} UTC" if posts else ""
        rows.append({"what": f"posts by the {name} in 24 hours", "state": f"{len(posts)}{latest}"})
    output.show(rows, COLUMNS, arguments.json)
    return 0 if webhook["valid"] and (both or not missing) else 1
