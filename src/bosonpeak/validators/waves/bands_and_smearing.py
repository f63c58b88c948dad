"""Frequency at which a plane wave appears, and its dependence on the wave vector: smearing and flat bands.

If a plane wave q shows the modes q +- k_G/2 for all directions of k_G (C. Jiang, eqs 11 and 21), the median of
(omega/c)^2 in C(q, omega) is q^2 + k_G^2/4. A band of C(q, omega) / omega^2 with a maximum independent of q is flat.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval, logarithmic_slope
from bosonpeak.validators.waves.currents import CurrentCorrelation, mean_correlation
from bosonpeak.validators.waves.plane_waves import Polarisation


def smearing(
    correlations: Sequence[CurrentCorrelation],
    *,
    speed: float,
    modulation: float,
    low: float,
    high: float,
    dimension: int = 3,
    level: float = LEVEL,
) -> Estimate:
    """Smearing of modes of one frequency over wave vectors, in units of a shift by half the modulation wave number."""
    # (median of (omega/c)^2 - q^2) / (k_G/2)^2, averaged over wave numbers from `low` to `high` times k_G: 0 without
    # smearing, 1 if the wave shows the modes of q + k_G/2 for all directions of k_G.
    first = correlations[0]
    inside = (first.wavenumber >= low * modulation) & (first.wavenumber <= high * modulation)
    needed = (high + 0.5) * speed * modulation
    if not inside.any() or first.edge[-1] < needed:
        raise NotApplicableError(
            "smearing cannot be seen among these waves",
            expected=f"wave numbers from {low:g} to {high:g} k_G, bins up to {needed:.3g}",
            got=f"{inside.sum()} waves, bins up to {first.edge[-1]:.3g}",
        )

    def shift(chosen: NDArray[np.intp]) -> float:
        mean = mean_correlation([correlations[index] for index in chosen])
        medians = median_frequencies(mean)[inside]
        return float(np.mean((medians / speed) ** 2 - mean.wavenumber[inside] ** 2) / (0.5 * modulation) ** 2)

    value, lower, upper = jackknife_interval(shift, len(correlations), level)
    return Estimate(
        "smearing over wave vectors",
        value,
        lower,
        upper,
        level,
        len(correlations),
        f"median of omega in C(q, omega) of {inside.sum()} waves; delete-one jackknife over samples",
        window=(low, high),
    )


def median_frequencies(correlation: CurrentCorrelation) -> FloatArray:
    """Median frequency of C(q, omega) for each wave number, shape (wavenumbers,)."""
    shares = np.cumsum(correlation.transverse * np.diff(correlation.edge), axis=1)
    below = np.concatenate([np.zeros((len(shares), 1)), shares], axis=1)
    return np.array([np.interp(0.5 * row[-1], row, correlation.edge) for row in below])


def band_maxima(correlation: CurrentCorrelation, *, lowest: float, polarisation: Polarisation) -> FloatArray:
    """Frequency of the maximum of C(q, omega) / omega^2; below `lowest` the kernel tail would diverge."""
    centre = 0.5 * (correlation.edge[1:] + correlation.edge[:-1])
    spectra = correlation.polarised(polarisation)
    kept = centre >= lowest
    return np.asarray(centre[kept][np.argmax(spectra[:, kept] / centre[kept] ** 2, axis=1)])


def band_dispersion(
    correlations: Sequence[CurrentCorrelation],
    *,
    low: float,
    high: float,
    lowest: float,
    polarisation: Polarisation = "transverse",
    level: float = LEVEL,
) -> Estimate:
    """Slope d ln omega / d ln q of the maximum of C(q, omega) / omega^2: 0 for a flat band, 1 for sound."""
    wavenumber = correlations[0].wavenumber
    inside = (wavenumber >= low) & (wavenumber <= high)
    if inside.sum() < 3:
        raise NotApplicableError("too few wave numbers", expected="three or more", got=f"{inside.sum()}")

    def slope(chosen: NDArray[np.intp]) -> float:
        mean = mean_correlation([correlations[index] for index in chosen])
        maxima = band_maxima(mean, lowest=lowest, polarisation=polarisation)
        return logarithmic_slope(wavenumber[inside], maxima[inside])

    value, lower, upper = jackknife_interval(slope, len(correlations), level)
    everything = mean_correlation(correlations)
    return Estimate(
        "dispersion of the band, d ln omega / d ln q",
        value,
        lower,
        upper,
        level,
        len(correlations),
        f"maxima of C(q, omega)/omega^2 at {inside.sum()} wave numbers; delete-one jackknife over samples",
        window=(low, high),
        details={"maxima": band_maxima(everything, lowest=lowest, polarisation=polarisation)[inside].tolist()},
    )
