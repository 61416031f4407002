"""What commands print: data to standard output, as a table on a terminal and as CSV or JSON elsewhere; everything else to standard error."""

import contextlib
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

Row = dict[str, Any]


def show(rows: Sequence[Row], columns: Sequence[str], as_json: bool = False, as_csv: bool = False) -> None:
    """Prints rows by their columns.

    On a terminal a table; else, and with `as_csv`, CSV with the columns' names first; with `as_json` a list of objects.
    """
    if as_json:
        print(json.dumps([{column: row.get(column) for column in columns} for row in rows], indent=2, ensure_ascii=False, default=str))
    elif sys.stdout.isatty() and not as_csv:
        table = Table(*(Column(column.replace("_", " "), overflow="fold") for column in columns))  # whole, to be copied
        for row in rows:
            table.add_row(*(Text(_text(row.get(column))) for column in columns))
        Console().print(table)
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(row.get(column)) for column in columns] for row in rows)


def note(text: str, style: str = "") -> None:
    """Tells whoever runs the command something that is no data."""
    _errors().print(Text(text, style))


@contextlib.contextmanager
def progress(text: str) -> Iterator["Progress"]:
    """While something takes long: a line on a terminal that can be told how far it is; elsewhere nothing."""
    console = _errors()
    with console.status(text) if console.is_terminal else contextlib.nullcontext() as status:
        yield Progress(text, status)


class Progress:
    """A running command's line on the terminal."""

    def __init__(self, text: str, status: Any) -> None:
        self._text, self._status = text, status

    def tell(self, how_far: str) -> None:
        """Says how far it is."""
        if self._status:
            self._status.update(f"{self._text} {how_far}")


def _errors() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
