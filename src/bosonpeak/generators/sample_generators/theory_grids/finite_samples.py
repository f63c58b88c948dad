"""Heterogeneous-elasticity theory of finite samples without and with stresses, on grids for recipes.

`FiniteElasticityGrid` varies box length and disorder, with units as in `self_consistent_born`. `CombinedSpectrumGrid`
also varies the coupling, with frequencies in units of omega_0 of a homogeneous medium of the same static modulus.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import ComplexArray, FloatArray
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.particles.potentials import InversePower
from bosonpeak.generators.sample_generators.labelled_generator import Label, Requirement, ascending
from bosonpeak.generators.sample_generators.theory_grids.heterogeneous_elasticity import (
    BITS,
    EQUATIONS,
    pair_size_shares,
)
from bosonpeak.generators.theories.heterogeneous_elasticity.finite_samples import (
    LARGEST_SAMPLE,
    combined_spectrum,
    spectral_gap,
    wave_number_shells,
)
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity
from bosonpeak.generators.theories.heterogeneous_elasticity.stress_coupling import generalised_heterogeneous_elasticity
from bosonpeak.generators.theories.heterogeneous_elasticity.stress_law import pair_stress_law

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
        "frequency": (("frequency",), "1", "angular frequency over the frequency of the edge of the gap"),
        "angular_frequency": (_GRID, "1", "angular frequency over sqrt(G0/rho_m) k_xi"),
        "density_of_states": (_GRID, "1", "density of states, normalised to 1 over the three branches"),
        "edge_eigenvalue": (_CELL, "1", "lambda_c = omega_c^2, the lower edge of the spectrum"),
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


LAWS = ("asymptote", "inverse-power")

_COUPLING = "stress_coupling"
_COUPLED_CELL = ("box_length", _COUPLING, _DISTANCE)
_COUPLED_GRID = (*_COUPLED_CELL, "frequency")

_STRESSES = np.geomspace(1e-7, 1e2, 721)
"""Stresses over that of omega_0: from far below any frequency's to those of pairs in contact."""

_STATIC = 1e-6
"""Frequency over omega_0 at which the stresses' self energy is its static value."""


class CombinedSpectrumGrid:
    """Spectra around the first wave of small samples, with the gap filled by states of local stresses."""

    name = "heterogeneous-elasticity-finite-with-stresses"
    equations = f"{EQUATIONS}, with sums over k = 2 pi n / L, and Sigma_HET + Sigma_eff with eq. 84"
    defaults: Mapping[str, Any] = {
        _RATIO: 0.2,
        "box_length": [20.0, 40.0],
        _COUPLING: [1e-4, 1e-2],
        _DISTANCE: [0.01, 0.5],
        "law": "asymptote",
        "inverse_taper_order": 0.5,
        "cutoff": 1.955,
        "stress_at_first_wave": 1.0,
        "lowest_frequency": 0.05,
        "highest_frequency": 2.5,
        "frequencies_per_decade": 60,
    }
    labels: Mapping[str, Label] = {
        _DISTANCE: ((_DISTANCE,), "1", "1 - gamma/gamma_c"),
        _COUPLING: ((_COUPLING,), "1", "contribution of the stresses alone to Im Sigma at omega_0, over G0"),
        "box_length": (("box_length",), "1", "length of the periodic sample times k_xi"),
        "frequency": (("frequency",), "1", "angular frequency over omega_0, the first transverse wave"),
        "density_of_states": (
            _COUPLED_GRID,
            "1",
            "density of states over sqrt(G0/rho_m) k_xi, 1 over the three branches",
        ),
        "stress_share": (_COUPLED_GRID, "1", "contribution of the stresses alone to Im Sigma, over Im Sigma"),
        "first_wave_eigenvalue": (
            ("box_length", _DISTANCE),
            "1",
            "omega_0^2: (2 pi/L)^2 times the static shear modulus over G0",
        ),
        "edge_frequency": (("box_length", _DISTANCE), "1", "edge of the gap without stresses over omega_0"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require stable media, 1/m of an integer m, and a stress law that covers the frequencies."""
        order = parameters["inverse_taper_order"]
        whole = order == 0.0 or (0.0 < order <= 0.5 and abs(1.0 / order - round(1.0 / order)) < 1e-9)
        low, high = parameters["lowest_frequency"], parameters["highest_frequency"]
        return [
            (
                _RATIO,
                "0 or more",
                0.0 <= parameters[_RATIO] < math.inf,
            ),
            (
                "box_length",
                f"ascending, above 2 pi, at most {LARGEST_SAMPLE:g}",
                ascending(parameters["box_length"], 2.0 * math.pi * (1.0 + 1e-9), LARGEST_SAMPLE),
            ),
            (_COUPLING, "ascending, above 0, at most 1", ascending(parameters[_COUPLING], 1e-12, 1.0)),
            (_DISTANCE, "ascending, between 0 and 1", ascending(parameters[_DISTANCE], 1e-12, 1.0 - 1e-12)),
            ("law", " or ".join(LAWS), parameters["law"] in LAWS),
            ("inverse_taper_order", "1/m of a whole number m >= 2, or 0", whole),
            ("cutoff", "a positive number", 0.0 < parameters["cutoff"] < math.inf),
            ("stress_at_first_wave", "a positive number", 0.0 < parameters["stress_at_first_wave"] < math.inf),
            ("lowest_frequency", "at least 0.001, below the highest", 1e-3 <= low < high),
            ("highest_frequency", "at most 5", high <= 5.0),
            ("frequencies_per_decade", "at least 4", parameters["frequencies_per_decade"] >= 4),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk."""
        points = len(_frequencies(parameters)) * math.prod(len(parameters[name]) for name in _COUPLED_CELL)
        return 200_000_000 + 60 * points, 24 * points

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Solve the theory for every medium and every coupling."""
        ratio = parameters[_RATIO]
        modulus = math.inf if ratio == 0.0 else 1.0 / ratio
        boxes, couplings, distances = (np.array(parameters[name], dtype=np.float64) for name in _COUPLED_CELL)
        frequency, term = _frequencies(parameters), stress_term(parameters)
        disorder = critical_disorder(modulus).disorder * (1.0 - distances)
        gaps = [[spectral_gap(float(gamma), modulus, float(box)) for gamma in disorder] for box in boxes]
        wave = np.array([[gap.first_wave for gap in row] for row in gaps])
        density, share = (np.empty((*wave.shape[:1], len(couplings), *wave.shape[1:], len(frequency))) for _ in "gs")
        for row, column in np.ndindex(*wave.shape):
            omega = math.sqrt(wave[row, column]) * frequency
            for number, coupling in enumerate(couplings):
                found = combined_spectrum(
                    float(disorder[column]), modulus, omega, coupling * term, box=float(boxes[row])
                )
                density[row, number, column] = found.density_of_states
                share[row, number, column] = coupling * term.imag / found.self_energy.imag
        return {
            "frequency": frequency,
            "box_length": boxes,
            _COUPLING: couplings,
            _DISTANCE: distances,
            "density_of_states": rounded_to_bits(density, BITS),
            "stress_share": rounded_to_bits(share, BITS),
            "first_wave_eigenvalue": wave,
            "edge_frequency": np.sqrt([[gap.eigenvalue for gap in row] for row in gaps] / wave),
        }


def stress_term(parameters: Mapping[str, Any]) -> ComplexArray:
    """Self energy of the stresses minus its static value, scaled so that the imaginary part at omega_0 is 1."""
    order = parameters["inverse_taper_order"]
    frequency = np.append(_frequencies(parameters), [1.0, _STATIC])
    stress = np.unique(np.concatenate([_STRESSES, frequency[:-1] ** 2]))
    if parameters["law"] == "asymptote":
        density: FloatArray = stress ** (order - 1.0)
    else:
        potential = InversePower(cutoff=parameters["cutoff"], taper=math.inf if order == 0.0 else round(1.0 / order))
        sizes, shares = pair_size_shares()
        density = pair_stress_law(
            potential, parameters["stress_at_first_wave"] * stress, pair_sizes=sizes, shares=shares
        )
    energy = generalised_heterogeneous_elasticity(frequency, stress, density).self_energy
    term: ComplexArray = (energy[:-2] - energy[-1].real) / energy[-2].imag
    return term


def _frequencies(parameters: Mapping[str, Any]) -> FloatArray:
    low, high = parameters["lowest_frequency"], parameters["highest_frequency"]
    return np.geomspace(low, high, int(math.log10(high / low) * parameters["frequencies_per_decade"]) + 1)
