"""Numbers of low modes of glasses: per sample, relative to another kind of glass, and per small stress."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import (
    Ensemble,
    ModeLists,
    chain_sums,
    mode_lists,
    one_ensemble,
    require_variables,
)
from bosonpeak.validators.estimates.intervals import LEVEL
from bosonpeak.validators.estimates.ratios import quotient_limits, ratio_interval
from bosonpeak.validators.power_laws.small_stresses import COUNTED_BY_CHAIN, counted_by_chain

FrequencyUnit = Literal["absolute", "first-phonon"]

BELOW = 0.6
"""Modes are counted below this, in units of the mean omega_0."""


def modes_per_sample(data: Ensemble, *, below: float = BELOW) -> Estimate:
    """Modes of one sample below a multiple of the mean omega_0."""
    lists = _lists(one_ensemble(data))
    count = (lists.reduced < below).sum(axis=1).astype(np.float64)
    counts, sizes = chain_sums(np.stack([count, np.ones_like(count)], axis=1), lists.cluster).T
    value, low, high = ratio_interval(counts, sizes)
    method = "mean over samples; delete-one jackknife over chains"
    name = f"modes per sample below {below:g} omega_0"
    return Estimate(name, value, low, high, LEVEL, len(sizes), method, details={"modes": int(count.sum())})


def share_of_soft_modes(
    here: Ensemble, there: Ensemble, *, below: float = 0.4, against: str = "the other ensemble"
) -> Estimate:
    """Modes per glass below a multiple of each kind's mean omega_0, relative to another kind of glass."""
    first, second = (modes_per_sample(data, below=below) for data in (here, there))
    value = first.value / second.value if second.value > 0.0 else math.nan
    low, high = quotient_limits(first, second)
    return Estimate(
        name=f"modes below {below:g} omega_0 over those of {against}",
        value=value,
        low=low,
        high=high,
        level=first.level,
        n=min(first.n, second.n),
        method="quotient of two means over chains, limits by Fieller's theorem",
        window=(0.0, below),
        details={"modes_a_sample": [first.value, second.value]},
    )


def intensity_over_small_stresses(
    here: Ensemble,
    there: Ensemble,
    *,
    below: float,
    stress: float,
    unit: FrequencyUnit = "absolute",
    names: tuple[str, str] = ("the first ensemble", "the second ensemble"),
) -> Estimate:
    """Ratio of the numbers of low modes of two ensembles, over the ratio of their numbers of small stresses.

    Stresses are counted over each sample or each chain, below ``stress`` in units of epsilon; modes below ``below``, in
    the dataset's frequencies ("absolute") or in units of each ensemble's own mean omega_0 ("first-phonon"). ``names``
    are the ensembles' names in messages. Raises `NotApplicableError` if an ensemble has too few modes below the
    frequency.
    """
    logarithm, square = 0.0, 0.0
    counted: list[list[int]] = []
    for name, data, sign in zip(names, (here, there), (1.0, -1.0), strict=True):
        modes, stresses = low_modes_and_small_stresses(data, below=below, stress=stress, unit=unit)
        value, low, high = ratio_interval(modes, stresses)
        if not low > 0.0:
            raise NotApplicableError("too few modes to compare", got=f"{modes.sum():g} in {name}")
        logarithm += sign * math.log(value)
        square += (0.5 * math.log(high / low)) ** 2
        counted.append([int(modes.sum()), int(stresses.sum()), len(modes)])
    value, half = math.exp(logarithm), math.sqrt(square)
    place = f"{below:g}" if unit == "absolute" else f"{below:g} omega_0 of each"
    return Estimate(
        "intensity of low modes over small stresses",
        value,
        value * math.exp(-half),
        value * math.exp(half),
        LEVEL,
        min(chains for _, _, chains in counted),
        f"modes below {place} over stresses below {stress:g}, over the same of {names[1]}; jackknife over chains",
        details={"modes_stresses_chains": counted},
    )


def low_modes_and_small_stresses(
    data: Ensemble, *, below: float, stress: float, unit: FrequencyUnit = "absolute"
) -> tuple[FloatArray, FloatArray]:
    """Numbers of modes below a frequency and of stress components below a stress, each of shape (chains,)."""
    data = one_ensemble(data)
    lists = _lists(data)
    if unit not in get_args(FrequencyUnit):
        raise NotApplicableError("unknown unit", expected=" or ".join(get_args(FrequencyUnit)), got=repr(unit))
    frequency = lists.frequency if unit == "absolute" else lists.reduced
    modes = chain_sums((frequency < below).sum(axis=1), lists.cluster)
    per_chain = counted_by_chain(data)
    require_variables(data, COUNTED_BY_CHAIN if per_chain else "stress_count", "stress_edge")
    small = data["stress_edge"].values[1:] <= stress * (1.0 + 1e-9)
    if per_chain:
        stresses = data[COUNTED_BY_CHAIN].values[:, small].sum(axis=1).astype(np.float64)
    else:
        stresses = chain_sums(data["stress_count"].values[:, small].sum(axis=1), lists.cluster)
    return modes, stresses


def _lists(data: xr.Dataset) -> ModeLists:
    lists = mode_lists(data)
    if lists.first_phonon is None:
        raise NotApplicableError("modes cannot be placed", expected="first_phonon", got="no first_phonon")
    return lists
