"""Serves an application on 127.0.0.1 from a thread of its own."""

import threading

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS = 2  # that an open stream may take to end


class Serving:
    """An ASGI application on a port, which has to be free; `name` is what errors call it."""

    def __init__(self, app: ASGIApp, port: int, name: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._name = name
        self._server = uvicorn.Server(uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=STOP_SECONDS))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        """Serves; returns once requests are taken. RuntimeError where the port is taken."""
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            if not self._thread.is_alive():
                raise RuntimeError(f"{self._name} could not listen on {self.url}.")

    def stop(self) -> None:
        """Ends the thread."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS + 3)
