"""Quasi-equilibrium theory, and an elastic continuum modulated by one plane wave, on grids for recipes.

`QuasiEquilibriumGrid` has Debye units, c = 1, with the density 3 omega^2 of a homogeneous medium. `LayeredMediumGrid`
has frequencies in units of c k_G of each medium and densities per volume 1/k_G^3: every medium has one Debye level.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.media.bloch_bands import (
    BlochSpectrum,
    bloch_spectrum,
    high_frequency_level,
    modulus,
    own_debye_density,
    own_speed,
)
from bosonpeak.generators.sample_generators.labelled_generator import Label, Requirement
from bosonpeak.generators.theories.quasi_equilibrium import (
    amplitude_denominators,
    amplitude_slope,
    crossover_frequency,
    debye_level,
    mode_sum,
    quasi_equilibrium,
    smearing_weight,
)

_DEBYE = 3.0
_GRID = ("modulation_wavenumber", "frequency")
_MODES = ("modulation_wavenumber", "mode_wavenumber")
_SUMS = ("modulation_wavenumber", "shift_sign")

_ON_GRID = 1e-9


class QuasiEquilibriumGrid:
    """Equation 16 on a grid, with the sums of eq. 11 and the algebra of eq. 6 for the same modulations."""

    name = "quasi-equilibrium"
    equations = (
        "C. Jiang, homogeneous thermalization of an inhomogeneous elastic system: density of states eq. 16, "
        "sums eq. 11, single modes eqs 20 and 21, algebra eqs 5, 6 and 8"
    )
    defaults: Mapping[str, Any] = {
        "modulation_wavenumber": [0.0, 0.1],
        "mode_wavenumber": [0.1],
        "debye_radius": 20,
        "highest_frequency": 1.0,
        "frequencies": 200,
    }
    labels: Mapping[str, Label] = {
        "frequency": (("frequency",), "omega_D", "angular frequency"),
        "modulation_wavenumber": (("modulation_wavenumber",), "1", "k_G over the Debye wavenumber"),
        "mode_wavenumber": (("mode_wavenumber",), "1", "k_0 over the Debye wavenumber"),
        "shift_sign": (("shift_sign",), "1", "sign s of the shift, q = k - s k_G/2"),
        "density_of_states": (_GRID, "1/omega_D", "density of states, normalised to the modes of the Debye sphere"),
        "reduced_density_of_states": (_GRID, "1", "density of states over its Debye level"),
        "debye_level": (("modulation_wavenumber",), "1/omega_D^3", "density of states over frequency squared, k_G = 0"),
        "crossover_frequency": (("modulation_wavenumber",), "omega_D", "(sqrt(3)/2) c k_G"),
        "lost_fraction": (_SUMS, "1", "weight of eq. 11 that the shift moves out of the Debye sphere"),
        "largest_loss_below_edge": (
            _SUMS,
            "1",
            "largest relative loss of density below c (k_D - k_G/2) in bins of 1/40 omega_D",
        ),
        "smearing_low": (_MODES, "1", "lowest q at which eq. 11 shows the modes k_0"),
        "smearing_high": (_MODES, "1", "highest q at which eq. 11 shows the modes k_0"),
        "smearing_weight": (_MODES, "1", "weight of a mode k_0 in eqs 20 and 21, over that at k_G = 0"),
        "smearing_weight_of_sum": (_MODES, "1", "weight of a mode k_0 in eq. 11 as printed, over that at k_G = 0"),
        "amplitude_denominator": (_MODES, "1", "factor of the delta function at -k_G that eq. 6 gives"),
        "amplitude_slope": (_MODES, "1", "slope of a^2 against the 1/G of eq. 5, both over their means"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require wavenumbers on the grid of wave vectors."""
        modulation, modes = parameters["modulation_wavenumber"], parameters["mode_wavenumber"]
        radius = parameters["debye_radius"]
        half, whole = [0.5 * radius * k for k in modulation], [radius * k for k in modes]
        return [
            ("debye_radius", "1 to 100", 1 <= radius <= 100),
            ("modulation_wavenumber", "ascending, 0 to 2, twice a whole number of 1/debye_radius", _possible(half)),
            (
                "mode_wavenumber",
                "ascending, above 0, at most 1, whole numbers of 1/debye_radius",
                _possible(whole) and whole[0] >= 1.0 - _ON_GRID and whole[-1] <= radius,
            ),
            ("highest_frequency", "above 0", 0.0 < parameters["highest_frequency"] < np.inf),
            ("frequencies", "2 to 100000", 2 <= parameters["frequencies"] <= 100_000),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory, dominated by the wave vectors, and of disk, dominated by the spectra."""
        wave_vectors = (2 * parameters["debye_radius"] + 1) ** 3
        return 64 * wave_vectors, 24 * len(parameters["modulation_wavenumber"]) * parameters["frequencies"]

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Spectra, sums and algebra for every modulation."""
        modulation = np.array(parameters["modulation_wavenumber"], dtype=np.float64)
        modes = np.array(parameters["mode_wavenumber"], dtype=np.float64)
        count = parameters["frequencies"]
        frequency = parameters["highest_frequency"] * np.arange(1, count + 1) / count
        normalisation = debye_level() / _DEBYE
        density = np.stack([quasi_equilibrium(frequency, k, mode_count=normalisation) for k in modulation])
        return {
            "frequency": frequency,
            "modulation_wavenumber": modulation,
            "mode_wavenumber": modes,
            "shift_sign": np.array([1.0, -1.0]),
            "density_of_states": density,
            "reduced_density_of_states": density / (_DEBYE * frequency**2),
            "debye_level": np.full(len(modulation), _DEBYE),
            "crossover_frequency": crossover_frequency(modulation),
            **_sums(modulation, modes, parameters["debye_radius"]),
            **_algebra(modulation, modes),
        }


def _possible(numbers: list[float]) -> bool:
    """Test whether all numbers are whole, non-negative and ascending."""
    whole = all(abs(number - round(number)) < _ON_GRID and number >= 0.0 for number in numbers)
    return bool(numbers) and whole and all(a < b for a, b in itertools.pairwise(numbers))


def _sums(modulation: FloatArray, modes: FloatArray, radius: int) -> dict[str, FloatArray]:
    lost, largest = np.empty((len(modulation), 2)), np.empty((len(modulation), 2))
    shape = len(modulation), len(modes)
    low, high, weight = np.empty(shape), np.empty(shape), np.empty(shape)
    for row, wavenumber in enumerate(modulation):
        half_shift = round(0.5 * radius * wavenumber)
        for column, sign in enumerate((1, -1)):
            modes_shown = mode_sum(radius, half_shift, shift_sign=sign)
            lost[row, column] = modes_shown.lost_fraction
            edges = np.arange(0.0, 1.0 - 0.5 * wavenumber + _ON_GRID, 0.025)
            confined, everywhere = (modes_shown.density(edges, confined=flag) for flag in (True, False))
            largest[row, column] = float(np.max(1.0 - confined[everywhere > 0.0] / everywhere[everywhere > 0.0]))
        printed = mode_sum(radius, half_shift, gradient_sign=-1)
        for column, wavenumber_0 in enumerate(modes):
            low[row, column], high[row, column], weight[row, column] = printed.smearing(float(wavenumber_0))
    return {
        "lost_fraction": lost,
        "largest_loss_below_edge": largest,
        "smearing_low": low,
        "smearing_high": high,
        "smearing_weight": smearing_weight(modes, modulation[:, None]) / smearing_weight(modes, 0.0),
        "smearing_weight_of_sum": weight,
    }


def _algebra(modulation: FloatArray, modes: FloatArray) -> dict[str, FloatArray]:
    """Algebra of eq. 6; NaN without modulation, and a NaN slope if 1/G is uniform."""
    denominator, slope = np.full((2, len(modulation), len(modes)), np.nan)
    for row, wavenumber in enumerate(modulation):
        for column, mode in enumerate(modes):
            if wavenumber > 0.0:
                denominator[row, column] = amplitude_denominators(mode, wavenumber).modulation
            if wavenumber > 0.0 and abs(mode - 0.5 * wavenumber) > _ON_GRID:
                slope[row, column] = amplitude_slope(mode, wavenumber)
    return {"amplitude_denominator": denominator, "amplitude_slope": slope}


_LAYERED_GRID = ("contrast", "frequency")
_LAYERED_DEBYE = 1.0 / (2.0 * math.pi**2)


class LayeredMediumGrid:
    """Exact spectra of -div(G grad) with 1/G = 1 + contrast cos(k_G x), by Bloch bands."""

    name = "layered-medium"
    equations = (
        "-div(G grad phi) = omega^2 phi with 1/G = 1 + contrast cos(k_G x), reduced to one dimension; own Debye level "
        "from the effective moduli 1/<1/G> and <G>"
    )
    defaults: Mapping[str, Any] = {
        "contrast": [0.0, 0.5],
        "highest_frequency": 2.6,
        "frequency_step": 0.02,
        "harmonics": 15,
        "quadrature": 12,
    }
    labels: Mapping[str, Label] = {
        "frequency": (("frequency",), "1", "angular frequency over c k_G"),
        "contrast": (("contrast",), "1", "amplitude of the plane wave in G_0/G"),
        "density_of_states": (_LAYERED_GRID, "1", "density of states per volume 1/k_G^3 and frequency c k_G"),
        "reduced_density_of_states": (_LAYERED_GRID, "1", "density of states over its own Debye density"),
        "amplitude_slope": (
            _LAYERED_GRID,
            "1",
            "slope of the logarithm of the local density of states against the logarithm of 1/G",
        ),
        "energy_slope": (
            _LAYERED_GRID,
            "1",
            "slope of the logarithm of the mean potential energy density against the logarithm of 1/G, "
            "modes of one frequency",
        ),
        "energy_slope_along": (_LAYERED_GRID, "1", "energy slope of waves along the modulation; none in a gap"),
        "debye_level": (("contrast",), "1", "own Debye density over frequency squared, 1/(2 pi^2)"),
        "own_speed": (("contrast",), "1", "sound speed c of the medium's own Debye level, over sqrt(G_0)"),
        "high_frequency_level": (("contrast",), "1", "reduced density of states at high frequency, c^3 <G^(-3/2)>"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require contrasts that leave the modulus positive."""
        contrast, step = parameters["contrast"], parameters["frequency_step"]
        ascending = all(a < b for a, b in itertools.pairwise(contrast))
        inside = bool(contrast) and all(0.0 <= value < 1.0 for value in contrast)
        return [
            ("contrast", "ascending, 0 to below 1", ascending and inside),
            ("frequency_step", "above 0, below highest_frequency", 0.0 < step < parameters["highest_frequency"] < 1e3),
            ("harmonics", "1 to 200", 1 <= parameters["harmonics"] <= 200),
            ("quadrature", "2 to 200", 2 <= parameters["quadrature"] <= 200),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk."""
        points = len(parameters["contrast"]) * round(parameters["highest_frequency"] / parameters["frequency_step"])
        return 1000 * points, 24 * points

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Spectra of all contrasts."""
        contrast = np.array(parameters["contrast"], dtype=np.float64)
        step = parameters["frequency_step"]
        frequency = step * np.arange(1, round(parameters["highest_frequency"] / step) + 1)
        speed = np.array([own_speed(value) for value in contrast])
        settings = {name: parameters[name] for name in ("harmonics", "quadrature")}
        spectra = [bloch_spectrum(c * frequency, value, **settings) for c, value in zip(speed, contrast, strict=True)]
        reduced = np.stack(
            [s.density / own_debye_density(s.frequencies, v) for s, v in zip(spectra, contrast, strict=True)]
        )
        return {
            "frequency": frequency,
            "contrast": contrast,
            "density_of_states": reduced * _LAYERED_DEBYE * frequency**2,
            "reduced_density_of_states": reduced,
            **_slopes(spectra, contrast),
            "debye_level": np.full(len(contrast), _LAYERED_DEBYE),
            "own_speed": speed,
            "high_frequency_level": np.array([high_frequency_level(value) for value in contrast]),
        }


def _slopes(spectra: Sequence[BlochSpectrum], contrast: FloatArray) -> dict[str, NDArray[Any]]:
    """Slopes of local mode quantities against the local softness, one row per contrast."""
    fields = {"amplitude_slope": "amplitude", "energy_slope": "energy", "energy_slope_along": "energy_along"}
    return {
        name: np.stack([_slope(getattr(s, field), s.places, v) for s, v in zip(spectra, contrast, strict=True)])
        for name, field in fields.items()
    }


def _slope(values: FloatArray, places: FloatArray, contrast: float) -> FloatArray:
    """Logarithmic slope of values on 1/G over the places within one wavelength; NaN without contrast."""
    if contrast == 0.0:
        return np.full(len(values), np.nan)
    softness = -np.log(modulus(places, contrast))
    softness -= softness.mean()
    return np.asarray(np.log(values) @ softness / (softness @ softness))
