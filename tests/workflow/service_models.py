"""AWS's own models of the services that the workflows call, so that a misspelt argument fails here and not after the deployment."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import botocore.validate
import regex
from ministack.services.stepfunctions import _sdk_json_param_value

MODELS = {"lexruntimev2": "lexv2-runtime"}

_session = botocore.session.get_session()
_models: dict[str, Any] = {}


def check_arguments(call: str, arguments: dict[str, Any]) -> None:
    """Raises AssertionError where the arguments of a call, such as "comprehend:detectSentiment", are not what its service takes."""
    shape = _operation(call).input_shape
    _check(call, _sdk_json_param_value(_as_sent(call, arguments), shape), shape)


def check_result(call: str, result: Any) -> None:
    """Raises AssertionError where a test's answer to a call is not what its service answers."""
    shape = _operation(call).output_shape
    if call == "lambda:invoke":  # whose payload is text on the wire, and an object in a workflow
        result = {**result, "Payload": json.dumps(result["Payload"]).encode()}
    _check(f"the answer to {call}", _sdk_json_param_value(result, shape), shape)


def _operation(call: str) -> Any:
    service, action = call.split(":")
    if service not in _models:
        _models[service] = _session.get_service_model(MODELS.get(service, service))
    return _models[service].operation_model(action[0].upper() + action[1:])


def _as_sent(call: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The optimised integrations make text of an object where the service wants text."""
    if call == "events:putEvents":
        return {**arguments, "Entries": [{**entry, "Detail": json.dumps(entry["Detail"])} for entry in arguments["Entries"]]}
    if call == "sqs:sendMessage":
        return {**arguments, "MessageBody": json.dumps(arguments["MessageBody"])}
    if call == "lambda:invoke":
        return {**arguments, "Payload": json.dumps(arguments["Payload"]).encode()}
    return arguments


def _check(what: str, value: Any, shape: Any) -> None:
    report = botocore.validate.ParamValidator().validate(value, shape)
    assert not report.has_errors(), f"{what}: {report.generate_report()}"
    beyond = list(_beyond(value, shape, ""))
    assert not beyond, f"{what}: {'; '.join(beyond)}"


def _beyond(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Which values are beyond what the model allows, but botocore leaves to the service to refuse."""
    limits = shape.metadata
    measure = len(value) if isinstance(value, str | list | dict | bytes) else value
    if "max" in limits and measure > limits["max"]:
        yield f"{path} is more than {limits['max']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"{path} is {value}, which is none of {limits['enum']}"
    if "pattern" in limits and not regex.fullmatch(limits["pattern"], value):
        yield f"{path} does not match {limits['pattern']}"
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from _beyond(member, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for index, member in enumerate(value):
            yield from _beyond(member, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            yield from _beyond(member, shape.value, f"{path}.{name}")
