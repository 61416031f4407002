"""MiniStack calls every exception of a handler Runtime.HandlerError, so that no Catch on its class ever matches, and ends the process that
raised it; Lambda names the class, and goes on with the process.
"""

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from sandbox.aws.patching import Function, UpstreamChanged, patch

REPORT = 'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})'
MARK = "\x01error"
MARKED = 'json.dumps({"status": "ok", "result": {"\\x01error": [type(e).__name__, str(e), traceback.format_exc()]}})'


def install() -> None:
    """Sends the class along with the message, as an answer with a mark, and makes an error of it again."""
    if REPORT not in lambda_runtime._PYTHON_WORKER_SCRIPT:
        raise UpstreamChanged("ministack.core.lambda_runtime reports a handler's error in another way by now.")
    lambda_runtime._PYTHON_WORKER_SCRIPT = lambda_runtime._PYTHON_WORKER_SCRIPT.replace(REPORT, MARKED)

    @patch(lambda_svc, "_execute_function_warm", "62b9218bef5b")
    def execute_function_warm(original: Function, function: Any, event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = original(function, event, request_id)
        body = result.get("body")
        if not isinstance(body, dict) or MARK not in body:
            return result
        name, message, trace = body[MARK]
        return {"body": {"errorMessage": message, "errorType": name, "requestId": request_id, "stackTrace": []}, "error": True,
                "log": "\n".join(filter(None, [result.get("log", ""), trace]))}
