"""The workflows of GitHub Actions, and the roles that they deploy with."""

import functools
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import cfnlint.decode
import pytest
import yaml
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs
from click.testing import CliRunner
from samcli.cli.main import cli

from tools.templates import ROOT, TEMPLATES, transformed

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ROLES = ROOT / "delivery" / "github-oidc.yaml"
# Where the prefix of a resource type's actions is not the type's service in small letters.
ACTIONS = {"KinesisFirehose": "firehose", "EventSchemas": "schemas", "StepFunctions": "states", "ApiGateway": "apigateway"}


@functools.cache
def workflow(path: Path) -> dict[str, Any]:
    """A workflow; its `on` is True to YAML."""
    parsed: dict[str, Any] = yaml.safe_load(path.read_text())
    return parsed


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in workflow(path)["jobs"].values() for step in job.get("steps", [])]


def lines() -> list[list[str]]:
    """Every command of every workflow, as words."""
    texts = [step["run"].replace("\\\n", " ") for path in WORKFLOWS for step in steps(path) if "run" in step]
    return [line.split() for text in texts for line in text.splitlines() if line.strip()]


@functools.cache
def roles() -> dict[str, Any]:
    template, problems = cfnlint.decode.decode(str(ROLES))
    assert template is not None, problems
    found: dict[str, Any] = template
    return found


def statements(role: str) -> list[dict[str, Any]]:
    return [each for policy in roles()["Resources"][role]["Properties"]["Policies"] for each in policy["PolicyDocument"]["Statement"]]


def test_workflows_have_no_known_weakness() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--strict-collection", "--min-severity", "medium",
         *map(str, WORKFLOWS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_say_which_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert [each for each in used if not re.fullmatch(r"\./\.github/workflows/[\w-]+\.yml|[\w-]+/[\w-]+@[0-9a-f]{40}  # v[\d.]+", each)] == []
    assert [each for each in used if each.startswith("./") and not (ROOT / each).is_file()] == []


def test_no_job_can_do_more_than_it_needs() -> None:
    for path in WORKFLOWS:
        assert workflow(path)["permissions"] == {"contents": "read"}
        for name, job in workflow(path)["jobs"].items():
            assert job.get("permissions", {}) in ({}, {"contents": "read", "id-token": "write"}), name
    assert "secrets." not in "".join(path.read_text() for path in WORKFLOWS)


def test_targets_of_make_exist() -> None:
    targets = {words[1] for words in lines() if words[0] == "make"}
    assert targets == {"test", ".venv/ready"}
    assert targets <= set(re.findall(r"^([\w./]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_sam_commands_have_the_options_they_are_given() -> None:
    commands = [words for words in lines() if words[0] == "sam"]
    assert {words[1] for words in commands} == {"build", "deploy"}
    for words in commands:
        known = set(re.findall(r"--[a-z0-9-]+", CliRunner().invoke(cli, [words[1], "--help"]).output))
        assert {word for word in words if word.startswith("--")} <= known, words


def test_the_smoke_test_is_a_command() -> None:
    [words] = [words for words in lines() if words[:3] == ["python", "-m", "tools"]]
    done = subprocess.run([sys.executable, "-m", "tools", words[3], "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {word for word in words if word.startswith("--")} <= set(re.findall(r"--[a-z]+", done.stdout))


def test_environments_are_those_of_samconfig() -> None:
    jobs = workflow(ROOT / ".github" / "workflows" / "deploy.yml")["jobs"]
    environments = [job["with"]["environment"] for job in jobs.values() if "with" in job]
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    assert environments == ["dev", "prod"]
    assert (jobs["dev"]["needs"], jobs["prod"]["needs"]) == ("test", "dev")
    stack = workflow(ROOT / ".github" / "workflows" / "deploy-to.yml")["jobs"]["deploy"]["env"]["STACK"]
    for environment in environments:
        assert config[environment]["deploy"]["parameters"]["stack_name"] == stack.replace("${{ inputs.environment }}", environment)


def test_the_roles_template_is_clean() -> None:
    assert [str(match) for match in lint_file(ROLES, ManualArgs(regions=["eu-west-1"], ignore_checks=["E9"]))] == []  # it is no microservice


def test_only_one_environment_of_one_repository_gets_the_role() -> None:
    [statement] = roles()["Resources"]["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {"StringEquals": {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": {"Fn::Sub": "repo:${Repository}:environment:${Environment}"}}}


def test_the_deploying_role_has_no_wildcard_action_and_passes_one_role() -> None:
    actions = [action for each in statements("DeployRole") for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])]
    assert [action for action in actions if "*" in action] == []
    assert [each["Resource"] for each in statements("DeployRole") if each["Action"] == "iam:PassRole"] == [{"Fn::GetAtt": ["ExecutionRole", "Arn"]}]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_executing_role_may_make_each_kind_of_resource(name: str) -> None:
    allowed = {action.split(":")[0] for each in statements("ExecutionRole")
               for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])}
    services = {resource["Type"].split("::")[1] for resource in transformed(name)["Resources"].values()}
    assert {ACTIONS.get(service, service.lower()) for service in services} <= allowed
