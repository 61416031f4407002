"""What kind of thing a thing is: the table in kinds.toml, made by hand."""

import functools
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads((HERE / "kinds.toml").read_text())


@functools.cache
def classes() -> tuple[str, ...]:
    """The names of ImageNet's thousand classes, in order; some are the names of two."""
    return tuple((HERE / "classes.txt").read_text().splitlines())


@functools.cache
def parents(name: str) -> tuple[str, ...]:
    """The kinds that a thing is of, the nearest first."""
    direct = [kind for kind, of, numbers in _table()["kinds"] if name != kind and set(_numbers(numbers)) & _numbers_of(name)]
    direct += [of for kind, of, _ in _table()["kinds"] if kind == name and of]
    direct += [_table()["also"][name]] if name in _table()["also"] else []
    ordered = [*sorted(direct, key=lambda kind: -len(parents(kind)))]
    return tuple(dict.fromkeys([*ordered, *(further for kind in ordered for further in parents(kind))]))


@functools.cache
def members() -> dict[str, list[int]]:
    """The numbers of the classes that are of each kind, or of a kind of it."""
    found: dict[str, set[int]] = {kind: set(_numbers(numbers)) for kind, _, numbers in _table()["kinds"]}
    for kind, _, numbers in _table()["kinds"]:
        for parent in parents(kind):
            found[parent] |= set(_numbers(numbers))
    return {kind: sorted(numbers) for kind, numbers in found.items() if numbers}


@functools.cache
def category(name: str) -> str | None:
    """Rekognition's category of a thing."""
    found = [_table()["categories"].get(kind) for kind in (name, *parents(name))]
    return next((each for each in found if each), None)


def _numbers(ranges: str) -> list[int]:
    ends = [tuple(map(int, each.split("-"))) for each in ranges.split()]
    return [number for end in ends for number in range(end[0], end[-1] + 1)]


@functools.cache
def _numbers_of(name: str) -> set[int]:
    """The classes of this very name, unless it is a kind's too: that has its parents from the table."""
    if any(kind == name for kind, _, _ in _table()["kinds"]):
        return set()
    return {number for number, each in enumerate(classes()) if each == name}
