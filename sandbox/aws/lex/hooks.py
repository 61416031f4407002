"""A bot's function: the event that Lex sends it, whether Lex may, and what it may answer.

Sources: Lex V2 developer guide, "AWS Lambda input event format for Lex V2", "AWS Lambda response format for Lex V2"; botocore on when Lex answers
DependencyFailedException.
"""

import json
from collections.abc import Callable
from typing import Any

from sandbox.aws.lex.bots import Deployed

Event = dict[str, Any]
Answer = dict[str, Any]
Function = Callable[[Deployed, Event], Answer]

ACTIONS = ("Close", "ConfirmIntent", "Delegate", "ElicitIntent", "ElicitSlot")
INTENT_STATES = ("Failed", "Fulfilled", "FulfillmentInProgress", "InProgress", "ReadyForFulfillment", "Waiting")
CONTENT_TYPES = ("CustomPayload", "ImageResponseCard", "PlainText", "SSML")
SERVICE = "lexv2.amazonaws.com"


class HookFailed(Exception):
    """The function could not be called, failed, or answered what Lex does not take; the message says which."""


def invoke(bot: Deployed, event: Event) -> Answer:
    """Calls the alias's function and returns its answer. Raises HookFailed."""
    from ministack.core.responses import get_account_id
    from ministack.services import lambda_svc

    from sandbox.aws import access

    arn = bot.function
    if not arn:
        raise HookFailed(f"The alias {bot.alias_name} has no Lambda function for {bot.locale_id}, which an intent's code hook wants.")
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if not function:
        raise HookFailed(f"There is no Lambda function {arn}.")
    policy = lambda_svc.function_policy_for_arn(arn)
    keys = {"aws:SourceArn": bot.alias_arn, "aws:SourceAccount": get_account_id()}
    if not access.permits(policy and policy[0], SERVICE, "lambda:InvokeFunction", arn, keys):
        raise HookFailed(f"Access denied while invoking lambda function {arn} from {bot.alias_arn}. Please check the policy on this function.")
    result = lambda_svc._execute_function_with_config_scope(lambda_svc._execution_record_for_config(function, config), event)
    if result.get("error"):
        raise HookFailed("Invalid Lambda Response: Received error response from Lambda: Unhandled")
    body = result.get("body")
    try:
        return checked(body if isinstance(body, dict) else json.loads(body or "null"))
    except ValueError:
        raise HookFailed("Invalid Lambda Response: the response is not JSON.") from None


def checked(answer: Any) -> Answer:
    """A function's answer, if it is of the shape that Lex takes. Raises HookFailed."""
    state = answer.get("sessionState") if isinstance(answer, dict) else None
    if not isinstance(state, dict):
        raise HookFailed("Invalid Lambda Response: sessionState is missing.")
    action, intent = state.get("dialogAction"), state.get("intent")
    if not isinstance(action, dict) or action.get("type") not in ACTIONS:
        raise HookFailed(f"Invalid Lambda Response: dialogAction.type must be one of {', '.join(ACTIONS)}.")
    if action["type"] != "ElicitIntent" and not (isinstance(intent, dict) and intent.get("name")):
        raise HookFailed(f"Invalid Lambda Response: dialogAction {action['type']} needs an intent.")
    if action["type"] == "ElicitSlot" and not action.get("slotToElicit"):
        raise HookFailed("Invalid Lambda Response: dialogAction ElicitSlot needs slotToElicit.")
    if intent and intent.get("state", "InProgress") not in INTENT_STATES:
        raise HookFailed(f"Invalid Lambda Response: intent.state must be one of {', '.join(INTENT_STATES)}.")
    attributes = state.get("sessionAttributes")
    if attributes is not None and not (isinstance(attributes, dict) and all(isinstance(value, str) for value in attributes.values())):
        raise HookFailed("Invalid Lambda Response: sessionAttributes must be a map of strings.")
    for message in answer.get("messages") or []:
        card = isinstance(message, dict) and message.get("contentType") == "ImageResponseCard"
        if not isinstance(message, dict) or message.get("contentType") not in CONTENT_TYPES \
                or not (message.get("imageResponseCard") if card else 1 <= len(str(message.get("content") or "")) <= 1024):
            raise HookFailed("Invalid Lambda Response: a message needs its contentType, and content of 1 to 1024 characters or a card.")
    return dict(answer)
