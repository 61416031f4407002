"""SQL over the data lake, through Athena's own API."""

import time
from collections.abc import Callable
from typing import Any

DATABASE = "messages-data-lake"
SECONDS = 300


class QueryFailed(RuntimeError):
    """Athena refused, failed or cancelled the query; the message is its reason."""


def query(athena: Any, work_group: str, sql: str, seconds: float = SECONDS, tell: Callable[[str], None] = lambda state: None) -> list[list[str]]:
    """The rows of a query's result, the column names first. `tell` hears how it stands. Raises QueryFailed.

    However this ends, the query does not go on: what it would scan costs money.
    """
    identifier = athena.start_query_execution(QueryString=sql, WorkGroup=work_group, QueryExecutionContext={"Database": DATABASE})["QueryExecutionId"]
    state, deadline, pause = "QUEUED", time.monotonic() + seconds, 0.05
    try:
        while state in ("QUEUED", "RUNNING"):
            if time.monotonic() > deadline:
                raise QueryFailed(f"It took longer than {seconds:.0f} s.")
            time.sleep(pause)
            pause = min(1.5 * pause, 1.0)
            status = athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]
            state = status["State"]
            tell(state.lower())
    except BaseException:
        athena.stop_query_execution(QueryExecutionId=identifier)
        raise
    if state != "SUCCEEDED":
        raise QueryFailed(status.get("StateChangeReason") or state)
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=identifier)
    return [[cell.get("VarCharValue", "") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
