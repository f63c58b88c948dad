"""A whole figure as a file: all panels with titles and legends for a paper or a talk, and its numbers as a table."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from bosonpeak.benchmark.report.svg import plain_settings
from bosonpeak.benchmark.report.words.wording import one_line
from bosonpeak.datasets.storage.atomic import write_bytes
from bosonpeak.plot.figure import Figure, Panel
from bosonpeak.plot.palette import INDEX, INK, symbols
from bosonpeak.plot.panel_axes import drawn_rows, fill_axes, legend_entries

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Format = Literal["svg", "pdf", "png"]

_QUOTED = {code: f"%{code:02X}" for code in range(128) if not (chr(code).isalnum() or chr(code) in "_.,-+()=~ ")}
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_HEADER = ("panel", "series", "kind", "x", "y", "low", "high")
_COLUMNS = 3
_LONGEST_OF_TWO = 22
_WIDTH, _HEIGHT, _LEGEND_ROW, _HEAD, _LINE = 3.6, 2.7, 0.19, 0.5, 0.17  # inches
_LETTERS = 42
"""Bold letters of a title above one panel."""


def write_figure(figure: Figure, path: Path, form: Format) -> None:
    """Write a figure to `path` atomically."""
    import matplotlib

    stream = io.BytesIO()
    with matplotlib.rc_context(plain_settings()):
        dated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
        _drawn(figure).savefig(stream, format=form, metadata=dated[form], dpi=150)
    write_bytes(path, stream.getvalue())


def _drawn(figure: Figure) -> Canvas:
    from matplotlib.figure import Figure as Canvas

    columns = min(len(figure.panels), _COLUMNS)
    rows = math.ceil(len(figure.panels) / columns)
    entries = max(math.ceil(_labelled(panel) / _legend_columns(panel)) for panel in figure.panels)
    cell = _HEIGHT + 0.75 + _LEGEND_ROW * entries
    title = wrap(one_line(figure.title, 120), columns * _LETTERS)
    head = _HEAD + _LINE * (len(title) - 1)
    height = rows * cell + head
    canvas = Canvas(figsize=(columns * _WIDTH, height), facecolor="white")
    canvas.text(0.15 / (columns * _WIDTH), 1 - 0.18 / height, "\n".join(title), weight="bold", va="top")
    for number, panel in enumerate(figure.panels):
        row, column = divmod(number, columns)
        bottom = height - head - row * cell - 0.55 - (_HEIGHT - 0.55)
        left = 0.175 + (0.15 if panel.y_names else 0.0)
        box = ((column + left) / columns, bottom / height, (0.96 - left) / columns, (_HEIGHT - 0.55) / height)
        axes = canvas.add_axes(box)
        fill_axes(axes, panel)
        axes.text(-0.18, 1.16, symbols(one_line(panel.title, 60)), transform=axes.transAxes, weight="bold", color=INK)
        _add_legend(axes, panel)
    _lower_indices(canvas)
    return canvas


def _lower_indices(canvas: Canvas) -> None:
    """Set the indices of letters as mathematics, in the upright font of the labels."""
    from matplotlib.text import Text

    for text in canvas.findobj(Text):
        written = text.get_text()
        if INDEX.search(written):
            text.set_text(INDEX.sub(r"\1$_{\\mathrm{\2}}$", written.replace("$", r"\$")))
            text.set_parse_math(True)


def _add_legend(axes: Axes, panel: Panel) -> None:
    drawn, labels = legend_entries(axes)
    if drawn:
        axes.legend(
            drawn,
            [symbols(one_line(label, 60)) for label in labels],
            loc="upper left",
            bbox_to_anchor=(-0.18, -0.2),
            ncols=_legend_columns(panel),
            frameon=False,
            fontsize=8.5,
            handlelength=2.0,
            columnspacing=1.0,
            borderaxespad=0.0,
        )


def _labelled(panel: Panel) -> int:
    """Number of entries of the legend, if all of them are drawn."""
    return len({*(each.label for each in panel.series), *(each.label for each in panel.marks)} - {""})


def _legend_columns(panel: Panel) -> int:
    labels = [each.label for each in panel.series] + [mark.label for mark in panel.marks]
    return 2 if max(map(len, labels), default=0) <= _LONGEST_OF_TWO else 1


def figure_csv(figure: Figure) -> str:
    """CSV table of a figure, one row per drawn point, marks included; empty cells for missing numbers."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(_HEADER)
    for panel in figure.panels:
        title = csv_cell(panel.title)
        for series in panel.series:
            label = csv_cell(series.label)
            for row in drawn_rows(series):
                table.writerow([title, label, series.kind, *map(_number, row)])
        for mark in panel.marks:
            ends = (mark.value, mark.value) if mark.value is not None else (mark.start, mark.stop)
            place = [*ends, None, None] if mark.kind in ("vline", "span") else [None, None, *ends]
            table.writerow([title, csv_cell(mark.label), mark.kind, *map(_number, place)])
    return stream.getvalue()


def csv_address(table: str) -> str:
    """Data URL of a CSV table."""
    # `quote` alone works letter by letter and takes many times longer.
    quoted = _FOREIGN.sub(lambda found: quote(found[0], safe=""), table.translate(_QUOTED))
    return f"data:text/csv;charset=utf-8,{quoted}"


def csv_cell(text: str, longest: int = 120) -> str:
    """Text on one line, after an apostrophe if a spreadsheet would take the text for a formula."""
    shown = one_line(text, longest)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@", "\t") else shown


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.7g}"
