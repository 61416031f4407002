"""The command line as a whole: help with examples, and errors that say what to do."""

import re
import shlex

import pytest

from tests.tools.commands import run
from tools.__main__ import parser

COMMANDS = [
    ("x", "secrets", "set"), ("x", "webhook", "register"), ("x", "webhook", "list"), ("x", "webhook", "validate"), ("x", "webhook", "delete"),
    ("x", "subscribe"), ("x", "unsubscribe"), ("x", "status"), ("x", "replay"), ("x", "migrate"),
    ("events", "tail"), ("dead-letters", "list"), ("dead-letters", "show"), ("dead-letters", "redrive"), ("replay",), ("query",), ("dashboard",),
    ("doctor",), ("cost",), ("console",), ("workflows", "lint"), ("workflows", "test"), ("docs",),
    ("schemas", "render"), ("schemas", "check"), ("new-service",)]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_examples_that_it_takes(command: tuple[str, ...]) -> None:
    shown = run(*command, "--help")
    assert shown.status == 0
    examples = re.findall(r"^  python -m tools (.+)$", shown.out, re.MULTILINE)
    assert examples
    for example in examples:
        words = shlex.split(re.split(r" [|<] ", example)[0])
        assert tuple(words[:len(command)]) == command
        assert parser().parse_args(words)


def test_nothing_to_do_is_wrong_usage() -> None:
    assert run().status == 2
    assert run("dead-letters").status == 2
    assert run("x", "webhook").status == 2


def test_without_credentials_it_says_what_to_do() -> None:
    nowhere = run("dead-letters", "list", endpoint="http://127.0.0.1:9", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert nowhere.status == 1
    assert "Sign in to AWS, choose a --profile, or add --sandbox." in nowhere.err


def test_where_nothing_answers_it_says_so() -> None:
    nowhere = run("dead-letters", "list", "--stack", "mine", endpoint="http://127.0.0.1:9")
    assert nowhere.status == 1
    assert "Is the sandbox up" in nowhere.err
