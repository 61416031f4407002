"""MiniStack's Retry ignores MaxDelaySeconds and JitterStrategy, and its States.ALL matches errors that nothing catches on AWS."""

import random
from typing import Any

from ministack.services import stepfunctions

from sandbox.aws.patching import Function, patch

TERMINAL = {"States.Runtime", "States.DataLimitExceeded"}


def install() -> None:
    """Hands the interpreter a retrier whose interval is the delay that is due."""

    @patch(stepfunctions, "_find_matching_retrier", "cb494ae8503c")
    def find_matching_retrier(original: Function, retriers: Any, error: str, counts: dict[int, int]) -> tuple[Any, int]:
        retrier, index = original(retriers, error, counts)
        if retrier is None:
            return None, index
        delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** counts.get(index, 0)
        delay = min(delay, retrier.get("MaxDelaySeconds", delay))
        if retrier.get("JitterStrategy") == "FULL":
            delay = random.uniform(0, delay)
        return {**retrier, "IntervalSeconds": delay, "BackoffRate": 1.0}, index

    @patch(stepfunctions, "_error_matches", "519b9dc729c5")
    def error_matches(original: Function, names: list[str], error: str) -> bool:
        return error in names if error in TERMINAL else bool(original(names, error))
