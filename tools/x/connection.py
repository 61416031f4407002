"""The deployed application's side of X: its app, its account, its webhook."""

import argparse
import functools
from datetime import date

from tools import command
from tools.stack import Failure, Stack
from tools.x import secrets
from tools.x.api import Account, App

ACCOUNT_ACTIVITY_ENDS = date(2027, 1, 1)
SUMMONS = ("post.mention.create", "post.quote.create")  # what the bot answers
ALSO = (  # what else ingress knows by name; a test compares the two
    "post.create", "post.reply.create", "post.repost.create", "post.delete", "like.create", "follow.follow", "follow.unfollow", "block.block",
    "block.unblock", "mute.mute", "mute.unmute", "dm.received", "dm.sent", "dm.indicate_typing", "dm.read", "oauth.revoke")


class Connection:
    """What a stack's secret lets one do on X."""

    def __init__(self, stack: Stack) -> None:
        self.stack, keys, url = stack, secrets.kept(stack), secrets.x_url(stack)
        self.app, self.account = App(url, keys), Account(url, keys)

    @functools.cached_property
    def user(self) -> dict[str, str]:
        """The account whose keys they are: `id`, `username`. Failure where the stack was deployed for another."""
        user = self.account.me()
        if self.stack.parameters.get("BotUserId", user["id"]) != user["id"]:
            raise Failure(f"The stack was deployed for the account {self.stack.parameters['BotUserId']}, and the keys are those of {user['id']}."
                          " Deploy it with that BotUserId, or set the other account's keys.")
        return user

    def webhook_id(self, given: str | None = None) -> str:
        """X's id of the stack's webhook, unless one is given. Failure where X does not know it."""
        if given:
            return given
        url = self.stack.output("WebhookUrl")
        found = [str(each["id"]) for each in self.app.webhooks() if each["url"] == url]
        if not found:
            raise Failure(f"No webhook is registered for {url}. Register it (x webhook register), or name another one by its id (x webhook list).")
        return found[0]

    def x_activity(self, webhook: str) -> dict[str, dict[str, str]]:
        """The subscriptions by which the X Activity API delivers the account's events to a webhook, by event type."""
        return {each["event_type"]: each for each in self.app.activity_subscriptions()
                if str(each.get("webhook_id")) == webhook and (each.get("filter") or {}).get("user_id") == self.user["id"]}


def connect(arguments: argparse.Namespace) -> Connection:
    """The connection of the stack that the arguments say."""
    return Connection(command.stack_of(arguments))
