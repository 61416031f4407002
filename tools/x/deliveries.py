"""What each of X's APIs has delivered, as the event log tells it: the X Activity API's objects have an `event_type`, the other's have none."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tools import event_log
from tools.event_log import Event
from tools.stack import Stack
from tools.x.connection import SUMMONS

POST = "TWITTER_TWEETED"
GRACE = timedelta(minutes=1)  # that the slower of the two may take


@dataclass
class Deliveries:
    """The posts that each API has brought: id → when, in milliseconds since 1970. `summons` are those by which somebody spoke to the account."""

    account_activity: dict[str, int] = field(default_factory=dict)
    x_activity: dict[str, int] = field(default_factory=dict)
    summons: set[str] = field(default_factory=set)

    def proof(self) -> set[str]:
        """The summons that the X Activity API has brought."""
        return self.summons & self.x_activity.keys()

    def missed(self, now: datetime) -> set[str]:
        """The summons that the Account Activity API has brought and the X Activity API has not, though it had the time."""
        late = int((now - GRACE).timestamp() * 1000)
        return {post for post, time in self.account_activity.items() if post in self.summons and post not in self.x_activity and time < late}


def since(stack: Stack, user: str, start: datetime) -> Deliveries:
    """What was delivered to the account since then, replays left out."""
    found = Deliveries()
    for event in event_log.read(stack.client("logs"), stack.output("EventLogGroupName"), start, containing=POST):
        if event.detail_type != POST or event.envelope.get("replay-name"):
            continue
        by_x_activity = "event_type" in event.detail
        for post in event.tweet_ids:
            (found.x_activity if by_x_activity else found.account_activity).setdefault(str(post), event.time)
            if (_by_x_activity if by_x_activity else _by_account_activity)(event, user):
                found.summons.add(str(post))
    return found


def _by_x_activity(event: Event, user: str) -> bool:
    return event.detail["event_type"] in SUMMONS and (event.detail.get("filter") or {}).get("user_id") == user


def _by_account_activity(event: Event, user: str) -> bool:
    post = event.detail
    if post.get("retweeted_status") or (post.get("user") or {}).get("id_str") == user:
        return False
    entities = ((post.get("extended_tweet") or post).get("entities") or {}).get("user_mentions") or []
    quoted = ((post.get("quoted_status") or {}).get("user") or {}).get("id_str")
    return quoted == user or any(each.get("id_str") == user for each in entities)
