"""Sessions: what a bot remembers of a conversation, until nothing was said for the bot's time-out.

Source for shapes: botocore's model of lexv2-runtime.
"""

import copy
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

from sandbox.aws.lex.bots import Deployed

NOTHING_ASKED = {"type": "None"}


@dataclass
class Session:
    """One conversation. `action` is what the bot did last, `attempts` how often it asked in vain."""

    session_id: str
    attributes: dict[str, str] = field(default_factory=dict)
    intent: dict[str, Any] | None = None
    action: dict[str, Any] = field(default_factory=lambda: dict(NOTHING_ASKED))
    attempts: int = 0
    contexts: list[dict[str, Any]] = field(default_factory=list)
    interpretations: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    expires: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    _forgotten_at: dict[str, float] = field(default_factory=dict)

    def copy(self) -> dict[str, Any]:
        """Everything of it but its lock, for `restore`."""
        return copy.deepcopy({name: value for name, value in vars(self).items() if name != "lock"})

    def restore(self, copied: dict[str, Any]) -> None:
        """Makes it what it was."""
        vars(self).update(copied)

    def take(self, state: dict[str, Any]) -> None:
        """Takes over what a client or a function says the state is; what it leaves out stays."""
        if state.get("intent") is not None:
            self.intent = {"slots": {}, "state": "InProgress", "confirmationState": "None", **state["intent"]}
        if state.get("dialogAction") is not None:
            self.action, self.attempts = dict(state["dialogAction"]), 0
        if state.get("activeContexts") is not None:
            self.contexts = []
            for context in state["activeContexts"]:
                self.activate(context)

    def activate(self, context: dict[str, Any]) -> None:
        """Makes a context active for its seconds and turns."""
        self.contexts = [each for each in self.contexts if each["name"] != context["name"]] + [{"contextAttributes": {}, **context}]
        self._forgotten_at[context["name"]] = time.time() + float(context["timeToLive"]["timeToLiveInSeconds"])

    def active_contexts(self) -> frozenset[str]:
        """The names of those that are."""
        return frozenset(each["name"] for each in self.contexts)

    def next_turn(self) -> None:
        """Drops contexts whose time is over."""
        self.contexts = [each for each in self.contexts
                         if self._forgotten_at[each["name"]] > time.time() and each["timeToLive"]["turnsToLive"] > 0]

    def end_turn(self, before: frozenset[str]) -> None:
        """Counts a turn of the contexts that were active before it."""
        for context in self.contexts:
            if context["name"] in before:
                left = context["timeToLive"]["turnsToLive"] - 1
                context["timeToLive"] = {**context["timeToLive"], "turnsToLive": left}
        self.contexts = [each for each in self.contexts if each["timeToLive"]["turnsToLive"] > 0]

    def state(self, request_id: str) -> dict[str, Any]:
        """As Lex writes it."""
        return {"sessionAttributes": self.attributes, "dialogAction": self.action, "originatingRequestId": request_id,
                **({"intent": self.intent} if self.intent else {}), **({"activeContexts": self.contexts} if self.contexts else {})}


_sessions: Any = AccountRegionScopedDict()  # (bot, alias, locale, session id) → Session
_guard = threading.Lock()


def find(bot: Deployed, session_id: str) -> Session | None:
    """A session whose time is not over."""
    session: Session | None = _sessions.get(_key(bot, session_id))
    return session if session and session.expires > time.time() else None


def open_session(bot: Deployed, session_id: str, *, anew: bool = False) -> Session:
    """The session of that name, or a new one; keeps it alive for another time-out. Sessions whose time is over go."""
    with _guard:
        session = None if anew else find(bot, session_id)
        if session is None:
            for key in [key for key, each in _sessions.items() if each.expires <= time.time()]:
                del _sessions[key]
            session = _sessions[_key(bot, session_id)] = Session(session_id)
        session.expires = time.time() + bot.idle_seconds
        return session


def delete(bot: Deployed, session_id: str) -> bool:
    """Forgets a session; returns whether there was one."""
    with _guard:
        return find(bot, session_id) is not None and _sessions.pop(_key(bot, session_id), None) is not None


def reset() -> None:
    """Forgets everything."""
    _sessions.clear()


def _key(bot: Deployed, session_id: str) -> tuple[str, str, str, str]:
    return bot.bot_id, bot.alias_id, bot.locale_id, session_id
