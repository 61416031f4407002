"""What README.md names is there: files, targets, commands and their options."""

import re
import subprocess
import sys

import pytest

from tests.readme import README, ROOT, commands, links

MODULES = [words for words in commands() if words[0].endswith("/python")]
INVOCATIONS = [words for words in commands() if words[1:3] == ["remote", "invoke"]]
CODE = re.compile(r"`([^`\n]+)`")


@pytest.mark.parametrize("link", links())
def test_a_link_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).exists()


def test_every_target_is_one_of_the_makefile() -> None:
    targets = {words[1] for words in commands() if words[0] == "make"} | {
        code.split()[1] for code in CODE.findall(README.read_text()) if code.startswith("make ")}
    assert targets >= {"demo", "test", "sandbox"}
    assert targets <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


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


@pytest.mark.parametrize("words", INVOCATIONS, ids=" ".join)
def test_an_invocation_has_its_sample(words: list[str]) -> None:
    assert (ROOT / words[words.index("--event-file") + 1]).is_file()


def test_files_that_are_named_exist() -> None:
    named = [code for code in CODE.findall(README.read_text())
             if re.fullmatch(r"(microservices|statemachine|functions|schemas|events|docs|tools|examples)/[\w./-]*", code)]
    assert len(named) > 5
    assert [code for code in named if not (ROOT / code).exists()] == []
