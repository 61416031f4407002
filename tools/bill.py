"""What messages cost: the work that a message is, measured in the sandbox, by the prices of AWS and X."""

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
PRICES: dict[str, Any] = json.loads((HERE / "prices.json").read_text())
WORK: dict[str, Any] = json.loads((HERE / "work.json").read_text())
MEASURED: dict[str, Any] = WORK["measured"]
ASSUMED: dict[str, Any] = WORK["assumed"]

GB = 1e9
FIREHOSE_STEP = 5 * 1024  # bytes; a record is billed in steps of it

PRICE_OF_ACTION = {
    **dict.fromkeys(["comprehend:DetectDominantLanguage", "comprehend:DetectEntities", "comprehend:DetectSentiment"], "comprehend-request"),
    **dict.fromkeys(["rekognition:DetectLabels", "rekognition:DetectText", "rekognition:RecognizeCelebrities"], "rekognition-image"),
    **dict.fromkeys(["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], "dynamodb-write"),
    "lex:RecognizeText": "lex-text", "s3:PutObject": "s3-put", "s3:GetObject": "s3-get", "states:StartExecution": "express-request",
}
BILLED_BY_SIZE = ("firehose:PutRecord",)
AI = ("comprehend-request", "rekognition-image", "lex-text")
BY_DURATION = ("lambda-gb-second", "express-gb-second")
FIXED = {"AWS::CloudWatch::Alarm": "alarm-month", "AWS::Logs::MetricFilter": "metric-month", "AWS::CloudWatch::Dashboard": "dashboard-month",
         "AWS::SecretsManager::Secret": "secret-month"}


@dataclass(frozen=True)
class Line:
    """A price, how many units of it, and what that costs in dollars."""

    item: str
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


def units(kind: str) -> dict[str, float]:
    """How many units of each price one message of a kind is."""
    measured = MEASURED[kind]
    functions: dict[str, int] = measured["functions"]
    count: dict[str, float] = defaultdict(float)
    for action, number in measured["actions"].items():
        if action not in BILLED_BY_SIZE:
            count[PRICE_OF_ACTION[action]] += number
    for function, number in functions.items():
        count["lambda-request"] += number
        count["lambda-gb-second"] += number * memories()[function] / 1024 * ASSUMED["function_milliseconds"][function] / 1000
    sizes: dict[str, int] = measured["event_bytes"]
    size = sum(sizes.values())
    partitioned, converted = sum(map(_in_steps, sizes.values())), _in_steps(sizes["MESSAGE_ANALYSED"])
    return count | {
        "api-request": functions["TwitterWebhookFunction"], "event": len(sizes), "archive-gb": size / GB,
        "express-gb-second": ASSUMED["workflow_megabytes"] / 1024 * ASSUMED["workflow_milliseconds"][kind] / 1000,
        "firehose-gb": (partitioned + converted) / GB, "firehose-partition-gb": partitioned / GB, "firehose-conversion-gb": converted / GB,
        "logs-gb": (size + sum(functions.values()) * ASSUMED["log_bytes_per_invocation"]) / GB,
        "s3-gb-month": size / ASSUMED["lake_compression"] * ASSUMED["lake_months"] / GB, "out-gb": ASSUMED["posted_bytes"][kind] / GB,
        "trace": ASSUMED["traced_share"], "x-event": 1, "x-reply": 1}


def bill(mix: dict[str, float], messages: int, region: str) -> list[Line]:
    """What so many messages cost, the dearest first. `mix` gives each kind's share. Failure where there are no prices for the region."""
    prices = prices_of(region) | PRICES["x"]
    total: dict[str, float] = defaultdict(float)
    for kind, share in mix.items():
        for item, number in units(kind).items():
            total[item] += number * share * messages
    lines = [Line(item, prices[item]["unit"], number, prices[item]["usd"]) for item, number in total.items()]
    return sorted(lines, key=lambda line: -line.usd)


def fixed(region: str) -> list[Line]:
    """What the application costs a month without any message, as far as its templates say."""
    prices = prices_of(region)
    types = Counter(re.findall(r"^    Type: (\S+)", "\n".join(path.read_text() for path in MICROSERVICES.glob("*.yaml")), re.MULTILINE))
    return [Line(item, prices[item]["unit"], types[kind], prices[item]["usd"]) for kind, item in FIXED.items()]


def prices_of(region: str) -> dict[str, Any]:
    """AWS's prices in a region."""
    regions: dict[str, Any] = PRICES["aws"]
    if region not in regions:
        raise Failure(f"tools/prices.json has the prices of {', '.join(regions)} only. Add those of {region} there, or do without --region.")
    found: dict[str, Any] = regions[region]
    return found


def _in_steps(size: int) -> int:
    """A record's size as Firehose bills it."""
    return FIREHOSE_STEP * math.ceil(size / FIREHOSE_STEP)


@functools.cache
def memories() -> dict[str, int]:
    """The memory of each function in MB, as the templates have it."""
    found: dict[str, int] = {}
    for path in MICROSERVICES.glob("*.yaml"):
        for name, block in re.findall(r"^  (\w+):\n    Type: AWS::Serverless::Function\n((?:    .*\n|\n)+)", path.read_text(), re.MULTILINE):
            memory = re.search(r"MemorySize: (\d+)", block)
            found[name] = int(memory[1]) if memory else 128
    return found
