"""What makes data: one module a system or a method, recipes as TOML."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bosonpeak.generators.bloch_bands import bloch_spectrum
    from bosonpeak.generators.bond_stresses import pair_stresses
    from bosonpeak.generators.displacement_nulls import (
        breathing_patch,
        degenerate_waves,
        gaussian_fields,
        point_vortices,
        rotating_patch,
        white_fields,
    )
    from bosonpeak.generators.elastic_medium import ElasticMedium, modulated_medium
    from bosonpeak.generators.elasticity import elastic_moduli
    from bosonpeak.generators.ensemble import generate_ensemble
    from bosonpeak.generators.finite_elastic_medium import spectral_gap
    from bosonpeak.generators.glass_hessian import hessian
    from bosonpeak.generators.glass_modes import glass_normal_modes
    from bosonpeak.generators.homogenisation import effective_stiffness
    from bosonpeak.generators.inertia import count_below
    from bosonpeak.generators.inherent_structure import minimise
    from bosonpeak.generators.kernel_polynomial import kernel_polynomial_dos
    from bosonpeak.generators.laplacian import connected_component_labels
    from bosonpeak.generators.marginal_stability import critical_disorder
    from bosonpeak.generators.modes import normal_modes
    from bosonpeak.generators.monte_carlo import random_configuration, swap_monte_carlo
    from bosonpeak.generators.potentials import Harmonic, InversePower, LennardJones
    from bosonpeak.generators.quasi_equilibrium_theory import quasi_equilibrium
    from bosonpeak.generators.recipe import available_recipes, load_recipe
    from bosonpeak.generators.reduced_density_peak import boson_peak
    from bosonpeak.generators.relaxation import relaxation_run, relaxation_time
    from bosonpeak.generators.self_consistent_born import heterogeneous_elasticity
    from bosonpeak.generators.spring_network import SpringNetwork, nine_node_toy, on_node_response
    from bosonpeak.generators.stress_coupled_elasticity import generalised_heterogeneous_elasticity
    from bosonpeak.generators.stress_law import pair_stress_law

_HOMES = {
    "ElasticMedium": "elastic_medium",
    "Harmonic": "potentials",
    "InversePower": "potentials",
    "LennardJones": "potentials",
    "SpringNetwork": "spring_network",
    "available_recipes": "recipe",
    "bloch_spectrum": "bloch_bands",
    "boson_peak": "reduced_density_peak",
    "breathing_patch": "displacement_nulls",
    "connected_component_labels": "laplacian",
    "count_below": "inertia",
    "critical_disorder": "marginal_stability",
    "degenerate_waves": "displacement_nulls",
    "effective_stiffness": "homogenisation",
    "elastic_moduli": "elasticity",
    "gaussian_fields": "displacement_nulls",
    "generalised_heterogeneous_elasticity": "stress_coupled_elasticity",
    "generate_ensemble": "ensemble",
    "glass_normal_modes": "glass_modes",
    "hessian": "glass_hessian",
    "heterogeneous_elasticity": "self_consistent_born",
    "kernel_polynomial_dos": "kernel_polynomial",
    "load_recipe": "recipe",
    "minimise": "inherent_structure",
    "modulated_medium": "elastic_medium",
    "nine_node_toy": "spring_network",
    "normal_modes": "modes",
    "on_node_response": "spring_network",
    "pair_stress_law": "stress_law",
    "pair_stresses": "bond_stresses",
    "point_vortices": "displacement_nulls",
    "quasi_equilibrium": "quasi_equilibrium_theory",
    "random_configuration": "monte_carlo",
    "relaxation_run": "relaxation",
    "relaxation_time": "relaxation",
    "rotating_patch": "displacement_nulls",
    "spectral_gap": "finite_elastic_medium",
    "swap_monte_carlo": "monte_carlo",
    "white_fields": "displacement_nulls",
}

__all__ = [
    "ElasticMedium",
    "Harmonic",
    "InversePower",
    "LennardJones",
    "SpringNetwork",
    "available_recipes",
    "bloch_spectrum",
    "boson_peak",
    "breathing_patch",
    "connected_component_labels",
    "count_below",
    "critical_disorder",
    "degenerate_waves",
    "effective_stiffness",
    "elastic_moduli",
    "gaussian_fields",
    "generalised_heterogeneous_elasticity",
    "generate_ensemble",
    "glass_normal_modes",
    "hessian",
    "heterogeneous_elasticity",
    "kernel_polynomial_dos",
    "load_recipe",
    "minimise",
    "modulated_medium",
    "nine_node_toy",
    "normal_modes",
    "on_node_response",
    "pair_stress_law",
    "pair_stresses",
    "point_vortices",
    "quasi_equilibrium",
    "random_configuration",
    "relaxation_run",
    "relaxation_time",
    "rotating_patch",
    "spectral_gap",
    "swap_monte_carlo",
    "white_fields",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
