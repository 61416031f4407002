"""Asks the deployed webhook over HTTP, as X does."""

from typing import Any

import requests

SECONDS = 15  # X itself waits ten


def ask(method: str, url: str, **content: Any) -> requests.Response | str:
    """The answer, redirections not followed; or why there is none, in a word."""
    try:
        return requests.request(method, url, timeout=SECONDS, allow_redirects=False, **content)
    except requests.RequestException as error:
        return type(error).__name__


def response_token(response: requests.Response) -> Any:
    """What a challenge is answered with; None where that is no such answer."""
    try:
        body = response.json()
    except ValueError:
        return None
    return body.get("response_token") if isinstance(body, dict) else None
