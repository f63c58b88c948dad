"""Dispersion and damping of sound from current correlations, and the Ioffe-Regel frequency.

A damped harmonic oscillator has C(omega) = (2/pi) omega^2 Gamma / [(omega^2 - Omega^2)^2 + omega^2 Gamma^2], with unit
integral, the maximum exactly at Omega, and the full width at half maximum exactly Gamma.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from bosonpeak.datasets.arguments import instances
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval, require_level
from bosonpeak.validators.estimates.memoise import remembered
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.waves.currents import CurrentCorrelation, mean_correlation
from bosonpeak.validators.waves.plane_waves import Polarisation

_NARROWEST = 0.02
"""Smallest width tried, in bins: a line that lies within one bin says no more about its width."""

_STARTS = (0.1, 0.3, 1.0, 2.0)
"""Widths from which a fit may start, over the width of all bins above half the maximum."""

_UNRESOLVED = 0.5
"""Widths below this many bins are upper bounds."""

_NEAR_CRITICAL = 1e-5
"""Below this |kappa^2| / Omega^2 a derivative by kappa^2 is the limit at zero, as differences would cancel."""

_PRECISION = 1e-12
"""Relative change of squares, slopes and parameters at which a fit ends; at 1e-8 flat fits still move by 2e-4."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(24)
_WEIGHTS /= _WEIGHTS.sum()


@dataclass(frozen=True)
class DampedOscillator:
    """Fit of a damped oscillator: binned maximum, Omega, full width Gamma at half maximum, share of the sum rule."""

    maximum: float
    frequency: float
    width: float
    weight: float


@dataclass(frozen=True)
class DispersionPoint:
    """Sound at one wave number, as in `DampedOscillator`, with intervals over samples."""

    wavenumber: float
    maximum: Estimate
    frequency: Estimate
    width: Estimate


def oscillator_share(frequency: ArrayLike, resonance: float, width: float) -> FloatArray:
    """Integral of a damped oscillator's C(omega) from 0 up to given frequencies."""
    # With y = omega - Omega^2 / omega, s = omega + Omega^2 / omega: 1/2 + arctan(y / Gamma) / pi - (Gamma / (pi kappa))
    # artanh(kappa / s), kappa^2 = 4 Omega^2 - Gamma^2; for kappa^2 < 0 the artanh is an arctan.
    return share_and_slopes(frequency, resonance, width)[0]


def share_and_slopes(frequency: ArrayLike, resonance: float, width: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """`oscillator_share` and its derivatives by ln(Omega) and by ln(Gamma), each of the shape of the frequencies."""
    omega = np.asarray(frequency, dtype=np.float64)
    moving = omega > 0.0
    # At frequency 0 all three vanish; a dummy frequency keeps the divisions finite there.
    some = np.where(moving, omega, resonance)
    inverse = resonance**2 / some
    difference, total, square = some - inverse, some + inverse, 4.0 * resonance**2 - width**2
    denominator = difference**2 + width**2
    correction = _correction(total, square)
    if abs(square) > _NEAR_CRITICAL * resonance**2:
        by_square = 0.5 * (total / denominator - correction) / square
    else:
        by_square = 1.0 / (3.0 * total**3)
    share = 0.5 + (np.arctan(difference / width) - width * correction) / np.pi
    by_resonance = (-8.0 / np.pi * width * resonance**2) * by_square
    by_width = (width / np.pi) * (2.0 * width**2 * by_square - correction - difference / denominator)
    return np.where(moving, share, 0.0), np.where(moving, by_resonance, 0.0), np.where(moving, by_width, 0.0)


def _correction(total: FloatArray, square: float) -> FloatArray:
    """artanh(kappa / s) / kappa for any sign of kappa^2."""
    if square > 0.0:
        return np.asarray(np.arctanh(math.sqrt(square) / total) / math.sqrt(square))
    if square < 0.0:
        return np.asarray(np.arctan(math.sqrt(-square) / total) / math.sqrt(-square))
    return np.asarray(1.0 / total)


@remembered(4096)
def fitted_oscillator(
    correlation: ArrayLike, edges: ArrayLike, resolution: float = 0.0, near: DampedOscillator | None = None
) -> DampedOscillator:
    """Least-squares fit of a damped oscillator to means of C(q, omega) over bins (bins,), with free weight."""
    # `resolution`: rms width of the Gaussian line shape, applied to the oscillator; `near`: start, otherwise several
    # widths.
    edge = np.asarray(edges, dtype=np.float64)
    density, bins = np.asarray(correlation, dtype=np.float64), np.diff(edge)
    if density.shape != bins.shape or len(bins) < 4 or not density.max() > 0.0:
        raise NotApplicableError(
            "no oscillator can be fitted", expected="at least four bins, not all empty", got=f"{density.shape}"
        )
    # Frequencies of the cumulative line shape: bin edges, with quadrature nodes around them if lines are smeared.
    maximum = _parabola(density, edge)
    narrowest = _NARROWEST * float(bins.min())
    places = edge if resolution == 0.0 else np.maximum(edge[:, None] + resolution * _NODES, 0.0)

    @lru_cache(maxsize=1)
    def shape_and_slopes(logarithms: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
        """Binned oscillator, shape (bins,), and its derivatives, shape (2, bins)."""
        below = np.stack(share_and_slopes(places, math.exp(logarithms[0]), math.exp(logarithms[1])))
        found = np.diff(below if resolution == 0.0 else below @ _WEIGHTS) / bins
        return found[0], found[1:]

    # The best weight follows from the shape (variable projection); the fit varies ln(Omega) and ln(Gamma) only.
    def weight_of(shape: FloatArray) -> float:
        return float(shape @ density / (shape @ shape))

    def residual(parameters: FloatArray) -> FloatArray:
        shape, _ = shape_and_slopes(tuple(parameters.tolist()))
        return np.asarray(weight_of(shape) * shape - density)

    def slopes(parameters: FloatArray) -> FloatArray:
        shape, change = shape_and_slopes(tuple(parameters.tolist()))
        weight = weight_of(shape)
        of_weight = (change @ density - 2.0 * weight * (change @ shape)) / (shape @ shape)
        return np.asarray((weight * change + of_weight[:, None] * shape).T)

    # Start: the best of several widths at the maximum, or the similar fit.
    bounds = np.log([edge[edge > 0.0][0] * 0.5, narrowest]), np.log([2.0 * edge[-1], 4.0 * edge[-1]])
    if near is None:
        above_half = float(bins[density > 0.5 * density.max()].sum())
        starts = [np.log([maximum, share * above_half]) for share in _STARTS]
        start = min(starts, key=lambda place: float(np.sum(residual(place) ** 2)))
    else:
        start = np.clip(np.log([near.frequency, near.width]), *bounds)
    # Relative to the start: the first trust radius of least_squares is the norm of its start vector, zero near 1e-16.
    away = tuple(bound - start for bound in bounds)
    moved = optimize.least_squares(
        lambda step: residual(start + step),
        np.zeros(2),
        lambda step: slopes(start + step),
        bounds=away,
        ftol=_PRECISION,
        xtol=_PRECISION,
        gtol=_PRECISION,
    )
    best = start + moved.x
    shape, _ = shape_and_slopes(tuple(best.tolist()))
    return DampedOscillator(maximum, math.exp(best[0]), math.exp(best[1]), weight_of(shape))


@accept_old_spelling("correlations")
def sound_dispersion(
    data: Sequence[CurrentCorrelation], *, polarisation: Polarisation = "transverse", level: float = LEVEL
) -> tuple[DispersionPoint, ...]:
    """Frequency and damping of sound at each wave number.

    Parameters
    ----------
    data : sequence of CurrentCorrelation
        One an independent sample, or the mean over a chain's samples.
    polarisation : {"transverse", "longitudinal"}
    level : float
        Confidence level; delete-one jackknife over the correlations.

    Returns
    -------
    tuple of DispersionPoint
        By ascending wave number. A width that is less than half a bin carries a warning: it is an upper bound.

    Raises
    ------
    NotApplicableError
        If the correlations have different wave numbers or bins, or the polarisation is unknown.

    Examples
    --------
    Sound of Omega = 2 k that is damped by Gamma = k^2:

    >>> import numpy as np
    >>> from bosonpeak.validators.waves.currents import CurrentCorrelation
    >>> from bosonpeak.validators.waves.damped_sound import oscillator_share
    >>> wavenumber, edge = np.array([0.5, 1.0]), np.linspace(0.0, 6.0, 121)
    >>> damped = np.stack([np.diff(oscillator_share(edge, 2.0 * k, k**2)) for k in wavenumber]) / np.diff(edge)
    >>> points = sound_dispersion([CurrentCorrelation(wavenumber, edge, damped, damped)])
    >>> [(point.wavenumber, round(point.frequency.value, 2), round(point.width.value, 2)) for point in points]
    [(0.5, 1.0, 0.25), (1.0, 2.0, 1.0)]
    """
    require_level(level)
    correlations = instances(data, CurrentCorrelation, "current_correlation")
    fits = _fits(correlations, polarisation)
    wavenumber, bin_width = correlations[0].wavenumber, float(np.diff(correlations[0].edge).max())

    def estimate(shell: int, field: str, name: str) -> Estimate:
        value, low, high = jackknife_interval(
            lambda chosen: float(getattr(fits(tuple(chosen.tolist()))[shell], field)), len(correlations), level
        )
        warnings = (
            ("not resolved by the frequency bins",) if field == "width" and value < _UNRESOLVED * bin_width else ()
        )
        return Estimate(
            f"{name} of {polarisation} sound at q = {wavenumber[shell]:.4g}",
            value,
            low,
            high,
            level,
            len(correlations),
            "damped oscillator fitted to the mean current correlation; delete-one jackknife over samples",
            warnings=warnings,
            details={"wavenumber": float(wavenumber[shell])},
        )

    return tuple(
        DispersionPoint(
            float(q),
            estimate(shell, "maximum", "maximum"),
            estimate(shell, "frequency", "frequency"),
            estimate(shell, "width", "width"),
        )
        for shell, q in enumerate(wavenumber)
    )


@accept_old_spelling("correlations")
def ioffe_regel(
    data: Sequence[CurrentCorrelation], *, polarisation: Polarisation = "transverse", level: float = LEVEL
) -> Estimate:
    """Ioffe-Regel frequency: Omega = pi Gamma, so that sound decays within half a period.

    Parameters
    ----------
    data, polarisation, level
        As for `sound_dispersion`.

    Returns
    -------
    Estimate
        Omega at the first crossing of Omega / (pi Gamma) = 1, interpolated in logarithms between wave numbers.

    Raises
    ------
    NotApplicableError
        If sound is damped that much already at the lowest wave number, or nowhere among those given.

    Examples
    --------
    Sound of Omega = k that is damped by Gamma = k^2 / pi: Omega = pi Gamma at k = 1.

    >>> import numpy as np
    >>> from bosonpeak.validators.waves.currents import CurrentCorrelation
    >>> from bosonpeak.validators.waves.damped_sound import oscillator_share
    >>> wavenumber, edge = np.array([0.5, 1.0, 2.0]), np.linspace(0.0, 6.0, 121)
    >>> damped = np.stack([np.diff(oscillator_share(edge, k, k**2 / np.pi)) for k in wavenumber]) / np.diff(edge)
    >>> found = ioffe_regel([CurrentCorrelation(wavenumber, edge, damped, damped)])
    >>> round(found.value, 2)
    1.0
    """
    require_level(level)
    correlations = instances(data, CurrentCorrelation, "current_correlation")
    fits = _fits(correlations, polarisation)
    everything = tuple(range(len(correlations)))
    ratios = [fit.frequency / (math.pi * fit.width) for fit in fits(everything)]
    if math.isnan(_crossing(fits(everything))):
        raise NotApplicableError(
            "there is no Ioffe-Regel crossing among these wave numbers",
            expected="Omega / (pi Gamma) above 1 at the lowest wave number and below 1 at a higher one",
            got=", ".join(f"{ratio:.3g}" for ratio in ratios),
        )
    value, low, high = jackknife_interval(
        lambda chosen: _crossing(fits(tuple(chosen.tolist()))), len(correlations), level
    )
    return Estimate(
        f"Ioffe-Regel frequency of {polarisation} sound",
        value,
        low,
        high,
        level,
        len(correlations),
        "Omega = pi Gamma of fitted damped oscillators; delete-one jackknife over samples",
        details={"wavenumber": correlations[0].wavenumber.tolist(), "frequency_over_pi_width": ratios},
    )


def _fits(
    correlations: Sequence[CurrentCorrelation], polarisation: Polarisation
) -> Callable[[tuple[int, ...]], tuple[DampedOscillator, ...]]:
    """Fits at all wave numbers to the mean over chosen samples, cached per choice."""
    return cache(lambda chosen: fitted_dispersion(correlations, chosen, polarisation))


def fitted_dispersion(
    correlations: Sequence[CurrentCorrelation], chosen: Sequence[int], polarisation: Polarisation
) -> tuple[DampedOscillator, ...]:
    """Fits at each wave number to the mean over chosen samples; subsets start from the fits to all samples."""
    mean = mean_correlation([correlations[index] for index in chosen])
    spectra = mean.polarised(polarisation)
    near: Sequence[DampedOscillator | None] = [None] * len(spectra)
    if len(chosen) < len(correlations):
        near = fitted_dispersion(correlations, range(len(correlations)), polarisation)
    return tuple(
        fitted_oscillator(each, mean.edge, mean.resolution, start) for each, start in zip(spectra, near, strict=True)
    )


def _crossing(fits: Sequence[DampedOscillator]) -> float:
    frequency = np.log([fit.frequency for fit in fits])
    excess = np.log([fit.frequency / (math.pi * fit.width) for fit in fits])
    if not excess[0] > 0.0 or not (excess <= 0.0).any():
        return math.nan
    after = int(np.argmax(excess <= 0.0))
    share = excess[after - 1] / (excess[after - 1] - excess[after])
    return math.exp(frequency[after - 1] + share * (frequency[after] - frequency[after - 1]))


def _parabola(density: FloatArray, edge: FloatArray) -> float:
    """Vertex of the parabola through the highest bin and its neighbours; the bin's centre at the ends."""
    centre = 0.5 * (edge[1:] + edge[:-1])
    top = int(np.argmax(density))
    if top in (0, len(density) - 1):
        return float(centre[top])
    slope = np.diff(density[top - 1 : top + 2]) / np.diff(centre[top - 1 : top + 2])
    middle = 0.5 * (centre[top] + centre[top - 1])
    return float(middle + slope[0] * 0.5 * (centre[top + 1] - centre[top - 1]) / (slope[0] - slope[1]))


def wave_end_over_peak(
    end: Estimate, peak: Estimate, *, method: str, details: Mapping[str, float] | None = None
) -> Estimate:
    """Ioffe-Regel frequency over the frequency of the boson peak, relative errors of both in quadrature."""
    value = end.value / peak.value
    halves = (0.5 * (each.high - each.low) / each.value for each in (end, peak))
    half = value * math.hypot(*halves)
    name = "Ioffe-Regel frequency over that of the peak"
    return Estimate(name, value, value - half, value + half, LEVEL, end.n, method, details=details or {})
