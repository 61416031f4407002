"""What the messages so far would have cost on AWS and X, by the measured work of a message and their prices."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from console.events import Feed
from tools import bill

ELSEWHERE = "us-east-1"  # whose prices are taken where those of the region are not known


def routes() -> list[Route]:
    """The bill."""
    return [Route("/api/cost", _cost)]


async def _cost(request: Request) -> Response:
    """The bill of the messages that this console has seen: `lines`, and `usd` for AWS's AI, the rest of AWS, and X."""
    feed: Feed = request.app.state.feed
    region = deployment.of(request).stack.client("events").meta.region_name
    return JSONResponse(billed(dict(feed.messages), region if region in bill.PRICES["aws"] else ELSEWHERE))


def billed(messages: dict[str, int], region: str) -> dict[str, Any]:
    """The bill of so many messages of each kind."""
    whole = sum(messages.values())
    lines = bill.bill({kind: number / whole for kind, number in messages.items()}, whole, region) if whole else []
    return {
        "messages": messages, "region": region, "checked": bill.PRICES["checked"],
        "usd": {group: sum(line.usd for line in lines if line.group == group) for group in ("AI", "infrastructure", "X")},
        "lines": [{"item": line.item, "group": line.group, "units": line.units, "unit": line.unit, "usd": line.usd} for line in lines]}
