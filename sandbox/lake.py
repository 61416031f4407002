"""SQL over the data lake, through Athena's own API."""

import time
from typing import Any

DATABASE = "messages-data-lake"

# As the article prints it.
ARTICLE_QUERY = """\
SELECT labels.name, COUNT(1) as Count
FROM "analysed-messages-table"
CROSS JOIN UNNEST(detail.analysis.images) as t(images)
CROSS JOIN UNNEST(images.analysis.labels) as t(labels)
WHERE "detail-type" = 'MESSAGE_ANALYSED'
GROUP BY labels.name
ORDER BY COUNT(1) DESC"""


class QueryFailed(RuntimeError):
    """Athena refused or failed the query; the message is its reason."""


def query(athena: Any, work_group: str, sql: str, seconds: float = 60) -> list[list[str]]:
    """The rows of a query's result, the column names first. Raises QueryFailed."""
    identifier = athena.start_query_execution(QueryString=sql, WorkGroup=work_group, QueryExecutionContext={"Database": DATABASE})["QueryExecutionId"]
    deadline = time.monotonic() + seconds
    while True:
        status = athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            rows = athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"]
            return [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in rows]
        if status["State"] in ("FAILED", "CANCELLED") or time.monotonic() > deadline:
            raise QueryFailed(status.get("StateChangeReason") or status["State"])
        time.sleep(0.05)
