"""What there is to reach in a workflow, and what of it was reached: states, rules of choices, retriers and catchers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tools import workflow_graph

DEFAULT = -1  # the index of a Choice's default
KINDS = {"state": "states", "choice": "choices", "retry": "retries", "catch": "catches"}


@dataclass(frozen=True)
class Element:
    """A state as a whole, or one of its rules, retriers or catchers."""

    kind: str  # of KINDS
    state: str
    index: int = 0

    def __str__(self) -> str:
        """As in “Ask Lex”: Retry[1]."""
        where = {"state": "", "choice": "Default" if self.index == DEFAULT else f"Choices[{self.index}]",
                 "retry": f"Retry[{self.index}]", "catch": f"Catch[{self.index}]"}[self.kind]
        return f"“{self.state}”{where and ': '}{where}"


@dataclass
class Reached:
    """What was reached, by the workflows' names."""

    elements: dict[str, set[Element]] = field(default_factory=dict)

    def add(self, workflow: str, *elements: Element) -> None:
        """Notes that something was."""
        self.elements.setdefault(workflow, set()).update(elements)

    def missing(self, workflow: str, definition: dict[str, Any], kind: str) -> list[Element]:
        """What of a kind was not, in the order of the definition."""
        return [element for element in elements(definition) if element.kind == kind and element not in self.elements.get(workflow, set())]

    def row(self, workflow: str, definition: dict[str, Any]) -> dict[str, Any]:
        """A line of the report: of each kind "reached/all", and the whole in per cent."""
        every = elements(definition)
        counts = {name: (sum(each.kind == kind for each in every), len(self.missing(workflow, definition, kind))) for kind, name in KINDS.items()}
        found = sum(total - lacking for total, lacking in counts.values())
        return {"workflow": workflow, **{name: f"{total - lacking}/{total}" for name, (total, lacking) in counts.items()},
                "covered": f"{100 * found // len(every)} %"}


COLUMNS = ("workflow", *KINDS.values(), "covered")


def elements(definition: dict[str, Any]) -> list[Element]:
    """All that there is to reach."""
    graph = workflow_graph.graph(definition)
    found: list[Element] = []
    for state in graph.states:
        found.append(Element("state", state.name))
        leaving = graph.leaving(state.name)
        found += [Element("choice", state.name, each.index) for each in leaving if each.kind == "choice"]
        found += [Element("choice", state.name, DEFAULT) for each in leaving if each.kind == "default"]
        found += [Element("retry", state.name, index) for index in range(len(state.retriers))]
        found += [Element("catch", state.name, each.index) for each in leaving if each.kind == "catch"]
    return found


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The report as text in columns."""
    lines = [dict(zip(COLUMNS, COLUMNS, strict=True)), *rows]
    widths = {column: max(len(str(line[column])) for line in lines) for column in COLUMNS}
    return "\n".join("  ".join(str(line[column]).rjust(widths[column]) if column != "workflow" else str(line[column]).ljust(widths[column])
                               for column in COLUMNS) for line in lines)
