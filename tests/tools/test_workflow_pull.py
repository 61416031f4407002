"""A deployed definition in the words of its file: which values become names again, where, and which stay."""

import json
from typing import Any

import pytest

from tools import workflow_files
from tools.workflow_pull import formatted, put_back

VALUES = {"Partition": "aws", "BusName": "bus", "BusArn": "arn:aws:events:eu-west-1:1:event-bus/bus", "Days": "365",
          "Table": "same", "OtherTable": "same", "Empty": ""}
WRITTEN = {"Resource": "arn:${Partition}:states:::events:putEvents", "Bus": "${BusName}", "Days": "86400 * ${Days}", "Table": "${Table}",
           "List": ["${BusArn}", "plain"]}


@pytest.mark.parametrize("path", sorted((workflow_files.ROOT / "statemachine").glob("*.asl.json")), ids=lambda path: path.name)
def test_a_file_is_as_workflow_studio_saves_it(path: Any) -> None:
    """Else the first save would change every line; `json.dumps(…, indent=2, ensure_ascii=False)` makes it so again."""
    assert path.read_text() == formatted(json.loads(path.read_text()))


@pytest.mark.parametrize(("deployed", "expected"), [
    ({"Bus": "bus"}, {"Bus": "${BusName}"}),
    ({"New": "bus"}, {"New": "${BusName}"}),
    ({"New": "arn:aws:events:eu-west-1:1:event-bus/bus"}, {"New": "${BusArn}"}),
    ({"New": "{% 'arn:aws:events:eu-west-1:1:event-bus/bus' & '/bus/' %}"}, {"New": "{% '${BusArn}' & '/${BusName}/' %}"}),
    ({"New": "arn:aws:states:::aws-sdk:sqs:sendMessage"}, {"New": "arn:${Partition}:states:::aws-sdk:sqs:sendMessage"}),
    ({"New": "a busy bus-stop, a minibus"}, {"New": "a busy bus-stop, a minibus"}),
    ({"Days": "86400 * 365 + 1"}, {"Days": "86400 * ${Days} + 1"}),
    ({"New": "365 days"}, {"New": "365 days"}),
    ({"Moved": {"Days": "86400 * 365"}}, {"Moved": {"Days": "86400 * ${Days}"}}),
    ({"Table": "same!"}, {"Table": "${Table}!"}),
    ({"New": "same!"}, {"New": "same!"}),
    ({"List": ["new", "arn:aws:events:eu-west-1:1:event-bus/bus", "plain"]}, {"List": ["new", "${BusArn}", "plain"]}),
    ({"B": 1, "A": [True, None, 1.5]}, {"B": 1, "A": [True, None, 1.5]}),
])
def test_values_become_names(deployed: Any, expected: Any) -> None:
    assert json.dumps(put_back(deployed, WRITTEN, VALUES)) == json.dumps(expected)


def test_keys_keep_the_order_in_which_they_were_deployed() -> None:
    assert list(put_back({"Days": "1", "Bus": "2", "A": "3"}, WRITTEN, VALUES)) == ["Days", "Bus", "A"]
