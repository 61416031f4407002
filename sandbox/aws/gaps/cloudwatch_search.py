"""MiniStack's GetMetricData knows no expressions: here, the SEARCH that finds metrics by namespace, dimensions and words.

Source: Amazon CloudWatch user guide, "CloudWatch search expression syntax". Words are told apart as there, at signs and where small letters meet
capitals; `MetricName="…"` is exact; AND is understood, OR, NOT and parentheses are not, and find nothing.
"""

import re
from typing import Any

from ministack.services import cloudwatch

from sandbox.aws.patching import Function, patch

SEARCH = re.compile(r"SEARCH\(\s*'\{([^}]*)\}([^']*)',\s*'([^']+)'(?:,\s*(\d+))?\s*\)")
EXACT = re.compile(r'MetricName\s*=\s*"([^"]*)"')
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
PERIOD = 300


def install() -> None:
    """Asks for the metrics that a search finds in its place; they share its id, as on AWS."""

    @patch(cloudwatch, "_get_metric_data", "bf6a8e1132a2")
    def get_metric_data(original: Function, parameters: Any, data: Any, *protocol: Any) -> Any:
        if isinstance(data, dict) and data.get("MetricDataQueries"):
            data = {**data, "MetricDataQueries": [found for query in data["MetricDataQueries"] for found in _found(query)]}
        return original(parameters, data, *protocol)


def _found(query: dict[str, Any]) -> list[dict[str, Any]]:
    search = SEARCH.fullmatch((query.get("Expression") or "").strip())
    if not search:
        return [query]
    namespace, *names = [part.strip().strip('"') for part in search[1].split(",")]
    wanted = EXACT.search(search[2])
    words = [word for word in EXACT.sub(" ", search[2]).split() if word != "AND"]
    found = []
    for (metric_namespace, metric, _), points in list(cloudwatch._metrics.items()):
        dimensions = dict(points[-1].get("Dimensions") or {}) if points else {}
        if metric_namespace != namespace or set(dimensions) != set(names) or (wanted and metric != wanted[1]):
            continue
        texts = _words(" ".join([metric, *dimensions.values()]))
        if all(_words(word) <= texts for word in words):
            found.append({"Id": query["Id"], "Label": " ".join(filter(None, [query.get("Label"), *dimensions.values()])), "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": metric,
                           "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()]},
                "Period": int(query.get("Period") or search[4] or PERIOD), "Stat": search[3]}})
    return sorted(found, key=lambda each: str(each["Label"]))


def _words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)}
