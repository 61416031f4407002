"""A microservice in one command: on a copy of the project it is green at once, changes nothing of the others, and overwrites nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.commands import run
from tools import new_service
from tools.templates import ROOT

COMMAND = ("new-service", "greeting", "--on", "TWITTER_FOLLOWED")
WRITTEN = {"microservices/greeting.yaml", "statemachine/greeting.asl.json", "tests/workflow/cases/greeting.yaml", "schemas/GREETING_DONE.json",
           "events/GREETING_DONE.json", "docs/events/GREETING_DONE.md", "docs/workflows/greeting.md"}
CHANGED = {"template.yaml", "microservices/plumbing-schemas.yaml", "README.md", "docs/events/README.md", "docs/events/TWITTER_FOLLOWED.md",
           "docs/workflows/README.md", "docs/permissions.md"}
LEFT_OUT = (".venv", ".git", ".sandbox", ".aws-sam", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", "node_modules")


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A copy of the project in which the command was run, and what was in it before."""
    root = tmp_path_factory.mktemp("fork") / "project"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT))
    before = contents(root)
    done = within(root, "-m", "tools", *COMMAND)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Next:" in done.stdout
    return root, before


def within(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python in a copy of the project."""
    return subprocess.run([sys.executable, *arguments], cwd=root, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"})


def test_template_yaml_changes_and_nothing_else_of_the_others(project: tuple[Path, dict[str, bytes]]) -> None:
    root, before = project
    after = contents(root)
    assert after.keys() - before.keys() == WRITTEN
    assert {name for name in before if after.get(name) != before[name]} == CHANGED
    lines, now = before["template.yaml"].decode().splitlines(), after["template.yaml"].decode().splitlines()
    assert [line for line in lines if line not in now] == []
    assert len(now) == len(lines) + 12


@pytest.mark.parametrize("arguments", [
    ("-c", "from cfnlint.runner import main; main()", "template.yaml", "microservices/greeting.yaml"),
    ("-m", "tools", "workflows", "lint", "statemachine/greeting.asl.json"),
    ("-m", "tools", "workflows", "test", "statemachine/greeting.asl.json"),
    ("-m", "tools", "docs", "--check"),
    ("-m", "pytest", "-n", "0", "tests/contract/test_rules.py", "tests/contract/test_samples.py", "tests/tools/test_runbook.py",
     "tests/templates/test_access.py", "tests/templates/test_interface.py", "tests/templates/test_names.py"),
], ids=["cfn-lint", "workflows lint", "workflows test", "docs", "tests"])
def test_it_is_green_at_once(project: tuple[Path, dict[str, bytes]], arguments: tuple[str, ...]) -> None:
    done = within(project[0], *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "workflows" not in arguments or "test" not in arguments or "100 %" in done.stdout


def test_nothing_is_overwritten(project: tuple[Path, dict[str, bytes]]) -> None:
    root, _ = project
    before = contents(root)
    done = within(root, "-m", "tools", *COMMAND)
    assert done.returncode == 1
    assert "is there already, and is left as it is" in done.stderr
    assert contents(root) == before


@pytest.mark.parametrize(("arguments", "words"), [
    (("Greeting", "--on", "TWITTER_FOLLOWED"), "will not do as a name"), (("../greeting", "--on", "TWITTER_FOLLOWED"), "will not do as a name"),
    (("g", "--on", "TWITTER_FOLLOWED"), "will not do as a name"), (("greeting", "--on", "FOLLOWED"), "There is no event FOLLOWED: schemas/ has"),
    (("greeting", "--on", "TWITTER_FOLLOWED", "--publishes", "greeting done"), "will not do as a detail type"),
    (("greeting", "--on", "TWITTER_FOLLOWED", "--publishes", "SEND_TWEET"), "schemas/SEND_TWEET.json, events/SEND_TWEET.json is there already"),
    (("egress", "--on", "TWITTER_FOLLOWED"), "microservices/egress.yaml is there already"),
])
def test_names_that_will_not_do_are_refused_before_anything_is_written(arguments: tuple[str, ...], words: str) -> None:
    refused = run("new-service", *arguments)
    assert refused.status == 1
    assert words in refused.err


def test_another_name_for_what_it_announces() -> None:
    made = new_service.files("greeting", "MESSAGE_ANALYSED", "GREETING_WRITTEN")
    schema = json.loads(made[Path("schemas/GREETING_WRITTEN.json")])
    assert schema["properties"]["detail-type"] == {"enum": ["GREETING_WRITTEN"]}
    assert "Samples: [MESSAGE_ANALYSED, MESSAGE_ANALYSED.*]" in made[Path("microservices/greeting.yaml")]
