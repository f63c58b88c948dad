"""Marks and series common to all figures: windows, expected regions, estimates, bands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.plot.figure import Mark, Series, Style
from bosonpeak.validators.estimates.intervals import exact_interval

Axis = Literal["x", "y"]

FEWEST_MODES = 4


def window_marks(measured: Evidence, label: str = "window of") -> tuple[Mark, ...]:
    """Windows of the measurements as shaded ranges, each once."""
    return tuple(
        Mark("span", start=low, stop=high, label=f"{label} {here.claims}")
        for (low, high), here in measured.by(lambda each: each.window).items()
    )


def region_marks(measured: Evidence, axis: Axis = "y", *, offset: float = 0.0) -> tuple[Mark, ...]:
    """Expected regions, each once: shaded, or a line for a single limit."""
    marks = []
    for expect, here in measured.by(lambda each: each.expect).items():
        limits = [limit + offset for limit in dict.fromkeys(expect or ()) if math.isfinite(limit)]
        if len(limits) == 1:
            marks.append(Mark("hline" if axis == "y" else "vline", limits[0], label=f"limit of {here.claims}"))
        elif limits:
            kind: Literal["span", "hspan"] = "hspan" if axis == "y" else "span"
            marks.append(Mark(kind, start=limits[0], stop=limits[1], label=f"expected by {here.claims}"))
    return tuple(marks)


def estimates(
    label: str,
    measured: Evidence,
    x: ArrayLike,
    *,
    style: Style = "main",
    order: int,
    units: Sequence[float] | None = None,
    offset: float = 0.0,
) -> Series:
    """Estimates with their intervals, times their units, shifted by an offset."""
    factor = np.ones(len(measured)) if units is None else np.array(units)
    columns = (
        np.array([getattr(each.estimate, name) for each in measured], dtype=np.float64) * factor + offset
        for name in ("value", "low", "high")
    )
    return Series.of(label, "points", x, *columns, style=style, order=order)


def modes_a_particle_band(
    label: str, x: FloatArray, count: IntegerArray, exposure: int, *, style: Style = "main", order: int
) -> Series:
    """n(ω)/N of counts (points,) over `exposure` particles, with its exact 95 % band; sparse points are left out."""
    x, count = x[count >= FEWEST_MODES], count[count >= FEWEST_MODES]
    low, high = np.array([exact_interval(each, exposure) for each in count]).T if len(count) else (count, count)
    return Series.of(label, "band", x, count / exposure, low, high, style=style, order=order)


def judged(measured: Evidence, *, logarithmic: bool = False, order: int = 5) -> list[Series]:
    """Estimates at the middle of their windows, as a list that is empty without measurements."""
    x = [each.geometric_middle if logarithmic else each.middle for each in measured]
    return [estimates("judged", measured, x, style="control", order=order)] if measured else []


def slopes_through(
    x: ArrayLike, through: tuple[float, float], measured: Measurement, *, order: int = 0, label: str = ""
) -> Series:
    """Band of power laws through a point, with all exponents expected by a claim."""
    assert measured.expect is not None
    places = np.asarray(x, dtype=np.float64)
    low, high = (through[1] * (places / through[0]) ** limit for limit in measured.expect)
    label = label or f"expected by {measured.claim}"
    bounds: dict[str, Any] = {"low": np.minimum(low, high), "high": np.maximum(low, high)}
    return Series.of(label, "band", places, [], style="reference", order=order, **bounds)
