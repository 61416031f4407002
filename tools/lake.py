"""`python -m tools lake`: SQL over the data lake."""

import argparse
from collections.abc import Iterator
from typing import Any

from tools import athena, command, output
from tools.stack import Failure, Stack


def add_to(commands: Any) -> None:
    """Its two commands."""
    own = command.group(commands, "lake", "ask the data lake in SQL")
    query = command.add(
        own, "query", _query, "run SQL, or a saved query, and print the rows",
        "lake query 'SELECT day, COUNT(*) AS messages FROM \"analysed-messages-table\" GROUP BY day'\n"
        "lake query --saved 'Sentiment by day'\nlake query --saved 'Labels and how often they were seen' --json",
        "Tables: \"analysed-messages-table\" (a row for each MESSAGE_ANALYSED, in columns) and events (every event; say which detail_type).\n"
        "The work group cancels a query that would scan too much. Athena's price is by what it scans: name a day where you can.")
    query.add_argument("sql", nargs="?", metavar="SQL")
    query.add_argument("--saved", metavar="NAME", help="a saved query by its name, or the beginning of it")
    command.add_json(query)
    listing = command.add(own, "saved", _saved, "the saved queries", "lake saved")
    command.add_json(listing)


def _query(arguments: argparse.Namespace) -> int:
    if bool(arguments.sql) == bool(arguments.saved):
        raise Failure("Give either SQL or --saved NAME; `python -m tools lake saved` lists the saved queries.")
    stack = command.stack_of(arguments)
    sql = arguments.sql or _named(stack, arguments.saved)["QueryString"]
    try:
        with output.progress("Asking Athena") as progress:
            names, *rows = athena.query(stack.client("athena"), stack.output("AthenaWorkGroup"), sql, tell=progress.tell)
    except athena.QueryFailed as failure:
        raise Failure(f"The query failed: {failure}") from failure
    columns = [name if names.count(name) == 1 else f"{name}_{number}" for number, name in enumerate(names, 1)]
    output.show([dict(zip(columns, row, strict=True)) for row in rows], columns, arguments.json)
    return 0


def _saved(arguments: argparse.Namespace) -> int:
    queries = list(saved(command.stack_of(arguments)))
    output.show([{"name": each["Name"], "sql": " ".join(each["QueryString"].split())} for each in queries], ["name", "sql"], arguments.json)
    return 0


def _named(stack: Stack, name: str) -> dict[str, Any]:
    queries = list(saved(stack))
    found = [each for each in queries if each["Name"].lower().startswith(name.lower())]
    if len(found) != 1:
        raise Failure(f"{len(found) or 'No'} saved queries begin with “{name}”. There are: {'; '.join(each['Name'] for each in queries)}.")
    return found[0]


def saved(stack: Stack) -> Iterator[dict[str, Any]]:
    """The saved queries, as Athena gives them."""
    client = stack.client("athena")
    for page in client.get_paginator("list_named_queries").paginate(WorkGroup=stack.output("AthenaWorkGroup")):
        for identifier in page["NamedQueryIds"]:
            yield client.get_named_query(NamedQueryId=identifier)["NamedQuery"]
