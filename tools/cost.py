"""`python -m tools cost`: what messages cost a month, service by service, and what the article's application would cost."""

import argparse
import json
from collections import defaultdict
from typing import Any

from tools import bill, command, output
from tools.bill import ASSUMED, BY_DURATION, PRICES, WORK, Line

ARTICLE_GBP, ARTICLE_INFRASTRUCTURE_GBP = 1700, 130  # per million messages, as the article says
MILLION = 1_000_000
COLUMNS = ["service", "usd_per_message", "usd_per_month", "original_usd_per_month"]
ITEM_COLUMNS = ["service", "item", "per_message", "unit", "usd_per_unit", "usd_per_month"]

MORE = """\
The work of a message (calls, invocations, states, sizes, milliseconds) was measured in the sandbox: tools/work.json says when and how, and
`python -m benchmarks.work` measures it again. Prices with their sources and date are in tools/prices.json. The article's application is billed beside
it by the same code: its counts were measured too. It reads no bill and needs no account: AWS's Cost Explorer, by the stack's tags, tells what was
really paid."""


def add_to(commands: Any) -> None:
    """Its command."""
    parser = command.add(commands, "cost", _cost, "what messages cost, per service, per message and per month",
                         "cost\ncost --messages 1e6 --photos 0.5\ncost --items\ncost --json | jq .usd", MORE, stack=False)
    parser.add_argument("--messages", type=_number, default=MILLION, metavar="N", help="so many a month (default 1e6)")
    parser.add_argument("--photos", type=_share, default=0.2, metavar="SHARE", help="of the messages have a photo (default 0.2)")
    parser.add_argument("--region", default="us-east-1", help="whose prices (default us-east-1)")
    parser.add_argument("--items", action="store_true", help="each price, and how many units of it")
    command.add_json(parser)


def _number(text: str) -> int:
    try:
        number = float(text.replace("_", "").replace(",", ""))
    except ValueError:
        number = 0
    if not 1 <= number < float("inf") or number != int(number):
        raise argparse.ArgumentTypeError("a whole number, such as 50000 or 1e6")
    return int(number)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("a share from 0 to 1, such as 0.5")
    return share


def _cost(arguments: argparse.Namespace) -> int:
    mix = {"text": 1 - arguments.photos, "image": arguments.photos}
    lines, fixed = bill.bill(mix, arguments.messages, arguments.region), bill.fixed(arguments.region)
    article = bill.bill(mix, arguments.messages, arguments.region, bill.original())
    totals, others = _totals(lines, fixed), _totals(article, [])
    rows, items = _services(arguments, lines, fixed, article), _items(arguments, lines, fixed)
    said = [*_assumptions(lines, fixed), *_compared(arguments, lines, article, totals)]
    if arguments.json:
        print(json.dumps({"messages": arguments.messages, "photos": arguments.photos, "region": arguments.region, "usd": totals,
                          "original_usd": others, "services": rows, "lines": items, "assumptions": said}, indent=2, ensure_ascii=False))
        return 0
    if arguments.items:
        numbers = ("per_message", "usd_per_unit", "usd_per_month")
        output.show([{**row, **{name: _plain(row[name]) for name in numbers}} for row in items], ITEM_COLUMNS)
    else:
        rows += [{"service": name, "usd_per_message": totals[key] / arguments.messages, "usd_per_month": totals[key],
                  "original_usd_per_month": others[key]} for name, key in (("AWS in all", "AWS"), ("AWS and X", "everything"))]
        output.show([{"service": row["service"], **{name: _money(row[name]) for name in COLUMNS[1:]}} for row in rows], COLUMNS)
    for sentence in said:
        output.note(f"- {sentence}")
    return 0


def _totals(lines: list[Line], fixed: list[Line]) -> dict[str, float]:
    """A month's dollars: of the AI services, of everything else at AWS that goes by message, of what is there without any, of X, and together."""
    totals = {group: sum(line.usd for line in lines if line.group == group) for group in ("AI", "infrastructure", "X")}
    totals["fixed"] = sum(line.usd for line in fixed)
    totals["AWS"] = totals["AI"] + totals["infrastructure"] + totals["fixed"]
    return totals | {"everything": totals["AWS"] + totals["X"]}


def _services(arguments: argparse.Namespace, lines: list[Line], fixed: list[Line], article: list[Line]) -> list[dict[str, Any]]:
    """Each service, the dearest first; what is there without any message is in the month, not in the message."""
    month: dict[str, float] = defaultdict(float)
    message: dict[str, float] = defaultdict(float)
    others: dict[str, float] = defaultdict(float)
    for line in [*lines, *fixed]:
        month[line.service] += line.usd
    for line in lines:
        message[line.service] += line.usd / arguments.messages
    for line in article:
        others[line.service] += line.usd
    return [{"service": service, "usd_per_message": message[service], "usd_per_month": month[service], "original_usd_per_month": others[service]}
            for service in sorted(month.keys() | others.keys(), key=lambda service: -month[service])]


def _items(arguments: argparse.Namespace, lines: list[Line], fixed: list[Line]) -> list[dict[str, Any]]:
    return [{"service": line.service, "item": line.item, "per_message": line.units / arguments.messages if line in lines else None, "unit": line.unit,
             "usd_per_unit": line.usd_per_unit, "usd_per_month": line.usd} for line in [*lines, *fixed]]


def _plain(number: float | None) -> str:
    """A small number without an exponent."""
    return "" if number is None else f"{number:.12f}".rstrip("0").rstrip(".")


def _money(usd: float) -> str:
    return f"{usd:.2f}" if usd >= 1 else f"{usd:.8f}".rstrip("0").rstrip(".") or "0"


def _assumptions(lines: list[Line], fixed: list[Line]) -> list[str]:
    timed = sum(line.usd for line in lines if line.item in BY_DURATION)
    sources = {line.item: line for line in [*lines, *fixed]}
    unsure = sum(not (PRICES["x"] | next(iter(PRICES["aws"].values())))[item]["sure"] for item in sources)
    waiting = ", ".join(f"{name.removesuffix('Function')} {number}" for name, number in ASSUMED["waiting_milliseconds"].items())
    return [
        *(f"{kind}: {work['message']}." for kind, work in WORK["measured"].items()),
        f"Measured on {WORK['on']}: {WORK['how']}. A laptop's milliseconds are not Lambda's.",
        f"Assumed on top of them is the waiting for others: {waiting} ms each. What goes by duration is ${timed:,.2f} of this; cold starts are not"
        " in it.",
        f"Prices are those of {PRICES['checked']}, first tier, without free tier and taxes; {unsure} of {len(sources)} were looked up but not"
        " confirmed (tools/prices.json).",
        f"Also assumed: texts up to 300 characters, {ASSUMED['traced_share']:.0%} of messages traced, the lake compressed to a quarter and kept"
        f" {ASSUMED['lake_months']} months. A month includes alarms, custom metrics, dashboard and secret (${sum(line.usd for line in fixed):,.2f}).",
        "X: one event and one reply a message. A webhook that is subscribed to every type of event is charged for the account's own posts"
        " as well, and twice for a mention that is a reply.",
        "Not in it: alerts by e-mail, queries, retries, and the lake's small objects."]


def _compared(arguments: argparse.Namespace, lines: list[Line], article: list[Line], totals: dict[str, float]) -> list[str]:
    pounds = MILLION / arguments.messages / ASSUMED["usd_per_gbp"]
    step_functions, theirs = (sum(line.usd for line in bills if line.service == "Step Functions") * pounds for bills in (lines, article))
    return [
        "The original is the article's application, its counts measured (four functions and four events a message, 7 or 12 transitions of Standard"
        " workflows), its durations, memory and logs assumed; it has no alarms, claims, ledger or traces.",
        f"Its own article says £{ARTICLE_GBP} a million messages, £{ARTICLE_INFRASTRUCTURE_GBP} of it infrastructure, and names no mix; here"
        f" infrastructure is £{totals['infrastructure'] * pounds:.0f} a million, £{step_functions:.0f} of it Step Functions, which are"
        f" £{theirs:.0f} there (at an assumed ${ASSUMED['usd_per_gbp']} a pound)."]
