"""Diameters of polydisperse particles: truncated power law, random or at its quantiles, and structure factor."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.periodic_box import box_lengths

METHODS = ("random", "quantile")

SMALLEST, LARGEST = 0.73, 1.62
"""Ends of the paper's distribution."""


def sample_diameters(
    count: int,
    rng: np.random.Generator,
    *,
    method: str = "random",
    smallest: float = SMALLEST,
    largest: float = LARGEST,
    exponent: float = 3.0,
) -> FloatArray:
    """Diameters (count,) with P(a) ~ a^-exponent by inversion, at random or at the quantiles (k + 1/2)/count."""
    # Schirmacher et al., Nat. Commun. 15, 3107 (2024), give a^-3 on [0.73, 1.62] "with mean 1"; the mean of this
    # distribution is 2 / (1/0.73 + 1/1.62) = 1.0065, without rescaling here. Quantiles remove the scatter between
    # samples.
    _check(count, method, smallest, largest, exponent)
    quantile = method == "quantile"
    probability = rng.permutation((np.arange(count) + 0.5) / count) if quantile else rng.random(count)
    return np.clip(_inverse_distribution(probability, smallest, largest, exponent), smallest, largest)


def _inverse_distribution(probability: FloatArray, smallest: float, largest: float, exponent: float) -> FloatArray:
    if exponent == 1.0:
        logarithmic: FloatArray = smallest * (largest / smallest) ** probability
        return logarithmic
    power = 1.0 - exponent
    lower, upper = smallest**power, largest**power
    diameters: FloatArray = (lower + probability * (upper - lower)) ** (1.0 / power)
    return diameters


def _check(count: int, method: str, smallest: float, largest: float, exponent: float) -> None:
    if method not in METHODS:
        raise RecipeError("unknown way to draw diameters", expected=" or ".join(METHODS), got=repr(method))
    if count < 1:
        raise RecipeError("the number of diameters cannot be used", expected="at least 1", got=str(count))
    if not 0 < smallest <= largest < math.inf:
        raise RecipeError(
            "the range of diameters cannot be used", expected="0 < smallest <= largest", got=f"[{smallest}, {largest}]"
        )
    if not 0 <= exponent < math.inf:
        raise RecipeError("the exponent of the diameters cannot be used", expected=">= 0", got=str(exponent))


def diameter_structure_factor(positions: ArrayLike, diameters: ArrayLike, box: ArrayLike) -> float:
    """Structure factor of the diameters at the smallest wave vectors: 1 for diameters without spatial order."""
    # |sum_j (a_j - <a>) exp(i k x_j)|^2 / sum_j (a_j - <a>)^2 with k = 2 pi / L, mean over the axes: of the order of
    # the number of particles after segregation, 0 for equal diameters.
    points, sizes = np.asarray(positions, dtype=np.float64), np.asarray(diameters, dtype=np.float64)
    deviation = sizes - sizes.mean()
    power = float(deviation @ deviation)
    if power == 0.0:
        return 0.0
    phases = np.exp(2j * np.pi * points / box_lengths(box, points.shape[1]))
    return float(np.mean(np.abs(deviation @ phases) ** 2)) / power
