"""Who tells what to whom: the picture of the microservices in the README, and the one of every event in the index of events."""

from collections import defaultdict

from tools import contract
from tools.docs import mermaid
from tools.templates import MICROSERVICES, ROOT, written

README = ROOT / "README.md"
START, END = "<!-- flow: python -m tools docs -->\n", "<!-- end of flow -->\n"


def summaries() -> dict[str, str]:
    """Each microservice in a few words, as its template's metadata has them; a template that only another one nests has none."""
    return {name: str(written(name)["Metadata"]["Summary"]) for name in MICROSERVICES if "Summary" in written(name).get("Metadata", {})}


def readme() -> str:
    """`README.md` with the picture as it is now."""
    before, _, rest = README.read_text().partition(START)
    return before + START + picture() + END + rest.partition(END)[2]


def picture() -> str:
    """An arrow for each event from who publishes it to who listens for it."""
    everything = _hearing_everything()
    arrows = sorted({(publisher, detail_type, listener) for detail_type, (publishers, listeners) in _ends().items()
                     for publisher in publishers for listener in listeners if listener not in (publisher, *everything)})
    return mermaid.block([
        "flowchart LR", '    X(("X"))', *_nodes(), '    X -- "signed webhook" --> ingress',
        *(f'    {mermaid.identifier(publisher)} -- "{detail_type}" --> {mermaid.identifier(listener)}'
          for publisher, detail_type, listener in arrows),
        '    egress -- "reply" --> X',
        _bus("-->")])


def every_event() -> str:
    """Each event between who publishes it and who listens for it, or the bus where nobody in particular does; what has the same ends is one node."""
    together: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for detail_type, (publishers, listeners) in _ends().items():
        together[publishers, listeners].append(detail_type)
    lines = ["flowchart LR", *_nodes()]
    for (publishers, listeners), detail_types in together.items():
        event = "event_" + mermaid.identifier(detail_types[0])
        lines.append(f'    {event}("{"<br/>".join(detail_types)}")')
        lines += [f"    {mermaid.identifier(publisher)} --> {event}" for publisher in publishers]
        lines += [f"    {event} --> {mermaid.identifier(listener)}" for listener in listeners or ["bus"]]
    return mermaid.block([*lines, _bus("-.->")])


def _nodes() -> list[str]:
    return [f'    {mermaid.identifier(name)}["<b>{name}</b><br/>{summary}"]' for name, summary in summaries().items()]


def _bus(arrow: str) -> str:
    return f'    bus[/"every event on the bus"/] {arrow} {" & ".join(map(mermaid.identifier, _hearing_everything()))}'


def _hearing_everything() -> list[str]:
    return sorted({rule.microservice for rule in contract.rules() if rule.detail_types is None})


def _ends() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The microservices that publish each event, and those that have a rule for it."""
    return {detail_type: (
        tuple(dict.fromkeys(publisher.microservice for publisher in publishers)),
        tuple(dict.fromkeys(rule.microservice for rule in contract.rules() if detail_type in (rule.detail_types or []))))
        for detail_type, publishers in contract.publishers().items()}
