"""Heterogeneous-elasticity theory of finite samples on a grid of box lengths and disorder, for recipes.

Units as in `self_consistent_born`: lengths 1/k_xi, moduli G0, frequencies sqrt(G0/rho_m) k_xi.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.storage.rounding import rounded_to_bits
from bosonpeak.generators.sample_generators.labels import Label
from bosonpeak.generators.sample_generators.parameters import Requirement, ascending
from bosonpeak.generators.sample_generators.theory_grids.heterogeneous_elasticity import BITS, EQUATIONS
from bosonpeak.generators.theories.heterogeneous_elasticity.finite_samples import (
    LARGEST_SAMPLE,
    spectral_gap,
    wave_number_shells,
)
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity

_RATIO = "shear_to_bulk_ratio"
_DISTANCE = "distance_to_instability"
_CELL = ("box_length", _DISTANCE)
_GRID = (*_CELL, "frequency")


class FiniteElasticityGrid:
    """Spectra of finite samples, with frequencies in units of the gap edge."""

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
        _DISTANCE: ((_DISTANCE,), "1", "1 - gamma/gamma_c"),
        "box_length": (("box_length",), "1", "length of the periodic sample times k_xi"),
        "frequency": (("frequency",), "1", "angular frequency over that of the gap's edge"),
        "angular_frequency": (_GRID, "1", "angular frequency over sqrt(G0/rho_m) k_xi"),
        "density_of_states": (_GRID, "1", "density of states, normalised to 1 over the three branches"),
        "edge_eigenvalue": (_CELL, "1", "lambda_c = omega_c^2, where the spectrum begins"),
        "expanded_edge_eigenvalue": (_CELL, "1", "lambda_c to first order in gamma_c - gamma"),
        "first_wave_eigenvalue": (_CELL, "1", "(2 pi/L)^2 times the static shear modulus over G0"),
        "disorder": ((_DISTANCE,), "1", "gamma"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require boxes with at least one wave vector, and disorder below the instability, where the edge exists."""
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
        """Find every gap edge and solve the theory around it."""
        ratio = parameters[_RATIO]
        modulus = math.inf if ratio == 0.0 else 1.0 / ratio
        boxes, distances = (np.array(parameters[name], dtype=np.float64) for name in _CELL)
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


def edge_grid(parameters: Mapping[str, Any]) -> FloatArray:
    """Frequencies over the edge frequency: linear below 1, logarithmic in omega^2 - 1 above."""
    below = np.linspace(0.02, 1.0, parameters["below_edge"], endpoint=False)
    distance = np.geomspace(parameters["nearest"], parameters["farthest"], parameters["above_edge"])
    return np.concatenate([below, np.sqrt(1.0 + distance)])
