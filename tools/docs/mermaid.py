"""Mermaid, the diagrams that forges draw: names and labels that cannot break one, and a check of what the pages here use of it."""

import re

_REPLACED = {'"': "'", "<": "‹", ">": "›", "`": "'", "\\": "/", "#": "＃"}  # Mermaid's own escapes come out as they are on some arrows
_RESERVED = {"end", "graph", "subgraph", "flowchart", "class", "click", "style", "default", "direction", "call", "href"}

# The lines that the pages here are made of.
_ID = r"[A-Za-z_]\w*"
_TEXT = r'"(?:[^"\\`]|<br/>)+"'
_SHAPES = (r"\[", r"\]"), (r"\[/", r"/\]"), (r"\[\[", r"\]\]"), (r"\(", r"\)"), (r"\(\(", r"\)\)"), (r"\(\[", r"\]\)"), (r"{{", "}}")
_NODE = rf"{_ID}(?:{'|'.join(before + _TEXT + after for before, after in _SHAPES)})?"
_ARROW = rf"(?:--+>|-\.+->|-- {_TEXT} -->|-\. {_TEXT} \.->)"
_LINE = re.compile(
    rf"(?:flowchart (?:LR|TB)|end|direction (?:LR|TB)|subgraph {_ID} ?\[{_TEXT}\]|classDef {_ID} [\w:#,.-]+|class {_ID}(?:,{_ID})* {_ID}"
    rf"|{_NODE}(?: & {_NODE})*(?: {_ARROW} {_NODE}(?: & {_NODE})*)*)")


def label(text: str, width: int = 0) -> str:
    """A text as a label, in quotes; where a width is given, broken into lines of about as many characters."""
    lines, words = [""], text.split()
    for word in words:
        if width and lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return '"' + "<br/>".join("".join(_REPLACED.get(character, character) for character in line) for line in lines) + '"'


def identifier(name: str) -> str:
    """A node's name for Mermaid, of letters, digits and underscores."""
    made = re.sub(r"\W", "_", name)
    return f"_{made}" if made.lower() in _RESERVED or made[:1].isdigit() else made


def problems(diagram: str) -> list[str]:
    """What is wrong with a diagram: lines that are not of the kinds that are used here, subgraphs that do not end, nodes without a label.

    Mermaid takes more; a diagram without problems is one that it draws.
    """
    lines = [line.strip() for line in diagram.strip().splitlines()]
    found = [f"not a line of a flowchart: {line}" for line in lines if not _LINE.fullmatch(line)]
    found += [] if lines and lines[0].startswith("flowchart ") else ["it does not begin with flowchart"]
    if sum(line.startswith("subgraph ") for line in lines) != lines.count("end"):
        found.append("as many subgraphs begin as do not end")
    bare = [re.sub(_TEXT, '""', line) for line in lines if not re.match(r"flowchart|direction|classDef|class |end$", line)]
    named = {name for line in bare for name in re.findall(rf"(?<!\w)({_ID})\s?(?=[\[({{])", line)}
    every = {name for line in bare for name in re.findall(rf"(?<![\w\"])({_ID})", line) if name not in ("subgraph",)}
    return found + [f"there is no label for {name}" for name in sorted(every - named)]


def block(lines: list[str]) -> str:
    """The diagram as a page has it. Raises ValueError with what is wrong where Mermaid might not draw it."""
    text = "\n".join(lines)
    if wrong := problems(text):
        raise ValueError("; ".join(wrong))
    return f"```mermaid\n{text}\n```\n"
