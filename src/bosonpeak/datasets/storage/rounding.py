"""Floats rounded to a number of significant bits, so that what is stored compresses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rounded_to_bits(values: NDArray[np.floating[Any]], bits: int) -> NDArray[Any]:
    """Nearest floats with few significant bits.

    Parameters
    ----------
    values : ndarray of float32 or float64
        Any shape; NaN stays NaN.
    bits : int
        Significant bits; the relative error is at most 2^-bits.

    Returns
    -------
    ndarray
        Of the same type.
    """
    mantissa, exponent = np.frexp(values)
    scale = values.dtype.type(2.0**bits)
    rounded: NDArray[Any] = np.ldexp(np.rint(mantissa * scale) / scale, exponent)
    return rounded
