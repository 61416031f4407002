"""`python -m tools x`: what X's console makes tedious, by X's API v2: keys, the webhook, its subscriptions by both of X's APIs, replays."""

from typing import Any

from tools import command


def add_to(commands: Any) -> None:
    """Its commands."""
    from tools.x import migrate, replay, secrets, subscriptions, webhook  # each needs this package to be there

    own = command.group(commands, "x", "X: keys, webhook, subscriptions, replays")
    for module in (secrets, webhook, subscriptions, replay, migrate):
        module.add_to(own)
