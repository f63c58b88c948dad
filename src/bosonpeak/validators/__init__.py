"""What can be measured on any dataset, ours or foreign; every measurement returns an `Estimate`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bosonpeak.validators.comparisons.sample_repetitions import repeated_samples
    from bosonpeak.validators.comparisons.selection import missing_tail
    from bosonpeak.validators.comparisons.two_sample import Comparison, compare_ensembles
    from bosonpeak.validators.displacement_fields.helmholtz import helmholtz_decomposition
    from bosonpeak.validators.displacement_fields.local_strain import local_strains
    from bosonpeak.validators.estimates.estimate import Estimate
    from bosonpeak.validators.estimates.intervals import jackknife_interval, mean_interval
    from bosonpeak.validators.glasses.arrest import arrest_temperature, swap_speed_up
    from bosonpeak.validators.glasses.equilibration import Equilibration, equilibration
    from bosonpeak.validators.glasses.mechanics import mechanics, mechanics_of_sample, unsound
    from bosonpeak.validators.levels.below_phonon import low_ratio_distribution, repulsion_below_phonon
    from bosonpeak.validators.levels.mode_extent import localisation, localisation_scaling
    from bosonpeak.validators.levels.participation import (
        coordination_weight,
        local_weight,
        mean_participation,
        participation_ratio,
        participation_scaling,
    )
    from bosonpeak.validators.levels.random_matrices import goe_reference
    from bosonpeak.validators.levels.spacing_statistics import level_statistics, ratio_distribution
    from bosonpeak.validators.power_laws.exponent_s import exponent, reduced_cumulative_count
    from bosonpeak.validators.power_laws.likelihood import modes_to_separate
    from bosonpeak.validators.power_laws.small_stresses import stress_density, stress_distribution
    from bosonpeak.validators.spectra.coordination import coordination_distribution
    from bosonpeak.validators.spectra.crossover import crossover_line, sampled_crossover
    from bosonpeak.validators.spectra.debye_excess import excess, excess_peak, reduced_density
    from bosonpeak.validators.spectra.debye_level import debye_density, square_lattice_density, squared_speed
    from bosonpeak.validators.spectra.density_of_states import (
        cumulative_count,
        histogram_density,
        modes_in_window,
        sampled_density,
    )
    from bosonpeak.validators.spectra.phonon_shells import (
        phonon_shells,
        resolved_below,
        shells_resolved_below,
        sound_speed2,
    )
    from bosonpeak.validators.spectra.poles import distinct_poles, pole_change
    from bosonpeak.validators.spectra.van_hove import van_hove_peak
    from bosonpeak.validators.spectra.zero_mode_count import zero_mode_surplus
    from bosonpeak.validators.vortices.census import vortex_census
    from bosonpeak.validators.vortices.cores import vortex_cores
    from bosonpeak.validators.vortices.curl_content import vorticity
    from bosonpeak.validators.vortices.curl_of_ensemble import vorticity_of_ensemble
    from bosonpeak.validators.vortices.enstrophy import enstrophy_extent
    from bosonpeak.validators.vortices.mode_kinds import judged_modes
    from bosonpeak.validators.vortices.stress_and_vorticity import (
        particle_stresses,
        stress_correlations,
        stress_vorticity,
    )
    from bosonpeak.validators.waves.currents import current_correlation
    from bosonpeak.validators.waves.damped_sound import ioffe_regel, sound_dispersion
    from bosonpeak.validators.waves.phonon_contrast import mean_wave_share, superposed_fraction, wave_contrast
    from bosonpeak.validators.waves.plane_waves import orthonormal_waves
    from bosonpeak.validators.waves.shell_splitting import first_shell_splitting, splitting_estimates
    from bosonpeak.validators.waves.wave_overlap import ensemble_wave_overlap, judged_overlap, overlap_with_waves

_HOMES = {
    "Comparison": "comparisons.two_sample",
    "Equilibration": "glasses.equilibration",
    "Estimate": "estimates.estimate",
    "arrest_temperature": "glasses.arrest",
    "compare_ensembles": "comparisons.two_sample",
    "coordination_distribution": "spectra.coordination",
    "coordination_weight": "levels.participation",
    "crossover_line": "spectra.crossover",
    "cumulative_count": "spectra.density_of_states",
    "current_correlation": "waves.currents",
    "debye_density": "spectra.debye_level",
    "distinct_poles": "spectra.poles",
    "ensemble_wave_overlap": "waves.wave_overlap",
    "enstrophy_extent": "vortices.enstrophy",
    "equilibration": "glasses.equilibration",
    "excess": "spectra.debye_excess",
    "excess_peak": "spectra.debye_excess",
    "exponent": "power_laws.exponent_s",
    "first_shell_splitting": "waves.shell_splitting",
    "goe_reference": "levels.random_matrices",
    "helmholtz_decomposition": "displacement_fields.helmholtz",
    "histogram_density": "spectra.density_of_states",
    "ioffe_regel": "waves.damped_sound",
    "jackknife_interval": "estimates.intervals",
    "judged_modes": "vortices.mode_kinds",
    "judged_overlap": "waves.wave_overlap",
    "level_statistics": "levels.spacing_statistics",
    "local_strains": "displacement_fields.local_strain",
    "local_weight": "levels.participation",
    "localisation": "levels.mode_extent",
    "localisation_scaling": "levels.mode_extent",
    "low_ratio_distribution": "levels.below_phonon",
    "mean_interval": "estimates.intervals",
    "mean_participation": "levels.participation",
    "mean_wave_share": "waves.phonon_contrast",
    "mechanics": "glasses.mechanics",
    "mechanics_of_sample": "glasses.mechanics",
    "missing_tail": "comparisons.selection",
    "modes_in_window": "spectra.density_of_states",
    "modes_to_separate": "power_laws.likelihood",
    "orthonormal_waves": "waves.plane_waves",
    "overlap_with_waves": "waves.wave_overlap",
    "participation_ratio": "levels.participation",
    "participation_scaling": "levels.participation",
    "particle_stresses": "vortices.stress_and_vorticity",
    "phonon_shells": "spectra.phonon_shells",
    "pole_change": "spectra.poles",
    "ratio_distribution": "levels.spacing_statistics",
    "reduced_cumulative_count": "power_laws.exponent_s",
    "reduced_density": "spectra.debye_excess",
    "repeated_samples": "comparisons.sample_repetitions",
    "repulsion_below_phonon": "levels.below_phonon",
    "resolved_below": "spectra.phonon_shells",
    "sampled_crossover": "spectra.crossover",
    "sampled_density": "spectra.density_of_states",
    "shells_resolved_below": "spectra.phonon_shells",
    "sound_dispersion": "waves.damped_sound",
    "sound_speed2": "spectra.phonon_shells",
    "splitting_estimates": "waves.shell_splitting",
    "square_lattice_density": "spectra.debye_level",
    "squared_speed": "spectra.debye_level",
    "stress_correlations": "vortices.stress_and_vorticity",
    "stress_density": "power_laws.small_stresses",
    "stress_distribution": "power_laws.small_stresses",
    "stress_vorticity": "vortices.stress_and_vorticity",
    "superposed_fraction": "waves.phonon_contrast",
    "swap_speed_up": "glasses.arrest",
    "unsound": "glasses.mechanics",
    "van_hove_peak": "spectra.van_hove",
    "vortex_census": "vortices.census",
    "vortex_cores": "vortices.cores",
    "vorticity": "vortices.curl_content",
    "vorticity_of_ensemble": "vortices.curl_of_ensemble",
    "wave_contrast": "waves.phonon_contrast",
    "zero_mode_surplus": "spectra.zero_mode_count",
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
