"""MiniStack's SNS confirms an e-mail subscription at once and then only logs its messages: they go to its SES mailbox."""

import time
from typing import Any

from ministack.services import ses, sns

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Puts each e-mail where `/_ministack/ses/messages` shows it."""

    @patch(sns, "_fanout", "984cdd91d64a")
    def fanout(original: Function, topic_arn: str, message_id: str, message: str, subject: str, message_structure: str = "",
               message_attributes: Any = None, **named: Any) -> None:
        original(topic_arn, message_id, message, subject, message_structure, message_attributes, **named)
        topic = sns._topic_by_arn_any_scope(topic_arn) or {}
        for subscription in topic.get("subscriptions", []):
            if subscription.get("protocol") in ("email", "email-json") and sns._matches_filter_policy(
                    subscription, message_attributes or {}, message):
                ses._sent_emails_list().append({
                    "MessageId": message_id, "Source": "no-reply@sns.amazonaws.com", "To": [subscription["endpoint"]],
                    "Subject": subject or "AWS Notification Message", "BodyText": message, "Timestamp": time.time(), "Type": "SNS"})
