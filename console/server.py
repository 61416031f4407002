"""Serves the console."""

from console.app import create
from console.deployment import Deployment
from tools.serving import Serving

PORT = 4590


class Server(Serving):
    """The console on a port of 127.0.0.1."""

    def __init__(self, of: Deployment, port: int) -> None:
        super().__init__(create(of), port, "The console")
