"""Conversations with bots that CloudFormation deployed, over the wire; every answer and error is held against botocore's model."""

import json
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.embedded_aws import REGION
from tests.sandbox.conftest import Account
from tests.text.shapes import checked

Properties = dict[str, Any]

FALLBACK = {"Name": "FallbackIntent", "ParentIntentSignature": "AMAZON.FallbackIntent", "IntentClosingSetting": {
    "ClosingResponse": {"MessageGroupsList": [{"Message": {"PlainTextMessage": {"Value": "Sorry?"}}}]}}}
KEEPS_EVENTS = """
import json
def handler(event, context):
    answer = json.loads(event["sessionState"]["sessionAttributes"].get("answer", "null"))
    if answer == "raise":
        raise ValueError("no")
    return answer or {"sessionState": {**event["sessionState"], "dialogAction": {"type": "Close"},
                                       "intent": {**event["sessionState"]["intent"], "state": "Fulfilled"}},
                      "messages": [{"contentType": "CustomPayload", "content": json.dumps(event)[start:start + 1000]}
                                   for start in range(0, len(json.dumps(event)), 1000)]}
"""


def says(*texts: str, **more: Any) -> Properties:
    """A prompt or response of one message group for each text."""
    return {"MessageGroupsList": [{"Message": {"PlainTextMessage": {"Value": text}}} for text in texts], **more}


def slot(name: str, kind: str, prompt: str | None = None, **more: Any) -> Properties:
    return {"Name": name, "SlotTypeName": kind, "ValueElicitationSetting": {
        "SlotConstraint": "Required" if prompt else "Optional", **({"PromptSpecification": says(prompt, MaxRetries=1)} if prompt else {}), **more}}


def utterances(*texts: str) -> list[Properties]:
    return [{"Utterance": text} for text in texts]


ROOMS = {"Name": "RoomType", "ValueSelectionSetting": {"ResolutionStrategy": "TOP_RESOLUTION"}, "SlotTypeValues": [
    {"SampleValue": {"Value": "single"}}, {"SampleValue": {"Value": "double"}, "Synonyms": [{"Value": "twin"}, {"Value": "two bed"}]}]}
COLOURS = {"Name": "Colour", "ValueSelectionSetting": {"ResolutionStrategy": "ORIGINAL_VALUE"}, "SlotTypeValues": [
    {"SampleValue": {"Value": "red"}, "Synonyms": [{"Value": "crimson"}]}]}
BOOK = {
    "Name": "BookRoom", "SampleUtterances": utterances("book a room", "book a {RoomType} room", "book a {RoomType} room for {Nights} nights"),
    "Slots": [slot("RoomType", "RoomType", "What kind of room?"), slot("Nights", "AMAZON.Number", "How many nights in a {RoomType} room?")],
    "IntentConfirmationSetting": {"PromptSpecification": says("A {RoomType} room for {Nights} nights?", MaxRetries=1),
                                  "DeclinationResponse": says("As you like.")},
    "IntentClosingSetting": {"ClosingResponse": says("Booked.", "Good night.")}}


class Bot:
    """A deployed bot and its stack."""

    def __init__(self, account: Account, intents: list[Properties], slot_types: tuple[Properties, ...] = (), **settings: Any) -> None:
        self.account, self.stack = account, account.name("bot")
        self.intents, self.slot_types, self.settings = intents, slot_types, settings
        self.function = settings.pop("function", None)
        self.deploy(intents)

    def template(self, intents: list[Properties], version: str, policy: Properties | None) -> Properties:
        locale = {"LocaleId": "en_GB", "NluConfidenceThreshold": self.settings.get("threshold", 0.4), "SlotTypes": list(self.slot_types),
                  "Intents": [*intents, FALLBACK]}
        hook = {"CodeHookSpecification": {"LambdaCodeHook": {"LambdaArn": self.function, "CodeHookInterfaceVersion": "1.0"}}} if self.function else {}
        return {"Resources": {
            "Bot": {"Type": "AWS::Lex::Bot", "Properties": {
                "Name": "bot", "RoleArn": "arn:aws:iam::000000000000:role/lex", "DataPrivacy": {"ChildDirected": False},
                "IdleSessionTTLInSeconds": self.settings.get("seconds", 300), "AutoBuildBotLocales": True, "BotLocales": [locale],
                "TestBotAliasSettings": {"BotAliasLocaleSettings": [{"LocaleId": "en_GB", "BotAliasLocaleSetting": {"Enabled": True}}]}}},
            version: {"Type": "AWS::Lex::BotVersion", "Properties": {"BotId": {"Ref": "Bot"}, "BotVersionLocaleSpecification": [
                {"LocaleId": "en_GB", "BotVersionLocaleDetails": {"SourceBotVersion": "DRAFT"}}]}},
            "Alias": {"Type": "AWS::Lex::BotAlias", "Properties": {
                "BotAliasName": "live", "BotId": {"Ref": "Bot"}, "BotVersion": {"Fn::GetAtt": [version, "BotVersion"]},
                "SentimentAnalysisSettings": {"DetectSentiment": self.settings.get("sentiment", False)},
                "BotAliasLocaleSettings": [{"LocaleId": "en_GB", "BotAliasLocaleSetting": {"Enabled": True, **hook}}]}},
            **({"Permission": {"Type": "AWS::Lambda::Permission", "Properties": {
                "FunctionName": self.function, "Action": "lambda:InvokeFunction", "Principal": "lexv2.amazonaws.com",
                "SourceArn": {"Fn::GetAtt": ["Alias", "Arn"]}, "SourceAccount": {"Ref": "AWS::AccountId"}, **(policy or {})}}}
               if self.function else {})},
            "Outputs": {"Bot": {"Value": {"Ref": "Bot"}}, "Alias": {"Value": {"Fn::GetAtt": ["Alias", "BotAliasId"]}},
                        "Version": {"Value": {"Fn::GetAtt": [version, "BotVersion"]}}}}

    def deploy(self, intents: list[Properties], version: str = "Version", policy: Properties | None = None) -> None:
        """Makes or changes the stack."""
        cloudformation = self.account.client("cloudformation")
        body = json.dumps(self.template(intents, version, policy or self.settings.get("policy")))
        stacks = [each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]]
        change = cloudformation.update_stack if self.stack in stacks else cloudformation.create_stack
        change(StackName=self.stack, TemplateBody=body)
        cloudformation.get_waiter("stack_update_complete" if self.stack in stacks else "stack_create_complete").wait(
            StackName=self.stack, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
        [stack] = cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        self.where = {"botId": outputs["Bot"], "botAliasId": outputs["Alias"], "localeId": "en_GB"}
        self.version = outputs["Version"]

    def ask(self, text: str, session: str = "", **more: Any) -> dict[str, Any]:
        """What the bot answers."""
        client = checked(self.account.client("lexv2-runtime"))
        return dict(client.recognize_text(**{**self.where, "sessionId": session or self.account.name("me"), "text": text, **more}))


def said(answer: dict[str, Any]) -> list[str]:
    return [message["content"] for message in answer.get("messages", [])]


def values(answer: dict[str, Any]) -> dict[str, Any]:
    slots = answer["sessionState"]["intent"]["slots"]
    return {name: value and value["value"]["interpretedValue"] for name, value in slots.items()}


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


@pytest.fixture(scope="module")
def hotel(account: Account) -> Bot:
    return Bot(account, [
        BOOK,
        {"Name": "Paint", "SampleUtterances": utterances("paint it {Colour}", "paint it"), "Slots": [slot("Colour", "Colour", "Which colour?")]},
        {"Name": "Meet", "SampleUtterances": utterances("call me {Name}", "meet me", "meet me {Day} at {Hour}", "meet me for {Long}"), "Slots": [
            slot("Name", "AMAZON.FirstName"), slot("Day", "AMAZON.Date"), slot("Hour", "AMAZON.Time"), slot("Long", "AMAZON.Duration")]},
        {"Name": "Greet", "ParentIntentSignature": "AMAZON.HelpIntent", "IntentClosingSetting": {"ClosingResponse": says("Ask for a room.")}},
    ], (ROOMS, COLOURS))


@pytest.fixture(scope="module")
def hooked(account: Account) -> Bot:
    """A bot whose function answers what the session attribute `answer` says, else closes with its own event as the message."""
    return Bot(account, [
        {"Name": "Order", "SampleUtterances": utterances("order {Amount} cakes", "order cakes"),
         "Slots": [slot("Amount", "AMAZON.Number", "How many?")], "DialogCodeHook": {"Enabled": True}, "FulfillmentCodeHook": {"Enabled": True}},
        {"Name": "Ship", "SampleUtterances": utterances("ship it"), "Slots": [slot("To", "AMAZON.City")],
         "FulfillmentCodeHook": {"Enabled": True}, "IntentClosingSetting": {"ClosingResponse": says("It is on its way.")},
         "IntentConfirmationSetting": {"IsActive": False, "PromptSpecification": says("Really?", MaxRetries=1)}},
        {"Name": "Risk", "SampleUtterances": utterances("risk it"), "FulfillmentCodeHook": {
            "Enabled": True, "PostFulfillmentStatusSpecification": {"FailureResponse": says("It went wrong.")}}},
    ], function=account.function(KEEPS_EVENTS), sentiment=True)


class TestIntents:
    @pytest.mark.parametrize(("text", "intent"), [
        ("book a room", "BookRoom"), ("Please, book a ROOM!", "BookRoom"), ("bok a room", "BookRoom"), ("help me", "Greet"),
        ("what a lovely day", "FallbackIntent"), ("a", "FallbackIntent"), ("room", "FallbackIntent")])
    def test_an_utterance_finds_its_intent_or_none(self, hotel: Bot, text: str, intent: str) -> None:
        assert hotel.ask(text)["sessionState"]["intent"]["name"] == intent

    def test_interpretations_are_ranked_and_the_fallback_has_no_confidence(self, hotel: Bot) -> None:
        first, second, *rest = hotel.ask("book a room")["interpretations"]
        assert (first["intent"]["name"], first["nluConfidence"]["score"]) == ("BookRoom", 1.0)
        assert (second["intent"]["name"], "nluConfidence" in second) == ("FallbackIntent", False)
        scores = [each.get("nluConfidence", {}).get("score", 0) for each in rest]
        assert scores == sorted(scores, reverse=True)

    def test_the_bots_own_threshold_counts(self, account: Account, hotel: Bot) -> None:
        strict = Bot(account, [BOOK], (ROOMS,), threshold=0.98)
        assert hotel.ask("bok a room")["sessionState"]["intent"]["name"] == "BookRoom"
        assert strict.ask("bok a room")["sessionState"]["intent"]["name"] == "FallbackIntent"
        assert strict.ask("book a room")["sessionState"]["intent"]["name"] == "BookRoom"

    def test_the_fallback_closes_in_its_own_words(self, hotel: Bot) -> None:
        answer = hotel.ask("what a lovely day")
        assert (said(answer), answer["sessionState"]["dialogAction"]["type"]) == (["Sorry?"], "Close")
        assert answer["sessionState"]["intent"]["state"] == "ReadyForFulfillment"


class TestSlots:
    def test_placeholders_are_filled_from_the_utterance(self, hotel: Bot) -> None:
        answer = hotel.ask("Book a TWIN room for three nights, please")
        assert values(answer) == {"RoomType": "double", "Nights": "3"}
        room = answer["sessionState"]["intent"]["slots"]["RoomType"]
        assert room == {"shape": "Scalar", "value": {"originalValue": "TWIN", "interpretedValue": "double", "resolvedValues": ["double"]}}

    def test_values_are_found_where_no_sample_is_said_word_for_word(self, hotel: Bot) -> None:
        assert values(hotel.ask("could you book us a double room for 2 nights next to the lift")) == {"RoomType": "double", "Nights": "2"}

    def test_a_type_that_restricts_takes_its_values_and_one_that_expands_takes_any(self, hotel: Bot) -> None:
        session = hotel.account.name("me")
        hotel.ask("book a room", session)
        assert hotel.ask("purple", session)["sessionState"]["dialogAction"] == {"type": "ElicitSlot", "slotToElicit": "RoomType"}
        session = hotel.account.name("me")
        hotel.ask("paint it", session)
        assert values(hotel.ask("purple", session)) == {"Colour": "purple"}
        crimson = hotel.ask("paint it crimson")["sessionState"]["intent"]["slots"]["Colour"]["value"]
        assert crimson == {"originalValue": "crimson", "interpretedValue": "crimson", "resolvedValues": ["red"]}

    @pytest.mark.parametrize(("text", "name", "value"), [
        ("call me Ana", "Name", "Ana"), ("meet me 3 May 2035 at 5pm", "Day", "2035-05-03"), ("meet me 3 May 2035 at 5pm", "Hour", "17:00"),
        ("meet me for two hours", "Long", "PT2H")])
    def test_built_in_types_are_written_as_lex_writes_them(self, hotel: Bot, text: str, name: str, value: str) -> None:
        assert values(hotel.ask(text))[name] == value


class TestConversation:
    def test_what_is_missing_is_asked_for_and_confirmed(self, hotel: Bot) -> None:
        session = hotel.account.name("me")
        first = hotel.ask("book a room", session)
        assert (said(first), first["sessionState"]["dialogAction"]) == (["What kind of room?"], {"type": "ElicitSlot", "slotToElicit": "RoomType"})
        assert first["sessionState"]["intent"] == {
            "name": "BookRoom", "slots": {"RoomType": None, "Nights": None}, "state": "InProgress", "confirmationState": "None"}
        assert said(hotel.ask("a double one", session)) == ["How many nights in a double room?"]
        assert said(hotel.ask("for four nights please", session)) == ["A double room for 4 nights?"]
        last = hotel.ask("yes please", session)
        assert (said(last), last["sessionState"]["dialogAction"]["type"]) == (["Booked.", "Good night."], "Close")
        assert (last["sessionState"]["intent"]["confirmationState"], values(last)) == ("Confirmed", {"RoomType": "double", "Nights": "4"})
        assert values(hotel.ask("book a room", session)) == {"RoomType": None, "Nights": None}

    def test_a_denial_ends_it(self, hotel: Bot) -> None:
        session = hotel.account.name("me")
        hotel.ask("book a single room for 1 nights", session)
        answer = hotel.ask("No.", session)
        assert (said(answer), answer["sessionState"]["intent"]["state"]) == (["As you like."], "Failed")
        assert answer["sessionState"]["intent"]["confirmationState"] == "Denied"

    def test_after_the_retries_the_fallback_takes_over(self, hotel: Bot) -> None:
        session = hotel.account.name("me")
        hotel.ask("book a room", session)
        assert said(hotel.ask("banana", session)) == ["What kind of room?"]
        assert said(hotel.ask("banana", session)) == ["Sorry?"]

    def test_an_answer_may_say_more_than_was_asked_for(self, hotel: Bot) -> None:
        session = hotel.account.name("me")
        hotel.ask("book a room", session)
        assert said(hotel.ask("a double room for 4 nights", session)) == ["A double room for 4 nights?"]

    def test_another_intent_changes_the_subject(self, hotel: Bot) -> None:
        session = hotel.account.name("me")
        hotel.ask("book a room", session)
        assert hotel.ask("paint it red", session)["sessionState"]["intent"]["name"] == "Paint"

    def test_conversations_are_kept_apart(self, hotel: Bot) -> None:
        mine, yours = hotel.account.name("me"), hotel.account.name("you")
        hotel.ask("book a room", mine)
        assert said(hotel.ask("double", yours)) == ["Sorry?"]
        assert said(hotel.ask("double", mine)) == ["How many nights in a double room?"]

    def test_a_session_is_forgotten_after_its_time_out(self, account: Account) -> None:
        short = Bot(account, [BOOK], (ROOMS,), seconds=3)
        session = account.name("me")
        first = short.ask("book a room", session, sessionState={"sessionAttributes": {"vip": "yes"}})
        assert first["sessionState"]["sessionAttributes"] == {"vip": "yes"}
        assert short.ask("double", session)["sessionState"]["sessionAttributes"] == {"vip": "yes"}
        time.sleep(3.2)
        late = short.ask("3", session)
        assert (said(late), late["sessionState"]["sessionAttributes"]) == (["Sorry?"], {})

    def test_an_intent_that_wants_a_context_is_known_only_while_it_is_active(self, account: Account) -> None:
        bot = Bot(account, [
            {"Name": "Open", "SampleUtterances": utterances("open the door"),
             "OutputContexts": [{"Name": "door", "TimeToLiveInSeconds": 60, "TurnsToLive": 1}]},
            {"Name": "Enter", "SampleUtterances": utterances("walk in"), "InputContexts": [{"Name": "door"}]}])
        session = account.name("me")
        names = [bot.ask(text, session)["sessionState"]["intent"]["name"] for text in ("walk in", "open the door", "walk in", "walk in")]
        assert names == ["FallbackIntent", "Open", "Enter", "FallbackIntent"]


def answering(action: dict[str, Any], intent: dict[str, Any] | None = None, *messages: str, **state: Any) -> dict[str, Any]:
    """The session state that makes the bot's function answer so."""
    return {"sessionAttributes": {"answer": json.dumps({
        "sessionState": {"dialogAction": action, **({"intent": intent} if intent else {}), **state},
        "messages": [{"contentType": "PlainText", "content": message} for message in messages]})}}


class TestFunction:
    def test_it_gets_the_event_that_lex_sends(self, hooked: Bot) -> None:
        event = json.loads("".join(said(hooked.ask("ship it", "somebody", requestAttributes={"from": "test"}))))
        intent = {"name": "Ship", "slots": {"To": None}, "state": "ReadyForFulfillment", "confirmationState": "None"}
        [best, *others] = event.pop("interpretations")
        assert (best["intent"], best["nluConfidence"], best["interpretationSource"]) == (intent, 1.0, "Lex")
        assert {each["intent"]["name"] for each in others} == {"FallbackIntent", "Order", "Risk"}
        assert event["sessionState"].pop("originatingRequestId")
        assert event == {
            "messageVersion": "1.0", "invocationSource": "FulfillmentCodeHook", "inputMode": "Text",
            "responseContentType": "text/plain; charset=utf-8", "sessionId": "somebody", "inputTranscript": "ship it",
            "bot": {"id": hooked.where["botId"], "name": "bot", "aliasId": hooked.where["botAliasId"], "aliasName": "live",
                    "localeId": "en_GB", "version": "1"},
            "requestAttributes": {"from": "test"},
            "sessionState": {"activeContexts": [], "sessionAttributes": {}, "intent": intent},
            "transcriptions": [{"transcription": "ship it", "transcriptionConfidence": 1.0, "resolvedContext": {"intent": "Ship"},
                                "resolvedSlots": {}}]}

    def test_the_dialog_hook_is_told_what_would_come_next(self, hooked: Bot) -> None:
        event = json.loads("".join(said(hooked.ask("order cakes"))))
        assert event["invocationSource"] == "DialogCodeHook"
        assert event["proposedNextState"] == {
            "dialogAction": {"type": "ElicitSlot", "slotToElicit": "Amount"}, "prompt": {"attempt": "Initial"},
            "intent": {"name": "Order", "slots": {"Amount": None}, "state": "InProgress", "confirmationState": "None"}}
        event = json.loads("".join(said(hooked.ask("order six cakes"))))
        assert event["proposedNextState"]["dialogAction"] == {"type": "Close"}
        assert event["proposedNextState"]["intent"]["state"] == "ReadyForFulfillment"
        assert event["transcriptions"][0]["resolvedSlots"]["Amount"]["value"]["interpretedValue"] == "6"

    def test_it_closes_with_its_own_words_and_attributes(self, hooked: Bot) -> None:
        session = hooked.account.name("me")
        answer = hooked.ask("ship it", session, sessionState=answering(
            {"type": "Close"}, {"name": "Ship", "state": "Fulfilled"}, "Gone.", sessionAttributes={"shipped": "1"}))
        assert (said(answer), answer["sessionState"]["sessionAttributes"]) == (["Gone."], {"shipped": "1"})
        assert answer["sessionState"]["intent"] == {"name": "Ship", "slots": {"To": None}, "state": "Fulfilled", "confirmationState": "None"}

    def test_without_words_of_its_own_the_bots_are_said(self, hooked: Bot) -> None:
        answer = hooked.ask("ship it", sessionState=answering({"type": "Close"}, {"name": "Ship", "state": "Fulfilled"}))
        assert said(answer) == ["It is on its way."]

    def test_a_failure_is_not_closed_in_words_of_success(self, hooked: Bot) -> None:
        answer = hooked.ask("ship it", sessionState=answering({"type": "Close"}, {"name": "Ship", "state": "Failed"}))
        assert (said(answer), answer["sessionState"]["intent"]["state"]) == ([], "Failed")

    def test_retries_count_from_the_last_answer_that_was_one(self, hooked: Bot) -> None:
        session, on = hooked.account.name("me"), answering({"type": "Delegate"}, {"name": "Order"})
        again = answering({"type": "ElicitSlot", "slotToElicit": "Amount"}, {"name": "Order"})
        for text, state in (("order cakes", on), ("banana", on), ("3", again), ("banana", on)):
            assert said(hooked.ask(text, session, sessionState=state)) == ["How many?"]
        assert said(hooked.ask("banana", session, sessionState=on)) == ["Sorry?"]

    def test_it_may_ask_for_a_slot_a_confirmation_or_an_intent(self, hooked: Bot) -> None:
        slot_asked = hooked.ask("ship it", sessionState=answering({"type": "ElicitSlot", "slotToElicit": "To"}, {"name": "Ship"}, "Where to?"))
        assert (said(slot_asked), slot_asked["sessionState"]["dialogAction"]["slotToElicit"]) == (["Where to?"], "To")
        confirm = hooked.ask("ship it", sessionState=answering({"type": "ConfirmIntent"}, {"name": "Ship"}))
        assert (said(confirm), confirm["sessionState"]["dialogAction"]["type"]) == (["Really?"], "ConfirmIntent")
        intent_asked = hooked.ask("ship it", sessionState=answering({"type": "ElicitIntent"}, None, "What now?"))
        assert (said(intent_asked), intent_asked["sessionState"]["dialogAction"]["type"]) == (["What now?"], "ElicitIntent")
        assert "intent" not in intent_asked["sessionState"]

    def test_the_dialog_hook_may_fill_slots_and_delegate(self, hooked: Bot) -> None:
        filled = {"name": "Order", "slots": {"Amount": {"value": {"originalValue": "7", "interpretedValue": "7", "resolvedValues": ["7"]}}}}
        code, message = refused(hooked.ask, text="order cakes", sessionState=answering({"type": "Delegate"}, filled))
        assert code == "DependencyFailedException"  # the fulfilment hook is asked next, and delegates too
        assert "must remove a slot's value" in message
        asked = hooked.ask("order cakes", sessionState=answering({"type": "Delegate"}, {"name": "Order", "slots": {"Amount": None}}))
        assert said(asked) == ["How many?"]

    @pytest.mark.parametrize("answer", [
        {}, {"sessionState": {}}, {"sessionState": {"dialogAction": {"type": "Dance"}, "intent": {"name": "Ship"}}},
        {"sessionState": {"dialogAction": {"type": "Close"}}}, {"sessionState": {"dialogAction": {"type": "ElicitSlot"}, "intent": {"name": "Ship"}}},
        {"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "Nothing"}}},
        {"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "Ship", "slots": {"No": None}}}},
        {"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "Ship"}}, "messages": [{"content": "a"}]}, "raise"])
    def test_an_answer_that_lex_does_not_take_is_a_failed_dependency(self, hooked: Bot, answer: Any) -> None:
        session = hooked.account.name("me")
        state = {"sessionAttributes": {"answer": json.dumps(answer or {"nothing": 1})}}
        code, message = refused(hooked.ask, text="ship it", session=session, sessionState=state)
        assert code == "DependencyFailedException"
        assert message.startswith("Invalid Lambda Response:")

    def test_a_failed_turn_leaves_the_session_as_it_was(self, hooked: Bot) -> None:
        session = hooked.account.name("me")
        hooked.ask("order cakes", session, sessionState=answering({"type": "ElicitSlot", "slotToElicit": "Amount"}, {"name": "Order"}))
        refused(hooked.ask, text="3", session=session, sessionState={"sessionAttributes": {"answer": '"raise"'}})
        state = checked(hooked.account.client("lexv2-runtime")).get_session(**hooked.where, sessionId=session)["sessionState"]
        assert (state["dialogAction"]["slotToElicit"], state["intent"]["slots"]) == ("Amount", {"Amount": None})

    def test_where_the_bot_has_words_for_a_failure_they_are_said(self, hooked: Bot) -> None:
        answer = hooked.ask("risk it", sessionState={"sessionAttributes": {"answer": '"raise"'}})
        assert (said(answer), answer["sessionState"]["intent"]["state"]) == (["It went wrong."], "Failed")

    def test_sentiment_is_read_where_the_alias_says_so(self, hooked: Bot, hotel: Bot) -> None:
        done = answering({"type": "Close"}, {"name": "Ship", "state": "Fulfilled"}, "ok")
        assert hooked.ask("ship it", sessionState=done)["interpretations"][0]["sentimentResponse"]["sentiment"] == "NEUTRAL"
        assert "sentimentResponse" not in hotel.ask("book a room")["interpretations"][0]

    @pytest.mark.parametrize("policy", [
        {"Principal": "lex.amazonaws.com"}, {"SourceArn": "arn:aws:lex:eu-west-1:000000000000:bot-alias/OTHERBOT00/OTHERALIAS"},
        {"SourceAccount": "111111111111"}])
    def test_its_policy_must_let_lex_call_it_for_this_alias(self, account: Account, policy: Properties) -> None:
        bot = Bot(account, [{"Name": "Ship", "SampleUtterances": utterances("ship it"), "FulfillmentCodeHook": {"Enabled": True}}],
                  function=account.function(KEEPS_EVENTS), policy=policy)
        code, message = refused(bot.ask, text="ship it")
        assert (code, "Please check the policy on this function" in message) == ("DependencyFailedException", True)

    def test_an_alias_without_a_function_cannot_have_one_called(self, hooked: Bot) -> None:
        code, message = refused(hooked.ask, text="ship it", botAliasId="TSTALIASID")
        assert (code, "has no Lambda function" in message) == ("DependencyFailedException", True)


class TestVersions:
    def test_an_alias_serves_its_version_and_a_new_version_the_changed_bot(self, account: Account) -> None:
        def greeting(text: str) -> list[Properties]:
            return [{"Name": "Greet", "SampleUtterances": utterances("good day"), "IntentClosingSetting": {"ClosingResponse": says(text)}}]

        bot = Bot(account, greeting("one"))
        bot.deploy(greeting("two"))
        assert said(bot.ask("good day")) == ["one"]
        assert said(bot.ask("good day", botAliasId="TSTALIASID")) == ["two"]
        bot.deploy(greeting("two"), "SecondVersion")
        assert (said(bot.ask("good day")), bot.version) == (["two"], "2")
        account.client("cloudformation").delete_stack(StackName=bot.stack)
        account.client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=bot.stack, WaiterConfig={"Delay": 1})
        assert refused(bot.ask, text="good day")[0] == "ResourceNotFoundException"


class TestSessions:
    def test_a_session_is_put_read_and_deleted(self, hotel: Bot) -> None:
        client, where = checked(hotel.account.client("lexv2-runtime")), {**hotel.where, "sessionId": hotel.account.name("me")}
        put = client.put_session(**where, sessionState={
            "sessionAttributes": {"a": "b"}, "dialogAction": {"type": "ElicitSlot", "slotToElicit": "Nights"},
            "intent": {"name": "BookRoom", "slots": {"RoomType": {"value": {"interpretedValue": "single"}}}}})
        assert put["sessionId"] == where["sessionId"]
        assert client.get_session(**where)["sessionState"]["sessionAttributes"] == {"a": "b"}
        assert said(hotel.ask("two", where["sessionId"])) == ["A single room for 2 nights?"]
        assert client.delete_session(**where)["sessionId"] == where["sessionId"]
        assert refused(client.get_session, **where)[0] == refused(client.delete_session, **where)[0] == "ResourceNotFoundException"


class TestRefusals:
    @pytest.mark.parametrize(("change", "code"), [
        ({"text": ""}, "ValidationException"), ({"text": "x" * 1025}, "ValidationException"), ({"sessionId": "x"}, "ValidationException"),
        ({"sessionId": "no spaces"}, "ValidationException"), ({"sessionId": "x" * 101}, "ValidationException"),
        ({"sessionState": {"dialogAction": {"type": "Dance"}}}, "ValidationException"),
        ({"sessionState": {"dialogAction": {"type": "ElicitSlot"}}}, "ValidationException"),
        ({"botId": "NOSUCHBOT1"}, "ResourceNotFoundException"), ({"botAliasId": "NOSUCHALI1"}, "ResourceNotFoundException"),
        ({"localeId": "de_DE"}, "ResourceNotFoundException")])
    def test_what_lex_refuses_is_refused(self, hotel: Bot, change: dict[str, Any], code: str) -> None:
        client = checked(boto3.client("lexv2-runtime", endpoint_url=hotel.account.endpoint, region_name=REGION, aws_access_key_id="test",
                                      aws_secret_access_key="test", config=Config(parameter_validation=False, retries={"max_attempts": 1})))
        assert refused(client.recognize_text, **{**hotel.where, "sessionId": "me", "text": "hello", **change})[0] == code

    def test_the_longest_text_is_taken(self, hotel: Bot) -> None:
        assert said(hotel.ask("x" * 1024)) == ["Sorry?"]
