"""The key reaches every microservice, and the documentation's key policy lets in whom it has to. lint/rules/encryption.py has the rest."""

import json
import re

import pytest

from tools.intrinsics import KEY, listed, resources
from tools.templates import MICROSERVICES, ROOT, TEMPLATES, written


@pytest.mark.parametrize("name", MICROSERVICES)
def test_the_key_reaches_every_service_and_is_described(name: str) -> None:
    if name == "plumbing-schemas":
        return
    parameter = written(name)["Parameters"]["KmsKeyArn"]
    assert parameter["Default"] == ""
    assert "Its policy must" in parameter["Description"]
    [application] = [each for _, each in resources(written("template"), "AWS::Serverless::Application")
                     if each["Properties"]["Location"] == f"microservices/{name}.yaml"]
    assert application["Properties"]["Parameters"]["KmsKeyArn"] == KEY


def test_the_key_policy_of_the_docs_lets_every_service_in_that_a_description_names() -> None:
    text = (ROOT / "docs" / "encryption.md").read_text()
    policy = json.loads(text.split("```json")[1].split("```")[0])
    documented = {service for statement in policy["Statement"] for service in listed(statement["Principal"].get("Service", []))}
    described = {service for name in TEMPLATES for service in re.findall(
        r"[\w.]+\.amazonaws\.com", written(name).get("Parameters", {}).get("KmsKeyArn", {}).get("Description", ""))}
    assert documented == described
    assert all("Condition" not in each for each in policy["Statement"] if "events.amazonaws.com" in listed(each["Principal"].get("Service", [])))
