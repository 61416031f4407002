"""Metrics and alarms of the embedded AWS: what its services count, what metric filters make of logs, and what alarms do about it."""

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults import inject
from tests.sandbox.conftest import Account, eventually


def total(account: Account, namespace: str, name: str, dimensions: dict[str, str], statistic: str = "Sum") -> float:
    """A metric's statistic over the last five minutes; -1 where it has no data."""
    now = datetime.now(UTC)
    points = account.client("cloudwatch").get_metric_statistics(
        Namespace=namespace, MetricName=name, Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=1), Period=3600, Statistics=[statistic])["Datapoints"]
    return float(sum(point[statistic] for point in points)) if points else -1


class TestMetrics:
    def test_a_function_that_a_workflow_calls_counts_its_errors(self, account: Account) -> None:
        function = account.function("def handler(event, context):\n    raise ValueError\n")
        account.run({"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True, "Arguments": {"FunctionName": function}}},
                    None, ("lambda:InvokeFunction", function))
        account.client("lambda").invoke(FunctionName=function)
        name = {"FunctionName": function.split(":")[-1]}
        assert (total(account, "AWS/Lambda", "Invocations", name), total(account, "AWS/Lambda", "Errors", name)) == (2, 2)

    def test_workflows_count_how_they_end(self, account: Account) -> None:
        role = account.role("states.amazonaws.com")
        client = account.client("stepfunctions")

        def ended(state: dict[str, Any], **settings: Any) -> dict[str, str]:
            machine = client.create_state_machine(name=account.name("machine"), type="EXPRESS", roleArn=role, definition=json.dumps(
                {"StartAt": "Only", "States": {"Only": state}, **settings}))["stateMachineArn"]
            client.start_sync_execution(stateMachineArn=machine)
            return {"StateMachineArn": machine}

        failed, done = ended({"Type": "Fail", "Error": "E"}), ended({"Type": "Succeed"})
        late = ended({"Type": "Wait", "Seconds": 2, "End": True}, TimeoutSeconds=1)
        assert total(account, "AWS/States", "ExecutionsFailed", failed) == 1
        assert total(account, "AWS/States", "ExecutionsFailed", done) == -1
        assert total(account, "AWS/States", "ExecutionsSucceeded", done) == 1
        assert total(account, "AWS/States", "ExecutionsTimedOut", late) == 1

    def test_a_queue_counts_what_waits_in_it(self, account: Account) -> None:
        url, arn = account.queue()
        for number in range(3):
            account.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
        queue = {"QueueName": arn.split(":")[-1]}
        eventually(lambda: total(account, "AWS/SQS", "ApproximateNumberOfMessagesVisible", queue, "Maximum") == 3)

    def test_an_api_counts_its_errors(self, account: Account) -> None:
        gateway, name = account.client("apigateway"), account.name("api")
        function = account.arn("lambda", "function:none")
        api = gateway.create_rest_api(name=name)["id"]
        root = gateway.get_resources(restApiId=api)["items"][0]["id"]
        gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
        gateway.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST",
                                uri=f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations")
        gateway.create_deployment(restApiId=api, stageName="live")
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(f"{account.endpoint}/restapis/{api}/live/_user_request_/")
        assert refusal.value.code >= 500
        assert total(account, "AWS/ApiGateway", "5XXError", {"ApiName": name, "Stage": "live"}) == 1
        assert total(account, "AWS/ApiGateway", "Count", {"ApiName": name, "Stage": "live"}) == 1

    @pytest.mark.parametrize(("pattern", "line", "matches"), [
        ('{ $.detail-type = "MINE" }', {"detail-type": "MINE"}, True),
        ('{ $.detail-type = "MINE" }', {"detail-type": "OTHER"}, False),
        ('{ $.detail-type = "MINE" && $.detail.n > 2 }', {"detail-type": "MINE", "detail": {"n": 3}}, True),
        ('{ $.detail-type = "MINE" && $.detail.n > 2 }', {"detail-type": "MINE", "detail": {"n": 1}}, False),
        ('{ $.level = "ERROR" || $.level = "WARNING" }', {"level": "WARNING"}, True),
        ('{ $.ok != true }', {"ok": False}, True),
        ('{ $.ok != true }', {}, False),
    ])
    def test_a_metric_filter_counts_the_lines_that_it_matches(self, account: Account, pattern: str, line: dict[str, Any], matches: bool) -> None:
        logs, group, namespace = account.client("logs"), account.name("group"), account.name("Namespace")
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="stream")
        logs.put_metric_filter(logGroupName=group, filterName="filter", filterPattern=pattern, metricTransformations=[
            {"metricNamespace": namespace, "metricName": "Lines", "metricValue": "1", "defaultValue": 0}])
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
        logs.put_log_events(logGroupName=group, logStreamName="stream", logEvents=[event])
        assert total(account, namespace, "Lines", {}) == (1 if matches else 0)


class TestAlarms:
    def alarm(self, account: Account, namespace: str, topic: str = "", **settings: Any) -> str:
        name = account.name("alarm")
        account.client("cloudwatch").put_metric_alarm(**{
            "AlarmName": name, "Namespace": namespace, "MetricName": "Count", "Dimensions": [{"Name": "Which", "Value": "mine"}],
            "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching", "AlarmActions": [topic] if topic else [], **settings})
        return name

    def put(self, account: Account, namespace: str, which: str, value: float = 1, ago: float = 0) -> None:
        account.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[{
            "MetricName": "Count", "Dimensions": [{"Name": "Which", "Value": which}], "Value": value,
            "Timestamp": datetime.now(UTC) - timedelta(seconds=ago)}])

    def state(self, account: Account, name: str) -> str:
        return str(account.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])

    def test_data_of_other_dimensions_is_no_cause_for_alarm(self, account: Account) -> None:
        namespace = account.name("Namespace")
        name = self.alarm(account, namespace)
        self.put(account, namespace, "another")
        eventually(lambda: self.state(account, name) == "OK")
        self.put(account, namespace, "mine")
        eventually(lambda: self.state(account, name) == "ALARM")

    @pytest.mark.parametrize(("missing", "state"), [
        ("notBreaching", "OK"), ("breaching", "ALARM"), ("missing", "INSUFFICIENT_DATA"), ("ignore", "INSUFFICIENT_DATA")])
    def test_missing_data_is_treated_as_the_alarm_says(self, account: Account, missing: str, state: str) -> None:
        name = self.alarm(account, account.name("Namespace"), TreatMissingData=missing)
        time.sleep(1.5)
        assert self.state(account, name) == state

    def test_an_alarm_is_over_once_its_data_is_old_though_nothing_new_comes(self, account: Account) -> None:
        namespace = account.name("Namespace")
        name = self.alarm(account, namespace, Period=10)
        self.put(account, namespace, "mine", ago=7)
        eventually(lambda: self.state(account, name) == "ALARM")
        eventually(lambda: self.state(account, name) == "OK")

    def test_so_many_periods_out_of_so_many_have_to_breach(self, account: Account) -> None:
        namespace = account.name("Namespace")
        name = self.alarm(account, namespace, Period=60, EvaluationPeriods=3, DatapointsToAlarm=2)
        self.put(account, namespace, "mine")
        eventually(lambda: self.state(account, name) == "OK")
        self.put(account, namespace, "mine", ago=100)
        eventually(lambda: self.state(account, name) == "ALARM")

    def test_who_subscribed_has_mail_where_the_topics_policy_allows_it(self, account: Account) -> None:
        sns, namespace, addresses = account.client("sns"), account.name("Namespace"), {}
        names = {}
        for allowed in (True, False):
            addresses[allowed] = f"{account.name('operations')}@example.com"
            topic = sns.create_topic(Name=account.name("topic"))["TopicArn"]
            principal = {"Service": "cloudwatch.amazonaws.com" if allowed else "events.amazonaws.com"}
            sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": topic,
                 "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}}}]}))
            sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=addresses[allowed])
            names[allowed] = self.alarm(account, namespace, topic)
        self.put(account, namespace, "mine")
        eventually(lambda: {self.state(account, name) for name in names.values()} == {"ALARM"})
        with urllib.request.urlopen(f"{account.endpoint}/_ministack/ses/messages") as response:
            mails = [mail for box in json.load(response)["messages"].values() for mail in box]
        assert [json.loads(mail["BodyText"])["AlarmName"] for mail in mails if mail["To"] == [addresses[True]]] == [names[True]]
        assert [mail for mail in mails if mail["To"] == [addresses[False]]] == []


class TestValuesOfLines:
    """What a metric filter takes out of a line, and how GetMetricData finds it."""

    def log(self, account: Account, pattern: str, transformation: dict[str, Any], *lines: dict[str, Any]) -> str:
        logs, group, namespace = account.client("logs"), account.name("log"), account.name("Namespace")
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="all")
        logs.put_metric_filter(logGroupName=group, filterName="filter", filterPattern=pattern, metricTransformations=[
            {"metricNamespace": namespace, "metricName": "found", **transformation}])
        logs.put_log_events(logGroupName=group, logStreamName="all", logEvents=[
            {"timestamp": int(time.time() * 1000), "message": json.dumps(line)} for line in lines])
        return namespace

    def test_a_dimension_is_a_field_of_the_line(self, account: Account) -> None:
        namespace = self.log(account, '{ $.kind = "a" && $.again NOT EXISTS }', {"metricValue": "1", "dimensions": {"Mood": "$.of.mood"}},
                             *({"kind": "a", "of": {"mood": mood}} for mood in ("good", "good", "bad")), {"kind": "a", "of": {}},
                             {"kind": "a", "of": {"mood": "good"}, "again": True}, {"kind": "b", "of": {"mood": "good"}})
        assert [total(account, namespace, "found", {"Mood": mood}) for mood in ("good", "bad", "other")] == [2, 1, -1]

    def test_numbers_have_percentiles(self, account: Account) -> None:
        namespace = self.log(account, "{ $.seconds >= 0 }", {"metricValue": "$.seconds", "unit": "Seconds"},
                             *({"seconds": number} for number in range(11)), {"seconds": -1}, {"other": 1})
        now = datetime.now(UTC)
        points = account.client("cloudwatch").get_metric_statistics(
            Namespace=namespace, MetricName="found", StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=1), Period=3600,
            ExtendedStatistics=["p50", "p90"])["Datapoints"]
        assert [point["ExtendedStatistics"] for point in points] == [{"p50": 5, "p90": 9}]

    @pytest.mark.parametrize(("words", "found"), [
        ("", ["my-bot-Queue-1", "other-Queue-2"]), ("my bot", ["my-bot-Queue-1"]), ("Queue other", ["other-Queue-2"]), ("nowhere", [])])
    def test_a_search_finds_metrics_by_words(self, account: Account, words: str, found: list[str]) -> None:
        namespace, cloudwatch, now = account.name("Namespace").replace("-", ""), account.client("cloudwatch"), datetime.now(UTC)
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[
            {"MetricName": metric, "Value": 1, "Dimensions": [{"Name": name, "Value": value}]}
            for metric, name, value in (("Depth", "Queue", "my-bot-Queue-1"), ("Depth", "Queue", "other-Queue-2"), ("Age", "Queue", "my-bot-Queue-1"),
                                        ("Depth", "Topic", "my-bot-Queue-1"))])
        results = cloudwatch.get_metric_data(
            StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=1), MetricDataQueries=[
                {"Id": "e1", "Label": "", "Expression":
                 f"SEARCH('{{{namespace},Queue}} MetricName=\"Depth\" {words}', 'Sum', 300)"}])["MetricDataResults"]
        assert [(each["Id"], each["Label"].strip(), sum(each["Values"])) for each in results] == [("e1", name, 1) for name in found]

    def test_a_topic_counts_its_messages_and_a_workflow_its_time(self, account: Account) -> None:
        topic = account.client("sns").create_topic(Name=account.name("topic"))["TopicArn"]
        for _ in range(2):
            account.client("sns").publish(TopicArn=topic, Message="x")
        assert total(account, "AWS/SNS", "NumberOfMessagesPublished", {"TopicName": topic.split(":")[-1]}) == 2
        machine = account.run({"Wait": {"Type": "Wait", "Seconds": 1, "End": True}})["stateMachineArn"]
        assert total(account, "AWS/States", "ExecutionTime", {"StateMachineArn": machine}, "Maximum") >= 1000


def test_a_dead_letter_raises_its_queues_alarm(account: Account) -> None:
    """The whole way: a call that is refused, the queue that keeps it, the metric, the alarm."""
    bus, (_, queue) = account.bus(), account.queue()
    machine = account.client("stepfunctions").create_state_machine(
        name=account.name("machine"), type="EXPRESS", roleArn=account.role("states.amazonaws.com"),
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}))["stateMachineArn"]
    account.rule(bus, {"Arn": machine, "RoleArn": account.role("events.amazonaws.com", ("states:StartExecution", machine)),
                       "DeadLetterConfig": {"Arn": queue}})
    name = account.name("alarm")
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="AWS/SQS", MetricName="ApproximateNumberOfMessagesVisible", Statistic="Maximum", Period=60, EvaluationPeriods=1,
        Dimensions=[{"Name": "QueueName", "Value": queue.split(":")[-1]}], Threshold=0, ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching")
    inject(account.endpoint, "states:StartExecution", error="AccessDeniedException", match=["dead-letter-alarm"])
    account.put(bus, {"text": "dead-letter-alarm"})
    eventually(lambda: account.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"] == "ALARM")
