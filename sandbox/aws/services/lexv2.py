"""Lex V2's runtime, answering from the bot that CloudFormation deployed.

An utterance is held against the intents' sample utterances by rapidfuzz: a rule, not Lex's own model. The fulfilment function is invoked with the
real event. Source for shapes: Lex V2 developer guide, "AWS Lambda input event format for Lex V2".
"""

import asyncio
import json
import re
import time
from typing import Any
from urllib.parse import unquote

from rapidfuzz import fuzz, utils

from sandbox.aws import recorded
from sandbox.aws.service import Response, ServiceError, answer, register

PATH = re.compile(r"/bots/([^/]+)/botAliases/([^/]+)/botLocales/([^/]+)/sessions/([^/]+)/text$")
SESSION_ID = re.compile(r"[0-9a-zA-Z._:-]{2,100}")
SAME = 80.0  # of 100: from here on an utterance is one of an intent's
FALLBACK = "AMAZON.FallbackIntent"

_sessions: dict[tuple[str, str, str], tuple[float, dict[str, str]]] = {}


def install() -> None:
    """Registers the service."""
    register("lex", handle, host=r"runtime-v2-lex\.")


async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
    """RecognizeText; nothing else of the runtime is there."""
    match = PATH.fullmatch(path)
    try:
        if not match or method != "POST":
            raise ServiceError("ResourceNotFoundException", "The sandbox answers RecognizeText only.", 404)
        bot, alias, locale, session = map(unquote, match.groups())
        result = await asyncio.to_thread(recognize_text, bot, alias, locale, session, json.loads(body or b"{}"))
        return answer(200, result)
    except ServiceError as error:
        return answer(error.status, {"message": str(error)}, {"x-amzn-ErrorType": error.code})


def recognize_text(bot_id: str, alias_id: str, locale_id: str, session_id: str, request: dict[str, Any]) -> dict[str, Any]:
    """Finds the intent, has it fulfilled, and answers as RecognizeText does."""
    text = request.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= 1024 or not SESSION_ID.fullmatch(session_id):
        raise ServiceError("ValidationException", "The text must have 1 to 1024 characters and the session id 2 to 100.")
    bot, alias, locale = _deployed(bot_id, alias_id, locale_id)
    key = (bot_id, alias_id, session_id)
    expires, attributes = _sessions.get(key, (0.0, {}))
    attributes = {**({} if expires < time.time() else attributes), **(request.get("sessionState", {}).get("sessionAttributes") or {})}
    ranked = _rank(text, locale)
    intent, _ = ranked[0]
    state = {"sessionAttributes": attributes, "dialogAction": {"type": "Close"},
             "intent": {"name": intent["Name"], "slots": {}, "state": "Fulfilled"}}
    interpretations = [{"intent": {"name": each["Name"], "slots": {}, "state": "ReadyForFulfillment"},
                        **({"nluConfidence": {"score": round(confidence / 100, 2)}} if confidence else {})} for each, confidence in ranked]
    messages = _closing(intent)
    if (intent.get("FulfillmentCodeHook") or {}).get("Enabled"):
        event = {
            "messageVersion": "1.0", "invocationSource": "FulfillmentCodeHook", "inputMode": "Text",
            "responseContentType": "text/plain; charset=utf-8", "sessionId": session_id, "inputTranscript": text,
            "bot": {"id": bot_id, "aliasId": alias_id, "aliasName": alias.get("BotAliasName", ""), "localeId": locale_id,
                    "name": bot.get("Name", ""), "version": str(alias.get("BotVersion", "DRAFT"))},
            "sessionState": {**state, "intent": interpretations[0]["intent"]}, "interpretations": interpretations}
        fulfilled = _invoke(alias, locale_id, event)
        state, messages = fulfilled.get("sessionState", state), fulfilled.get("messages", [])
    _sessions[key] = (time.time() + float(bot.get("IdleSessionTTLInSeconds", 300)), state.get("sessionAttributes") or {})
    result = {"sessionId": session_id, "sessionState": state, "interpretations": interpretations}
    return {**result, "messages": messages} if messages else result


def _deployed(bot_id: str, alias_id: str, locale_id: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    bot = recorded.find("AWS::Lex::Bot", bot_id)
    alias = recorded.find("AWS::Lex::BotAlias", f"{alias_id}|{bot_id}")
    locale = next((each for each in (bot or {}).get("BotLocales", []) if each["LocaleId"] == locale_id), None)
    if bot is None or alias is None or locale is None:
        raise ServiceError("ResourceNotFoundException", f"There is no bot {bot_id} with alias {alias_id} and locale {locale_id}.", 404)
    return bot, alias, locale


def _rank(text: str, locale: dict[str, Any]) -> list[tuple[dict[str, Any], float]]:
    """Intents with a likeness of 0 to 100, best first; the fallback, which has none, is first where no other is like enough."""
    intents = locale["Intents"]
    threshold = max(SAME, 100 * float(locale.get("NluConfidenceThreshold", 0)))
    likeness = sorted(((intent, _likeness(text, intent)) for intent in intents if intent.get("ParentIntentSignature") != FALLBACK),
                      key=lambda each: -each[1])
    fallback = [(intent, 0.0) for intent in intents if intent.get("ParentIntentSignature") == FALLBACK]
    known = [each for each in likeness if each[1] >= threshold]
    return known + fallback + [each for each in likeness if each[1] < threshold]


def _likeness(text: str, intent: dict[str, Any]) -> float:
    said = utils.default_process(text)
    samples = [utils.default_process(sample["Utterance"]) for sample in intent.get("SampleUtterances") or []]
    return max((max(fuzz.token_sort_ratio(said, sample), 0.95 * fuzz.token_set_ratio(said, sample)) for sample in samples), default=0.0)


def _closing(intent: dict[str, Any]) -> list[dict[str, str]]:
    groups = ((intent.get("IntentClosingSetting") or {}).get("ClosingResponse") or {}).get("MessageGroupsList") or []
    return [{"contentType": "PlainText", "content": group["Message"]["PlainTextMessage"]["Value"]} for group in groups]


def _invoke(alias: dict[str, Any], locale_id: str, event: dict[str, Any]) -> dict[str, Any]:
    from ministack.services import lambda_svc

    settings = next(each["BotAliasLocaleSetting"] for each in alias["BotAliasLocaleSettings"] if each["LocaleId"] == locale_id)
    arn = settings["CodeHookSpecification"]["LambdaCodeHook"]["LambdaArn"]
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if not function:
        raise ServiceError("DependencyFailedException", f"There is no function {arn}.", 424)
    _check_permission(function, arn)
    result = lambda_svc._execute_function_with_config_scope(lambda_svc._execution_record_for_config(function, config), event)
    body = result.get("body")
    if result.get("error") or not isinstance(body, dict | str):
        raise ServiceError("BadGatewayException", "The fulfilment function failed.", 502)
    return dict(body if isinstance(body, dict) else json.loads(body))


def _check_permission(function: dict[str, Any], arn: str) -> None:
    """Lex may call a function only where the function's own policy says so."""
    policy = function.get("policy") or {}
    policy = json.loads(policy) if isinstance(policy, str) else policy
    principals = [statement.get("Principal") for statement in policy.get("Statement", [])]
    if not any("lexv2.amazonaws.com" in json.dumps(principal) for principal in principals):
        raise ServiceError("DependencyFailedException", f"Lex may not invoke {arn}: its policy does not allow lexv2.amazonaws.com.", 424)
