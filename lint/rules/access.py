"""Who may do what: no more than is named, nothing in the clear, nothing on behalf of strangers."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cfnlint.decode
from cfnlint.rules import CloudFormationLintRule, RuleMatch

sys.path.insert(0, str(Path(__file__).parents[2]))  # cfn-lint and editors start without the project on their path
from lint.expanding import at, expanded
from tools.intrinsics import Template, listed, parts, resources, statements, under

# Who gives the key that keeps a role from serving strangers ("confused deputy"), and which; of Lambda AWS documents none.
GUARDED = {"states.amazonaws.com": "aws:SourceAccount", "events.amazonaws.com": "aws:SourceAccount", "scheduler.amazonaws.com": "aws:SourceAccount",
           "lexv2.amazonaws.com": "aws:SourceAccount", "firehose.amazonaws.com": "sts:ExternalId", "lambda.amazonaws.com": None}
BUS = {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}"}
PINNED = {"events:source", "events:detail-type"}
CLEAR_TEXT = {"Bool": {"aws:SecureTransport": "false"}}


class WildcardExplained(CloudFormationLintRule):
    """A permission on everything says why nothing narrower will do."""

    id = "E9301"
    shortdesc = "A wildcard says why it is there"
    description = "A statement on Resource '*' has a comment on its first line that says why no resource is named."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each statement without. Comments are in the file alone, so it is read again; what is linted from a pipe has none."""
        if not cfn.filename or not Path(cfn.filename).is_file():
            return
        lines, (template, _) = Path(cfn.filename).read_text().splitlines(), cfnlint.decode.decode(cfn.filename)
        for statement in _allowing(template or {}):
            if "*" in listed(statement.get("Resource")):
                line = statement.start_mark.line
                if "  # " not in lines[line]:
                    yield RuleMatch(["Resources"], f"line {line + 1}: a comment has to say why no resource is named",
                                    location=(line, statement.start_mark.column, line, len(lines[line])))


# AWS's own, for what moves functions' aliases: SAM gives it to the role that it makes for a DeploymentPreference.
CODEDEPLOY = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"


class NobodyEverything(CloudFormationLintRule):
    """Policies say what is allowed, to whom."""

    id = "E9302"
    shortdesc = "Nobody may do everything, and not everybody may do anything"
    description = "No wildcard in an allowed action, no public principal, no Not…, no managed policies."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each statement that allows too much."""
        for logical_id, resource in expanded(cfn)["Resources"].items():
            for part in parts(resource):
                if set(part.get("ManagedPolicyArns", [])) - {CODEDEPLOY}:
                    yield at(cfn, logical_id, f"{logical_id} has a policy that is not its own: write out what it may do")
            for statement in _allowing(resource):
                if wide := [action for action in listed(statement.get("Action")) if "*" in str(action)]:
                    yield at(cfn, logical_id, f"{logical_id} allows {' '.join(wide)}: name the actions")
                if statement.get("Principal") in ("*", {"AWS": "*"}):
                    yield at(cfn, logical_id, f"{logical_id} allows anybody {' '.join(listed(statement.get('Action')))}: name the principal")
                if excepted := {"NotAction", "NotPrincipal", "NotResource"} & statement.keys():
                    yield at(cfn, logical_id, f"{logical_id} allows all but {' '.join(sorted(excepted))}: name what is allowed")


class EventsPinned(CloudFormationLintRule):
    """A role puts on the bus what it is there for. `ForAllValues` asks each event of a call, and lets one without the keys pass: `Null` does not."""

    id = "E9303"
    shortdesc = "What may be put on the bus is pinned"
    description = "events:PutEvents is allowed on the one bus, for sources and detail types that ForAllValues: conditions name and Null ones demand."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each role that may put other events."""
        for role, resource in resources(expanded(cfn), "AWS::IAM::Role"):
            for statement in statements(under(resource, key=True)):
                if "events:PutEvents" in listed(statement.get("Action")):
                    condition = statement.get("Condition", {})
                    tested = {key for operator, keys in condition.items() if operator.startswith("ForAllValues:") for key in keys}
                    if statement.get("Resource") != BUS:
                        yield at(cfn, role, f"{role} may put events on other buses than EventBusName")
                    if tested != PINNED:
                        yield at(cfn, role, f"{role} may put events of any source or detail type: pin both by ForAllValues:")
                    if condition.get("Null") != dict.fromkeys(PINNED, "false"):
                        yield at(cfn, role, f"{role} may put events where the keys are absent: add Null, 'false', for both")


class RoleServesOne(CloudFormationLintRule):
    """A role is for one service, and for this account."""

    id = "E9304"
    shortdesc = "A role serves one service, and no stranger"
    description = "A role's trust policy has one statement, for one service, under the condition that keeps it from acting for other accounts."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each role that is wider. Roles that SAM makes are its own."""
        for role, resource in resources(expanded(cfn), "AWS::IAM::Role"):
            trusting = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            services = listed(trusting[0].get("Principal", {}).get("Service"))
            if role not in cfn.template["Resources"]:
                continue  # made by SAM, for a rule that starts a workflow
            if len(trusting) != 1 or len(services) != 1 or services[0] not in GUARDED:
                yield at(cfn, role, f"{role} may be taken on by {' '.join(map(str, services))}: it has to be one of {', '.join(GUARDED)}, alone")
                continue
            key = GUARDED[services[0]]
            condition = {"StringEquals": {key: {"Ref": "AWS::AccountId"}}} if key else None
            if trusting[0].get("Condition") != condition:
                yield at(cfn, role, f"{role} may serve strangers: its trust policy needs StringEquals on {key} of AWS::AccountId")


class NothingInTheClear(CloudFormationLintRule):
    """Queues, topics and buckets take TLS alone."""

    id = "E9305"
    shortdesc = "Nothing is sent or read in the clear"
    description = "Every queue, topic and bucket has a policy that denies everybody everything without TLS (aws:SecureTransport)."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each without one."""
        for kind, policies, member, action in (
                ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues", "sqs:*"),
                ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics", "sns:Publish"),
                ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket", "s3:*")):
            for logical_id, _ in resources(expanded(cfn), kind):
                denied = [statement for _, policy in resources(expanded(cfn), policies)
                          if {"Ref": logical_id} in listed(policy["Properties"][member])
                          for statement in policy["Properties"]["PolicyDocument"]["Statement"]
                          if statement["Effect"] == "Deny" and statement["Principal"] == "*"]
                if not any(each["Action"] == action and each.get("Condition") == CLEAR_TEXT for each in denied):
                    yield at(cfn, logical_id, f"{logical_id} takes clear text: deny {action} to everybody where aws:SecureTransport is false")


class BucketsClosed(CloudFormationLintRule):
    """No bucket is public, and every bucket forgets."""

    id = "E9306"
    shortdesc = "No bucket is public, and every bucket forgets"
    description = "Buckets block all public access, and have a rule without a prefix after which everything in them expires."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each bucket that may become public, or is kept for ever."""
        for bucket, resource in resources(expanded(cfn), "AWS::S3::Bucket"):
            properties = resource.get("Properties", {})
            if list(properties.get("PublicAccessBlockConfiguration", {}).values()) != [True] * 4:
                yield at(cfn, bucket, f"{bucket} may become public: PublicAccessBlockConfiguration needs all four")
            rules = properties.get("LifecycleConfiguration", {}).get("Rules", [])
            if not any(rule["Status"] == "Enabled" and "ExpirationInDays" in rule and "Prefix" not in rule for rule in rules):
                yield at(cfn, bucket, f"{bucket} keeps everything for ever: LifecycleConfiguration needs a rule with ExpirationInDays and no Prefix")


def _allowing(value: Template) -> list[Any]:
    """Every statement that allows something, in any policy."""
    return [part for part in parts(value) if part.get("Effect") == "Allow"]
