"""What Lex V2's runtime answers: RecognizeText and the session's own calls, of the bots that CloudFormation deployed.

Source for shapes and errors: botocore's model of lexv2-runtime.
"""

import base64
import gzip
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.aws.lex import bots, dialog, hooks, sessions
from sandbox.aws.service import Response, ServiceError, answer

SESSION_ID = re.compile(r"[0-9a-zA-Z._:-]+")
TEXT = 1024  # characters at most
ACTIONS = (*hooks.ACTIONS, "None")

Body = dict[str, Any]


def call(operation: str, bot_id: str, alias_id: str, locale_id: str, session_id: str, request: Body) -> Response:
    """An operation's response. Raises ServiceError."""
    return OPERATIONS[operation](_deployed(bot_id, alias_id, locale_id), _session_id(session_id), request)


def recognize_text(bot: bots.Deployed, session_id: str, request: Body) -> Response:
    """Takes a turn of the conversation, and answers with what the bot did and says."""
    text = _text(request.get("text"))
    session = sessions.open_session(bot, session_id)
    with session.lock:
        before = session.copy()
        _take_state(session, request.get("sessionState") or {})
        request_id = str(uuid.uuid4())
        turn = dialog.Turn(bot, session, text, request.get("requestAttributes") or {}, request_id)
        try:
            turn.take()
        except hooks.HookFailed as error:
            session.restore(before)
            raise ServiceError("DependencyFailedException", str(error), 424) from None
        return answer(200, {
            "sessionId": session_id, "sessionState": session.state(request_id), "interpretations": turn.interpretations(),
            "requestAttributes": turn.request_attributes, **({"messages": turn.messages} if turn.messages else {})})


def get_session(bot: bots.Deployed, session_id: str, request: Body) -> Response:
    """What the bot remembers of a conversation."""
    session = sessions.find(bot, session_id)
    if session is None:
        raise _no_session(session_id)
    return answer(200, {"sessionId": session_id, "messages": session.messages, "interpretations": session.interpretations,
                        "sessionState": session.state(str(uuid.uuid4()))})


def put_session(bot: bots.Deployed, session_id: str, request: Body) -> Response:
    """Makes a session, or puts another in its place. Its answer is in headers, JSON packed by gzip and Base64."""
    if not isinstance(request.get("sessionState"), dict):
        raise _invalid("Value null at 'sessionState' failed to satisfy constraint: Member must not be null")
    session = sessions.open_session(bot, session_id, anew=True)
    _take_state(session, request["sessionState"])
    session.messages = list(request.get("messages") or [])
    status, headers, _ = answer(200, {}, {
        "Content-Type": "text/plain; charset=utf-8", "x-amz-lex-session-id": session_id, "x-amz-lex-messages": _packed(session.messages),
        "x-amz-lex-session-state": _packed(session.state(str(uuid.uuid4()))),
        "x-amz-lex-request-attributes": _packed(request.get("requestAttributes") or {})})
    return status, headers, b""


def delete_session(bot: bots.Deployed, session_id: str, request: Body) -> Response:
    """Forgets a conversation."""
    if not sessions.delete(bot, session_id):
        raise _no_session(session_id)
    return answer(200, {"botId": bot.bot_id, "botAliasId": bot.alias_id, "localeId": bot.locale_id, "sessionId": session_id})


def _deployed(bot_id: str, alias_id: str, locale_id: str) -> bots.Deployed:
    try:
        return bots.deployed(bot_id, alias_id, locale_id)
    except bots.NoSuchBot as error:
        raise ServiceError("ResourceNotFoundException", str(error), 404) from None


def _take_state(session: sessions.Session, state: Body) -> None:
    """What a client says the session's state is, if it is of the shape that the model has."""
    action, intent = state.get("dialogAction"), state.get("intent")
    if action is not None and action.get("type") not in ACTIONS:
        raise _invalid(f"Value '{action.get('type')}' at 'sessionState.dialogAction.type' failed to satisfy constraint:"
                       f" Member must satisfy enum value set: [{', '.join(ACTIONS)}]")
    if action is not None and action["type"] == "ElicitSlot" and not action.get("slotToElicit"):
        raise _invalid("Value null at 'sessionState.dialogAction.slotToElicit' failed to satisfy constraint: Member must not be null")
    if intent is not None and not intent.get("name"):
        raise _invalid("Value null at 'sessionState.intent.name' failed to satisfy constraint: Member must not be null")
    session.attributes = {**session.attributes, **(state.get("sessionAttributes") or {})}
    session.take(state)


def _text(text: Any) -> str:
    if not isinstance(text, str):
        raise _invalid("Value null at 'text' failed to satisfy constraint: Member must not be null")
    if not 1 <= len(text) <= TEXT:
        limit = f"greater than or equal to {1}" if not text else f"less than or equal to {TEXT}"
        raise _invalid(f"Value at 'text' failed to satisfy constraint: Member must have length {limit}")
    return text


def _session_id(session_id: str) -> str:
    if not SESSION_ID.fullmatch(session_id):
        raise _invalid(f"Value '{session_id}' at 'sessionId' failed to satisfy constraint: Member must satisfy regular expression pattern:"
                       f" {SESSION_ID.pattern}")
    if not 2 <= len(session_id) <= 100:
        limit = "greater than or equal to 2" if len(session_id) < 2 else "less than or equal to 100"
        raise _invalid(f"Value '{session_id}' at 'sessionId' failed to satisfy constraint: Member must have length {limit}")
    return session_id


def _invalid(constraint: str) -> ServiceError:
    return ServiceError("ValidationException", f"1 validation error detected: {constraint}")


def _no_session(session_id: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", f"There is no session {session_id}.", 404)


def _packed(value: Any) -> str:
    return base64.b64encode(gzip.compress(json.dumps(value).encode())).decode()


OPERATIONS: dict[str, Callable[[bots.Deployed, str, Body], Response]] = {
    "RecognizeText": recognize_text, "GetSession": get_session, "PutSession": put_session, "DeleteSession": delete_session}
