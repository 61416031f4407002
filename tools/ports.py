"""Ports of this machine."""

import contextlib
import socket

from tools.stack import Failure


def free_port(preferred: int) -> int:
    """The preferred port where it is free, else any other."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last one's closed connections do not hold the port
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise Failure("No port is free on 127.0.0.1.")
