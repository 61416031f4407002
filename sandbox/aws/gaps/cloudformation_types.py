"""Resource types that CloudFormation has and MiniStack does not, although it has the service: an archive and a saved query."""

import json
from typing import Any

from ministack.services import athena, eventbridge
from ministack.services.cloudformation import provisioners

from sandbox.aws.patching import add
from sandbox.aws.recorded import generated_name

Created = tuple[str, dict[str, Any]]


def install() -> None:
    """Registers the types."""
    add(provisioners._RESOURCE_HANDLERS, {
        "AWS::Events::Archive": {"create": _create_archive, "update": _update_archive, "delete": _delete_archive},
        "AWS::Athena::NamedQuery": {"create": _create_query, "delete": _delete_query},
    })


def _answer(response: tuple[int, Any, bytes]) -> dict[str, Any]:
    status, _, body = response
    if status >= 300:
        raise ValueError(body.decode())
    return dict(json.loads(body)) if body else {}


def _archive(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    pattern = properties.get("EventPattern") or ""
    return {"ArchiveName": name, "Description": properties.get("Description", ""), "RetentionDays": int(properties.get("RetentionDays", 0)),
            "EventPattern": pattern if isinstance(pattern, str) else json.dumps(pattern)}


def _create_archive(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
    name = properties.get("ArchiveName") or generated_name(stack, logical_id, 48)
    created = _answer(eventbridge._create_archive({**_archive(name, properties), "EventSourceArn": properties["SourceArn"]}))
    return name, {"Arn": created["ArchiveArn"], "ArchiveName": name}


def _update_archive(name: str, old: Any, new: dict[str, Any], stack: str, *_: Any) -> Created:
    _answer(eventbridge._update_archive(_archive(name, new)))
    return name, {"Arn": eventbridge._archives[name]["ArchiveArn"], "ArchiveName": name}


def _delete_archive(name: str, properties: Any) -> None:
    eventbridge._delete_archive({"ArchiveName": name})


def _create_query(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
    name = properties.get("Name") or generated_name(stack, logical_id, 128)
    identifier = _answer(athena._create_named_query({**properties, "Name": name}))["NamedQueryId"]
    return identifier, {"NamedQueryId": identifier}


def _delete_query(identifier: str, properties: Any) -> None:
    athena._delete_named_query({"NamedQueryId": identifier})
