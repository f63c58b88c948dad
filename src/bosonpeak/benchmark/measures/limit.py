"""Measures for claims about omega -> 0, and about what changes with the size of the box.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
Further sizes are ``other_cells``, of ``other_dataset`` or of the same one.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import xarray as xr

from bosonpeak.benchmark.measures.base import of_ensemble
from bosonpeak.benchmark.measures.glasses import (
    ASYMPTOTIC,
    independent_difference,
    modes_a_sample,
    stress_exponent,
)
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.ratios import difference_interval, quotient_limits
from bosonpeak.validators.levels.count_dispersion import count_dispersion, count_dispersion_growth
from bosonpeak.validators.power_laws.exponent_drift import WINDOW
from bosonpeak.validators.power_laws.exponent_drift import exponent_drift as drift
from bosonpeak.validators.power_laws.limit_exponent import FOOT
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent as limit
from bosonpeak.validators.power_laws.lowest_mode import lowest_mode_scaling as scaling
from bosonpeak.validators.power_laws.lowest_mode import lowest_mode_shape
from bosonpeak.validators.power_laws.repelling_lowest_mode import lowest_mode_exponent
from bosonpeak.validators.power_laws.size_effect import WINDOW as BELOW_ALL_PHONONS
from bosonpeak.validators.power_laws.size_effect import exponent_size_effect as size_effect

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell


def limit_exponent(
    open_cell: OpenCell,
    cell: str,
    *,
    other_dataset: str | None = None,
    other_cells: Sequence[str] = (),
    foot: float = FOOT,
) -> Estimate:
    """Exponent s as omega goes to 0, from all sizes together."""
    return limit(_sizes(open_cell, cell, other_dataset, other_cells), foot=foot)


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
    here = limit(_sizes(open_cell, cell, other_dataset, other_cells), foot=foot)
    others = [open_cell(other, less_other_dataset or less_dataset) for other in less_other_cells]
    there = limit([open_cell(less_cell or cell, less_dataset), *others], foot=foot)
    window = (0.0, max(end for each in (here, there) if each.window for end in each.window))
    return independent_difference("difference of the exponents s as omega goes to 0", here, there, window)


def exponent_drift(
    open_cell: OpenCell,
    cell: str,
    *,
    other_dataset: str | None = None,
    other_cells: Sequence[str],
    window: tuple[float, float] = WINDOW,
) -> Estimate:
    """Change of s in a window per doubling of the size."""
    low, high = window
    return drift(_sizes(open_cell, cell, other_dataset, other_cells), window=(low, high))


def limit_stress_relation(
    open_cell: OpenCell,
    cell: str,
    *,
    other_dataset: str | None = None,
    other_cells: Sequence[str] = (),
    foot: float = FOOT,
    low: float = ASYMPTOTIC[0],
    high: float = ASYMPTOTIC[1],
) -> Estimate:
    """The value of s - (5 + 2 alpha) with both exponents taken in their limits: omega to 0, small stresses."""
    here = limit(_sizes(open_cell, cell, other_dataset, other_cells), foot=foot)
    alpha = stress_exponent(open_cell, cell, low=low, high=high)
    predicted = dataclasses.replace(
        alpha, value=5.0 + 2.0 * alpha.value, low=5.0 + 2.0 * alpha.low, high=5.0 + 2.0 * alpha.high
    )
    value, lower, upper = difference_interval(here, predicted)
    return Estimate(
        name="s - (5 + 2 alpha), both in their limits",
        value=value,
        low=lower,
        high=upper,
        level=here.level,
        n=min(here.n, alpha.n),
        method=f"limits combined in quadrature; {here.method}; {alpha.method}",
        window=here.window,
        warnings=(*here.warnings, *alpha.warnings),
        details={"s": here.value, "alpha": alpha.value},
    )


def share_of_soft_modes(
    open_cell: OpenCell, cell: str, *, than_cell: str, than_dataset: str | None = None, below: float = 0.4
) -> Estimate:
    """Modes a glass below a multiple of each kind's mean omega_0, over those of another kind of glass."""
    here = modes_a_sample(open_cell, cell, below=below)
    there = modes_a_sample(
        lambda group, dataset=None: open_cell(group, dataset or than_dataset), than_cell, below=below
    )
    value = here.value / there.value if there.value > 0.0 else math.nan
    low, high = quotient_limits(here, there)
    return Estimate(
        name=f"modes below {below:g} omega_0 over those of {than_cell}",
        value=value,
        low=low,
        high=high,
        level=here.level,
        n=min(here.n, there.n),
        method="quotient of two means over chains, limits by Fieller's theorem",
        window=(0.0, below),
        details={"modes_a_sample": [here.value, there.value]},
    )


def exponent_size_effect(
    open_cell: OpenCell,
    cell: str,
    *,
    other_dataset: str | None = None,
    other_cells: Sequence[str],
    window: tuple[float, float] = BELOW_ALL_PHONONS,
) -> Estimate:
    """Change of s per doubling of the size, in one window of absolute frequency for all sizes."""
    low, high = window
    return size_effect(_sizes(open_cell, cell, other_dataset, other_cells), window=(low, high))


def _over_sizes(validator: Callable[..., Estimate]) -> Measure:
    """A validator of several sizes as a measure of the ensemble at hand and of ``other_cells``."""

    def apply(
        open_cell: OpenCell, cell: str, *, other_dataset: str | None = None, other_cells: Sequence[str]
    ) -> Estimate:
        return validator(_sizes(open_cell, cell, other_dataset, other_cells))

    return apply


def _sizes(open_cell: OpenCell, cell: str, other_dataset: str | None, other_cells: Sequence[str]) -> list[xr.Dataset]:
    return [open_cell(cell), *(open_cell(other, other_dataset) for other in other_cells)]


MEASURES: dict[str, Measure] = {
    "limit-exponent": limit_exponent,
    "limit-exponent-difference": limit_exponent_difference,
    "limit-stress-relation": limit_stress_relation,
    "share-of-soft-modes": share_of_soft_modes,
    "exponent-drift": exponent_drift,
    "exponent-size-effect": exponent_size_effect,
    "count-dispersion": of_ensemble(count_dispersion),
    "count-dispersion-growth": _over_sizes(count_dispersion_growth),
    "lowest-mode-exponent": of_ensemble(lowest_mode_exponent),
    "lowest-mode-shape": of_ensemble(lowest_mode_shape),
    "lowest-mode-scaling": _over_sizes(scaling),
}
