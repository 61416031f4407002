"""A changed bot is published: a version never changes, so that the next one needs a logical id of its own."""

import hashlib
import json

from tools.intrinsics import Template, resources, root_of
from tools.templates import written

# Properties that a version does not hold.
OF_THE_BOT = {"Name", "Description", "RoleArn", "AutoBuildBotLocales"}


def version_of(bot: Template) -> str:
    """The logical id of the version that holds a bot as it is."""
    held = {name: value for name, value in bot["Properties"].items() if name not in OF_THE_BOT}
    return f"BotVersion{hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:8]}"


def test_the_version_is_the_bots() -> None:
    template = written("responding")
    [(_, bot)] = resources(template, "AWS::Lex::Bot")
    [(version, _)] = resources(template, "AWS::Lex::BotVersion")
    [(_, alias)] = resources(template, "AWS::Lex::BotAlias")
    assert version == version_of(bot), (
        f"The bot has changed. A version never does, so rename {version} to {version_of(bot)} in microservices/responding.yaml: that publishes it.")
    assert root_of(alias["Properties"]["BotVersion"]) == version


def test_a_new_utterance_makes_a_new_version() -> None:
    [(_, bot)] = resources(written("responding"), "AWS::Lex::Bot")
    changed = json.loads(json.dumps(bot))
    changed["Properties"]["BotLocales"][0]["Intents"][0]["SampleUtterances"].append({"Utterance": "cheer me up"})
    assert version_of(changed) != version_of(bot)


def test_every_intent_can_be_answered() -> None:
    [(_, bot)] = resources(written("responding"), "AWS::Lex::Bot")
    for locale in bot["Properties"]["BotLocales"]:
        fallbacks = [intent for intent in locale["Intents"] if intent.get("ParentIntentSignature") == "AMAZON.FallbackIntent"]
        assert len(fallbacks) == 1
        for intent in locale["Intents"]:
            assert intent.get("FulfillmentCodeHook", {}).get("Enabled") or intent["IntentClosingSetting"]["IsActive"], intent["Name"]
            assert intent in fallbacks or intent["SampleUtterances"], intent["Name"]
