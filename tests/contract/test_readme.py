"""What README.md names is there: files, targets, commands and their options."""

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from samcli.cli.main import cli

from tests.readme import INVOKING, README, ROOT, commands, invocations, links

OUTPUTS = re.findall(r"python (-m tools [^']*)'?\"?$", (ROOT / "template.yaml").read_text(), re.MULTILINE)  # what the stack's outputs say to do next
MODULES = [*(words for words in commands() if words[0].endswith("/python")), *([".venv/bin/python", *each.split()] for each in OUTPUTS)]
CODE = re.compile(r"`([^`\n]+)`")


@pytest.mark.parametrize("link", links())
def test_a_link_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).exists()


def test_every_target_is_one_of_the_makefile() -> None:
    targets = {words[1] for words in commands() if words[0] == "make"} | {
        code.split()[1] for code in CODE.findall(README.read_text()) if code.startswith("make ")}
    assert targets >= {"demo", "test", "sandbox"}
    assert targets <= set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("words", MODULES, ids=" ".join)
def test_a_command_has_the_options_it_is_given(words: list[str]) -> None:
    module, rest = words[2], words[3:]
    path = [word for word in rest if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")]
    options = {word for word in rest if word.startswith("--")}
    while path:  # what follows the command's own names are its arguments
        answer = subprocess.run([sys.executable, "-m", module, *path, "--help"], cwd=ROOT, capture_output=True, text=True)
        if answer.returncode == 0 and options <= set(re.findall(r"--[a-z-]+", answer.stdout)):
            return
        path.pop()
    pytest.fail(f"{module} does not take {rest}: {answer.stdout}{answer.stderr}")


@pytest.mark.parametrize("words", invocations(), ids=" ".join)
def test_an_invocation_has_its_sample(words: list[str]) -> None:
    assert (ROOT / words[words.index("--event-file") + 1]).is_file()


def test_every_function_and_workflow_is_invoked() -> None:
    invoked = {words[words.index("--stack-name") + 2] for words in invocations()}
    every = {
        f"{path.stem.title()}/{name}" for path in (ROOT / "microservices").glob("*.yaml")
        for name in re.findall(r"^  (\w+):\n    Type: AWS::Serverless::(?:Function|StateMachine)$", path.read_text(), re.MULTILINE)}
    services = {each.split("/")[0] for each in invoked}
    assert services >= {"Ingress", "Analysis", "Responding", "Egress"}
    assert invoked == {each for each in every if each.split("/")[0] in services}  # a microservice of one's own need not be among them


@pytest.mark.parametrize("words", [words for words in commands(INVOKING) if words[1] == "local"], ids=" ".join)
def test_sam_local_has_the_options_it_is_given(words: list[str]) -> None:
    answer = CliRunner().invoke(cli, ["local", words[2], "--help"])
    assert {word for word in words if re.match("--?[a-z]", word)} <= set(re.findall(r"--?[a-z][a-z-]*", answer.output))
    assert [word for word in words if word.endswith(".json") and not (ROOT / word).is_file()] == []


def test_files_that_are_named_exist() -> None:
    named = [code for code in CODE.findall(README.read_text())
             if re.fullmatch(r"(microservices|statemachine|functions|schemas|events|docs|tools|examples)/[\w./-]*", code)]
    assert len(named) > 5
    assert [code for code in named if not (ROOT / code).exists()] == []
