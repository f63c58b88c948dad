"""Damping of sound, its exponent, the excess per damping, and current correlations of an effective medium."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval, logarithmic_slope
from bosonpeak.validators.waves.currents import CurrentCorrelation
from bosonpeak.validators.waves.damped_sound import fitted_dispersion
from bosonpeak.validators.waves.plane_waves import Polarisation

_FEWEST_POINTS = 3

_RESOLVED = 1.0
"""Widths below this many times the resolution or the bin, whichever is larger, say nothing of the damping."""


def damping_at(
    correlations: Sequence[CurrentCorrelation],
    *,
    frequency: float,
    polarisation: Polarisation = "transverse",
    level: float = LEVEL,
) -> Estimate:
    """Damping Gamma/Omega, interpolated between the wave numbers around `frequency`; jackknife over correlations."""
    smallest = _smallest_width(correlations)

    def ratio(chosen: NDArray[np.intp]) -> float:
        omega, width = dispersion(correlations, chosen, polarisation)
        if not omega.min() <= frequency <= omega.max():
            raise NotApplicableError(
                "no wave of that frequency was looked at",
                expected=f"{omega.min():.3g} to {omega.max():.3g}",
                got=f"{frequency:g}",
            )
        order = np.argsort(omega)
        return float(np.exp(np.interp(np.log(frequency), np.log(omega[order]), np.log(width[order])))) / frequency

    value, low, high = jackknife_interval(ratio, len(correlations), level)
    unresolved = value * frequency < smallest
    return Estimate(
        "damping of sound over its frequency",
        value,
        low,
        high,
        level,
        len(correlations),
        "width of fitted damped oscillators, interpolated in logarithms; delete-one jackknife over samples",
        window=(frequency, frequency),
        warnings=("not resolved: an upper bound",) if unresolved else (),
    )


def damping_exponent(
    correlations: Sequence[CurrentCorrelation],
    *,
    low: float,
    high: float,
    polarisation: Polarisation = "transverse",
    level: float = LEVEL,
) -> Estimate:
    """Exponent of Gamma ~ Omega^n over waves with Omega from `low` to `high`; jackknife over correlations."""
    everything = np.arange(len(correlations))
    omega, width = dispersion(correlations, everything, polarisation)
    used = (omega >= low) & (omega <= high) & (width > _smallest_width(correlations))
    if used.sum() < _FEWEST_POINTS:
        raise NotApplicableError(
            "too few waves to tell a power of their damping",
            expected=f"{_FEWEST_POINTS} with a resolved width and frequencies from {low:g} to {high:g}",
            got=f"{used.sum()}",
        )

    def slope(chosen: NDArray[np.intp]) -> float:
        places, widths = dispersion(correlations, chosen, polarisation)
        return logarithmic_slope(places[used], widths[used])

    value, lower, upper = jackknife_interval(slope, len(correlations), level)
    return Estimate(
        "exponent of the damping of sound",
        value,
        lower,
        upper,
        level,
        len(correlations),
        f"least squares on the widths of {used.sum()} waves, in logarithms; delete-one jackknife over samples",
        window=(float(omega[used].min()), float(omega[used].max())),
        details={"frequency": omega[used].tolist(), "width": width[used].tolist()},
    )


def _smallest_width(correlations: Sequence[CurrentCorrelation]) -> float:
    widest = max(float(np.diff(each.edge).max()) for each in correlations)
    return _RESOLVED * max(widest, *(each.resolution for each in correlations))


def dispersion(
    correlations: Sequence[CurrentCorrelation], chosen: NDArray[np.intp], polarisation: Polarisation
) -> tuple[FloatArray, FloatArray]:
    """Omega and Gamma at each wave number, shape (wavenumbers,), of the mean over chosen samples."""
    fits = fitted_dispersion(correlations, chosen.tolist(), polarisation)
    return np.array([fit.frequency for fit in fits]), np.array([fit.width for fit in fits])


_POINTS = 4000


def effective_medium_current(wavenumber: ArrayLike, frequency: ArrayLike, self_energy: ArrayLike) -> FloatArray:
    """C(q, omega) = (2 omega/pi) Im 1/(q^2 (1 - Sigma) - omega^2) of a medium, shape (wavenumbers, frequencies)."""
    omega = np.asarray(frequency, dtype=np.float64)
    square = np.asarray(wavenumber, dtype=np.float64)[:, None] ** 2
    green = 1.0 / (square * (1.0 - np.asarray(self_energy, dtype=np.complex128)) - omega**2)
    return np.asarray(2.0 * omega / math.pi * green.imag)


def effective_medium_band(wavenumber: ArrayLike, frequency: ArrayLike, self_energy: ArrayLike) -> FloatArray:
    """Frequency of the maximum of C(q, omega)/omega^2 per wave number, with linearly interpolated self energy."""
    omega, sigma = np.asarray(frequency, dtype=np.float64), np.asarray(self_energy, dtype=np.complex128)
    fine = np.geomspace(omega[0], omega[-1], _POINTS)
    between = np.interp(fine, omega, sigma.real) + 1j * np.interp(fine, omega, sigma.imag)
    reduced = effective_medium_current(wavenumber, fine, between) / fine**2
    return np.asarray(fine[np.argmax(reduced, axis=1)])


def excess_per_damping(
    excess: Sequence[Estimate],
    damping: Sequence[Estimate],
    *,
    samples: int,
    window: tuple[float, float],
    against: str = "the other ensemble",
) -> Estimate:
    """Excess of modes over the damping of waves of one ensemble, relative to another: two estimates of each."""
    ratios = [
        (modes.value / width.value, _half(modes) / width.value, _half(width) / width.value)
        for modes, width in zip(excess, damping, strict=True)
    ]
    (here, modes_here, width_here), (there, modes_there, width_there) = ratios
    value = here / there
    own = math.hypot(modes_here / there, value * width_here)
    others = abs(value) * math.hypot(modes_there / there, width_there)
    half = math.hypot(own, others)
    method = f"excess over Gamma/Omega, over that of {against}; errors of all four in quadrature"
    return Estimate("excess per damping", value, value - half, value + half, LEVEL, samples, method, window=window)


def _half(estimate: Estimate) -> float:
    return 0.5 * (estimate.high - estimate.low)
