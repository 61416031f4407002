"""Replaces functions of MiniStack, and only of the MiniStack that the replacement was written for.

The replaced functions are private, so nothing promises that they stay as they are: each patch names the digest of the source that it was
written against, and an unexpected source stops the sandbox with a word on what to look at.
"""

import functools
import hashlib
import inspect
from collections.abc import Callable, MutableMapping
from types import ModuleType
from typing import Any

Function = Callable[..., Any]


class UpstreamChanged(RuntimeError):
    """MiniStack is not the one that a patch was written for."""


def digest(function: Function) -> str:
    """The first twelve hexadecimal digits of the SHA-256 of a function's source."""
    return hashlib.sha256(inspect.getsource(inspect.unwrap(function)).encode()).hexdigest()[:12]


def patch(module: ModuleType, name: str, written_for: str) -> Callable[[Function], None]:
    """Decorates what replaces `module.name`; its first argument is the original. Raises UpstreamChanged where the source is another."""

    def replace(replacement: Function) -> None:
        original = getattr(module, name)
        check(original, written_for)
        setattr(module, name, functools.wraps(original)(functools.partial(replacement, original)))

    return replace


def check(function: Function, written_for: str) -> None:
    """Raises UpstreamChanged where a function's source is not the one that something was written for."""
    if digest(function) != written_for:
        raise UpstreamChanged(
            f"{function.__module__}.{function.__qualname__} has the digest {digest(function)}, and the sandbox was written for {written_for}."
            " Compare them; drop what wraps it where MiniStack needs that no more.")


def add(table: MutableMapping[str, Any], entries: dict[str, Any]) -> None:
    """Adds entries to one of MiniStack's tables. Raises UpstreamChanged where it has one of them by now."""
    for key, entry in entries.items():
        if key in table:
            raise UpstreamChanged(f"MiniStack has {key} by now: drop what the sandbox adds for it.")
        table[key] = entry
