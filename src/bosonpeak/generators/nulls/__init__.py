"""Null data of known truth, on which every validator is calibrated: spectra of known law, fields of known kind."""

from bosonpeak.generators.nulls.spectra import (
    PowerLaw,
    beta_ensemble_levels,
    correlated_power_law_spectra,
    poisson_levels,
    power_law_spectra,
    rescaled,
)

__all__ = [
    "PowerLaw",
    "beta_ensemble_levels",
    "correlated_power_law_spectra",
    "poisson_levels",
    "power_law_spectra",
    "rescaled",
]
