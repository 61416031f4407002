"""What the application's roles are allowed, as deployed, and what of it was used."""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.integration.bot import Bot

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
MARKS = "<!-- permissions never used here -->", "<!-- end of the permissions -->"

# AWS's own, for what moves functions' aliases; SAM gives it to the role that it makes, and the embedded AWS has no CodeDeploy.
CODEDEPLOY = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"

FUNCTION_LOG = "Lambda writes a function's log as the function's role; the embedded AWS writes it by itself"
TRACES = "the embedded AWS has no X-Ray"
WORKFLOW_LOG = "Step Functions sets up a workflow's log as the workflow's role; the embedded AWS writes none"
LAKE = "Firehose looks at its bucket, and ends uploads in parts; the embedded AWS puts an object"
TABLE = "Firehose reads the lake's columns from Glue; the embedded AWS does so without asking"
DELIVERY_LOG = "Firehose logs what it could not deliver; the embedded AWS does not"

ROLES = {
    "functions": ("Ingress/TwitterWebhookRole", "Analysis/DownloadImageRole", "Responding/AnnotateImageRole", "Responding/FulfilIntentRole",
                  "Egress/PostTweetRole"),
    "workflows": ("Analysis/AnalyseMessageRole", "Responding/RespondToTextRole", "Responding/RespondToImagesRole", "Egress/SendTweetRole"),
    "delivery streams": ("Analytics/EventStreamRole", "Analytics/AnalysedMessageStreamRole"),
    "delivery stream of analysed messages": ("Analytics/AnalysedMessageStreamRole",),
}

# Whose roles, actions, and why the embedded AWS never uses what AWS does.
EXPLAINED: list[tuple[str, tuple[str, ...], str]] = [
    ("functions", ("logs:CreateLogStream", "logs:PutLogEvents"), FUNCTION_LOG),
    ("functions", ("xray:PutTelemetryRecords", "xray:PutTraceSegments"), TRACES),
    ("workflows", ("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"), TRACES),
    ("workflows", ("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
                   "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"), WORKFLOW_LOG),
    ("delivery streams", ("s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads"), LAKE),
    ("delivery streams", ("logs:PutLogEvents",), DELIVERY_LOG),
    ("delivery stream of analysed messages", ("glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"), TABLE),
]


@dataclass(frozen=True, order=True)
class Permission:
    """An action that a role ("Egress/PostTweetRole") may do, on resources."""

    role: str
    action: str
    resources: tuple[str, ...]


def granted(bot: Bot) -> Iterator[tuple[str, Permission]]:
    """Every Allow of every role of the deployed application, action by action, with the role's name."""
    iam, cloudformation = bot.client("iam"), bot.client("cloudformation")
    stacks = [(each["LogicalResourceId"], each["PhysicalResourceId"])
              for each in cloudformation.describe_stack_resources(StackName="sandbox")["StackResources"]]
    for microservice, stack in stacks:
        for resource in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]:
            if resource["ResourceType"] == "AWS::IAM::Role":
                name = resource["PhysicalResourceId"]
                attached = {each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]}
                assert attached <= {CODEDEPLOY}, f"{name} has policies of somebody else's"
                for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                    for statement in _statements(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]):
                        for action in _listed(statement["Action"]):
                            yield name, Permission(f"{microservice}/{resource['LogicalResourceId']}", action, tuple(_listed(statement["Resource"])))


def unused(bot: Bot) -> tuple[int, list[Permission]]:
    """How many permissions there are, and those that were never used."""
    calls: list[dict[str, Any]] = httpx.get(f"{bot.outputs['AwsEndpoint']}/_sandbox/used", timeout=60).raise_for_status().json()
    every = list(granted(bot))
    return len(every), sorted(permission for name, permission in every if not any(
        call["role"] == name and fnmatch.fnmatchcase(call["action"].lower(), permission.action.lower())
        and any(fnmatch.fnmatchcase(call["resource"], resource) for resource in permission.resources) for call in calls))


def reason(permission: Permission) -> str:
    """Why a permission is never used here; empty where nobody said."""
    return next((why for whose, actions, why in EXPLAINED if permission.role in ROLES[whose] and permission.action in actions), "")


def explained() -> set[tuple[str, str]]:
    """Each role and action that has a reason."""
    return {(role, action) for whose, actions, _ in EXPLAINED for role in ROLES[whose] for action in actions}


def table() -> str:
    """The reasons in Markdown."""
    lines = ["| roles of the | actions | why they are there |", "|---|---|---|"]
    for whose, actions, why in EXPLAINED:
        lines.append(f"| {whose} | {', '.join(f'`{action}`' for action in actions)} | {why} |")
    return "\n".join(lines)


def published() -> str:
    """The reasons in the document."""
    return DOCUMENT.read_text().split(MARKS[0])[1].split(MARKS[1])[0].strip()


def _statements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for statement in _listed(document["Statement"]):
        if statement["Effect"] == "Allow":
            yield statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
