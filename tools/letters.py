"""A dead letter: an event that did not reach its consumer, as it waits in a microservice's dead-letter queue, and why.

Four senders put letters there, each with attributes of its own: a rule that could not reach its target (the body is the event), a workflow that
failed and kept its event (likewise), a schedule (the body is the target's Input) and a topic's subscription (the body is the notification).
Sources: Amazon EventBridge user guide, "Using dead-letter queues to process undelivered events"; EventBridge Scheduler user guide,
"Configuring a dead-letter queue"; Amazon SNS developer guide, "Amazon SNS dead-letter queues"; "Keep event for redrive" in statemachine/.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

QUALIFIED = re.compile(r":(?:function|stateMachine):([^:]+)")
KEYS = ("MessageId", "IdempotencyKey", "id_str")  # what an event's detail says of which message it is


@dataclass(frozen=True)
class Letter:
    """One dead letter. `id` and `receipt` are the queue's; `attributes` are the sender's."""

    service: str
    id: str
    receipt: str
    sent: datetime
    body: str
    attributes: dict[str, str]

    @property
    def content(self) -> dict[str, Any]:
        """The body, where it is a JSON object; else nothing."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def sender(self) -> str:
        """`rule`, `workflow`, `schedule`, `subscription`, or `unknown`."""
        for attribute, sender in (("RULE_ARN", "rule"), ("EXECUTION_ARN", "workflow"), ("SCHEDULE_ARN", "schedule")):
            if attribute in self.attributes:
                return sender
        return "subscription" if self.content.get("Type") == "Notification" else "unknown"

    @property
    def event(self) -> str:
        """The detail type of the event; for a schedule that of the command it was to send; empty where there is none."""
        return "SEND_TWEET" if self.sender == "schedule" else str(self.content.get("detail-type", ""))

    @property
    def key(self) -> str:
        """The MessageId or IdempotencyKey of the event, or the id of the post on X; empty where it has none."""
        detail = self.content if self.sender == "schedule" else self.content.get("detail")
        return next((str(detail[key]) for key in KEYS if detail.get(key)), "") if isinstance(detail, dict) else ""

    @property
    def target(self) -> str:
        """The ARN of what did not get it; empty where the sender did not say."""
        return self.attributes.get("TARGET_ARN") or str(self.content.get("TopicArn", ""))

    @property
    def error(self) -> str:
        """The sender's error code, and for which reason it gave up where it says so."""
        code = self.attributes.get("ERROR_CODE") or self.attributes.get("ErrorCode", "")
        exhausted = self.attributes.get("EXHAUSTED_RETRY_CONDITION")
        return f"{code} ({exhausted})" if exhausted else code

    @property
    def message(self) -> str:
        """The sender's error message."""
        return self.attributes.get("ERROR_MESSAGE") or self.attributes.get("ErrorMessage", "")

    def goes_by(self, name: str) -> bool:
        """Whether that is its key, or the queue's id of it."""
        return name in (self.id, self.key)


def decode(service: str, message: dict[str, Any]) -> Letter:
    """A letter from a message as SQS's ReceiveMessage gives it, with all of its attributes."""
    attributes = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items() if "StringValue" in value}
    sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    return Letter(service, message["MessageId"], message["ReceiptHandle"], sent, message["Body"], attributes)


def short(arn: str) -> str:
    """What an ARN names, without its place, version or alias."""
    qualified = QUALIFIED.search(arn)
    return qualified[1] if qualified else arn.rsplit(":", 1)[-1].rsplit("/", 1)[-1]
