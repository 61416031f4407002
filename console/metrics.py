"""The dashboard's metrics, as CloudWatch has them."""

from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from tools import dashboard
from tools.stack import Failure, Stack

SPANS = {30: 60, 180: 300, 1440: 1800}  # minutes that are shown, and the seconds of a point of each
COUNTED = ("Sum", "SampleCount")  # statistics that add up, so that nothing heard is none


def routes() -> list[Route]:
    """The dashboard."""
    return [Route("/api/dashboard", _dashboard)]


async def _dashboard(request: Request) -> Response:
    """?minutes=30: each widget with its `title`, whether it is a `heading`, its `series`: `label`, and `values` at the `times` (seconds since 1970).

    Where a widget is `counted`, no value is none; else nothing was measured.
    """
    minutes = request.query_params.get("minutes", "30")
    if not minutes.isdecimal() or int(minutes) not in SPANS:
        raise HTTPException(400, f"minutes is one of {', '.join(map(str, SPANS))}.")
    return JSONResponse(await run_in_threadpool(_read, deployment.of(request).stack, int(minutes)))


def _read(stack: Stack, minutes: int) -> dict[str, Any]:
    period = SPANS[minutes]
    last = int(datetime.now(UTC).timestamp()) // period * period
    times = list(range(last - 60 * minutes + period, last + period, period))
    try:
        widgets = dashboard.read(stack, [datetime.fromtimestamp(time, UTC) for time in times], period)
    except Failure:  # there is none
        widgets = []
    return {"times": times, "period": period, "widgets": [
        {"title": widget.title, "heading": widget.kind != "metric", "counted": widget.statistic in COUNTED,
         "series": [{"label": label, "values": values} for label, values in widget.series.items()]}
        for widget in widgets]}
