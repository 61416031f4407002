"""A microservice of one's own: the README's example, deployed beside the application, which knows nothing of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.stack import ROOT
from tests.integration.bot import Bot
from tests.waiting import eventually

STACK = "favourites"


@pytest.fixture
def table(bot: Bot, tmp_path: Path) -> Iterator[str]:
    """The example, deployed by the real SAM CLI and deleted again; the name of its table."""
    parameters = [f"{name}={bot.outputs[name]}" for name in ("EventBusName", "OperationsTopicArn")]
    subprocess.run([Path(sys.executable).parent / "sam", "deploy", "--template-file", ROOT / "examples" / "favourites" / "favourites.yaml",
                    "--stack-name", STACK, "--capabilities", "CAPABILITY_IAM", "--s3-bucket", "sandbox-artefacts", "--no-progressbar",
                    "--parameter-overrides", *parameters], cwd=tmp_path, check=True, capture_output=True,
                   env={**os.environ, **bot.sandbox.environment, "SAM_CLI_TELEMETRY": "0"})
    cloudformation = bot.client("cloudformation")
    [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    yield next(output["OutputValue"] for output in stack["Outputs"] if output["OutputKey"] == "FavouriteTableName")
    cloudformation.delete_stack(StackName=STACK)
    assert eventually(lambda: STACK not in [each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]])


def test_the_example_listens_to_the_bus_and_is_gone_when_deleted(bot: Bot, table: str) -> None:
    body = json.loads((ROOT / "events" / "twitter_webhook" / "account-activity-favourite.json").read_text())["body"]
    for _ in range(2):  # delivered twice, recorded once
        assert bot.sandbox.deliver(body.encode())["status"] == 200
    [item] = eventually(lambda: bot.client("dynamodb").scan(TableName=table)["Items"])
    assert item["UserId"] == {"S": "1498961531635122999"}
