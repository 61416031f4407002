"""The saved Logs Insights queries, as far as they can be looked at without AWS: commands that there are, and fields that events have.

The sandbox keeps them and does not run them: its Logs Insights knows no `stats`.
"""

import json
import re

import pytest

from tools.intrinsics import resources
from tools.templates import ROOT, written

QUERIES = {each["Properties"]["Name"]["Fn::Sub"]: each["Properties"] for _, each in resources(written("plumbing"), "AWS::Logs::QueryDefinition")}
COMMANDS = {"fields", "filter", "stats", "sort", "limit"}
FIELD = re.compile(r"\bdetail\.(\w+)")
KNOWN = {name for path in (ROOT / "schemas").glob("*.json") for name in json.loads(path.read_text())["properties"]["detail"].get("properties", {})}


def test_there_are_some() -> None:
    assert len(QUERIES) == 4


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_has_commands_and_fields_that_there_are(name: str) -> None:
    assert QUERIES[name]["LogGroupNames"] == [{"Ref": "EventLog"}]
    text = QUERIES[name]["QueryString"]
    assert {line.lstrip("| ").split()[0] for line in text.strip().splitlines()} <= COMMANDS
    assert set(FIELD.findall(text)) <= KNOWN
    assert "detail-type" not in text.replace("`detail-type`", "")  # a name with a hyphen is quoted
