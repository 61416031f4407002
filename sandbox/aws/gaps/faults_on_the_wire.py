"""MiniStack's services never fail: calls over HTTP meet the faults that were asked for."""

import asyncio
import json
from typing import Any
from xml.sax.saxutils import escape

from ministack import app
from ministack.core.iam_actions import extract_iam_action
from ministack.core.iam_evaluator import AuthError, resolve_principal
from ministack.core.responses import get_account_id

from sandbox.aws import faults
from sandbox.aws.patching import Function, patch

Response = tuple[int, dict[str, str], Any]


def install() -> None:
    """Answers for the service while a fault is on its operation."""

    @patch(app, "_dispatch_service_request", "17e5ef6dcfa0")
    async def dispatch_service_request(original: Function, method: str, path: str, headers: dict[str, str], body: bytes,
                                       query: dict[str, list[str]], request_id: str) -> Response:
        request = (method, path, headers, body, query)
        fault = faults.strike(_action(*request), path + body.decode("latin-1"), _caller(headers, query)) if faults.expected() else None
        answer: Response | None = None
        if fault is None or fault.after or fault.spares_the_answer:
            answer = await original(*request, request_id)
        if fault is None:
            assert answer is not None
            return answer
        await asyncio.sleep(fault.delay)
        return answer if answer is not None and fault.spares_the_answer else _failure(fault)


def _action(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]) -> str:
    parameters = app._routing_params(method, path, headers, body, query)
    service = app.detect_service(method, path, headers, parameters)
    return extract_iam_action(service, method, path, headers, body, parameters) or (
        f"{service}:{headers.get('x-amz-target', '').split('.')[-1]}")


def _caller(headers: dict[str, str], query: dict[str, list[str]]) -> str:
    key = app.extract_access_key_id(headers, query)
    principal = resolve_principal(key, get_account_id()) if key else None
    return "" if principal is None or isinstance(principal, AuthError) else str(principal.arn)


def _failure(fault: faults.Fault) -> Response:
    if fault.body is not None:
        body = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        return 200, {"Content-Type": "application/xml" if fault.service == "s3" else "application/x-amz-json-1.1"}, body.encode()
    if fault.service == "s3":
        return fault.status, {"Content-Type": "application/xml"}, (
            f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{escape(fault.error or '')}</Code>"
            f"<Message>{escape(fault.message)}</Message></Error>").encode()
    return fault.status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": fault.error or ""}, json.dumps(
        {"__type": fault.error, "message": fault.message}).encode()
