"""`python -m tools webhook`: connects the deployed webhook with X, and looks after it."""

import argparse
from datetime import UTC, date, datetime
from typing import Any

from tools import command, output, secret
from tools.stack import Failure
from tools.x import Account, App, Refused

ACCOUNT_ACTIVITY_ENDS = date(2027, 1, 1)
SUMMONS = ("post.mention.create", "post.quote.create")  # what the bot answers
ALSO = (  # what else ingress knows by name; a test compares the two
    "post.create", "post.reply.create", "post.repost.create", "post.delete", "like.create", "follow.follow", "follow.unfollow", "block.block",
    "block.unblock", "mute.mute", "mute.unmute", "dm.received", "dm.sent", "dm.indicate_typing", "dm.read", "oauth.revoke")

REGISTER = f"""\
Registers the stack's webhook with X, which challenges it at once, and subscribes it to the account: by the Account Activity API (until it ends on
{ACCOUNT_ACTIVITY_ENDS}) and by its successor, the X Activity API, one subscription for each type of event. What is there already is left alone, so
that it can be run again. Whatever both bring is answered once.

The bot answers {' and '.join(SUMMONS)}; the other types only tell of themselves on the bus, and X's price is by event, so name
the wanted ones with --event-type where that matters. X lets an application subscribe to private events, such as direct messages, only
with the account's consent by OAuth 2.0: those are reported as refused, and the rest goes on."""


def add_to(commands: Any) -> None:
    """Its five commands."""
    own = command.group(commands, "webhook", "connect the webhook with X, and look after it")
    register = command.add(own, "register", _register, "register the webhook with X and subscribe it to the account",
                           "webhook register\nwebhook register --api xaa --event-type post.mention.create --event-type post.quote.create", REGISTER)
    register.add_argument("--url", help="the webhook's address (default: the stack's WebhookUrl; X wants https without a port)")
    register.add_argument("--api", choices=["both", "aaa", "xaa"], default="both", help="Account Activity API, X Activity API (default both)")
    register.add_argument("--event-type", action="append", metavar="TYPE",
                          help=f"of the X Activity API; may be repeated (default: {', '.join((*SUMMONS, *ALSO))})")
    command.add_json(register)

    listing = command.add(own, "list", _list, "the application's webhooks and what each is subscribed to", "webhook list\nwebhook list --json")
    command.add_json(listing)

    check = command.add(own, "check", _check, "have X challenge the webhook again, which enables one that X has disabled",
                        "webhook check", "X disables a webhook that answered its challenge wrongly, or not at all for 28 hours.")
    _add_webhook(check)
    delete = command.add(own, "delete", _delete, "delete the webhook and its subscriptions: X delivers nothing any more", "webhook delete")
    _add_webhook(delete)

    again = command.add(own, "replay", _replay, "have X deliver once more what it delivered, or failed to, in the last 24 hours",
                        "webhook replay --from 3h --to 2h\nwebhook replay --from 2026-11-25T09:00 --to 2026-11-25T09:30",
                        "For when the webhook was down. Nothing is answered twice. X takes spans of up to about two hours that end ten minutes ago or"
                        " earlier, in whole minutes; its word that it is done arrives at the webhook, as TWITTER_REPLAY_JOB_STATUS on the bus.")
    again.add_argument("--from", dest="start", required=True, type=command.time_argument, metavar="TIME", help="3h, 2026-11-25T09:00 (UTC)")
    again.add_argument("--to", dest="end", required=True, type=command.time_argument, metavar="TIME", help="likewise")
    _add_webhook(again)


def _add_webhook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", metavar="ID", help="X's id of the webhook (default: the one with the stack's address)")


def _register(arguments: argparse.Namespace) -> int:
    stack = command.stack_of(arguments)
    keys, url = secret.kept(stack), arguments.url or stack.output("WebhookUrl")
    app, account = App(secret.x_url(stack), keys), Account(secret.x_url(stack), keys)
    user = account.me()
    output.note(f"As @{user['username']} ({user['id']}).")
    if stack.parameters.get("BotUserId", user["id"]) != user["id"]:
        raise Failure(f"The stack was deployed for the account {stack.parameters['BotUserId']}, and the keys are those of {user['id']}."
                      " Deploy it with that BotUserId, or set the other account's keys.")
    webhook, state = _webhook_at(app, url)
    rows = [{"what": f"webhook {url}", "state": state, "id": webhook}]
    apis = _apis(arguments.api, datetime.now(UTC).date())
    if "aaa" in apis:
        rows.append({"what": "Account Activity API", "state": _attempt(lambda: account.follow_by_account_activity(webhook))})
    if "xaa" in apis:
        there = {each["event_type"] for each in app.activity_subscriptions()
                 if each.get("webhook_id") == webhook and each["filter"].get("user_id") == user["id"]}
        for event_type in arguments.event_type or (*SUMMONS, *ALSO):
            rows.append({"what": event_type, "state": "there already" if event_type in there else _attempt(
                lambda event_type=event_type: app.follow_by_x_activity(event_type, user["id"], webhook))})
    output.show(rows, ["what", "state", "id"], arguments.json)
    return _hears(rows, arguments.event_type or SUMMONS)


def _apis(choice: str, today: date) -> list[str]:
    """Which of X's APIs to subscribe by."""
    if choice == "aaa" and today >= ACCOUNT_ACTIVITY_ENDS:
        raise Failure(f"The Account Activity API has ended on {ACCOUNT_ACTIVITY_ENDS}: use --api xaa.")
    return [api for api in ("aaa", "xaa") if choice in (api, "both") and (api == "xaa" or today < ACCOUNT_ACTIVITY_ENDS)]


def _webhook_at(app: App, url: str) -> tuple[str, str]:
    """The id of the webhook of that address, and what was done about it."""
    for webhook in app.webhooks():
        if webhook["url"] == url:
            if webhook["valid"]:
                return str(webhook["id"]), "there already"
            app.check(webhook["id"])
            return str(webhook["id"]), "enabled again"
    return str(app.add_webhook(url)["id"]), "registered"


def _attempt(subscribe: Any) -> str:
    try:
        subscribe()
    except Refused as refused:
        return "there already" if refused.reason.startswith("Duplicate") else f"refused: {refused}"
    return "subscribed"


def _hears(rows: list[output.Row], wanted: Any) -> int:
    """The exit status: 0 where what is wanted is heard, by either API."""
    taken = {row["what"] for row in rows if not row["state"].startswith("refused")}
    if len(taken) < len(rows):
        output.note(f"X refused {len(rows) - len(taken)} of {len(rows) - 1} subscriptions.", "yellow")
    return 0 if "Account Activity API" in taken or taken.issuperset(wanted) else 1


def _list(arguments: argparse.Namespace) -> int:
    stack = command.stack_of(arguments)
    app = App(secret.x_url(stack), secret.kept(stack))
    subscriptions = app.activity_subscriptions()
    rows = []
    for webhook in app.webhooks():
        types = [each["event_type"] for each in subscriptions if each.get("webhook_id") == webhook["id"]]
        rows.append({**webhook, "account_activity": app.account_activity_users(webhook["id"]), "x_activity": types})
    output.show(rows, ["id", "url", "valid", "created_at", "account_activity", "x_activity"], arguments.json)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    app, webhook = _chosen(arguments)
    valid = app.check(webhook)
    output.note(f"Webhook {webhook} is {'valid' if valid else 'not valid: X delivers nothing to it'}.", "" if valid else "red")
    return 0 if valid else 1


def _delete(arguments: argparse.Namespace) -> int:
    app, webhook = _chosen(arguments)
    for subscription in app.activity_subscriptions():
        if subscription.get("webhook_id") == webhook:
            app.unfollow_by_x_activity(subscription["subscription_id"])
    app.delete_webhook(webhook)
    output.note(f"Webhook {webhook} is deleted.")
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    app, webhook = _chosen(arguments)
    start, end = (datetime.fromtimestamp(60 * minute, UTC) for minute in (arguments.start.timestamp() // 60, -(-arguments.end.timestamp() // 60)))
    job = app.replay(webhook, start, end)
    output.note(f"X delivers again what it delivered from {start:%H:%M} to {end:%H:%M} UTC (job {job})."
                " What comes of it: python -m tools events tail --follow")
    return 0


def _chosen(arguments: argparse.Namespace) -> tuple[App, str]:
    stack = command.stack_of(arguments)
    app = App(secret.x_url(stack), secret.kept(stack))
    if arguments.id:
        return app, str(arguments.id)
    url = stack.output("WebhookUrl")
    found = [str(each["id"]) for each in app.webhooks() if each["url"] == url]
    if not found:
        raise Failure(f"No webhook is registered for {url}. Register it (webhook register), or name another one by its id (webhook list).")
    return app, found[0]
