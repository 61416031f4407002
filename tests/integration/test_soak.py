"""Mixed messages, many at a time: each is accounted for. `python -m benchmarks.soak` does the same with thousands."""

from collections import Counter

from benchmarks import soak
from benchmarks.load import MIXED, Load
from tests.integration.bot import Bot

MESSAGES = 60


def test_every_message_of_many_is_accounted_for(bot: Bot) -> None:
    posts = len(bot.sandbox.posts())
    result = Load(bot, MIXED, at_once=6).run(MESSAGES)
    assert result.wrong == []
    wanted = Counter(message.kind.end for message in result.messages)
    assert result.ends == wanted
    assert len(wanted) == 3  # some are answered, some fail, some are dead letters
    assert len(bot.sandbox.posts()) - posts == wanted["answered"]
    assert all(sample.aws > 0 and sample.workers for sample in result.samples)
    assert f"| answered | {wanted['answered']}, as it had to be |" in soak.table(result, at_once=6)
