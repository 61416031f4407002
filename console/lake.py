"""Asking the lake: the saved queries, and any other SQL that only reads."""

import time
from typing import Any

import sqlglot
from sqlglot import expressions
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from console.requests import body_of
from tools import athena
from tools.stack import Stack

MOST = 2_000  # rows that a page gets
READS = (expressions.Query, expressions.Show, expressions.Describe)


def routes() -> list[Route]:
    """The saved queries, and the answer to one."""
    return [Route("/api/queries", _saved), Route("/api/query", _query, methods=["POST"])]


async def _saved(request: Request) -> Response:
    stack = deployment.of(request).stack
    queries = await run_in_threadpool(lambda: list(athena.saved(stack.client("athena"), stack.output("AthenaWorkGroup"))))
    return JSONResponse([{"name": each["Name"], "description": each.get("Description") or "", "sql": each["QueryString"].strip()}
                         for each in queries])


async def _query(request: Request) -> Response:
    """{"sql"} → its `columns` and `rows`, how many there were `in_all`, and the `seconds` that it took; or what is wrong with it as `error`."""
    sql = str((await body_of(request)).get("sql") or "").strip().rstrip(";")
    if not reads_only(sql):
        return JSONResponse({"error": "The console runs one statement that reads: SELECT, WITH, SHOW or DESCRIBE."})
    try:
        return JSONResponse(await run_in_threadpool(_asked, deployment.of(request).stack, sql))
    except athena.QueryFailed as failure:
        return JSONResponse({"error": str(failure)})


def reads_only(sql: str) -> bool:
    """Whether a text is one statement that changes nothing. What cannot be parsed is taken for one by how it begins: Athena says what is wrong."""
    try:
        statements = sqlglot.parse(sql, read="athena")
    except sqlglot.errors.SqlglotError:
        return ";" not in sql and sql.upper().startswith(("SELECT", "WITH", "SHOW", "DESCRIBE"))
    if len(statements) != 1 or statements[0] is None:
        return False
    kind = statements[0]
    return isinstance(kind, READS) or (isinstance(kind, expressions.Command) and sql.upper().startswith(("SHOW", "DESCRIBE")))


def _asked(stack: Stack, sql: str) -> dict[str, Any]:
    started = time.perf_counter()
    columns, *rows = athena.query(stack.client("athena"), stack.output("AthenaWorkGroup"), sql)
    return {"columns": columns, "rows": rows[:MOST], "in_all": len(rows), "seconds": time.perf_counter() - started}
