"""What every service owes when something fails: nothing is lost, and somebody is told what to do."""

import json
from typing import Any

import pytest

from tools.templates import MICROSERVICES, TEMPLATES, Template, listed, resources, root_of, transformed, under

OPERATIONS = [{"Ref": "OperationsTopicArn"}, {"Ref": "OperationsTopic"}]
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
RETRIES = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")
DAYS_14 = 1209600


def allows(template: Template, queue: str, service: str, key: str) -> bool:
    """Whether a queue's policy lets a service send to it, under a condition on who it sends for."""
    return any(
        statement["Effect"] == "Allow" and statement["Principal"] == {"Service": service} and statement["Action"] == "sqs:SendMessage"
        and any(key in condition for condition in statement.get("Condition", {}).values())
        for _, policy in resources(template, "AWS::SQS::QueuePolicy") if {"Ref": queue} in policy["Properties"]["Queues"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"])


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_a_rule_cannot_deliver_is_tried_again_and_then_kept(name: str) -> None:
    template = under(transformed(name), key=True)
    for rule, resource in resources(template, "AWS::Events::Rule"):
        for target in resource["Properties"]["Targets"]:
            assert all(target.get("RetryPolicy", {}).get(each) for each in RETRIES), f"{name}: {rule} has no retry policy"
            queue = root_of(target.get("DeadLetterConfig", {}).get("Arn"))
            assert template["Resources"].get(queue, {}).get("Type") == "AWS::SQS::Queue", f"{name}: {rule} has no dead-letter queue of its own"
            assert allows(template, queue, "events.amazonaws.com", "aws:SourceArn"), f"{name}: {queue} takes nothing from {rule}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_a_topic_cannot_deliver_is_kept(name: str) -> None:
    template = transformed(name)
    for subscription, resource in resources(template, "AWS::SNS::Subscription"):
        queue = root_of(resource["Properties"].get("RedrivePolicy", {}).get("deadLetterTargetArn"))
        assert template["Resources"].get(queue, {}).get("Type") == "AWS::SQS::Queue", f"{name}: {subscription} has no dead-letter queue"
        assert allows(template, queue, "sns.amazonaws.com", "aws:SourceArn"), f"{name}: {queue} takes nothing from {subscription}"


@pytest.mark.parametrize("name", MICROSERVICES)
def test_what_a_schedule_cannot_deliver_is_tried_again_and_then_kept(name: str) -> None:
    for machine, resource in resources(transformed(name), "AWS::StepFunctions::StateMachine"):
        for state_name, state in resource["Properties"]["Definition"]["States"].items():
            if state.get("Resource", "").endswith("scheduler:createSchedule"):
                target = state["Arguments"]["Target"]
                assert target["DeadLetterConfig"]["Arn"] == "${DeadLetterQueueArn}", f"{name}: {machine}: {state_name}"
                assert all(target["RetryPolicy"].get(each) for each in RETRIES), f"{name}: {machine}: {state_name}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_a_stream_cannot_deliver_is_kept(name: str) -> None:
    for stream, resource in resources(transformed(name), "AWS::KinesisFirehose::DeliveryStream"):
        destination = resource["Properties"]["ExtendedS3DestinationConfiguration"]
        assert destination.get("ErrorOutputPrefix"), f"{name}: {stream} has no place for what it cannot deliver"
        assert destination["CloudWatchLoggingOptions"]["Enabled"], f"{name}: {stream} does not say why"


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_function_is_invoked_without_somebody_waiting_for_it(name: str) -> None:
    """A function that events, topics or buckets invoke needs a dead-letter queue of its own; there is none, so nothing may."""
    waiting = {"apigateway.amazonaws.com", "lexv2.amazonaws.com"}
    for permission, resource in resources(transformed(name), "AWS::Lambda::Permission"):
        assert resource["Properties"]["Principal"] in waiting, f"{name}: {permission}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_dead_letter_waits_as_long_as_it_can(name: str) -> None:
    for queue, resource in resources(transformed(name), "AWS::SQS::Queue"):
        assert resource["Properties"]["MessageRetentionPeriod"] == DAYS_14, f"{name}: {queue}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_whatever_can_fail_has_an_alarm(name: str) -> None:
    template = transformed(name)
    alarms = [alarm["Properties"] for _, alarm in resources(template, "AWS::CloudWatch::Alarm")]
    for kind, metrics in WATCHED.items():
        for logical_id, resource in resources(template, kind):
            names = [logical_id, root_of(resource["Properties"].get("Name"))]
            for namespace, metric, dimension in metrics:
                assert any((alarm["Namespace"], alarm["MetricName"]) == (namespace, metric) and any(
                    each["Name"] == dimension and root_of(each["Value"]) in names for each in alarm["Dimensions"]) for alarm in alarms), (
                    f"{name}: {logical_id} has no alarm on {metric}")


def test_rows_that_do_not_fit_the_lake_are_told_of() -> None:
    template = transformed("analytics")
    alarms = [json.dumps(alarm["Properties"]["Dimensions"]) for _, alarm in resources(template, "AWS::CloudWatch::Alarm")
              if alarm["Properties"]["MetricName"] == "FailedConversion.Records"]
    for stream, resource in resources(template, "AWS::KinesisFirehose::DeliveryStream"):
        converts = "DataFormatConversionConfiguration" in resource["Properties"]["ExtendedS3DestinationConfiguration"]
        assert any(f'"{stream}"' in dimensions for dimensions in alarms) == converts, stream


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_alarm_says_what_it_means_and_what_to_do_and_tells_the_operators(name: str) -> None:
    for alarm, resource in resources(transformed(name), "AWS::CloudWatch::Alarm"):
        properties = resource["Properties"]
        description = properties.get("AlarmDescription", "")
        assert len([sentence for sentence in description.replace(": ", ". ").replace("? ", ". ").split(". ") if sentence]) > 1, (
            f"{name}: {alarm} says “{description}”: what it means, and what to do?")
        assert any(topic in OPERATIONS for topic in properties.get("AlarmActions", [])), f"{name}: {alarm} tells nobody"
        assert properties.get("TreatMissingData") == "notBreaching", f"{name}: {alarm} is in alarm, or unknown, while nothing happens"


def keeps_words_out(template: Template, logging: dict[str, Any]) -> bool:
    """Whether a workflow logs its failures without data: always, or unless WorkflowLogLevel asks for everything."""
    how = logging.get("Level"), logging.get("IncludeExecutionData")
    if how == ("ERROR", False):
        return True
    return (how == ({"Ref": "WorkflowLogLevel"}, {"Fn::If": ["LogsEverything", True, False]})
            and template["Conditions"]["LogsEverything"] == {"Fn::Equals": [{"Ref": "WorkflowLogLevel"}, "ALL"]}
            and template["Parameters"]["WorkflowLogLevel"]["Default"] == "ERROR")


@pytest.mark.parametrize("name", TEMPLATES)
def test_logs_are_kept_for_a_time_and_hold_nobodys_words(name: str) -> None:
    template = transformed(name)
    groups = [logical_id for logical_id, _ in resources(template, "AWS::Logs::LogGroup")]
    for group, resource in resources(template, "AWS::Logs::LogGroup"):
        assert resource["Properties"].get("RetentionInDays") == {"Ref": "LogRetentionDays"}, f"{name}: {group} is kept for ever"
    for function, resource in resources(template, "AWS::Lambda::Function"):
        logging = resource["Properties"].get("LoggingConfig", {})
        assert logging.get("LogFormat") == "JSON", f"{name}: {function}"
        assert root_of(logging.get("LogGroup")) in groups, f"{name}: {function} logs to a group that is kept for ever"
    for machine, resource in resources(template, "AWS::StepFunctions::StateMachine"):
        logging = resource["Properties"].get("LoggingConfiguration", {})
        assert keeps_words_out(template, logging), f"{name}: {machine}"
        assert root_of(logging["Destinations"][0]["CloudWatchLogsLogGroup"]["LogGroupArn"]) in groups, f"{name}: {machine}"
    for stage, resource in resources(template, "AWS::ApiGateway::Stage"):
        assert "AccessLogSetting" not in resource["Properties"], f"{name}: {stage}"
        assert all(not setting.get("DataTraceEnabled") for setting in resource["Properties"]["MethodSettings"]), f"{name}: {stage}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_can_be_traced_is_traced(name: str) -> None:
    template = transformed(name)
    for function, resource in resources(template, "AWS::Lambda::Function"):
        assert resource["Properties"].get("TracingConfig") == {"Mode": "Active"}, f"{name}: {function}"
    for machine, resource in resources(template, "AWS::StepFunctions::StateMachine"):
        assert resource["Properties"].get("TracingConfiguration") == {"Enabled": True}, f"{name}: {machine}"
    for stage, resource in resources(template, "AWS::ApiGateway::Stage"):
        assert resource["Properties"].get("TracingEnabled") is True, f"{name}: {stage}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_cannot_be_had_again_outlives_the_stack(name: str) -> None:
    """A bucket also because one that is not empty cannot be deleted, and would hold up the rest."""
    forgettable = {"ClaimTable"}  # the ledger sees to it that nobody is answered twice
    for store, resource in resources(transformed(name), "AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        if store not in forgettable:
            assert resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain", f"{name}: {store}"


def test_a_bus_with_a_key_keeps_what_it_cannot_decrypt() -> None:
    template = under(transformed("plumbing"), key=True)
    [(bus, resource)] = resources(template, "AWS::Events::EventBus")
    assert root_of(resource["Properties"]["DeadLetterConfig"]["Arn"]) == "DeadLetterQueue"
    [policy] = [policy for _, policy in resources(template, "AWS::SQS::QueuePolicy")]
    senders = [source for statement in policy["Properties"]["PolicyDocument"]["Statement"]
               for source in listed(statement.get("Condition", {}).get("ArnLike", {}).get("aws:SourceArn", []))]
    assert {"Fn::GetAtt": [bus, "Arn"]} in senders
    assert "DeadLetterConfig" not in resources(under(transformed("plumbing"), key=False), "AWS::Events::EventBus")[0][1]["Properties"]
