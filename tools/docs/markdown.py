"""Markdown as every forge reads it: tables, links, code."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools.templates import ROOT

HEADER = "<!-- Rendered by `python -m tools docs`: change what it is rendered from, not this file. -->\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty where there are no rows."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join([f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns), *lines]) + "\n" if lines else ""


def link(text: str, target: Path, page: Path) -> str:
    """A link from a page to a file of the project."""
    return f"[{text}]({os.path.relpath(ROOT / target, (ROOT / page).parent)})"


def code(text: object) -> str:
    """Text as it is, within a line; what holds a backtick gets two around it."""
    return f"`` {text} ``" if "`" in str(text) else f"`{text}`"


def fenced(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```\n"
