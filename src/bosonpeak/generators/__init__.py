"""What makes data: one module a system or a method, recipes as TOML."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bosonpeak.generators.glasses.elastic_moduli import elastic_moduli
    from bosonpeak.generators.glasses.hessian import hessian
    from bosonpeak.generators.glasses.inherent_structure import minimise
    from bosonpeak.generators.glasses.normal_modes import glass_normal_modes
    from bosonpeak.generators.glasses.pair_stresses import pair_stresses
    from bosonpeak.generators.liquids.relaxation_times import relaxation_run, relaxation_time
    from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
    from bosonpeak.generators.media.bloch_bands import bloch_spectrum
    from bosonpeak.generators.media.elastic_medium import ElasticMedium, modulated_medium
    from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels
    from bosonpeak.generators.networks.effective_stiffness import effective_stiffness
    from bosonpeak.generators.networks.mode_counts import count_below
    from bosonpeak.generators.networks.normal_modes import normal_modes
    from bosonpeak.generators.networks.spring_network import SpringNetwork, nine_node_toy, on_node_response
    from bosonpeak.generators.nulls.displacement_fields import (
        breathing_patch,
        degenerate_waves,
        gaussian_fields,
        point_vortices,
        rotating_patch,
        white_fields,
    )
    from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones
    from bosonpeak.generators.run.ensemble import generate_ensemble
    from bosonpeak.generators.run.recipe import available_recipes, load_recipe
    from bosonpeak.generators.spectral_methods.kernel_polynomials import kernel_polynomial_dos
    from bosonpeak.generators.theories.heterogeneous_elasticity.boson_peak import boson_peak
    from bosonpeak.generators.theories.heterogeneous_elasticity.finite_samples import spectral_gap
    from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
    from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity
    from bosonpeak.generators.theories.heterogeneous_elasticity.stress_coupling import (
        generalised_heterogeneous_elasticity,
    )
    from bosonpeak.generators.theories.heterogeneous_elasticity.stress_law import pair_stress_law
    from bosonpeak.generators.theories.quasi_equilibrium.closed_form import quasi_equilibrium

_HOMES = {
    "ElasticMedium": "media.elastic_medium",
    "Harmonic": "particles.potentials",
    "InversePower": "particles.potentials",
    "LennardJones": "particles.potentials",
    "SpringNetwork": "networks.spring_network",
    "available_recipes": "run.recipe",
    "bloch_spectrum": "media.bloch_bands",
    "boson_peak": "theories.heterogeneous_elasticity.boson_peak",
    "breathing_patch": "nulls.displacement_fields",
    "connected_component_labels": "networks.dynamical_matrix",
    "count_below": "networks.mode_counts",
    "critical_disorder": "theories.heterogeneous_elasticity.marginal_stability",
    "degenerate_waves": "nulls.displacement_fields",
    "effective_stiffness": "networks.effective_stiffness",
    "elastic_moduli": "glasses.elastic_moduli",
    "gaussian_fields": "nulls.displacement_fields",
    "generalised_heterogeneous_elasticity": "theories.heterogeneous_elasticity.stress_coupling",
    "generate_ensemble": "run.ensemble",
    "glass_normal_modes": "glasses.normal_modes",
    "hessian": "glasses.hessian",
    "heterogeneous_elasticity": "theories.heterogeneous_elasticity.self_consistent_born",
    "kernel_polynomial_dos": "spectral_methods.kernel_polynomials",
    "load_recipe": "run.recipe",
    "minimise": "glasses.inherent_structure",
    "modulated_medium": "media.elastic_medium",
    "nine_node_toy": "networks.spring_network",
    "normal_modes": "networks.normal_modes",
    "on_node_response": "networks.spring_network",
    "pair_stress_law": "theories.heterogeneous_elasticity.stress_law",
    "pair_stresses": "glasses.pair_stresses",
    "point_vortices": "nulls.displacement_fields",
    "quasi_equilibrium": "theories.quasi_equilibrium.closed_form",
    "random_configuration": "liquids.swap_monte_carlo",
    "relaxation_run": "liquids.relaxation_times",
    "relaxation_time": "liquids.relaxation_times",
    "rotating_patch": "nulls.displacement_fields",
    "spectral_gap": "theories.heterogeneous_elasticity.finite_samples",
    "swap_monte_carlo": "liquids.swap_monte_carlo",
    "white_fields": "nulls.displacement_fields",
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
