"""Every detail type has a metric of its name, the dashboard shows each, and what it shows there is."""

import json
import re

from tools.intrinsics import resources
from tools.templates import ROOT, written

DETAIL_TYPES = sorted(path.stem for path in (ROOT / "schemas").glob("*.json"))
FILTERS = {each["Properties"]["MetricTransformations"][0]["MetricName"]: each["Properties"]
           for _, each in resources(written("plumbing"), "AWS::Logs::MetricFilter")}
[(_, DASHBOARD)] = resources(written("plumbing"), "AWS::CloudWatch::Dashboard")
TEXT, NAMES = DASHBOARD["Properties"]["DashboardBody"]["Fn::Sub"]
WIDGETS = json.loads(TEXT)["widgets"]


def test_every_detail_type_is_counted() -> None:
    assert set(FILTERS) == {*DETAIL_TYPES, "TextSentiment", "SecondsToReply"}
    for name in DETAIL_TYPES:
        assert FILTERS[name]["FilterPattern"] == f'{{ $.detail-type = "{name}" }}'


def test_the_dashboard_shows_each_once_and_none_that_there_is_not() -> None:
    shown = [row[1] for widget in WIDGETS for row in widget["properties"].get("metrics", []) if row[0] == "${MetricNamespace}"]
    assert set(shown) == set(FILTERS)


def test_business_comes_first_and_nothing_overlaps() -> None:
    titles = [widget["properties"].get("markdown") for widget in sorted(WIDGETS, key=lambda each: each["y"]) if widget["type"] == "text"]
    assert titles == ["## Business", "## Operations"]
    cells = [(x, y) for each in WIDGETS for x in range(each["x"], each["x"] + each["width"]) for y in range(each["y"], each["y"] + each["height"])]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23


def test_a_search_has_a_namespace_a_metric_and_the_words_of_the_application_where_names_have_them() -> None:
    searches = [row[0]["expression"] for widget in WIDGETS for row in widget["properties"].get("metrics", []) if isinstance(row[0], dict)]
    assert len(searches) > 8
    for search in searches:
        found = re.fullmatch(r"SEARCH\('\{AWS/(\w+),[\w,]+\} MetricName=\"[\w.]+\"( [^']+)?', '\w+', 300\)", search)
        assert found, search
        assert ("${Words}" in search) == (found[1] not in ("States", "Rekognition")), search
    assert set(NAMES) == {"Words"}
