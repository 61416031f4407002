"""The cost of messages: one case by hand, the arithmetic, and that nothing of the work is left without a price."""

import json
from typing import Any

import pytest
import yaml

from tests.tools.commands import run
from tools import bill
from tools.bill import MEASURED, MICROSERVICES, WORK, Design

FUNCTION_NAMES = {"TwitterWebhookFunction", "DownloadImageFunction", "AnnotateImageFunction", "FulfilIntentFunction", "PostTweetFunction"}


def usd(*arguments: str) -> dict[str, float]:
    totals: dict[str, float] = run("cost", "--json", *arguments).json["usd"]
    return totals


def services(*arguments: str) -> dict[str, dict[str, float]]:
    return {row["service"]: row for row in run("cost", "--json", *arguments).json["services"]}


def test_one_case_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand messages that each call Comprehend twice, write once, run one function for half a second and one workflow for 0.3 s."""
    monkeypatch.setattr(bill, "ASSUMED", {"waiting_milliseconds": {"Function": 100, "comprehend-request": 50}, "workflow_megabytes": 64,
                                          "request_bytes": 1000, "lake_compression": 4, "lake_months": 12})
    work = {"actions": {"comprehend:DetectSentiment": 2, "dynamodb:PutItem": 1, "states:StartExecution": 1, "firehose:PutRecord": 2},
            "functions": {"Function": 1}, "states": {"Workflow": 7}, "event_bytes": {"MESSAGE_ANALYSED": 6000, "BIG": 70_000},
            "function_milliseconds": {"Function": 400}, "workflow_milliseconds": {"Workflow": 201}, "log_bytes": 4000, "media_bytes": 9000}
    found = {line.item: line for line in bill.bill({"text": 1.0}, 1000, "us-east-1", Design({"text": work}, {"Function": 512}))}
    expected = {
        "comprehend-request": 1000 * 2 * 0.0003,                        # 0.60
        "dynamodb-write": 1000 * 0.000000625,
        "express-request": 1000 * 0.000001,
        "express-gb-second": 1000 * 0.0625 * 0.5 * 0.00001667,          # 201 ms are billed as 300; 100 for the function, 2 of 50 for Comprehend
        "lambda-request": 1000 * 0.0000002,
        "lambda-gb-second": 1000 * 0.5 * 0.5 * 0.0000133334,            # 512 MB; 400 ms and 100 of waiting
        "api-request": 1000 * 0.0000035,
        "event": 1000 * 3 * 0.000001,                                   # 70,000 bytes are two steps of 64 KB
        "archive-gb": 1000 * 76_000 / 1e9 * 0.10,
        "firehose-gb": 1000 * (10_240 + 71_680 + 10_240) / 1e9 * 0.029,  # steps of 5 KB; the analysed message a second time, as Parquet
        "firehose-partition-gb": 1000 * (10_240 + 71_680) / 1e9 * 0.02,
        "firehose-conversion-gb": 1000 * 10_240 / 1e9 * 0.018,
        "logs-gb": 1000 * 80_000 / 1e9 * 0.50,
        "s3-gb-month": 1000 * 76_000 / 4 * 12 / 1e9 * 0.023,
        "out-gb": 1000 * 10_000 / 1e9 * 0.09,
        "x-event": 1000 * 0.005, "x-reply": 1000 * 0.010,
    }
    assert {item: line.usd for item, line in found.items()} == pytest.approx(expected)
    standard = {line.item: line.usd for line in bill.bill({"text": 1.0}, 1000, "us-east-1", Design(
        {"text": work}, {"Function": 512}, express=False, gb_second="lambda-gb-second-x86", lake=False))}
    assert standard["standard-transition"] == pytest.approx(1000 * 7 * 0.000025)
    assert standard["lambda-gb-second-x86"] == pytest.approx(1000 * 0.25 * 0.0000166667)
    assert standard.keys() & {"express-gb-second", "firehose-partition-gb", "firehose-conversion-gb", "lambda-gb-second"} == set()


def test_a_million_messages_half_of_them_with_a_photo() -> None:
    month = {name: row["usd_per_month"] for name, row in services("--messages", "1e6", "--photos", "0.5").items()}
    assert month["Comprehend"] == pytest.approx(600)
    assert month["Lex"] == pytest.approx(375)
    assert month["Rekognition"] == pytest.approx(1500)
    assert month["API Gateway"] == pytest.approx(3.5)
    assert month["X"] == pytest.approx(15_000)


def test_ai_is_what_its_calls_cost() -> None:
    assert usd("--photos", "0")["AI"] == pytest.approx(2 * 300 + 750)  # two Comprehend calls, one of Lex
    assert usd("--photos", "1")["AI"] == pytest.approx(2 * 300 + 3 * 1000)  # and three of Rekognition


def test_the_original_s_standard_workflows_are_billed_by_transition() -> None:
    for photos, transitions in (("0", 7), ("1", 12)):
        assert services("--photos", photos)["Step Functions"]["original_usd_per_month"] == pytest.approx(transitions * 25)
    assert services()["Step Functions"]["usd_per_month"] < services()["Step Functions"]["original_usd_per_month"] / 10


def test_cost_grows_with_messages_and_photos() -> None:
    one, two = usd(), usd("--messages", "2_000_000")
    assert two["everything"] - two["fixed"] == pytest.approx(2 * (one["everything"] - one["fixed"]))
    text, image = usd("--photos", "0"), usd("--photos", "1")
    assert usd("--photos", "0.75")["infrastructure"] == pytest.approx(0.25 * text["infrastructure"] + 0.75 * image["infrastructure"])
    assert text["AWS"] == pytest.approx(text["AI"] + text["infrastructure"] + text["fixed"])
    assert text["everything"] == pytest.approx(sum(row["usd_per_month"] for row in services("--photos", "0").values()))


def test_functions_are_billed_by_the_memory_that_the_templates_give_them() -> None:
    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's tags as nothing."""

    Loader.add_multi_constructor("!", lambda loader, tag, node: None)
    templates = [yaml.load(path.read_text(), Loader) for path in MICROSERVICES.glob("*.yaml")]
    expected = {name: resource["Properties"]["MemorySize"] for template in templates for name, resource in template["Resources"].items()
                if resource["Type"] == "AWS::Serverless::Function"}
    assert bill.memories() == expected
    assert {function for kind in MEASURED.values() for function in kind["functions"]} == set(expected) == FUNCTION_NAMES


def test_every_call_and_every_wait_has_a_price() -> None:
    items = {line.item for kind in MEASURED for line in bill.bill({kind: 1.0}, 1, "us-east-1")}
    known = {action for work in MEASURED.values() for action in work["actions"]}
    assert known <= bill.PRICE_OF_ACTION.keys() | set(bill.BILLED_BY_SIZE)
    assert {name for name in WORK["assumed"]["waiting_milliseconds"] if name not in items} <= FUNCTION_NAMES


def test_what_costs_without_any_message_is_counted_in_the_templates() -> None:
    counted = {line.item: line.units for line in bill.fixed("us-east-1")}
    assert counted["secret-month"] == counted["dashboard-month"] == 1
    assert counted["alarm-month"] > 20
    assert counted["metric-month"] >= 19


def test_every_price_says_where_it_is_from() -> None:
    prices = [*bill.prices_of("us-east-1").values(), *bill.PRICES["x"].values()]
    assert all(price["source"].startswith("https://") and price["usd"] > 0 and isinstance(price["sure"], bool) for price in prices)
    assert all(price["service"] for price in prices)


def test_it_says_what_was_measured_and_assumed_and_compares_with_the_article() -> None:
    printed = run("cost")
    assert printed.out.startswith("service,usd_per_message,usd_per_month,original_usd_per_month\n")
    assert printed.out.splitlines()[-1].startswith("AWS and X,")
    for words in ("not Lambda's", "Assumed on top", "not confirmed", "£1700", WORK["on"]):
        assert words in printed.err
    items = run("cost", "--items").out.splitlines()
    assert items[0] == "service,item,per_message,unit,usd_per_unit,usd_per_month"
    assert any(line.startswith("Rekognition,rekognition-image,0.6,") for line in items)


def test_wrong_wishes_are_refused() -> None:
    for wrong in (("--photos", "2"), ("--photos", "some"), ("--messages", "0"), ("--messages", "1.5"), ("--messages", "many"), ("--messages", "inf")):
        assert run("cost", *wrong).status == 2, wrong
    elsewhere = run("cost", "--region", "eu-west-1")
    assert elsewhere.status == 1
    assert "us-east-1 only" in elsewhere.err


def test_the_file_says_how_it_was_measured() -> None:
    work: dict[str, Any] = json.loads(bill.WORK_FILE.read_text())
    assert work["how"].startswith("python -m benchmarks.work ")
    assert set(work["measured"]) == set(work["original"]["kinds"])
