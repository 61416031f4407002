"""What a microservice takes and gives, and that it says so: it knows the bus, and no neighbour."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch

sys.path.insert(0, str(Path(__file__).parents[2]))  # cfn-lint and editors start without the project on their path
from lint.expanding import at, expanded
from tools.intrinsics import Template, resources

SENTENCE = re.compile(r"\.$|: (python -m tools|aws) .+$")  # or what to do next
REFUSING = {"AllowedPattern", "MinValue", "MaxValue"}


class Described(CloudFormationLintRule):
    """Who deploys a template knows what it takes and gives."""

    id = "E9501"
    shortdesc = "What goes in and out is described"
    description = ("Every parameter and output has a description that is a sentence, and a parameter that refuses values says why; a microservice "
                   "says in Metadata: Summary: what it is, in brief.")

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each that has none."""
        for kind in "Parameters", "Outputs":
            for name, definition in cfn.template.get(kind, {}).items():
                if not SENTENCE.search(str(definition.get("Description", ""))):
                    yield RuleMatch([kind, name], f"{name} needs a Description that ends with a full stop, or with a command")
                if definition.keys() & REFUSING and not SENTENCE.search(str(definition.get("ConstraintDescription", ""))):
                    yield RuleMatch([kind, name], f"{name} refuses values and does not say why: ConstraintDescription")
        if _on_the_bus(cfn.template) and not cfn.template.get("Metadata", {}).get("Summary"):
            yield RuleMatch(["Resources"], "What is this microservice, in a few words? The template needs Metadata: Summary:")


class NoNeighbour(CloudFormationLintRule):
    """Deployed alone, a microservice needs names of buses, topics, buckets and secrets, which anybody may give it; it imports nothing."""

    id = "E9502"
    shortdesc = "A microservice knows the bus and no neighbour"
    description = "No Fn::ImportValue, and no dynamic reference to what another stack has stored: what it needs is a parameter."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each resource that does."""
        for logical_id, resource in cfn.template.get("Resources", {}).items():
            for words in "Fn::ImportValue", "{{resolve:":
                if words in str(resource):
                    yield at(cfn, logical_id, f"{logical_id} knows another stack by {words}: make it a parameter")


class RuntimeFromOutside(CloudFormationLintRule):
    """One choice of runtime and processor for all functions."""

    id = "E9503"
    shortdesc = "Runtime and processor reach every function"
    description = "Functions have Runtime of PythonRuntime, Architectures of Architecture, and Metadata: BuildMethod: python-uv."

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each function with its own."""
        for function, resource in resources(expanded(cfn), "AWS::Lambda::Function"):
            if resource["Properties"].get("Runtime") != {"Ref": "PythonRuntime"}:
                yield at(cfn, function, f"{function} has a runtime of its own: Runtime has to be !Ref PythonRuntime")
            if resource["Properties"].get("Architectures") != [{"Ref": "Architecture"}]:
                yield at(cfn, function, f"{function} has a processor of its own: Architectures has to be [!Ref Architecture]")
            if resource.get("Metadata", {}).get("BuildMethod") != "python-uv":
                yield at(cfn, function, f"{function} is built in another way than the others: Metadata: BuildMethod: python-uv")


class RuleSaysWhat(CloudFormationLintRule):
    """A rule's table of samples stands next to its pattern; a test compares the two with the bus's own matcher."""

    id = "E9504"
    shortdesc = "A rule says which samples it matches"
    description = ("AWS::Events::Rule has Metadata: Matches: {Samples, Replays}. Samples are names of events/, * stands for any, ! for an exception; "
                   "Replays says whether it takes replayed ones too.")

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        """A match for each rule without a table, and for each table that is incomplete."""
        for rule, resource in resources(expanded(cfn), "AWS::Events::Rule"):
            table = (resource.get("Metadata") or {}).get("Matches")
            if not isinstance(table, dict) or not table.get("Samples"):
                yield at(cfn, rule, f"{rule} does not say what it matches: Metadata: Matches: Samples: with names of events/")
            elif not isinstance(table.get("Replays"), bool):
                yield at(cfn, rule, f"{rule} does not say whether it takes replayed events: Metadata: Matches: Replays: true or false")


def _on_the_bus(template: Template) -> bool:
    return bool(resources(template, "AWS::Events::EventBus")) or "EventBusName" in template.get("Parameters", {})
