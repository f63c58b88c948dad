"""Values that claims of the suite expect and values printed in papers, drawn as lines beside the data."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from bosonpeak.datasets.errors import NotApplicableError, did_you_mean
from bosonpeak.plot.drawing import draw_laws, finish, new_axes
from bosonpeak.plot.figure import Mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLAIMED_EXPONENTS = {"SIM-2": 2.0, "SIM-4": 3.0, "LB-1, SIM-3": 4.0}
"""Exponents s that claims of the suite expect of soft-sphere glasses."""

LOWER_BOUND = "lower bound"
"""Label of a series of one-sided bounds of the exponent, after a comma."""

CLAIMED_SLOPES = {"−1/2 (SIM-1, m = 2)": -0.5, "−1 (SIM-1, m = ∞)": -1.0}
"""Exponents of the distribution of small stresses that a claim of the suite expects."""


@dataclass(frozen=True)
class PublishedValue:
    """Value printed in a paper, its place on the abscissa (x) or ordinate (y), and the error of reading."""

    quantity: str
    axis: str
    value: float
    reading_error: float
    unit: str
    source: str


@functools.cache
def published_values(figure: str) -> dict[str, PublishedValue]:
    """Values printed for a figure of a paper, by quantity; NotApplicableError if none are stored."""
    text = resources.files("bosonpeak.plot").joinpath("published_values.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    names = dict.fromkeys(row["figure"] for row in rows)
    if figure not in names:
        raise NotApplicableError(
            "no values of this figure are stored",
            expected=", ".join(names),
            got=repr(figure),
            likely_cause=did_you_mean(figure, names),
        )
    return {
        row["quantity"]: PublishedValue(
            row["quantity"], row["axis"], float(row["value"]), float(row["reading_error"]), row["unit"], row["source"]
        )
        for row in rows
        if row["figure"] == figure
    }


def published_marks(figure: str, scale: float = 1.0) -> tuple[Mark, ...]:
    """Lines at the values printed for a figure times a scale, with the error of reading shaded."""
    marks = []
    for each in published_values(figure).values():
        line, area = ("vline", "span") if each.axis == "x" else ("hline", "hspan")
        place, error = each.value * scale, each.reading_error * scale
        marks.append(Mark(line, value=place, label=f"paper: {each.quantity}"))  # type: ignore[arg-type]
        if error:
            marks.append(Mark(area, start=place - error, stop=place + error))  # type: ignore[arg-type]
    return tuple(marks)


def published(figure: str, *, ax: Axes | None = None, scale: float = 1.0) -> Axes:
    """Draw the values printed in a paper for one of its figures, beside the curves on given axes.

    Parameters
    ----------
    figure : str
        Name of the figure as in ``bosonpeak figures``, such as ``"networks-2"``.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    scale : float
        Unit of the paper in the unit of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        With a line at each value, and the error of reading shaded; sources are in ``published_values.csv``.

    Raises
    ------
    NotApplicableError
        If no values of the figure are stored.

    Examples
    --------
    >>> from bosonpeak.plot import density
    >>> axes = published("networks-2", ax=density("network/spectra/situation-2/delta-0.3"))
    >>> [line.get_label() for line in axes.get_lines()][-2:]
    ['paper: place of the peak', 'paper: end of the excess']
    """
    axes = new_axes(ax)
    draw_laws(axes, *published_marks(figure, scale))
    return finish(axes, axes.get_xlabel(), axes.get_ylabel())
