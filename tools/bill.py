"""What messages cost: the work that a message is, measured in the sandbox, by the prices of AWS and X.

The article's application goes by the same code.
"""

import functools
import json
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.stack import Failure

HERE = Path(__file__).parent
MICROSERVICES = HERE.parent / "microservices"
WORK_FILE = HERE / "work.json"
PRICES: dict[str, Any] = json.loads((HERE / "prices.json").read_text())
WORK: dict[str, Any] = json.loads(WORK_FILE.read_text())
MEASURED: dict[str, Any] = WORK["measured"]
ASSUMED: dict[str, Any] = WORK["assumed"]

GB = 1e9
FIREHOSE_STEP = 5 * 1024  # bytes; a record is billed in steps of it
EVENT_STEP = 64 * 1024  # likewise an event
EXPRESS_STEP = 100  # milliseconds; likewise an Express execution

PRICE_OF_ACTION = {
    **dict.fromkeys(["comprehend:DetectDominantLanguage", "comprehend:DetectEntities", "comprehend:DetectSentiment"], "comprehend-request"),
    **dict.fromkeys(["rekognition:DetectLabels", "rekognition:DetectText", "rekognition:RecognizeCelebrities"], "rekognition-image"),
    **dict.fromkeys(["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], "dynamodb-write"),
    "lex:RecognizeText": "lex-text", "s3:PutObject": "s3-put", "s3:GetObject": "s3-get", "states:StartExecution": "express-request",
}
BILLED_BY_SIZE = ("firehose:PutRecord",)
AI = ("comprehend-request", "rekognition-image", "lex-text")
BY_DURATION = ("lambda-gb-second", "lambda-gb-second-x86", "express-gb-second")
FIXED = {"AWS::CloudWatch::Alarm": "alarm-month", "AWS::Logs::MetricFilter": "metric-month", "AWS::CloudWatch::Dashboard": "dashboard-month",
         "AWS::SecretsManager::Secret": "secret-month"}


@dataclass(frozen=True)
class Line:
    """A price, how many units of it, and what that costs in dollars."""

    item: str
    service: str
    unit: str
    units: float
    usd_per_unit: float

    @property
    def usd(self) -> float:
        """The cost."""
        return self.units * self.usd_per_unit

    @property
    def group(self) -> str:
        """`AI`, `X`, or `infrastructure`."""
        return "AI" if self.item in AI else "X" if self.item.startswith("x-") else "infrastructure"


@dataclass(frozen=True)
class Design:
    """An application: the work of each kind of message, its functions' memory in MB, and how it is built."""

    kinds: dict[str, Any]
    memories: dict[str, int]
    express: bool = True  # else Standard workflows, which are billed by transition
    gb_second: str = "lambda-gb-second"
    lake: bool = True  # partitioned by Firehose, and the analysed messages as Parquet
    traced_share: float = 0.0


def this() -> Design:
    """This application."""
    return Design(MEASURED, memories(), traced_share=ASSUMED["traced_share"])


def original() -> Design:
    """The article's. Its events and pictures are taken to be as large as the same ones here."""
    article: dict[str, Any] = WORK["original"]
    kinds = {kind: {**work, "event_bytes": {event: MEASURED[kind]["event_bytes"][event] for event in work["events"]},
                    "media_bytes": MEASURED[kind]["media_bytes"]} for kind, work in article["kinds"].items()}
    return Design(kinds, article["memories"], express=False, gb_second="lambda-gb-second-x86", lake=False)


def units(kind: str, design: Design) -> dict[str, float]:
    """How many units of each price one message of a kind is."""
    work = design.kinds[kind]
    count: dict[str, float] = defaultdict(float)
    for action, number in work["actions"].items():
        if action not in BILLED_BY_SIZE:
            count[PRICE_OF_ACTION[action]] += number
    for function, number in work["functions"].items():
        count["lambda-request"] += number
        count[design.gb_second] += design.memories[function] / 1024 * function_milliseconds(work, function) / 1000
    if design.express:
        count["express-gb-second"] = ASSUMED["workflow_megabytes"] / 1024 * workflow_milliseconds(work) / 1000
    else:
        count["standard-transition"] = sum(work["states"].values())
    sizes: list[int] = list(work["event_bytes"].values())
    size, records = sum(sizes), sum(_in_steps(each, FIREHOSE_STEP) for each in sizes)
    converted = _in_steps(work["event_bytes"]["MESSAGE_ANALYSED"], FIREHOSE_STEP) if design.lake else 0
    return count | {
        "api-request": 1, "event": sum(_in_steps(each, EVENT_STEP) for each in sizes) / EVENT_STEP, "archive-gb": size / GB,
        "firehose-gb": (records + converted) / GB, "firehose-partition-gb": records * design.lake / GB, "firehose-conversion-gb": converted / GB,
        "logs-gb": (size + work["log_bytes"]) / GB, "s3-gb-month": size / ASSUMED["lake_compression"] * ASSUMED["lake_months"] / GB,
        "out-gb": (ASSUMED["request_bytes"] + work["media_bytes"]) / GB, "trace": design.traced_share, "x-event": 1, "x-reply": 1}


def function_milliseconds(work: dict[str, Any], function: str) -> float:
    """How long a function runs for a message: measured, and what it waits for others, which is assumed."""
    return float(work["function_milliseconds"][function] + ASSUMED["waiting_milliseconds"].get(function, 0))


def workflow_milliseconds(work: dict[str, Any]) -> float:
    """How long a message's workflows run together, each in whole steps; likewise."""
    waiting = ASSUMED["waiting_milliseconds"]
    functions = sum(waiting.get(function, 0) for function in work["functions"])
    services = sum(number * waiting.get(PRICE_OF_ACTION.get(action, ""), 0) for action, number in work["actions"].items())
    return float(sum(_in_steps(each, EXPRESS_STEP) for each in work["workflow_milliseconds"].values()) + functions + services)


def bill(mix: dict[str, float], messages: int, region: str, design: Design | None = None) -> list[Line]:
    """What so many messages cost, the dearest first. `mix` gives each kind's share. Failure where there are no prices for the region."""
    design = design or this()
    total: dict[str, float] = defaultdict(float)
    for kind, share in mix.items():
        for item, number in units(kind, design).items():
            total[item] += number * share * messages
    return sorted(_lines({item: number for item, number in total.items() if number}, region), key=lambda line: -line.usd)


def fixed(region: str) -> list[Line]:
    """What the application costs a month without any message, as far as its templates say."""
    types = Counter(re.findall(r"^    Type: (\S+)", "\n".join(path.read_text() for path in MICROSERVICES.glob("*.yaml")), re.MULTILINE))
    return _lines({item: types[kind] for kind, item in FIXED.items()}, region)


def prices_of(region: str) -> dict[str, Any]:
    """AWS's prices in a region."""
    regions: dict[str, Any] = PRICES["aws"]
    if region not in regions:
        raise Failure(f"tools/prices.json has the prices of {', '.join(regions)} only. Add those of {region} there, or do without --region.")
    found: dict[str, Any] = regions[region]
    return found


def _lines(count: dict[str, float], region: str) -> list[Line]:
    prices = prices_of(region) | PRICES["x"]
    return [Line(item, prices[item]["service"], prices[item]["unit"], number, prices[item]["usd"]) for item, number in count.items()]


def _in_steps(size: float, step: int) -> int:
    """As it is billed: in whole steps, at least one."""
    return step * max(1, math.ceil(size / step))


@functools.cache
def memories() -> dict[str, int]:
    """The memory of each function in MB, as the templates have it."""
    found: dict[str, int] = {}
    for path in MICROSERVICES.glob("*.yaml"):
        for name, block in re.findall(r"^  (\w+):\n    Type: AWS::Serverless::Function\n((?:    .*\n|\n)+)", path.read_text(), re.MULTILINE):
            memory = re.search(r"MemorySize: (\d+)", block)
            found[name] = int(memory[1]) if memory else 128
    return found
