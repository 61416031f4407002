"""Resource types that CloudFormation has and MiniStack does not, although it has the service: an archive, a bus's policy, a connection, an API
destination, a saved query, a secret's policy. A saved Logs Insights query is recorded only.
"""

import json
from typing import Any

from ministack.services import athena, eventbridge, secretsmanager
from ministack.services.cloudformation import provisioners

from sandbox.aws import recorded
from sandbox.aws.patching import Function, add

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]


def install() -> None:
    """Registers the types."""
    add(provisioners._RESOURCE_HANDLERS, {
        "AWS::Events::Archive": {"create": _create_archive, "update": _update_archive, "delete": _delete_archive},
        "AWS::Events::EventBusPolicy": {"create": _create_bus_policy, "update": _update_bus_policy, "delete": _delete_bus_policy},
        "AWS::Events::Connection": _named("Connection", eventbridge._create_connection, eventbridge._update_connection,
                                          eventbridge._delete_connection),
        "AWS::Events::ApiDestination": _named("ApiDestination", eventbridge._create_api_destination, eventbridge._update_api_destination,
                                              eventbridge._delete_api_destination),
        "AWS::Athena::NamedQuery": {"create": _create_query, "delete": _delete_query},
        "AWS::SecretsManager::ResourcePolicy": {"create": _create_secret_policy, "delete": _delete_secret_policy},
        "AWS::Logs::QueryDefinition": recorded.handlers(
            recorded.generated_id, lambda physical_id, _: {"QueryDefinitionId": physical_id}),
    })


def _answer(response: tuple[int, Any, bytes]) -> dict[str, Any]:
    status, _, body = response
    if status >= 300:
        raise ValueError(body.decode())
    return dict(json.loads(body)) if body else {}


def _named(kind: str, create: Function, update: Function, delete: Function) -> dict[str, Any]:
    """Handlers for what EventBridge creates by a name, of CloudFormation's choice where the template has none."""

    def attributes(answer: dict[str, Any]) -> dict[str, Any]:
        return dict.fromkeys(("Arn", "ArnForPolicy"), answer[f"{kind}Arn"])

    def created(logical_id: str, properties: Properties, stack: str) -> Created:
        name = properties.get("Name") or recorded.generated_name(stack, logical_id, 64)
        return name, attributes(_answer(create({**properties, "Name": name})))

    def updated(name: str, old: Any, new: Properties, stack: str, *_: Any) -> Created:
        return name, attributes(_answer(update({**new, "Name": name})))

    return {"create": created, "update": updated, "delete": lambda name, properties: delete({"Name": name})}


def _archive(name: str, properties: Properties) -> Properties:
    pattern = properties.get("EventPattern") or ""
    return {"ArchiveName": name, "Description": properties.get("Description", ""), "RetentionDays": int(properties.get("RetentionDays", 0)),
            "EventPattern": pattern if isinstance(pattern, str) else json.dumps(pattern)}


def _create_archive(logical_id: str, properties: Properties, stack: str) -> Created:
    name = properties.get("ArchiveName") or recorded.generated_name(stack, logical_id, 48)
    created = _answer(eventbridge._create_archive({**_archive(name, properties), "EventSourceArn": properties["SourceArn"]}))
    return name, {"Arn": created["ArchiveArn"], "ArchiveName": name}


def _update_archive(name: str, old: Any, new: Properties, stack: str, *_: Any) -> Created:
    _answer(eventbridge._update_archive(_archive(name, new)))
    return name, {"Arn": eventbridge._archives[name]["ArchiveArn"], "ArchiveName": name}


def _delete_archive(name: str, properties: Any) -> None:
    eventbridge._delete_archive({"ArchiveName": name})


def _create_bus_policy(logical_id: str, properties: Properties, stack: str) -> Created:
    bus = properties.get("EventBusName", "default")
    policy = eventbridge._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
    policy["Statement"].append({**(properties.get("Statement") or {}), "Sid": properties["StatementId"]})
    eventbridge._event_bus_policies[bus] = policy
    return f"{bus}|{properties['StatementId']}", {}


def _update_bus_policy(physical_id: str, old: Properties, new: Properties, stack: str, *_: Any) -> Created:
    _delete_bus_policy(physical_id, old)
    return _create_bus_policy("", new, stack)


def _delete_bus_policy(physical_id: str, properties: Any) -> None:
    bus, _, statement = physical_id.partition("|")
    eventbridge._remove_permission({"EventBusName": bus, "StatementId": statement})


def _create_query(logical_id: str, properties: Properties, stack: str) -> Created:
    name = properties.get("Name") or recorded.generated_name(stack, logical_id, 128)
    identifier = _answer(athena._create_named_query({**properties, "Name": name}))["NamedQueryId"]
    return identifier, {"NamedQueryId": identifier}


def _delete_query(identifier: str, properties: Any) -> None:
    athena._delete_named_query({"NamedQueryId": identifier})


def _create_secret_policy(logical_id: str, properties: Properties, stack: str) -> Created:
    policy = properties["ResourcePolicy"]
    text = policy if isinstance(policy, str) else json.dumps(policy)
    answer = _answer(secretsmanager._put_resource_policy({"SecretId": properties["SecretId"], "ResourcePolicy": text}))
    return answer["ARN"], {"Id": answer["ARN"]}


def _delete_secret_policy(secret: str, properties: Any) -> None:
    secretsmanager._delete_resource_policy({"SecretId": secret})
