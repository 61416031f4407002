"""OAuth 1.0a as X checks it, by oauthlib's server side: key, token, signature, timestamp, and each nonce once."""

import time
from typing import Any

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, RequestValidator, ResourceEndpoint

from sandbox.x import Keys

CLOCK_SKEW = 300  # seconds


class Validator(RequestValidator):
    """Knows one application and one account."""

    allowed_signature_methods = (SIGNATURE_HMAC_SHA1,)
    enforce_ssl = False  # the sandbox's X is on plain HTTP at 127.0.0.1
    dummy_client = "dummy"
    dummy_access_token = "dummy"

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self._keys = keys
        self._nonces: dict[tuple[str, str], float] = {}

    def check_client_key(self, client_key: str) -> bool:
        """Any printable key may be looked up."""
        return client_key.isprintable()

    def check_access_token(self, request_token: str) -> bool:
        """Likewise any token."""
        return request_token.isprintable()

    def check_nonce(self, nonce: str) -> bool:
        """X takes nonces of any length."""
        return bool(nonce)

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        """Whether it is the application's."""
        return client_key == self._keys.api_key

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:
        """Whether it is the account's."""
        return token == self._keys.access_token

    def validate_timestamp_and_nonce(self, client_key: str, timestamp: str, nonce: str, request: Any,
                                     request_token: str | None = None, access_token: str | None = None) -> bool:
        """Whether the request is a recent one that has not been seen."""
        now = time.time()
        self._nonces = {key: seen for key, seen in self._nonces.items() if now - seen < 2 * CLOCK_SKEW}
        if abs(now - int(timestamp)) > CLOCK_SKEW or (timestamp, nonce) in self._nonces:
            return False
        self._nonces[timestamp, nonce] = now
        return True

    def validate_realms(self, client_key: str, token: str, request: Any, uri: str | None = None, realms: Any = None) -> bool:
        """X has no realms."""
        return True

    def get_client_secret(self, client_key: str, request: Any) -> str:
        """The consumer secret."""
        return self._keys.api_secret

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        """The account's token secret."""
        return self._keys.access_token_secret


class Verifier:
    """Says whether a request is signed as X wants it."""

    def __init__(self, keys: Keys) -> None:
        self._endpoint = ResourceEndpoint(Validator(keys))

    def is_signed(self, method: str, url: str, headers: dict[str, str], body: str | None) -> bool:
        """`body` is the form's text where the request is a form; any other body is not part of OAuth 1.0a's signature."""
        try:
            valid, _ = self._endpoint.validate_protected_resource_request(url, method, body, headers, [])
        except ValueError:  # a header, or a form, that is malformed
            return False
        return bool(valid)
