"""`python -m tools query`: questions to the data lake, in SQL or by the name of a saved query."""

import argparse
import re
from typing import Any

from tools import athena, charts, command, output
from tools.athena import DATABASE, Answer
from tools.stack import Failure, Stack

SQL = re.compile(r"\s*(\(|(select|with|values|show|describe|explain)\s)", re.IGNORECASE)
MORE = """\
Tables: "analysed-messages-table" (a row for each MESSAGE_ANALYSED, in columns) and events (every event; say which detail_type). The work
group cancels a query that would scan too much. Athena's price is by what it scans: name a day where you can. Without a query, the saved
ones are listed."""


def add_to(commands: Any) -> None:
    """Its command."""
    parser = command.add(
        commands, "query", _query, "ask the data lake, in SQL or by the name of a saved query",
        "query\nquery 'Sentiment by day'\nquery top-labels --plot labels.png\n"
        "query 'SELECT day, count(*) AS messages FROM \"analysed-messages-table\" GROUP BY day' --json", MORE)
    parser.add_argument("query", nargs="?", metavar="NAME|SQL", help="a saved query by its name, or the beginning of it; or SQL")
    parser.add_argument("--list", action="store_true", help="list the saved queries, each with what it tells; with --json their SQL too")
    parser.add_argument("--csv", action="store_true", help="print CSV, on a terminal too")
    command.add_json(parser)
    parser.add_argument("--plot", metavar="FILE.png", help="draw the answer instead of printing it")


def _query(arguments: argparse.Namespace) -> int:
    stack = command.stack_of(arguments)
    if arguments.list or not arguments.query:
        return _list(stack, arguments)
    name, sql, database = "", arguments.query, stack.parameters.get("DatabaseName", DATABASE)
    if not SQL.match(sql):
        found = named(stack, arguments.query)
        name, sql, database = found["Name"], found["QueryString"], found["Database"]
    try:
        with output.progress("Asking Athena") as progress:
            answer = athena.run(stack.client("athena"), stack.output("AthenaWorkGroup"), sql, database, tell=progress.tell)
    except athena.QueryFailed as failure:
        raise Failure(f"The query failed: {failure}") from failure
    if arguments.plot:
        charts.draw(name, answer, arguments.plot)
        output.note(f"Drawn: {arguments.plot}")
    else:
        _show(answer, arguments)
    output.note(f"{len(answer.rows)} row{'s' * (len(answer.rows) != 1)}; {_size(answer.scanned)} scanned in {answer.seconds:.1f} s.")
    return 0


def _show(answer: Answer, arguments: argparse.Namespace) -> None:
    columns = [name if answer.columns.count(name) == 1 else f"{name}_{number}" for number, name in enumerate(answer.columns, 1)]
    output.show([dict(zip(columns, row, strict=True)) for row in answer.values()], columns, arguments.json, arguments.csv)


def _size(size: float) -> str:
    units = ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.3g} {units[0]}"


def _list(stack: Stack, arguments: argparse.Namespace) -> int:
    queries = sorted(athena.saved(stack.client("athena"), stack.output("AthenaWorkGroup")), key=lambda each: each["Name"])
    rows = [{"name": each["Name"], "description": each.get("Description", ""), "sql": each["QueryString"]} for each in queries]
    output.show(rows, ["name", "description", *(["sql"] if arguments.json else [])], arguments.json, arguments.csv)
    return 0


def named(stack: Stack, name: str) -> dict[str, str]:
    """The saved query that has this name, or whose name begins so; `top-labels` is as good as `Top labels`. Failure where there is not one."""
    queries = list(athena.saved(stack.client("athena"), stack.output("AthenaWorkGroup")))
    found = [each for each in queries if _plain(each["Name"]) == _plain(name)] or [
        each for each in queries if _plain(each["Name"]).startswith(_plain(name))]
    if len(found) != 1:
        names = "; ".join(sorted(each["Name"] for each in queries))
        raise Failure(f"{len(found) or 'No'} saved queries begin with “{name}”, and it is no SELECT. There are: {names}.")
    return found[0]


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().lower()
