"""What the embedded AWS answers beside AWS's own API, under `/_sandbox/`: for tests and for those who play with it."""

import json
from collections.abc import Callable
from typing import Any

Query = dict[str, str]
Handler = Callable[[Query, dict[str, Any]], Any]
Response = tuple[int, dict[str, str], bytes]

PREFIX = "/_sandbox/"

_handlers: dict[tuple[str, str], Handler] = {}


def add(method: str, name: str, handler: Handler) -> None:
    """`handler(query, body)` answers a method of `/_sandbox/<name>`; what it returns is sent as JSON."""
    _handlers[method, name] = handler


def answer(method: str, path: str, query: dict[str, list[str]], body: bytes, origin: str) -> Response:
    """The response to a request for a path under PREFIX. What another site's page sends is refused."""
    if origin:
        return _json(403, {"message": "Requests from other sites are refused."})
    handler = _handlers.get((method, path.removeprefix(PREFIX)))
    if handler is None:
        return _json(404, {"message": f"There is no {method} {path}."})
    try:
        return _json(200, handler({name: values[-1] for name, values in query.items()}, json.loads(body or b"{}")))
    except (ValueError, TypeError, LookupError) as error:
        return _json(400, {"message": str(error)})


def _json(status: int, value: Any) -> Response:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()
