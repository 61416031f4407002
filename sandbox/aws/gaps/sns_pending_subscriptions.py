"""MiniStack lists a subscription that nobody has confirmed under its ARN; SNS lists it as PendingConfirmation.

Source: Amazon SNS API reference, "Subscribe" and "ListSubscriptionsByTopic".
"""

from typing import Any

from ministack.services import sns

from sandbox.aws.patching import Function, patch

PENDING = b"PendingConfirmation"


def install() -> None:
    """Lists it so."""

    @patch(sns, "_list_subscriptions_by_topic", "02119f3da935")
    def list_subscriptions(original: Function, params: Any) -> tuple[int, Any, bytes]:
        status, headers, body = original(params)
        topic = sns._topic_by_arn_any_scope(sns._p(params, "TopicArn")) or {}
        for subscription in topic.get("subscriptions", []):
            if not subscription.get("confirmed"):
                body = body.replace(f"<SubscriptionArn>{subscription['arn']}<".encode(), b"<SubscriptionArn>" + PENDING + b"<")
        return status, headers, body
