"""The law omega^4 / (omega^2 + b^2), with a crossover from omega^4 to omega^2 at a known frequency."""

from __future__ import annotations

import numpy as np

from bosonpeak.datasets.arrays import FloatArray

_TABLE = 20001


def crossover_quantile(probabilities: FloatArray, crossover_frequency: float, highest: float) -> FloatArray:
    """Quantiles of a spectrum with the law omega^4 / (omega^2 + b^2) below `highest`, b = `crossover_frequency`.

    Interpolated in a table of the count omega^3/3 - b^2 omega + b^3 arctan(omega/b), in equal steps of omega^3.
    """
    x, u = np.cbrt(np.linspace(0.0, 1.0, _TABLE)), crossover_frequency / highest
    count = x**3 / 3.0 - (u**2 * x - u**3 * np.arctan2(x, u) if u > 0.0 else 0.0)
    # Far below the crossover the terms cancel and leave x^5/(5 u^2) - x^7/(7 u^4).
    low = x < 0.05 * u
    count[low] = x[low] ** 5 / (5.0 * u**2) - x[low] ** 7 / (7.0 * u**4)
    return np.asarray(highest * np.cbrt(np.interp(probabilities, count / count[-1], x**3)))
