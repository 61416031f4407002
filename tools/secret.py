"""`python -m tools secret`: X's four keys into the application's secret, once X has taken them."""

import argparse
import dataclasses
import getpass
import json
import os
import sys
from typing import Any

from tools import command, output
from tools.stack import Failure, Stack
from tools.x import Account, Keys

NAMES = [field.name for field in dataclasses.fields(Keys)]
VARIABLES = {"ApiKey": "X_API_KEY", "ApiSecret": "X_API_SECRET", "AccessToken": "X_ACCESS_TOKEN", "AccessTokenSecret": "X_ACCESS_TOKEN_SECRET"}

MORE = f"""\
The keys come from the environment ({', '.join(VARIABLES.values())}), or with --stdin from
standard input as JSON ({', '.join(NAMES)}); whatever is missing is asked for, and not shown. They are checked with
X before they are kept. ApiKey and ApiSecret are the application's (X calls them consumer key and secret too; ApiSecret signs what X
delivers), AccessToken and AccessTokenSecret the account's that the bot answers from, with the permission to write.
The functions notice new keys within five minutes."""


def add_to(commands: Any) -> None:
    """Its command."""
    own = command.group(commands, "secret", "X's keys")
    setting = command.add(own, "set", _set, "check X's four keys and keep them in the application's secret",
                          "secret set\nsecret set --stdin < keys.json", MORE)
    setting.add_argument("--stdin", action="store_true", help="read the keys from standard input, as JSON")
    command.add_json(setting)


def kept(stack: Stack) -> Keys:
    """The keys in the application's secret. Failure where they are not filled in."""
    value = _object(stack.client("secretsmanager").get_secret_value(SecretId=stack.output("TwitterSecretArn"))["SecretString"])
    if not all(value.get(name) for name in NAMES):
        raise Failure("X's keys are not filled in. Do that first: python -m tools secret set")
    return Keys(**{name: str(value[name]) for name in NAMES})


def x_url(stack: Stack) -> str:
    """Where X's API is for this stack."""
    return stack.parameters.get("XApiUrl") or "https://api.x.com"


def _set(arguments: argparse.Namespace) -> int:
    stack = command.stack_of(arguments)
    keys = _given(arguments.stdin)
    account = Account(x_url(stack), keys).me()
    stack.client("secretsmanager").put_secret_value(SecretId=stack.output("TwitterSecretArn"), SecretString=json.dumps(dataclasses.asdict(keys)))
    output.show([{"account": account["username"], "BotUserId": account["id"]}], ["account", "BotUserId"], arguments.json)
    output.note("X takes the keys, and they are kept.")
    if stack.parameters.get("BotUserId") != account["id"]:
        output.note(f"The stack was deployed for the account {stack.parameters.get('BotUserId') or '(none)'}: deploy it again with"
                    f" --parameter-overrides BotUserId={account['id']}.", "yellow")
    output.note("Next, unless it is done: python -m tools webhook register")
    return 0


def _given(from_stdin: bool) -> Keys:
    value = _object(sys.stdin.read()) if from_stdin else {}
    found = {name: str(value.get(name) or os.environ.get(variable, "")).strip() for name, variable in VARIABLES.items()}
    missing = [name for name in NAMES if not found[name]]
    if missing and (from_stdin or not sys.stdin.isatty()):
        raise Failure(f"Missing: {', '.join(missing)}. Set {', '.join(VARIABLES[name] for name in missing)}, or run this on a terminal.")
    for name in missing:
        found[name] = getpass.getpass(f"{name}: ").strip()
    if not all(found.values()):
        raise Failure("All four keys are needed. Nothing was changed.")
    return Keys(**found)


def _object(text: str) -> dict[str, Any]:
    """JSON as an object. The failure does not quote it: it may be a secret."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Failure("The keys are not a JSON object.") from None
    return value
