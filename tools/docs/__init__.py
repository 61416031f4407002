"""Renders what is said of the application and that its files know: pages of events, workflows, permissions and rules, the README's picture.

A test compares what is rendered with what is there.
"""

import argparse
from pathlib import Path
from typing import Any

from tools import command

ROOT = Path(__file__).parents[2]
FOLDERS = (Path("docs/events"), Path("docs/workflows"))  # whose pages are all rendered
STALE = "run: python -m tools docs"


def add_to(commands: Any) -> None:
    """`python -m tools docs`."""
    parser = command.add(commands, "docs", _run, "render docs/events, docs/workflows, pages of permissions and rules, and the picture in README.md",
                         "docs\ndocs --check", stack=False)
    parser.add_argument("--check", action="store_true", help="change nothing; say what is not as it would be rendered")


def pages() -> dict[Path, str]:
    """Every rendered page by its path, from the project's root."""
    from tools.docs import event_pages, flow, permission_page, rule_page, workflow_pages  # they read every template, which takes seconds
    return {Path("README.md"): flow.readme(), **event_pages.pages(), **workflow_pages.pages(), **permission_page.pages(), **rule_page.pages()}


def stale() -> list[Path]:
    """The pages that are not as they would be rendered: changed, missing, or of something that is no more."""
    rendered = pages()
    changed = [path for path, text in rendered.items() if not (ROOT / path).exists() or (ROOT / path).read_text() != text]
    return changed + [path for path in _there() if path not in rendered]


def render() -> list[Path]:
    """Writes the pages that are not up to date and removes those of what is no more; returns them."""
    rendered, found = pages(), stale()
    for path in found:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        if path in rendered:
            (ROOT / path).write_text(rendered[path])
        else:
            (ROOT / path).unlink()
    return found


def _there() -> list[Path]:
    return sorted(path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).glob("*.md"))


def _run(arguments: argparse.Namespace) -> int:
    found = stale() if arguments.check else render()
    for path in found:
        print(f"{'Stale' if arguments.check else 'Rendered' if (ROOT / path).exists() else 'Removed'}: {path}")
    if not found:
        print("Every page is up to date.")
    elif arguments.check:
        print(STALE)
    return 1 if arguments.check and found else 0
