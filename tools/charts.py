"""Charts of answers and metrics, as PNG files. Only here is matplotlib imported, and only when something is drawn."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tools.athena import NUMBERS, Answer
from tools.stack import Failure

DAY = re.compile(r"\d{4}-\d\d-\d\d")
PERCENTILE = re.compile(r"p\d+")
COLOURS = ("#3b6fb6", "#e08e2b", "#4f9d69", "#b5485d", "#7b62a3", "#4bacc0", "#8c6d4f", "#c46fa5", "#8a8f3c", "#6b7280")
MOODS = {"POSITIVE": "#4f9d69", "NEGATIVE": "#c0392b", "NEUTRAL": "#9aa3ad", "MIXED": "#e0b02b"}
INK, PALE = "#30363d", "#d8dce0"
DPI = 120
MOST = 40  # bars that a picture has room for

Series = dict[str, list[float | None]]


def draw(title: str, answer: Answer, path: str) -> None:
    """Draws what suits an answer: days as stacked bars or lines, anything else as horizontal bars. Failure where there is nothing to draw."""
    if not answer.rows:
        raise Failure("There is nothing to draw: the answer has no rows.")
    numbers = [index for index, kind in enumerate(answer.types) if kind in NUMBERS]
    texts = [index for index in range(len(answer.types)) if index not in numbers]
    if not numbers:
        raise Failure("There is nothing to draw: no column of the answer is a number.")
    with figure(path, 10, 5 if _by_day(answer, texts) else min(1.6 + 0.3 * len(answer.rows), 14)) as drawn:
        axes = drawn.add_subplot()
        if _by_day(answer, texts):
            _days(axes, answer, numbers, texts)
        else:
            _bars(axes, answer, numbers[0], texts)
        tidy(axes, title)


def _by_day(answer: Answer, texts: list[int]) -> bool:
    return texts[:1] == [0] and all(DAY.fullmatch(row[0] or "") for row in answer.rows)


def _days(axes: Any, answer: Answer, numbers: list[int], texts: list[int]) -> None:
    days = _all_days(sorted({date.fromisoformat(str(row[0])) for row in answer.rows}))
    places = {day: place for place, day in enumerate(days)}
    wanted = [index for index in numbers if PERCENTILE.fullmatch(answer.columns[index])]
    series: Series = {}
    if len(texts) > 1:
        for row in answer.values():
            series.setdefault(str(row[texts[1]]), [None] * len(days))[places[date.fromisoformat(row[0])]] = row[numbers[0]]
        stack(axes, range(len(days)), series, 0.8)
        axes.set_ylabel(_words(answer.columns[numbers[0]]))
    else:
        rows = {date.fromisoformat(row[0]): row for row in answer.values()}
        series = {answer.columns[index]: [rows[day][index] if day in rows else None for day in days] for index in wanted or numbers}
        if len(series) > 1:
            lines(axes, range(len(days)), series)
            axes.set_ylim(bottom=0)
            axes.set_ylabel("seconds" if wanted else "")
        else:
            stack(axes, range(len(days)), series, 0.8)
            axes.set_ylabel(_words(answer.columns[numbers[0]]))
    axes.set_xlim(-0.8, max(len(days), 7) - 0.2)  # a day alone does not fill the picture
    step = max(1, len(days) // 12)
    axes.set_xticks(range(0, len(days), step), [f"{day.day} {day:%b}" for day in days[::step]])


def _all_days(days: list[date]) -> list[date]:
    """From the first to the last, those without a row too; by weeks where all are as many weeks apart."""
    span = (days[-1] - days[0]).days
    step = 7 if len(days) > 1 and all((day - days[0]).days % 7 == 0 for day in days) else 1
    return [days[0] + timedelta(days=number) for number in range(0, span + 1, step)]


def _bars(axes: Any, answer: Answer, number: int, texts: list[int]) -> None:
    rows = answer.values()[:MOST]
    names = [", ".join(_short(str(row[index]), 40) for index in texts[:2] if row[index] is not None) or "–" for row in rows]
    widths = [row[number] or 0 for row in rows]
    drawn = axes.barh(range(len(rows)), widths, color=COLOURS[0], height=0.7)
    axes.bar_label(drawn, [f"{width:,.6g}" for width in widths], padding=4, color=INK, fontsize=9)
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(right=max([*widths, 1]) * 1.1)
    axes.set_xlabel(_words(answer.columns[number]))


def lines(axes: Any, places: Sequence[Any], series: Series) -> None:
    """A line for each of the series; None where there is no value."""
    for (name, values), colour in zip(series.items(), _colours(list(series)), strict=True):
        known = [(place, value) for place, value in zip(places, values, strict=True) if value is not None]
        axes.plot(*zip(*known, strict=True), color=colour, label=name, marker="o", markersize=3.5, linewidth=1.6)
    _legend(axes, series)


def stack(axes: Any, places: Sequence[Any], series: Series, width: Any) -> None:
    """A bar for each place, the series upon each other."""
    below = [0.0] * len(places)
    for (name, known), colour in zip(series.items(), _colours(list(series)), strict=True):
        values = [value or 0 for value in known]
        axes.bar(places, values, width, bottom=below, color=colour, label=name)
        below = [bottom + value for bottom, value in zip(below, values, strict=True)]
    _legend(axes, series)


def over_time(axes: Any, times: list[datetime], period: int, series: Series, stacked: bool, counted: bool) -> None:
    """What a dashboard's widget shows; where nothing was counted, nothing was there."""
    import matplotlib.dates

    dates: Any = matplotlib.dates
    locator = dates.AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    axes.xaxis.get_offset_text().set_fontsize(7)
    axes.set_xlim(times[0] - timedelta(seconds=period / 2), times[-1] + timedelta(seconds=period / 2))
    if not series:
        axes.text(0.5, 0.5, "nothing", transform=axes.transAxes, ha="center", color="#8a939c")
        axes.set_yticks([])
        return
    if counted:
        series = {name: [value or 0 for value in values] for name, values in series.items()}
    if stacked:
        stack(axes, times, series, timedelta(seconds=0.8 * period))
    else:
        lines(axes, times, series)
    axes.set_ylim(0, 1.1 * (axes.dataLim.ymax or 1))  # a mark at the top is whole


def _colours(names: list[str]) -> list[str]:
    return [MOODS.get(name, COLOURS[number % len(COLOURS)]) for number, name in enumerate(names)]


def _legend(axes: Any, series: Series) -> None:
    if len(series) > 1:  # below the chart, where it hides nothing
        columns = min(len(series), 4 if max(map(len, series)) < 20 else 2)
        axes.legend(frameon=False, fontsize=8, ncols=columns, loc="upper center", bbox_to_anchor=(0.5, -0.17), labelcolor=INK)


def tidy(axes: Any, title: str) -> None:
    """The looks that all charts share."""
    axes.set_title(title, loc="left", color=INK, fontsize=11, fontweight="bold")
    axes.grid(color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    for spine in axes.spines.values():
        spine.set_color(PALE)


@contextlib.contextmanager
def figure(path: str, width: float, height: float, layout: Any = "constrained") -> Iterator[Any]:
    """A figure of so many inches that is written to a PNG file in the end. Failure where that cannot be written."""
    import matplotlib
    from matplotlib.figure import Figure

    if Path(path).suffix.lower() != ".png":
        raise Failure(f"{path} is no PNG file: name it FILE.png.")
    with matplotlib.rc_context({"text.parse_math": False, "axes.formatter.useoffset": False}):  # a $ in a text is a $
        drawn = Figure(figsize=(width, height), layout=layout, facecolor="white")
        yield drawn
        try:
            drawn.savefig(path, dpi=DPI, metadata={"Creation Time": datetime.now(UTC).isoformat()})
        except OSError as error:
            raise Failure(f"{path} cannot be written: {error.strerror}.") from None


def _words(name: str) -> str:
    return name.replace("_", " ")


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length - 1] + "…"
