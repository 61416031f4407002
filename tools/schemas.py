"""`python -m tools schemas`: renders the schema registry from `schemas/`, and compares these with the last release.

CloudFormation takes a schema's content only as text within the template, so `microservices/plumbing-schemas.yaml` is rendered rather than
written; a test compares it.
"""

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

import yaml

from tools import command, schema_evolution
from tools.output import note

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "schemas"
TEMPLATE = ROOT / "microservices" / "plumbing-schemas.yaml"

HEADER = "# Rendered from schemas/ by `python -m tools schemas render`: change the schemas, not this file.\n"


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


def version() -> str:
    """The version that is worked on, as pyproject.toml has it."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def add_to(commands: Any) -> None:
    """Its commands."""
    group = command.group(commands, "schemas", "look after the events' schemas")
    command.add(group, "render", _write, "render the schema registry's template from schemas/", "schemas render", stack=False)
    check = command.add(
        group, "check", _check, "compare schemas/ with the last release, and refuse what would break who relies on it",
        "schemas check\nschemas check --against v0.1.0", "The exit status is 1 where something would break; docs/schemas.md has the rules.",
        stack=False)
    check.add_argument("--against", metavar="TAG", help="the release to compare with (default: the last one before what is here)")


def _write(arguments: argparse.Namespace) -> int:
    TEMPLATE.write_text(render())
    print(f"Rendered {TEMPLATE.relative_to(ROOT)}.")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    tag = arguments.against or schema_evolution.last_release(ROOT)
    if tag is None:
        print("Nothing was released yet (there is no tag such as v0.1.0): any schema is as good as another.")
        return 0
    now = {path.stem: json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.json"))}
    found = schema_evolution.problems(schema_evolution.released(ROOT, tag), now, version())
    for each in found:
        print(each)
    note(f"{len(found)} of these may not be: a schema gains optional fields, and keeps what it has." if found
         else f"{len(now)} schemas keep what {tag} promised.", "red" if found else "green")
    return 1 if found else 0
