"""Tests of the equations of the quasi-equilibrium theory: crossover, amplitude, smearing and lost weight.

Values are exact, or the median of several modes or modulations with the smallest and the largest as limits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL
from bosonpeak.validators.spectra.crossover import CrossoverLine, crossover_line
from bosonpeak.validators.theories.theory_curves import exact

_PLACES = 256
"""Across one wavelength of the modulation."""


def equation_line(data: Ensemble) -> CrossoverLine:
    """Line through the frequencies at which the local exponent of the density of states is 3.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``density_of_states`` by ``modulation_wavenumber``.

    Returns
    -------
    CrossoverLine

    Examples
    --------
    >>> print(equation_line("theory/quasi-equilibrium/grid").slope)
    0.866 [0.866, 0.866] (95 %, n = 6)
    """
    data = one_ensemble(data)
    require_variables(data, "modulation_wavenumber", "frequency", "density_of_states")
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
    """Largest deviation of the density of states of a theory from Debye's law.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``reduced_density_of_states``.
    select : mapping
        Parameters of the theory.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> media = "medium/layered/grid"
    >>> debye_deviation(media, select={"contrast": 0.0}).value < 1e-10
    True
    """
    data = one_ensemble(data)
    require_variables(data, "reduced_density_of_states")
    curve = data.sel(select, method="nearest", tolerance=1e-9)["reduced_density_of_states"]
    return exact("largest deviation from Debye's law", [float(abs(curve - 1.0).max())])


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


def unshifted_weight(data: Mapping[float, BlochMode]) -> Estimate:
    """Weight of modes along the modulation at their own wavenumber.

    Parameters
    ----------
    data : mapping of float to BlochMode
        Modes by k_0/k_G.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> wave = SimpleNamespace(wavenumber=np.array([0.3]), coefficient=np.array([1.0]))
    >>> unshifted_weight({0.3: wave}).value
    1.0
    """
    return exact(
        "weight at the unshifted wavenumber",
        [float((mode.coefficient[np.isclose(np.abs(mode.wavenumber), k)] ** 2).sum()) for k, mode in _modes(data)],
    )


def equation_5_in_medium(data: Mapping[float, BlochMode], *, modulus: Callable[[FloatArray], FloatArray]) -> Estimate:
    """Slope of ln(k^2 a^2 + (grad a)^2) on ln(1/G) for modes a(x) exp(ikx) along the modulation; 1 is eq. 5.

    Amplitude and its change count as in eq. 5, so that either term may carry the energy.

    Parameters
    ----------
    data : mapping of float to BlochMode
        Modes by k_0/k_G.
    modulus : callable
        G at x k_G in [0, 2 pi), arrays of shape (places,).

    Returns
    -------
    Estimate

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> wave = SimpleNamespace(wavenumber=np.array([0.3]), coefficient=np.array([1.0]))
    >>> found = equation_5_in_medium({0.3: wave}, modulus=lambda x: 1.0 + 0.5 * np.cos(x))
    >>> abs(found.value) < 1e-12
    True
    """
    modes = _modes(data)
    places = 2.0 * np.pi * (np.arange(_PLACES) + 0.5) / _PLACES
    softness = -np.log(modulus(places))
    softness -= softness.mean()
    slopes = []
    for k, mode in modes:
        order = mode.wavenumber - k
        waves = np.exp(1j * np.outer(places, order))
        amplitude, change = waves @ mode.coefficient, waves @ (1j * order * mode.coefficient)
        energy = np.log(k**2 * np.abs(amplitude) ** 2 + np.abs(change) ** 2)
        slopes.append(float(energy @ softness / (softness @ softness)))
    return exact("slope of what eq. 5 sums on 1/G", slopes)


def equation_5_slope(data: Ensemble, *, low: float, high: float) -> Estimate:
    """Slope of the amplitude on the 1/G that eq. 5 asks for.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``amplitude_slope`` by mode and modulation.
    low, high : float
        Window of k_0/k_G.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(equation_5_slope("theory/quasi-equilibrium/grid", low=0.51, high=100.0))
    1.133 [1.002, 3.571] (95 %, n = 22)
    """
    data = one_ensemble(data)
    slope, ratio = _by_mode(data, "amplitude_slope")
    return exact("slope of a^2 on 1/G in eq. 5", slope[(ratio >= low) & (ratio <= high)])


def gradient_coefficient(data: Ensemble) -> Estimate:
    """Coefficient of k_G^2 in the factor that multiplies the amplitude when eq. 6 is worked out.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``amplitude_denominator``.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(gradient_coefficient("theory/quasi-equilibrium/grid"))
    -0.25 [-0.25, -0.25] (95 %, n = 36)
    """
    data = one_ensemble(data)
    denominator, _ = _by_mode(data, "amplitude_denominator")
    modes = (data["mode_wavenumber"] ** 2).broadcast_like(data["amplitude_denominator"])
    modulation = (data["modulation_wavenumber"] ** 2).broadcast_like(data["amplitude_denominator"])
    modulated = modulation.values > 0.0
    return exact("coefficient of k_G^2", (denominator - modes.values[modulated]) / modulation.values[modulated])


def smearing_range_error(data: Ensemble) -> Estimate:
    """Largest distance of the ends of the range of q in the sum of eq. 11 from the ends in eq. 21, Debye wavenumbers.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``smearing_low`` and ``smearing_high``.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> smearing_range_error("theory/quasi-equilibrium/grid").value < 1e-12
    True
    """
    data = one_ensemble(data)
    require_variables(data, "smearing_low", "smearing_high")
    half, mode = 0.5 * data["modulation_wavenumber"], data["mode_wavenumber"]
    errors = (abs(data["smearing_low"] - abs(half - mode)), abs(data["smearing_high"] - half - mode))
    return exact("error of the range of q", [float(max(error.max() for error in errors))])


def smearing_weight_error(data: Ensemble, *, low: float, high: float) -> Estimate:
    """Weight of single modes in eq. 11 over the weight in eq. 20, less one, in size.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``smearing_weight`` and ``smearing_weight_of_sum``.
    low, high : float
        Window of k_0/k_G.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(smearing_weight_error("theory/quasi-equilibrium/grid", low=0.0, high=1.0))
    2.445 [2.019, 13.64] (95 %, n = 20)
    """
    data = one_ensemble(data)
    printed, ratio = _by_mode(data, "smearing_weight_of_sum")
    used, _ = _by_mode(data, "smearing_weight")
    inside = (ratio >= low) & (ratio <= high)
    return exact("relative difference of the weights of eqs 11 and 20", np.abs(printed / used - 1.0)[inside])


def lost_fraction(data: Ensemble, *, modulation_wavenumber: float) -> Estimate:
    """Weight that the shift by k_G/2 moves out of the Debye sphere, for both signs of it.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``lost_fraction``.
    modulation_wavenumber : float
        k_G.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> print(lost_fraction("theory/quasi-equilibrium/grid", modulation_wavenumber=0.1))
    0.03794 [0.03794, 0.03794] (95 %, n = 2)
    """
    data = one_ensemble(data)
    require_variables(data, "lost_fraction")
    chosen = data["lost_fraction"].sel(modulation_wavenumber=modulation_wavenumber, method="nearest", tolerance=1e-9)
    return exact("weight shifted out of the Debye sphere", chosen.values)


def loss_below_edge(data: Ensemble) -> Estimate:
    """Largest relative loss of density below c (k_D - k_G/2), over all modulations and both signs.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``largest_loss_below_edge``.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> loss_below_edge("theory/quasi-equilibrium/grid").high < 1e-10
    True
    """
    data = one_ensemble(data)
    require_variables(data, "largest_loss_below_edge")
    return exact("loss of density below c (k_D - k_G/2)", data["largest_loss_below_edge"].values.ravel())


def _modes(data: Mapping[float, BlochMode]) -> list[tuple[float, BlochMode]]:
    if not isinstance(data, Mapping) or not data or not all(hasattr(mode, "coefficient") for mode in data.values()):
        raise NotApplicableError("these are not modes", expected="modes by k_0/k_G", got=type(data).__name__)
    return list(data.items())


def _by_mode(data: xr.Dataset, name: str) -> tuple[FloatArray, FloatArray]:
    """Values for all modes of all modulations that have one, and k_0/k_G there."""
    require_variables(data, name)
    modulated = data.where(data["modulation_wavenumber"] > 0.0, drop=True)
    values = modulated[name].transpose("modulation_wavenumber", "mode_wavenumber").values
    ratio = modulated["mode_wavenumber"].values / modulated["modulation_wavenumber"].values[:, None]
    known = np.isfinite(values)
    return values[known], ratio[known]
