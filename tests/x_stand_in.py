"""X's stand-in on a port of its own, for tests that need no more than it."""

import contextlib
from collections.abc import Iterator

from sandbox.x import Keys
from sandbox.x.server import Server
from tools.ports import free_port


@contextlib.contextmanager
def running(keys: Keys | None = None) -> Iterator[Server]:
    """Within it, X answers, and knows these keys."""
    server = Server(free_port(0), keys)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def emptied(server: Server) -> Server:
    """X with nothing posted, and no fault."""
    server.faults.clear()
    server.timeline.posts.clear()
    server.timeline.media.clear()
    return server
