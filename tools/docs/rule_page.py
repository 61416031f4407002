"""What every microservice owes: the rules of `lint/rules/`, each in its own words."""

import importlib
from pathlib import Path

from cfnlint.rules import CloudFormationLintRule

from tools.docs.markdown import HEADER, code, link, table
from tools.templates import ROOT

PAGE = Path("docs/architecture-rules.md")
RULES = Path("lint/rules")
COLUMNS = ("rule", "says", "asks")


def pages() -> dict[Path, str]:
    """The page by its path: a section for each module, a row for each rule."""
    parts = [HEADER, "# What every microservice owes\n",
             "Rules of cfn-lint, for the templates in `microservices/` and any other. Editors with cfn-lint show them while one writes, `make lint` "
             "asks them of everything; each has an example that breaks it in `tests/templates/test_architecture.py`.\n"]
    for path in sorted((ROOT / RULES).glob("*.py"), key=lambda path: min((rule.id for rule in rules(path)), default="")):
        module = importlib.import_module(f"lint.rules.{path.stem}")
        rows = [(code(rule.id), rule.shortdesc, rule.description) for rule in rules(path)]
        source = RULES / path.name
        parts.append(f"## {path.stem.capitalize()}\n\n{module.__doc__}\n\n{table(COLUMNS, rows)}\n{link(str(source), source, PAGE)}\n")
    return {PAGE: "\n".join(parts)}


def rules(path: Path) -> list[type[CloudFormationLintRule]]:
    """The rules of a module, by their ids."""
    module = importlib.import_module(f"lint.rules.{path.stem}")
    found = [each for each in vars(module).values()
             if isinstance(each, type) and issubclass(each, CloudFormationLintRule) and each.__module__ == module.__name__]
    return sorted(found, key=lambda rule: rule.id)
