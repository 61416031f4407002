"""Schemas keep what the last release promised; what would break who relies on it is refused, by name, in repositories of the tests' own."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools.commands import run
from tools import contract, schema_evolution, schemas
from tools.schema_evolution import Release, Unknown
from tools.stack import Failure

Schema = dict[str, Any]
OLD: Schema = {
    "x-since": "0.1.0", "type": "object", "required": ["detail"],
    "definitions": {"Box": {"type": "object", "properties": {"Left": {"type": "number"}}}},
    "properties": {"detail": {"type": "object", "required": ["Id"], "properties": {
        "Id": {"type": "string"}, "Text": {"type": "string", "maxLength": 9}, "Kind": {"enum": ["A", "B"]}, "Box": {"$ref": "#/definitions/Box"},
        "Images": {"type": "array", "items": {"anyOf": [{"type": "object", "required": ["Url"], "properties": {"Url": {"type": "string"}}}]}}}}}}


def changed(change: Callable[[Schema], Any], version: str = "0.2.0") -> list[str]:
    """What stands against a schema whose detail, or whose whole, was changed so since 0.1.0."""
    new = copy.deepcopy(OLD)
    change(new)
    return schema_evolution.problems(Release("v0.1.0", {"SENT": OLD}), {"SENT": new}, version)


def detail(schema: Schema) -> Schema:
    """The detail's part of a schema."""
    part: Schema = schema["properties"]["detail"]
    return part


def add(name: str, since: str | None) -> Callable[[Schema], None]:
    """Adds an optional field."""
    return lambda schema: detail(schema)["properties"].update({name: {"type": "string"} | ({"x-since": since} if since else {})})


def test_these_schemas_keep_what_the_last_release_promised() -> None:
    try:
        tag = schema_evolution.last_release(schemas.ROOT)
    except Unknown as reason:
        pytest.skip(str(reason))
    if tag is None:
        pytest.skip("nothing was released yet: there is no tag such as v0.1.0")
    assert schema_evolution.problems(schema_evolution.released(schemas.ROOT, tag), contract.schemas(), schemas.version()) == []


def test_nothing_is_newer_than_what_is_worked_on() -> None:
    for detail_type, schema in contract.schemas().items():
        for since in sinces(schema):
            assert schema_evolution.version_of(since) <= schema_evolution.version_of(schemas.version()), detail_type


def sinces(part: Any) -> list[str]:
    """Every version that a schema says something is there since."""
    if isinstance(part, dict):
        return [value for name, value in part.items() if name == "x-since"] + [each for value in part.values() for each in sinces(value)]
    return [each for value in part for each in sinces(value)] if isinstance(part, list) else []


@pytest.mark.parametrize("change", [
    add("Language", "0.2.0"), lambda schema: schema.update(description="Another."), lambda schema: detail(schema).update(description="Words."),
    lambda schema: detail(schema)["properties"].update(Box={"type": "object", "properties": {"Left": {"type": "number"}}}),
], ids=["an optional field", "a description", "a description of a field", "a definition written out"])
def test_what_nobody_minds_is_taken(change: Callable[[Schema], Any]) -> None:
    assert changed(change) == []


@pytest.mark.parametrize(("change", "problem"), [
    (lambda schema: detail(schema)["properties"].pop("Text"), "SENT: detail.Text is gone"),
    (lambda schema: detail(schema)["properties"]["Text"].update(type="number"), "SENT: detail.Text: type was 'string' and is 'number'"),
    (lambda schema: detail(schema)["required"].append("Text"), "SENT: detail.Text is asked for now"),
    (lambda schema: detail(schema)["required"].remove("Id"), "SENT: detail.Id need no longer be there"),
    (lambda schema: detail(schema)["properties"]["Kind"].update(enum=["A"]), "SENT: detail.Kind: enum was ['A', 'B'] and is ['A']"),
    (lambda schema: detail(schema)["properties"]["Kind"].update(enum=["A", "B", "C"]),
     "SENT: detail.Kind: enum was ['A', 'B'] and is ['A', 'B', 'C']"),
    (lambda schema: detail(schema)["properties"]["Text"].update(maxLength=5), "SENT: detail.Text: maxLength was 9 and is 5"),
    (lambda schema: detail(schema).update(additionalProperties=False), "SENT: detail: additionalProperties was absent and is False"),
    (lambda schema: detail(schema)["properties"]["Images"]["items"]["anyOf"][0]["properties"]["Url"].update(type="object"),
     "SENT: detail.Images[].Url: type was 'string' and is 'object'"),
    (lambda schema: detail(schema)["properties"]["Images"]["items"]["anyOf"].append({"type": "object"}),
     "SENT: detail.Images[] had 1 shapes (anyOf) and has 2"),
    (lambda schema: detail(schema)["properties"]["Images"].pop("items"),
     "SENT: detail.Images: items was {'anyOf': [{'type': 'object', 'required': ['Url'], 'properties': {'Url': {'type': 'string'}}}]} and is absent"),
    (lambda schema: schema["definitions"]["Box"]["properties"]["Left"].update(type="string"),
     "SENT: detail.Box.Left: type was 'number' and is 'string'"),
    (lambda schema: schema.update({"x-since": "0.2.0"}), "SENT: the event: x-since was '0.1.0' and is '0.2.0'"),
])
def test_what_breaks_somebody_is_refused_by_name(change: Callable[[Schema], Any], problem: str) -> None:
    assert changed(change) == [problem]
    assert changed(change, "1.0.0") == []


def test_what_is_new_says_since_when() -> None:
    assert changed(add("Language", None)) == ["SENT: detail.Language is new, and its x-since is not 0.2.0"]
    assert changed(add("Language", "0.1.0")) == ["SENT: detail.Language is new, and its x-since is not 0.2.0"]
    assert changed(add("Language", "0.1.0"), "0.1.0") == ["there are new fields or events since v0.1.0, and pyproject.toml still says version 0.1.0"]


def test_an_event_may_come_and_none_may_go() -> None:
    release = Release("v0.1.0", {"SENT": OLD})
    assert schema_evolution.problems(release, {"SENT": OLD, "READ": {**OLD, "x-since": "0.2.0"}}, "0.2.0") == []
    assert schema_evolution.problems(release, {"SENT": OLD, "READ": OLD}, "0.2.0") == ["READ is new, and its x-since is not 0.2.0"]
    assert schema_evolution.problems(release, {}, "0.2.0") == ["SENT is gone"]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one schema and a pyproject.toml, which the command takes for the project's."""
    for name in "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE":
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "project"
    (root / "schemas").mkdir(parents=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root, OLD, "0.1.0")
    at(monkeypatch, root)
    return root


def at(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    """Has the command work on another folder."""
    monkeypatch.setattr(schemas, "ROOT", root)
    monkeypatch.setattr(schemas, "SCHEMAS", root / "schemas")


def git(root: Path, *arguments: str) -> None:
    """Runs git."""
    subprocess.run(["git", "-C", str(root), "-c", "user.name=Test", "-c", "user.email=test@example.com", *arguments], check=True, capture_output=True)


def commit(root: Path, schema: Schema, version: str) -> None:
    """Commits a schema and a version."""
    (root / "schemas" / "SENT.json").write_text(json.dumps(schema))
    (root / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", version)


def test_before_the_first_release_anything_goes(repository: Path) -> None:
    checked = run("schemas", "check")
    assert (checked.status, checked.out) == (
        0, "Nothing was released yet (there is no tag such as v0.1.0): any schema is as good as another.\n")


def test_the_last_release_before_what_is_here_counts(repository: Path) -> None:
    git(repository, "tag", "v0.1.0")
    assert "1 schemas keep what v0.1.0 promised." in run("schemas", "check").err
    wider = copy.deepcopy(OLD)
    add("Language", "0.2.0")(wider)
    commit(repository, wider, "0.2.0")
    assert run("schemas", "check").status == 0
    git(repository, "tag", "v0.2.0")
    commit(repository, OLD, "0.3.0")
    checked = run("schemas", "check")
    assert (checked.status, checked.out) == (1, "SENT: detail.Language is gone\n")
    assert run("schemas", "check", "--against", "v0.1.0").status == 0


def test_a_tag_that_is_not_there_is_said(repository: Path) -> None:
    checked = run("schemas", "check", "--against", "v9.9.9")
    assert checked.status == 1
    assert "There is no v9.9.9 in this clone" in checked.err


def test_a_shallow_clone_says_what_to_fetch(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(repository, "tag", "v0.1.0")
    commit(repository, OLD, "0.2.0")
    git(tmp_path, "clone", "--quiet", "--depth", "1", repository.as_uri(), "shallow")
    at(monkeypatch, tmp_path / "shallow")
    checked = run("schemas", "check")
    assert checked.status == 1
    assert "git fetch --unshallow --tags" in checked.err
    git(tmp_path / "shallow", "fetch", "--quiet", "--unshallow", "--tags")
    assert run("schemas", "check").status == 0


def test_a_copy_without_history_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    at(monkeypatch, tmp_path)
    checked = run("schemas", "check")
    assert checked.status == 1
    assert "This is no clone of the repository" in checked.err


@pytest.mark.parametrize("text", ["1.0", "v1.0.0", "1.0.0-rc1"])
def test_a_version_is_three_numbers(text: str) -> None:
    with pytest.raises(Failure, match="is no version"):
        schema_evolution.version_of(text)
