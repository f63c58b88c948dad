"""What can be measured on any dataset, ours or foreign; every measurement returns an `Estimate`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bosonpeak.validators.arrest import arrest_temperature, swap_speed_up
    from bosonpeak.validators.chain_equilibrium import Equilibration, equilibration
    from bosonpeak.validators.coordination import coordination_distribution
    from bosonpeak.validators.crossover import crossover_line, sampled_crossover
    from bosonpeak.validators.currents import current_correlation
    from bosonpeak.validators.damped_sound import ioffe_regel, sound_dispersion
    from bosonpeak.validators.debye import debye_density, square_lattice_density, squared_speed
    from bosonpeak.validators.debye_excess import excess, excess_peak, reduced_density
    from bosonpeak.validators.density_of_states import (
        cumulative_count,
        histogram_density,
        modes_in_window,
        sampled_density,
    )
    from bosonpeak.validators.enstrophy import enstrophy_extent
    from bosonpeak.validators.estimate import Estimate
    from bosonpeak.validators.exponents import exponent, reduced_cumulative_count
    from bosonpeak.validators.field_cores import vortex_cores
    from bosonpeak.validators.gaussian_orthogonal import goe_reference
    from bosonpeak.validators.genuine_vortices import vortex_census
    from bosonpeak.validators.glass_mechanics import mechanics, mechanics_of_sample, unsound
    from bosonpeak.validators.glass_vortices import vorticity_of_ensemble
    from bosonpeak.validators.helmholtz import helmholtz_decomposition
    from bosonpeak.validators.intervals import jackknife_interval, mean_interval
    from bosonpeak.validators.level_spacings import level_statistics, ratio_distribution
    from bosonpeak.validators.local_strain import local_strains
    from bosonpeak.validators.local_stress import particle_stresses, stress_correlations, stress_vorticity
    from bosonpeak.validators.low_levels import low_ratio_distribution, repulsion_below_phonon
    from bosonpeak.validators.mode_extent import localisation, localisation_scaling
    from bosonpeak.validators.mode_verdicts import judged_modes
    from bosonpeak.validators.participation import (
        coordination_weight,
        local_weight,
        mean_participation,
        participation_ratio,
        participation_scaling,
    )
    from bosonpeak.validators.phonon_contrast import mean_wave_share, superposed_fraction, wave_contrast
    from bosonpeak.validators.plane_waves import orthonormal_waves
    from bosonpeak.validators.poles import distinct_poles, pole_change
    from bosonpeak.validators.power_law import modes_to_separate
    from bosonpeak.validators.sample_repetitions import repeated_samples
    from bosonpeak.validators.selection import missing_tail
    from bosonpeak.validators.shell_splitting import first_shell_splitting, splitting_estimates
    from bosonpeak.validators.shells import phonon_shells, resolved_below, shells_resolved_below, sound_speed2
    from bosonpeak.validators.stresses import stress_density, stress_distribution
    from bosonpeak.validators.two_sample import Comparison, compare_ensembles
    from bosonpeak.validators.van_hove import van_hove_peak
    from bosonpeak.validators.vortices import vorticity
    from bosonpeak.validators.wave_overlap import ensemble_wave_overlap, judged_overlap, overlap_with_waves
    from bosonpeak.validators.zero_mode_count import zero_mode_surplus

_HOMES = {
    "Comparison": "two_sample",
    "Equilibration": "chain_equilibrium",
    "Estimate": "estimate",
    "arrest_temperature": "arrest",
    "compare_ensembles": "two_sample",
    "coordination_distribution": "coordination",
    "coordination_weight": "participation",
    "crossover_line": "crossover",
    "cumulative_count": "density_of_states",
    "current_correlation": "currents",
    "debye_density": "debye",
    "distinct_poles": "poles",
    "ensemble_wave_overlap": "wave_overlap",
    "enstrophy_extent": "enstrophy",
    "equilibration": "chain_equilibrium",
    "excess": "debye_excess",
    "excess_peak": "debye_excess",
    "exponent": "exponents",
    "first_shell_splitting": "shell_splitting",
    "goe_reference": "gaussian_orthogonal",
    "helmholtz_decomposition": "helmholtz",
    "histogram_density": "density_of_states",
    "ioffe_regel": "damped_sound",
    "jackknife_interval": "intervals",
    "judged_modes": "mode_verdicts",
    "judged_overlap": "wave_overlap",
    "level_statistics": "level_spacings",
    "local_strains": "local_strain",
    "local_weight": "participation",
    "localisation": "mode_extent",
    "localisation_scaling": "mode_extent",
    "low_ratio_distribution": "low_levels",
    "mean_interval": "intervals",
    "mean_participation": "participation",
    "mean_wave_share": "phonon_contrast",
    "mechanics": "glass_mechanics",
    "mechanics_of_sample": "glass_mechanics",
    "missing_tail": "selection",
    "modes_in_window": "density_of_states",
    "modes_to_separate": "power_law",
    "orthonormal_waves": "plane_waves",
    "overlap_with_waves": "wave_overlap",
    "participation_ratio": "participation",
    "participation_scaling": "participation",
    "particle_stresses": "local_stress",
    "phonon_shells": "shells",
    "pole_change": "poles",
    "ratio_distribution": "level_spacings",
    "reduced_cumulative_count": "exponents",
    "reduced_density": "debye_excess",
    "repeated_samples": "sample_repetitions",
    "repulsion_below_phonon": "low_levels",
    "resolved_below": "shells",
    "sampled_crossover": "crossover",
    "sampled_density": "density_of_states",
    "shells_resolved_below": "shells",
    "sound_dispersion": "damped_sound",
    "sound_speed2": "shells",
    "splitting_estimates": "shell_splitting",
    "square_lattice_density": "debye",
    "squared_speed": "debye",
    "stress_correlations": "local_stress",
    "stress_density": "stresses",
    "stress_distribution": "stresses",
    "stress_vorticity": "local_stress",
    "superposed_fraction": "phonon_contrast",
    "swap_speed_up": "arrest",
    "unsound": "glass_mechanics",
    "van_hove_peak": "van_hove",
    "vortex_census": "genuine_vortices",
    "vortex_cores": "field_cores",
    "vorticity": "vortices",
    "vorticity_of_ensemble": "glass_vortices",
    "wave_contrast": "phonon_contrast",
    "zero_mode_surplus": "zero_mode_count",
}

__all__ = [
    "Comparison",
    "Equilibration",
    "Estimate",
    "arrest_temperature",
    "compare_ensembles",
    "coordination_distribution",
    "coordination_weight",
    "crossover_line",
    "cumulative_count",
    "current_correlation",
    "debye_density",
    "distinct_poles",
    "ensemble_wave_overlap",
    "enstrophy_extent",
    "equilibration",
    "excess",
    "excess_peak",
    "exponent",
    "first_shell_splitting",
    "goe_reference",
    "helmholtz_decomposition",
    "histogram_density",
    "ioffe_regel",
    "jackknife_interval",
    "judged_modes",
    "judged_overlap",
    "level_statistics",
    "local_strains",
    "local_weight",
    "localisation",
    "localisation_scaling",
    "low_ratio_distribution",
    "mean_interval",
    "mean_participation",
    "mean_wave_share",
    "mechanics",
    "mechanics_of_sample",
    "missing_tail",
    "modes_in_window",
    "modes_to_separate",
    "orthonormal_waves",
    "overlap_with_waves",
    "participation_ratio",
    "participation_scaling",
    "particle_stresses",
    "phonon_shells",
    "pole_change",
    "ratio_distribution",
    "reduced_cumulative_count",
    "reduced_density",
    "repeated_samples",
    "repulsion_below_phonon",
    "resolved_below",
    "sampled_crossover",
    "sampled_density",
    "shells_resolved_below",
    "sound_dispersion",
    "sound_speed2",
    "splitting_estimates",
    "square_lattice_density",
    "squared_speed",
    "stress_correlations",
    "stress_density",
    "stress_distribution",
    "stress_vorticity",
    "superposed_fraction",
    "swap_speed_up",
    "unsound",
    "van_hove_peak",
    "vortex_census",
    "vortex_cores",
    "vorticity",
    "vorticity_of_ensemble",
    "wave_contrast",
    "zero_mode_surplus",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
