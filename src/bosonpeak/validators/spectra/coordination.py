"""How coordination numbers are distributed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval


@dataclass(frozen=True)
class CoordinationDistribution:
    """Distribution of coordination numbers with its moments.

    Parameters
    ----------
    number : ndarray of int64, shape (numbers,)
        Coordination numbers from 0 up.
    fraction : ndarray of float64, shape (samples, numbers)
        Fraction of the nodes with each.
    most_probable, mean, variance : Estimate
        Over samples.
    """

    number: NDArray[np.int64]
    fraction: NDArray[np.float64]
    most_probable: Estimate
    mean: Estimate
    variance: Estimate


def coordination_fractions(coordination_number: ArrayLike) -> NDArray[np.float64]:
    """Fraction of nodes with coordination 0, 1, 2, ...; input (samples, nodes), output (samples, numbers).

    Examples
    --------
    >>> coordination_fractions([[2, 2, 1, 2]]).tolist()
    [[0.0, 0.25, 0.75]]
    """
    rows = np.asarray(coordination_number).astype(np.int64)
    width = int(rows.max()) + 1
    return np.stack([np.bincount(row, minlength=width) / len(row) for row in rows])


def coordination_distribution(dataset: xr.Dataset, *, level: float = LEVEL) -> CoordinationDistribution:
    """Distribution of coordination numbers of an ensemble.

    Parameters
    ----------
    dataset : xarray.Dataset
        With ``coordination_number`` (sample, node) or ``coordination_fraction`` (sample, coordination).
    level : float
        Confidence level of the Student-t intervals over samples.

    Returns
    -------
    CoordinationDistribution

    Raises
    ------
    NotApplicableError
        If the dataset has neither.
    """
    if "coordination_fraction" in dataset:
        fraction = dataset["coordination_fraction"].values
    else:
        require_variables(dataset, "coordination_number")
        fraction = coordination_fractions(dataset["coordination_number"].values)
    number = np.arange(fraction.shape[1])
    mean = fraction @ number
    variance = fraction @ number**2 - mean**2
    most_probable = number[np.argmax(fraction, axis=1)].astype(np.float64)

    def estimate(name: str, values: NDArray[Any]) -> Estimate:
        value, low, high = mean_interval(values, level)
        return Estimate(name, value, low, high, level, len(values), "mean over samples; Student-t interval")

    return CoordinationDistribution(
        number,
        fraction,
        estimate("most probable coordination number", most_probable),
        estimate("mean coordination number", mean),
        estimate("variance of the coordination number", variance),
    )
