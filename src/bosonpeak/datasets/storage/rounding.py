"""Rounding of floats to a number of significant bits, for better compression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rounded_to_bits(values: NDArray[np.floating[Any]], bits: int) -> NDArray[Any]:
    """Round floats of any shape to the nearest value with few significant bits; NaN stays NaN.

    The relative error is at most 2^-bits; the type (float32 or float64) is kept.
    """
    mantissa, exponent = np.frexp(values)
    scale = values.dtype.type(2.0**bits)
    rounded: NDArray[Any] = np.ldexp(np.rint(mantissa * scale) / scale, exponent)
    return rounded
