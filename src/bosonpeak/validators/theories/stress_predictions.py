"""Exponents that generalised heterogeneous-elasticity theory predicts from stresses, in scalar and in tensor form."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL
from bosonpeak.validators.estimates.ratios import difference_interval, ratio_interval
from bosonpeak.validators.power_laws.exponent_s import exponent
from bosonpeak.validators.power_laws.small_stresses import FitWindow, exponent_from_stresses, exponent_interval

PAIR_INERTIA = 0.5
"""zeta = m r^2 / 2 of a pair of nearest neighbours, volume left out on both sides as in eq. 86."""

FREQUENCIES = (0.3, 0.55)
"""Window of the modes, in units of omega_0."""

_BINS = 8


def stable_coupling(
    stiffness: Sequence[ArrayLike], coupling: Sequence[ArrayLike], *, regions: str = "pairs"
) -> Estimate:
    """Share of the coupling between stresses and strain through rotations with positive stiffness.

    ``stiffness`` and ``coupling`` are arrays (rotations,) per configuration; ``regions`` describes the rotating
    regions. Only positive stiffness has states at omega^2 > 0. A pair under compression has no such rotation that
    couples; a particle's stress, half the sum over its pairs, may have.
    """
    sets = [(np.asarray(k), np.asarray(weight)) for k, weight in zip(stiffness, coupling, strict=True)]
    stable = np.array([weight[k > 0.0].sum() for k, weight in sets])
    total = np.array([weight.sum() for _, weight in sets])
    value, low, high = ratio_interval(stable, total)
    method = f"traceless stresses of {regions}; delete-one jackknife over configurations"
    return Estimate("share of the coupling that is stable", value, low, high, LEVEL, len(sets), method)


def tensor_exponent(
    stiffness: Sequence[ArrayLike],
    coupling: Sequence[ArrayLike],
    *,
    first_phonon: float,
    regions: str = "particles",
    inertia: float = PAIR_INERTIA,
) -> Estimate:
    """Exponent s predicted by the tensor form for the modes' frequencies, from the stresses of configurations.

    ``stiffness`` and ``coupling`` are arrays (rotations,) per configuration, ``inertia`` is zeta. Every rotation of
    positive stiffness K counts with its coupling at omega = sqrt(K/zeta). Raises `NotApplicableError` if a bin of the
    window has no coupling.
    """
    low, high = (inertia * (limit * first_phonon) ** 2 for limit in FREQUENCIES)
    edges = np.geomspace(low, high, _BINS + 1)
    sets = zip(stiffness, coupling, strict=True)
    weights = np.array([np.histogram(k, edges, weights=weight)[0] for k, weight in sets])
    if not weights.sum(axis=0).min() > 0.0:
        raise NotApplicableError(
            "no rotation of the right stiffness couples to strain", expected=f"stiffness in [{low:.2g}, {high:.2g}]"
        )
    step = math.log(high / low) / _BINS
    value, lower, upper = (1.0 + 2.0 * alpha for alpha in exponent_interval(weights, step))
    method = f"rotations of {regions} weighted with their coupling; delete-one jackknife over configurations"
    name = "s predicted by the tensor form"
    return Estimate(name, value, lower, upper, LEVEL, len(weights), method, window=FREQUENCIES)


def predicted_exponent(data: Ensemble, *, inertia: float = PAIR_INERTIA, window: FitWindow = "two-sided") -> Estimate:
    """Exponent s predicted by a glass's own stresses in the frequency window of the fit of its modes.

    ``inertia`` is zeta without the volume, which the stresses omit, too.
    """
    return _fit_and_prediction(data, inertia, window)[1]


def prediction_error(data: Ensemble, *, inertia: float = PAIR_INERTIA, window: FitWindow = "two-sided") -> Estimate:
    """Measured s less the one predicted from the same glasses' stresses; see `predicted_exponent`."""
    fit, predicted = _fit_and_prediction(data, inertia, window)
    value, low, high = difference_interval(fit, predicted)
    return Estimate(
        "s measured less s predicted from the stresses",
        value,
        low,
        high,
        LEVEL,
        fit.n,
        f"measured {fit.value:.2f}, predicted {predicted.value:.2f}; limits combined in quadrature",
        window=fit.window,
        details={"samples": fit.details["samples"], "modes": fit.details["modes"]},
    )


def _fit_and_prediction(data: Ensemble, inertia: float, window: FitWindow) -> tuple[Estimate, Estimate]:
    """Exponent s of the modes, and that of the stresses sigma = zeta omega^2 of the same window."""
    data = one_ensemble(data)
    require_variables(data, "first_phonon")
    fit = exponent(data, window=window)
    assert fit.window is not None
    scale = float(data["first_phonon"].mean())
    low, high = (inertia * (end * scale) ** 2 for end in fit.window)
    return fit, exponent_from_stresses(data, low=low, high=high)
