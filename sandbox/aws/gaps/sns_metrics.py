"""MiniStack has no metrics of topics. Source: Amazon SNS developer guide, "Monitoring Amazon SNS topics using CloudWatch"."""

from typing import Any

from ministack.services import sns

from sandbox.aws import metrics
from sandbox.aws.patching import Function, patch


def install() -> None:
    """Counts each message that a topic takes."""

    @patch(sns, "_fanout", "984cdd91d64a")
    def fanout(original: Function, topic: str, *message: Any, **more: Any) -> None:
        metrics.put("AWS/SNS", "NumberOfMessagesPublished", 1, dimensions={"TopicName": topic.rsplit(":", 1)[-1]})
        original(topic, *message, **more)
