"""When something fails: nothing is lost, and somebody is told what to do."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch

sys.path.insert(0, str(Path(__file__).parents[2]))  # cfn-lint and editors start without the project on their path
from lint.expanding import at, expanded
from tools.intrinsics import Template, listed, resources, root_of, under

OPERATIONS = [{"Ref": "OperationsTopicArn"}, {"Ref": "OperationsTopic"}]
RETRIES = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")
DAYS_14 = 1209600
# What an alarm has to watch of each kind of resource: namespace, metric and dimension. Express workflows cannot be stopped, and are not
# throttled by state, so there is nothing to watch of ExecutionsAborted and ExecutionThrottled.
WATCHED = {
    "AWS::SQS::Queue": [("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName")],
    "AWS::StepFunctions::StateMachine": [
        ("AWS/States", "ExecutionsFailed", "StateMachineArn"), ("AWS/States", "ExecutionsTimedOut", "StateMachineArn")],
    "AWS::Lambda::Function": [("AWS/Lambda", "Errors", "FunctionName"), ("AWS/Lambda", "Throttles", "FunctionName")],
    "AWS::ApiGateway::RestApi": [("AWS/ApiGateway", "5XXError", "ApiName")],
    "AWS::KinesisFirehose::DeliveryStream": [("AWS/Firehose", "DeliveryToS3.DataFreshness", "DeliveryStreamName")],
}
# Who waits for a function's answer, and so notices that there is none. What events, topics or buckets invoke would need a queue of its own.
WAITING = {"apigateway.amazonaws.com", "lexv2.amazonaws.com"}


class RuleDelivers(CloudFormationLintRule):
    """A rule's target is tried again, and what does not reach it waits in a queue that takes it."""

    id = "E9101"
    shortdesc = "What a rule cannot deliver is tried again and then kept"
    description = "Every target of a rule has a retry policy and a dead-letter queue of its own template, whose policy lets the rule send."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each target that lacks one of these."""
        for rule, resource in resources(under(expanded(cfn), key=True), "AWS::Events::Rule"):
            for target in resource["Properties"].get("Targets", []):
                if not all(target.get("RetryPolicy", {}).get(each) for each in RETRIES):
                    yield at(cfn, rule, f"{rule} has no retry policy: give its target {' and '.join(RETRIES)}")
                queue = root_of(target.get("DeadLetterConfig", {}).get("Arn"))
                if not _is(expanded(cfn), queue, "AWS::SQS::Queue"):
                    yield at(cfn, rule, f"{rule} has no dead-letter queue: name a queue of this template in its target's DeadLetterConfig")
                elif not _allows(expanded(cfn), queue, "events.amazonaws.com"):
                    yield at(cfn, rule, f"{queue} takes nothing from {rule}: let events.amazonaws.com send to it, for a aws:SourceArn")


class SubscriptionKeeps(CloudFormationLintRule):
    """What a subscriber does not take waits in a queue."""

    id = "E9102"
    shortdesc = "What a topic cannot deliver is kept"
    description = "Every subscription has a redrive policy with a queue of its own template, whose policy lets the topic send."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each subscription without one."""
        for subscription, resource in resources(expanded(cfn), "AWS::SNS::Subscription"):
            queue = root_of(resource["Properties"].get("RedrivePolicy", {}).get("deadLetterTargetArn"))
            if not _is(expanded(cfn), queue, "AWS::SQS::Queue"):
                yield at(cfn, subscription, f"{subscription} has no dead-letter queue: name one in its RedrivePolicy")
            elif not _allows(expanded(cfn), queue, "sns.amazonaws.com"):
                yield at(cfn, subscription, f"{queue} takes nothing from {subscription}: let sns.amazonaws.com send to it, for a aws:SourceArn")


class DeadLettersWait(CloudFormationLintRule):
    """A dead letter is there until somebody has had time for it."""

    id = "E9103"
    shortdesc = "A dead letter waits as long as it can"
    description = f"Every queue keeps messages for 14 days, {DAYS_14} seconds."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each queue that forgets sooner."""
        for queue, resource in resources(expanded(cfn), "AWS::SQS::Queue"):
            if resource.get("Properties", {}).get("MessageRetentionPeriod") != DAYS_14:
                yield at(cfn, queue, f"{queue} forgets too soon: MessageRetentionPeriod has to be {DAYS_14}")


class FailuresRing(CloudFormationLintRule):
    """Whatever can fail has an alarm."""

    id = "E9104"
    shortdesc = "Whatever can fail has an alarm"
    description = "Queues, workflows, functions, APIs and delivery streams have an alarm on each metric that tells of a failure."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each metric that nobody watches."""
        alarms = [alarm["Properties"] for _, alarm in resources(expanded(cfn), "AWS::CloudWatch::Alarm")]
        for kind, metrics in WATCHED.items():
            for logical_id, resource in resources(expanded(cfn), kind):
                names = [logical_id, root_of(resource["Properties"].get("Name"))]
                for namespace, metric, dimension in metrics:
                    if not any(_watches(alarm, namespace, metric, dimension, names) for alarm in alarms):
                        yield at(cfn, logical_id, f"{logical_id} has no alarm on {metric} of {namespace}")


class AlarmsTell(CloudFormationLintRule):
    """An alarm is of use to who hears it."""

    id = "E9105"
    shortdesc = "An alarm says what it means and what to do, and tells the operators"
    description = "Every alarm has a description of two sentences, acts on the operations topic, and is quiet while nothing happens."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each thing that an alarm lacks."""
        for alarm, resource in resources(expanded(cfn), "AWS::CloudWatch::Alarm"):
            properties = resource["Properties"]
            description = str(properties.get("AlarmDescription", ""))
            if len([sentence for sentence in description.replace(": ", ". ").replace("? ", ". ").split(". ") if sentence]) < 2:
                yield at(cfn, alarm, f"{alarm} says “{description}”: what it means, and what to do?")
            if not any(topic in OPERATIONS for topic in properties.get("AlarmActions", [])):
                yield at(cfn, alarm, f"{alarm} tells nobody: AlarmActions has to have OperationsTopicArn")
            if properties.get("TreatMissingData") != "notBreaching":
                yield at(cfn, alarm, f"{alarm} is in alarm, or unknown, while nothing happens: TreatMissingData has to be notBreaching")


class SomebodyWaits(CloudFormationLintRule):
    """A function's failure is noticed by who invoked it."""

    id = "E9106"
    shortdesc = "No function is invoked without somebody waiting for it"
    description = f"Only {', '.join(sorted(WAITING))} and workflows invoke functions: they notice a failure. Have a rule start a workflow instead."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each permission of another service."""
        for permission, resource in resources(expanded(cfn), "AWS::Lambda::Permission"):
            principal = resource["Properties"].get("Principal")
            if principal not in WAITING:
                yield at(cfn, permission, f"{permission} lets {principal} invoke a function without waiting for it: start a workflow instead")


class StreamKeeps(CloudFormationLintRule):
    """What a stream cannot deliver is in the bucket, and why in the log."""

    id = "E9107"
    shortdesc = "What a stream cannot deliver is kept"
    description = "Every delivery stream has an ErrorOutputPrefix and a log."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each stream without one of them."""
        for stream, resource in resources(expanded(cfn), "AWS::KinesisFirehose::DeliveryStream"):
            destination = resource["Properties"].get("ExtendedS3DestinationConfiguration", {})
            if not destination.get("ErrorOutputPrefix"):
                yield at(cfn, stream, f"{stream} has no place for what it cannot deliver: ErrorOutputPrefix")
            if not destination.get("CloudWatchLoggingOptions", {}).get("Enabled"):
                yield at(cfn, stream, f"{stream} does not say why it cannot deliver: CloudWatchLoggingOptions")


class StoresOutlive(CloudFormationLintRule):
    """What cannot be had again is not deleted with a stack; a bucket also because one that is not empty would hold the rest up."""

    id = "E9108"
    shortdesc = "What cannot be had again outlives the stack"
    description = "Buckets and tables have DeletionPolicy and UpdateReplacePolicy Retain, or Metadata: Forgettable: with why nobody misses them."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each store that goes with its stack without a reason."""
        for store, resource in resources(expanded(cfn), "AWS::S3::Bucket", "AWS::DynamoDB::Table"):
            retained = resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
            reason = resource.get("Metadata", {}).get("Forgettable")
            if not retained and not reason:
                yield at(cfn, store, f"{store} is deleted with the stack: DeletionPolicy and UpdateReplacePolicy have to be Retain, "
                                    "or Metadata: Forgettable: has to say why nobody misses it")
            elif retained and reason:
                yield at(cfn, store, f"{store} is kept, and its Metadata says that nobody misses it: take Forgettable out")


def _is(template: Template, logical_id: str, kind: str) -> bool:
    return bool(template["Resources"].get(logical_id, {}).get("Type") == kind)


def _allows(template: Template, queue: str, service: str) -> bool:
    """Whether a queue's policy lets a service send to it, under a condition on who it sends for."""
    return any(
        statement["Effect"] == "Allow" and statement["Principal"] == {"Service": service} and "sqs:SendMessage" in listed(statement["Action"])
        and any("aws:SourceArn" in condition for condition in statement.get("Condition", {}).values())
        for _, policy in resources(template, "AWS::SQS::QueuePolicy") if {"Ref": queue} in policy["Properties"]["Queues"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"])


def _watches(alarm: dict[str, Any], namespace: str, metric: str, dimension: str, names: list[str]) -> bool:
    return (alarm.get("Namespace"), alarm.get("MetricName")) == (namespace, metric) and any(
        each["Name"] == dimension and root_of(each["Value"]) in names for each in alarm.get("Dimensions", []))
