"""Which hosts may be asked, and at which of their addresses."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

# Public by their range, but an IPv4 address, perhaps a private one, is what they lead to: NAT64, 6to4 and IPv4-compatible addresses.
CARRIERS = tuple(ipaddress.ip_network(range_) for range_ in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96", "::ffff:0:0/96"))


class ImageRefused(Exception):
    """The URL is not one that may be fetched: its scheme, host, port, address or redirect."""


@dataclass(frozen=True)
class Origin:
    """Scheme, host (lower case, ASCII, without a final dot) and port of a URL."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin":
        """The origin of a URL; ImageRefused where it has none."""
        try:
            parts = urlsplit(url)
            default = {"http": 80, "https": 443}[parts.scheme]
            port = default if parts.port is None else parts.port
            host = (parts.hostname or "").rstrip(".").encode("idna").decode().lower()
        except (ValueError, KeyError) as error:
            raise ImageRefused("The URL is not an http(s) one.") from error
        if not host or parts.username is not None or parts.password is not None:
            raise ImageRefused("The URL has no host, or carries a user.")
        return cls(parts.scheme, host, port)


def address(origin: Origin, allowed: str) -> str | None:
    """The address to connect to; None where the operator allowed the origin at whatever address it has. ImageRefused for all others.

    `allowed` is a list separated by commas. A host's name stands for https on port 443 at public addresses; a whole origin
    (`http://127.0.0.1:4567`) for exactly itself.
    """
    for entry in filter(None, (each.strip() for each in allowed.split(","))):
        if "://" in entry and Origin.of(entry) == origin:
            return None
        if "://" not in entry and origin == Origin("https", entry.lower(), 443):
            return _public_address(origin.host)
    raise ImageRefused("The host is not an allowed one.")


def _public_address(host: str) -> str:
    """One of the host's addresses, IPv4 first as Lambda's network is; every one has to be public. OSError where there is none."""
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    if not all(_is_public(each) for each in found):
        raise ImageRefused("The host's address is not a public one.")
    return min(found, key=lambda each: (":" in each, each))


def _is_public(text: str) -> bool:
    parsed = ipaddress.ip_address(text)
    return parsed.is_global and not parsed.is_multicast and not any(parsed in carrier for carrier in CARRIERS)
