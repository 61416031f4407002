"""One key encrypts everything that takes one, where KmsKeyArn names it; and without it nothing asks for a key."""

import functools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

sys.path.insert(0, str(Path(__file__).parents[2]))  # cfn-lint and editors start without the project on their path
from lint.expanding import at, expanded
from tools.intrinsics import KEY, listed, resources, root_of, statements, under

REGION = "eu-west-1"
# Where a resource takes the key.
TAKES: dict[str, tuple[str | int, ...]] = {
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
# What could take one and does not, and why.
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


class KeyEncrypts(CloudFormationLintRule):
    """Where there is a key, it encrypts everything."""

    id = "E9401"
    shortdesc = "The key encrypts whatever takes one"
    description = "What could be encrypted with a key is so with KmsKeyArn, where that is given."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each resource that is not, and for those of a type whose way to take a key is not written down above."""
        template = under(expanded(cfn), key=True)
        for logical_id, resource in template["Resources"].items():
            kind = resource["Type"]
            if kind in TAKES and _at(resource.get("Properties", {}), TAKES[kind]) != KEY:
                yield at(cfn, logical_id, f"{logical_id} is not encrypted with KmsKeyArn: {'.'.join(map(str, TAKES[kind]))}")
            elif kind not in TAKES and kind not in DOES_NOT and _could(kind):
                yield at(cfn, logical_id, f"{kind} could take a key: {Path(__file__).name} has to know where, or why not")


class WithoutKeyNone(CloudFormationLintRule):
    """Nothing asks for a key where there is none, and everything is encrypted all the same."""

    id = "E9402"
    shortdesc = "Without a key none is asked for"
    description = "KmsKeyArn is used under a condition (HasKmsKey); without it AWS's own keys encrypt."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each resource that asks for a key that is not there, or goes without encryption."""
        template = under(expanded(cfn), key=False)
        for logical_id, resource in template["Resources"].items():
            text = json.dumps(resource)
            if json.dumps(KEY) in text and resource["Type"] != "AWS::CloudFormation::Stack":
                yield at(cfn, logical_id, f"{logical_id} asks for a key where KmsKeyArn is empty: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]")
            member, value = OTHERWISE.get(resource["Type"], ("", None))
            if member and f'"{member}": {json.dumps(value)}' not in text:
                yield at(cfn, logical_id, f"{logical_id} is not encrypted where KmsKeyArn is empty: {member} has to be {json.dumps(value)}")


class RoleUsesKey(CloudFormationLintRule):
    """Who works with what is encrypted may use the key, and no other."""

    id = "E9403"
    shortdesc = "A role may use the key where it has to, and only that key"
    description = ("A role that reads or writes queues, tables, buckets or secrets has kms:Decrypt, and for queues kms:GenerateDataKey, on KmsKeyArn "
                   "and no other key.")

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each role that lacks the key, or has another."""
        template = under(expanded(cfn), key=True)
        environments = {root_of(function["Properties"].get("Role")) for _, function in resources(template, "AWS::Lambda::Function")}
        for role, resource in resources(template, "AWS::IAM::Role"):
            found = list(statements(resource))
            keys = {action for each in found if each["Resource"] == KEY for action in listed(each["Action"])}
            needed = {NEEDS_KEY[service] for each in found for action in listed(each["Action"]) if (service := action.split(":")[0]) in NEEDS_KEY}
            needed |= {"kms:Decrypt"} if role in environments or "kms:GenerateDataKey" in needed else set()
            if not needed <= keys:
                yield at(cfn, role, f"{role} lacks {' and '.join(sorted(needed - keys))} on KmsKeyArn, where there is one")
            if any(action.startswith("kms:") for each in found if each["Resource"] != KEY for action in listed(each["Action"])):
                yield at(cfn, role, f"{role} may use another key than KmsKeyArn")


@functools.cache
def _could(kind: str) -> bool:
    """Whether a resource's schema has a property for a key."""
    try:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    except Exception:  # cfn-lint's own error for a type that it does not know, of which its own rules tell
        return False
    return any(re.search("kms", name, re.IGNORECASE) for name in _property_names(schema))


def _property_names(schema: Any) -> Iterator[str]:
    """Every property that a schema names, at any depth."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"]
        schema = list(schema.values())
    for each in schema if isinstance(schema, list) else []:
        yield from _property_names(each)


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    """What is at a path, None where there is nothing."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
