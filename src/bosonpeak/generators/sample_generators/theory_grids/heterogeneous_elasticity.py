"""Heterogeneous-elasticity theory and its generalisation to potentials with a cutoff, on grids for recipes.

`HeterogeneousElasticityGrid` has units as in `self_consistent_born`; in `StressSpectrumGrid`, frequencies are in units
of sqrt(epsilon/zeta), so that the stress resonant at omega is omega^2 epsilon.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.particles.diameters import LARGEST, SMALLEST
from bosonpeak.generators.particles.potentials import TRUNCATIONS, InversePower, LennardJones, PairPotential
from bosonpeak.generators.sample_generators.labelled_generator import Label, Requirement, ascending
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder, critical_excess
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity
from bosonpeak.generators.theories.heterogeneous_elasticity.stress_coupling import generalised_heterogeneous_elasticity
from bosonpeak.generators.theories.heterogeneous_elasticity.stress_law import off_diagonal_law, pair_stress_law

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


POTENTIALS = ("inverse-power", "lennard-jones")

WINDOW = 0.1
"""The asymptote is said to hold where the local exponent is within this of it."""

_TAPER = "inverse_taper_order"
_TAPER_GRID = (_TAPER, "frequency")
_SIZES = 24
_QUANTILES = 96


class StressSpectrumGrid:
    """Contribution of small pair stresses to the density of states, with g2 = 1 at all distances."""

    name = "generalised-heterogeneous-elasticity"
    equations = (
        "W. Schirmacher et al., Nat. Commun. 15, 3107 (2024): P(sigma) of the whole potential by eq. 94 with g2 = 1, "
        "self energy of stresses by eq. 84"
    )
    defaults: Mapping[str, Any] = {
        "potential": "inverse-power",
        "truncation": "tapered",
        "cutoff": 1.955,
        _TAPER: [0.5],
        "lowest_frequency": 1e-10,
        "highest_frequency": 3.0,
        "frequencies_per_decade": 20,
    }
    labels: Mapping[str, Label] = {
        "frequency": (("frequency",), "1", "angular frequency over sqrt(epsilon/zeta)"),
        _TAPER: ((_TAPER,), "1", "1/m of the taper T_m; 0 for the exponential taper"),
        "density_of_states": (_TAPER_GRID, "1", "omega sigma^2 P(sigma) at sigma = zeta omega^2, up to a factor"),
        "self_energy_real": (
            _TAPER_GRID,
            "1",
            "real part of the stress contribution to the self energy, up to a factor",
        ),
        "self_energy_imag": (
            _TAPER_GRID,
            "1",
            "imaginary part of the stress contribution to the self energy, up to a factor",
        ),
        "stress_density": (_TAPER_GRID, "1", "P(|r phi'|) at the stress zeta omega^2, up to a factor"),
        "component_density": (
            _TAPER_GRID,
            "1",
            "density of |e_a e_b r phi'|, a < b, at the stress zeta omega^2, up to a factor",
        ),
        "local_exponent": (_TAPER_GRID, "1", "d ln g / d ln omega with P of |r phi'|"),
        "local_exponent_of_components": (
            _TAPER_GRID,
            "1",
            "d ln g / d ln omega with the density of off-diagonal components",
        ),
        "asymptotic_exponent": ((_TAPER,), "1", "3 + 2/m; 5 for a potential with a minimum whose cutoff is not smooth"),
        "asymptote_ends": (
            (_TAPER,),
            "1",
            "largest stress over epsilon up to which s is within 0.1 of its limit; NaN: none",
        ),
        "asymptote_of_components_ends": (
            (_TAPER,),
            "1",
            "largest stress over epsilon up to which s of off-diagonal components is within 0.1 of its limit; "
            "NaN: none",
        ),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require 1/m of an integer m."""
        orders = parameters[_TAPER]
        whole = ascending(orders, 0.0, 0.5) and all(x == 0.0 or abs(1.0 / x - round(1.0 / x)) < 1e-9 for x in orders)
        return [
            ("potential", " or ".join(POTENTIALS), parameters["potential"] in POTENTIALS),
            ("truncation", " or ".join(TRUNCATIONS), parameters["truncation"] in TRUNCATIONS),
            ("cutoff", "a positive number", 0.0 < parameters["cutoff"] < math.inf),
            (_TAPER, "ascending, 1/m of whole numbers m >= 2, or 0", whole),
            ("lowest_frequency", "1e-12 or more, below the highest", parameters["lowest_frequency"] >= 1e-12),
            (
                "highest_frequency",
                "above the lowest",
                parameters["lowest_frequency"] < parameters["highest_frequency"] < math.inf,
            ),
            ("frequencies_per_decade", "at least 4", parameters["frequencies_per_decade"] >= 4),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk."""
        points = len(parameters[_TAPER]) * len(_taper_frequencies(parameters))
        return 10_000_000 + 400 * points, 70 * points

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Compute one spectrum per taper."""
        frequency = _taper_frequencies(parameters)
        orders = np.array(parameters[_TAPER], dtype=np.float64)
        rows = [_row(parameters, float(order), frequency) for order in orders]
        fields = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        grids = {name: rounded_to_bits(values, BITS) for name, values in fields.items() if values.ndim == 2}
        return {"frequency": frequency, _TAPER: orders, **fields, **grids}


def pair_size_shares() -> tuple[FloatArray, FloatArray]:
    """Mean pair diameters of the polydisperse spheres, a^-3 on [0.73, 1.62], in bins, with the share of each bin."""
    rank = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    diameter = (SMALLEST**-2 + rank * (LARGEST**-2 - SMALLEST**-2)) ** -0.5
    counts, edges = np.histogram(0.5 * (diameter[:, None] + diameter[None, :]).ravel(), bins=_SIZES)
    return 0.5 * (edges[1:] + edges[:-1]), counts / counts.sum()


def _row(parameters: Mapping[str, Any], inverse_order: float, frequency: FloatArray) -> dict[str, Any]:
    potential, sizes, shares = _potential(parameters, inverse_order)
    stress = frequency**2

    def density_of(values: FloatArray) -> FloatArray:
        return pair_stress_law(potential, values, pair_sizes=sizes, shares=shares)

    density, components = density_of(stress), off_diagonal_law(density_of, stress)
    spectrum = generalised_heterogeneous_elasticity(frequency, stress, density)
    of_components = generalised_heterogeneous_elasticity(frequency, stress, components)
    smooth = parameters["truncation"] == "tapered" or parameters["potential"] == "inverse-power"
    limit = 3.0 + 2.0 * inverse_order if smooth else 5.0
    return {
        "density_of_states": frequency * stress**2 * density,
        "self_energy_real": spectrum.self_energy.real,
        "self_energy_imag": np.pi * stress**2 * density,
        "stress_density": density,
        "component_density": components,
        "local_exponent": spectrum.exponent,
        "local_exponent_of_components": of_components.exponent,
        "asymptotic_exponent": limit,
        "asymptote_ends": _holds_up_to(stress, spectrum.exponent, limit),
        "asymptote_of_components_ends": _holds_up_to(stress, of_components.exponent, limit),
    }


def _potential(parameters: Mapping[str, Any], inverse_order: float) -> tuple[PairPotential, FloatArray, FloatArray]:
    """Potential with sizes and shares of its pairs; Lennard-Jones stresses do not depend on the pair size."""
    order = math.inf if inverse_order == 0.0 else round(1.0 / inverse_order)
    if parameters["potential"] == "inverse-power":
        return InversePower(cutoff=parameters["cutoff"], taper=order), *pair_size_shares()
    lennard_jones = LennardJones(cutoff=parameters["cutoff"], truncation=parameters["truncation"], taper=order)
    return lennard_jones, np.ones(1), np.ones(1)


def _holds_up_to(stress: FloatArray, exponent: FloatArray, limit: float) -> float:
    """Largest stress up to which, from the lowest resolved stress, the exponent stays near its limit; NaN if none."""
    resolved = np.flatnonzero(np.isfinite(exponent))
    near = np.abs(exponent[resolved] - limit) <= WINDOW
    # The one-sided difference at the lowest stress is left out.
    last = len(near) - 1 if near[1:].all() else int(np.argmin(near[1:]))
    return float(stress[resolved[last]]) if last > 0 else math.nan


def _taper_frequencies(parameters: Mapping[str, Any]) -> FloatArray:
    low, high = parameters["lowest_frequency"], parameters["highest_frequency"]
    return np.geomspace(low, high, int(math.log10(high / low) * parameters["frequencies_per_decade"]) + 1)
