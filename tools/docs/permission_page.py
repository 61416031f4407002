"""What each function, workflow, rule and schedule may do, by the role that it works as; and who may do what to queues, topics and buckets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import contract
from tools.docs.markdown import HEADER, code, table
from tools.docs.workflow_pages import page_of
from tools.intrinsics import KEY, listed, resources, statements, under
from tools.templates import MICROSERVICES, transformed

PAGE = Path("docs/permissions.md")
POLICIES = {"AWS::SQS::QueuePolicy": "Queues", "AWS::SNS::TopicPolicy": "Topics", "AWS::S3::BucketPolicy": "Bucket"}
OBSERVING = ("logs:", "xray:")  # alike for all, and of no interest
NOTHING = "It may do nothing else.\n"
COLUMNS = ("may", "on", "only where")


def pages() -> dict[Path, str]:
    """The page by its path."""
    parts = [HEADER, "# Permissions\n",
             "Who may do what; some of it only where there is a key of yours (`KmsKeyArn`). Writing its own log and trace, which everything may, is "
             "left out.\n"]
    for name in MICROSERVICES:
        if body := "\n".join([*_roles(name), *_invoked(name), *_resource_policies(name)]):
            parts.append(f"## {name}\n\n[microservices/{name}.yaml](../microservices/{name}.yaml)\n\n{body}")
    return {PAGE: "\n".join(parts)}


def _roles(name: str) -> Iterator[str]:
    template, with_key = (under(transformed(name), key=key) for key in (False, True))
    for role, resource in resources(template, "AWS::IAM::Role"):
        plain = [json.dumps(each) for each in statements(resource)]
        rows = list(_rows(json.loads(each) for each in plain))
        rows += _rows(each for each in statements(with_key["Resources"][role]) if json.dumps(each) not in plain)
        using = ", ".join(page_of(name, user, PAGE) for user in contract.users(template, role) or [role])
        yield (f"### {using[0].upper()}{using[1:]}\n\nWorks as {code(role)}, which {code(_trusted(resource))} may take on.\n\n"
               f"{table(COLUMNS, rows) or NOTHING}")


def _rows(policy: Iterator[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for statement in policy:
        actions = [action for action in listed(statement["Action"]) if not action.startswith(OBSERVING)]
        if actions:
            key = " (with a key)" if statement["Resource"] == KEY else ""
            yield _actions(actions) + key, _on(statement), _where(statement)


def _invoked(name: str) -> Iterator[str]:
    """Who may invoke functions."""
    rows = [(code(permission["Properties"]["Principal"]), code("lambda:InvokeFunction"), code(_resource(permission["Properties"]["FunctionName"])),
             code(_resource(permission["Properties"].get("SourceArn", "anything"))))
            for _, permission in resources(under(transformed(name), key=False), "AWS::Lambda::Permission")]
    if rows:
        yield f"### Who may invoke its functions\n\n{table(('who', 'may', 'on', 'for'), rows)}"


def _resource_policies(name: str) -> Iterator[str]:
    """What queues, topics and buckets let others do."""
    rows = []
    for _, policy in resources(under(transformed(name), key=False), *POLICIES):
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                rows.append((code(statement["Principal"]["Service"]), _actions(statement["Action"]), _on(statement), _where(statement)))
    if rows:
        yield f"### Who may use its queues, topics and buckets\n\n{table(('who', 'may', 'on', 'only where'), rows)}\nNobody without TLS.\n"


def _actions(actions: Any) -> str:
    return " ".join(map(code, listed(actions)))


def _on(statement: dict[str, Any]) -> str:
    return "<br>".join(code(_resource(each)) for each in listed(statement["Resource"]))


def _where(statement: dict[str, Any]) -> str:
    where = [_condition(operator, key, value) for operator, keys in statement.get("Condition", {}).items() for key, value in keys.items()]
    return "<br>".join(filter(None, where))


def _condition(operator: str, key: str, value: Any) -> str:
    """A condition in words; that a key has to be there goes without saying, next to what it has to be."""
    if operator == "Null":
        return ""
    words = "is not" if "Not" in operator else "is"
    return f"{code(key)} {words} {' or '.join(code(_resource(each)) for each in listed(value))}"


def _resource(value: Any) -> str:
    """An ARN as a person reads it: a resource by its logical id, anything else as it is written."""
    if isinstance(value, dict):
        if "Ref" in value:
            return str(value["Ref"])
        if "Fn::GetAtt" in value:
            return str(listed(value["Fn::GetAtt"])[0]).removesuffix(".Arn")
        if "Fn::Sub" in value:
            return _short(value["Fn::Sub"])
        return json.dumps(value)
    return str(value)


def _short(text: Any) -> str:
    """`arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}` is `event-bus/${EventBusName}`."""
    template = text if isinstance(text, str) else text[0]
    return str(template).split("${AWS::AccountId}:", 1)[-1].replace(".Arn}", "}")


def _trusted(role: dict[str, Any]) -> str:
    return " ".join(str(service) for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
                    for service in listed(statement["Principal"]["Service"]))
