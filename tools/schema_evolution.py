"""What a schema may become once it was released: it gains optional fields, and everything else stays as it is.

Consumers have the old schema, and so have the archive and the lake: what they rely on stays, in both directions. A field that is no longer
promised is as bad for who reads it as one that is newly asked for is for who writes it.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.stack import Failure

SINCE = "x-since"
TAG = "v[0-9]*"
# What is only said, not asked.
ANNOTATIONS = {"$schema", "id", "title", "description", "definitions", "default", "example", "examples"}
Schema = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """A release: its tag, `v0.1.0`, and the schemas as they were, by detail type."""

    tag: str
    schemas: dict[str, Schema]

    @property
    def version(self) -> tuple[int, ...]:
        """Its version, to be compared."""
        return version_of(self.tag.removeprefix("v"))


class Unknown(Failure):
    """Whether there is a last release cannot be told from this copy of the project; it says what to do about it."""


def version_of(text: str) -> tuple[int, ...]:
    """`0.1.0` as numbers. Raises Failure for anything else."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise Failure(f"“{text}” is no version such as 0.1.0.")
    return tuple(map(int, text.split(".")))


def last_release(root: Path) -> str | None:
    """The tag of the last release before what is in a folder; None where nothing was released yet. Raises Unknown where the history is not there."""
    if _git(root, "rev-parse", "--git-dir") is None:
        raise Unknown("This is no clone of the repository, and so no release is in it to compare with. Compare in a clone.")
    tag = _git(root, "describe", "--tags", "--abbrev=0", "--match", TAG)
    if tag is None and _git(root, "rev-parse", "--is-shallow-repository") == "true":
        raise Unknown("This clone is shallow, and the last release is not in it. Fetch the rest: git fetch --unshallow --tags")
    return tag


def released(root: Path, tag: str) -> Release:
    """The schemas of a release. Raises Failure where there is no such tag or commit."""
    listing = _git(root, "ls-tree", "--name-only", tag, "./schemas/")
    if listing is None:
        raise Failure(f"There is no {tag} in this clone: `git tag` lists what there is, `git fetch --tags` brings the others.")
    names = [name for name in listing.split() if name.endswith(".json")]
    return Release(tag, {Path(name).stem: json.loads(_git(root, "show", f"{tag}:./{name}") or "") for name in names})


def problems(release: Release, schemas: dict[str, Schema], version: str) -> list[str]:
    """What stands against releasing these schemas, as this version, after that release."""
    breaking = [f"{name} is gone" for name in release.schemas if name not in schemas]
    unmarked = [f"{name} is new, and its {SINCE} is not {version}" for name, schema in schemas.items()
                if name not in release.schemas and schema.get(SINCE) != version]
    gained = any(name not in release.schemas for name in schemas)
    for name in release.schemas.keys() & schemas.keys():
        for change in _changes(_Pair(release.schemas[name], schemas[name]), release.schemas[name], schemas[name], ""):
            gained |= change.new is not None
            if change.new is None:
                breaking.append(f"{name}: {change.text}")
            elif change.new.get(SINCE) != version:
                unmarked.append(f"{name}: {change.text}, and its {SINCE} is not {version}")
    if version_of(version)[0] > release.version[0]:
        breaking = []  # a new major version may break what it likes
    found = sorted(breaking) + sorted(unmarked)
    if gained and version_of(version) <= release.version:
        found.append(f"there are new fields or events since {release.tag}, and pyproject.toml still says version {version}")
    return found


@dataclass(frozen=True)
class _Change:
    """A change in words; `new` is the field that was added, where one was."""

    text: str
    new: Schema | None = None


@dataclass(frozen=True)
class _Pair:
    """A schema as it was and is, whose definitions parts of it refer to."""

    old: Schema
    new: Schema


def _changes(whole: _Pair, old: Schema, new: Schema, path: str) -> Iterator[_Change]:
    old, new, where = _resolved(whole.old, old), _resolved(whole.new, new), path or "the event"
    before, after = set(old.get("required", [])), set(new.get("required", []))
    yield from (_Change(f"{_join(path, name)} is asked for now") for name in sorted(after - before))
    yield from (_Change(f"{_join(path, name)} need no longer be there") for name in sorted(before - after))
    fields, now = old.get("properties", {}), new.get("properties", {})
    yield from (_Change(f"{_join(path, name)} is gone") for name in fields if name not in now)
    yield from (_Change(f"{_join(path, name)} is new", now[name]) for name in now if name not in fields)
    for name in fields.keys() & now.keys():
        yield from _changes(whole, fields[name], now[name], _join(path, name))
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        yield from _changes(whole, old["items"], new["items"], f"{path}[]")
    for keyword in ("anyOf", "oneOf", "allOf"):
        shapes, shapes_now = old.get(keyword, []), new.get(keyword, [])
        if len(shapes) != len(shapes_now):
            yield _Change(f"{where} had {len(shapes)} shapes ({keyword}) and has {len(shapes_now)}")
        else:
            for shape, shape_now in zip(shapes, shapes_now, strict=True):
                yield from _changes(whole, shape, shape_now, path)
    compared = {"required", "properties", "anyOf", "oneOf", "allOf"} | ({"items"} if "items" in old and "items" in new else set())
    for keyword in sorted((old.keys() | new.keys()) - compared - ANNOTATIONS):
        if old.get(keyword) != new.get(keyword) and (keyword == SINCE or not keyword.startswith("x-")):
            yield _Change(f"{where}: {keyword} was {_shown(old, keyword)} and is {_shown(new, keyword)}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(schema: Schema, keyword: str) -> str:
    return repr(schema[keyword]) if keyword in schema else "absent"


def _resolved(whole: Schema, part: Schema) -> Schema:
    """A part of a schema, or the definition that it refers to. The schemas here have none that refers to itself."""
    for step in part["$ref"].removeprefix("#/").split("/") if "$ref" in part else []:
        whole = whole[step]
    return whole if "$ref" in part else part


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints; None where it refuses, or is not there."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
