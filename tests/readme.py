"""The commands of README.md, as lists of words."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PROGRAMS = ("make ", ".venv/bin/", "aws ", ". ")


def commands() -> list[list[str]]:
    """Every command of an indented block, in order; a line that ends with a backslash goes on."""
    text = README.read_text().replace("\\\n", " ")
    return [shlex.split(line) for line in re.findall(r"^    (\S.*)$", text, re.MULTILINE) if line.startswith(PROGRAMS)]


def links() -> list[str]:
    """Every link to a file of the project."""
    return [target for target in re.findall(r"\]\(([^)#]+)\)", README.read_text()) if "://" not in target]
