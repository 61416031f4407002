"""SQL over the data lake, through Athena's own API."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

DATABASE = "messages-data-lake"
SECONDS = 300
NUMBERS = {"tinyint": int, "smallint": int, "integer": int, "bigint": int, "float": float, "real": float, "double": float, "decimal": float}


class QueryFailed(RuntimeError):
    """Athena refused, failed or cancelled the query; the message is its reason."""


@dataclass(frozen=True)
class Answer:
    """What a query found: its columns, their types by Athena's names, a row of texts each (None where there is no value), and what it took."""

    columns: list[str]
    types: list[str]
    rows: list[list[str | None]]
    scanned: int  # bytes
    seconds: float

    def values(self) -> list[list[Any]]:
        """The rows with numbers as numbers."""
        return [[value if value is None else NUMBERS.get(kind, str)(value) for value, kind in zip(row, self.types, strict=True)]
                for row in self.rows]


def run(athena: Any, work_group: str, sql: str, database: str = DATABASE, seconds: float = SECONDS,
        tell: Callable[[str], None] = lambda state: None) -> Answer:
    """Runs a query to its end. `tell` hears how it stands. Raises QueryFailed.

    However this ends, the query does not go on: what it would scan costs money.
    """
    identifier = athena.start_query_execution(QueryString=sql, WorkGroup=work_group, QueryExecutionContext={"Database": database})["QueryExecutionId"]
    state, deadline, pause = "QUEUED", time.monotonic() + seconds, 0.05
    try:
        while state in ("QUEUED", "RUNNING"):
            if time.monotonic() > deadline:
                raise QueryFailed(f"It took longer than {seconds:.0f} s.")
            time.sleep(pause)
            pause = min(1.5 * pause, 1.0)
            execution = athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
            state = execution["Status"]["State"]
            tell(state.lower())
    except BaseException:
        athena.stop_query_execution(QueryExecutionId=identifier)
        raise
    if state != "SUCCEEDED":
        raise QueryFailed(execution["Status"].get("StateChangeReason") or state)
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=identifier))
    columns = pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    if execution.get("StatementType") == "DML":  # others have no line of column names
        rows = rows[1:]
    statistics = execution.get("Statistics", {})
    return Answer([column["Name"] for column in columns], [column["Type"] for column in columns], rows,
                  statistics.get("DataScannedInBytes", 0), statistics.get("TotalExecutionTimeInMillis", 0) / 1000)


def query(athena: Any, work_group: str, sql: str, database: str = DATABASE) -> list[list[str]]:
    """The rows of a query's result as texts, the column names first. Raises QueryFailed."""
    answer = run(athena, work_group, sql, database)
    return [answer.columns, *([value or "" for value in row] for row in answer.rows)]


def saved(athena: Any, work_group: str) -> Iterator[dict[str, str]]:
    """The work group's saved queries as Athena describes them: `Name`, `Description`, `Database`, `QueryString` and more."""
    for page in athena.get_paginator("list_named_queries").paginate(WorkGroup=work_group):
        for identifier in page["NamedQueryIds"]:
            yield athena.get_named_query(NamedQueryId=identifier)["NamedQuery"]
