"""MiniStack has no Lex: its resources are recorded, and `sandbox.aws.services.lexv2` answers from them."""

import uuid
from typing import Any

from ministack.services.cloudformation import provisioners

from sandbox.aws.patching import add
from sandbox.aws.recorded import arn, generated_id, handlers


def install() -> None:
    """Registers a bot, its versions, its aliases and their policies."""
    add(provisioners._RESOURCE_HANDLERS, {
        "AWS::Lex::Bot": handlers("AWS::Lex::Bot", _lex_id, _bot),
        "AWS::Lex::BotVersion": handlers("AWS::Lex::BotVersion", _version_id, _version),
        "AWS::Lex::BotAlias": handlers("AWS::Lex::BotAlias", _alias_id, _alias),
        "AWS::Lex::ResourcePolicy": handlers("AWS::Lex::ResourcePolicy", generated_id, lambda physical_id, _: {"Id": physical_id, "RevisionId": "1"}),
    })


def _lex_id(stack: str, logical_id: str, properties: dict[str, Any]) -> str:
    """Ten capitals and digits, as Lex's ids are."""
    return uuid.uuid5(uuid.NAMESPACE_URL, stack + logical_id).hex[:10].upper()


def _version_id(stack: str, logical_id: str, properties: dict[str, Any]) -> str:
    return f"{properties['BotId']}|1"


def _alias_id(stack: str, logical_id: str, properties: dict[str, Any]) -> str:
    return f"{_lex_id(stack, logical_id, properties)}|{properties['BotId']}"


def _bot(physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Id": physical_id, "Arn": arn("lex", f"bot/{physical_id}")}


def _version(physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"BotId": properties["BotId"], "BotVersion": physical_id.split("|")[1]}


def _alias(physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
    alias, bot = physical_id.split("|")
    return {"BotAliasId": alias, "Arn": arn("lex", f"bot-alias/{bot}/{alias}"), "BotAliasStatus": "Available"}
