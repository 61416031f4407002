"""The deployed application, on AWS or in the sandbox: its outputs, its microservices, and clients of the services it uses."""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

SANDBOX = Path(__file__).parents[1] / ".sandbox" / "outputs.json"
SANDBOX_STACK = "sandbox"
OUTPUTS = {"WebhookUrl", "EventBusName", "ArchiveArn"}  # what tells this application's root stack from any other


class Failure(Exception):
    """A command cannot do what it was asked to; the message says why, and what to do."""


@dataclass(frozen=True)
class Service:
    """A microservice: its name in the root template, the physical id of each of its resources by logical id, the type of each, and its stack."""

    name: str
    resources: dict[str, str]
    types: dict[str, str] = field(default_factory=dict)
    stack: str = ""

    def named(self, resource_type: str) -> dict[str, str]:
        """The physical ids of its resources of a type such as `AWS::Lambda::Function`, by logical id."""
        return {logical_id: self.resources[logical_id] for logical_id, kind in self.types.items() if kind == resource_type}


class Stack:
    """The application's root stack, or a microservice's that was deployed alone."""

    def __init__(self, name: str, session: Any, endpoint: str | None, outputs: dict[str, str] | None = None) -> None:
        self._session, self._endpoint = session, endpoint
        [description] = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        self.name: str = description["StackName"]
        self.parameters: dict[str, str] = {each["ParameterKey"]: each["ParameterValue"] for each in description.get("Parameters", [])}
        self._outputs = {**_outputs(description), **(outputs or {})}

    @functools.cache  # noqa: B019 - lives as long as the process
    def client(self, service: Any) -> Any:
        """A boto3 client."""
        return self._session.client(service, endpoint_url=self._endpoint, config=Config(retries={"mode": "standard"}))

    def output(self, name: str) -> str:
        """A stack output. Failure where the stack has none of that name."""
        if name not in self._outputs:
            raise Failure(f"The stack {self.name} has no output {name}: is it this application's root stack? Name another one with --stack.")
        return self._outputs[name]

    @property
    def outputs(self) -> dict[str, str]:
        """Every output."""
        return dict(self._outputs)

    @functools.cached_property
    def services(self) -> list[Service]:
        """The microservices in the order of their names; the stack itself where it has no nested ones."""
        resources = list(self.resources_of(self.name))
        nested = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::CloudFormation::Stack"}
        if not nested:
            return [_service(self.name, self.name, resources)]
        return [_service(name, stack, list(self.resources_of(stack))) for name, stack in sorted(nested.items())]

    def service(self, name: str) -> Service:
        """A microservice by its name, in any case. Failure where there is none."""
        for service in self.services:
            if service.name.lower() == name.lower():
                return service
        raise Failure(f"{self.name} has no microservice {name}. It has {', '.join(each.name for each in self.services)}.")

    def resources_of(self, stack: str) -> Iterator[dict[str, Any]]:
        """The resources of any stack, such as one that a microservice has nested in itself, as CloudFormation lists them."""
        for page in self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack):
            yield from page["StackResourceSummaries"]


def connect(name: str | None = None, region: str | None = None, profile: str | None = None, sandbox: bool = False) -> Stack:
    """The stack of that name, or else the only one that is this application; with `sandbox`, in the one that runs on this machine."""
    if sandbox:
        return of_sandbox(_read(SANDBOX), name)
    session = boto3.Session(region_name=region, profile_name=profile)
    return Stack(name or _only(session.client("cloudformation")), session, None)


def of_sandbox(outputs: dict[str, str], name: str | None = None) -> Stack:
    """The application in a sandbox, by what `.sandbox/outputs.json` says of it."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=outputs["Region"])  # noqa: S106 - known to all
    return Stack(name or SANDBOX_STACK, session, outputs["AwsEndpoint"], outputs)


def _read(sandbox: Path) -> dict[str, str]:
    try:
        outputs: dict[str, str] = json.loads(sandbox.read_text())
    except FileNotFoundError:
        raise Failure(f"No sandbox is up: there is no {sandbox}. Start one with `make sandbox`.") from None
    return outputs


def _only(cloudformation: Any) -> str:
    names: list[str] = [stack["StackName"] for page in cloudformation.get_paginator("describe_stacks").paginate()
                        for stack in page["Stacks"] if _outputs(stack).keys() >= OUTPUTS]
    if len(names) == 1:
        return names[0]
    if names:
        raise Failure(f"Several stacks are this application: {', '.join(names)}. Choose one with --stack.")
    raise Failure("No stack here is this application. Is this its region and account? Else name the stack with --stack.")


def _outputs(description: dict[str, Any]) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in description.get("Outputs", [])}


def _service(name: str, stack: str, resources: list[dict[str, Any]]) -> Service:
    return Service(name, {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in resources},
                   {each["LogicalResourceId"]: each["ResourceType"] for each in resources}, stack)
