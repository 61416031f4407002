"""The linters that AWS keeps have nothing to say: cfn-lint of what is written and of what SAM makes of it, the SAM CLI itself."""

import json
import re
from collections.abc import Iterator

import pytest
from cfnlint.api import lint, lint_file
from cfnlint.config import ManualArgs
from cfnlint.match import Match
from click.testing import CliRunner
from samcli.cli.main import cli

from tests.templates.reading import REGION, TEMPLATES, WORKFLOWS, Template, path_of, source_of, transformed, written
from tools import schema_registry

# Where AWS has every service that the application uses (Lex and the schema registry have the fewest).
REGIONS = ["ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-west-1", "eu-west-2",
           "us-east-1", "us-west-2"]


def problems(matches: list[Match]) -> list[str]:
    """What cfn-lint says."""
    return [f"{match.rule.id} {match.message} at {'/'.join(map(str, match.path or []))}" for match in matches]


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_is_clean_as_written(name: str) -> None:
    assert problems(lint_file(path_of(name), ManualArgs(regions=REGIONS))) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_is_clean_as_cloudformation_gets_it(name: str) -> None:
    assert problems(lint(json.dumps(transformed(name)), regions=REGIONS)) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_is_valid_to_the_sam_cli(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAM_CLI_TELEMETRY", "0")
    result = CliRunner().invoke(cli, ["validate", "--lint", "--template", str(path_of(name)), "--region", REGION])
    assert result.exit_code == 0, result.output
    assert "is a valid SAM Template" in result.output


def test_workflows_are_linted_too() -> None:
    template = transformed("egress")
    state = template["Resources"]["SendTweet"]["Properties"]["Definition"]["States"]["Claim tweet"]
    state["TimeoutSecond"] = state.pop("TimeoutSeconds")
    assert any("E3601" in problem and "TimeoutSecond" in problem for problem in problems(lint(json.dumps(template), regions=REGIONS)))


def scopes(definition: Template) -> Iterator[Template]:
    """A workflow, and every branch and item processor in it."""
    yield definition
    for state in definition["States"].values():
        for inner in [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]:
            yield from scopes(inner)


@pytest.mark.parametrize(("name", "workflow"), WORKFLOWS)
def test_every_state_is_reached_and_every_transition_leads_to_one(name: str, workflow: str) -> None:
    for scope in scopes(transformed(name)["Resources"][workflow]["Properties"]["Definition"]):
        reached, waiting = set(), [scope["StartAt"]]
        while waiting:
            state_name = waiting.pop()
            assert state_name in scope["States"], f"there is no state “{state_name}”"
            if state_name not in reached:
                reached.add(state_name)
                state = scope["States"][state_name]
                assert state["Type"] in ("Choice", "Succeed", "Fail") or ("Next" in state) != ("End" in state), f"“{state_name}” leads nowhere"
                waiting += [each["Next"] for each in [state, *state.get("Choices", []), *state.get("Catch", [])] if "Next" in each]
                waiting += [state["Default"]] if "Default" in state else []
        assert reached == set(scope["States"])


@pytest.mark.parametrize(("name", "workflow"), WORKFLOWS)
def test_a_workflow_is_given_what_it_names_and_nothing_else(name: str, workflow: str) -> None:
    given = written(name)["Resources"][workflow]["Properties"]["DefinitionSubstitutions"]
    assert set(re.findall(r"\$\{(\w+)\}", source_of(name, workflow))) == set(given)


def test_the_schema_registry_is_the_one_that_the_schemas_make() -> None:
    assert path_of("plumbing-schemas").read_text() == schema_registry.render(), "run `python -m tools schema-registry`"


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_partition_is_assumed(name: str) -> None:
    texts = [path_of(name).read_text(), *(source_of(name, workflow) for template, workflow in WORKFLOWS if template == name)]
    for text in texts:
        assert re.findall(r"arn:aws[:-][^\n]*", text.replace("^(arn:aws[a-z-]*:kms", "")) == []
