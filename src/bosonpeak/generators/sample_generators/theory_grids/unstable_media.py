"""Heterogeneous-elasticity theory on both sides of its instability, on grids for recipes; units of `level_density`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.sample_generators.labelled_generator import Label, Requirement, ascending
from bosonpeak.generators.sample_generators.theory_grids.heterogeneous_elasticity import BITS
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.generators.theories.heterogeneous_elasticity.unstable_media import level_density

_RATIO = "shear_to_bulk_ratio"
_DISORDER = "relative_disorder"
_CELL = (_RATIO, _DISORDER)
_GRID = (*_CELL, "frequency")
_LEAKAGE = 1e-5


class UnstableMediumGrid:
    """Densities of stable modes and of unstable modes, whose eigenvalues are negative; frequencies dense near zero."""

    name = "heterogeneous-elasticity-unstable"
    equations = (
        "W. Schirmacher et al., Nat. Commun. 15, 3107 (2024): self-consistent Born approximation, eqs 33 to 35, at "
        "eigenvalues of either sign"
    )
    defaults: Mapping[str, Any] = {
        "dimension": 3,
        _RATIO: [0.2, 1.0],
        _DISORDER: [0.9, 1.0, 1.25, 2.0],
        "highest_frequency": 3.0,
        "frequencies": 150,
    }
    labels: Mapping[str, Label] = {
        _RATIO: ((_RATIO,), "1", "mean shear modulus over bulk modulus, G0/K"),
        _DISORDER: ((_DISORDER,), "1", "gamma/gamma_c; the medium is unstable above 1"),
        "frequency": (("frequency",), "1", "angular frequency over sqrt(G0/rho_m) k_xi; of unstable modes its modulus"),
        "density_of_states": (_GRID, "1", "density of stable modes, normalised to 1 together with the unstable modes"),
        "unstable_density_of_states": (_GRID, "1", "density of unstable modes against the modulus of their frequency"),
        "unstable_share": (_CELL, "1", "share of unstable modes among all modes"),
        "disorder": (_CELL, "1", "gamma"),
        "critical_disorder": ((_RATIO,), "1", "gamma_c"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require a compressible medium in two or three dimensions, and ascending axes."""
        ratios = parameters[_RATIO]
        return [
            ("dimension", "2 or 3", parameters["dimension"] in (2, 3)),
            (_RATIO, "numbers above 0, ascending", ascending(ratios, 0.0, math.inf) and ratios[0] > 0.0),
            (_DISORDER, "numbers from 0, ascending", ascending(parameters[_DISORDER], 0.0, math.inf)),
            ("highest_frequency", "above 0", 0.0 < parameters["highest_frequency"] < math.inf),
            ("frequencies", "at least 2", parameters["frequencies"] >= 2),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk."""
        points = len(parameters[_RATIO]) * len(parameters[_DISORDER]) * parameters["frequencies"]
        return 1000 * parameters["frequencies"] + 16 * points, 16 * points

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Solve the theory at every grid point; shares of unstable modes are integrals by the trapezoidal rule."""
        dimension, count = parameters["dimension"], parameters["frequencies"]
        frequency = parameters["highest_frequency"] * (np.arange(1, count + 1) / count) ** 2
        ratios, relative = (np.array(parameters[name], dtype=np.float64) for name in _CELL)
        critical = np.array([critical_disorder(1.0 / ratio, dimension=dimension).disorder for ratio in ratios])
        disorder = critical[:, None] * relative[None, :]
        eigenvalue = np.concatenate([-(frequency**2), frequency**2])
        levels = np.array(
            [
                [level_density(gamma, 1.0 / ratio, eigenvalue, dimension=dimension).level_density for gamma in row]
                for row, ratio in zip(disorder, ratios, strict=True)
            ]
        )
        # g(omega) = 2 omega rho(omega^2), and the same for the modulus of an imaginary frequency. The solution is at
        # Im z = 1e-14, which leaves up to 1e-5 of the levels near zero on the other side of zero.
        below, above = np.split(levels, 2, axis=2)
        unstable = rounded_to_bits(2.0 * frequency * np.where(below > _LEAKAGE, below, 0.0), BITS)
        stable = rounded_to_bits(2.0 * frequency * np.maximum(above, 0.0), BITS)
        share = np.trapezoid(unstable, frequency, axis=2) + 0.5 * unstable[..., 0] * frequency[0]
        return {
            "frequency": frequency,
            _RATIO: ratios,
            _DISORDER: relative,
            "density_of_states": stable,
            "unstable_density_of_states": unstable,
            "unstable_share": share,
            "disorder": disorder,
            "critical_disorder": critical,
        }
