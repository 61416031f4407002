"""MiniStack has no requests of ours: what is under `/_sandbox/` goes to `sandbox.aws.routes`."""

from typing import Any

from ministack import app

from sandbox.aws import faults, routes, used, workers
from sandbox.aws.patching import Function, patch


def install() -> None:
    """Answers them before AWS's own API is asked."""
    for module in (faults, used, workers):
        module.serve()

    @patch(app, "_handle_post_body_shortcuts", "950ae5cb53a4")
    async def handle_post_body_shortcuts(
            original: Function, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]], request_id: str) -> Any:
        if path.startswith(routes.PREFIX):
            return routes.answer(method, path, query, body, headers.get("origin", ""))
        return await original(method, path, headers, body, query, request_id)
