"""Plain arrays, as people give them: numbers of the shape that a function is about, or an error in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError


def numbers(values: ArrayLike, *dimensions: str) -> FloatArray:
    """Values as an array of doubles with these dimensions, none of them empty.

    Parameters
    ----------
    values : array_like
    *dimensions : str
        What each dimension counts, for messages.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    NotApplicableError
        If these are no numbers, or not so many dimensions, or there is nothing along one.

    Examples
    --------
    >>> numbers([[1, 2]], "samples", "modes").shape
    (1, 2)
    """
    expected = f"an array ({', '.join(dimensions)})"
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise NotApplicableError("these are no numbers", expected=expected, got=type(values).__name__) from error
    if array.ndim != len(dimensions) or array.size == 0:
        raise NotApplicableError(
            "the array has another shape than it must",
            expected=expected,
            got="a single number" if array.ndim == 0 else f"shape {array.shape}",
        )
    return array
