"""The deployed bot as a test sees it: mentions in; events, posts, alerts, dead letters and lake rows out."""

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from sandbox import timeline
from sandbox.runtime import Sandbox
from sandbox.x import BOT_USERNAME, payloads
from tests.integration.bus_watch import BusWatch
from tests.waiting import eventually
from tools import event_log
from tools.event_log import Event

SECONDS = 30


@dataclass(frozen=True)
class Outcome:
    """What came of one mention: the webhook's status, the events that stem from it, and the replies to it."""

    tweet_id: str
    status: int
    events: list[Event]
    replies: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        """The detail types, in order."""
        return [event.detail_type for event in self.events]

    def detail(self, detail_type: str) -> dict[str, Any]:
        """The detail of the one event of a type."""
        [found] = [event.detail for event in self.events if event.detail_type == detail_type]
        return found


class Bot:
    """Delivers to the deployed application and waits for what comes of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.outputs = sandbox.outputs
        self._logs = sandbox.client("logs")
        self.watch = BusWatch(self._logs, self.outputs["EventLogGroupName"])

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded AWS."""
        return self.sandbox.client(service)

    def mention(self, text: str, photos: list[str] | None = None, build: Callable[..., Any] = payloads.account_activity,
                **more: Any) -> Outcome:
        """Has X deliver a mention with this text; waits until it is answered, or failed."""
        return self.deliver(build(f"@{BOT_USERNAME} {text}", photos, **more))

    def deliver(self, payload: payloads.Payload, done: Callable[[list[Event]], bool] | None = None) -> Outcome:
        """Has X deliver a payload of one post; waits for one of the ends, or until `done` says so of the events."""
        status = self.sandbox.deliver(payload)["status"]
        return self.outcome(payloads.tweet_id(payload), status, done)

    def outcome(self, tweet_id: str, status: int = 200, done: Callable[[list[Event]], bool] | None = None) -> Outcome:
        """What has come of a post, once there is an end."""
        events = timeline.wait_for(self._logs, self.outputs["EventLogGroupName"], tweet_id, done, SECONDS)
        return Outcome(tweet_id, status, events, self.replies(tweet_id))

    def events(self, tweet_id: str) -> list[Event]:
        """The events of a post so far."""
        return event_log.events_of(self._logs, self.outputs["EventLogGroupName"], tweet_id)

    def replies(self, tweet_id: str) -> list[dict[str, Any]]:
        """The posts on X that answer a post."""
        return [post for post in self.sandbox.posts() if post["in_reply_to_tweet_id"] == tweet_id]

    def hosted(self, content: bytes) -> str:
        """The URL of a picture on X's media host."""
        return str(httpx.post(f"{self.outputs['XApiUrl']}/_sandbox/media", content=content).raise_for_status().json()["url"])

    def put_event(self, detail_type: str, detail: dict[str, Any], source: str = "BOT") -> None:
        """Puts an event on the bus, as anybody on it may."""
        answer = self.client("events").put_events(Entries=[{
            "EventBusName": self.outputs["EventBusName"], "Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}])
        assert answer["FailedEntryCount"] == 0, answer

    def replay(self, since: datetime, rules: list[str] | None = None) -> None:
        """Replays the archive from then until now, to some rules (by ARN) or to all; waits until the replay has ended."""
        events, archive, name = self.client("events"), self.outputs["ArchiveArn"], f"replay-{uuid.uuid4().hex[:8]}"
        bus = archive.replace(":archive/", ":event-bus/").rsplit("/", 1)[0] + f"/{self.outputs['EventBusName']}"
        events.start_replay(ReplayName=name, EventSourceArn=archive, EventStartTime=since, EventEndTime=datetime.now(UTC),
                            Destination={"Arn": bus, **({"FilterArns": rules} if rules else {})})
        assert eventually(lambda: events.describe_replay(ReplayName=name)["State"] == "COMPLETED")

    def invocations(self, microservice: str, log: str) -> int:
        """How often the function with this log group was invoked so far."""
        group = self.resource(microservice, log)
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return sum(record["message"].startswith("REPORT ") for page in pages for record in page["events"])

    def publish(self, microservice: str, function: str, **variables: str) -> dict[str, str]:
        """A new version of a function, with these variables besides, where everybody calls it; returns the variables of the one before.

        No process that served an older version is asked again.
        """
        client, name = self.client("lambda"), self.resource(microservice, function)
        before: dict[str, str] = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(FunctionName=name, Environment={"Variables": {**before, **variables}})
        client.update_alias(FunctionName=name, Name="live", FunctionVersion=client.publish_version(FunctionName=name)["Version"])
        return before

    @contextlib.contextmanager
    def denied(self, microservice: str, role: str, action: str) -> Iterator[None]:
        """Within it, IAM refuses an action to a microservice's role."""
        iam, name = self.client("iam"), self.resource(microservice, role)
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
        iam.put_role_policy(RoleName=name, PolicyName="Denied", PolicyDocument=json.dumps(document))
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=name, PolicyName="Denied")

    def stack_of(self, microservice: str) -> str:
        """The name of a nested application's stack: `stack_of("Egress")`."""
        resources = self.client("cloudformation").describe_stack_resources(StackName="sandbox")["StackResources"]
        [arn] = [each["PhysicalResourceId"] for each in resources if each["LogicalResourceId"] == microservice]
        return str(arn)

    def microservices_with(self, logical_id: str) -> list[str]:
        """The nested applications that have a resource of that logical id."""
        client = self.client("cloudformation")
        resources = client.describe_stack_resources(StackName="sandbox")["StackResources"]
        return [each["LogicalResourceId"] for each in resources if logical_id in {
            inner["LogicalResourceId"] for inner in client.describe_stack_resources(StackName=each["PhysicalResourceId"])["StackResources"]}]

    def was_in_alarm(self, microservice: str, logical_id: str, since: float) -> bool:
        """Whether a microservice's alarm has gone to ALARM since then (seconds since 1970), or is in it."""
        cloudwatch, name = self.client("cloudwatch"), self.resource(microservice, logical_id)
        if cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"] == "ALARM":
            return True
        history = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
        return any(item["Timestamp"].timestamp() >= int(since) and json.loads(item["HistoryData"])["newState"]["stateValue"] == "ALARM"
                   for item in history)

    def rule(self, microservice: str, logical_id: str) -> str:
        """The ARN of a microservice's rule."""
        name = self.resource(microservice, logical_id).split("|")[-1]
        return str(self.client("events").describe_rule(Name=name, EventBusName=self.outputs["EventBusName"])["Arn"])

    def resource(self, microservice: str, logical_id: str) -> str:
        """The physical id of a microservice's resource: `resource("Egress", "LedgerTable")`."""
        resources = self.client("cloudformation").describe_stack_resources(StackName=self.stack_of(microservice))["StackResources"]
        [found] = [each["PhysicalResourceId"] for each in resources if each["LogicalResourceId"] == logical_id]
        return str(found)
