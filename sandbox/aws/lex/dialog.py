"""One turn of a conversation: an utterance in, what the bot does about it out.

What Lex does by its settings is followed: slots asked for in order, retries, confirmation, code hooks, fulfilment, closing, contexts. Conditional
branches and changed next steps are not (`sandbox.aws.gaps.cloudformation_lex` warns of them).
"""

import random
import re
from typing import Any

from sandbox.aws.lex import hooks, slots, utterances
from sandbox.aws.lex.bots import FALLBACK, Deployed, Properties, true
from sandbox.aws.lex.hooks import HookFailed
from sandbox.aws.lex.sessions import Session
from sandbox.aws.text import sentiment

INTERPRETATIONS = 5
CHANGES_THE_SUBJECT = 95.0  # of 100: from here on an answer that could be a slot's value is taken for another intent's utterance
MESSAGES = {"PlainTextMessage": "PlainText", "CustomPayload": "CustomPayload", "SSMLMessage": "SSML"}

Message = dict[str, Any]


class Turn:
    """A turn. `take()` changes the session, and afterwards the session's state, `messages` and `interpretations()` are the answer."""

    def __init__(self, bot: Deployed, session: Session, text: str, request_attributes: dict[str, str], request_id: str,
                 function: hooks.Function = hooks.invoke) -> None:
        self.bot, self.session, self.text, self.request_attributes = bot, session, text, request_attributes
        self.messages: list[Message] = []
        self._request_id, self._function = request_id, function
        self._ranked: list[utterances.Match] = []

    def take(self) -> None:
        """Takes the turn. Raises HookFailed."""
        session = self.session
        session.next_turn()
        before = session.active_contexts()
        self._ranked = utterances.rank(self.bot, self.text, before)
        asked = session.action["type"]
        known = session.intent is not None and self.bot.intent(session.intent["name"]) is not None
        if asked == "ElicitSlot" and known:
            self._slot_answered(session.action["slotToElicit"])
        elif asked == "ConfirmIntent" and known:
            self._confirmation_answered()
        else:
            self._begin(self._ranked[0])
        session.end_turn(before)
        session.interpretations, session.messages = self.interpretations(), self.messages

    def interpretations(self, *, for_function: bool = False) -> list[dict[str, Any]]:
        """What the utterance may mean, best first: the intent at hand, then the others by their likeness."""
        at_hand = self.session.intent
        name = at_hand["name"] if at_hand else None
        ordered = sorted(self._ranked, key=lambda match: match.intent["Name"] != name)
        return [self._interpretation(match, at_hand if at_hand and match.intent["Name"] == name else self._started(match), for_function)
                for match in ordered[:INTERPRETATIONS]]

    def _interpretation(self, match: utterances.Match, intent: dict[str, Any], for_function: bool) -> dict[str, Any]:
        score = round(match.likeness / 100, 2)
        scores = {name.lower(): value for name, value in sentiment.scores(self.text, self.bot.language).items()}
        return {
            "intent": intent, "interpretationSource": "Lex",
            **({"nluConfidence": score if for_function else {"score": score}} if score else {}),
            **({"sentimentResponse": {"sentiment": max(scores, key=lambda name: scores[name]).upper(), "sentimentScore": scores}}
               if self.bot.reads_sentiment else {})}

    def _started(self, match: utterances.Match) -> dict[str, Any]:
        found = {slot["Name"]: match.slots[slot["Name"]].as_slot() if slot["Name"] in match.slots else None
                 for slot in match.intent.get("Slots") or []}
        return {"name": match.intent["Name"], "slots": found, "state": "InProgress" if None in found.values() else "ReadyForFulfillment",
                "confirmationState": "None"}

    # What was said.

    def _begin(self, match: utterances.Match) -> None:
        self.session.intent = {**self._started(match), "state": "InProgress"}
        self.session.attempts = 0
        for slot in match.intent.get("Slots") or []:
            if self._slots[slot["Name"]] is None:
                self._slots[slot["Name"]] = self._default(slot)
        initial = match.intent.get("InitialResponseSetting") or {}
        self._say(initial.get("InitialResponse"))
        self._proceed(initial.get("CodeHook"))

    def _slot_answered(self, name: str) -> None:
        slot = next((each for each in self._intent.get("Slots") or [] if each["Name"] == name), None)
        if slot is None:
            raise HookFailed(f"Intent {self._intent['Name']} has no slot {name}.")
        elicitation = slot["ValueElicitationSetting"]
        capture = elicitation.get("SlotCaptureSetting") or {}
        value = utterances.value_of(self.bot, self._intent, name, self.text)
        other = self._other_intent()
        closed = slots.slot_type(self.bot, slot["SlotTypeName"]).closed
        if other and (value is None or (not closed and other.likeness >= CHANGES_THE_SUBJECT)):
            self._begin(other)
        elif value is not None:
            said = {each: found.as_slot() for match in self._ranked if match.intent is self._intent for each, found in match.slots.items()}
            self._slots.update({each: found for each, found in said.items() if self._slots.get(each) is None})
            self._slots[name] = value.as_slot()
            self.session.attempts = 0
            self._say(capture.get("CaptureResponse"))
            self._proceed(capture.get("CodeHook"))
        else:
            self._asked_in_vain(elicitation.get("PromptSpecification"), capture)

    def _confirmation_answered(self) -> None:
        setting = self._intent.get("IntentConfirmationSetting") or {}
        answer = slots.yes_or_no(self.text)
        if answer is None:
            other = self._other_intent()
            if other:
                self._begin(other)
            else:
                self._asked_in_vain(setting.get("PromptSpecification"), setting)
            return
        self._state["confirmationState"] = "Confirmed" if answer else "Denied"
        if answer:
            self._say(setting.get("ConfirmationResponse"))
        self._proceed(setting.get("CodeHook"))

    def _other_intent(self) -> utterances.Match | None:
        best = self._ranked[0]
        return best if best.likeness and best.intent["Name"] != self._intent["Name"] else None

    def _asked_in_vain(self, prompt: Properties | None, setting: Properties) -> None:
        """Asks again; after the prompt's retries the intent has failed, and the fallback is next unless there is a response for that."""
        self.session.attempts += 1
        if self.session.attempts <= int((prompt or {}).get("MaxRetries", 4)):
            self._proceed(setting.get("CodeHook"))
        elif setting.get("FailureResponse"):
            self._say(setting["FailureResponse"])
            self._state["state"] = "Failed"
            self.session.action = {"type": "Close"}
        else:
            self._begin(next(match for match in self._ranked if match.intent.get("ParentIntentSignature") == FALLBACK))

    # What follows.

    def _proceed(self, code_hook: Properties | None) -> None:
        """The next step, which the dialog code hook, where one is enabled here, has a say in."""
        if code_hook is None:
            hooked = true((self._intent.get("DialogCodeHook") or {}).get("Enabled", False))
        else:
            hooked = true(code_hook.get("IsActive", True)) and true(code_hook.get("EnableCodeHookInvocation", False))
        if hooked:
            self._obey(self._call("DialogCodeHook", (code_hook or {}).get("InvocationLabel")), fulfilling=False)
        else:
            self._carry_out(self._next_action())

    def _next_action(self) -> dict[str, Any]:
        """What the bot does next by its settings. Close stands for fulfilment, or for a denial's end."""
        if self._state["confirmationState"] == "Denied":
            return {"type": "Close"}
        for slot in self._in_order():
            if self._slots.get(slot["Name"]) is None and slot["ValueElicitationSetting"]["SlotConstraint"] == "Required":
                return {"type": "ElicitSlot", "slotToElicit": slot["Name"]}
        setting = self._intent.get("IntentConfirmationSetting")
        if setting and true(setting.get("IsActive", True)) and self._state["confirmationState"] == "None":
            return {"type": "ConfirmIntent"}
        return {"type": "Close"}

    def _carry_out(self, action: dict[str, Any], messages: list[Message] | None = None) -> None:
        if action["type"] == "ElicitSlot":
            slot = next((each for each in self._intent.get("Slots") or [] if each["Name"] == action["slotToElicit"]), None)
            if slot is None:
                raise HookFailed(f"Intent {self._intent['Name']} has no slot {action['slotToElicit']}.")
            self._ask(action, slot["ValueElicitationSetting"].get("PromptSpecification"), messages)
        elif action["type"] == "ConfirmIntent":
            self._ask(action, (self._intent.get("IntentConfirmationSetting") or {}).get("PromptSpecification"), messages)
        elif self._state["confirmationState"] == "Denied":
            self._state["state"] = "Failed"
            self._say((self._intent.get("IntentConfirmationSetting") or {}).get("DeclinationResponse"))
            self.session.action = {"type": "Close"}
        else:
            self._fulfil()

    def _ask(self, action: dict[str, Any], prompt: Properties | None, messages: list[Message] | None) -> None:
        if self.session.action.get("type") != action["type"] or self.session.action.get("slotToElicit") != action.get("slotToElicit"):
            self.session.attempts = 0
        self._state["state"] = "InProgress"
        self.session.action = action
        if messages:
            self.messages += messages
        else:
            self._say(prompt)

    def _fulfil(self) -> None:
        self._state["state"] = "ReadyForFulfillment"
        hook = self._intent.get("FulfillmentCodeHook") or {}
        if true(hook.get("Enabled", False)) and true(hook.get("IsActive", True)):
            try:
                answer = self._call("FulfillmentCodeHook", None)
            except HookFailed:
                if not (hook.get("PostFulfillmentStatusSpecification") or {}).get("FailureResponse"):
                    raise
                self._state["state"] = "Failed"
                self._close(None)
            else:
                self._obey(answer, fulfilling=True)
            return
        if true(hook.get("IsActive", False)):
            self._state["state"] = "Fulfilled"
        self._close(None)

    def _close(self, messages: list[Message] | None) -> None:
        """Ends the intent: in the function's words, else in the bot's."""
        self.session.action = {"type": "Close"}
        failed = self._state["state"] == "Failed"
        if messages:
            self.messages += messages
        else:
            status = (self._intent.get("FulfillmentCodeHook") or {}).get("PostFulfillmentStatusSpecification") or {}
            if self._state["state"] in ("Failed", "Fulfilled"):
                self._say(status.get("FailureResponse" if failed else "SuccessResponse"))
            closing = self._intent.get("IntentClosingSetting") or {}
            if not failed and true(closing.get("IsActive", True)):
                self._say(closing.get("ClosingResponse"))
        if not failed:
            for context in self._intent.get("OutputContexts") or []:
                self.session.activate({
                    "name": context["Name"], "contextAttributes": {name: self._said(name) for name, slot in self._slots.items() if slot},
                    "timeToLive": {"timeToLiveInSeconds": int(context["TimeToLiveInSeconds"]), "turnsToLive": int(context["TurnsToLive"])}})

    # The bot's function.

    def _call(self, source: str, label: str | None) -> hooks.Answer:
        interpretations = self.interpretations(for_function=True)
        event: hooks.Event = {
            "messageVersion": "1.0", "invocationSource": source, "inputMode": "Text", "responseContentType": "text/plain; charset=utf-8",
            "sessionId": self.session.session_id, "inputTranscript": self.text, **({"invocationLabel": label} if label else {}),
            "bot": {"id": self.bot.bot_id, "name": self.bot.name, "aliasId": self.bot.alias_id, "aliasName": self.bot.alias_name,
                    "localeId": self.bot.locale_id, "version": self.bot.version},
            "interpretations": interpretations, "requestAttributes": self.request_attributes,
            "sessionState": {"activeContexts": self.session.contexts, "sessionAttributes": self.session.attributes, "intent": self._state,
                             "originatingRequestId": self._request_id},
            "transcriptions": [{"transcription": self.text, "transcriptionConfidence": 1.0, "resolvedContext": {"intent": self._state["name"]},
                                "resolvedSlots": {name: slot for name, slot in self._slots.items() if slot}}]}
        if source == "DialogCodeHook":
            action = self._next_action()
            ready = action["type"] == "Close"
            denied = self._state["confirmationState"] == "Denied"
            event["proposedNextState"] = {
                "dialogAction": action, "prompt": {"attempt": f"Retry{self.session.attempts}" if self.session.attempts else "Initial"},
                "intent": {**self._state, **({"state": "Failed" if denied else "ReadyForFulfillment"} if ready else {})}}
        return self._function(self.bot, event)

    def _obey(self, answer: hooks.Answer, *, fulfilling: bool) -> None:
        state, messages = answer["sessionState"], list(answer.get("messages") or [])
        before = dict(self._slots)
        if state.get("sessionAttributes") is not None:
            self.session.attributes = dict(state["sessionAttributes"])
        if answer.get("requestAttributes") is not None:
            self.request_attributes = dict(answer["requestAttributes"])
        action = state["dialogAction"]
        self.session.take({"activeContexts": state.get("activeContexts")})
        if action["type"] == "ElicitIntent":
            self.session.intent, self.session.action = None, {"type": "ElicitIntent"}
            self.messages += messages
            return
        self._take_over(state["intent"])
        if action["type"] == "Close":
            self._close(messages)
        elif action["type"] == "Delegate":
            if fulfilling and all(self._slots.get(name) is not None for name, slot in before.items() if slot is not None):
                raise HookFailed("Invalid Lambda Response: a fulfillment function that delegates must remove a slot's value.")
            self.messages += messages
            self._carry_out(self._next_action())
        else:
            self._carry_out({key: value for key, value in action.items() if value is not None}, messages)

    def _take_over(self, given: dict[str, Any]) -> None:
        """The intent as the function has it."""
        intent = self.bot.intent(given["name"])
        if intent is None:
            raise HookFailed(f"Invalid Lambda Response: the bot has no intent {given['name']}.")
        values = {name: {"shape": "Scalar", **slot} if slot else None for name, slot in (given.get("slots") or {}).items()}
        names = [slot["Name"] for slot in intent.get("Slots") or []]
        if unknown := sorted(values.keys() - set(names)):
            raise HookFailed(f"Invalid Lambda Response: intent {given['name']} has no slot {unknown[0]}.")
        self.session.intent = {"name": given["name"], "slots": {name: values.get(name) for name in names},
                               "state": given.get("state") or "InProgress", "confirmationState": given.get("confirmationState") or "None"}

    # The intent at hand.

    @property
    def _state(self) -> dict[str, Any]:
        assert self.session.intent is not None
        return self.session.intent

    @property
    def _slots(self) -> dict[str, Any]:
        slots_at_hand: dict[str, Any] = self._state["slots"]
        return slots_at_hand

    @property
    def _intent(self) -> Properties:
        intent = self.bot.intent(self._state["name"])
        assert intent is not None
        return intent

    def _in_order(self) -> list[Properties]:
        """The intent's slots by their priority, in the order of the template where they have none."""
        priorities = {each["SlotName"]: int(each["Priority"]) for each in self._intent.get("SlotPriorities") or []}
        return sorted(self._intent.get("Slots") or [], key=lambda slot: priorities.get(slot["Name"], len(priorities) + 1))

    def _default(self, slot: Properties) -> dict[str, Any] | None:
        """The first default that has a value: a text, `[attribute]`, or `#context.slot`."""
        for each in (slot["ValueElicitationSetting"].get("DefaultValueSpecification") or {}).get("DefaultValueList") or []:
            text = each["DefaultValue"]
            if text.startswith("[") and text.endswith("]"):
                text = self.session.attributes.get(text[1:-1], "")
            elif text.startswith("#"):
                context, _, name = text[1:].partition(".")
                text = next((found["contextAttributes"].get(name, "") for found in self.session.contexts if found["name"] == context), "")
            if text:
                return slots.Value(text, text, (text,)).as_slot()
        return None

    def _said(self, name: str) -> str:
        return str(((self._slots.get(name) or {}).get("value") or {}).get("interpretedValue", ""))

    def _say(self, response: Properties | None) -> None:
        """A message of each group of a prompt or response: one of its variations, in turn where the prompt says so, else by chance."""
        ordered = (response or {}).get("MessageSelectionStrategy") == "Ordered"
        for group in (response or {}).get("MessageGroupsList") or []:
            variations = [group["Message"], *(group.get("Variations") or [])]
            chosen = variations[self.session.attempts % len(variations)] if ordered else random.choice(variations)
            self.messages.append(self._message(chosen))

    def _message(self, message: Properties) -> Message:
        if card := message.get("ImageResponseCard"):
            return {"contentType": "ImageResponseCard", "imageResponseCard": {
                "title": self._filled(card["Title"]),
                **{key[:1].lower() + key[1:]: card[key] for key in ("Subtitle", "ImageUrl") if card.get(key)},
                **({"buttons": [{"text": each["Text"], "value": each["Value"]} for each in card["Buttons"]]} if card.get("Buttons") else {})}}
        kind = next(kind for kind in MESSAGES if message.get(kind))
        return {"contentType": MESSAGES[kind], "content": self._filled(message[kind]["Value"])}

    def _filled(self, text: str) -> str:
        """A message with `{Slot}` and `[attribute]` filled in."""
        text = re.sub(r"\{(\w+)\}", lambda match: self._said(match[1]) if match[1] in self._slots else match[0], text)
        return re.sub(r"\[(\w+)\]", lambda match: self.session.attributes.get(match[1], match[0]), text)
