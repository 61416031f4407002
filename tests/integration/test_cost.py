"""What `python -m tools cost` takes a message for is what a deployed run does with one."""

from collections import Counter
from typing import Any

import httpx
import pytest

from tests.integration.bot import Bot
from tests.integration.test_work import LOGS
from tests.waiting import eventually
from tools.bill import MEASURED

FUNCTIONS = {"TwitterWebhookLog": "TwitterWebhookFunction", "DownloadImageLog": "DownloadImageFunction", "AnnotateImageLog": "AnnotateImageFunction",
             "FulfilIntentLog": "FulfilIntentFunction", "PostTweetLog": "PostTweetFunction"}
NOT_BY_MESSAGE = ("events:PutEvents", "lambda:InvokeFunction", "secretsmanager:GetSecretValue", "sns:Publish", "logs:PutLogEvents")


def actions(bot: Bot) -> Counter[str]:
    """What roles did so far, by action; what is billed otherwise, and what the delivery streams write in batches, left out."""
    used: list[dict[str, Any]] = httpx.get(f"{bot.outputs['AwsEndpoint']}/_sandbox/used").raise_for_status().json()
    count: Counter[str] = Counter()
    for each in used:
        if each["action"] not in NOT_BY_MESSAGE and "StreamRole" not in each["role"] and "MessageStrea" not in each["role"]:
            count[each["action"]] += each["count"]
    return count


def functions(bot: Bot) -> Counter[str]:
    return Counter({FUNCTIONS[log]: bot.invocations(microservice, log) for microservice, logs in LOGS.items() for log in logs})


@pytest.mark.parametrize(("kind", "text", "photo"), [("text", "please tell me a joke", None), ("image", "who is this?", "astronaut.jpg")])
def test_the_work_of_a_message_is_what_it_is_priced_by(bot: Bot, kind: str, text: str, photo: str | None) -> None:
    declared = MEASURED[kind]
    before = actions(bot), functions(bot)
    outcome = bot.mention(text, [f"{bot.outputs['XApiUrl']}/media/{photo}"] if photo else None)
    assert eventually(lambda: sum((actions(bot) - before[0]).values()) >= sum(declared["actions"].values()))
    assert actions(bot) - before[0] == declared["actions"]
    assert eventually(lambda: sum((functions(bot) - before[1]).values()) >= sum(declared["functions"].values()))
    assert functions(bot) - before[1] == declared["functions"]
    sizes = {event.detail_type: len(str(event.envelope)) for event in outcome.events}
    assert sizes.keys() == declared["event_bytes"].keys()
    for name, size in sizes.items():
        assert size / 2 <= declared["event_bytes"][name] <= 2 * size, f"{name} has {size} bytes"
