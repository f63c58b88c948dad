"""Heterogeneous-elasticity theory on a grid of disorder and compressibility, for recipes.

Units are those of `self_consistent_born`: 1/k_xi, G0, and sqrt(G0/rho_m) k_xi for frequencies.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.generators.glasses.quench import rounded_to_bits
from bosonpeak.generators.sample_generators.parameters import Requirement
from bosonpeak.generators.sample_generators.theory import Label
from bosonpeak.generators.theories.heterogeneous_elasticity.finite_samples import (
    LARGEST_SAMPLE,
    spectral_gap,
    wave_number_shells,
)
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder, critical_excess
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity

Array = NDArray[np.float64]

EQUATIONS = "W. Schirmacher et al., Nat. Commun. 15, 3107 (2024): self-consistent Born approximation, eqs 33 to 35"

BITS = 28
"""Significant bits that are stored."""

_RATIO = "shear_to_bulk_ratio"
_DISTANCE = "distance_to_instability"
_CELL = (_RATIO, _DISTANCE)
_GRID = (*_CELL, "frequency")
_FINITE_CELL = ("box_length", _DISTANCE)
_FINITE_GRID = (*_FINITE_CELL, "frequency")

_COMMON: dict[str, Label] = {
    _RATIO: ((_RATIO,), "1", "mean shear modulus over bulk modulus, G0/K; 0 is incompressible"),
    _DISTANCE: ((_DISTANCE,), "1", "1 - gamma/gamma_c"),
}


class HeterogeneousElasticityGrid:
    """Spectra of infinite media, on frequencies that are dense where the boson peak may lie."""

    name = "heterogeneous-elasticity"
    equations = EQUATIONS
    defaults: Mapping[str, Any] = {
        _RATIO: [0.0, 0.2, 1.0],
        _DISTANCE: [0.0, 0.1, 0.5],
        "lowest_frequency": 1e-4,
        "frequencies_per_decade": 40,
        "linear_frequencies": 60,
        "highest_frequency": 3.0,
    }
    labels: Mapping[str, Label] = {
        **_COMMON,
        "frequency": (("frequency",), "1", "angular frequency over sqrt(G0/rho_m) k_xi"),
        "density_of_states": (_GRID, "1", "density of states, normalised to 1 over the three branches"),
        "reduced_density_of_states": (_GRID, "1", "density of states over the medium's own Debye law"),
        "self_energy_real": (_GRID, "1", "real part of the self energy over G0"),
        "self_energy_imag": (_GRID, "1", "imaginary part of the self energy over G0"),
        "attenuation": (_GRID, "1", "damping rate of transverse waves over sqrt(G0/rho_m) k_xi"),
        "debye_level": (_CELL, "1", "density of states over frequency squared at low frequency, of waves alone"),
        "disorder": (_CELL, "1", "gamma"),
        "critical_disorder": ((_RATIO,), "1", "gamma_c"),
        "critical_excess": (
            (_RATIO,),
            "1",
            "density of states over the Debye law at gamma_c, low frequency, closed form",
        ),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Axes ascend; the frequencies are logarithmic up to 0.4 and linear beyond."""
        return [
            (_RATIO, "numbers from 0, ascending", ascending(parameters[_RATIO], 0.0, math.inf)),
            (_DISTANCE, "numbers from 0 to 1, ascending", ascending(parameters[_DISTANCE], 0.0, 1.0)),
            ("lowest_frequency", "above 0, below 0.4", 0.0 < parameters["lowest_frequency"] < 0.4),
            ("frequencies_per_decade", "at least 1", parameters["frequencies_per_decade"] >= 1),
            ("linear_frequencies", "at least 2", parameters["linear_frequencies"] >= 2),
            ("highest_frequency", "above 0.4", 0.4 < parameters["highest_frequency"] < math.inf),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk."""
        cells = len(parameters[_RATIO]) * len(parameters[_DISTANCE])
        points = cells * len(_frequencies(parameters))
        return 120 * points, 40 * points

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Solve at every point."""
        frequency = _frequencies(parameters)
        ratios, distances = (np.array(parameters[name], dtype=np.float64) for name in _CELL)
        bulk = [math.inf if ratio == 0.0 else 1.0 / float(ratio) for ratio in ratios]
        critical = np.array([critical_disorder(modulus).disorder for modulus in bulk])
        disorder = critical[:, None] * (1.0 - distances[None, :])
        spectra = [
            [heterogeneous_elasticity(float(gamma), modulus, frequency) for gamma in row]
            for row, modulus in zip(disorder, bulk, strict=True)
        ]
        fields = {
            "density_of_states": [[s.density_of_states for s in row] for row in spectra],
            "reduced_density_of_states": [[s.reduced_density for s in row] for row in spectra],
            "self_energy_real": [[s.self_energy.real for s in row] for row in spectra],
            "self_energy_imag": [[s.self_energy.imag for s in row] for row in spectra],
            "attenuation": [[s.attenuation for s in row] for row in spectra],
        }
        return {
            "frequency": frequency,
            _RATIO: ratios,
            _DISTANCE: distances,
            **{name: rounded_to_bits(np.array(values), BITS) for name, values in fields.items()},
            "debye_level": np.array([[s.debye_level for s in row] for row in spectra]),
            "disorder": disorder,
            "critical_disorder": critical,
            "critical_excess": np.array([critical_excess(modulus) for modulus in bulk]),
        }


class FiniteElasticityGrid:
    """Spectra of finite samples, on frequencies in units of the edge of their gap."""

    name = "heterogeneous-elasticity-finite"
    equations = f"{EQUATIONS}, with sums over k = 2 pi n / L"
    defaults: Mapping[str, Any] = {
        _RATIO: 0.2,
        "box_length": [20.0, 40.0],
        _DISTANCE: [0.001, 0.1, 0.5],
        "below_edge": 20,
        "above_edge": 60,
        "nearest": 1e-5,
        "farthest": 3.0,
    }
    labels: Mapping[str, Label] = {
        _DISTANCE: _COMMON[_DISTANCE],
        "box_length": (("box_length",), "1", "length of the periodic sample times k_xi"),
        "frequency": (("frequency",), "1", "angular frequency over that of the gap's edge"),
        "angular_frequency": (_FINITE_GRID, "1", "angular frequency over sqrt(G0/rho_m) k_xi"),
        "density_of_states": (_FINITE_GRID, "1", "density of states, normalised to 1 over the three branches"),
        "edge_eigenvalue": (_FINITE_CELL, "1", "lambda_c = omega_c^2, where the spectrum begins"),
        "expanded_edge_eigenvalue": (_FINITE_CELL, "1", "lambda_c to first order in gamma_c - gamma"),
        "first_wave_eigenvalue": (_FINITE_CELL, "1", "(2 pi/L)^2 times the static shear modulus over G0"),
        "disorder": ((_DISTANCE,), "1", "gamma"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Boxes hold a wave vector; the edge exists away from the instability only."""
        boxes = parameters["box_length"]
        return [
            (_RATIO, "0 or more", 0.0 <= parameters[_RATIO] < math.inf),
            (
                "box_length",
                f"ascending, above 2 pi, at most {LARGEST_SAMPLE:g}",
                ascending(boxes, 2.0 * math.pi * (1.0 + 1e-9), LARGEST_SAMPLE),
            ),
            (_DISTANCE, "ascending, between 0 and 1", ascending(parameters[_DISTANCE], 1e-12, 1.0 - 1e-12)),
            ("below_edge", "at least 2", parameters["below_edge"] >= 2),
            ("above_edge", "at least 4", parameters["above_edge"] >= 4),
            ("nearest", "above 0, below farthest", 0.0 < parameters["nearest"] < parameters["farthest"]),
            ("farthest", "a finite number", parameters["farthest"] < math.inf),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk."""
        cells = len(parameters["box_length"]) * len(parameters[_DISTANCE])
        points = cells * (parameters["below_edge"] + parameters["above_edge"])
        return 100_000_000 + 60 * points, 16 * points

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Find every edge, and solve around it."""
        ratio = parameters[_RATIO]
        modulus = math.inf if ratio == 0.0 else 1.0 / ratio
        boxes, distances = (np.array(parameters[name], dtype=np.float64) for name in _FINITE_CELL)
        disorder = critical_disorder(modulus).disorder * (1.0 - distances)
        relative = edge_grid(parameters)
        gaps = [[spectral_gap(float(gamma), modulus, float(box)) for gamma in disorder] for box in boxes]
        edge = np.array([[gap.eigenvalue for gap in row] for row in gaps])
        omega = np.sqrt(edge)[:, :, None] * relative
        density = np.empty(omega.shape)
        for row, box in enumerate(boxes):
            shells = wave_number_shells(float(box))
            for column, gamma in enumerate(disorder):
                found = heterogeneous_elasticity(float(gamma), modulus, omega[row, column], shells=shells)
                density[row, column] = found.density_of_states
        return {
            "frequency": relative,
            "box_length": boxes,
            _DISTANCE: distances,
            "angular_frequency": rounded_to_bits(omega, BITS),
            "density_of_states": rounded_to_bits(density, BITS),
            "edge_eigenvalue": edge,
            "expanded_edge_eigenvalue": np.array([[gap.expanded for gap in row] for row in gaps]),
            "first_wave_eigenvalue": np.array([[gap.first_wave for gap in row] for row in gaps]),
            "disorder": disorder,
        }


def edge_grid(parameters: Mapping[str, Any]) -> Array:
    """Frequencies over that of an edge: evenly below it, and at logarithmic distances omega^2 - 1 above."""
    below = np.linspace(0.02, 1.0, parameters["below_edge"], endpoint=False)
    distance = np.geomspace(parameters["nearest"], parameters["farthest"], parameters["above_edge"])
    return np.concatenate([below, np.sqrt(1.0 + distance)])


def ascending(values: Sequence[float], low: float, high: float) -> bool:
    """Whether numbers ascend and lie in [low, high]."""
    numbers = all(isinstance(value, int | float) and low <= value <= high for value in values)
    return bool(values) and numbers and all(a < b for a, b in itertools.pairwise(values))


def _frequencies(parameters: Mapping[str, Any]) -> Array:
    middle = 0.4
    decades = math.log10(middle / parameters["lowest_frequency"])
    count = max(int(decades * parameters["frequencies_per_decade"]), 2)
    low = np.geomspace(parameters["lowest_frequency"], middle, count, endpoint=False)
    return np.concatenate([low, np.linspace(middle, parameters["highest_frequency"], parameters["linear_frequencies"])])
