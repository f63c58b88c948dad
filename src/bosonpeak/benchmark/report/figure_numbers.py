"""The numbers of a figure, as a table that a reader takes along."""

from __future__ import annotations

import csv
import io
import math
from urllib.parse import quote

import numpy as np

from bosonpeak.benchmark.report.drawing import drawn_rows
from bosonpeak.benchmark.scorecards.figure import Figure
from bosonpeak.datasets.plain_text import one_line

_HEADER = ("panel", "series", "kind", "x", "y", "low", "high")


def figure_csv(figure: Figure) -> str:
    """All that a figure shows, a point a row, marks included; nothing where there is no number.

    Long lines have the points that were drawn; the scorecard (``--json``) has all of them.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    str
        CSV with a header. Text that a spreadsheet would take for a formula stands behind an apostrophe.
    """
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(_HEADER)
    for panel in figure.panels:
        title = _cell(panel.title)
        for series in panel.series:
            for row in drawn_rows(series):
                table.writerow([title, _cell(series.label), series.kind, *map(_number, row)])
        for mark in panel.marks:
            ends = (mark.value, mark.value) if mark.value is not None else (mark.start, mark.stop)
            place = [*ends, None, None] if mark.kind in ("vline", "span") else [None, None, *ends]
            table.writerow([title, _cell(mark.label), mark.kind, *map(_number, place)])
    return stream.getvalue()


def csv_address(figure: Figure) -> str:
    """The table as an address that holds it."""
    return f"data:text/csv;charset=utf-8,{quote(figure_csv(figure), safe=',.-+()= ')}"


def _cell(text: str) -> str:
    shown = one_line(text, 120)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@", "\t") else shown


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{np.float64(value):.7g}"
