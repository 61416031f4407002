"""Slack's end of an incoming webhook: takes what Slack takes, refuses what it refuses, with its own words.

Source: Slack developer documentation, "Sending messages using incoming webhooks", "Rate limits", "Section block", "Text object".
"""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.http_host import Answer, Host, body, status

PATH = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
LONGEST_TEXT = 3000  # characters of a section's text


class Channel:
    """A channel with an incoming webhook at `url`: what was posted to it, and how often it has yet to say that it is too much."""

    def __init__(self, host: Host) -> None:
        self.url = host.serves(self._answer, PATH)
        self.posts: list[dict[str, Any]] = []
        self.limited = 0
        self.removed = False
        self._host = host

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        self._verdict(handler.command, handler.headers.get("content-type", ""), self._host.bodies[-1])(handler)

    def _verdict(self, method: str, content_type: str, content: bytes) -> Answer:
        if self.removed:
            return body(b"no_service", code=404)
        if self.limited:
            self.limited -= 1
            return status(429, **{"Retry-After": "1"})
        try:
            post = json.loads(content)
        except ValueError:
            post = None
        if method != "POST" or not content_type.startswith("application/json") or not isinstance(post, dict):
            return body(b"invalid_payload", code=400)
        if not (post.get("text") or post.get("blocks")):
            return body(b"no_text", code=400)
        if not all(map(_is_section, post.get("blocks") or [])):
            return body(b"invalid_blocks", code=400)
        self.posts.append(post)
        return body(b"ok")


def _is_section(block: Any) -> bool:
    text = block.get("text") if isinstance(block, dict) and block.get("type") == "section" else None
    return (isinstance(text, dict) and text.get("type") in ("plain_text", "mrkdwn") and isinstance(text.get("text"), str)
            and 1 <= len(text["text"]) <= LONGEST_TEXT and text.keys() <= ({"type", "text", "emoji"} if text["type"] == "plain_text"
                                                                          else {"type", "text", "verbatim"}))
