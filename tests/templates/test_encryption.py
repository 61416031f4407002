"""One key encrypts everything that takes one, where KmsKeyArn names it; and without it nothing asks for a key."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tools.templates import KEY, MICROSERVICES, REGION, ROOT, TEMPLATES, listed, resources, root_of, statements, transformed, under, written

# Where a resource takes the key.
TAKES = {
    "AWS::Athena::WorkGroup": ("WorkGroupConfiguration", "ResultConfiguration", "EncryptionConfiguration", "KmsKey"),
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::Events::Archive": ("KmsKeyIdentifier",),
    "AWS::Events::EventBus": ("KmsKeyIdentifier",),
    "AWS::KinesisFirehose::DeliveryStream": ("DeliveryStreamEncryptionConfigurationInput", "KeyARN"),
    "AWS::Lambda::Function": ("KmsKeyArn",),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::S3::Bucket": ("BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
}
# What could take one and does not.
DOES_NOT = {
    "AWS::Events::Connection": "what it keeps is a header that is no secret; Slack's is the destination's address, which takes no key",
    "AWS::Lex::Bot": "only for recorded voices",
    "AWS::Lex::BotAlias": "only for recorded voices",
    "AWS::StepFunctions::StateMachine": "SAM has no property for it; Express workflows keep no history, and their logs are encrypted",
}
# What stands for encryption where there is no key.
OTHERWISE = {
    "AWS::S3::Bucket": ("SSEAlgorithm", "AES256"), "AWS::SQS::Queue": ("SqsManagedSseEnabled", True),
    "AWS::Athena::WorkGroup": ("EncryptionOption", "SSE_S3"), "AWS::KinesisFirehose::DeliveryStream": ("KeyType", "AWS_OWNED_CMK"),
}
# What a role does that needs the key: on the caller's behalf the service reads, or writes, what is encrypted with it.
NEEDS_KEY = {"dynamodb": "kms:Decrypt", "s3": "kms:Decrypt", "secretsmanager": "kms:Decrypt", "sqs": "kms:GenerateDataKey"}


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    """What is at a path, None where there is nothing."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def property_names(schema: Any) -> Iterator[str]:
    """Every property that a resource type's schema names, at any depth."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"]
        schema = list(schema.values())
    for each in schema if isinstance(schema, list) else []:
        yield from property_names(each)


@pytest.mark.parametrize("name", MICROSERVICES)
def test_the_key_encrypts_whatever_takes_one(name: str) -> None:
    for logical_id, resource in resources(under(transformed(name), key=True), *TAKES):
        assert at(resource["Properties"], TAKES[resource["Type"]]) == KEY, f"{name}: {logical_id} is not encrypted with the key"


@pytest.mark.parametrize("name", MICROSERVICES)
def test_without_a_key_none_is_asked_for(name: str) -> None:
    template = under(transformed(name), key=False)
    assert json.dumps(KEY) not in json.dumps(template["Resources"] | {
        logical_id: None for logical_id, _ in resources(template, "AWS::CloudFormation::Stack")})
    for logical_id, resource in resources(template, *OTHERWISE):
        member, value = OTHERWISE[resource["Type"]]
        assert f'"{member}": {json.dumps(value)}' in json.dumps(resource), f"{name}: {logical_id} is not encrypted without a key"


def test_nothing_that_takes_a_key_is_forgotten() -> None:
    types = {resource["Type"] for name in TEMPLATES for resource in transformed(name)["Resources"].values()}
    taking = {kind for kind in types if any(
        re.search(r"kms", each, re.IGNORECASE) for each in property_names(PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema))}
    assert taking == TAKES.keys() | DOES_NOT.keys()


@pytest.mark.parametrize("name", MICROSERVICES)
def test_a_role_may_use_the_key_where_it_has_to_and_only_that_key(name: str) -> None:
    template = under(transformed(name), key=True)
    environments = {root_of(function["Properties"]["Role"]) for _, function in resources(template, "AWS::Lambda::Function")}
    for role, resource in resources(template, "AWS::IAM::Role"):
        found = list(statements(resource))
        keys = {action for each in found if each["Resource"] == KEY for action in listed(each["Action"])}
        needed = {NEEDS_KEY[service] for each in found for action in listed(each["Action"]) if (service := action.split(":")[0]) in NEEDS_KEY}
        needed |= {"kms:Decrypt"} if role in environments or "kms:GenerateDataKey" in needed else set()
        assert needed <= keys, f"{name}: {role} lacks {needed - keys} on the key"
        assert not any(action.startswith("kms:") for each in found if each["Resource"] != KEY for action in listed(each["Action"]))


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
