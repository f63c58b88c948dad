"""Null data of known truth, on which every validator is calibrated: spectra of known law, fields of known kind."""

from bosonpeak.generators.nulls.power_laws import PowerLaw, correlated_power_law_spectra, power_law_spectra, rescaled
from bosonpeak.generators.nulls.random_levels import beta_ensemble_levels, poisson_levels

__all__ = [
    "PowerLaw",
    "beta_ensemble_levels",
    "correlated_power_law_spectra",
    "poisson_levels",
    "power_law_spectra",
    "rescaled",
]
