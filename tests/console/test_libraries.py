"""The libraries that the page ships with are those that it says, unchanged, each with its licence; and the page needs nothing from elsewhere."""

import hashlib
import json
import re
from typing import Any

import pytest

from console.app import STATIC

LIBRARIES = STATIC / "lib"
LISTED: list[dict[str, Any]] = json.loads((LIBRARIES / "libraries.json").read_text())
OWN = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".css", ".html", ".svg") and path.parent != LIBRARIES]


@pytest.mark.parametrize("library", LISTED, ids=lambda library: library["file"])
def test_a_library_is_as_its_package_has_it(library: dict[str, Any]) -> None:
    assert hashlib.sha256((LIBRARIES / library["file"]).read_bytes()).hexdigest() == library["sha256"]
    assert library["licence"]
    assert all((LIBRARIES / text).stat().st_size for text in library["texts"])


def test_every_file_is_accounted_for() -> None:
    named = {each["file"] for each in LISTED} | {text for each in LISTED for text in each["texts"]} | {"libraries.json"}
    assert {path.name for path in LIBRARIES.iterdir()} == named


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_nothing_is_loaded_from_another_host(path: Any) -> None:
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", path.read_text())) - {"http://www.w3.org/2000/svg"}
    assert not addresses


def test_the_page_has_no_script_or_style_in_itself() -> None:
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page)
