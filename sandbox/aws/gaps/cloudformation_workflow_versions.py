"""MiniStack's CloudFormation has neither versions nor aliases of workflows. Here an alias leads to its new version at once, whatever its pace."""

import json
from typing import Any

from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

from sandbox.aws.patching import add

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


def install() -> None:
    """Registers the types that SAM makes of a workflow's AutoPublishAlias and DeploymentPreference."""
    add(provisioners._RESOURCE_HANDLERS, {
        "AWS::StepFunctions::StateMachineVersion": {"create": _publish, "update": _publish_again, "delete": _delete_version},
        "AWS::StepFunctions::StateMachineAlias": {"create": _create_alias, "update": _lead_on, "delete": _delete_alias}})


def _publish(logical_id: str, properties: Properties, stack: str) -> Made:
    version = _answer(stepfunctions._publish_state_machine_version({
        "stateMachineArn": properties["StateMachineArn"], "revisionId": properties.get("StateMachineRevisionId"),
        "description": properties.get("Description", "")}))["stateMachineVersionArn"]
    return version, {"Arn": version}


def _publish_again(version: str, old: Properties, new: Properties, stack: str) -> Made:
    """Each of a version's properties is one that a change of makes another version; SAM's are retained."""
    return _publish("", new, stack)


def _delete_version(version: str, properties: Properties) -> None:
    _answer(stepfunctions._delete_state_machine_version({"stateMachineVersionArn": version}))


def _create_alias(logical_id: str, properties: Properties, stack: str) -> Made:
    alias = _answer(stepfunctions._create_state_machine_alias({
        "name": properties["Name"], "routingConfiguration": _routing(properties)}))["stateMachineAliasArn"]
    return alias, {"Arn": alias}


def _lead_on(alias: str, old: Properties, new: Properties, stack: str) -> Made:
    _answer(stepfunctions._update_state_machine_alias({"stateMachineAliasArn": alias, "routingConfiguration": _routing(new)}))
    return alias, {"Arn": alias}


def _delete_alias(alias: str, properties: Properties) -> None:
    _answer(stepfunctions._delete_state_machine_alias({"stateMachineAliasArn": alias}))


def _routing(properties: Properties) -> list[dict[str, Any]]:
    return [{"stateMachineVersionArn": properties["DeploymentPreference"]["StateMachineVersionArn"], "weight": 100}]


def _answer(response: tuple[int, Any, bytes]) -> dict[str, Any]:
    status, _, body = response
    answer: dict[str, Any] = json.loads(body)
    if status >= 300:
        raise ValueError(answer.get("message") or answer.get("Message") or str(answer))
    return answer
