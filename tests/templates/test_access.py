"""Who may do what: no more than workflows use, and through one path of the API. lint/rules/access.py has what holds everywhere."""

import pytest

from sandbox.aws.task_permissions import needed
from tools.intrinsics import listed, parts, resources, root_of, statements, under
from tools.templates import WORKFLOWS, transformed

OF_ANY_WORKFLOW = ("logs:", "xray:")  # for its log and its trace


@pytest.mark.parametrize(("name", "workflow"), WORKFLOWS)
def test_a_workflow_may_do_what_its_tasks_do_and_nothing_else(name: str, workflow: str) -> None:
    template = transformed(name)
    machine = template["Resources"][workflow]["Properties"]
    tasks = [part for part in parts(machine["Definition"]) if part.get("Type") == "Task"]
    calls = {action for task in tasks for action, *_ in needed(task["Resource"], task["Arguments"])}
    role = under(template["Resources"][root_of(machine["RoleArn"])], key=False)
    allowed = {action for statement in statements(role) for action in listed(statement["Action"]) if not action.startswith(OF_ANY_WORKFLOW)}
    assert allowed == calls


def test_the_api_has_one_path_and_checks_what_comes_in() -> None:
    [(_, api)] = resources(transformed("ingress"), "AWS::ApiGateway::RestApi")
    body = api["Properties"]["Body"]
    validators = body["x-amazon-apigateway-request-validators"]
    assert {path: set(methods) for path, methods in body["paths"].items()} == {"/twitter": {"get", "post"}}
    get, post = body["paths"]["/twitter"]["get"], body["paths"]["/twitter"]["post"]
    assert [(each["name"], each["required"]) for each in get["parameters"]] == [("crc_token", True)]
    assert validators[get["x-amazon-apigateway-request-validator"]]["validateRequestParameters"] is True
    assert post["requestBody"]["required"] is True
    assert validators[post["x-amazon-apigateway-request-validator"]]["validateRequestBody"] is True


def test_the_api_has_one_stage_and_a_limit() -> None:
    template = transformed("ingress")
    [(_, stage)] = resources(template, "AWS::ApiGateway::Stage")
    assert [deployment["Properties"].get("StageName") for _, deployment in resources(template, "AWS::ApiGateway::Deployment")] == [None]
    [settings] = stage["Properties"]["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert 0 < settings["ThrottlingRateLimit"] <= settings["ThrottlingBurstLimit"]
