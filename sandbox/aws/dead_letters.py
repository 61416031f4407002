"""Sends what a rule or a schedule could not deliver to its dead-letter queue."""

from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import eventbridge, sqs


class NotDelivered(Exception):
    """A target was not reached: EventBridge's error code and a message.

    `retriable` where a later attempt may reach it, `after` so many seconds at the earliest.
    """

    def __init__(self, code: str, message: str, retriable: bool = False, after: float = 0) -> None:
        super().__init__(message)
        self.code, self.retriable, self.after = code, retriable, after


def send(queue_arn: str, body: str, attributes: dict[str, Any]) -> None:
    """Puts a message with String attributes into a queue; nothing happens where there is none of that ARN."""
    queue = sqs._queue_by_arn(queue_arn)
    if not queue:
        return
    eventbridge._dispatch_to_sqs(parse_arn(queue_arn), body, {})
    queue["messages"][-1]["message_attributes"] = {
        name: {"DataType": "String", "StringValue": str(value)} for name, value in attributes.items()}
