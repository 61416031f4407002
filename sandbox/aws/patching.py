"""Replaces functions of MiniStack, and only of the MiniStack that the replacement was written for.

The replaced functions are private, so nothing promises that they stay as they are: each patch names the digest of
the source that it was written against, and an unexpected source stops the sandbox with a word on what to look at.
`python -m sandbox.aws.patching` prints every patch with its digest, and where upstream has moved.
"""

import functools
import hashlib
import inspect
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

Function = Callable[..., Any]


class UpstreamChanged(RuntimeError):
    """MiniStack is not the one that a patch was written for."""


@dataclass(frozen=True)
class Patch:
    """A replaced function, the module that replaces it, and the digests that were expected and found."""

    name: str
    module: str
    expected: str
    actual: str


patches: list[Patch] = []
_only_report = False


def digest(function: Function) -> str:
    """The first twelve hexadecimal digits of the SHA-256 of a function's source."""
    return hashlib.sha256(inspect.getsource(inspect.unwrap(function)).encode()).hexdigest()[:12]


def patch(place: ModuleType | type | MutableMapping[str, Any], name: str, written_for: str) -> Callable[[Function], None]:
    """Decorates what replaces `place.name`, or `place[name]` of a table; its first argument is the original.

    Two modules may patch one function: the later one's original is the earlier one. Raises UpstreamChanged where the
    source is not the one whose digest is `written_for`.
    """

    def replace(replacement: Function) -> None:
        original = place[name] if isinstance(place, MutableMapping) else getattr(place, name)
        check(original, written_for, module=replacement.__module__)

        @functools.wraps(original)
        def replaced(*arguments: Any, **named: Any) -> Any:
            return replacement(original, *arguments, **named)

        if isinstance(place, MutableMapping):
            place[name] = replaced
        else:
            setattr(place, name, replaced)

    return replace


def check(function: Function, written_for: str, module: str = "") -> None:
    """Raises UpstreamChanged where a function's source is not the one that something was written for."""
    name = f"{function.__module__}.{function.__qualname__}"
    module = module or inspect.stack()[1].frame.f_globals["__name__"]
    patches.append(Patch(name, module, written_for, digest(function)))
    expect(digest(function) == written_for, (
        f"{name} is not the function that {module} was written for: its digest is {digest(function)}, not {written_for}."
        f" Compare the two; adapt {module}, or drop it where MiniStack needs it no more."))


def add(table: MutableMapping[str, Any], entries: dict[str, Any]) -> None:
    """Adds entries to one of MiniStack's tables. Raises UpstreamChanged where it has one of them by now."""
    for key, entry in entries.items():
        expect(key not in table, f"MiniStack has {key} by now: drop what the sandbox adds for it.")
        table[key] = entry


def expect(true: bool, otherwise: str) -> None:
    """Raises UpstreamChanged with a message where something else than a function's source is not as it was."""
    if true:
        return
    if not _only_report:
        raise UpstreamChanged(otherwise)
    print(otherwise)


def report() -> None:
    """Installs everything without refusing, and prints each patch: the digest found, and the one it was written for."""
    global _only_report
    _only_report = True
    from sandbox.aws import install

    install()
    for each in sorted(patches, key=lambda each: (each.module, each.name)):
        moved = "" if each.actual == each.expected else f"  CHANGED, was {each.expected}"
        print(f"{each.actual}  {each.name}  ({each.module}){moved}")


if __name__ == "__main__":
    from sandbox.aws import patching

    patching.report()
