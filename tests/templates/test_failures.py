"""Where something fails, nothing is lost: what lint/rules/failures.py cannot tell, since it takes a definition or knowledge of one service."""

import json

import pytest

from tools.intrinsics import listed, resources, root_of, under
from tools.templates import MICROSERVICES, transformed

RETRIES = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")


@pytest.mark.parametrize("name", MICROSERVICES)
def test_what_a_schedule_cannot_deliver_is_tried_again_and_then_kept(name: str) -> None:
    for machine, resource in resources(transformed(name), "AWS::StepFunctions::StateMachine"):
        for state_name, state in resource["Properties"]["Definition"]["States"].items():
            if state.get("Resource", "").endswith("scheduler:createSchedule"):
                target = state["Arguments"]["Target"]
                assert target["DeadLetterConfig"]["Arn"] == "${DeadLetterQueueArn}", f"{name}: {machine}: {state_name}"
                assert all(target["RetryPolicy"].get(each) for each in RETRIES), f"{name}: {machine}: {state_name}"


def test_rows_that_do_not_fit_the_lake_are_told_of() -> None:
    template = transformed("analytics")
    alarms = [json.dumps(alarm["Properties"]["Dimensions"]) for _, alarm in resources(template, "AWS::CloudWatch::Alarm")
              if alarm["Properties"]["MetricName"] == "FailedConversion.Records"]
    for stream, resource in resources(template, "AWS::KinesisFirehose::DeliveryStream"):
        converts = "DataFormatConversionConfiguration" in resource["Properties"]["ExtendedS3DestinationConfiguration"]
        assert any(f'"{stream}"' in dimensions for dimensions in alarms) == converts, stream


def test_a_bus_with_a_key_keeps_what_it_cannot_decrypt() -> None:
    template = under(transformed("plumbing"), key=True)
    [(bus, resource)] = resources(template, "AWS::Events::EventBus")
    assert root_of(resource["Properties"]["DeadLetterConfig"]["Arn"]) == "DeadLetterQueue"
    [policy] = [policy for _, policy in resources(template, "AWS::SQS::QueuePolicy")]
    senders = [source for statement in policy["Properties"]["PolicyDocument"]["Statement"]
               for source in listed(statement.get("Condition", {}).get("ArnLike", {}).get("aws:SourceArn", []))]
    assert {"Fn::GetAtt": [bus, "Arn"]} in senders
    assert "DeadLetterConfig" not in resources(under(transformed("plumbing"), key=False), "AWS::Events::EventBus")[0][1]["Properties"]
