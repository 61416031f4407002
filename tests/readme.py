"""The commands of README.md and of the pages that it links to, as lists of words."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
INVOKING = ROOT / "docs" / "invoking.md"
PROGRAMS = ("make ", ".venv/bin/", "aws ", "sam ", ". ")


def commands(page: Path = README) -> list[list[str]]:
    """Every command of an indented block, in order; a line that ends with a backslash goes on."""
    text = page.read_text().replace("\\\n", " ")
    return [shlex.split(line) for line in re.findall(r"^    (\S.*)$", text, re.MULTILINE) if line.startswith(PROGRAMS)]


def links() -> list[str]:
    """Every link to a file of the project."""
    return [target for target in re.findall(r"\]\(([^)#]+)\)", README.read_text()) if "://" not in target]


def invocations() -> list[list[str]]:
    """Every `sam remote invoke`, and each once."""
    found = {tuple(words): words for page in (README, INVOKING) for words in commands(page) if words[1:3] == ["remote", "invoke"]}
    return list(found.values())
