"""A real HTTP server on 127.0.0.1 that answers each path as it is told, well or badly."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


class Host:
    """Answers 404 to a path that it was not told of. `asked` holds the paths, `bodies` and `callers` (the client's port) of each request too."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.callers: list[int] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                host.asked.append(self.path)
                host.callers.append(self.client_address[1])
                host.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                with contextlib.suppress(OSError):  # the client hung up, as it should
                    host.answers.get(self.path, status(404))(self)

            do_POST = do_GET

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def serves(self, answer: Answer, path: str = "/photo.jpg") -> str:
        """Has a path answer so; returns its URL."""
        self.answers[path] = answer
        return self.origin + path

    def stop(self) -> None:
        """Refuses connections from here on."""
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def running() -> Iterator[Host]:
    """A host for as long as the block lasts."""
    host = Host()
    try:
        yield host
    finally:
        host.stop()


def body(content: bytes, declared: int | None = None, code: int = 200) -> Answer:
    """These bytes, and a Content-Length that may lie."""
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", str(len(content) if declared is None else declared))
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = declared is not None
    return answer


def status(code: int, **headers: str) -> Answer:
    """A status without a body."""
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
    return answer


def dripping(before: bytes, drop: bytes) -> Answer:
    """Raw bytes, then drop after drop for five seconds."""
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(before)
        for _ in range(100):
            handler.wfile.write(drop)
            handler.wfile.flush()
            time.sleep(0.05)
        handler.close_connection = True
    return answer


def endless(piece: bytes = b"\xff" * 1_000_000, limit: int = 200_000_000) -> tuple[Answer, list[int]]:
    """A body without an end, and a list that grows by the bytes that were sent."""
    sent: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        handler.close_connection = True
        while sum(sent) < limit:
            handler.wfile.write(piece)
            sent.append(len(piece))
    return answer, sent


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    """Closes the connection without a word."""
    handler.close_connection = True
