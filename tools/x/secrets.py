"""`python -m tools x secrets`: X's keys into the application's secret, once X has taken them."""

import argparse
import dataclasses
import getpass
import json
import os
import sys
from typing import Any

from tools import command, output
from tools.stack import Failure, Stack
from tools.x.api import Account, App, Keys

VARIABLES = {"ApiKey": "X_API_KEY", "ApiSecret": "X_API_SECRET", "AccessToken": "X_ACCESS_TOKEN", "AccessTokenSecret": "X_ACCESS_TOKEN_SECRET",
             "ClientSecret": "X_CLIENT_SECRET"}
NAMES = [field.name for field in dataclasses.fields(Keys) if field.default is dataclasses.MISSING]
OPTIONAL = "ClientSecret"

MORE = f"""\
The keys come from the environment ({', '.join(VARIABLES.values())}), or with --stdin from
standard input as JSON ({', '.join(VARIABLES)}); whatever is missing is asked for, and not shown. They are checked with
X before they are kept. ApiKey and ApiSecret are the app's (X calls them consumer key and secret too), AccessToken and AccessTokenSecret the
account's that the bot answers from, with the permission to write. {OPTIONAL} is wanted only where the X app has OAuth 2.0 set up: then X signs
what it delivers with it; without it ApiSecret does that. The one that is kept stays until another is given. X shows nobody whether a client secret
is right: the next challenge does (x webhook validate). The functions notice new keys within five minutes."""


def add_to(own: Any) -> None:
    """Its command."""
    setting = command.add(command.group(own, "secrets", "X's keys"), "set", _set, "check X's keys and keep them in the application's secret",
                          "x secrets set\nx secrets set --client-secret\nx secrets set --stdin < keys.json", MORE)
    setting.add_argument("--stdin", action="store_true", help="read the keys from standard input, as JSON")
    setting.add_argument("--client-secret", action="store_true", help=f"ask for {OPTIONAL} as well")
    command.add_json(setting)


def kept(stack: Stack) -> Keys:
    """The keys in the application's secret. Failure where they are not filled in."""
    value = _kept(stack)
    if not all(value.get(name) for name in NAMES):
        raise Failure("X's keys are not filled in. Do that first: python -m tools x secrets set")
    return Keys(**{name: str(value[name]) for name in VARIABLES if value.get(name)})


def x_url(stack: Stack) -> str:
    """Where X's API is for this stack."""
    return stack.parameters.get("XApiUrl") or "https://api.x.com"


def _kept(stack: Stack) -> dict[str, Any]:
    return _object(stack.client("secretsmanager").get_secret_value(SecretId=stack.output("TwitterSecretArn"))["SecretString"])


def _client_secret(stack: Stack) -> str:
    """The one that is kept; empty where there is none, or where the secret is no JSON object and waits to be mended."""
    try:
        return str(_kept(stack).get(OPTIONAL) or "")
    except Failure:
        return ""


def _set(arguments: argparse.Namespace) -> int:
    stack = command.stack_of(arguments)
    output.note(f"Keeps X's keys in the secret {stack.output('TwitterSecretArn')}, once X has taken them.")
    given = _given(arguments)
    keys = Keys(**({OPTIONAL: _client_secret(stack)} | given))
    account = Account(x_url(stack), keys).me()
    App(x_url(stack), keys).sign_in()
    value = {name: key for name, key in dataclasses.asdict(keys).items() if key}
    stack.client("secretsmanager").put_secret_value(SecretId=stack.output("TwitterSecretArn"), SecretString=json.dumps(value))
    output.show([{"account": account["username"], "BotUserId": account["id"]}], ["account", "BotUserId"], arguments.json)
    output.note("X takes the keys, and they are kept.")
    if stack.parameters.get("BotUserId") != account["id"]:
        output.note(f"The stack was deployed for the account {stack.parameters.get('BotUserId') or '(none)'}: deploy it again with"
                    f" --parameter-overrides BotUserId={account['id']}.", "yellow")
    output.note("Next, unless it is done: python -m tools x webhook register")
    return 0


def _given(arguments: argparse.Namespace) -> dict[str, str]:
    """The keys that were given; without ClientSecret where nobody said anything about it."""
    value = _object(sys.stdin.read()) if arguments.stdin else {}
    found = {name: str(value.get(name) or os.environ.get(variable, "")).strip() for name, variable in VARIABLES.items()}
    missing = [name for name in NAMES if not found[name]]
    if missing and (arguments.stdin or not sys.stdin.isatty()):
        raise Failure(f"Missing: {', '.join(missing)}. Set {', '.join(VARIABLES[name] for name in missing)}, or run this on a terminal.")
    for name in missing + [OPTIONAL] * arguments.client_secret:
        found[name] = getpass.getpass(f"{name}: ").strip()
    if not all(found[name] for name in NAMES):
        raise Failure("All four keys are needed. Nothing was changed.")
    if not found[OPTIONAL] and OPTIONAL not in value and not arguments.client_secret:
        del found[OPTIONAL]
    return found


def _object(text: str) -> dict[str, Any]:
    """JSON as an object. The failure does not quote it: it may be a secret."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Failure("The keys are not a JSON object.") from None
    return value
