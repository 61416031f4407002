"""`python -m tools`: what a developer or an operator runs."""

import argparse

from tools import schema_registry


def main() -> None:
    """Parses the command line and runs the command."""
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    registry = commands.add_parser("schema-registry", help="render the schema registry's template from schemas/")
    registry.set_defaults(run=_schema_registry)
    arguments = parser.parse_args()
    arguments.run(arguments)


def _schema_registry(arguments: argparse.Namespace) -> None:
    schema_registry.TEMPLATE.write_text(schema_registry.render())
    print(f"Rendered {schema_registry.TEMPLATE.relative_to(schema_registry.ROOT)}.")


if __name__ == "__main__":
    main()
