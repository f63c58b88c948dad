"""Registry of the measures that claims can name; a measure is imported when a claim asks for it."""

from __future__ import annotations

import functools
import inspect
import pkgutil
from collections.abc import Mapping
from typing import Any

from bosonpeak.benchmark.measures.base import Measure, OpenCell, of_ensemble, part
from bosonpeak.datasets.errors import ClaimError, did_you_mean
from bosonpeak.validators.estimates.estimate import Estimate

MEASURES: dict[str, str] = {
    # Spectra of networks
    "excess": "validators.spectra.debye_excess:excess",
    "excess-change": "benchmark.measures.networks:excess_change",
    "peak-position": "validators.spectra.debye_excess:excess_peak.position",
    "peak-height": "validators.spectra.debye_excess:excess_peak.height",
    "van-hove-prominence": "validators.spectra.van_hove:van_hove_peak.prominence",
    "van-hove-position": "validators.spectra.van_hove:van_hove_peak.position",
    "van-hove-place": "validators.spectra.van_hove:van_hove_peak.place",
    "most-probable-coordination": "validators.spectra.network_structure:coordination_distribution.most_probable",
    "mean-coordination": "validators.spectra.network_structure:coordination_distribution.mean",
    "coordination-variance": "validators.spectra.network_structure:coordination_distribution.variance",
    "solid-coordination": "validators.glasses.coordination:solid_coordination",
    "coordination-spread": "benchmark.measures.networks:coordination_spread",
    "participation": "validators.levels.participation:mean_participation",
    "participation-scaling": "benchmark.measures.networks:growth_of_participation",
    "new-poles": "benchmark.measures.networks:new_poles",
    "surviving-poles": "benchmark.measures.networks:surviving_poles",
    "zero-mode-surplus": "validators.spectra.network_structure:zero_mode_surplus",
    "shells-resolved-below": "validators.spectra.shell_frequencies:shells_resolved_below",
    "coordination-weight": "validators.levels.participation:coordination_weight",
    # Exponents of glasses
    "exponent": "validators.power_laws.exponent_s:exponent",
    "exponent-difference": "benchmark.measures.glasses:exponent_difference",
    "paired-exponent-difference": "benchmark.measures.glasses:paired_exponent_difference",
    "stress-exponent": "validators.power_laws.exponent_relations:stress_exponent",
    "stress-exponent-beyond-cutoff": "benchmark.measures.cutoff:stress_exponent_beyond_cutoff",
    "stress-relation": "validators.power_laws.small_stresses:stress_relation",
    "modes-a-sample": "validators.power_laws.low_mode_counts:modes_per_sample",
    "intensity-over-small-stresses": "benchmark.measures.glasses:intensity_over_small_stresses",
    "log-likelihood-ratio": "validators.power_laws.exponent_relations:log_likelihood_ratio",
    "modes-to-separate": "validators.power_laws.exponent_relations:modes_needed",
    "limit-exponent": "benchmark.measures.glasses:from_all_sizes",
    "exponent-lower-bound": "benchmark.measures.glasses:bound_from_all_sizes",
    "limit-exponent-difference": "benchmark.measures.glasses:limit_exponent_difference",
    "limit-stress-relation": "benchmark.measures.glasses:stress_relation_from_all_sizes",
    "share-of-soft-modes": "benchmark.measures.glasses:share_of_soft_modes",
    "exponent-drift": "benchmark.measures.glasses:exponent_drift",
    "exponent-size-effect": "benchmark.measures.glasses:exponent_size_effect",
    "count-dispersion": "validators.levels.number_variance:count_dispersion",
    "count-dispersion-growth": "benchmark.measures.glasses:count_dispersion_growth",
    "lowest-mode-exponent": "validators.power_laws.lowest_mode:lowest_mode_exponent",
    "lowest-mode-shape": "validators.power_laws.lowest_mode:lowest_mode_shape",
    "lowest-mode-scaling": "benchmark.measures.glasses:lowest_mode_scaling",
    # Levels and extent of modes
    "goe-likeness": "benchmark.measures.levels:levels_of_part.goe_likeness",
    "repulsion-exponent": "benchmark.measures.levels:levels_of_part.repulsion",
    "goe-likeness-below-phonon": "benchmark.measures.levels:goe_likeness_below_phonon",
    "participation-number": "validators.levels.mode_extent:localisation.participation_number",
    "participation-growth": "benchmark.measures.levels:participation_growth",
    "participation-ratio-by-rank": "validators.levels.mode_extent:extent_by_rank.participation_ratio",
    "participation-number-by-rank": "validators.levels.mode_extent:extent_by_rank.participation_number",
    "participation-growth-by-rank": "benchmark.measures.levels:participation_growth_by_rank",
    "localised-share": "benchmark.measures.levels:localised_share_of_sizes",
    "excess-participation": "validators.reduced_densities.degrees_above_debye:excess_participation",
    "diffusivity-slope": "validators.transport.stored_diffusivity:diffusivity_slope",
    "diffusivity-ratio": "validators.transport.stored_diffusivity:diffusivity_ratio",
    "diffusivity-edge-share": "validators.transport.stored_diffusivity:diffusivity_edge_share",
    "boson-peak-over-debye": "validators.reduced_densities.debye_scaling:peak_over_debye",
    "boson-peak-scaling": "benchmark.measures.glasses:boson_peak_scaling",
    "inherent-structure-drift": "validators.glasses.liquid_equilibration:equilibration.energy_drift",
    "inherent-structure-correlation": "validators.glasses.liquid_equilibration:equilibration.autocorrelation",
    "effective-glasses": "validators.glasses.liquid_equilibration:equilibration.effective_glasses",
    "excluded-quenches": "validators.glasses.liquid_equilibration:equilibration.excluded",
    # Modes in space
    "genuine-vortices": "benchmark.measures.vortices:census.genuine",
    "superposed-waves": "benchmark.measures.vortices:superposed_waves",
    "superposed-waves-at-the-phonon": "benchmark.measures.vortices:superposed_waves_at_the_phonon",
    "wave-share": "benchmark.measures.vortices:wave_share_of_modes",
    "wave-share-at-the-phonon": "benchmark.measures.vortices:wave_share_at_the_phonon",
    "less-wave-than-phonon": "benchmark.measures.vortices:less_wave_than_phonon",
    "first-shell-splitting": "validators.waves.shell_splitting:first_shell_of_ensemble.relative_rms",
    "first-shell-mixing": "validators.waves.shell_splitting:first_shell_of_ensemble.mixing",
    "first-shell-states-per-wave": "validators.waves.shell_splitting:first_shell_of_ensemble.states_per_wave",
    "first-shell-foot": "validators.waves.shell_splitting:first_shell_foot",
    "vorticity-at-small-stress": "benchmark.measures.vortices:stress_and_vorticity.vorticity",
    "strain-at-small-stress": "benchmark.measures.vortices:stress_and_vorticity.strain",
    "vorticity-less-strain-at-small-stress": "benchmark.measures.vortices:stress_and_vorticity.difference",
    # Plane waves
    "wave-damping": "benchmark.measures.plane_waves:wave_damping",
    "wave-damping-exponent": "benchmark.measures.plane_waves:wave_damping_exponent",
    "excess-per-damping": "benchmark.measures.plane_waves:excess_per_damping",
    "wave-smearing": "benchmark.measures.plane_waves:medium_smearing",
    "band-dispersion": "benchmark.measures.plane_waves:flat_band",
    "network-wave-end": "benchmark.measures.plane_waves:network_wave_end",
    "glass-wave-end": "benchmark.measures.plane_waves:glass_wave_end",
    # Heterogeneous-elasticity theory
    "low-frequency-exponent": "validators.theories.heterogeneous_elasticity:low_frequency_exponent",
    "excess-over-waves": "validators.theories.heterogeneous_elasticity:excess_over_waves",
    "boson-peak-exponent": "validators.theories.heterogeneous_elasticity:peak_exponent",
    "boson-peak-feature": "validators.theories.heterogeneous_elasticity:peak_feature",
    "rayleigh-range": "validators.theories.heterogeneous_elasticity:rayleigh_range",
    "gap-filling": "validators.theories.heterogeneous_elasticity:gap_filling",
    "edge-exponent": "validators.theories.heterogeneous_elasticity:edge_exponent",
    "edge-range": "validators.theories.heterogeneous_elasticity:edge_range",
    "edge-place": "validators.theories.heterogeneous_elasticity:edge_place",
    "density-over-distance": "validators.theories.heterogeneous_elasticity:density_over_distance",
    "theory-band-dispersion": "validators.theories.heterogeneous_elasticity:theory_band_dispersion",
    "stress-exponent-of-theory": "validators.theories.heterogeneous_elasticity:stress_exponent_of_theory",
    "predicted-exponent": "validators.theories.stress_predictions:predicted_exponent",
    "prediction-error": "validators.theories.stress_predictions:prediction_error",
    "local-disorder": "benchmark.measures.local_moduli:local_disorder",
    "disorder-ratio": "benchmark.measures.local_moduli:disorder_ratio",
    "predicted-damping-ratio": "benchmark.measures.predicted_peaks:predicted_damping_ratio",
    "predicted-peak-ratio": "benchmark.measures.predicted_peaks:predicted_peak_ratio",
    "stable-coupling": "benchmark.measures.stresses:stable_coupling",
    "tensor-exponent": "benchmark.measures.stresses:tensor_exponent",
    "minimum-share": "benchmark.measures.stresses:minimum_share",
    "pair-stress-exponent": "benchmark.measures.stresses:pair_stress_exponent",
    # Quasi-equilibrium theory
    "medium-exponent": "validators.theories.quasi_equilibrium:medium_exponent",
    "medium-reduced-density": "validators.theories.quasi_equilibrium:medium_reduced_density",
    "medium-peak": "validators.theories.quasi_equilibrium:medium_peak",
    "medium-step": "validators.theories.quasi_equilibrium:step_position",
    "medium-crystal-ratio": "validators.theories.quasi_equilibrium:crystal_ratio",
    "medium-amplitude-on-softness": "validators.theories.quasi_equilibrium:amplitude_on_softness",
    "medium-energy-on-softness": "validators.theories.quasi_equilibrium:energy_on_softness",
    "medium-equilibrium-energy": "validators.theories.quasi_equilibrium:equilibrium_energy_on_softness",
    "medium-unshifted-weight": "benchmark.measures.media:unshifted_weight",
    "medium-equation-5": "benchmark.measures.media:equation_5_in_medium",
    "sampled-crossover-slope": "benchmark.measures.media:sampled_line.slope",
    "sampled-crossover-intercept": "benchmark.measures.media:sampled_line.intercept",
    "equation-crossover-slope": "validators.theories.quasi_equilibrium_equations:equation_line.slope",
    "equation-crossover-intercept": "validators.theories.quasi_equilibrium_equations:equation_line.intercept",
    "equation-debye-deviation": "validators.theories.quasi_equilibrium_equations:debye_deviation",
    "equation-amplitude-slope": "validators.theories.quasi_equilibrium_equations:equation_5_slope",
    "equation-gradient-coefficient": "validators.theories.quasi_equilibrium_equations:gradient_coefficient",
    "equation-smearing-range": "validators.theories.quasi_equilibrium_equations:smearing_range_error",
    "equation-smearing-weight": "validators.theories.quasi_equilibrium_equations:smearing_weight_error",
    "equation-lost-fraction": "validators.theories.quasi_equilibrium_equations:lost_fraction",
    "equation-loss-below-edge": "validators.theories.quasi_equilibrium_equations:loss_below_edge",
}
"""Place of each measure: ``module:attribute``, or ``module:attribute.feature``; a place in `validators` is a validator
of one ensemble, whose keywords are the parameters of the claim."""


def measure(name: str, open_cell: OpenCell, cell: str, parameters: Mapping[str, Any]) -> Estimate:
    """Apply a measure by its name; ClaimError for an unknown name or parameters that the measure does not take."""
    function = find_measure(name)
    try:
        inspect.signature(function).bind(open_cell, cell, **parameters)
    except TypeError as error:
        raise ClaimError(f"measure {name} does not take these parameters", got=str(error)) from error
    return function(open_cell, cell, **parameters)


def find_measure(name: str) -> Measure:
    """Import a measure by its name; ClaimError if the name is unknown."""
    if name not in MEASURES:
        raise ClaimError("unknown measure", got=repr(name), likely_cause=did_you_mean(name, MEASURES, most=5))
    module, _, attribute = MEASURES[name].partition(":")
    function, _, feature = attribute.partition(".")
    measurement = _measurement(f"{module}:{function}")
    return part(measurement, feature) if feature else measurement


@functools.cache
def _measurement(place: str) -> Measure:
    """Function at a place; the same object at every call, so that the features of a result share one measurement."""
    function: Measure = pkgutil.resolve_name(f"bosonpeak.{place}")
    return of_ensemble(function) if place.startswith("validators.") else function
