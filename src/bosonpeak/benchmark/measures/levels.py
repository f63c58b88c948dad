"""Measures of level repulsion, against embedded random matrices: a simulation would take seconds for each window."""

from __future__ import annotations

from collections.abc import Sequence

from bosonpeak.benchmark.measures.base import OpenCell, over_sizes
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.levels import mode_extent
from bosonpeak.validators.levels.below_phonon import repulsion_below_phonon
from bosonpeak.validators.levels.mode_extent import HIGHEST
from bosonpeak.validators.levels.reference_levels import GoeReference, reference_window
from bosonpeak.validators.levels.spacing_statistics import SKIPPED_AT_THE_BOTTOM, LevelStatistics, level_statistics
from bosonpeak.validators.levels.upper_end import localised_share

RANDOM_MATRICES = "null/level-statistics"
"""Dataset of the matrices that levels are compared with; a group for each order and part of the spectrum."""

participation_growth = over_sizes(mode_extent.participation_growth)


def embedded_reference(open_cell: OpenCell, reference: str, part: str, count: int) -> GoeReference:
    """Levels of embedded matrices, such as ``"goe-2997"``, in one window; as for data, the two lowest are left out."""
    stored = "middle" if part == "middle" else "lowest"
    levels = open_cell(f"{reference}/{stored}", RANDOM_MATRICES)["eigenfrequency"].values
    return reference_window(levels, part, count, skip=SKIPPED_AT_THE_BOTTOM)


def levels_of_part(
    open_cell: OpenCell, cell: str, *, part: str, count: int = 50, reference: str = "goe-2997"
) -> LevelStatistics:
    """Statistics of the lowest, middle or highest levels, beside those of matrices of their order."""
    matrices = embedded_reference(open_cell, reference, part, count)
    return level_statistics(open_cell(cell), part=part, count=count, reference=matrices)


def goe_likeness_below_phonon(
    open_cell: OpenCell, cell: str, *, high: float = 0.9, reference: str = "goe-2997"
) -> Estimate:
    """Likeness to GOE of the modes below the first phonon alone."""
    matrices = open_cell(f"{reference}/middle", RANDOM_MATRICES)["eigenfrequency"].values
    return repulsion_below_phonon(open_cell(cell), high=high, reference=GoeReference(matrices))


def participation_growth_by_rank(
    open_cell: OpenCell,
    cell: str,
    *,
    other_dataset: str,
    other_cell: str = "",
    counts: Sequence[int],
    part: str = HIGHEST,
) -> Estimate:
    """Exponent D of N e ~ N^D between two sizes, of as many outermost modes as are the same share of both spectra."""
    here, there = open_cell(cell), open_cell(other_cell or cell, other_dataset)
    return mode_extent.growth_of_outermost_modes(here, there, counts=counts, part=part)


def localised_share_of_sizes(
    open_cell: OpenCell, cell: str, *, larger_cell: str, larger_dataset: str | None = None
) -> Estimate:
    """Share of localised modes at the upper end of the spectrum, from this ensemble and an ensemble of larger boxes."""
    return localised_share(open_cell(cell), larger=open_cell(larger_cell, larger_dataset))
