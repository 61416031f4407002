"""The e-mails that alerts and alarms sent; in the sandbox they go into a mailbox of the embedded AWS."""

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment

SHOWN = 100
SECONDS = 10


def routes() -> list[Route]:
    """The mailbox."""
    return [Route("/api/mails", _mails)]


async def _mails(request: Request) -> Response:
    """The latest e-mails, the latest first; on AWS they are in their subscribers' own mailboxes."""
    of = deployment.of(request)
    if of.read_only:
        return JSONResponse([])
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        answer = (await client.get(f"{of.aws_url}/_ministack/ses/messages")).raise_for_status().json()
    mails = [mail for mails in answer["messages"].values() for mail in mails]
    latest = sorted(mails, key=lambda mail: -mail["Timestamp"])[:SHOWN]
    return JSONResponse([{"id": mail["MessageId"], "t": mail["Timestamp"] * 1000, "to": mail["To"], "subject": mail["Subject"] or "",
                          "text": mail["BodyText"] or ""} for mail in latest])
