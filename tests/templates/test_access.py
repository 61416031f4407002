"""Who may do what: no more than is used, nothing in the clear, nothing on behalf of strangers."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws.task_permissions import needed
from tools.templates import TEMPLATES, WORKFLOWS, Template, listed, path_of, resources, root_of, statements, transformed, under, written

# Who gives the key that keeps a role from serving strangers ("confused deputy"), and which; of Lambda AWS documents none.
GUARDED = {"states.amazonaws.com": "aws:SourceAccount", "events.amazonaws.com": "aws:SourceAccount", "scheduler.amazonaws.com": "aws:SourceAccount",
           "lexv2.amazonaws.com": "aws:SourceAccount", "firehose.amazonaws.com": "sts:ExternalId", "lambda.amazonaws.com": None}
OF_ANY_WORKFLOW = ("logs:", "xray:")  # for its log and its trace
BUS = {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}"}
PINNED = {"events:source", "events:detail-type"}
CLEAR_TEXT = {"Bool": {"aws:SecureTransport": "false"}}


def parts(value: Any) -> Iterator[Any]:
    """Every object within a part of a template, itself included."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from parts(each)


def allowing(template: Template) -> list[Any]:
    """Every statement that allows something, in any policy."""
    return [part for part in parts(template["Resources"]) if part.get("Effect") == "Allow"]


def roles(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every role with what it is where there is a key."""
    return ((logical_id, under(resource, key=True)) for logical_id, resource in resources(template, "AWS::IAM::Role"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_wildcard_says_why_it_is_there(name: str) -> None:
    lines = path_of(name).read_text().splitlines()
    for statement in allowing(written(name)):
        if "*" in listed(statement.get("Resource")):
            first = lines[statement.start_mark.line]
            assert "  # " in first, f"{path_of(name).name}:{statement.start_mark.line + 1}: a comment has to say why no resource is named"


@pytest.mark.parametrize("name", TEMPLATES)
def test_nobody_may_do_everything_and_not_everybody_may_do_anything(name: str) -> None:
    for statement in allowing(transformed(name)):
        assert not [action for action in listed(statement["Action"]) if "*" in action], f"{name}: {statement}"
        assert statement.get("Principal") not in ("*", {"AWS": "*"}), f"{name}: {statement}"
        assert not {"NotAction", "NotPrincipal", "NotResource"} & statement.keys(), f"{name}: {statement}"
    assert not [resource for resource in parts(transformed(name)) if "ManagedPolicyArns" in resource], f"{name}: a policy that is not its own"


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_may_be_put_on_the_bus_is_pinned(name: str) -> None:
    """`ForAllValues` asks every event of a call, and lets a call without the keys pass: `Null` does not."""
    for role, resource in roles(transformed(name)):
        for statement in statements(resource):
            if "events:PutEvents" in listed(statement["Action"]):
                condition = statement.get("Condition", {})
                tested = {key for operator, keys in condition.items() if operator.startswith("ForAllValues:") for key in keys}
                assert statement["Resource"] == BUS, f"{name}: {role} may put events on other buses"
                assert tested == PINNED, f"{name}: {role} may put events of any source or detail type"
                assert condition.get("Null") == dict.fromkeys(PINNED, "false"), f"{name}: {role} may put events where the keys are absent"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_role_serves_one_service_and_no_stranger(name: str) -> None:
    for role, resource in roles(written(name)):
        [statement] = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        service = statement["Principal"]["Service"]
        condition = {"StringEquals": {GUARDED[service]: {"Ref": "AWS::AccountId"}}} if GUARDED[service] else None
        assert statement.get("Condition") == condition, f"{name}: {role} trusts {service}"


@pytest.mark.parametrize(("name", "workflow"), WORKFLOWS)
def test_a_workflow_may_do_what_its_tasks_do_and_nothing_else(name: str, workflow: str) -> None:
    template = transformed(name)
    machine = template["Resources"][workflow]["Properties"]
    tasks = [part for part in parts(machine["Definition"]) if part.get("Type") == "Task"]
    calls = {action for task in tasks for action, *_ in needed(task["Resource"], task["Arguments"])}
    role = under(template["Resources"][root_of(machine["RoleArn"])], key=False)
    allowed = {action for statement in statements(role) for action in listed(statement["Action"]) if not action.startswith(OF_ANY_WORKFLOW)}
    assert allowed == calls


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_sent_or_read_in_the_clear(name: str) -> None:
    template = transformed(name)
    for kind, policies, member, action in (
            ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues", "sqs:*"),
            ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics", "sns:Publish"),
            ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket", "s3:*")):
        for logical_id, _ in resources(template, kind):
            denied = [statement for _, policy in resources(template, policies)
                      if {"Ref": logical_id} in listed(policy["Properties"][member])
                      for statement in policy["Properties"]["PolicyDocument"]["Statement"]
                      if statement["Effect"] == "Deny" and statement["Principal"] == "*"]
            assert any(each["Action"] == action and each["Condition"] == CLEAR_TEXT for each in denied), f"{name}: {logical_id} takes clear text"


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_bucket_is_public_and_every_bucket_forgets(name: str) -> None:
    for bucket, resource in resources(transformed(name), "AWS::S3::Bucket"):
        blocked = resource["Properties"].get("PublicAccessBlockConfiguration", {})
        assert list(blocked.values()) == [True] * 4, f"{name}: {bucket} may become public"
        rules = resource["Properties"]["LifecycleConfiguration"]["Rules"]
        assert any(rule["Status"] == "Enabled" and "ExpirationInDays" in rule and "Prefix" not in rule for rule in rules), f"{name}: {bucket}"


def test_the_api_has_one_path_and_checks_what_comes_in() -> None:
    [(_, api)] = resources(transformed("ingress"), "AWS::ApiGateway::RestApi")
    body = api["Properties"]["Body"]
    validators = body["x-amazon-apigateway-request-validators"]
    assert {path: set(methods) for path, methods in body["paths"].items()} == {"/twitter": {"get", "post"}}
    get, post = body["paths"]["/twitter"]["get"], body["paths"]["/twitter"]["post"]
    assert [(each["name"], each["required"]) for each in get["parameters"]] == [("crc_token", True)]
    assert validators[get["x-amazon-apigateway-request-validator"]]["validateRequestParameters"] is True
    assert post["requestBody"]["required"] is True
    assert validators[post["x-amazon-apigateway-request-validator"]]["validateRequestBody"] is True


def test_the_api_has_one_stage_and_a_limit() -> None:
    template = transformed("ingress")
    [(_, stage)] = resources(template, "AWS::ApiGateway::Stage")
    assert [deployment["Properties"].get("StageName") for _, deployment in resources(template, "AWS::ApiGateway::Deployment")] == [None]
    [settings] = stage["Properties"]["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"]
