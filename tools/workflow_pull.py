"""A workflow's definition as it is deployed, back in the words of its file: with `${Name}` where the template substitutes a value."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from samcli.yamlhelper import yaml_parse

from tools.intrinsics import strings
from tools.stack import Failure, Service, Stack
from tools.workflow_files import ARNS, SUBSTITUTION, TYPES, Workflow

Values = Mapping[str, str]  # what is substituted, by the name within `${…}`
NUMBER = re.compile(r"-?[\d.]+")


def formatted(definition: Any) -> str:
    """A definition as Workflow Studio saves it."""
    return json.dumps(definition, indent=2, ensure_ascii=False) + "\n"


def pulled(stack: Stack, workflow: Workflow) -> str:
    """The deployed definition as text for the workflow's file. Failure where the stack does not have it, or where putting names back goes wrong."""
    service = _service_with(stack, workflow.logical_id)
    arn = service.resources[workflow.logical_id]
    deployed = json.loads(stack.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"])
    values = _values(stack, service, workflow.logical_id, arn)
    text = formatted(put_back(deployed, json.loads(workflow.text), values))
    if json.loads(SUBSTITUTION.sub(lambda found: json.dumps(values.get(found[1], found[0]))[1:-1], text)) != deployed:
        raise Failure(f"{workflow.name}: what was put in place of values does not lead back to them. Nothing was changed.")
    return text


def put_back(deployed: Any, written: Any, values: Values) -> Any:
    """A deployed definition with names in place of values.

    A string that the written definition makes, wherever it stands there, is taken from it. In any other, values are replaced where they stand as a
    whole, the longest first: those of the names that the written definition has in that place, and those that no other name has. A mere number
    is replaced only where its name stood.
    """
    made = {SUBSTITUTION.sub(lambda found: values.get(found[1], found[0]), string): string for string in strings(written)}
    unique = {name: value for name, value in values.items() if list(values.values()).count(value) == 1 and not NUMBER.fullmatch(value)}

    def string(text: str, before: Any) -> str:
        if text in made:
            return made[text]
        stood = {name: values[name] for name in SUBSTITUTION.findall(before if isinstance(before, str) else "") if name in values}
        return _replaced(text, {value: name for name, value in (unique | stood).items() if value})

    return _mapped(deployed, written, string)


def _mapped(value: Any, beside: Any, string: Callable[[str, Any], str]) -> Any:
    if isinstance(value, str):
        return string(value, beside)
    if isinstance(value, dict):
        return {key: _mapped(each, beside.get(key) if isinstance(beside, dict) else None, string) for key, each in value.items()}
    if isinstance(value, list):
        return [_mapped(each, beside[index] if isinstance(beside, list) and index < len(beside) else None, string)
                for index, each in enumerate(value)]
    return value


def _replaced(text: str, names: Mapping[str, str]) -> str:
    """The text with `${name}` for each value that stands as a whole; one pass, so that nothing within a name is replaced again."""
    if not names:
        return text
    longest_first = "|".join(re.escape(value) for value in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])(?:{longest_first})(?![\w-])", lambda found: f"${{{names[found[0]]}}}", text)


def _service_with(stack: Stack, logical_id: str) -> Service:
    for service in stack.services:
        if logical_id in service.resources:
            return service
    raise Failure(f"{stack.name} has no workflow {logical_id}: is it deployed?")


def _values(stack: Stack, service: Service, logical_id: str, arn: str) -> dict[str, str]:
    """What the deployed template substitutes in a workflow."""
    client = stack.client("cloudformation")
    body = client.get_template(StackName=service.stack, TemplateStage="Original")["TemplateBody"]
    template = body if isinstance(body, dict) else yaml_parse(body)
    [description] = client.describe_stacks(StackName=service.stack)["Stacks"]
    _, partition, _, region, account, *_ = arn.split(":")
    known = {
        **{each["ParameterKey"]: each.get("ResolvedValue") or each["ParameterValue"] for each in description.get("Parameters", [])},
        "AWS::Partition": partition, "AWS::Region": region, "AWS::AccountId": account, "AWS::StackName": description["StackName"],
        "AWS::StackId": description["StackId"]}
    resolve = _Resolver(template["Resources"], service.resources, known)
    given = template["Resources"][logical_id]["Properties"].get("DefinitionSubstitutions") or {}
    return {name: resolve(value) for name, value in given.items()}


class _Resolver:
    """What an intrinsic function of a deployed template comes to, by its stack: parameters, pseudo parameters, and what its resources are called."""

    def __init__(self, resources: dict[str, Any], physical: dict[str, str], known: dict[str, str]) -> None:
        self._resources, self._physical, self._known = resources, physical, known

    def __call__(self, value: Any) -> str:
        if not isinstance(value, dict):
            return str(value)
        [(function, argument)] = value.items()
        if function == "Ref":
            return self._reference(argument)
        if function == "Fn::GetAtt":
            return self._attribute(*(argument.split(".", 1) if isinstance(argument, str) else argument))
        if function == "Fn::Sub":
            text, more = argument if isinstance(argument, list) else (argument, {})
            return re.sub(r"\$\{([\w:.]+)\}", lambda found: self._named(found[1], more), text)
        raise Failure(f"{function} in a workflow's DefinitionSubstitutions: this command knows Ref, Fn::GetAtt and Fn::Sub.")

    def _named(self, name: str, more: dict[str, Any]) -> str:
        if name in more:
            return self(more[name])
        return self._attribute(*name.split(".", 1)) if "." in name else self._reference(name)

    def _reference(self, name: str) -> str:
        if name.endswith(".Alias"):  # SAM's word for the alias that it makes
            logical_id = name.removesuffix(".Alias")
            return self._physical[f"{logical_id}Alias{self._resources[logical_id]['Properties']['AutoPublishAlias']}"]
        return self._known[name] if name in self._known else self._physical[name]

    def _attribute(self, logical_id: str, attribute: str) -> str:
        kind, physical_id = self._resources[logical_id]["Type"], self._physical[logical_id]
        if kind == "AWS::Lex::BotAlias" and attribute == "BotAliasId":
            return physical_id.split("|")[0]
        if attribute != "Arn" or kind not in ARNS:
            raise Failure(f"{logical_id}.{attribute} in a workflow's DefinitionSubstitutions: this command does not know what it comes to.")
        if kind in TYPES or physical_id.startswith("arn:"):
            return physical_id
        service, before = ARNS[kind]
        region = "" if service in ("iam", "s3") else self._known["AWS::Region"]
        account = "" if service == "s3" else self._known["AWS::AccountId"]
        return f"arn:{self._known['AWS::Partition']}:{service}:{region}:{account}:{before}{physical_id.rsplit('/', 1)[-1]}"
