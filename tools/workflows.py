"""`python -m tools workflows`: the workflows, looked after."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from tools import command, workflow_files, workflow_lint
from tools.output import note
from tools.workflow_lint import Finding


def add_to(commands: Any) -> None:
    """Its commands."""
    group = command.group(commands, "workflows", "look after the workflows")
    lint = command.add(
        group, "lint", _lint, "what is wrong with the workflows, and what to do about it",
        "workflows lint\nworkflows lint statemachine/send_tweet.asl.json\nworkflows lint examples/favourites/favourites.yaml --json",
        f"Rules: {', '.join(workflow_lint.RULES)}. The exit status is 1 where there is a finding. docs/workflow-tests.md explains each.", stack=False)
    lint.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a definition or a template (default: the application's and the examples')")
    command.add_json(lint)


def _lint(arguments: argparse.Namespace) -> int:
    checked = workflow_files.workflows(arguments.files)
    findings = [finding for workflow in checked for finding in workflow_lint.lint(workflow)]
    if arguments.json:
        print(json.dumps([{"file": _shown(finding), "line": finding.line, "state": finding.state, "rule": finding.rule, "message": finding.message}
                          for finding in findings], indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for finding in findings:
            console.print(Text.assemble((f"{_shown(finding)}:{finding.line}", "bold"), ": ", (f"{finding.state}: " if finding.state else "", "cyan"),
                                        finding.message, (f" [{finding.rule}]", "dim")))
    told = f"{len(findings)} finding{'s' * (len(findings) != 1)}" if findings else "nothing to say"
    note(f"{len(checked)} workflow{'s' * (len(checked) != 1)}: {told}.", "red" if findings else "green")
    return 1 if findings else 0


def _shown(finding: Finding) -> str:
    path = finding.workflow.path
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) or not path.is_absolute() else str(path)
