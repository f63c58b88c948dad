"""Known truth, on which every validator is calibrated: spectra of known law, fields of known kind."""

from bosonpeak.generators.nulls.power_laws import (
    PowerLaw,
    beta_ensemble_levels,
    correlated_power_law_spectra,
    debye_lattice_frequencies,
    goe_levels,
    gue_levels,
    poisson_levels,
    power_law_spectra,
    rescaled,
)

__all__ = [
    "PowerLaw",
    "beta_ensemble_levels",
    "correlated_power_law_spectra",
    "debye_lattice_frequencies",
    "goe_levels",
    "gue_levels",
    "poisson_levels",
    "power_law_spectra",
    "rescaled",
]
