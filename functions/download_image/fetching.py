"""Fetches bytes from hosts that are allowed, and from no other, whatever a URL, a DNS answer or a redirect says."""

import ipaddress
import socket
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import urllib3

MAX_BYTES = 15 * 1024 * 1024  # Rekognition's limit for an object in S3
MAX_REDIRECTS = 2
SECONDS = 8.0  # for the whole download, so that a host that drips does not hold the message up


class ImageRefused(Exception):
    """The URL is not one that may be fetched: its scheme, host, port, address or redirect."""


class ImageNotFound(Exception):
    """The host has no such image (4xx)."""


class ImageTooLarge(Exception):
    """More bytes or pixels than are taken."""


class ImageHostUnavailable(Exception):
    """The host did not answer in time, or answered 429 or 5xx. The one error worth another attempt."""


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of a URL."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin":
        """The origin of a URL; ImageRefused where it has none."""
        try:
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
            host = (parts.hostname or "").rstrip(".").encode("idna").decode()
        except (ValueError, KeyError, UnicodeError) as error:
            raise ImageRefused("The URL is not an http(s) one.") from error
        if not host or parts.username is not None or parts.password is not None:
            raise ImageRefused("The URL has no host, or carries a user.")
        return cls(parts.scheme, host, port)


def fetch(url: str, allowed: str) -> bytes:
    """The bytes behind a URL.

    `allowed` is a list separated by commas: a host name stands for https on its port 443 at public addresses; a whole origin
    (`http://127.0.0.1:4567`) for exactly itself, at whatever address, since the operator wrote it. Redirects are followed within one origin.
    """
    deadline = time.monotonic() + SECONDS
    origin = Origin.of(url)
    for _ in range(MAX_REDIRECTS + 1):
        if Origin.of(url) != origin:
            raise ImageRefused("The host redirects elsewhere.")
        with _connect(origin, allowed) as pool:
            try:
                response = pool.request("GET", _target(url), headers={"Host": _host_header(origin)}, redirect=False, retries=False,
                                        preload_content=False, timeout=urllib3.Timeout(connect=2.0, read=_left(deadline)))
                if response.status in (301, 302, 303, 307, 308):
                    url = urljoin(url, response.headers.get("location", ""))
                    continue
                _check_status(response.status)
                return _read(response, deadline)
            except urllib3.exceptions.HTTPError as error:
                raise ImageHostUnavailable(type(error).__name__) from error
    raise ImageRefused("The host redirects too often.")


def _connect(origin: Origin, allowed: str) -> urllib3.HTTPConnectionPool:
    """A connection to an address that was looked at, so that a second DNS answer cannot lead elsewhere."""
    for entry in filter(None, (each.strip() for each in allowed.split(","))):
        if "://" in entry and Origin.of(entry) == origin:
            pool = urllib3.HTTPSConnectionPool if origin.scheme == "https" else urllib3.HTTPConnectionPool
            return pool(origin.host, origin.port)
        if "://" not in entry and origin == Origin("https", entry.lower(), 443):
            return urllib3.HTTPSConnectionPool(_public_address(origin.host), 443, server_hostname=origin.host, assert_hostname=origin.host)
    raise ImageRefused("The host is not an allowed one.")


def _public_address(host: str) -> str:
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise ImageHostUnavailable("The host's address could not be looked up.") from error
    for address in found:
        parsed = ipaddress.ip_address(address)
        if not parsed.is_global or parsed.is_multicast:
            raise ImageRefused("The host's address is not a public one.")
    return sorted(found, key=lambda address: ":" in address)[0]


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _host_header(origin: Origin) -> str:
    return origin.host if origin.port in (80, 443) else f"{origin.host}:{origin.port}"


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise ImageHostUnavailable("The host took too long.")
    return left


def _check_status(status: int) -> None:
    if status == 429 or status >= 500:
        raise ImageHostUnavailable(f"The host answered {status}.")
    if status != 200:
        raise ImageNotFound(f"The host answered {status}.")


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    chunks, size = [], 0
    while chunk := response.read1(64 * 1024):
        size += len(chunk)
        if size > MAX_BYTES:
            raise ImageTooLarge(f"The image has more than {MAX_BYTES} bytes.")
        chunks.append(chunk)
        _left(deadline)
    return b"".join(chunks)
