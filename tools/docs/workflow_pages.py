"""A page for each workflow, and their index: a diagram, what starts it, what it publishes, what each state does and where its errors lead."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import contract, workflow_graph
from tools.contract import Publisher
from tools.docs import mermaid
from tools.docs.markdown import HEADER, code, link, table
from tools.templates import ROOT, WORKFLOWS, path_of, source_of, transformed, written
from tools.workflow_graph import Graph, State, Transition

FOLDER = Path("docs/workflows")
INDEX = FOLDER / "README.md"
ANY = "States.ALL"
WIDTH = 32  # of a label's line
SHAPES = {"Choice": ("{{", "}}"), "Fail": ("([", "])"), "Succeed": ("([", "])"), "Wait": ("[[", "]]")}


def pages() -> dict[Path, str]:
    """Every page by its path."""
    return {INDEX: _index(), **{_path(name, workflow): _page(name, workflow) for name, workflow in WORKFLOWS}}


def page_of(microservice: str, logical_id: str, page: Path) -> str:
    """What a resource is, with a link to what says more of it: a workflow's page, a function's code."""
    resource: dict[str, Any] = written(microservice)["Resources"].get(logical_id) or transformed(microservice)["Resources"][logical_id]
    if (microservice, logical_id) in WORKFLOWS:
        return f"workflow {link(logical_id, _path(microservice, logical_id), page)}"
    if resource["Type"] == "AWS::Serverless::Function":
        code_uri = (path_of(microservice).parent / resource["Properties"]["CodeUri"]).resolve().relative_to(ROOT)
        return f"function {link(logical_id, code_uri / 'app.py', page)}"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", resource["Type"].split("::")[-1]).lower()
    return f"{words} {code(logical_id)}"


def diagram(definition: dict[str, Any], event: str) -> str:
    """A workflow that an event starts. A dotted arrow is taken by an error: by those it names, or by any."""
    graph = workflow_graph.graph(definition)
    ids = {state.name: f"s{number}" for number, state in enumerate(graph.states)}
    lines = ["flowchart TB", f"    begin([{mermaid.label(event)}]) --> {ids[graph.scopes[0].start]}"]
    lines += _drawn(graph, ids, workflow_graph.MACHINE, "    ")
    if any(state.end and state.type not in ("Succeed", "Fail") for state in graph.states_in()):
        lines.append('    done(["end"])')
        lines += [f"    {ids[state.name]} --> done" for state in graph.states_in() if state.end and state.type not in ("Succeed", "Fail")]
    if failing := [ids[state.name] for state in graph.states if state.type == "Fail"]:
        lines += ["    classDef failure fill:#fdd,stroke:#c33,color:#600", f"    class {','.join(failing)} failure"]
    return mermaid.block(lines)


def _drawn(graph: Graph, ids: dict[str, str], scope: str, indent: str) -> Iterator[str]:
    """The states of a scope, with the scopes within them, and then its transitions."""
    for state in graph.states_in(scope):
        inner = graph.scopes_of(state.name)
        if not inner:
            yield f"{indent}{ids[state.name]}{_node(state)}"
            continue
        each = "for each item" if state.type == "Map" else "at once"
        yield f"{indent}subgraph {ids[state.name]} [{mermaid.label(f'{state.name} ({each})')}]"
        yield f"{indent}    direction TB"
        for part in inner:
            yield from _drawn(graph, ids, part.name, indent + "    ")
        yield f"{indent}end"
    for (source, target, dotted), labels in _arrows(graph, scope).items():
        text = mermaid.label(", ".join(filter(None, labels)), WIDTH) if any(labels) else ""
        plain, labelled = ("-.->", f"-. {text} .->") if dotted else ("-->", f"-- {text} -->")
        yield f"{indent}{ids[source]} {labelled if text else plain} {ids[target]}"


def _arrows(graph: Graph, scope: str) -> dict[tuple[str, str, bool], list[str]]:
    """What each arrow says, by the states that it joins and whether it is an error's; a state's errors that lead to one place share an arrow."""
    found: dict[tuple[str, str, bool], list[str]] = {}
    for each in graph.transitions_in(scope):
        found.setdefault((each.source, each.target, each.kind == "catch"), []).append(_says(graph, each))
    return found


def _says(graph: Graph, each: Transition) -> str:
    """What an arrow says. A question with one condition is answered by yes or no; several conditions are numbered, and the table has them."""
    if each.kind in ("choice", "default") and not each.comment:
        yes_or_no = each.source.endswith("?") and sum(other.kind == "choice" for other in graph.leaving(each.source)) == 1
        return {"choice": "yes" if yes_or_no else str(each.index + 1), "default": "no" if yes_or_no else "otherwise"}[each.kind]
    return "" if each.kind == "catch" and ANY in each.errors else each.label


def _node(state: State) -> str:
    before, after = SHAPES.get(state.type, ("[", "]"))
    name = mermaid.label(state.name, WIDTH)
    if state.action and state.action.split(":")[-1].lower() not in state.name.lower():
        name = f"{name[:-1]}<br/>{mermaid.label(state.action)[1:-1]}\""
    return f"{before}{name}{after}"


def _index() -> str:
    rows = [(link(workflow, _path(name, workflow), INDEX), str(_definition(name, workflow)["Comment"]), link(name, path_of(name), INDEX))
            for name, workflow in WORKFLOWS]
    return "\n".join([HEADER, "# Workflows\n", table(("workflow", "what it does", "microservice"), rows)])


def _page(name: str, workflow: str) -> str:
    page, definition = _path(name, workflow), _definition(name, workflow)
    started = [rule for rule in contract.rules() if rule.microservice == name and workflow in rule.targets]
    published = [detail_type for detail_type, publishers in contract.publishers().items() if Publisher(name, workflow) in publishers]
    file = (path_of(name).parent / written(name)["Resources"][workflow]["Properties"]["DefinitionUri"]).resolve().relative_to(ROOT)
    detail_types = list(dict.fromkeys(detail_type for rule in started for detail_type in rule.detail_types or ["every event"]))
    return "\n".join([
        HEADER, f"# {workflow}\n", f"{definition['Comment']}\n",
        f"Of {link(name, path_of(name), page)}, started by {_events(detail_types, page)}; publishes {_events(published, page)}. "
        f"{link('Definition', file, page)}. {link('What it may do', Path('docs/permissions.md'), page)}. [All workflows](README.md).\n",
        diagram(definition, ", ".join(detail_types)), "A dotted arrow is taken by an error: by those it names, or by any.\n",
        "## States\n", table(("state", "does", "time limit", "tries again", "errors lead to"), _states(definition))])


def _states(definition: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    graph = workflow_graph.graph(definition)
    definitions = dict(workflow_graph.walk(definition))
    for state in graph.states:
        catches = [f"{each.target} ({', '.join(map(code, each.errors))})" for each in graph.leaving(state.name) if each.kind == "catch"]
        choices = [f"{_says(graph, each)}: {code(each.condition)}" for each in graph.leaving(state.name) if each.kind == "choice"]
        limit = definitions[state.name].get("TimeoutSeconds")
        put = _put(definitions[state.name])
        does = [code(state.action) if state.action else state.type, f"Publishes {', '.join(put)}" if put else "", state.comment, *choices]
        yield (state.name, ". ".join(each.rstrip(".") for each in does if each), f"{limit} s" if limit else "", _retries(definitions[state.name]),
               "; ".join(catches))


def _retries(state: dict[str, Any]) -> str:
    parts: list[str] = []
    for retrier in state.get("Retry", []):
        attempts = retrier.get("MaxAttempts", 3)
        errors = ", ".join(code(error) for error in retrier["ErrorEquals"] if error != ANY)
        times = f"{attempts} times" if attempts else "never"
        parts.append(f"{times} after {errors}" if errors else f"{times} after anything else" if parts else times)
    return "; ".join(parts)


def _put(state: dict[str, Any]) -> list[str]:
    entries = state.get("Arguments", {}).get("Entries", []) if isinstance(state.get("Arguments"), dict) else []
    return [code(entry["DetailType"]) for entry in entries if "DetailType" in entry]


def _events(detail_types: list[str], page: Path) -> str:
    return ", ".join(link(each, Path(f"docs/events/{each}.md"), page) if each in contract.schemas() else each for each in detail_types) or "nothing"


def _definition(name: str, workflow: str) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads(source_of(name, workflow))
    return definition


def _path(name: str, workflow: str) -> Path:
    stem = Path(written(name)["Resources"][workflow]["Properties"]["DefinitionUri"]).name.removesuffix(".asl.json")
    return FOLDER / f"{stem}.md"
