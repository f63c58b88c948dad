"""Tests of the quasi-equilibrium theory: curves of its equations, and properties of the modulated media themselves.

Frequencies of media are in units of c k_G with each medium's own speed c, in which the claimed crossover is sqrt(3)/2.
What follows from an equation without sampling is an exact number; where it is given for several modulations, the
limits are the smallest and the largest.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables, several_ensembles
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval
from bosonpeak.validators.spectra.crossover import (
    WINDOW_IN_CROSSOVERS,
    CrossoverLine,
    crossover_line,
    sampled_crossover,
)
from bosonpeak.validators.spectra.reduced_step import (
    density_exponent,
    mean_reduced_density,
    peak_frequency,
    step_frequency,
)

CLAIMED = float(np.sqrt(0.75))
"""Crossover of eq. 16 in units of c k_G."""

_ENERGY_SLOPE = "slope of ln of the potential energy density on ln 1/G"

_PLACES = 256
"""Across one wavelength of the modulation."""

CONTINUUM_END = 0.8
"""Frequency up to which a grid of unit spacing and speed stands for a continuum: Debye's law is then good to 8 %, and
the ratio to the crystal on the same grid to 1 %."""


@dataclasses.dataclass(frozen=True)
class ReducedCurves:
    """Density of states of a medium over its own Debye density, shape (samples, frequencies); one row if exact.

    ``frequency``, shape (frequencies,), is in units of c k_G, ``unit`` is c k_G in the dataset's own unit, and
    ``height`` the rise of the reduced density at high frequency for each sample, if known.
    """

    frequency: FloatArray
    reduced: FloatArray
    unit: float
    height: FloatArray | None


def reduced_curves(
    data: Ensemble, *, select: Mapping[str, float] | None = None, beside_phonons: bool = False
) -> ReducedCurves:
    """Reduced density of states of a medium, sampled or from a theory.

    The dataset is of kind ``theory-spectrum`` with the coordinate ``contrast`` or ``modulation_wavenumber``, or of kind
    ``spectrum`` with ``crystal_density``; ``select`` chooses the theory's parameters. ``beside_phonons`` adds the Debye
    density of ordinary phonons to a theory without them. Raises `NotApplicableError` for other datasets.
    """
    data = one_ensemble(data)
    if "crystal_density" in data:
        require_variables(data, "effective_stiffness", "modulation_wavenumber", "high_frequency_level")
        speed = np.linalg.det(data["effective_stiffness"].values) ** (1.0 / 6.0)
        unit = float(np.mean(speed * data["modulation_wavenumber"].values))
        if unit == 0.0:
            raise NotApplicableError("a homogeneous medium has no c k_G")
        kept = data["frequency"].values <= CONTINUUM_END * float(speed.mean())
        frequency, reduced = data["frequency"].values[kept], _over_crystal(data)[:, kept]
        return ReducedCurves(frequency / unit, reduced, unit, data["high_frequency_level"].values - 1.0)
    require_variables(data, "reduced_density_of_states")
    chosen = data.sel(select or {}, method="nearest", tolerance=1e-9)
    curve = np.atleast_2d(chosen["reduced_density_of_states"].values) + float(beside_phonons)
    unit = float(chosen.coords.get("modulation_wavenumber", 1.0))
    height = np.atleast_1d(chosen["high_frequency_level"].values - 1.0) if "high_frequency_level" in chosen else None
    if len(curve) != 1 or unit == 0.0:
        raise NotApplicableError("one modulated medium is wanted", got=f"{len(curve)}, k_G = {unit:g}")
    return ReducedCurves(chosen["frequency"].values / unit, curve, unit, height)


def _over_crystal(data: xr.Dataset) -> FloatArray:
    return np.asarray(data["density_of_states"].values / data["crystal_density"].values)


def medium_reduced_density(
    data: Ensemble,
    *,
    low: float,
    high: float,
    select: Mapping[str, float] | None = None,
    beside_phonons: bool = False,
) -> Estimate:
    """Mean reduced density of states of a medium in a window."""
    curves = reduced_curves(data, select=select, beside_phonons=beside_phonons)
    return mean_reduced_density(curves.frequency, curves.reduced, low=low, high=high)


def medium_peak(
    data: Ensemble,
    *,
    low: float,
    high: float,
    select: Mapping[str, float] | None = None,
    beside_phonons: bool = False,
) -> Estimate:
    """Frequency of the maximum of a medium's reduced density of states in a window."""
    curves = reduced_curves(data, select=select, beside_phonons=beside_phonons)
    return peak_frequency(curves.frequency, curves.reduced, low=low, high=high)


def medium_exponent(
    data: Ensemble,
    *,
    low: float,
    high: float,
    select: Mapping[str, float] | None = None,
    beside_phonons: bool = False,
    excess: bool = False,
) -> Estimate:
    """Exponent of the density of states, or of what it has in excess of the own Debye density."""
    curves = reduced_curves(data, select=select, beside_phonons=beside_phonons)
    return density_exponent(curves.frequency, curves.reduced, low=low, high=high, excess=excess)


def step_position(
    data: Ensemble,
    *,
    low: float,
    high: float,
    select: Mapping[str, float] | None = None,
    beside_phonons: bool = False,
) -> Estimate:
    """Frequency b/(c k_G) of the step 1 + B omega^2/(omega^2 + b^2); B is the level at high frequency where known."""
    curves = reduced_curves(data, select=select, beside_phonons=beside_phonons)
    found = step_frequency(curves.frequency, curves.reduced, low=low, high=high, height=curves.height)
    return dataclasses.replace(found, name="frequency of the step over c k_G")


def sampled_line(data: Sequence[Ensemble]) -> CrossoverLine:
    """Line through the most likely crossovers of sampled spectra, one ensemble per modulation."""
    units, found = [], []
    for member in several_ensembles(data):
        units.append(float(json.loads(member.attrs["parameters"])["modulation_wavenumber"]))
        found.append(sampled_crossover(member, highest=WINDOW_IN_CROSSOVERS * CLAIMED * units[-1]))
    return crossover_line(units, crossovers=found)


def equation_line(data: Ensemble) -> CrossoverLine:
    """Line through the frequencies at which the local exponent of the density of states is 3, one a modulation."""
    data = one_ensemble(data)
    units = [float(k) for k in data["modulation_wavenumber"].values if k > 0.0]
    crossovers = [_exponent_three(data.sel(modulation_wavenumber=unit)) for unit in units]
    return crossover_line(units, crossovers=crossovers)


def _exponent_three(spectrum: xr.Dataset) -> Estimate:
    logarithm = np.log(spectrum["frequency"].values)
    slope = np.gradient(np.log(spectrum["density_of_states"].values), logarithm)
    # The exponent falls with frequency, and np.interp wants it to rise; ends of a gradient are one-sided.
    place = float(np.exp(np.interp(-3.0, -slope[1:-1], logarithm[1:-1])))
    return Estimate("frequency of exponent 3", place, place, place, LEVEL, 1, "interpolated in the local exponent")


def debye_deviation(data: Ensemble, *, select: Mapping[str, float]) -> Estimate:
    """Largest deviation of the density of states of a theory from Debye's law."""
    data = one_ensemble(data)
    require_variables(data, "reduced_density_of_states")
    curve = data.sel(select, method="nearest", tolerance=1e-9)["reduced_density_of_states"]
    return _exact("largest deviation from Debye's law", [float(abs(curve - 1.0).max())])


def crystal_ratio(data: Ensemble, *, low: float, high: float) -> Estimate:
    """Modes of a medium over those of the homogeneous crystal of its own modulus, frequencies in grid units."""
    data = one_ensemble(data)
    require_variables(data, "crystal_density")
    return mean_reduced_density(data["frequency"].values, _over_crystal(data), low=low, high=high)


def amplitude_on_softness(data: Ensemble, *, select: Mapping[str, float], low: float, high: float) -> Estimate:
    """Slope of the logarithm of the local density of states on that of 1/G, mean over the modes in a window."""
    data = one_ensemble(data).sel(select, method="nearest", tolerance=1e-9)
    require_variables(data, "amplitude_slope")
    inside = (data["frequency"].values >= low) & (data["frequency"].values <= high)
    slope, density = data["amplitude_slope"].values[inside], data["density_of_states"].values[inside]
    return dataclasses.replace(
        _exact("slope of the amplitude on the softness", [float(slope @ density / density.sum())]), window=(low, high)
    )


def energy_on_softness(
    data: Ensemble,
    *,
    low: float,
    high: float,
    select: Mapping[str, float] | None = None,
    along: bool = False,
) -> Estimate:
    """Slope of the logarithm of the time-averaged potential energy density on that of 1/G, mean over a window's modes.

    Of layers all waves are counted, or those along the modulation alone; media in three dimensions are sampled.
    """
    data = one_ensemble(data)
    require_variables(data, "energy_slope", "density_of_states")
    if "sample" in data.dims:
        return _sampled_energy_slope(data, low, high)
    chosen = data.sel(select or {}, method="nearest", tolerance=1e-9)
    slope = chosen["energy_slope_along" if along else "energy_slope"].values
    inside = (chosen["frequency"].values >= low) & (chosen["frequency"].values <= high) & np.isfinite(slope)
    # In one dimension the waves below a frequency are proportional to it, outside gaps.
    weight = np.ones(inside.sum()) if along else chosen["density_of_states"].values[inside]
    mean = [float(slope[inside] @ weight / weight.sum())] if inside.any() else []
    return dataclasses.replace(_exact(_ENERGY_SLOPE, mean), window=(low, high))


def _sampled_energy_slope(data: xr.Dataset, low: float, high: float) -> Estimate:
    require_variables(data, "effective_stiffness", "modulation_wavenumber")
    speed = np.linalg.det(data["effective_stiffness"].values) ** (1.0 / 6.0)
    unit = float(np.mean(speed * data["modulation_wavenumber"].values))
    frequency = data["frequency"].values
    inside = (frequency >= low * unit) & (frequency <= high * unit) & (frequency <= CONTINUUM_END * float(speed.mean()))
    if not inside.any():
        raise NotApplicableError("no sampled frequency lies in the window", expected=f"{low:g} to {high:g} c k_G")
    weight = data["density_of_states"].values[:, inside].mean(axis=0)
    slopes = data["energy_slope"].values[:, inside] @ weight / weight.sum()
    value, lower, upper = mean_interval(slopes)
    method = f"mean over {inside.sum()} windows of frequency, each medium by itself; Student-t over media"
    return Estimate(_ENERGY_SLOPE, value, lower, upper, LEVEL, len(slopes), method, window=(low, high))


def equilibrium_energy_on_softness(data: Ensemble) -> Estimate:
    """The same slope for all modes in classical equilibrium, which every mode enters with the same energy."""
    data = one_ensemble(data)
    require_variables(data, "equilibrium_energy_slope")
    value, lower, upper = mean_interval(data["equilibrium_energy_slope"].values)
    method = "all modes in classical equilibrium, by random vectors; Student-t over media"
    return Estimate(_ENERGY_SLOPE, value, lower, upper, LEVEL, data.sizes["sample"], method)


class BlochMode(Protocol):
    """Plane-wave expansion of a mode a(x) exp(ikx) along the modulation: wavenumbers over k_G and coefficients."""

    @property
    def wavenumber(self) -> FloatArray:
        """Wavenumber of each plane wave over k_G, shape (waves,)."""
        ...

    @property
    def coefficient(self) -> FloatArray:
        """Coefficient of each plane wave, shape (waves,)."""
        ...


def unshifted_weight(modes: Mapping[float, BlochMode]) -> Estimate:
    """Weight of modes along the modulation at their own wavenumber; `modes` by k_0/k_G."""
    return _exact(
        "weight at the unshifted wavenumber",
        [float((mode.coefficient[np.isclose(np.abs(mode.wavenumber), k)] ** 2).sum()) for k, mode in modes.items()],
    )


def equation_5_in_medium(modes: Mapping[float, BlochMode], modulus: Callable[[FloatArray], FloatArray]) -> Estimate:
    """Slope of ln(k^2 a^2 + (grad a)^2) on ln(1/G) for modes a(x) exp(ikx) along the modulation; 1 is eq. 5.

    Amplitude and its change count as in eq. 5, so that either term may carry the energy. Modes are given by k_0/k_G,
    and ``modulus`` is G at x k_G in [0, 2 pi), shape (places,).
    """
    places = 2.0 * np.pi * (np.arange(_PLACES) + 0.5) / _PLACES
    softness = -np.log(modulus(places))
    softness -= softness.mean()
    slopes = []
    for k, mode in modes.items():
        order = mode.wavenumber - k
        waves = np.exp(1j * np.outer(places, order))
        amplitude, change = waves @ mode.coefficient, waves @ (1j * order * mode.coefficient)
        energy = np.log(k**2 * np.abs(amplitude) ** 2 + np.abs(change) ** 2)
        slopes.append(float(energy @ softness / (softness @ softness)))
    return _exact("slope of what eq. 5 sums on 1/G", slopes)


def equation_5_slope(data: Ensemble, *, low: float, high: float) -> Estimate:
    """Slope of the amplitude on the 1/G that eq. 5 asks for, over modes with k_0/k_G in a window."""
    data = one_ensemble(data)
    slope, ratio = _by_mode(data, "amplitude_slope")
    return _exact("slope of a^2 on 1/G in eq. 5", slope[(ratio >= low) & (ratio <= high)])


def gradient_coefficient(data: Ensemble) -> Estimate:
    """Coefficient of k_G^2 in what multiplies the amplitude when eq. 6 is worked out."""
    data = one_ensemble(data)
    denominator, _ = _by_mode(data, "amplitude_denominator")
    modes = (data["mode_wavenumber"] ** 2).broadcast_like(data["amplitude_denominator"])
    modulation = (data["modulation_wavenumber"] ** 2).broadcast_like(data["amplitude_denominator"])
    modulated = modulation.values > 0.0
    return _exact("coefficient of k_G^2", (denominator - modes.values[modulated]) / modulation.values[modulated])


def smearing_range_error(data: Ensemble) -> Estimate:
    """Largest distance of the ends of the range of q in the sum of eq. 11 from those of eq. 21, Debye wavenumbers."""
    data = one_ensemble(data)
    require_variables(data, "smearing_low", "smearing_high")
    half, mode = 0.5 * data["modulation_wavenumber"], data["mode_wavenumber"]
    errors = (abs(data["smearing_low"] - abs(half - mode)), abs(data["smearing_high"] - half - mode))
    return _exact("error of the range of q", [float(max(error.max() for error in errors))])


def smearing_weight_error(data: Ensemble, *, low: float, high: float) -> Estimate:
    """Weight of single modes in eq. 11 over that in eq. 20, less one, in size, over modes with k_0/k_G in a window."""
    data = one_ensemble(data)
    printed, ratio = _by_mode(data, "smearing_weight_of_sum")
    used, _ = _by_mode(data, "smearing_weight")
    inside = (ratio >= low) & (ratio <= high)
    return _exact("relative difference of the weights of eqs 11 and 20", np.abs(printed / used - 1.0)[inside])


def lost_fraction(data: Ensemble, *, modulation_wavenumber: float) -> Estimate:
    """Weight that the shift by k_G/2 moves out of the Debye sphere, for both signs of it."""
    data = one_ensemble(data)
    require_variables(data, "lost_fraction")
    chosen = data["lost_fraction"].sel(modulation_wavenumber=modulation_wavenumber, method="nearest", tolerance=1e-9)
    return _exact("weight shifted out of the Debye sphere", chosen.values)


def loss_below_edge(data: Ensemble) -> Estimate:
    """Largest relative loss of density below c (k_D - k_G/2), over all modulations and both signs."""
    data = one_ensemble(data)
    require_variables(data, "largest_loss_below_edge")
    return _exact("loss of density below c (k_D - k_G/2)", data["largest_loss_below_edge"].values.ravel())


def _by_mode(data: xr.Dataset, name: str) -> tuple[FloatArray, FloatArray]:
    """Values for all modes of all modulations that have one, and k_0/k_G there."""
    require_variables(data, name)
    modulated = data.where(data["modulation_wavenumber"] > 0.0, drop=True)
    values = modulated[name].transpose("modulation_wavenumber", "mode_wavenumber").values
    ratio = modulated["mode_wavenumber"].values / modulated["modulation_wavenumber"].values[:, None]
    known = np.isfinite(values)
    return values[known], ratio[known]


def _exact(name: str, values: Sequence[float] | FloatArray) -> Estimate:
    """A number that follows without sampling; its limits are the extremes over all cases."""
    found = np.asarray(values, dtype=np.float64)
    if found.size == 0:
        raise NotApplicableError("no mode in the window", got=name)
    how = "exact" if found.size == 1 else f"exact; median and extremes of {found.size} cases"
    return Estimate(name, float(np.median(found)), float(found.min()), float(found.max()), LEVEL, found.size, how)
