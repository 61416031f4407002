"""Each gap of MiniStack's that the sandbox fills, as boto3 sees it."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import Account, eventually

EVERYTHING = ("*", "*")
PARALLEL_BRANCH = {"StartAt": "Set", "States": {"Set": {
    "Type": "Pass", "Assign": {"mine": "{% $states.input.n %}", "shared": "branch"}, "Output": "{% $states.input.n * 2 %}", "End": True}}}


class TestStepFunctions:
    def test_parallel_has_arguments_output_assign_and_variables_of_its_own(self, account: Account) -> None:
        result = account.run({
            "Before": {"Type": "Pass", "Assign": {"shared": "outer"}, "Next": "Both"},
            "Both": {"Type": "Parallel", "Arguments": {"n": "{% $states.input.start + 1 %}"}, "Branches": [PARALLEL_BRANCH, PARALLEL_BRANCH],
                     "Assign": {"sum": "{% $sum($states.result) %}"}, "Output": "{% {'results': $states.result} %}", "Next": "After"},
            "After": {"Type": "Pass", "Output": "{% {'given': $states.input, 'sum': $sum, 'shared': $shared, 'leaked': $exists($mine)} %}",
                      "End": True}}, {"start": 20})
        assert result["output"] == {"given": {"results": [42, 42]}, "sum": 84, "shared": "outer", "leaked": False}

    def test_assign_is_evaluated_at_once(self, account: Account) -> None:
        result = account.run({
            "Set": {"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Swap"},
            "Swap": {"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Next": "Show"},
            "Show": {"Type": "Pass", "Output": "{% [$a, $b] %}", "End": True}})
        assert result["output"] == [2, 1]

    def test_succeed_and_the_default_of_a_choice_have_output_and_assign(self, account: Account) -> None:
        result = account.run({
            "Choose": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.n > 5 %}", "Output": "big", "Next": "End"}],
                       "Default": "End", "Output": "{% 'small ' & $states.input.n %}", "Assign": {"by": "default"}},
            "End": {"Type": "Succeed", "Output": "{% {'was': $states.input, 'by': $by} %}"}}, {"n": 3})
        assert result["output"] == {"was": "small 3", "by": "default"}

    def test_map_selects_catches_each_item_and_names_the_error(self, account: Account) -> None:
        function = account.function(
            "class TooBig(Exception):\n    pass\n\n\ndef handler(event, context):\n    if event['n'] > 1:\n        raise TooBig('over')\n"
            "    return {'n': event['n'], 'execution': event['execution']}\n")
        task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 30,
                "Arguments": {"FunctionName": function, "Payload": "{% $states.input %}"}, "Output": "{% $states.result.Payload.n %}",
                "Retry": [{"ErrorEquals": ["TooBig"], "MaxAttempts": 0}],
                "Catch": [{"ErrorEquals": ["TooBig"],
                           "Output": "{% $states.errorOutput.Error & ': ' & $parse($states.errorOutput.Cause).errorMessage %}",
                           "Next": "Caught"}], "End": True}
        result = account.run({"Each": {
            "Type": "Map", "Items": "{% $states.input.items %}", "MaxConcurrency": 2,
            "ItemSelector": {"n": "{% $states.context.Map.Item.Value %}", "execution": "{% $states.context.Execution.Id %}"},
            "ItemProcessor": {"StartAt": "Call", "States": {"Call": task, "Caught": {"Type": "Pass", "End": True}}},
            "Output": "{% {'all': $states.result} %}", "End": True}}, {"items": [1, 2]}, ("lambda:InvokeFunction", function))
        assert result["output"] == {"all": [1, "TooBig: over"]}

    def test_retry_heeds_max_delay_and_jitter(self, account: Account) -> None:
        started = time.monotonic()
        result = account.run({"Call": {
            "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": {"QueueUrl": "http://x/1/none", "MessageBody": "a"},
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 30, "MaxDelaySeconds": 1, "MaxAttempts": 2, "JitterStrategy": "FULL"}],
            "End": True}}, None, EVERYTHING)
        assert result["status"] == "FAILED"
        assert time.monotonic() - started < 5

    def test_an_execution_starts_at_once_and_ends_in_time(self, account: Account) -> None:
        started = time.monotonic()
        account.run({"Only": {"Type": "Pass", "End": True}})
        assert time.monotonic() - started < 1  # creating role and machine included
        result = account.run({"Wait": {"Type": "Wait", "Seconds": 3, "Next": "After"}, "After": {"Type": "Pass", "End": True}}, TimeoutSeconds=1)
        assert result["status"] == "TIMED_OUT"

    def test_states_all_catches_no_runtime_error(self, account: Account) -> None:
        result = account.run({
            "Call": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:nosuchservice:call", "Arguments": {},
                     "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "End": True},
            "Caught": {"Type": "Pass", "End": True}}, None, EVERYTHING)
        assert (result["status"], result["error"]) == ("FAILED", "States.Runtime")

    def test_express_executions_are_forgotten_in_the_end(self, account: Account) -> None:
        client = account.client("stepfunctions")
        machine = client.create_state_machine(
            name=account.name("machine"), type="EXPRESS", roleArn=account.role("states.amazonaws.com"),
            definition='{"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": true}}}')["stateMachineArn"]
        first = client.start_sync_execution(stateMachineArn=machine)["executionArn"]
        client.describe_execution(executionArn=first)
        for _ in range(200):
            client.start_sync_execution(stateMachineArn=machine)
        with pytest.raises(client.exceptions.ExecutionDoesNotExist):
            client.describe_execution(executionArn=first)

    def test_a_failed_entry_fails_put_events(self, account: Account) -> None:
        put = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": True,
               "Arguments": {"Entries": [{"Source": "test", "DetailType": "", "Detail": {"a": 1}}]}}
        result = account.run({"Put": put}, None, ("events:PutEvents", "*"))
        assert result["error"] == "EventBridge.FailedEntry"
        assert json.loads(result["cause"])["FailedEntryCount"] == 1

    def test_an_event_that_a_workflow_puts_names_its_execution(self, account: Account) -> None:
        bus, (url, queue) = account.bus(), account.queue()
        account.rule(bus, {"Arn": queue})
        result = account.run({"Put": {
            "Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": True,
            "Arguments": {"Entries": [{"EventBusName": bus, "Source": "test", "DetailType": "Test", "Detail": {"a": 1}}]}}},
            None, ("events:PutEvents", account.arn("events", f"event-bus/{bus}")))
        assert result["status"] == "SUCCEEDED", result
        message = account.received(url)
        assert message
        event = json.loads(message["Body"])
        assert event["detail"] == {"a": 1}
        assert event["resources"][0] == result["executionArn"]

    @pytest.mark.parametrize(("resource", "arguments", "result"), [
        ("comprehend:detectSentiment", {"Text": "I love it", "LanguageCode": "en"}, ["Sentiment", "SentimentScore"]),
        ("scheduler:listSchedules", {}, ["Schedules"]),
    ])
    def test_services_are_reached(self, account: Account, resource: str, arguments: dict[str, Any], result: list[str]) -> None:
        done = account.run({"Call": {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{resource}", "Arguments": arguments, "End": True}},
                           None, EVERYTHING)
        assert done["status"] == "SUCCEEDED", done
        assert sorted(done["output"]) == result

    @pytest.mark.parametrize(("resource", "arguments", "error"), [
        ("comprehend:detectSentiment", {"Text": " ", "LanguageCode": "en"}, "Comprehend.InvalidRequestException"),
        ("rekognition:detectLabels", {"Image": {"S3Object": {"Bucket": "none", "Name": "none.jpg"}}}, "Rekognition.InvalidS3ObjectException"),
        ("lexruntimev2:recognizeText", {"BotId": "NOSUCHBOT1", "BotAliasId": "NOSUCHALI1", "LocaleId": "en_GB", "SessionId": "me", "Text": "a joke"},
         "LexRuntimeV2.ResourceNotFoundException"),
        ("scheduler:getSchedule", {"Name": "none"}, "Scheduler.ResourceNotFoundException"),
    ])
    def test_errors_have_the_services_names(self, account: Account, resource: str, arguments: dict[str, Any], error: str) -> None:
        done = account.run({"Call": {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{resource}", "Arguments": arguments, "End": True}},
                           None, EVERYTHING)
        assert (done["status"], done["error"]) == ("FAILED", error)


class TestAccess:
    @pytest.mark.parametrize(("resource", "arguments", "error"), [
        ("events:putEvents", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": {}}]}, "EventBridge.AmazonEventBridgeException"),
        ("dynamodb:putItem", {"TableName": "t", "Item": {"a": {"S": "b"}}}, "DynamoDB.AmazonDynamoDBException"),
        ("lambda:invoke", {"FunctionName": "arn:aws:lambda:eu-west-1:000000000000:function:f"}, "Lambda.AWSLambdaException"),
        ("aws-sdk:comprehend:detectSentiment", {"Text": "a", "LanguageCode": "en"}, "Comprehend.ComprehendException"),
        ("aws-sdk:rekognition:detectLabels", {"Image": {"S3Object": {"Bucket": "b", "Name": "n"}}}, "Rekognition.AccessDeniedException"),
    ])
    def test_a_workflow_may_do_what_its_role_allows_and_nothing_else(
            self, account: Account, resource: str, arguments: dict[str, Any], error: str) -> None:
        state = {"Call": {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}}
        denied = account.run(state, None, ("s3:PutObject", "*"))
        assert (denied["status"], denied["error"]) == ("FAILED", error)
        assert "is not authorized to perform" in denied["cause"]
        assert "not authorized" not in account.run(state, None, EVERYTHING).get("cause", "")

    def test_a_condition_on_the_detail_type_counts(self, account: Account) -> None:
        role = account.role("states.amazonaws.com")
        account.client("iam").put_role_policy(RoleName=role.split("/")[-1], PolicyName="p", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*", "Condition": {
                "ForAllValues:StringEquals": {"events:detail-type": ["MINE"]}}}]}))
        for kind, status in ("MINE", "SUCCEEDED"), ("OTHER", "FAILED"):
            result = account.run({"Put": {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": True, "Arguments": {
                "Entries": [{"Source": "a", "DetailType": kind, "Detail": {}}]}}}, None, role=role)
            assert result["status"] == status

    def test_a_role_that_step_functions_may_not_assume_is_of_no_use(self, account: Account) -> None:
        result = account.run({"Put": {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": True, "Arguments": {
            "Entries": [{"Source": "a", "DetailType": "b", "Detail": {}}]}}}, None, role=account.role("lambda.amazonaws.com", EVERYTHING))
        assert result["error"] == "States.Permissions"

    def test_a_functions_calls_are_checked_against_its_role(self, account: Account) -> None:
        code = ("import boto3\n\n\ndef handler(event, context):\n    return boto3.client('events').put_events(Entries=[\n"
                "        {'Source': 'a', 'DetailType': 'b', 'Detail': '{}'}])['FailedEntryCount']\n")
        invoke = account.client("lambda").invoke
        denied = invoke(FunctionName=account.function(code))
        assert "AccessDeniedException" in json.loads(denied["Payload"].read())["errorMessage"]
        allowed = invoke(FunctionName=account.function(code, account.role("lambda.amazonaws.com", ("events:PutEvents", "*"))))
        assert json.loads(allowed["Payload"].read()) == 0


class TestEventBridge:
    def test_a_log_group_is_a_target_where_its_policy_allows(self, account: Account) -> None:
        logs, bus, group = account.client("logs"), account.bus(), account.name("/aws/events/all")
        logs.create_log_group(logGroupName=group)
        (url, queue) = account.queue()
        target = {"Arn": account.arn("logs", f"log-group:{group}"), "DeadLetterConfig": {"Arn": queue}}
        account.rule(bus, target)
        account.put(bus, {"a": 1})
        refused = account.received(url)
        assert refused
        assert refused["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
        logs.put_resource_policy(policyName=account.name("policy"), policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "logs:PutLogEvents",
            "Resource": account.arn("logs", f"log-group:{group}:*")}]}))
        account.put(bus, {"a": 2})
        events = eventually(lambda: logs.filter_log_events(logGroupName=group)["events"])
        assert [json.loads(event["message"])["detail"] for event in events] == [{"a": 2}]

    @pytest.mark.parametrize(("images", "absent"), [
        ([], True), ([{"Url": "u"}], True), ([{"Key": "k"}], False), ([{"Url": "u"}, {"Key": "k"}], False)])
    def test_a_field_is_absent_where_no_element_of_an_array_has_it(self, account: Account, images: list[Any], absent: bool) -> None:
        event = {"id": "1", "account": "1", "source": "s", "time": "2026-01-01T00:00:00Z", "region": "eu-west-1", "resources": [],
                 "detail-type": "t", "detail": {"Analysis": {"Images": images}}}
        for exists in True, False:
            pattern = {"detail": {"Analysis": {"Images": {"Key": [{"exists": exists}]}}}}
            answer = account.client("events").test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
            assert answer["Result"] is (exists is not absent)

    def test_a_delivery_stream_is_a_target(self, account: Account) -> None:
        bus, bucket, s3 = account.bus(), account.name("lake"), account.client("s3")
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        stream = account.client("firehose").create_delivery_stream(DeliveryStreamName=account.name("stream"), ExtendedS3DestinationConfiguration={
            "BucketARN": f"arn:aws:s3:::{bucket}", "RoleARN": account.role("firehose.amazonaws.com", ("s3:PutObject", "*"))})["DeliveryStreamARN"]
        account.rule(bus, {"Arn": stream, "RoleArn": account.role("events.amazonaws.com", ("firehose:PutRecord", stream))})
        account.put(bus, {"a": 1})
        key = eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))[0]["Key"]
        assert json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["detail"] == {"a": 1}

    @pytest.mark.parametrize(("kind", "code"), [("no role", "NO_PERMISSIONS"), ("no trust", "FAILED_TO_ASSUME_ROLE"), ("gone", "RESOURCE_NOT_FOUND")])
    def test_what_cannot_be_delivered_goes_to_the_dead_letter_queue(self, account: Account, kind: str, code: str) -> None:
        client, bus, (url, queue) = account.client("stepfunctions"), account.bus(), account.queue()
        machine = client.create_state_machine(
            name=account.name("machine"), type="EXPRESS", roleArn=account.role("states.amazonaws.com"),
            definition='{"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": true}}}')["stateMachineArn"]
        role = account.role("lambda.amazonaws.com" if kind == "no trust" else "events.amazonaws.com",
                            ("states:StartExecution" if kind == "gone" else "sqs:SendMessage", "*"))
        rule = account.rule(bus, {"Arn": machine, "RoleArn": role, "DeadLetterConfig": {"Arn": queue}, "RetryPolicy": {"MaximumRetryAttempts": 3}})
        if kind == "gone":
            client.delete_state_machine(stateMachineArn=machine)
        account.put(bus, {"a": 1})
        message = account.received(url)
        assert message
        assert json.loads(message["Body"])["detail"] == {"a": 1}
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        assert (attributes["ERROR_CODE"], attributes["RULE_ARN"], attributes["TARGET_ARN"]) == (code, rule, machine)

    def test_a_queue_takes_from_rules_only_where_its_policy_says_so(self, account: Account) -> None:
        bus, (shut, queue), (url, dead_letters) = account.bus(), account.queue(rules_may_send=False), account.queue()
        account.rule(bus, {"Arn": queue, "DeadLetterConfig": {"Arn": dead_letters}})
        account.put(bus, {"a": 1})
        assert account.received(url)
        assert account.received(shut, 0) is None

    def test_a_function_over_the_cap_is_invoked_later(self, account: Account) -> None:
        bus, (url, queue) = account.bus(), account.queue()
        code = ("import boto3\nimport time\n\n\ndef handler(event, context):\n    time.sleep(1)\n"
                f"    boto3.client('sqs').send_message(QueueUrl={url!r}, "
                "MessageBody=str(event['detail']['n']))\n")
        function = account.function(code, account.role("lambda.amazonaws.com", ("sqs:SendMessage", queue)))
        account.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
        rule = account.rule(bus, {"Arn": function})
        account.client("lambda").add_permission(
            FunctionName=function, StatementId="rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=rule)
        for n in range(5):
            account.put(bus, {"n": n})
        messages = [account.received(url, 10) for _ in range(5)]
        assert sorted(message["Body"] for message in messages if message) == ["0", "1", "2", "3", "4"]

    @pytest.mark.parametrize(("template", "expected"), [
        ('"<author> wrote: <text>"', r'"me wrote: a \"b\" & c"'),
        ('{"text": <text>, "first": <first>, "all": <all>, "urls": <urls>}',
         '{"text": "a \\"b\\" & c", "first": "u1", "all": {"k": [1]}, "urls": ["u1", "u2"]}'),
        ("<author> wrote: <text>", 'me wrote: a "b" & c'),
        ("<all>", '{"k": [1]}'),
        ('"has <all>"', '"has {k: [1]}"'),
    ])
    def test_input_is_transformed(self, account: Account, template: str, expected: str) -> None:
        bus, (url, queue) = account.bus(), account.queue()
        account.rule(bus, {"Arn": queue, "InputTransformer": {"InputTemplate": template, "InputPathsMap": {
            "author": "$.detail.author", "text": "$.detail.text", "first": "$.detail.images[0].url", "urls": "$.detail.images[*].url",
            "all": "$.detail.all"}}})
        account.put(bus, {"author": "me", "text": 'a "b" & c', "images": [{"url": "u1"}, {"url": "u2"}], "all": {"k": [1]}})
        message = account.received(url)
        assert message
        assert message["Body"] == expected

    def test_the_whole_event_is_a_variable(self, account: Account) -> None:
        bus, (url, queue) = account.bus(), account.queue()
        account.rule(bus, {"Arn": queue, "InputTransformer": {"InputPathsMap": {}, "InputTemplate": "<aws.events.event.json>"}})
        account.put(bus, {"quoted": '"'})
        message = account.received(url)
        assert message
        assert json.loads(message["Body"])["detail"] == {"quoted": '"'}

    @pytest.mark.parametrize(("detail", "code"), [("[1]", "MalformedDetail"), ("{", "MalformedDetail"), ("", "InvalidArgument")])
    def test_a_bad_detail_is_refused(self, account: Account, detail: str, code: str) -> None:
        answer = account.put("default", detail)
        assert (answer["FailedEntryCount"], answer["Entries"][0]["ErrorCode"]) == (1, code)

    def test_too_much_is_refused(self, account: Account) -> None:
        with pytest.raises(ClientError, match="ValidationException"):
            account.put("default", {"long": "x" * 1024 * 1024})


class TestScheduler:
    def schedule(self, account: Account, bus: str, role: str, queue: str = "") -> str:
        name = account.name("schedule")
        at = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
        target: dict[str, Any] = {
            "Arn": account.arn("events", f"event-bus/{bus}"), "RoleArn": role, "Input": '{"again": true}',
            "EventBridgeParameters": {"Source": "BOT", "DetailType": "SEND_TWEET"}, **({"DeadLetterConfig": {"Arn": queue}} if queue else {})}
        account.client("scheduler").create_schedule(
            Name=name, ScheduleExpression=f"at({at})", FlexibleTimeWindow={"Mode": "OFF"}, ActionAfterCompletion="DELETE", Target=target)
        return name

    def test_a_schedule_puts_the_event_that_it_describes_and_is_deleted(self, account: Account) -> None:
        bus, (url, queue) = account.bus(), account.queue()
        account.rule(bus, {"Arn": queue})
        name = self.schedule(account, bus, account.role("scheduler.amazonaws.com", ("events:PutEvents", "*")))
        message = account.received(url, 6)
        assert message
        event = json.loads(message["Body"])
        assert (event["source"], event["detail-type"], event["detail"]) == ("BOT", "SEND_TWEET", {"again": True})
        scheduler = account.client("scheduler")
        eventually(lambda: name not in {each["Name"] for each in scheduler.list_schedules()["Schedules"]})

    def test_its_role_is_checked(self, account: Account) -> None:
        with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume"):
            self.schedule(account, "default", account.role("states.amazonaws.com", EVERYTHING))
        (url, queue) = account.queue()
        self.schedule(account, "default", account.role("scheduler.amazonaws.com", ("sqs:SendMessage", queue)), queue)
        message = account.received(url, 6)
        assert message
        assert message["Body"] == '{"again": true}'
        assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AccessDeniedException"


class TestLambda:
    def invoke(self, account: Account, code: str, **settings: Any) -> Any:
        return json.loads(account.client("lambda").invoke(FunctionName=account.function(code, **settings))["Payload"].read())

    def test_a_function_has_lambdas_packages_and_no_others(self, account: Account) -> None:
        code = "import importlib.util\n\n\ndef handler(event, context):\n    return {n: importlib.util.find_spec(n) is not None for n in %r}\n"
        names = ["boto3", "botocore", "urllib3", "dateutil", "ministack", "PIL", "requests", "pytest", "sandbox"]
        assert self.invoke(account, code % names) == {name: name in ("boto3", "botocore", "urllib3", "dateutil") for name in names}

    def test_what_a_function_logs_is_a_json_line_in_its_log(self, account: Account) -> None:
        code = ("import logging\nlogger = logging.getLogger()\nlogger.setLevel(logging.INFO)\n\n\n"
                "def handler(event, context):\n    logger.info('Told %s.', 'you', extra={'count': 2})\n")
        function = account.function(code).split(":")[-1]
        account.client("lambda").invoke(FunctionName=function)
        messages = eventually(lambda: [
            event["message"] for event in account.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
            if "Told" in event["message"]])
        line = json.loads(messages[0])
        assert {name: line[name] for name in ("level", "message", "logger", "count")} == {
            "level": "INFO", "message": "Told you.", "logger": "root", "count": 2}

    def test_a_function_has_its_own_environment(self, account: Account) -> None:
        code = "import os\n\n\ndef handler(event, context):\n    return dict(os.environ)\n"
        environment = self.invoke(account, code, Environment={"Variables": {"MINE": "yes"}})
        assert environment["MINE"] == "yes"
        assert environment["AWS_ENDPOINT_URL"] == account.endpoint
        assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
        assert [name for name in environment if name.startswith(("GATEWAY", "MINISTACK", "PYTHON", "VIRTUAL_ENV", "AUTH"))] == []

    def test_an_exceptions_class_is_its_error_type(self, account: Account) -> None:
        answer = self.invoke(account, "class Mine(Exception):\n    pass\n\n\ndef handler(event, context):\n    raise Mine('why')\n")
        assert (answer["errorType"], answer["errorMessage"]) == ("Mine", "why")

    def test_a_process_outlives_an_exception(self, account: Account) -> None:
        code = "import os\n\n\ndef handler(event, context):\n    raise ValueError(os.getpid())\n"
        function = account.function(code)
        answers = [json.loads(account.client("lambda").invoke(FunctionName=function)["Payload"].read()) for _ in range(2)]
        assert answers[0]["errorMessage"] == answers[1]["errorMessage"]


    def test_the_concurrency_of_a_function_is_that_of_its_versions_too(self, account: Account) -> None:
        client, function = account.client("lambda"), account.function("def handler(event, context):\n    return 1\n")
        version = client.publish_version(FunctionName=function)["Version"]
        client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
        assert client.invoke(FunctionName=function, Qualifier="live")["Payload"].read() == b"1"
        client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.invoke(FunctionName=function, Qualifier="live")


class TestCloudFormation:
    def deploy(self, account: Account, resources: dict[str, Any], outputs: dict[str, Any] | None = None, name: str = "") -> dict[str, str]:
        client = account.client("cloudformation")
        template: dict[str, Any] = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources,
                                    "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()}}
        stack = name or account.name("stack")
        exists = any(each["StackName"] == stack for each in client.describe_stacks()["Stacks"])
        (client.update_stack if exists else client.create_stack)(
            StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
        found = eventually(lambda: next((each for each in client.describe_stacks(StackName=stack)["Stacks"]
                                         if not each["StackStatus"].endswith("IN_PROGRESS")), None))
        assert found["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), client.describe_stack_events(StackName=stack)["StackEvents"]
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}

    def nested(self, account: Account, bucket: str, description: str) -> dict[str, Any]:
        template = {
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {
                "Queue": {"Type": "AWS::SQS::Queue"},
                "Function": {"Type": "AWS::Serverless::Function", "Properties": {
                    "Runtime": "python3.13", "Handler": "index.handler", "InlineCode": "def handler(event, context):\n    return 1\n",
                    "Description": description, "DeadLetterQueue": {"Type": "SQS", "TargetArn": {"Fn::GetAtt": ["Queue", "Arn"]}}}}},
            "Outputs": {"Function": {"Value": {"Ref": "Function"}}, "Queue": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}}}
        key = f"{account.name('nested')}.json"
        account.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(template))
        return {"Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"{account.endpoint}/{bucket}/{key}"}}}

    def test_a_nested_template_is_transformed_and_can_be_updated(self, account: Account) -> None:
        bucket, stack, functions = account.name("artefacts"), account.name("stack"), account.client("lambda")
        account.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        outputs = {"Function": {"Fn::GetAtt": ["Nested", "Outputs.Function"]}, "Queue": {"Fn::GetAtt": ["Nested", "Outputs.Queue"]}}
        first = self.deploy(account, self.nested(account, bucket, "one"), outputs, stack)
        configuration = functions.get_function_configuration(FunctionName=first["Function"])
        assert configuration["Description"] == "one"
        assert configuration["DeadLetterConfig"]["TargetArn"] == first["Queue"]
        assert self.deploy(account, self.nested(account, bucket, "two"), outputs, stack) == first
        assert functions.get_function_configuration(FunctionName=first["Function"])["Description"] == "two"

    def test_an_alias_leads_to_a_new_version_when_its_description_changes(self, account: Account) -> None:
        bucket, stack, client = account.name("artefacts"), account.name("stack"), account.client("lambda")
        account.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

        def deployed(value: str) -> Any:
            template = {"Transform": "AWS::Serverless-2016-10-31", "Parameters": {"Value": {"Type": "String"}}, "Resources": {
                "Function": {"Type": "AWS::Serverless::Function", "Properties": {
                    "Runtime": "python3.13", "Handler": "index.handler", "Environment": {"Variables": {"VALUE": {"Ref": "Value"}}},
                    "InlineCode": "import os\n\n\ndef handler(event, context):\n    return os.environ['VALUE']\n", "AutoPublishAlias": "live",
                    "VersionDescription": {"Ref": "Value"}, "DeploymentPreference": {"Type": "AllAtOnce"}}}},
                "Outputs": {"Alias": {"Value": {"Ref": "Function.Alias"}}}}
            account.client("s3").put_object(Bucket=bucket, Key="template.json", Body=json.dumps(template))
            outputs = self.deploy(account, {"Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {
                "TemplateURL": f"{account.endpoint}/{bucket}/template.json", "Parameters": {"Value": value}}}},
                {"Alias": {"Fn::GetAtt": ["Nested", "Outputs.Alias"]}}, stack)
            assert outputs["Alias"].endswith(":live")
            return json.loads(client.invoke(FunctionName=outputs["Alias"])["Payload"].read())

        assert deployed("one") == "one"
        assert deployed("two") == "two"

    def test_whoever_starts_a_workflow_by_its_alias_gets_the_version_that_it_leads_to(self, account: Account) -> None:
        stack, client = account.name("stack"), account.client("stepfunctions")

        def deployed(value: str) -> dict[str, str]:
            end = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"value": value, "id": "{% $states.context.StateMachine.Id %}"}, "End": True}
            return self.deploy(account, {"Machine": {"Type": "AWS::Serverless::StateMachine", "Properties": {
                "Type": "EXPRESS", "Definition": {"StartAt": "Only", "States": {"Only": end}}, "Role": account.role("states.amazonaws.com"),
                "AutoPublishAlias": "live", "DeploymentPreference": {"Type": "CANARY", "Percentage": 10, "Interval": 5}}}},
                {"Machine": {"Ref": "Machine"}, "Version": {"Ref": "MachineVersion"}, "Alias": {"Ref": "MachineAliaslive"}}, stack)

        def output(arn: str) -> Any:
            return json.loads(client.start_sync_execution(stateMachineArn=arn)["output"])

        def described(arn: str) -> Any:
            answer = client.describe_state_machine(stateMachineArn=arn)
            assert answer["stateMachineArn"] == arn
            return json.loads(answer["definition"])["States"]["Only"]["Output"]["value"]

        first, second = deployed("one"), deployed("two")
        machine, alias = first["Machine"], first["Alias"]
        assert (second["Machine"], second["Alias"]) == (machine, alias) == (machine, f"{machine}:live")
        assert (first["Version"], second["Version"]) == (f"{machine}:1", f"{machine}:2")
        assert [output(arn) for arn in (first["Version"], alias, machine)] == [{"value": value, "id": machine} for value in ("one", "two", "two")]
        client.update_state_machine_alias(
            stateMachineAliasArn=alias, routingConfiguration=[{"stateMachineVersionArn": first["Version"], "weight": 100}])
        assert [described(arn) for arn in (alias, second["Version"], machine)] == ["one", "two", "two"]
        assert output(alias)["value"] == "one"
        started = client.start_execution(stateMachineArn=alias)["executionArn"]
        assert eventually(lambda: json.loads(client.describe_execution(executionArn=started).get("output") or "{}"))["value"] == "one"
        with pytest.raises(client.exceptions.StateMachineDoesNotExist):
            client.start_sync_execution(stateMachineArn=f"{machine}:absent")

    def test_a_rule_that_starts_an_alias_has_to_be_allowed_the_workflow(self, account: Account) -> None:
        client = account.client("stepfunctions")
        definition = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}
        machine = client.create_state_machine(name=account.name("machine"), definition=json.dumps(definition), type="STANDARD", publish=True,
                                              roleArn=account.role("states.amazonaws.com"))
        alias = client.create_state_machine_alias(name="live", routingConfiguration=[
            {"stateMachineVersionArn": machine["stateMachineVersionArn"], "weight": 100}])["stateMachineAliasArn"]
        bus, (url, queue) = account.bus(), account.queue()
        _, refused = [account.rule(bus, {
            "Arn": alias, "RoleArn": account.role("events.amazonaws.com", ("states:StartExecution", resource)), "DeadLetterConfig": {"Arn": queue}})
            for resource in (machine["stateMachineArn"], alias)]
        account.put(bus, {})
        letter = account.received(url)
        assert letter is not None
        assert [letter["MessageAttributes"][name]["StringValue"] for name in ("ERROR_CODE", "RULE_ARN")] == ["NO_PERMISSIONS", refused]
        assert len(eventually(lambda: client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"])) == 1

    def test_types_that_ministack_lacks(self, account: Account) -> None:
        bus = account.bus()
        outputs = self.deploy(account, {
            "Archive": {"Type": "AWS::Events::Archive", "Properties": {"SourceArn": account.arn("events", f"event-bus/{bus}"), "RetentionDays": 7}},
            "Policy": {"Type": "AWS::Events::EventBusPolicy", "Properties": {"EventBusName": bus, "StatementId": "Mine", "Statement": {
                "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}}},
            "Query": {"Type": "AWS::Athena::NamedQuery", "Properties": {"Database": "d", "QueryString": "SELECT 1", "Name": account.name("query")}},
            "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "{}"}},
            "SecretPolicy": {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": {
                "SecretId": {"Ref": "Secret"}, "ResourcePolicy": {"Version": "2012-10-17", "Statement": []}}},
            "Insights": {"Type": "AWS::Logs::QueryDefinition", "Properties": {"Name": "n", "QueryString": "fields @message"}},
            "Registry": {"Type": "AWS::EventSchemas::Registry", "Properties": {"RegistryName": "mine"}},
            "Schema": {"Type": "AWS::EventSchemas::Schema", "Properties": {
                "RegistryName": {"Fn::GetAtt": ["Registry", "RegistryName"]}, "SchemaName": "S", "Type": "JSONSchemaDraft4", "Content": "{}"}},
        }, {"Archive": {"Ref": "Archive"}, "Query": {"Ref": "Query"}, "Secret": {"Ref": "Secret"}, "Schema": {"Fn::GetAtt": ["Schema", "SchemaArn"]}})
        events = account.client("events")
        assert events.describe_archive(ArchiveName=outputs["Archive"])["RetentionDays"] == 7
        assert json.loads(events.describe_event_bus(Name=bus)["Policy"])["Statement"][0]["Sid"] == "Mine"
        assert account.client("athena").get_named_query(NamedQueryId=outputs["Query"])["NamedQuery"]["QueryString"] == "SELECT 1"
        assert outputs["Secret"].startswith("arn:aws:secretsmanager:")
        assert "Statement" in account.client("secretsmanager").get_resource_policy(SecretId=outputs["Secret"])["ResourcePolicy"]
        assert outputs["Schema"] == account.arn("schemas", "schema/mine/S")
        schemas = account.client("schemas")
        assert "mine" in [registry["RegistryName"] for registry in schemas.list_registries()["Registries"]]
        assert [schema["SchemaName"] for schema in schemas.list_schemas(RegistryName="mine")["Schemas"]] == ["S"]
        assert schemas.describe_schema(RegistryName="mine", SchemaName="S")["Content"] == "{}"
        with pytest.raises(schemas.exceptions.NotFoundException):
            schemas.describe_schema(RegistryName="mine", SchemaName="another")

    def test_lex_resources_answer(self, account: Account) -> None:
        role = account.role("lexv2.amazonaws.com")
        intents = [{"Name": "Joke", "SampleUtterances": [{"Utterance": "tell me a joke"}], "IntentClosingSetting": {"ClosingResponse": {
            "MessageGroupsList": [{"Message": {"PlainTextMessage": {"Value": "Knock knock"}}}]}}},
            {"Name": "FallbackIntent", "ParentIntentSignature": "AMAZON.FallbackIntent"}]
        outputs = self.deploy(account, {
            "Bot": {"Type": "AWS::Lex::Bot", "Properties": {
                "Name": "bot", "RoleArn": role, "DataPrivacy": {"ChildDirected": False}, "IdleSessionTTLInSeconds": 300,
                "BotLocales": [{"LocaleId": "en_GB", "NluConfidenceThreshold": 0.4, "Intents": intents}]}},
            "Version": {"Type": "AWS::Lex::BotVersion", "Properties": {"BotId": {"Ref": "Bot"}, "BotVersionLocaleSpecification": [
                {"LocaleId": "en_GB", "BotVersionLocaleDetails": {"SourceBotVersion": "DRAFT"}}]}},
            "Alias": {"Type": "AWS::Lex::BotAlias", "Properties": {
                "BotAliasName": "live", "BotId": {"Ref": "Bot"}, "BotVersion": {"Fn::GetAtt": ["Version", "BotVersion"]}}},
        }, {"Bot": {"Ref": "Bot"}, "Alias": {"Fn::GetAtt": ["Alias", "BotAliasId"]}, "AliasRef": {"Ref": "Alias"}})
        assert outputs["AliasRef"] == f"{outputs['Alias']}|{outputs['Bot']}"
        models = account.client("lexv2-models")
        alias = models.describe_bot_alias(botId=outputs["Bot"], botAliasId=outputs["Alias"])
        assert (alias["botAliasName"], alias["botVersion"], alias["botAliasStatus"]) == ("live", "1", "Available")
        locale = models.describe_bot_locale(botId=outputs["Bot"], botVersion="1", localeId="en_GB")
        assert (locale["botLocaleStatus"], locale["intentsCount"]) == ("NotBuilt", 2)  # AutoBuildBotLocales is not said
        with pytest.raises(models.exceptions.ResourceNotFoundException):
            models.describe_bot_locale(botId=outputs["Bot"], botVersion="2", localeId="en_GB")
        result = account.run({"Ask": {
            "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:lexruntimev2:recognizeText", "Output": "{% $states.result.Messages[0].Content %}",
            "Arguments": {"BotId": outputs["Bot"], "BotAliasId": outputs["Alias"], "LocaleId": "en_GB", "SessionId": "me", "Text": "Tell me a joke!"},
            "End": True}}, None, ("lex:RecognizeText", account.arn("lex", f"bot-alias/{outputs['Bot']}/{outputs['Alias']}")))
        assert result["output"] == "Knock knock", result


def test_an_e_mail_subscriber_has_mail(account: Account) -> None:
    import urllib.request

    sns, address = account.client("sns"), f"{account.name('me')}@example.com"
    topic = sns.create_topic(Name=account.name("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    sns.publish(TopicArn=topic, Subject="Hello", Message="you")
    with urllib.request.urlopen(f"{account.endpoint}/_ministack/ses/messages") as response:
        mails = [mail for box in json.load(response)["messages"].values() for mail in box if mail["To"] == [address]]
    assert [(mail["Subject"], mail["BodyText"]) for mail in mails] == [("Hello", "you")]
