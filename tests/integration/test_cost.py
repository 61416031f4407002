"""What `python -m tools cost` takes a message for is what a deployed run does with one."""

import pytest

from benchmarks.work import KINDS, Meter, medians
from tests.integration.bot import Bot
from tools.bill import MEASURED


@pytest.fixture(scope="module")
def meter(bot: Bot) -> Meter:
    return Meter(bot)


@pytest.mark.parametrize("kind", KINDS)
def test_the_work_of_a_message_is_what_it_is_priced_by(meter: Meter, kind: str) -> None:
    declared, (text, photo, _) = MEASURED[kind], KINDS[kind]
    work = meter.work_of(text, photo, sum(declared["functions"].values()))
    assert work.actions == declared["actions"]
    assert work.functions == declared["functions"]
    assert work.states == declared["states"]
    assert work.event_bytes.keys() == declared["event_bytes"].keys()
    for name, size in {**work.event_bytes, "log": work.log_bytes, "media": work.media_bytes}.items():
        stored = {**declared["event_bytes"], "log": declared["log_bytes"], "media": declared["media_bytes"]}[name]
        assert size / 2 <= stored <= 2 * size, f"{name} has {size} bytes"


def test_two_messages_of_a_kind_that_do_not_do_the_same_are_not_averaged(meter: Meter) -> None:
    joke, other = meter.work_of("please tell me a joke", None, 3), meter.work_of("what is the meaning of life?", None, 2)
    assert medians([joke])["functions"] == joke.functions
    with pytest.raises(ValueError, match="did not do the same"):
        medians([joke, other])
