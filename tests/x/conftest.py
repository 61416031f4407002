"""X's stand-in on a port of its own, and a caller who signs as X wants it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from oauthlib import oauth1

from sandbox.x import Keys
from sandbox.x.server import Server
from tests import x_stand_in

Post = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One for all tests."""
    with x_stand_in.running() as server:
        yield server


@pytest.fixture
def x(server: Server) -> Server:
    """X with nothing posted, and no fault."""
    return x_stand_in.emptied(server)


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    """One for all tests: each makes a TLS context of its own, which takes longer than a test."""
    with httpx.Client() as client:
        yield client


@pytest.fixture
def post(x: Server, client: httpx.Client) -> Post:
    """`post("/2/tweets", json=…)`, signed; `keys` and `oauth` (of oauthlib's Client) to sign otherwise."""
    def send(path: str, keys: Keys | None = None, oauth: dict[str, Any] | None = None, headers: dict[str, str] | None = None,
             **content: Any) -> httpx.Response:
        _, signed, _ = oauth1.Client(*(keys or Keys()), **(oauth or {})).sign(x.url + path, "POST")
        return client.post(x.url + path, headers={**signed, **(headers or {})}, **content)
    return send
