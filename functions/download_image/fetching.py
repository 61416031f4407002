"""Fetches bytes from hosts that are allowed, and from no other, whatever a URL, a DNS answer or a redirect says."""

import concurrent.futures
import contextlib
import functools
import http.client
import socket
import ssl
import time
from urllib.parse import quote, urljoin, urlsplit

import allowing
from allowing import ImageRefused, Origin

MAX_BYTES = 15 * 1024 * 1024  # Rekognition's limit for an object in S3
MAX_REDIRECTS = 2
SECONDS = 8.0  # for the whole download, so that a host that drips does not hold the message up
CHUNK = 64 * 1024
REDIRECTS = (301, 302, 303, 307, 308)
RETRYABLE = (408, 425, 429)


class ImageNotFound(Exception):
    """The host has no such image (4xx)."""


class ImageTooLarge(Exception):
    """More bytes or pixels than are taken."""


class ImageHostUnavailable(Exception):
    """The host did not answer in time, or answered 429 or 5xx. The one error worth another attempt."""


class PinnedConnection(http.client.HTTPSConnection):
    """HTTPS to one address that was looked at: no second DNS answer leads elsewhere, and the certificate has to be the host's."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(host, timeout=SECONDS, context=_tls())
        self._address = address

    def connect(self) -> None:
        """Connects to the address and checks the certificate against the host."""
        raw = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = _tls().wrap_socket(raw, server_hostname=self.host)


def fetch(url: str, allowed: str) -> bytes:
    """The bytes behind a URL, from hosts in `allowed` (as `allowing` has it). Redirects are followed within one origin.

    Raises ImageRefused, ImageNotFound, ImageTooLarge, ImageHostUnavailable.
    """
    worker = concurrent.futures.ThreadPoolExecutor(max_workers=1)
    try:  # from outside, since no socket's time-out bounds the DNS look-up or headers that drip
        return worker.submit(_follow, url, allowed, time.monotonic() + SECONDS).result(SECONDS)
    except concurrent.futures.TimeoutError as error:
        raise ImageHostUnavailable("The host took too long.") from error
    finally:
        worker.shutdown(wait=False)


def _follow(url: str, allowed: str, deadline: float) -> bytes:
    origin = Origin.of(url)
    for _ in range(MAX_REDIRECTS + 1):
        if Origin.of(url) != origin:
            raise ImageRefused("The host redirects elsewhere.")
        try:
            with contextlib.closing(_connection(origin, allowed)) as connection:
                connection.request("GET", _target(url), headers={"User-Agent": "serverless-message-analyser"})
                response = connection.getresponse()
                if response.status not in REDIRECTS:
                    _check_status(response.status)
                    return _read(response, deadline)
                url = _joined(url, response.getheader("location", ""))
        except (OSError, http.client.HTTPException) as error:
            raise ImageHostUnavailable(f"The connection failed: {type(error).__name__}.") from error
    raise ImageRefused("The host redirects too often.")


def _connection(origin: Origin, allowed: str) -> http.client.HTTPConnection:
    address = allowing.address(origin, allowed)
    if address:
        return PinnedConnection(origin.host, address)
    if origin.scheme == "https":
        return http.client.HTTPSConnection(origin.host, origin.port, timeout=SECONDS, context=_tls())
    return http.client.HTTPConnection(origin.host, origin.port, timeout=SECONDS)


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _target(url: str) -> str:
    parts = urlsplit(url)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~", errors="replace")
    return path + ("?" + quote(parts.query, safe="/%:@!$&'()*+,;=-._~?", errors="replace") if parts.query else "")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise ImageRefused("The host redirects to what is no URL.") from error


def _check_status(status: int) -> None:
    if status in RETRYABLE or status >= 500:
        raise ImageHostUnavailable(f"The host answered {status}.")
    if status != 200:
        raise ImageNotFound(f"The host answered {status}.")


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    content, declared = bytearray(), response.length
    while chunk := response.read1(CHUNK):
        content += chunk
        if len(content) > MAX_BYTES:
            raise ImageTooLarge(f"The image has more than {MAX_BYTES} bytes.")
        if time.monotonic() > deadline:
            raise ImageHostUnavailable("The host took too long.")
    if declared is not None and len(content) < declared:
        raise ImageHostUnavailable("The connection broke off.")
    return bytes(content)
