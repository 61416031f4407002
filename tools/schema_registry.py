"""Renders `microservices/plumbing-schemas.yaml`, the schema registry, from `schemas/`.

CloudFormation takes a schema's content only as text within the template, so the template is rendered rather than written; a test compares it.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import yaml

from tools import command

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "schemas"
TEMPLATE = ROOT / "microservices" / "plumbing-schemas.yaml"

HEADER = "# Rendered from schemas/ by `python -m tools schema-registry`: change the schemas, not this file.\n"


def render() -> str:
    """The template's text."""
    resources: dict[str, object] = {
        "Registry": {"Type": "AWS::EventSchemas::Registry",
                     "Properties": {"RegistryName": {"Ref": "RegistryName"}, "Description": "Every event on the bus."}}}
    for path in sorted(SCHEMAS.glob("*.json")):
        schema = json.loads(path.read_text())
        resources["".join(word.capitalize() for word in path.stem.split("_"))] = {
            "Type": "AWS::EventSchemas::Schema",
            "Properties": {
                "RegistryName": {"Fn::GetAtt": "Registry.RegistryName"}, "SchemaName": path.stem, "Type": "JSONSchemaDraft4",
                "Description": schema["description"], "Content": json.dumps(schema, separators=(",", ":"))}}
    parameters = {"RegistryName": {
        "Type": "String", "AllowedPattern": "^[0-9A-Za-z_.-]{1,64}$", "ConstraintDescription": "Letters, digits and . _ -, 64 at most.",
        "Description": "The registry's name. A nested stack's own name is longer than a registry's may be."}}
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Description": "The schema registry: the contract of every event.",
                "Parameters": parameters, "Resources": resources}
    return HEADER + yaml.safe_dump(template, sort_keys=False, width=10**6)


def add_to(commands: Any) -> None:
    """`python -m tools schema-registry`."""
    command.add(commands, "schema-registry", _write, "render the schema registry's template from schemas/", "schema-registry", stack=False)


def _write(arguments: argparse.Namespace) -> int:
    TEMPLATE.write_text(render())
    print(f"Rendered {TEMPLATE.relative_to(ROOT)}.")
    return 0
