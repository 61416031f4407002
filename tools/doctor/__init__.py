"""`python -m tools doctor`: what is wrong with the deployed application, and what mends it."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from tools import command, output
from tools.doctor import at_the_door, at_x, inside
from tools.doctor.findings import FINE, LEFT_OUT, PROBLEM, Check, Finding, Patient
from tools.stack import Failure
from tools.x.api import Refused

SIGNS = {FINE: ("✓", "green"), PROBLEM: ("✗", "red"), LEFT_OUT: ("-", "dim")}

CHECKS: tuple[tuple[str, str, Check], ...] = (  # a name; whether it is of the whole application, and of X; the check
    ("secret", "whole", at_x.secret), ("keys", "x", at_x.keys), ("challenge", "whole", at_the_door.challenge),
    ("forgery", "whole", at_the_door.forgery), ("webhook", "x", at_x.webhook), ("bot", "", inside.bot), ("queues", "", inside.queues),
    ("alarms", "", inside.alarms), ("subscribers", "", inside.subscribers), ("logs", "", inside.logs), ("lake", "", inside.lake))

MORE = """\
Looks from outside, and changes nothing: X's keys and the account they belong to; the webhook's answer to a challenge, and to a forged delivery;
whether X holds it for valid and tells it who speaks to the account; the bot's language, dead letters, alarms, subscribers who have not confirmed,
logs, the lake's tables. Each finding comes with the command that mends it. Ends with status 1 where there is a problem."""


def add_to(commands: Any) -> None:
    """Its command."""
    doctor = command.add(commands, "doctor", _doctor, "what is wrong with the deployed application, and what mends it",
                         "doctor\ndoctor --offline\ndoctor --json | jq '.[] | select(.verdict == \"problem\")'", MORE)
    doctor.add_argument("--offline", action="store_true", help="do not ask X")
    command.add_json(doctor)


def _doctor(arguments: argparse.Namespace) -> int:
    patient = Patient(arguments)
    console, found = Console(highlight=False, soft_wrap=True, file=sys.stdout), []
    for finding in _findings(patient):
        found.append(finding)
        if not arguments.json:
            console.print(_line(finding))
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in found], indent=2, ensure_ascii=False))
    problems = sum(finding.verdict == PROBLEM for finding in found)
    fine = sum(finding.verdict == FINE for finding in found)
    output.note(f"{patient.stack.name}: {fine} fine, {problems} problem{'s' * (problems != 1)}"
                + (f", {len(found) - fine - problems} left out" if fine + problems < len(found) else "") + ".", "red" if problems else "green")
    return 1 if problems else 0


def _findings(patient: Patient) -> Iterator[Finding]:
    """What each check finds, one after the other. A check that cannot be made is a problem of its own."""
    for name, needs, check in CHECKS:
        if needs and not patient.whole:
            continue
        if needs == "x" and (patient.offline or not patient.keys):
            yield Finding(name, LEFT_OUT, "X is not asked (--offline)." if patient.offline else "Needs X's keys.")
            continue
        try:
            yield from check(patient)
        except Refused as refused:
            yield Finding(name, PROBLEM, str(refused).removesuffix(refused.what_to_do).strip(), refused.what_to_do)
        except (Failure, ClientError, BotoCoreError) as error:
            yield Finding(name, PROBLEM, f"Could not be checked: {error}")


def _line(finding: Finding) -> Text:
    sign, style = SIGNS[finding.verdict]
    line = Text.assemble((sign, style), f" {finding.check:<12} ", (finding.said, "dim" if finding.verdict == LEFT_OUT else ""))
    if finding.mend:
        line.append(f"\n  {'':<12} → {finding.mend}", "cyan")
    return line
