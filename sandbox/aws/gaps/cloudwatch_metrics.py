"""MiniStack has no metrics of its queues and its REST APIs, and counts a function's errors only where it was invoked over HTTP.

Source for names and dimensions: the "CloudWatch metrics" pages of the developer guides of Amazon SQS, API Gateway (REST APIs) and AWS Lambda.
"""

import threading
import time
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import apigateway_v1, lambda_svc, sqs

from sandbox.aws import metrics
from sandbox.aws.patching import Function, patch

SECONDS = 1.0
QUIET_SECONDS = 30.0  # how long a queue's unchanged number is not told again


def install() -> None:
    """Records what functions and APIs do as they do it, and looks at the queues every second."""

    @patch(lambda_svc, "_emit_lambda_metrics", "3b6689d77cf6")
    def emit_lambda_metrics(original: Function, function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:
        if throttle and duration_ms == 0:  # as a throttled attempt of any kind reports itself; all else is counted below
            metrics.put("AWS/Lambda", "Throttles", 1, dimensions={"FunctionName": function_name})

    @patch(lambda_svc, "_execute_function_dispatch", "f62cd259213e")
    def execute_function_dispatch(original: Function, function: Any, config: dict[str, Any], event: Any, request_id: str, started: float) -> Any:
        result = original(function, config, event, request_id, started)
        dimensions = {"FunctionName": config.get("FunctionName", "")}
        metrics.put("AWS/Lambda", "Invocations", 1, dimensions=dimensions)
        metrics.put("AWS/Lambda", "Errors", 1 if isinstance(result, dict) and result.get("error") else 0, dimensions=dimensions)
        metrics.put("AWS/Lambda", "Duration", 1000 * (time.time() - started), "Milliseconds", dimensions)
        return result

    @patch(apigateway_v1, "handle_execute", "c44e927a3e33")
    async def handle_execute(original: Function, api_id: str, stage: str, *request: Any) -> Any:
        started = time.time()
        answer = await original(api_id, stage, *request)
        api = apigateway_v1._rest_apis.get(api_id)
        if api:
            dimensions = {"ApiName": api["name"], "Stage": stage}
            metrics.put("AWS/ApiGateway", "Count", 1, dimensions=dimensions)
            metrics.put("AWS/ApiGateway", "4XXError", 1 if 400 <= answer[0] < 500 else 0, dimensions=dimensions)
            metrics.put("AWS/ApiGateway", "5XXError", 1 if answer[0] >= 500 else 0, dimensions=dimensions)
            metrics.put("AWS/ApiGateway", "Latency", 1000 * (time.time() - started), "Milliseconds", dimensions)
        return answer

    threading.Thread(target=_watch_queues, daemon=True, name="queue-metrics").start()


def _watch_queues() -> None:
    told: dict[Any, tuple[int, float]] = {}
    while True:
        time.sleep(SECONDS)
        for key, queue in sqs._queues.all_items():
            now = time.time()
            visible = sum(message["visible_at"] <= now for message in list(queue["messages"]))
            number, since = told.get(key, (-1, 0.0))
            if visible != number or now - since >= QUIET_SECONDS:
                told[key] = visible, now
                set_request_account_id(key[0])
                set_request_region(key[1])
                metrics.put("AWS/SQS", "ApproximateNumberOfMessagesVisible", visible, dimensions={"QueueName": queue["name"]})
