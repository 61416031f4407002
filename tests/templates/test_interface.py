"""What a user passes in and gets out: the names that other programs rely on, described, alike everywhere, and passed on."""

import json
import re
import tomllib
from typing import Any

import pytest

from tools.intrinsics import Template, resources, root_of, statements
from tools.templates import MICROSERVICES, ROOT, WORKFLOWS, path_of, transformed, written

# The names and defaults that other programs rely on; None where there is no default.
PARAMETERS = {
    "BotUserId": None, "AlertEmail": "", "OperationsEmail": "", "XApiUrl": "https://api.x.com", "MediaHosts": "pbs.twimg.com",
    "PythonRuntime": "python3.13", "Architecture": "arm64", "KmsKeyArn": "",
    "DatabaseName": "messages-data-lake", "MetricNamespace": "ServerlessMessageAnalyser"}
OUTPUTS = {"WebhookUrl", "EventBusName", "ArchiveArn", "TwitterSecretArn", "AlertTopicArn", "OperationsTopicArn", "MediaBucketName",
           "DataLakeBucketName", "AthenaWorkGroup"}
# What a microservice decides for itself unless it is deployed alone.
OWN = {"LedgerRetentionDays"}
CONSTRAINTS = ("Type", "Default", "AllowedValues", "AllowedPattern", "MinValue", "MaxValue")
ENVIRONMENTS = ["default", "dev", "prod", "sandbox"]


def parameters(name: str) -> Template:
    """A template's parameters."""
    return dict(written(name).get("Parameters", {}))


def nested(name: str) -> dict[str, Template]:
    """What the root passes to a microservice."""
    [given] = [each["Properties"]["Parameters"] for _, each in resources(written("template"), "AWS::Serverless::Application")
               if each["Properties"]["Location"] == f"microservices/{name}.yaml"]
    return dict(given)


def configured(environment: str, command: str) -> dict[str, Any]:
    """What samconfig.toml says for a command in an environment."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    return {**config[environment].get("global", {}).get("parameters", {}), **config[environment][command]["parameters"]}


def overrides(environment: str) -> dict[str, str]:
    """The parameters that an environment sets."""
    return dict(each.split("=", 1) for each in configured(environment, "deploy").get("parameter_overrides", "").split())


@pytest.mark.parametrize(("name", "default"), PARAMETERS.items())
def test_the_root_has_the_parameters_that_others_rely_on(name: str, default: str | None) -> None:
    assert parameters("template")[name].get("Default") == default


def test_the_root_has_the_outputs_that_others_rely_on() -> None:
    assert set(written("template")["Outputs"]) >= OUTPUTS


@pytest.mark.parametrize(("name", "good", "bad"), [
    ("AlertEmail", ["", "me@example.com"], ["CHANGE-ME", "me@example", "me @example.com"]),
    ("MediaHosts", ["pbs.twimg.com", "http://127.0.0.1:4580,pbs.twimg.com"], ["", "pbs.twimg.com, video.twimg.com", "pbs.twimg.com/media"]),
    ("JokeApiUrl", ["https://icanhazdadjoke.com/"], ["", "icanhazdadjoke.com"]),
    ("BotUserId", ["1572000000000000001"], ["", "CHANGE-ME", "@makitdev"])])
def test_a_slip_is_noticed_before_anything_is_deployed(name: str, good: list[str], bad: list[str]) -> None:
    pattern = parameters("template")[name]["AllowedPattern"]
    assert [value for value in good if not re.fullmatch(pattern, value)] == []
    assert [value for value in bad if re.fullmatch(pattern, value)] == []


def test_outputs_say_what_to_do_next() -> None:
    told = {name for name, output in written("template")["Outputs"].items() if re.search("python -m tools|aws sns", output["Description"])}
    assert told >= OUTPUTS - {"MediaBucketName", "DataLakeBucketName"}


@pytest.mark.parametrize("name", [name for name in MICROSERVICES if name != "plumbing-schemas"])
def test_the_root_passes_on_what_a_microservice_takes(name: str) -> None:
    given, root = nested(name), parameters("template")
    for parameter, definition in parameters(name).items():
        if parameter in root:
            assert given.get(parameter) == {"Ref": parameter}, f"{name} does not get the root's {parameter}"
            assert {key: definition.get(key) for key in CONSTRAINTS} == {key: root[parameter].get(key) for key in CONSTRAINTS}, (
                f"{name}: {parameter} is another than the root's")
        else:
            assert "Fn::GetAtt" in given.get(parameter, {}) or given.get(parameter) == {"Ref": "AWS::StackName"} or parameter in OWN, (
                f"{name} does not get {parameter}")
    assert given.keys() <= parameters(name).keys()


def test_every_parameter_of_the_root_is_of_use() -> None:
    passed = {parameter for name in MICROSERVICES if name != "plumbing-schemas" for parameter in nested(name)}
    assert set(parameters("template")) <= passed


def test_the_ledger_remembers_longer_than_anything_can_be_replayed() -> None:
    assert parameters("egress")["LedgerRetentionDays"]["MinValue"] > parameters("plumbing")["ArchiveRetentionDays"]["MaxValue"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_builds_and_deploys(environment: str) -> None:
    build, deploy = configured(environment, "build"), configured(environment, "deploy")
    assert build["beta_features"] is True, "python-uv is a beta feature of the SAM CLI's"
    assert set(deploy["capabilities"].split()) == {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"}
    assert len(deploy["stack_name"]) <= 41
    assert overrides(environment).keys() <= parameters("template").keys()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_in_an_environment_is_tagged(environment: str) -> None:
    """Tags of the stack: CloudFormation passes them on to every nested stack and to every resource that takes tags."""
    tags = dict(tag.split("=") for tag in configured(environment, "deploy")["tags"].split())
    assert tags["application"] == "serverless-message-analyser"
    assert tags["environment"] == environment


def test_dev_may_share_an_account_with_the_others() -> None:
    for name in "DatabaseName", "MetricNamespace":
        assert overrides("dev")[name] != parameters("template")[name]["Default"]
    assert len({configured(environment, "deploy")["stack_name"] for environment in ENVIRONMENTS}) == len(ENVIRONMENTS)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_whose_bot_it_is_has_to_be_said(environment: str) -> None:
    assert not overrides(environment)["BotUserId"].isdigit()


# SAM's words for what CodeDeploy does to functions, in Step Functions' own: the type, the percentage and the minutes.
PACE = re.compile(r"(Canary|Linear)(\d+)Percent(?:Every)?(\d+)Minutes?")


@pytest.mark.parametrize(("name", "workflow"), WORKFLOWS)
def test_whoever_starts_a_workflow_starts_the_version_that_is_live(name: str, workflow: str) -> None:
    """At the pace of functions, and until one of the workflow's alarms goes off."""
    properties = written(name)["Resources"][workflow]["Properties"]
    pace, preference = written(name)["Mappings"]["Pace"], properties["DeploymentPreference"]
    assert properties["AutoPublishAlias"] == "live"
    assert preference == {
        "Type": {"Fn::FindInMap": ["Pace", {"Ref": "DeploymentPreference"}, "Type"]}, "Percentage": 10,
        "Interval": {"Fn::FindInMap": ["Pace", {"Ref": "DeploymentPreference"}, "Minutes"]},
        "Alarms": [{"Ref": f"{workflow}Failures"}, {"Ref": f"{workflow}TimeOuts"}]}
    gradual = [[word, kind.upper(), int(percent), int(minutes)] for word in parameters(name)["DeploymentPreference"]["AllowedValues"]
               for kind, percent, minutes in PACE.findall(word)]
    assert gradual == [[word, each["Type"], preference["Percentage"], each["Minutes"]] for word, each in pace.items() if word != "AllAtOnce"]
    assert pace["AllAtOnce"]["Type"] == "ALL_AT_ONCE"
    [target] = [target for _, rule in resources(transformed(name), "AWS::Events::Rule") for target in rule["Properties"]["Targets"]
                if root_of(target["Arn"]).startswith(workflow)]
    assert (target["Arn"], target["Id"]) == ({"Ref": f"{workflow}Aliaslive"}, workflow)
    role = transformed(name)["Resources"][root_of(target["RoleArn"])]
    assert [(each["Action"], each["Resource"]) for each in statements(role)] == [("states:StartExecution", {"Ref": workflow})]


@pytest.mark.parametrize("name", [name for name in MICROSERVICES if resources(written(name), "AWS::Serverless::Function")])
def test_whoever_calls_a_function_calls_the_version_that_is_live(name: str) -> None:
    """And a parameter's new value makes a new version: each that the function's configuration has is in the version's description."""
    for function, resource in resources(written(name), "AWS::Serverless::Function"):
        properties = resource["Properties"]
        assert (properties["AutoPublishAlias"], properties["AutoPublishAliasAllProperties"]) == ("live", True)
        assert properties["DeploymentPreference"] == {
            "Type": {"Ref": "DeploymentPreference"}, "Alarms": [{"Ref": function.removesuffix("Function") + "Errors"}]}
        used = set(re.findall(r'"Ref": "(\w+)"', json.dumps(properties))) & parameters(name).keys() - {
            "PythonRuntime", "Architecture", "DeploymentPreference"}  # another build, and nothing of the function's
        assert set(re.findall(r"\$\{(\w+)\}", properties["VersionDescription"]["Fn::Sub"])) == used, function
        text = path_of(name).read_text()
        assert re.findall(rf"{function}\.Arn|!Ref {function}(?!\.Alias|\w)", text.replace(f"Value: !Ref {function}", "")) == []
