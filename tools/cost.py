"""`python -m tools cost`: what messages cost, item by item, and what is assumed."""

import argparse
import json
from typing import Any

from tools import bill, command, output
from tools.bill import ASSUMED, BY_DURATION, MEASURED, PRICES, Line

ARTICLE_GBP, ARTICLE_INFRASTRUCTURE_GBP = 1700, 130  # per million messages, as the article says
STANDARD_TRANSITION = 0.000025  # dollars; Step Functions' other kind of workflow, which the article's application has
ARTICLE_TRANSITIONS = {"text": 7, "image": 12}  # measured: its workflows' states for a message
MILLION = 1_000_000

MORE = """\
Counts are those of a deployed run in the sandbox, which a test repeats and compares (tools/work.json); prices with their sources and
date are in tools/prices.json. It reads no bill and needs no account: AWS's Cost Explorer, by the stack's tags, tells what was really paid."""


def add_to(commands: Any) -> None:
    """Its command."""
    parser = command.add(commands, "cost", _cost, "what messages cost, item by item",
                         "cost\ncost --messages 50000 --mix text=0.8,image=0.2\ncost --json | jq .usd", MORE, stack=False)
    parser.add_argument("--messages", type=_number, default=MILLION, metavar="N", help="for so many (default a million)")
    parser.add_argument("--mix", type=_mix, default="text=0.8,image=0.2", help="shares of the kinds of message (default text=0.8,image=0.2)")
    parser.add_argument("--region", default="us-east-1", help="whose prices (default us-east-1)")
    command.add_json(parser)


def _number(text: str) -> int:
    number = int(text.replace("_", "").replace(",", ""))
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _mix(text: str) -> dict[str, float]:
    try:
        mix = {kind.strip(): float(share) for kind, share in (part.split("=") for part in text.split(","))}
    except ValueError:
        raise argparse.ArgumentTypeError("write it as text=0.8,image=0.2") from None
    if not mix.keys() <= MEASURED.keys() or min(mix.values()) < 0 or abs(sum(mix.values()) - 1) > 1e-6:
        raise argparse.ArgumentTypeError(f"shares of {' and '.join(MEASURED)} that add up to 1")
    return mix


def _cost(arguments: argparse.Namespace) -> int:
    lines = bill.bill(arguments.mix, arguments.messages, arguments.region)
    totals = {group: sum(line.usd for line in lines if line.group == group) for group in ("AI", "infrastructure", "X")}
    totals |= {"AWS": totals["AI"] + totals["infrastructure"], "everything": sum(totals.values())}
    rows = [{"for": line.group, "item": line.item, "per_message": line.units / arguments.messages, "unit": line.unit,
             "usd_per_unit": line.usd_per_unit, "usd": line.usd} for line in lines]
    said = [*_assumptions(arguments, lines), *_compared(arguments, lines, totals)]
    if arguments.json:
        print(json.dumps({"messages": arguments.messages, "mix": arguments.mix, "region": arguments.region, "usd": totals, "lines": rows,
                          "assumptions": said}, indent=2))
        return 0
    rows += [{"for": "total", "item": group, "usd": usd} for group, usd in totals.items()]
    output.show([{**row, "per_message": _plain(row.get("per_message")), "usd_per_unit": _plain(row.get("usd_per_unit")), "usd": f"{row['usd']:.2f}"}
                 for row in rows], ["for", "item", "per_message", "unit", "usd_per_unit", "usd"])
    for sentence in said:
        output.note(f"- {sentence}")
    return 0


def _plain(number: Any) -> str:
    """A small number without an exponent."""
    return "" if number is None else f"{number:.12f}".rstrip("0").rstrip(".")


def _assumptions(arguments: argparse.Namespace, lines: list[Line]) -> list[str]:
    prices = bill.prices_of(arguments.region) | PRICES["x"]
    timed = sum(line.usd for line in lines if line.item in BY_DURATION)
    monthly = sum(line.usd for line in bill.fixed(arguments.region))
    unsure = sum(not prices[line.item]["sure"] for line in lines)
    return [
        *(f"{kind}: {MEASURED[kind]['message']}." for kind in arguments.mix),
        f"Prices are those of {arguments.region} on {PRICES['checked']}, first tier, without free tier and taxes;"
        f" {unsure} of {len(lines)} were looked up but not confirmed (tools/prices.json).",
        f"Durations are assumed (functions: {_listed(ASSUMED['function_milliseconds'])} ms; a message's workflows together:"
        f" {_listed(ASSUMED['workflow_milliseconds'])} ms in {ASSUMED['workflow_megabytes']} MB)."
        f" They make ${timed:,.2f} of this: twice as long, twice that. Cold starts come on top.",
        f"Also assumed: texts up to 300 characters, {ASSUMED['log_bytes_per_invocation']} bytes of log an invocation, a picture of 200 kB posted,"
        f" {ASSUMED['traced_share']:.0%} of messages traced, the lake compressed to a quarter and kept {ASSUMED['lake_months']} months.",
        "X: one event and one reply a message. A webhook that is subscribed to every type of event is charged for the account's own posts"
        " as well, and twice for a mention that is a reply.",
        f"Not in it: ${monthly:,.2f} a month whatever comes (alarms, custom metrics, dashboard, secret), alerts by e-mail, queries,"
        " retries, and the lake's small objects."]


def _compared(arguments: argparse.Namespace, lines: list[Line], totals: dict[str, float]) -> list[str]:
    pounds = MILLION / arguments.messages / ASSUMED["usd_per_gbp"]
    express = sum(line.usd for line in lines if line.item.startswith("express")) * pounds
    transitions = sum(share * ARTICLE_TRANSITIONS[kind] for kind, share in arguments.mix.items()) * MILLION
    standard = transitions * STANDARD_TRANSITION / ASSUMED["usd_per_gbp"]
    return [
        f"The article says £{ARTICLE_GBP} a million messages, £{ARTICLE_INFRASTRUCTURE_GBP} of it infrastructure;"
        f" this is £{totals['AWS'] * pounds:.0f} on AWS, £{totals['infrastructure'] * pounds:.0f} of it infrastructure"
        f" (at an assumed ${ASSUMED['usd_per_gbp']} a pound). It names no mix, and X's API was free of charge then, so that only the"
        " infrastructure can be compared: the AI calls for a message are much the same ones.",
        f"What differs most: its Standard workflows are £{standard:.0f} in state transitions at today's price and this mix,"
        f" the Express workflows here £{express:.0f}. This application adds what that one lacks: an archive, Parquet, claims and a ledger,"
        " traces."]


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name.removesuffix('Function')} {value}" for name, value in values.items())
