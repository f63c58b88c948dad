"""Elastic continuum modulated by one plane wave, on a grid of contrasts, for recipes.

Frequencies are in units of c k_G with the sound speed c of each medium, and the density of states is per volume
1/k_G^3, so that every medium has the same Debye level.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.generators.media.bloch_bands import (
    BlochSpectrum,
    bloch_spectrum,
    high_frequency_level,
    modulus,
    own_debye_density,
    own_speed,
)
from bosonpeak.generators.sample_generators.labels import Label
from bosonpeak.generators.sample_generators.parameters import Requirement

_GRID = ("contrast", "frequency")
_DEBYE = 1.0 / (2.0 * math.pi**2)


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
        "density_of_states": (_GRID, "1", "density of states per volume 1/k_G^3 and frequency c k_G"),
        "reduced_density_of_states": (_GRID, "1", "density of states over its own Debye density"),
        "amplitude_slope": (_GRID, "1", "slope of the logarithm of the local density of states on that of 1/G"),
        "energy_slope": (
            _GRID,
            "1",
            "slope of the logarithm of the mean potential energy density on that of 1/G, modes of one frequency",
        ),
        "energy_slope_along": (_GRID, "1", "the same for waves along the modulation; none in a gap"),
        "debye_level": (("contrast",), "1", "own Debye density over frequency squared, 1/(2 pi^2)"),
        "own_speed": (("contrast",), "1", "speed c that makes the own Debye level, over sqrt(G_0)"),
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
            "density_of_states": reduced * _DEBYE * frequency**2,
            "reduced_density_of_states": reduced,
            **_slopes(spectra, contrast),
            "debye_level": np.full(len(contrast), _DEBYE),
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
