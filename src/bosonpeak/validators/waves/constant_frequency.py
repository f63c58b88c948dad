r"""Current correlations along lines of constant frequency and of constant wave number: smearing, and flat bands.

At fixed omega the spectrum in q of a wave has the weight q^(d-1) C(q, omega), whose integral is the
density of states. Its median tells where the modes of that frequency show. At fixed q the dynamic structure factor is
C(q, omega) / omega^2; a band whose maximum does not move with q is what is called flat, or dispersionless.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval
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
    """How far modes of one frequency are smeared over wave vectors, in units of a shift by half the modulation's.

    Parameters
    ----------
    correlations : sequence of CurrentCorrelation
        One an independent sample.
    speed : float
        Speed c of long waves.
    modulation : float
        Wave number k_G.
    low, high : float
        Window of frequencies in units of c k_G; the statistic is averaged over its bins.
    dimension : int
    level : float
        Confidence level; delete-one jackknife over the correlations.

    Returns
    -------
    Estimate
        (median of q^2 - k^2) / (k_G / 2)^2 with k = omega / c: 0 for a wave that shows at its own wave vector, 1 if it
        shows at k + k_G/2 with k_G in all directions.

    Raises
    ------
    NotApplicableError
        If the wave numbers or bins do not hold such frequencies, and those that they are smeared over.
    """
    first = correlations[0]
    centre = 0.5 * (first.edge[1:] + first.edge[:-1])
    inside = (centre >= low * speed * modulation) & (centre <= high * speed * modulation)
    needed = (high + 0.5) * modulation
    if not inside.any() or first.wavenumber[-1] < needed:
        raise NotApplicableError(
            "smearing cannot be seen among these waves",
            expected=f"bins from {low:g} to {high:g} c k_G, wave numbers up to {needed:.3g}",
            got=f"{inside.sum()} bins, wave numbers up to {first.wavenumber[-1]:.3g}",
        )

    def shift(chosen: NDArray[np.intp]) -> float:
        mean = mean_correlation([correlations[index] for index in chosen])
        weight = mean.transverse[:, inside] * mean.wavenumber[:, None] ** (dimension - 1)
        medians = np.array([_median(mean.wavenumber, column) for column in weight.T])
        return float(np.mean(medians**2 - (centre[inside] / speed) ** 2) / (0.5 * modulation) ** 2)

    value, lower, upper = jackknife_interval(shift, len(correlations), level)
    return Estimate(
        "smearing over wave vectors",
        value,
        lower,
        upper,
        level,
        len(correlations),
        "median of q at constant frequency, weight q^(d-1) C(q, omega); delete-one jackknife over samples",
        window=(low, high),
    )


def band_maxima(correlation: CurrentCorrelation, *, lowest: float, polarisation: Polarisation) -> FloatArray:
    """Frequency at which C(q, omega) / omega^2 is largest for each wave number, above a lowest frequency.

    Parameters
    ----------
    correlation : CurrentCorrelation
    lowest : float
        Frequencies below it are left out: there the kernel's tail, divided by omega^2, outgrows everything.
    polarisation : {"transverse", "longitudinal"}

    Returns
    -------
    ndarray of float64, shape (wavenumbers,)
    """
    centre = 0.5 * (correlation.edge[1:] + correlation.edge[:-1])
    spectra = correlation.transverse if polarisation == "transverse" else correlation.longitudinal
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
    """Slope d ln omega / d ln q of the maximum of C(q, omega) / omega^2: 0 for a flat band, 1 for sound.

    Parameters
    ----------
    correlations : sequence of CurrentCorrelation
        One an independent sample.
    low, high : float
        Window of wave numbers.
    lowest : float
        Lowest frequency, as for `band_maxima`.
    polarisation : {"transverse", "longitudinal"}
    level : float
        Confidence level; delete-one jackknife over the correlations.

    Returns
    -------
    Estimate

    Raises
    ------
    NotApplicableError
        If the window holds fewer than three wave numbers.
    """
    wavenumber = correlations[0].wavenumber
    inside = (wavenumber >= low) & (wavenumber <= high)
    if inside.sum() < 3:
        raise NotApplicableError("too few wave numbers", expected="three or more", got=f"{inside.sum()}")
    places = np.log(wavenumber[inside])
    places -= places.mean()

    def slope(chosen: NDArray[np.intp]) -> float:
        mean = mean_correlation([correlations[index] for index in chosen])
        maxima = np.log(band_maxima(mean, lowest=lowest, polarisation=polarisation)[inside])
        return float(maxima @ places / (places @ places))

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


def _median(places: FloatArray, weight: FloatArray) -> float:
    """Where half of the weight under a piecewise linear density lies below."""
    steps = 0.5 * (weight[1:] + weight[:-1]) * np.diff(places)
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return float(np.interp(0.5 * total[-1], total, places))
