"""An answer that several callers ask for at about the same time is worked out once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any


class Shared:
    """The last few answers, by question; a question that is being worked on is waited for."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.Lock()
        self._answers: OrderedDict[Hashable, Future[Any]] = OrderedDict()

    def get(self, question: Hashable, work: Callable[[], Any]) -> Any:
        """The answer to a question, worked out by the first who asks. What `work` raises, all who wait are told, and it is forgotten."""
        with self._lock:
            known = self._answers.get(question)
            answer = known or Future()
            self._answers[question] = answer
            self._answers.move_to_end(question)
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)
        if known is None:
            try:
                answer.set_result(work())
            except BaseException as error:
                with self._lock:
                    self._answers.pop(question, None)
                answer.set_exception(error)
        return answer.result()
