"""MiniStack has no Lex: CloudFormation's Lex resources become bots of `sandbox.aws.lex`, which that package answers from."""

import logging
import uuid
from collections.abc import Iterator
from typing import Any

from ministack.services.cloudformation import provisioners

from sandbox.aws.lex import bots
from sandbox.aws.patching import add
from sandbox.aws.recorded import arn, generated_id, handlers

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]

logger = logging.getLogger(__name__)
# Settings that change how a conversation goes on AWS and are not looked at here.
NOT_FOLLOWED = {
    "BedrockAgentIntentConfiguration", "CaptureConditional", "CaptureNextStep", "CompositeSlotTypeSetting", "Conditional",
    "ConfirmationConditional", "ConfirmationNextStep", "DeclinationConditional", "DeclinationNextStep", "ExternalSourceSetting",
    "FailureConditional", "FailureNextStep", "GenerativeAISettings", "KendraConfiguration", "NextStep", "QInConnectIntentConfiguration",
    "QnAIntentConfiguration", "SuccessConditional", "SuccessNextStep", "TimeoutConditional", "TimeoutNextStep", "WaitAndContinueSpecification"}


def install() -> None:
    """Registers a bot, its versions, its aliases and their policies."""
    add(provisioners._RESOURCE_HANDLERS, {
        "AWS::Lex::Bot": {"create": _create_bot, "update": _update_bot, "delete": _delete_bot},
        "AWS::Lex::BotVersion": {"create": _create_version, "update": _update_version, "delete": _delete_version},
        "AWS::Lex::BotAlias": {"create": _create_alias, "update": _update_alias, "delete": _delete_alias},
        "AWS::Lex::ResourcePolicy": handlers(generated_id, lambda physical_id, _: {"Id": physical_id, "RevisionId": "1"}),
    })


def _lex_id(stack: str, logical_id: str) -> str:
    """Ten capitals and digits, as Lex's ids are."""
    return uuid.uuid5(uuid.NAMESPACE_URL, stack + logical_id).hex[:10].upper()


def _create_bot(logical_id: str, properties: Properties, stack: str) -> Created:
    bot = _lex_id(stack, logical_id)
    return _update_bot(bot, {}, properties, stack)


def _update_bot(bot: str, old: Properties, new: Properties, stack: str, *_: Any) -> Created:
    if "BotFileS3Location" in new:
        raise ValueError("The sandbox makes a bot from BotLocales, not from a file in S3.")
    bots.put_bot(bot, new)
    if ignored := sorted(set(_keys(new)) & NOT_FOLLOWED):
        logger.warning("Bot %s: the sandbox's Lex does not follow %s.", new.get("Name"), ", ".join(ignored))
    return bot, {"Id": bot, "Arn": arn("lex", f"bot/{bot}")}


def _delete_bot(bot: str, properties: Properties) -> None:
    bots.delete_bot(bot)


def _create_version(logical_id: str, properties: Properties, stack: str) -> Created:
    bot = properties["BotId"]
    version = bots.put_version(bot, properties["BotVersionLocaleSpecification"])
    return f"{bot}|{version}", {"BotId": bot, "BotVersion": version}


def _update_version(physical_id: str, old: Properties, new: Properties, stack: str, *_: Any) -> Created:
    """A version never changes."""
    bot, version = physical_id.split("|")
    return physical_id, {"BotId": bot, "BotVersion": version}


def _delete_version(physical_id: str, properties: Properties) -> None:
    bots.delete_version(*physical_id.split("|"))


def _create_alias(logical_id: str, properties: Properties, stack: str) -> Created:
    return _update_alias(f"{_lex_id(stack, logical_id)}|{properties['BotId']}", {}, properties, stack)


def _update_alias(physical_id: str, old: Properties, new: Properties, stack: str, *_: Any) -> Created:
    alias, bot = physical_id.split("|")
    bots.put_alias(bot, alias, new)
    return physical_id, {"BotAliasId": alias, "Arn": arn("lex", f"bot-alias/{bot}/{alias}"), "BotAliasStatus": "Available"}


def _delete_alias(physical_id: str, properties: Properties) -> None:
    alias, bot = physical_id.split("|")
    bots.delete_alias(bot, alias)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _keys(each)
