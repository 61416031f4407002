"""What is going on can be seen, for a time, and without what people wrote."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch

sys.path.insert(0, str(Path(__file__).parents[2]))  # cfn-lint and editors start without the project on their path
from lint.expanding import at, expanded
from tools.intrinsics import Template, resources, root_of

EVERYTHING = [{"Ref": "WorkflowLogLevel"}, "ALL"]  # cfn-lint puts what is compared in an order of its own


class LogsEnd(CloudFormationLintRule):
    """Logs are kept for a time, and hold nobody's words."""

    id = "E9201"
    shortdesc = "Logs are kept for a time, and hold nobody's words"
    description = ("Log groups have RetentionInDays of LogRetentionDays. Functions log JSON to a group of their template, workflows to one too, "
                   "without execution data; stages log no requests.")

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each log that is kept for ever, or says too much."""
        groups = [logical_id for logical_id, _ in resources(expanded(cfn), "AWS::Logs::LogGroup")]
        for group, resource in resources(expanded(cfn), "AWS::Logs::LogGroup"):
            if resource.get("Properties", {}).get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
                yield at(cfn, group, f"{group} is not kept as long as LogRetentionDays says: RetentionInDays")
        for function, resource in resources(expanded(cfn), "AWS::Lambda::Function"):
            logging = resource["Properties"].get("LoggingConfig", {})
            if logging.get("LogFormat") != "JSON":
                yield at(cfn, function, f"{function} does not log JSON: LoggingConfig")
            if root_of(logging.get("LogGroup")) not in groups:
                yield at(cfn, function, f"{function} logs to a group that is kept for ever: name one of this template in LoggingConfig")
        for machine, resource in resources(expanded(cfn), "AWS::StepFunctions::StateMachine"):
            logging = resource["Properties"].get("LoggingConfiguration", {})
            if not _keeps_words_out(expanded(cfn), logging):
                yield at(cfn, machine, f"{machine} logs what people wrote: IncludeExecutionData has to be false unless WorkflowLogLevel is ALL")
            destinations = [root_of(each.get("CloudWatchLogsLogGroup", {}).get("LogGroupArn")) for each in logging.get("Destinations", [])]
            if logging.get("Level", "OFF") == "OFF" or not any(each in groups for each in destinations):
                yield at(cfn, machine, f"{machine} has no log: Logging with a Level and a group of this template")
        for stage, resource in resources(expanded(cfn), "AWS::ApiGateway::Stage"):
            settings = resource["Properties"].get("MethodSettings", [])
            if "AccessLogSetting" in resource["Properties"] or any(setting.get("DataTraceEnabled") for setting in settings):
                yield at(cfn, stage, f"{stage} logs requests, and so what people wrote")


class TracesThere(CloudFormationLintRule):
    """What can be traced is traced."""

    id = "E9202"
    shortdesc = "What can be traced is traced"
    description = "Functions, workflows and stages have X-Ray tracing."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each that has not."""
        for kind, name, value in (("AWS::Lambda::Function", "TracingConfig", {"Mode": "Active"}),
                                  ("AWS::StepFunctions::StateMachine", "TracingConfiguration", {"Enabled": True}),
                                  ("AWS::ApiGateway::Stage", "TracingEnabled", True)):
            for logical_id, resource in resources(expanded(cfn), kind):
                if resource["Properties"].get(name) != value:
                    yield at(cfn, logical_id, f"{logical_id} is not traced: Tracing")


def _keeps_words_out(template: Template, logging: dict[str, Any]) -> bool:
    """Whether a workflow logs without data: always, or unless WorkflowLogLevel, which by default does not, asks for everything."""
    if logging.get("IncludeExecutionData") is False:
        return True
    return (logging.get("Level") == {"Ref": "WorkflowLogLevel"}
            and logging.get("IncludeExecutionData") == {"Fn::If": ["LogsEverything", True, False]}
            and template["Conditions"].get("LogsEverything") in ({"Fn::Equals": each} for each in (EVERYTHING, EVERYTHING[::-1]))
            and template["Parameters"]["WorkflowLogLevel"].get("Default") == "ERROR")
