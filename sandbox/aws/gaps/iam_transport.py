"""The embedded AWS speaks HTTP on the loopback interface, so that every policy that asks for TLS would refuse every caller."""

from ministack import app

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Counts a request over the loopback interface as one over TLS."""

    @patch(app, "pin_request_origin", "de819c1bd9ac")
    def pin_request_origin(original: Function, source_ip: str, secure_transport: bool) -> None:
        original(source_ip, True)
