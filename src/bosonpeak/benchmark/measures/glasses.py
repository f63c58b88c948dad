"""Measures for claims about glasses that compare several ensembles: exponents, low modes per stress, soft modes."""

from __future__ import annotations

from collections.abc import Sequence

from bosonpeak.benchmark.measures.base import OpenCell, over_sizes, sizes
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.levels import number_variance
from bosonpeak.validators.power_laws import (
    exponent_bound,
    exponent_comparisons,
    exponent_relations,
    limit_exponent,
    low_mode_counts,
    lowest_mode,
    size_effect,
)
from bosonpeak.validators.power_laws.low_mode_counts import FrequencyUnit
from bosonpeak.validators.power_laws.modes_below_foot import FOOT
from bosonpeak.validators.power_laws.small_stresses import FitWindow
from bosonpeak.validators.reduced_densities.debye_scaling import peak_scaling

from_all_sizes = over_sizes(limit_exponent.limit_exponent)
bound_from_all_sizes = over_sizes(exponent_bound.exponent_lower_bound)
stress_relation_from_all_sizes = over_sizes(exponent_relations.limit_stress_relation)
exponent_drift = over_sizes(exponent_comparisons.exponent_drift)
exponent_size_effect = over_sizes(size_effect.exponent_size_effect)
count_dispersion_growth = over_sizes(number_variance.count_dispersion_growth)
lowest_mode_scaling = over_sizes(lowest_mode.lowest_mode_scaling)


def exponent_difference(
    open_cell: OpenCell, cell: str, *, other_dataset: str, other_cell: str = "", window: FitWindow = "two-sided"
) -> Estimate:
    """Exponent s of this ensemble less that of another, by default of the same group of another dataset."""
    return exponent_relations.exponent_difference(
        open_cell(cell), reference=open_cell(other_cell or cell, other_dataset), window=window
    )


def paired_exponent_difference(
    open_cell: OpenCell, cell: str, *, other_cell: str, window: tuple[float, float], other_dataset: str | None = None
) -> Estimate:
    """Exponent s of this ensemble less that of another one of the same chains, by default of the same dataset."""
    return exponent_comparisons.paired_exponent_difference(
        open_cell(cell), reference=open_cell(other_cell, other_dataset), window=window
    )


def limit_exponent_difference(
    open_cell: OpenCell,
    cell: str,
    *,
    less_dataset: str,
    less_cell: str = "",
    other_dataset: str | None = None,
    other_cells: Sequence[str] = (),
    less_other_dataset: str | None = None,
    less_other_cells: Sequence[str] = (),
    foot: float = FOOT,
) -> Estimate:
    """Exponent s as omega goes to 0, less that of another kind of glass; each from all of its own sizes."""
    there = [
        open_cell(less_cell or cell, less_dataset),
        *(open_cell(other, less_other_dataset or less_dataset) for other in less_other_cells),
    ]
    return exponent_relations.limit_exponent_difference(
        sizes(open_cell, cell, other_dataset, other_cells), reference=there, foot=foot
    )


def intensity_over_small_stresses(
    open_cell: OpenCell,
    cell: str,
    *,
    against: str,
    other_dataset: str | None = None,
    below: float,
    stress: float,
    unit: FrequencyUnit = "absolute",
) -> Estimate:
    """Ratio of the numbers of low modes of two ensembles, over the ratio of their numbers of small stresses.

    The other ensemble is the group `against`, by default of the same dataset.
    """
    return low_mode_counts.intensity_over_small_stresses(
        open_cell(cell),
        reference=open_cell(against, other_dataset),
        below=below,
        stress=stress,
        unit=unit,
        names=(cell, against),
    )


def share_of_soft_modes(
    open_cell: OpenCell, cell: str, *, than_cell: str, than_dataset: str | None = None, below: float = 0.4
) -> Estimate:
    """Modes per glass below a multiple of each kind's mean omega_0, over those of another kind of glass."""
    return low_mode_counts.share_of_soft_modes(
        open_cell(cell), reference=open_cell(than_cell, than_dataset), below=below, against=than_cell
    )


def boson_peak_scaling(
    open_cell: OpenCell, cell: str, *, than_cell: str, than_dataset: str | None = None, feature: str = "position"
) -> Estimate:
    """Boson peak in units of the Debye law, over the boson peak of another ensemble in its own units."""
    return peak_scaling(open_cell(cell), reference=open_cell(than_cell, than_dataset), feature=feature)
