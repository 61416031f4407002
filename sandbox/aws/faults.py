"""The embedded AWS fails on request: `POST /_sandbox/faults` has the next calls of an operation fail, be late, or be answered with nonsense.

    {"service": "comprehend", "operation": "DetectSentiment", "error": "ThrottlingException", "status": 400, "times": 2}

Service and operation are named as in IAM's actions. `GET` lists the faults and how often each has struck, `DELETE` ends all, or `?id=` one.
They meet whoever calls: a function or any other client over HTTP, a workflow's Task, a rule that starts a workflow.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sandbox import faults
from sandbox.aws import routes


@dataclass
class Fault(faults.Fault):
    """What calls of an operation get: an error, or a body in place of the answer; with neither, AWS's own answer, only late.

    A body that is text is not what the caller can parse. `caller` is part of the calling role's name, where only its calls are struck.
    """

    service: str
    operation: str
    error: str | None = None
    status: int = 400
    body: Any = None
    caller: str = ""

    @property
    def spares_the_answer(self) -> bool:
        """Whether AWS's own answer is given in the end."""
        return self.error is None and self.body is None

    @property
    def message(self) -> str:
        """The error's message."""
        return f"{self.error}: injected."


_faults: faults.Faults[Fault] = faults.Faults()


def strike(action: str, call: str, caller: str) -> Fault | None:
    """The fault that a call of an action ("s3:PutObject") by a role meets, counted; None where there is none."""
    service, _, operation = action.partition(":")
    return _faults.strike(lambda fault: (fault.service, fault.operation) == (service, operation) and fault.caller in caller, call)


def expected() -> bool:
    """Whether there is any fault that could strike."""
    return bool(_faults.all())


def serve() -> None:
    """Takes requests for faults."""
    routes.add("POST", "faults", lambda query, body: asdict(_faults.add(Fault(**body))))
    routes.add("GET", "faults", lambda query, body: [asdict(fault) for fault in _faults.all()])
    routes.add("DELETE", "faults", _end)


def _end(query: routes.Query, body: dict[str, Any]) -> dict[str, Any]:
    if "id" in query:
        _faults.end(query["id"])
    else:
        _faults.clear()
    return {}
