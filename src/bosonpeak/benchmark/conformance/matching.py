"""How many digits of a number are right."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

MOST_DIGITS = 15.0
"""More cannot be told from the rounding of the references."""


def matching_digits(value: ArrayLike, reference: ArrayLike, scale: float) -> float:
    """Digits of an answer that match.

    Parameters
    ----------
    value, reference : array_like
        Of the same shape.
    scale : float
        Magnitude that errors are compared with: for sums the sum of the magnitudes of their terms, so that
        cancellation costs a code nothing.

    Returns
    -------
    float
        -log10 of the largest error over the scale, at most `MOST_DIGITS`; minus infinity where a number is not finite.

    Examples
    --------
    >>> matching_digits(3.14, 3.1415926, 1.0)
    2.8
    """
    error = float(np.max(np.abs(np.asarray(value, dtype=np.float64) - np.asarray(reference, dtype=np.float64))))
    if not math.isfinite(error):
        return -math.inf
    return MOST_DIGITS if error <= scale * 10.0**-MOST_DIGITS else round(-math.log10(error / scale), 1)
