"""Serves the console on 127.0.0.1, from a thread of its own."""

import threading

import uvicorn

from console.app import create
from console.deployment import Deployment

PORT = 4590
STOP_SECONDS = 2  # that an open stream may take to end


class Server:
    """The console on a port, which has to be free."""

    def __init__(self, of: Deployment, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._server = uvicorn.Server(uvicorn.Config(
            create(of), host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=STOP_SECONDS))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        """Serves; returns once requests are taken. RuntimeError where the port is taken."""
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            if not self._thread.is_alive():
                raise RuntimeError(f"The console could not listen on {self.url}.")

    def stop(self) -> None:
        """Ends the thread."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS + 3)
