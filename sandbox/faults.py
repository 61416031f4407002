"""Faults on request, the same for X's stand-in and for the embedded AWS: which calls fail, how often, and how."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar


@dataclass(kw_only=True)
class Fault:
    """The next `times` calls that a fault is for do not go well; `struck` counts them.

    Only calls that contain every text of `match` are struck, so that one message of many is. The answer comes `delay` seconds late;
    with `after`, the call is carried out before, and only its answer is lost.
    """

    times: int = 1
    delay: float = 0.0
    after: bool = False
    match: list[str] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    struck: int = 0


F = TypeVar("F", bound=Fault)


class Faults(Generic[F]):
    """The faults there are, those that have struck for the last time among them."""

    def __init__(self) -> None:
        self._faults: list[F] = []
        self._lock = threading.Lock()

    def add(self, fault: F) -> F:
        """Adds a fault behind those there are."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def end(self, identifier: str) -> None:
        """The fault of that id strikes no more; how often it has stays known."""
        with self._lock:
            for fault in self._faults:
                if fault.id == identifier:
                    fault.times = fault.struck

    def clear(self) -> None:
        """Ends and forgets every fault."""
        with self._lock:
            self._faults = []

    def all(self) -> list[F]:
        """Every fault, and how often it has struck."""
        return list(self._faults)

    def strike(self, applies: Callable[[F], bool], call: str) -> F | None:
        """The fault that this call meets, counted; None where there is none."""
        with self._lock:
            for fault in self._faults:
                if fault.struck < fault.times and applies(fault) and all(text in call for text in fault.match):
                    fault.struck += 1
                    return fault
        return None
