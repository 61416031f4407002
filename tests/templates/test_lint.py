"""The linters that AWS keeps have nothing to say: cfn-lint of what is written and of what SAM makes of it, the SAM CLI itself.

The rules for workflows by themselves are in tools/workflow_lint.py."""

import json
import re
from pathlib import Path

import pytest
import yaml
from cfnlint.api import lint, lint_file
from cfnlint.config import ManualArgs
from cfnlint.match import Match
from click.testing import CliRunner
from samcli.cli.main import cli

from tools import schemas, workflow_files
from tools.intrinsics import Template
from tools.templates import REGION, ROOT, TEMPLATES, WORKFLOWS, path_of, source_of, transformed

CONFIGURATION = yaml.safe_load((ROOT / ".cfnlintrc").read_text())
# AWS's rules alone: ours are for what is written, and know what SAM makes of it.
AWS_RULES = ManualArgs(regions=CONFIGURATION["regions"], ignore_checks=["E9"])


def problems(matches: list[Match]) -> list[str]:
    """What cfn-lint says."""
    return [f"{match.rule.id} {match.message} at {'/'.join(map(str, match.path or []))}" for match in matches]


def inlined(name: str) -> Template:
    """A template as CloudFormation gets it, with what it gives its workflows in place within their definitions, where cfn-lint reads them."""
    template = transformed(name)
    for workflow in workflow_files.workflows([path_of(name)]) if any(each == name for each, _ in WORKFLOWS) else []:
        template["Resources"][workflow.logical_id]["Properties"]["Definition"] = workflow.definition()
    return template


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*/favourites.yaml")), ids=lambda path: path.stem)
def test_an_example_is_clean_as_written(path: Path) -> None:
    assert problems(lint_file(path, AWS_RULES)) == []


def test_every_template_is_among_those_that_are_linted() -> None:
    assert {path for pattern in CONFIGURATION["templates"] for path in ROOT.glob(pattern)} == set(map(path_of, TEMPLATES))


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_is_clean_as_cloudformation_gets_it(name: str) -> None:
    """SAM puts the value of DeploymentPreference in place of its name."""
    found = problems(lint(json.dumps(inlined(name)), config=AWS_RULES))
    assert [each for each in found if not each.startswith("W2001 Parameter DeploymentPreference not used")] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_is_valid_to_the_sam_cli(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAM_CLI_TELEMETRY", "0")
    result = CliRunner().invoke(cli, ["validate", "--lint", "--template", str(path_of(name)), "--region", REGION])
    assert result.exit_code == 0, result.output
    assert "is a valid SAM Template" in result.output


def test_workflows_are_linted_too() -> None:
    template = inlined("egress")
    state = template["Resources"]["SendTweet"]["Properties"]["Definition"]["States"]["Claim tweet"]
    state["TimeoutSecond"] = state.pop("TimeoutSeconds")
    assert any("E3601" in problem and "TimeoutSecond" in problem for problem in problems(lint(json.dumps(template), config=AWS_RULES)))


def test_the_schemas_is_the_one_that_the_schemas_make() -> None:
    assert path_of("plumbing-schemas").read_text() == schemas.render(), "run `python -m tools schemas render`"


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_partition_is_assumed(name: str) -> None:
    texts = [path_of(name).read_text(), *(source_of(name, workflow) for template, workflow in WORKFLOWS if template == name)]
    for text in texts:
        assert re.findall(r"arn:aws[:-][^\n]*", text.replace("^(arn:aws[a-z-]*:kms", "")) == []
