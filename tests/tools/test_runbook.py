"""The runbook has a word on every alarm, and names no command that there is not."""

import re
import shlex
from pathlib import Path

import pytest

from tools.__main__ import parser

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
ALARM = re.compile(r"^  (\w+):\n    Type: AWS::CloudWatch::\w*Alarm$", re.MULTILINE)
COMMAND = re.compile(r"`((?:dead-letters|replay|events|x|query|cost|doctor)(?: [^`]*)?)`|^    python -m tools (.+?)(?:\s+#.*)?$", re.MULTILINE)
GROUPS = ("dead-letters", "events", "x", "query")  # named as a whole, too


def sections() -> dict[str, str]:
    """The rows of each microservice's alarms."""
    parts = re.split(r"^\| \*\*(\w+)\*\*", RUNBOOK, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("template", sorted((ROOT / "microservices").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_alarm_has_a_row(template: Path) -> None:
    for alarm in ALARM.findall(template.read_text()):
        alike = re.sub(r"^[A-Z]\w*(?=(Failures|TimeOuts)$)", "…", alarm)  # a microservice of one's own: one row for all that new-service writes
        assert f"`{alarm}`" in sections().get(template.stem, "") or (
            template.stem not in sections() and f"`{alike}`" in sections()["yours"]), alarm


def test_every_command_is_one() -> None:
    found = ["".join(each) for each in COMMAND.findall(RUNBOOK)]
    assert len(found) > 30
    for command in found:
        words = shlex.split(command.replace("…", "1h"))
        if command in GROUPS or command in ("replay", "x replay", "x secrets", "x webhook"):
            continue
        assert parser().parse_args(words), command
