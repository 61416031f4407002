"""A dead-letter queue, read without being emptied."""

import contextlib
from collections.abc import Iterator
from typing import Any

from tools.letters import Letter, decode
from tools.stack import Failure, Stack

QUEUE = "DeadLetterQueue"  # its logical id in every microservice
HIDDEN_SECONDS = 300  # from other readers, should this one end without putting back what it read
BATCH = 10


class LetterBox:
    """A microservice's dead-letter queue."""

    def __init__(self, sqs: Any, service: str, url: str) -> None:
        self._sqs, self.service, self.url = sqs, service, url
        self._held: dict[str, str] = {}

    def depth(self) -> tuple[int, int]:
        """About how many letters wait, and how many more somebody is reading."""
        visible, hidden = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
        attributes = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[visible, hidden])["Attributes"]
        return int(attributes[visible]), int(attributes[hidden])

    @contextlib.contextmanager
    def opened(self) -> Iterator[Iterator[Letter]]:
        """Each letter once. What is not removed meanwhile is back in the queue at the end, whatever happens."""
        try:
            yield self._letters()
        finally:
            self._put_back()

    def remove(self, letter: Letter) -> None:
        """Deletes a letter."""
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=self._held.pop(letter.id, letter.receipt))

    def _letters(self) -> Iterator[Letter]:
        seen: set[str] = set()
        expected, _ = self.depth()
        while True:
            messages = self._sqs.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=BATCH, VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=int(len(seen) < expected),  # a long poll asks every server of the queue
                MessageAttributeNames=["All"], MessageSystemAttributeNames=["SentTimestamp"]).get("Messages", [])
            letters = [decode(self.service, message) for message in messages]
            self._held.update((letter.id, letter.receipt) for letter in letters)
            fresh = [letter for letter in letters if letter.id not in seen]
            if not fresh:
                return
            seen.update(letter.id for letter in fresh)
            yield from fresh

    def _put_back(self) -> None:
        receipts = list(self._held.values())
        for start in range(0, len(receipts), BATCH):
            self._sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=[
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(receipts[start:start + BATCH])])
        self._held.clear()


def boxes(stack: Stack, service: str | None = None) -> list[LetterBox]:
    """The dead-letter queue of each microservice, or of one. Failure where that one has none."""
    services = [stack.service(service)] if service else stack.services
    found = [LetterBox(stack.client("sqs"), each.name, each.resources[QUEUE]) for each in services if QUEUE in each.resources]
    if service and not found:
        raise Failure(f"{services[0].name} has no dead-letter queue: nothing that it does is asynchronous.")
    return found
