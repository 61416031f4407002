"""What commands print: a table for people, CSV and JSON for programs."""

import csv
import io
import json
import os
import pty
import subprocess
import sys

import pytest

from tools import output

ROWS: list[output.Row] = [{"name": 'a, "b"', "number": 1, "more": {"k": "ü"}}, {"name": None, "number": 2, "more": ["b", "c"]}]


def test_csv_is_read_back_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    output.show(ROWS, ["name", "number", "more"])
    printed = capsys.readouterr().out
    assert list(csv.DictReader(io.StringIO(printed))) == [
        {"name": 'a, "b"', "number": "1", "more": '{"k": "ü"}'}, {"name": "", "number": "2", "more": "b c"}]
    assert "\t" not in printed
    assert "\x1b" not in printed


def test_json_has_the_columns_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    output.show(ROWS, ["name", "number"], as_json=True)
    assert json.loads(capsys.readouterr().out) == [{"name": 'a, "b"', "number": 1}, {"name": None, "number": 2}]


def test_a_terminal_gets_a_table() -> None:
    """On a real pseudo-terminal."""
    parent, child = pty.openpty()
    script = "from tools import output; output.show([{'name': '[x]', 'other': 1}], ['name', 'other'])"
    subprocess.run([sys.executable, "-c", script], stdout=child, check=True, env={**os.environ, "COLUMNS": "80", "TERM": "xterm"})
    os.close(child)
    printed = os.read(parent, 10_000).decode()
    os.close(parent)
    assert "┃" in printed
    assert "[x]" in printed  # what looks like markup is none
