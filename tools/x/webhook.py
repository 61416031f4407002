"""`python -m tools x webhook`: the deployed webhook at X."""

import argparse
from typing import Any

from tools import command, output
from tools.x.connection import connect


def add_to(own: Any) -> None:
    """Its four commands."""
    commands = command.group(own, "webhook", "the webhook that X delivers to")
    register = command.add(commands, "register", _register, "register the webhook with X, which challenges it at once",
                           "x webhook register", "One that is there already is left alone; one that X has disabled is challenged again.")
    register.add_argument("--url", help="the webhook's address (default: the stack's WebhookUrl; X wants https without a port)")
    command.add_json(register)

    listing = command.add(commands, "list", _list, "the X app's webhooks and what each is subscribed to", "x webhook list\nx webhook list --json")
    command.add_json(listing)

    validate = command.add(commands, "validate", _validate, "have X challenge the webhook again, which enables one that X has disabled",
                           "x webhook validate", "X disables a webhook that answered its challenge wrongly, or not at all for 28 hours.")
    add_id(validate)
    delete = command.add(commands, "delete", _delete, "delete the webhook and its subscriptions: X delivers nothing any more",
                         "x webhook delete\nx webhook delete 1146654567674912769 --yes")
    add_id(delete)
    command.add_yes(delete)


def add_id(parser: argparse.ArgumentParser) -> None:
    """An optional ID."""
    parser.add_argument("id", nargs="?", metavar="ID", help="X's id of the webhook (default: the one with the stack's address)")


def _register(arguments: argparse.Namespace) -> int:
    x = connect(arguments)
    url = arguments.url or x.stack.output("WebhookUrl")
    output.note(f"Registers {url} for @{x.user['username']} ({x.user['id']}); X asks it for the right answer to a challenge first.")
    there = next((each for each in x.app.webhooks() if each["url"] == url), None)
    if there is None:
        identifier, state = x.app.add_webhook(url)["id"], "registered"
    elif there["valid"]:
        identifier, state = there["id"], "there already"
    else:
        x.app.check(there["id"])
        identifier, state = there["id"], "enabled again"
    output.show([{"id": str(identifier), "url": url, "state": state}], ["id", "url", "state"], arguments.json)
    output.note("Next, unless it is done: python -m tools x subscribe")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    x = connect(arguments)
    subscriptions = x.app.activity_subscriptions()
    rows = []
    for webhook in x.app.webhooks():
        types = [each["event_type"] for each in subscriptions if each.get("webhook_id") == webhook["id"]]
        rows.append({**webhook, "account_activity": x.app.account_activity_users(webhook["id"]), "x_activity": types})
    output.show(rows, ["id", "url", "valid", "created_at", "account_activity", "x_activity"], arguments.json)
    return 0


def _validate(arguments: argparse.Namespace) -> int:
    x = connect(arguments)
    webhook = x.webhook_id(arguments.id)
    output.note(f"Has X challenge webhook {webhook}.")
    valid = x.app.check(webhook)
    output.note(f"Webhook {webhook} is {'valid' if valid else 'not valid: X delivers nothing to it'}.", "" if valid else "red")
    return 0 if valid else 1


def _delete(arguments: argparse.Namespace) -> int:
    x = connect(arguments)
    webhook = x.webhook_id(arguments.id)
    subscriptions = [each for each in x.app.activity_subscriptions() if str(each.get("webhook_id")) == webhook]
    users = x.app.account_activity_users(webhook)
    command.confirm(arguments, f"Deletes webhook {webhook}, {len(subscriptions)} subscriptions of the X Activity API and {len(users)} of the Account"
                               " Activity API: X delivers nothing any more. A new webhook gets another id.")
    for user in users:
        x.app.unfollow_by_account_activity(webhook, user)
    for subscription in subscriptions:
        x.app.unfollow_by_x_activity(subscription["subscription_id"])
    x.app.delete_webhook(webhook)
    output.note(f"Webhook {webhook} is deleted.")
    return 0
