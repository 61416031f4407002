"""The cost of messages: the arithmetic, and that nothing of the work is left without a price."""

import pytest
import yaml

from tests.tools.commands import run
from tools import bill
from tools.bill import MEASURED, MICROSERVICES


def usd(*arguments: str) -> dict[str, float]:
    totals: dict[str, float] = run("cost", "--json", *arguments).json["usd"]
    return totals


def test_ai_is_what_its_calls_cost() -> None:
    assert usd("--mix", "text=1")["AI"] == pytest.approx(2 * 300 + 750)  # two Comprehend calls, one of Lex
    assert usd("--mix", "image=1")["AI"] == pytest.approx(2 * 300 + 3 * 1000)  # and three of Rekognition
    assert usd("--mix", "text=1")["X"] == pytest.approx(15_000)


def test_cost_grows_with_messages_and_mixes() -> None:
    assert usd("--messages", "2_000_000")["everything"] == pytest.approx(2 * usd()["everything"])
    text, image = usd("--mix", "text=1"), usd("--mix", "image=1")
    assert usd("--mix", "text=0.25,image=0.75")["infrastructure"] == pytest.approx(0.25 * text["infrastructure"] + 0.75 * image["infrastructure"])
    assert text["AWS"] == pytest.approx(text["AI"] + text["infrastructure"])


def test_functions_are_billed_by_the_memory_that_the_templates_give_them() -> None:
    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's tags as nothing."""

    Loader.add_multi_constructor("!", lambda loader, tag, node: None)
    templates = [yaml.load(path.read_text(), Loader) for path in MICROSERVICES.glob("*.yaml")]
    expected = {name: resource["Properties"]["MemorySize"] for template in templates for name, resource in template["Resources"].items()
                if resource["Type"] == "AWS::Serverless::Function"}
    assert bill.memories() == expected
    assert {function for kind in MEASURED.values() for function in kind["functions"]} == set(expected)


def test_what_costs_without_any_message_is_counted_in_the_templates() -> None:
    counted = {line.item: line.units for line in bill.fixed("us-east-1")}
    assert counted["secret-month"] == counted["dashboard-month"] == 1
    assert counted["alarm-month"] > 20
    assert counted["metric-month"] >= 19


def test_every_price_says_where_it_is_from() -> None:
    prices = [*bill.prices_of("us-east-1").values(), *bill.PRICES["x"].values()]
    assert all(price["source"].startswith("https://") and price["usd"] > 0 and isinstance(price["sure"], bool) for price in prices)


def test_it_says_what_it_assumes_and_compares_with_the_article() -> None:
    printed = run("cost")
    assert printed.out.startswith("for,item,per_message,unit,usd_per_unit,usd\n")
    for words in ("Durations are assumed", "not confirmed", "The article says £1700", "Standard workflows"):
        assert words in printed.err


def test_wrong_wishes_are_refused() -> None:
    assert run("cost", "--mix", "text=0.8").status == 2
    assert run("cost", "--mix", "video=1").status == 2
    assert run("cost", "--messages", "0").status == 2
    elsewhere = run("cost", "--region", "eu-west-1")
    assert elsewhere.status == 1
    assert "us-east-1 only" in elsewhere.err
