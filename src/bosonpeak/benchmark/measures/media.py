"""Measures of modulated elastic media that need the modes of a layered medium, or several media."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from bosonpeak.benchmark.measures.base import OpenCell
from bosonpeak.generators.media.bloch_bands import bloch_mode, modulus
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.spectra.crossover import CrossoverLine
from bosonpeak.validators.theories import quasi_equilibrium, quasi_equilibrium_equations


def sampled_line(open_cell: OpenCell, cell: str, *, members: Sequence[str]) -> CrossoverLine:
    """Line through the most likely crossovers of sampled spectra, a group per modulation."""
    return quasi_equilibrium.sampled_line([open_cell(f"{cell}/{member}") for member in members])


def unshifted_weight(
    open_cell: OpenCell, cell: str, *, select: Mapping[str, float], modes: Sequence[float]
) -> Estimate:
    """Weight that modes along the modulation have at their own wavenumber k_0, over k_0/k_G as listed."""
    contrast = _contrast(open_cell, cell, select)
    return quasi_equilibrium_equations.unshifted_weight({k: bloch_mode(k, contrast) for k in modes})


def equation_5_in_medium(
    open_cell: OpenCell, cell: str, *, select: Mapping[str, float], modes: Sequence[float]
) -> Estimate:
    """Slope of ln(k^2 a^2 + (grad a)^2) on ln(1/G) for modes a(x) exp(ikx) along the modulation; 1 is eq. 5."""
    contrast = _contrast(open_cell, cell, select)
    return quasi_equilibrium_equations.equation_5_in_medium(
        {k: bloch_mode(k, contrast) for k in modes}, modulus=functools.partial(modulus, contrast=contrast)
    )


def _contrast(open_cell: OpenCell, cell: str, select: Mapping[str, float]) -> float:
    """Contrast of the chosen layered medium."""
    data = open_cell(cell)
    require_variables(data, "contrast")
    return float(data["contrast"].sel(select, method="nearest", tolerance=1e-9))
