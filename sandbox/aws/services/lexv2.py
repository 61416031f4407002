"""Lex V2 on the wire: its runtime, and what its models API tells of a deployed bot.

`sandbox.aws.lex`, which answers, is imported with the first call.

Source for paths: botocore's models of lexv2-runtime and lexv2-models.
"""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from sandbox.aws.service import Response, ServiceError, answer, register

PATH = re.compile(r"/bots/([^/]+)/botAliases/([^/]+)/botLocales/([^/]+)/sessions/([^/]+)(/text)?/?$")
ALIAS, LOCALE = re.compile(r"/bots/([^/]+)/botaliases/([^/]+)/?$"), re.compile(r"/bots/([^/]+)/botversions/([^/]+)/botlocales/([^/]+)/?$")
OPERATIONS = {("POST", True): "RecognizeText", ("GET", False): "GetSession", ("POST", False): "PutSession", ("DELETE", False): "DeleteSession"}


def install() -> None:
    """Registers the service."""
    register("lex", handle, host=r"(runtime|models)-v2-lex\.", reset=reset)


def reset() -> None:
    """Forgets bots and sessions, as MiniStack forgets all else."""
    from sandbox.aws.lex import bots, sessions

    bots.reset()
    sessions.reset()


async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
    """Answers a call; a bot's function is waited for on a thread."""
    for described, pattern in ((_alias, ALIAS), (_locale, LOCALE)):
        if method == "GET" and (found := pattern.fullmatch(path)):
            return _described(described, [unquote(part) for part in found.groups()])
    match = PATH.fullmatch(path)
    operation = OPERATIONS.get((method, bool(match[5]))) if match else None
    try:
        if not match or not operation:
            raise ServiceError("UnknownOperationException", f"The sandbox answers {', '.join(OPERATIONS.values())}.", 404)
        return await asyncio.to_thread(_call, operation, [unquote(part) for part in match.groups()[:4]], json.loads(body or b"{}"))
    except ServiceError as error:
        return answer(error.status, {"message": str(error)}, {"x-amzn-ErrorType": error.code})


def _call(operation: str, names: list[str], request: dict[str, Any]) -> Response:
    from sandbox.aws.lex import runtime

    bot, alias, locale, session = names
    return runtime.call(operation, bot, alias, locale, session, request)


def _described(describe: Callable[..., dict[str, Any]], names: list[str]) -> Response:
    from sandbox.aws.lex import bots

    try:
        return answer(200, describe(*names))
    except bots.NoSuchBot as error:
        return answer(404, {"message": str(error)}, {"x-amzn-ErrorType": "ResourceNotFoundException"})


def _alias(bot: str, alias: str) -> dict[str, Any]:
    from sandbox.aws.lex import bots

    found = bots.alias(bot, alias)
    settings = {each["LocaleId"]: {"enabled": bots.true(each["BotAliasLocaleSetting"].get("Enabled", True))}
                for each in found.get("BotAliasLocaleSettings") or []}
    return {"botId": bot, "botAliasId": alias, "botAliasName": found.get("BotAliasName", ""), "botVersion": str(found.get("BotVersion", bots.DRAFT)),
            "botAliasLocaleSettings": settings, "botAliasStatus": "Available"}


def _locale(bot: str, version: str, locale: str) -> dict[str, Any]:
    from sandbox.aws.lex import bots

    found, built = bots.locale_of(bot, version, locale)
    return {"botId": bot, "botVersion": version, "localeId": locale, "nluIntentConfidenceThreshold": found.get("NluConfidenceThreshold"),
            "intentsCount": len(found.get("Intents") or []), "slotTypesCount": len(found.get("SlotTypes") or []),
            "botLocaleStatus": "Built" if built else "NotBuilt"}
