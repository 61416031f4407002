"""`python -m tools workflows`: the workflows, looked after."""

import argparse
import dataclasses
import difflib
import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from tools import command, output, workflow_cases, workflow_coverage, workflow_files, workflow_lint, workflow_pull
from tools.output import note
from tools.stack import Failure
from tools.workflow_coverage import Reached
from tools.workflow_files import Workflow
from tools.workflow_lint import Finding

DEFINITIONS = workflow_files.ROOT / "statemachine"


def add_to(commands: Any) -> None:
    """Its commands."""
    group = command.group(commands, "workflows", "look after the workflows")
    lint = command.add(
        group, "lint", _lint, "what is wrong with the workflows, and what to do about it",
        "workflows lint\nworkflows lint statemachine/send_tweet.asl.json\nworkflows lint examples/favourites/favourites.yaml --json",
        f"Rules: {', '.join(workflow_lint.RULES)}. The exit status is 1 where there is a finding. docs/workflow-tests.md explains each.", stack=False)
    lint.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a definition or a template (default: the application's and the examples')")
    command.add_json(lint)
    test = command.add(
        group, "test", _test, "run the workflows' cases, a state each, and tell what they reach",
        "workflows test\nworkflows test statemachine/send_tweet.asl.json\nworkflows test examples/favourites/favourites.yaml --json",
        "They are run by the embedded AWS within this process; `make test-aws` has AWS run them. The exit status is 1 where something else comes of"
        " a case than it expects, or where a state, a rule, a retrier or a catcher is not reached. docs/workflow-tests.md says how to write one.",
        stack=False)
    test.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a definition or a template (default: the application's and the examples')")
    command.add_json(test)
    pull = command.add(
        group, "pull", _pull, "fetch workflows that were edited where they run, such as in Workflow Studio, back into their files",
        "workflows pull\nworkflows pull send_tweet --yes\nworkflows pull --check --sandbox",
        "Values of the deployment become ${…} again. It shows what differs, and asks before it writes. With --check it only tells: the exit"
        " status is 1 where anything differs.")
    pull.add_argument("names", nargs="*", metavar="NAME", help="send_tweet of statemachine/send_tweet.asl.json (default: all)")
    pull.add_argument("--to", type=Path, default=DEFINITIONS, metavar="FOLDER", help="where the files are (default: statemachine)")
    asking = pull.add_mutually_exclusive_group()
    asking.add_argument("--yes", action="store_true", help="do not ask")
    asking.add_argument("--check", action="store_true", help="write nothing")


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


def _pull(arguments: argparse.Namespace) -> int:
    workflows, stack = _chosen(arguments.names), command.stack_of(arguments)
    different, written = 0, 0
    for workflow in workflows:
        path = arguments.to / workflow.path.name
        before = path.read_text() if path.exists() else ""
        after = workflow_pull.pulled(stack, dataclasses.replace(workflow, text=before or workflow.text))
        if after == before:
            continue
        different += 1
        _show_difference(before, after, _relative(path))
        if not arguments.check and (arguments.yes or _agreed(path)):
            path.write_text(after)
            written += 1
    if arguments.check or not different:
        note(f"{len(workflows)} workflow{'s' * (len(workflows) != 1)}, {different or 'none'} of them edited.", "red" if different else "green")
    else:
        note(f"{written} of {different} written." + (" Next: python -m tools workflows lint" if written else ""), "green" if written else "yellow")
    return 1 if written < different else 0


def _chosen(names: list[str]) -> list[Workflow]:
    """The application's workflows of these names, or all. Failure where there is none of a name."""
    own = {workflow.name: workflow for workflow in workflow_files.workflows() if workflow.path.parent == DEFINITIONS}
    unknown = [name for name in names if name not in own]
    if unknown:
        raise Failure(f"There is no workflow {', '.join(unknown)}. There are {', '.join(sorted(own))}.")
    return [own[name] for name in dict.fromkeys(names)] if names else list(own.values())


def _show_difference(before: str, after: str, name: str) -> None:
    """A unified diff on standard output, coloured on a terminal."""
    console = Console(highlight=False, soft_wrap=True)
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), name, f"{name} (deployed)", lineterm=""):
        style = "bold" if line.startswith(("---", "+++")) else {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        console.print(Text(line, style))


def _agreed(path: Path) -> bool:
    """Whether somebody says yes. Failure where nobody is there to ask."""
    if not sys.stdin.isatty():
        raise Failure("Nobody is there to ask: add --yes to write, or --check to look only. Nothing was written.")
    return input(f"Write {_relative(path)}? [y/N] ").strip().lower() in ("y", "yes")


def _relative(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) or not path.is_absolute() else str(path)


def _test(arguments: argparse.Namespace) -> int:
    from tools import workflow_runs  # which loads the embedded AWS

    reached, problems, count = Reached(), 0, 0
    workflows = {workflow.name: workflow for workflow in workflow_files.workflows(arguments.files)}
    for workflow in workflows.values():
        for case in workflow_cases.load(workflow):
            run = workflow_runs.run(workflow, case)
            reached.add(workflow.name, *run.reached)
            found = workflow_cases.differences(case, run.answer)
            count, problems = count + 1, problems + len(found)
            for each in found:
                note(f"{workflow.name}: {case.state}, {case.name}: {each}", "red")
        for kind in workflow_coverage.KINDS:
            for element in reached.missing(workflow.name, workflow.definition(), kind):
                problems += 1
                note(f"{workflow.name}: no case reaches {element}", "red")
    rows = [reached.row(name, workflow.definition()) for name, workflow in workflows.items()]
    output.show(rows, workflow_coverage.COLUMNS, arguments.json)
    told = f"{problems} problem{'s' * (problems != 1)}" if problems else "all as expected"
    note(f"{count} case{'s' * (count != 1)}: {told}.", "red" if problems else "green")
    return 1 if problems else 0


def _shown(finding: Finding) -> str:
    return _relative(finding.workflow.path)
