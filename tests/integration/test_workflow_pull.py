"""`tools workflows pull` on the deployed application: what somebody edited there comes back into the file, and nothing else does."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.bot import Bot
from tools import __main__ as tools
from tools.stack import SANDBOX_STACK
from tools.workflow_files import ROOT
from tools.workflow_pull import formatted

FILES = sorted((ROOT / "statemachine").glob("*.asl.json"))


@pytest.fixture
def copy(bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The definitions, to be overwritten; and the sandbox in the environment."""
    for name, value in bot.sandbox.environment.items():
        monkeypatch.setenv(name, value)
    return Path(shutil.copytree(ROOT / "statemachine", tmp_path / "statemachine"))


@contextlib.contextmanager
def deployed_with(bot: Bot, arn: str, edit: Any) -> Iterator[None]:
    """Within it, a workflow is edited as `edit` does, where it runs."""
    client = bot.client("stepfunctions")
    before = client.describe_state_machine(stateMachineArn=arn)["definition"]
    definition = json.loads(before)
    edit(definition, bot.outputs["EventBusName"])
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))
    try:
        yield
    finally:
        client.update_state_machine(stateMachineArn=arn, definition=before)


def edit(definition: Any, bus: str) -> None:
    """A state more, which names the bus, and one attempt more in another state."""
    states, first = definition["States"], definition["StartAt"]
    definition["StartAt"] = "Look"
    states["Look"] = {"Type": "Pass", "Output": f"{{% $merge([$states.input, {{'bus': '{bus}', 'days': '365'}}]) %}}", "Next": first}
    states["Claim tweet"]["Retry"][1]["MaxAttempts"] = 3


def pull(folder: Path, *arguments: str) -> int:
    return tools.main(["workflows", "pull", "--stack", SANDBOX_STACK, "--to", str(folder), *arguments])


def test_without_an_edit_not_a_byte_changes(copy: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert pull(copy, "--yes") == 0
    assert {path.name: (copy / path.name).read_bytes() for path in FILES} == {path.name: path.read_bytes() for path in FILES}
    assert "4 workflows, none of them edited." in capfd.readouterr().err


def test_an_edit_comes_back_in_the_words_of_the_file(bot: Bot, copy: Path, capfd: pytest.CaptureFixture[str]) -> None:
    written = copy / "send_tweet.asl.json"
    expected = json.loads(written.read_text())
    edit(expected, "${EventBusName}")
    with deployed_with(bot, bot.resource("Egress", "SendTweet"), edit):
        assert pull(copy, "--check") == 1
        assert written.read_bytes() == (ROOT / "statemachine" / written.name).read_bytes()
        difference = capfd.readouterr().out
        assert [line for line in difference.splitlines() if line.startswith("+ ")] == [
            '+  "StartAt": "Look",', '+          "MaxAttempts": 3,', "+    },", '+    "Look": {', '+      "Type": "Pass",',
            "+      \"Output\": \"{% $merge([$states.input, {'bus': '${EventBusName}', 'days': '365'}]) %}\",", '+      "Next": "Posted already?"']
        assert pull(copy, "send_tweet", "--yes") == 0
    assert written.read_text() == formatted(expected)
    assert pull(copy, "respond_to_text", "--check") == 0


def test_nothing_is_written_unless_somebody_agrees(bot: Bot, copy: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with deployed_with(bot, bot.resource("Egress", "SendTweet"), edit):
        assert pull(copy, "send_tweet") == 1
    assert "add --yes" in capfd.readouterr().err
    assert (copy / "send_tweet.asl.json").read_bytes() == (ROOT / "statemachine" / "send_tweet.asl.json").read_bytes()


def test_a_name_that_is_none_is_refused(copy: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert pull(copy, "send_post") == 1
    assert "send_tweet" in capfd.readouterr().err
