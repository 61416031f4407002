"""IAM's conditions on the events that a caller puts, as EventBridge has them."""

import json

import pytest

from tests.sandbox.conftest import Account

CODE = """import boto3


def handler(event, context):
    return boto3.client('events').put_events(Entries=[
        {'Source': source, 'DetailType': kind, 'Detail': '{}'} for source, kind in event])['FailedEntryCount']
"""


@pytest.fixture(scope="module")
def function(account: Account) -> str:
    """A function that may put events of the source MINE whose detail type begins with MY_, and no others."""
    role = account.role("lambda.amazonaws.com")
    account.client("iam").put_role_policy(RoleName=role.split("/")[-1], PolicyName="policy", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*", "Condition": {
            "ForAllValues:StringEquals": {"events:source": "MINE"}, "ForAllValues:StringLike": {"events:detail-type": "MY_*"},
            "Null": {"events:source": "false", "events:detail-type": "false"}}}]}))
    return account.function(CODE, role)


@pytest.mark.parametrize(("entries", "allowed"), [
    ([("MINE", "MY_EVENT")], True),
    ([("MINE", "MY_EVENT"), ("MINE", "MY_OTHER")], True),
    ([("YOURS", "MY_EVENT")], False),
    ([("MINE", "YOUR_EVENT")], False),
    ([("MINE", "MY_EVENT"), ("MINE", "YOUR_EVENT")], False),
])
def test_a_function_puts_the_events_that_its_policy_names(account: Account, function: str, entries: list[tuple[str, str]], allowed: bool) -> None:
    answer = json.loads(account.client("lambda").invoke(FunctionName=function, Payload=json.dumps(entries))["Payload"].read())
    assert answer == 0 if allowed else "AccessDeniedException" in answer["errorMessage"]
