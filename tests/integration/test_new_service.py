"""A microservice that `new-service` writes, deployed beside the application: it hears its event, and announces its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.bot import Bot
from tests.waiting import eventually
from tools import contract, event_log, new_service

STACK, PUBLISHED = "greeting", "GREETING_DONE"


@pytest.fixture
def deployed(bot: Bot, tmp_path: Path) -> Iterator[None]:
    """The files that the command writes, in a folder of their own, deployed by the real SAM CLI; gone afterwards."""
    for path, text in new_service.files(STACK, "TWITTER_FOLLOWED", PUBLISHED).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    contract.schemas()[PUBLISHED] = json.loads((tmp_path / "schemas" / f"{PUBLISHED}.json").read_text())  # the bus is watched for it as well
    parameters = [f"{name}={bot.outputs[name]}" for name in ("EventBusName", "OperationsTopicArn")]
    subprocess.run([Path(sys.executable).parent / "sam", "deploy", "--template-file", tmp_path / "microservices" / f"{STACK}.yaml",
                    "--stack-name", STACK, "--capabilities", "CAPABILITY_IAM", "--s3-bucket", "sandbox-artefacts", "--no-progressbar",
                    "--parameter-overrides", *parameters], cwd=tmp_path, check=True, capture_output=True,
                   env={**os.environ, **bot.sandbox.environment, "SAM_CLI_TELEMETRY": "0"})
    yield
    bot.client("cloudformation").delete_stack(StackName=STACK)


def test_it_hears_its_event_and_announces_its_own(bot: Bot, deployed: None) -> None:
    bot.put_event("TWITTER_FOLLOWED", contract.samples()["TWITTER_FOLLOWED"]["detail"], source="TWITTER")

    def announced() -> list[event_log.Event]:
        return [event for event in event_log.read(bot.client("logs"), bot.outputs["EventLogGroupName"]) if event.detail_type == PUBLISHED]

    [event] = eventually(announced)
    heard = {each.envelope["id"] for each in event_log.read(bot.client("logs"), bot.outputs["EventLogGroupName"])
             if each.detail_type == "TWITTER_FOLLOWED"}
    assert event.detail["EventId"] in heard
    assert event.envelope["source"] == "GREETING"
