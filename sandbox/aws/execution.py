"""Which Step Functions execution the current thread works for."""

import contextvars
from typing import Any

# MiniStack's record of the execution; empty outside of one. Threads that copy the context inherit it.
current: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("execution", default={})  # noqa: B039 - never changed in place
