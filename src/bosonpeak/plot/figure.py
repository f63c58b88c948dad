"""Figures as numbers, independent of their visual style, with legend labels from dataset and group names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, Strict

from bosonpeak.datasets.documents.record import WHOLE, Limits, Numbers, OptionalNumber, Record, Text, record

if TYPE_CHECKING:
    import xarray as xr

Kind = Literal["line", "band", "points", "bars", "steps", "intervals"]
Style = Literal["main", "reference", "control", "faint"]
Scale = Literal["linear", "log"]


@record
class Series(Record):
    """One curve, band, set of points or histogram in a panel.

    Parameters
    ----------
    label : str
        Legend entry; empty for none.
    kind : {"line", "band", "points", "bars", "steps", "intervals"}
        A band is drawn between `low` and `high`, with `y`, if given, as its centre line. Points and bars
        carry `low` and `high` as error bars. Steps are centred on `x`. Intervals are points whose `low` and `high` are
        limits of `x`; without `x`, one limit is a one-sided bound.
    x, y, low, high : sequence of float
        Equally long; `y` of a band may be empty.
    style : {"main", "reference", "control", "faint"}
        Role of the series in the argument, which sets its weight and dashes.
    order : int
        Place in the palette: series of one order share their colour across the panels of a figure.
    """

    label: Text
    kind: Kind
    x: Numbers
    y: Numbers = ()
    low: Numbers | None = None
    high: Numbers | None = None
    style: Style = "main"
    order: Annotated[int, Strict(), WHOLE] = 0

    def __post_init__(self) -> None:
        lengths = {len(values) for values in (self.x, self.y, self.low, self.high) if values is not None}
        if self.kind == "band" and not self.y:
            lengths.discard(0)
        if len(lengths) > 1:
            raise ValueError(f"the coordinates of a series differ in length: {', '.join(map(str, sorted(lengths)))}")

    @classmethod
    def of(
        cls,
        label: str,
        kind: Kind,
        x: ArrayLike,
        y: ArrayLike = (),
        low: ArrayLike | None = None,
        high: ArrayLike | None = None,
        *,
        style: Style = "main",
        order: int = 0,
    ) -> Self:
        """Make a series from anything that converts to arrays; a scorecard holds plain numbers."""
        curves = {"x": x, "y": y, "low": low, "high": high}
        plain = {name: np.asarray(values, float).tolist() for name, values in curves.items() if values is not None}
        return cls(label=label, kind=kind, **plain, style=style, order=order)

    @classmethod
    def from_dataset(
        cls, label: str, kind: Kind, curve: xr.Dataset, x: str, y: str, *, style: Style = "main", order: int = 0
    ) -> Self:
        """Variable `y` of a curve against `x`, between its variables ``lower`` and ``upper``."""
        columns = (curve[name].values for name in (x, y, "lower", "upper"))
        return cls.of(label, kind, *columns, style=style, order=order)


@record
class Mark(Record):
    """A vertical or horizontal line at `value`, or a shaded range of x ("span") or of y ("hspan")."""

    kind: Literal["vline", "hline", "span", "hspan"]
    value: OptionalNumber = None
    start: OptionalNumber = Field(default=None, validation_alias="from")
    stop: OptionalNumber = Field(default=None, validation_alias="to")
    label: Text = ""


@record
class Panel(Record):
    """One pair of axes; limits that are None follow from the data. Labels are plain text with their units.

    Parameters
    ----------
    y_names : sequence of str
        Names of the places 0, -1, -2 ... of the ordinate, in place of numbers.
    """

    later: ClassVar[tuple[str, ...]] = ("y_names",)

    title: Text
    x_label: Text
    y_label: Text
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    x_limits: Limits | None = None
    y_limits: Limits | None = None
    y_names: tuple[Text, ...] = ()


@record
class Figure(Record):
    """Panels shown side by side under one title and caption."""

    title: Text
    caption: Text
    panels: tuple[Panel, ...] = ()


SYMBOLS = {"T": "T*", "taper": "m", "m": "m", "delta": "δ", "N": "N", "probability": "p", "k": "k"}
"""Symbols of what stands before a number in a name; other words stay as they are."""

MINIMISERS = {"descent": "overdamped descent", "fire": "FIRE", "l-bfgs": "L-BFGS"}
"""Levels that name a minimiser, where hyphens and small letters would not."""


def named(name: str) -> str:
    """Name of a dataset or group in words and symbols: "situation-2/delta-0.1" becomes "situation 2, δ = 0.1"."""
    return ", ".join(_level(level) for level in name.split("/"))


def number_in(name: str) -> float:
    """Last number in a name; NaN if there is none."""
    found = re.findall(r"-(inf|\d+(?:\.\d+)?)\b", name)
    return float(found[-1]) if found else float("nan")


def own_name(dataset: str) -> str:
    """Last level of a dataset's name, in words and symbols: "glass/taper-inf" becomes "m = ∞"."""
    return _level(dataset.rpartition("/")[2])


def _level(level: str) -> str:
    word, _, number = level.rpartition("-")
    if not re.fullmatch(r"inf|\d+(\.\d+)?", number):
        return MINIMISERS.get(level, level.replace("-", " "))
    number = number.replace("inf", "∞")
    return f"{SYMBOLS[word]} = {number}" if word in SYMBOLS else f"{word.replace('-', ' ')} {number}"
