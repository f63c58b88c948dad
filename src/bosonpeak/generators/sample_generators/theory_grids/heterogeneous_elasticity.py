"""Heterogeneous-elasticity theory on a grid of disorder and compressibility, for recipes.

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
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder, critical_excess
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity

EQUATIONS = "W. Schirmacher et al., Nat. Commun. 15, 3107 (2024): self-consistent Born approximation, eqs 33 to 35"

BITS = 28
"""Significant bits that are stored."""

_RATIO = "shear_to_bulk_ratio"
_DISTANCE = "distance_to_instability"
_CELL = (_RATIO, _DISTANCE)
_GRID = (*_CELL, "frequency")


class HeterogeneousElasticityGrid:
    """Spectra of infinite media, with a dense frequency grid in the range of the boson peak."""

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
        _RATIO: ((_RATIO,), "1", "mean shear modulus over bulk modulus, G0/K; 0 is incompressible"),
        _DISTANCE: ((_DISTANCE,), "1", "1 - gamma/gamma_c"),
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
        """Require ascending axes; frequencies are logarithmic up to 0.4 and linear above."""
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
        """Solve the theory at every grid point."""
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


def _frequencies(parameters: Mapping[str, Any]) -> FloatArray:
    middle = 0.4
    decades = math.log10(middle / parameters["lowest_frequency"])
    count = max(int(decades * parameters["frequencies_per_decade"]), 2)
    low = np.geomspace(parameters["lowest_frequency"], middle, count, endpoint=False)
    return np.concatenate([low, np.linspace(middle, parameters["highest_frequency"], parameters["linear_frequencies"])])
