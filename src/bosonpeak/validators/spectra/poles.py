"""Distinct poles of a small system's response, and which of them a change has made."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL


def distinct_poles(eigenfrequency: ArrayLike, tolerance: float = 1e-9) -> NDArray[np.float64]:
    """Distinct non-zero eigenvalues omega^2, ascending; closer than ``tolerance`` counts as one.

    Examples
    --------
    >>> distinct_poles([0.0, 1.0, 1.0, 2.0]).tolist()
    [1.0, 4.0]
    """
    values = np.sort(np.asarray(eigenfrequency, dtype=np.float64) ** 2)
    values = values[values > tolerance]
    starts = np.concatenate([[True], np.diff(values) > tolerance])
    return np.asarray(values[starts])


def pole_change(before: ArrayLike, after: ArrayLike, tolerance: float = 1e-9) -> tuple[Estimate, Estimate]:
    """Number of new poles and of surviving old poles.

    Parameters
    ----------
    before, after : array_like, shape (modes,)
        Eigenfrequencies of the system without and with the change.
    tolerance : float
        Eigenvalues closer than this are equal; these are exact diagonalisations of nine nodes.

    Returns
    -------
    new, surviving : Estimate
        Exact counts: both limits equal the value.
    """
    old, now = distinct_poles(before, tolerance), distinct_poles(after, tolerance)
    is_old = np.any(np.abs(now[:, None] - old[None, :]) <= tolerance, axis=1)
    details = {"poles_before": old.round(12).tolist(), "poles_after": now.round(12).tolist()}

    def exact(name: str, count: int) -> Estimate:
        value = float(count)
        method = "exact diagonalisation; equal within " + f"{tolerance:g}"
        return Estimate(name, value, value, value, LEVEL, 1, method, details=details)

    return exact("new poles", int(np.sum(~is_old))), exact("surviving poles", int(np.sum(is_old)))
