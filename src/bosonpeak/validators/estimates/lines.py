"""Slopes of straight lines: weighted by the errors of the points, and in logarithms."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from bosonpeak.datasets.arrays import FloatArray


def weighted_slope(x: FloatArray, y: FloatArray, error: FloatArray) -> tuple[float, float, float]:
    """Slope of the weighted line, its standard error and the p-value of chi^2 (NaN for two points)."""
    weight = 1.0 / error**2
    centre, middle = np.average(x, weights=weight), np.average(y, weights=weight)
    spread = float(np.sum(weight * (x - centre) ** 2))
    slope = float(np.sum(weight * (x - centre) * (y - middle))) / spread
    square = float(np.sum(weight * (y - middle - slope * (x - centre)) ** 2))
    return slope, spread**-0.5, float(chdtrc(len(x) - 2, square)) if len(x) > 2 else np.nan


def logarithmic_slope(x: FloatArray, y: FloatArray) -> float:
    """Slope d ln y / d ln x by least squares."""
    places = np.log(x)
    places = places - places.mean()
    return float(np.log(y) @ places / (places @ places))
