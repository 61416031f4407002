"""Every rule of lint/rules/ is kept by every template, and refuses a template that breaks it: each has its example here."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.api import lint
from cfnlint.core import get_rules
from cfnlint.rules import CloudFormationLintRule, RulesCollection
from samcli.yamlhelper import yaml_parse

from tools.intrinsics import Template
from tools.templates import ROOT, path_of

CONFIGURATION = yaml.safe_load((ROOT / ".cfnlintrc").read_text())
[FOLDER] = CONFIGURATION["append_rules"]
RULES: dict[str, CloudFormationLintRule] = {
    rule.id: rule for rule in get_rules([str(ROOT / FOLDER)], [], [], {}, False) if type(rule).__module__ in {
        path.stem for path in (ROOT / FOLDER).glob("*.py")}}
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {}}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1209600}}

Change = Callable[[dict[str, Any]], Any]


def of(resource: str, *path: str | int) -> Callable[[dict[str, Any]], Any]:
    """A part of a resource's properties."""
    def found(resources: dict[str, Any]) -> Any:
        value = resources[resource]["Properties"]
        for step in path:
            value = value[step]
        return value
    return found


def without(resource: str, *path: str | int) -> Change:
    """Takes a property away."""
    return lambda resources: of(resource, *path[:-1])(resources).pop(path[-1])


def having(resource: str, *path: str | int, value: Any) -> Change:
    """Gives a property another value."""
    return lambda resources: of(resource, *path[:-1])(resources).__setitem__(path[-1], value)


def gone(resource: str) -> Change:
    """Takes a resource away."""
    return lambda resources: resources.pop(resource)


def more(**resources: Any) -> Change:
    """Adds resources."""
    return lambda there: there.update(resources)


ROLE = ("Policies", 0, "PolicyDocument", "Statement")
POLICY = ("PolicyDocument", "Statement")
# What breaks each rule, in which template, and what the rule then says.
BROKEN: list[tuple[str, str, Change, str]] = [
    ("E9101", "alerting", without("NegativeMessageRule", "Targets", 0, "RetryPolicy"), "NegativeMessageRule has no retry policy"),
    ("E9101", "egress", without("SendTweetSendTweetCommand", "Targets", 0, "RetryPolicy"), "SendTweetSendTweetCommand has no retry policy"),
    ("E9101", "alerting", without("NegativeMessageRule", "Targets", 0, "DeadLetterConfig"), "NegativeMessageRule has no dead-letter queue"),
    ("E9101", "alerting", lambda resources: of("DeadLetterQueuePolicy", *POLICY)(resources).pop(0),
     "DeadLetterQueue takes nothing from NegativeMessageRule"),
    ("E9102", "alerting", without("AlertSubscription", "RedrivePolicy"), "AlertSubscription has no dead-letter queue"),
    ("E9102", "alerting", lambda resources: of("DeadLetterQueuePolicy", *POLICY)(resources).pop(1),
     "DeadLetterQueue takes nothing from AlertSubscription"),
    ("E9103", "alerting", having("DeadLetterQueue", "MessageRetentionPeriod", value=345600), "DeadLetterQueue forgets too soon"),
    ("E9104", "alerting", gone("DeadLetterAlarm"), "DeadLetterQueue has no alarm on ApproximateNumberOfMessagesVisible"),
    ("E9104", "egress", gone("SendTweetTimeOuts"), "SendTweet has no alarm on ExecutionsTimedOut"),
    ("E9104", "egress", gone("PostTweetThrottles"), "PostTweetFunction has no alarm on Throttles"),
    ("E9105", "alerting", having("DeadLetterAlarm", "AlarmDescription", value="Something is wrong."), "what it means, and what to do?"),
    ("E9105", "alerting", having("DeadLetterAlarm", "AlarmActions", value=[]), "DeadLetterAlarm tells nobody"),
    ("E9105", "alerting", without("DeadLetterAlarm", "TreatMissingData"), "TreatMissingData has to be notBreaching"),
    ("E9106", "egress", more(Invoked={"Type": "AWS::Lambda::Permission", "Properties": {
        "Principal": "events.amazonaws.com", "Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "PostTweetFunction"}}}),
     "Invoked lets events.amazonaws.com invoke a function"),
    ("E9107", "analytics", without("EventStream", "ExtendedS3DestinationConfiguration", "ErrorOutputPrefix"), "EventStream has no place"),
    ("E9107", "analytics", without("EventStream", "ExtendedS3DestinationConfiguration", "CloudWatchLoggingOptions"), "EventStream does not say why"),
    ("E9108", "egress", lambda resources: resources["LedgerTable"].pop("DeletionPolicy"), "LedgerTable is deleted with the stack"),
    ("E9108", "egress", lambda resources: resources["LedgerTable"].update(Metadata={"Forgettable": "Who cares?"}), "LedgerTable is kept"),
    ("E9201", "egress", without("SendTweetLog", "RetentionInDays"), "SendTweetLog is not kept as long as LogRetentionDays says"),
    ("E9201", "egress", without("PostTweetFunction", "LoggingConfig"), "PostTweetFunction does not log JSON"),
    ("E9201", "egress", having("SendTweet", "Logging", "IncludeExecutionData", value=True), "SendTweet logs what people wrote"),
    ("E9201", "egress", having("SendTweet", "Logging", "Level", value="OFF"), "SendTweet has no log"),
    ("E9202", "egress", without("SendTweet", "Tracing"), "SendTweet is not traced"),
    ("E9302", "egress", having("PostTweetRole", *ROLE, 0, "Action", value="s3:*"), "PostTweetRole allows s3:*"),
    ("E9302", "egress", having("PostTweetRole", "ManagedPolicyArns", value=["arn:aws:iam::aws:policy/AdministratorAccess"]),
     "a policy that is not its own"),
    ("E9302", "alerting", having("DeadLetterQueuePolicy", *POLICY, 0, "Principal", value="*"),
     "DeadLetterQueuePolicy allows anybody sqs:SendMessage"),
    ("E9302", "egress", having("PostTweetRole", *ROLE, 0, "NotResource", value="x"), "PostTweetRole allows all but NotResource"),
    ("E9303", "responding", having("RespondToTextRole", *ROLE, 1, "Resource", value="*"), "RespondToTextRole may put events on other buses"),
    ("E9303", "responding", without("RespondToTextRole", *ROLE, 1, "Condition", "ForAllValues:StringEquals"), "any source or detail type"),
    ("E9303", "responding", without("RespondToTextRole", *ROLE, 1, "Condition", "Null"), "where the keys are absent"),
    ("E9304", "egress", without("SendTweetRole", "AssumeRolePolicyDocument", "Statement", 0, "Condition"), "SendTweetRole may serve strangers"),
    ("E9304", "egress", having("SendTweetRole", "AssumeRolePolicyDocument", "Statement", 0, "Principal", value={"Service": "ec2.amazonaws.com"}),
     "SendTweetRole may be taken on by ec2.amazonaws.com"),
    ("E9305", "alerting", lambda resources: of("AlertTopicPolicy", *POLICY)(resources).pop(), "AlertTopic takes clear text"),
    ("E9305", "alerting", more(Own=QUEUE), "Own takes clear text"),
    ("E9306", "alerting", more(Own=BUCKET), "Own may become public"),
    ("E9306", "alerting", more(Own=BUCKET), "Own keeps everything for ever"),
    ("E9401", "alerting", without("AlertTopic", "KmsMasterKeyId"), "AlertTopic is not encrypted with KmsKeyArn: KmsMasterKeyId"),
    ("E9401", "alerting", more(Files={"Type": "AWS::EFS::FileSystem"}), "AWS::EFS::FileSystem could take a key"),
    ("E9402", "alerting", having("AlertTopic", "KmsMasterKeyId", value={"Ref": "KmsKeyArn"}), "AlertTopic asks for a key"),
    ("E9402", "alerting", without("DeadLetterQueue", "SqsManagedSseEnabled"), "DeadLetterQueue is not encrypted where KmsKeyArn is empty"),
    ("E9403", "egress", lambda resources: of("SendTweetRole", "Policies")(resources).pop(),
     "SendTweetRole lacks kms:Decrypt and kms:GenerateDataKey"),
    ("E9403", "egress", lambda resources: of("SendTweetRole", *ROLE)(resources).append({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}),
     "SendTweetRole may use another key"),
    ("E9502", "alerting", having("AlertTopic", "DisplayName", value={"Fn::ImportValue": "name"}),
     "AlertTopic knows another stack by Fn::ImportValue"),
    ("E9502", "alerting", having("AlertTopic", "DisplayName", value="{{resolve:ssm:name}}"), "AlertTopic knows another stack by {{resolve:"),
    ("E9503", "egress", having("PostTweetFunction", "Runtime", value="python3.13"), "PostTweetFunction has a runtime of its own"),
    ("E9503", "egress", without("PostTweetFunction", "Architectures"), "PostTweetFunction has a processor of its own"),
    ("E9503", "egress", lambda resources: resources["PostTweetFunction"].pop("Metadata"), "PostTweetFunction is built in another way"),
    ("E9504", "alerting", lambda resources: resources["NegativeMessageRule"].pop("Metadata"), "NegativeMessageRule does not say what it matches"),
    ("E9504", "egress", lambda resources: resources["SendTweetSendTweetCommand"]["Metadata"]["Matches"].pop("Replays"),
     "whether it takes replayed"),
]
WHOLE: list[tuple[str, str, Callable[[Template], Any], str]] = [
    ("E9501", "alerting", lambda template: template["Parameters"]["AlertEmail"].pop("Description"), "AlertEmail needs a Description"),
    ("E9501", "alerting", lambda template: template["Outputs"]["AlertTopicArn"].update(Description="No full stop"),
     "AlertTopicArn needs a Description"),
    ("E9501", "alerting", lambda template: template["Parameters"]["KmsKeyArn"].pop("ConstraintDescription"), "KmsKeyArn refuses values"),
    ("E9501", "alerting", lambda template: template.pop("Metadata"), "What is this microservice"),
]


def broken(name: str, change: Callable[[Template], Any]) -> Template:
    """A template with a change."""
    template: Template = json.loads(json.dumps(yaml_parse(path_of(name).read_text())))
    change(template)
    return template


def said(template: Template, *ids: str) -> list[tuple[str, str]]:
    """What our rules, or some of them, say of a template: each with its id."""
    rules = RulesCollection()
    rules.extend([rule for rule in RULES.values() if not ids or rule.id in ids])
    return [(match.rule.id, match.message) for match in lint(json.dumps(template), rules=rules, regions=["eu-west-1"])]


@pytest.mark.parametrize(("rule", "name", "change", "message"), [
    *((rule, name, lambda template, change=change: change(template["Resources"]), message) for rule, name, change, message in BROKEN), *WHOLE],
    ids=[f"{rule} {message}" for rule, _, _, message in [*BROKEN, *WHOLE]])
def test_a_template_that_breaks_a_rule_is_refused(rule: str, name: str, change: Callable[[Template], Any], message: str) -> None:
    found = said(broken(name, change), rule)
    assert [text for _, text in found if message in text], found


def test_a_wildcard_without_a_reason_is_refused_at_its_line(tmp_path: Path) -> None:
    text, reason = path_of("egress").read_text(), "  # log delivery and X-Ray have no resource-level permissions"
    path, line = tmp_path / "egress.yaml", text[:text.index(reason)].count("\n") + 1
    path.write_text(text.replace(reason, ""))
    done = subprocess.run([str(Path(sys.executable).parent / "cfn-lint"), "--regions", "eu-west-1", "--format", "parseable", str(path)],
                          cwd=ROOT, capture_output=True, text=True)
    assert f"{path}:{line}:" in done.stdout
    assert "E9301" in done.stdout
    assert re.findall(r":(E\d+):", done.stdout) == ["E9301"]


def test_every_rule_has_an_example_that_breaks_it() -> None:
    assert {rule for rule, *_ in [*BROKEN, *WHOLE]} | {"E9301"} == RULES.keys()
    for rule in RULES.values():
        assert rule.shortdesc
        assert rule.description.endswith("."), rule.id


def test_what_sam_cannot_expand_is_left_to_the_other_rules() -> None:
    template = broken("egress", lambda template: template["Resources"]["SendTweet"]["Properties"].update(Events="none"))
    assert said(template) == []
