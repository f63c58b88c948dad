"""Exponents that generalised heterogeneous-elasticity theory predicts from stresses, in scalar and in tensor form."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import number
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, arrays, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, require_level
from bosonpeak.validators.estimates.ratios import difference_interval, ratio_interval
from bosonpeak.validators.power_laws.exponent_s import exponent
from bosonpeak.validators.power_laws.small_stresses import FitWindow, exponent_from_stresses, exponent_interval

PAIR_INERTIA = 0.5
"""zeta = m r^2 / 2 of a pair of nearest neighbours, volume left out on both sides as in eq. 86."""

FREQUENCIES = (0.3, 0.55)
"""Window of the modes, in units of omega_0."""

_BINS = 8


def stable_coupling(
    data: Sequence[ArrayLike], *, coupling: Sequence[ArrayLike], regions: str = "pairs", level: float = LEVEL
) -> Estimate:
    """Share of the coupling between stresses and strain through rotations with positive stiffness.

    Only positive stiffness has states at omega^2 > 0. A pair under compression has no such rotation that couples; a
    particle's stress, half the sum over its pairs, may have.

    Parameters
    ----------
    data : sequence of array_like
        Stiffness of the rotations, an array of any shape per configuration.
    coupling : sequence of array_like
        Coupling of the same rotations to strain.
    regions : str
        Description of the rotating regions.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> import numpy as np
    >>> generator = np.random.default_rng(1)
    >>> stiffness, coupling = generator.random((4, 2000)) - 0.5, np.ones((4, 2000))
    >>> found = stable_coupling(stiffness, coupling=coupling)
    >>> found.low < 0.5 < found.high
    True
    """
    require_level(level)
    sets = list(zip(arrays(data, "stiffness"), arrays(coupling, "coupling"), strict=True))
    stable = np.array([weight[k > 0.0].sum() for k, weight in sets])
    total = np.array([weight.sum() for _, weight in sets])
    value, low, high = ratio_interval(stable, total, level)
    method = f"traceless stresses of {regions}; delete-one jackknife over configurations"
    return Estimate("share of the coupling that is stable", value, low, high, level, len(sets), method)


def tensor_exponent(
    data: Sequence[ArrayLike],
    *,
    coupling: Sequence[ArrayLike],
    first_phonon: float,
    regions: str = "particles",
    inertia: float = PAIR_INERTIA,
    level: float = LEVEL,
) -> Estimate:
    """Exponent s predicted by the tensor form for the modes' frequencies, from the stresses of configurations.

    Every rotation of positive stiffness K counts with its coupling at omega = sqrt(K/zeta).

    Parameters
    ----------
    data : sequence of array_like
        Stiffness of the rotations, an array of any shape per configuration.
    coupling : sequence of array_like
        Coupling of the same rotations to strain.
    first_phonon : float
        Mean omega_0, the unit of `FREQUENCIES`.
    regions : str
        Description of the rotating regions.
    inertia : float
        zeta of a pair without the volume, which the stresses omit, too.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> import numpy as np
    >>> generator = np.random.default_rng(1)
    >>> stiffness, coupling = generator.random((4, 2000)) - 0.5, np.ones((4, 2000))
    >>> found = tensor_exponent(stiffness, coupling=coupling, first_phonon=1.5)
    >>> found.low < 1.0 < found.high
    True
    """
    require_level(level)
    sets = list(zip(arrays(data, "stiffness"), arrays(coupling, "coupling"), strict=True))
    first_phonon, inertia = number(first_phonon, "first_phonon", above=0.0), number(inertia, "inertia", above=0.0)
    low, high = (inertia * (limit * first_phonon) ** 2 for limit in FREQUENCIES)
    edges = np.geomspace(low, high, _BINS + 1)
    weights = np.array([np.histogram(k, edges, weights=weight)[0] for k, weight in sets])
    if not weights.sum(axis=0).min() > 0.0:
        raise NotApplicableError(
            "no rotation of the right stiffness couples to strain", expected=f"stiffness in [{low:.2g}, {high:.2g}]"
        )
    step = math.log(high / low) / _BINS
    value, lower, upper = (1.0 + 2.0 * alpha for alpha in exponent_interval(weights, step, level))
    method = f"rotations of {regions} weighted with their coupling; delete-one jackknife over configurations"
    name = "s predicted by the tensor form"
    return Estimate(name, value, lower, upper, level, len(weights), method, window=FREQUENCIES)


def predicted_exponent(
    data: Ensemble, *, inertia: float = PAIR_INERTIA, window: FitWindow = "two-sided", level: float = LEVEL
) -> Estimate:
    """Exponent s predicted by a glass's own stresses in the frequency window of the fit of its modes.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Glasses with modes, ``first_phonon``, ``stress_count`` and ``stress_edge``.
    inertia : float
        zeta of a pair without the volume, which the stresses omit, too.
    window : str or (float, float)
        As for `exponent`.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(predicted_exponent("glass/taper-2/T-0.20"))
    3.859 [3.842, 3.876] (95 %, n = 25)
    """
    return _fit_and_prediction(data, inertia, window, level)[1]


def prediction_error(
    data: Ensemble, *, inertia: float = PAIR_INERTIA, window: FitWindow = "two-sided", level: float = LEVEL
) -> Estimate:
    """Measured s less the exponent predicted from the same glasses' stresses; see `predicted_exponent`.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        As for `predicted_exponent`.
    inertia : float
        zeta of a pair without the volume, which the stresses omit, too.
    window : str or (float, float)
        As for `exponent`.
    level : float
        Confidence level.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(prediction_error("glass/taper-2/T-0.20"))
    -1.381 [-1.668, -1.068] (95 %, n = 25)
    """
    fit, predicted = _fit_and_prediction(data, inertia, window, level)
    value, low, high = difference_interval(fit, predicted)
    return Estimate(
        "s measured less s predicted from the stresses",
        value,
        low,
        high,
        level,
        fit.n,
        f"measured {fit.value:.2f}, predicted {predicted.value:.2f}; limits combined in quadrature",
        window=fit.window,
        details={"samples": fit.details["samples"], "modes": fit.details["modes"]},
    )


def _fit_and_prediction(data: Ensemble, inertia: float, window: FitWindow, level: float) -> tuple[Estimate, Estimate]:
    """Exponent s of the modes, and that of the stresses sigma = zeta omega^2 of the same window."""
    require_level(level)
    data = one_ensemble(data)
    require_variables(data, "first_phonon")
    fit = exponent(data, window=window, level=level)
    assert fit.window is not None
    scale = float(data["first_phonon"].mean())
    low, high = (inertia * (end * scale) ** 2 for end in fit.window)
    return fit, exponent_from_stresses(data, low=low, high=high, level=level)
