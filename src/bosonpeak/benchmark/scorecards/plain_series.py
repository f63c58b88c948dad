"""Series of figures from arrays: a scorecard holds plain numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.benchmark.scorecards.figure import Series

Kind = Literal["line", "band", "points", "bars", "steps"]
Style = Literal["main", "reference", "control", "faint"]


def plain_series(
    label: str,
    kind: Kind,
    x: ArrayLike,
    y: ArrayLike,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    *,
    style: Style,
    order: int,
) -> Series:
    """Return a series with its numbers as lists."""
    limits = [None if values is None else np.asarray(values, dtype=np.float64).tolist() for values in (low, high)]
    abscissa, ordinate = (np.asarray(values, dtype=np.float64).tolist() for values in (x, y))
    return Series(label, kind, abscissa, ordinate, limits[0], limits[1], style, order)
