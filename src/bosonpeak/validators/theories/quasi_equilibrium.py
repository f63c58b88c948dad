"""Tests of the quasi-equilibrium theory on modulated media: density of states, crossover, amplitude and energy.

Frequencies are in units of c k_G with each medium's own speed c, in which the claimed crossover is sqrt(3)/2; a value
from an equation without sampling is exact, its limits are the smallest and the largest over the modulations.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence

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
from bosonpeak.validators.theories.theory_curves import exact

CLAIMED = float(np.sqrt(0.75))
"""Crossover of eq. 16 in units of c k_G."""

_ENERGY_SLOPE = "slope of ln of the potential energy density on ln 1/G"

CONTINUUM_END = 0.8
"""Frequency up to which a grid of unit spacing and speed stands for a continuum: Debye's law is then good to 8 %, and
the ratio to the crystal on the same grid to 1 %."""


@dataclasses.dataclass(frozen=True)
class ReducedCurves:
    """Density of states of a medium over its own Debye density, shape (samples, frequencies); one row if exact."""

    frequency: FloatArray  # (frequencies,), in units of c k_G
    reduced: FloatArray
    unit: float  # c k_G in the dataset's own unit
    height: FloatArray | None  # (samples,), rise of the reduced density, if known


def reduced_curves(
    data: Ensemble, *, select: Mapping[str, float] | None = None, beside_phonons: bool = False
) -> ReducedCurves:
    """Reduced density of states of a medium, sampled or from a theory.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Of kind ``theory-spectrum`` with the coordinate ``contrast`` or ``modulation_wavenumber``, or of kind
        ``spectrum`` with ``crystal_density``.
    select : mapping, optional
        Parameters of a theory, such as ``{"contrast": 0.3}``.
    beside_phonons : bool
        Add the Debye density of ordinary phonons to a theory without them.

    Returns
    -------
    ReducedCurves

    Examples
    --------
    >>> media = "medium/layered/grid"
    >>> reduced_curves(media, select={"contrast": 0.3}).reduced.shape[0]
    1
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
    data: Ensemble, *, low: float, high: float, select: Mapping[str, float] | None = None, beside_phonons: bool = False
) -> Estimate:
    """Mean reduced density of states of a medium in a window.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Spectrum of a medium, as for `reduced_curves`.
    low, high : float
        Window in units of c k_G.
    select : mapping, optional
        Parameters of a theory, such as ``{"contrast": 0.3}``.
    beside_phonons : bool
        Add the Debye density of ordinary phonons to a theory without them.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> media = "medium/layered/grid"
    >>> print(medium_reduced_density(media, low=0.0, high=0.289, select={"contrast": 0.1}).in_short)
    1 [1, 1] (95 %, n = 1)
    """
    curves = reduced_curves(data, select=select, beside_phonons=beside_phonons)
    return mean_reduced_density(curves.frequency, curves.reduced, low=low, high=high)


def medium_peak(
    data: Ensemble, *, low: float, high: float, select: Mapping[str, float] | None = None, beside_phonons: bool = False
) -> Estimate:
    """Frequency of the maximum of a medium's reduced density of states in a window.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Spectrum of a medium, as for `reduced_curves`.
    low, high : float
        Window in units of c k_G.
    select : mapping, optional
        Parameters of a theory, such as ``{"contrast": 0.3}``.
    beside_phonons : bool
        Add the Debye density of ordinary phonons to a theory without them.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> media = "medium/layered/grid"
    >>> print(medium_peak(media, low=0.1, high=1.0, select={"contrast": 0.1}))
    0.4881 [0.4881, 0.4881] (95 %, n = 1)
    """
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
    """Exponent of the density of states of a medium, or of its excess over the own Debye density.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Spectrum of a medium, as for `reduced_curves`.
    low, high : float
        Window in units of c k_G.
    select : mapping, optional
        Parameters of a theory, such as ``{"contrast": 0.3}``.
    beside_phonons : bool
        Add the Debye density of ordinary phonons to a theory without them.
    excess : bool
        Exponent of the excess.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> media = "medium/layered/grid"
    >>> print(medium_exponent(media, low=0.0866, high=0.26, select={"contrast": 0.3}))
    2.004 [2.004, 2.004] (95 %, n = 1)
    """
    curves = reduced_curves(data, select=select, beside_phonons=beside_phonons)
    return density_exponent(curves.frequency, curves.reduced, low=low, high=high, excess=excess)


def step_position(
    data: Ensemble, *, low: float, high: float, select: Mapping[str, float] | None = None, beside_phonons: bool = False
) -> Estimate:
    """Frequency b/(c k_G) of the step 1 + B omega^2/(omega^2 + b^2); B is the level at high frequency where known.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Spectrum of a medium, as for `reduced_curves`.
    low, high : float
        Window in units of c k_G.
    select : mapping, optional
        Parameters of a theory, such as ``{"contrast": 0.3}``.
    beside_phonons : bool
        Add the Debye density of ordinary phonons to a theory without them.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> media = "medium/layered/grid"
    >>> print(step_position(media, low=0.0, high=2.6, select={"contrast": 0.1}))
    0.5331 [0.5331, 0.5331] (95 %, n = 1)
    """
    curves = reduced_curves(data, select=select, beside_phonons=beside_phonons)
    found = step_frequency(curves.frequency, curves.reduced, low=low, high=high, height=curves.height)
    return dataclasses.replace(found, name="frequency of the step over c k_G")


def sampled_line(data: Sequence[Ensemble]) -> CrossoverLine:
    """Line through the most likely crossovers of sampled spectra.

    Parameters
    ----------
    data : sequence of xarray.Dataset or str, or xarray.DataTree
        Spectra of media, one per modulation, with ``modulation_wavenumber`` among the parameters.

    Returns
    -------
    CrossoverLine

    Examples
    --------
    >>> crossovers = [f"null/crossovers/claimed/k-{k}" for k in (0.05, 0.1, 0.2)]
    >>> line = sampled_line(crossovers)
    >>> line.slope.low < 0.75**0.5 < line.slope.high
    True
    """
    units, found = [], []
    for member in several_ensembles(data):
        parameters = json.loads(member.attrs.get("parameters", "{}"))
        if "modulation_wavenumber" not in parameters:
            raise NotApplicableError("the modulation is unknown", expected="modulation_wavenumber in the parameters")
        units.append(float(parameters["modulation_wavenumber"]))
        found.append(sampled_crossover(member, highest=WINDOW_IN_CROSSOVERS * CLAIMED * units[-1]))
    return crossover_line(units, crossovers=found)


def crystal_ratio(data: Ensemble, *, low: float, high: float) -> Estimate:
    """Modes of a medium over the modes of the homogeneous crystal of its own modulus.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Sampled spectrum with ``crystal_density``.
    low, high : float
        Window in grid units.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(crystal_ratio("medium/spectra/homogeneous", low=0.3, high=0.8))
    0.9918 [0.9772, 1.006] (95 %, n = 4)
    """
    data = one_ensemble(data)
    require_variables(data, "crystal_density")
    return mean_reduced_density(data["frequency"].values, _over_crystal(data), low=low, high=high)


def amplitude_on_softness(data: Ensemble, *, select: Mapping[str, float], low: float, high: float) -> Estimate:
    """Slope of the logarithm of the local density of states on the logarithm of 1/G, mean over the modes in a window.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``amplitude_slope``.
    select : mapping
        Parameters of the theory.
    low, high : float
        Window in units of c k_G.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> media = "medium/layered/grid"
    >>> print(amplitude_on_softness(media, select={"contrast": 0.3}, low=0.26, high=0.866))
    0.7849 [0.7849, 0.7849] (95 %, n = 1)
    """
    data = one_ensemble(data)
    require_variables(data, "amplitude_slope")
    data = data.sel(select, method="nearest", tolerance=1e-9)
    inside = (data["frequency"].values >= low) & (data["frequency"].values <= high)
    slope, density = data["amplitude_slope"].values[inside], data["density_of_states"].values[inside]
    return dataclasses.replace(
        exact("slope of the amplitude on the softness", [float(slope @ density / density.sum())]), window=(low, high)
    )


def energy_on_softness(
    data: Ensemble, *, low: float, high: float, select: Mapping[str, float] | None = None, along: bool = False
) -> Estimate:
    """Slope of the logarithm of the time-averaged potential energy density on the logarithm of 1/G, mean over modes.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Spectrum with ``energy_slope`` and ``density_of_states``, of layers or sampled in three dimensions.
    low, high : float
        Window in units of c k_G.
    select : mapping, optional
        Parameters of a theory, such as ``{"contrast": 0.3}``.
    along : bool
        Of layers only the waves along the modulation.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> media = "medium/layered/grid"
    >>> print(energy_on_softness(media, low=0.0, high=0.289, select={"contrast": 0.3}))
    -0.2936 [-0.2936, -0.2936] (95 %, n = 1)
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
    return dataclasses.replace(exact(_ENERGY_SLOPE, mean), window=(low, high))


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
    """Slope of `energy_on_softness` for all modes in classical equilibrium, where every mode has the same energy.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Sampled media with ``equilibrium_energy_slope``.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(equilibrium_energy_on_softness("medium/energies/isotropic/contrast-0.3"))
    -0.043 [-0.05307, -0.03294] (95 %, n = 4)
    """
    data = one_ensemble(data)
    require_variables(data, "equilibrium_energy_slope")
    value, lower, upper = mean_interval(data["equilibrium_energy_slope"].values)
    method = "all modes in classical equilibrium, by random vectors; Student-t over media"
    return Estimate(_ENERGY_SLOPE, value, lower, upper, LEVEL, data.sizes["sample"], method)
