"""Sends an event to an API destination over HTTP as EventBridge does: within five seconds, with the connection's authorisation.

401, 407, 409, 429 and 5xx are worth another attempt, 429 and 503 no sooner than the receiver says; any other refusal is final.
Source: Amazon EventBridge user guide, "API destinations as targets". How a dead letter names such a failure is not documented.
"""

import urllib.error
import urllib.request
from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import eventbridge

from sandbox.aws.dead_letters import NotDelivered

AGAIN = (401, 407, 409, 429)


def find(arn: str) -> dict[str, Any] | None:
    """A destination, which AWS's ARNs name with a further id behind the name."""
    found: dict[str, Any] | None = eventbridge._api_destinations.get(parse_arn(arn).resource.split("/")[1])
    return found


def send(target: dict[str, Any], event: dict[str, Any], body: str) -> None:
    """Sends a body to a target's destination. NotDelivered where nobody takes it."""
    destination = find(target["Arn"])
    connection = eventbridge._connections.get((destination or {}).get("ConnectionArn", "").split("/")[1]) if destination else None
    if destination is None or connection is None or connection["ConnectionState"] != "AUTHORIZED":
        raise NotDelivered("RESOURCE_NOT_FOUND", f"{target['Arn']} or its connection is not there, or not authorised.")
    parameters = eventbridge._resolve_http_parameters(target.get("HttpParameters") or {}, event)
    request = eventbridge._build_api_destination_request(destination, connection, parameters, body)
    authorisation = eventbridge._connection_auth_headers(connection, ("", "", connection["Name"]))
    headers = eventbridge._finalize_api_dest_headers({**request["headers"], **authorisation})
    try:
        with eventbridge._http_open(urllib.request.Request(request["url"], request["body"].encode(), headers, method=request["method"])):
            return
    except urllib.error.HTTPError as error:
        wait = error.headers.get("Retry-After", "")
        raise NotDelivered("SDK_CLIENT_ERROR", f"HTTP {error.code}: {error.read(200).decode(errors='replace')}",
                           retriable=error.code in AGAIN or error.code >= 500, after=float(wait) if wait.isdecimal() else 0) from error
    except (OSError, ValueError) as error:
        raise NotDelivered("SDK_CLIENT_ERROR", f"{type(error).__name__}: {error}", retriable=True) from error
