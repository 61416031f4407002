"""Bots, their versions and their aliases, as CloudFormation deployed them.

A version is a copy of the bot as it was then, which nothing changes any more. The alias TSTALIASID, which every bot has, is the draft's.
Source: Lex V2 developer guide, "Creating versions" and "Aliases".
"""

import copy
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

Properties = dict[str, Any]  # of a CloudFormation resource, every reference resolved

DRAFT = "DRAFT"
TEST_ALIAS = "TSTALIASID"
FALLBACK = "AMAZON.FallbackIntent"

_versions: Any = AccountRegionScopedDict()  # (bot, version) → the bot's properties
_aliases: Any = AccountRegionScopedDict()  # (bot, alias) → the alias's properties


class NoSuchBot(LookupError):
    """There is no such bot, alias, version or locale."""


@dataclass(frozen=True)
class Deployed:
    """A locale of a bot's version, as an alias serves it. `function` is the ARN of its code hook, or empty."""

    bot_id: str
    name: str
    version: str
    alias_id: str
    alias_name: str
    locale_id: str
    locale: Properties
    idle_seconds: float
    function: str
    reads_sentiment: bool

    @property
    def alias_arn(self) -> str:
        """The ARN that IAM and a function's policy know the alias by."""
        return f"arn:aws:lex:{get_region()}:{get_account_id()}:bot-alias/{self.bot_id}/{self.alias_id}"

    @property
    def language(self) -> str:
        """The locale's language, such as `en`."""
        return self.locale_id.split("_")[0]

    def intents(self) -> list[Properties]:
        """The locale's intents. A fallback is among them whether somebody declared one or not."""
        intents = list(self.locale.get("Intents") or [])
        if not any(intent.get("ParentIntentSignature") == FALLBACK for intent in intents):
            intents.append({"Name": "FallbackIntent", "ParentIntentSignature": FALLBACK})
        return intents

    def intent(self, name: str) -> Properties | None:
        """An intent by its name."""
        return next((intent for intent in self.intents() if intent["Name"] == name), None)

    def slot_type(self, name: str) -> Properties | None:
        """A slot type that the locale defines, by its name."""
        return next((each for each in self.locale.get("SlotTypes") or [] if each["Name"] == name), None)


def put_bot(bot_id: str, properties: Properties) -> None:
    """Makes or changes a bot's draft."""
    _versions[bot_id, DRAFT] = copy.deepcopy(properties)


def delete_bot(bot_id: str) -> None:
    """Removes a bot with its versions and aliases."""
    for table in (_versions, _aliases):
        for key in [key for key in table if key[0] == bot_id]:
            del table[key]


def put_version(bot_id: str, specification: list[Properties]) -> str:
    """Makes a version of the locales named, each as it is in its source version; returns its number. Raises NoSuchBot."""
    sources = {each["LocaleId"]: each.get("BotVersionLocaleDetails", {}).get("SourceBotVersion", DRAFT) for each in specification}
    version = str(1 + max((int(number) for bot, number in _versions if bot == bot_id and number != DRAFT), default=0))
    locales = [_locale(_version(bot_id, source), locale) for locale, source in sources.items()]
    _versions[bot_id, version] = copy.deepcopy({**_version(bot_id, DRAFT), "BotLocales": locales})
    return version


def delete_version(bot_id: str, version: str) -> None:
    """Removes a version."""
    _versions.pop((bot_id, version), None)


def put_alias(bot_id: str, alias_id: str, properties: Properties) -> None:
    """Makes or changes an alias."""
    _aliases[bot_id, alias_id] = copy.deepcopy(properties)


def delete_alias(bot_id: str, alias_id: str) -> None:
    """Removes an alias."""
    _aliases.pop((bot_id, alias_id), None)


def reset() -> None:
    """Forgets everything."""
    _versions.clear()
    _aliases.clear()


def deployed(bot_id: str, alias_id: str, locale_id: str) -> Deployed:
    """What an alias serves. Raises NoSuchBot."""
    found = alias(bot_id, alias_id)
    version = str(found.get("BotVersion", DRAFT))
    bot = _version(bot_id, version)
    settings: Properties = next(
        (each["BotAliasLocaleSetting"] for each in found.get("BotAliasLocaleSettings") or [] if each["LocaleId"] == locale_id), {})
    if settings and not true(settings.get("Enabled", True)):
        raise NoSuchBot(f"Locale {locale_id} is not enabled for alias {alias_id}.")
    return Deployed(
        bot_id, bot.get("Name", ""), version, alias_id, found.get("BotAliasName", ""), locale_id, _locale(bot, locale_id),
        float(bot.get("IdleSessionTTLInSeconds", 300)), settings.get("CodeHookSpecification", {}).get("LambdaCodeHook", {}).get("LambdaArn", ""),
        true((found.get("SentimentAnalysisSettings") or {}).get("DetectSentiment", False)))


def alias(bot_id: str, alias_id: str) -> Properties:
    """An alias. Raises NoSuchBot."""
    if alias_id == TEST_ALIAS:
        return {"BotAliasName": "TestBotAlias", "BotVersion": DRAFT, **(_version(bot_id, DRAFT).get("TestBotAliasSettings") or {})}
    if (bot_id, alias_id) not in _aliases:
        raise NoSuchBot(f"Bot {bot_id} has no alias {alias_id}.")
    return dict(_aliases[bot_id, alias_id])


def locale_of(bot_id: str, version: str, locale_id: str) -> tuple[Properties, bool]:
    """A version's locale, and whether it was built when it was deployed; an unbuilt one answers here, but not on AWS. Raises NoSuchBot."""
    bot = _version(bot_id, version)
    return _locale(bot, locale_id), true(bot.get("AutoBuildBotLocales", False))


def from_template(properties: Properties, locale_id: str) -> Deployed:
    """A bot as a template describes it, deployed nowhere. Raises NoSuchBot."""
    return Deployed("", properties.get("Name", ""), DRAFT, TEST_ALIAS, "TestBotAlias", locale_id, _locale(properties, locale_id), 300, "", False)


def true(value: Any) -> bool:
    """Whether a boolean property is true, which a template may write as text."""
    return value is True or str(value).lower() == "true"


def _version(bot_id: str, version: str) -> Properties:
    try:
        return dict(_versions[bot_id, version])
    except KeyError:
        raise NoSuchBot(f"There is no version {version} of a bot {bot_id}.") from None


def _locale(bot: Properties, locale_id: str) -> Properties:
    for locale in bot.get("BotLocales") or []:
        if locale["LocaleId"] == locale_id:
            return dict(locale)
    raise NoSuchBot(f"Bot {bot.get('Name')} has no locale {locale_id}.")
