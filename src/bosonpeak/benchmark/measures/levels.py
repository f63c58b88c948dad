"""Measures for claims about the character of modes: whether their levels repel each other, and how far they extend.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
Random matrices to compare with are embedded, since to simulate them takes seconds for each window.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.base import of_ensemble, part
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.glasses.equilibration import equilibration
from bosonpeak.validators.levels.below_phonon import repulsion_below_phonon
from bosonpeak.validators.levels.mode_extent import (
    HIGHEST,
    Localisation,
    growth_of_outermost_modes,
    localisation,
    localisation_scaling,
    outermost_modes,
)
from bosonpeak.validators.levels.reference_levels import GoeReference
from bosonpeak.validators.levels.spacing_statistics import (
    SKIPPED_AT_THE_BOTTOM,
    LevelStatistics,
    level_statistics,
)

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell

RANDOM_MATRICES = "null/level-statistics"
"""Dataset of the matrices that levels are compared with; a group for each order and part of the spectrum."""


def embedded_reference(open_cell: OpenCell, reference: str, part: str, count: int) -> GoeReference:
    """Levels of the embedded matrices in one window.

    Parameters
    ----------
    open_cell : callable
        Opens the groups of any dataset.
    reference : str
        Matrices, such as ``"goe-2997"``.
    part : {"lowest", "middle", "highest"}
        The ensemble is even, so that the highest levels are the lowest ones mirrored.
    count : int
        How many levels; as for data, the two lowest of the lowest window are left out.

    Returns
    -------
    GoeReference

    Raises
    ------
    NotApplicableError
        If fewer levels are embedded.
    """
    stored = "middle" if part == "middle" else "lowest"
    levels = open_cell(f"{reference}/{stored}", RANDOM_MATRICES)["eigenfrequency"].values
    if count > levels.shape[1]:
        raise NotApplicableError(
            "no random matrices to compare with", expected=f"at most {levels.shape[1]} levels", got=f"{count}"
        )
    if part == "middle":
        first = (levels.shape[1] - count) // 2
        return GoeReference(levels[:, first : first + count])
    if part == HIGHEST:
        return GoeReference(np.ascontiguousarray(-levels[:, count - 1 :: -1]))
    return GoeReference(levels[:, SKIPPED_AT_THE_BOTTOM:count])


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


def extent_by_rank(open_cell: OpenCell, cell: str, *, part: str = HIGHEST, count: int = 50) -> Localisation:
    """Extent of the lowest or the highest modes."""
    found = localisation(outermost_modes(open_cell(cell), part, count), high=math.inf)
    return Localisation(
        *(
            dataclasses.replace(each, name=f"{each.name}, {part} {count} modes", window=None)
            for each in (found.participation_ratio, found.participation_number)
        )
    )


def participation_growth(
    open_cell: OpenCell,
    cell: str,
    *,
    other_dataset: str,
    other_cells: Sequence[str],
    low: float = 0.0,
    high: float = 0.6,
    scale: str = "own",
) -> Estimate:
    """Exponent D of N e ~ N^D over ensembles of two datasets.

    Parameters
    ----------
    open_cell, cell
        The ensemble of one size.
    other_dataset, other_cells : str and sequence of str
        The ensembles of the other sizes.
    low, high : float
        Window in units of the mean omega_0.
    scale : {"own", "largest"}
        Whose mean omega_0: each size's own, or for all that of the largest, which is the lowest.
    """
    if scale not in ("own", "largest"):
        raise NotApplicableError("unknown scale of frequency", expected="own or largest", got=repr(scale))
    ensembles = [open_cell(cell), *(open_cell(other, other_dataset) for other in other_cells)]
    if scale == "largest":
        largest = max(ensembles, key=lambda ensemble: int(ensemble.attrs.get("particles", 0)))
        require_variables(largest, "first_phonon")
        lowest = float(largest["first_phonon"].mean())
        ensembles = [e.assign(first_phonon=("sample", np.full(e.sizes["sample"], lowest))) for e in ensembles]
    for ensemble in ensembles:
        _require_complete(ensemble, high)
    return localisation_scaling(ensembles, low=low, high=high)


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
    return growth_of_outermost_modes(here, there, counts=counts, part=part)


def _require_complete(dataset: xr.Dataset, high: float) -> None:
    """Lists of the k lowest modes must reach the window's end; shorter lists are padded."""
    require_variables(dataset, "eigenfrequency", "first_phonon")
    last = dataset["eigenfrequency"].values[:, -1] / dataset["first_phonon"].values.mean()
    cut = int(np.count_nonzero(last < high))
    if cut:
        raise NotApplicableError(
            "the mode lists end inside the window", got=f"{cut} of {len(last)} below {high:g} omega_0"
        )


_EXTENT, _EQUILIBRIUM = of_ensemble(localisation), of_ensemble(equilibration)

MEASURES: dict[str, Measure] = {
    "goe-likeness": part(levels_of_part, "goe_likeness"),
    "spacing-ratio": part(levels_of_part, "mean_ratio"),
    "repulsion-exponent": part(levels_of_part, "repulsion"),
    "goe-likeness-below-phonon": goe_likeness_below_phonon,
    "participation-number": part(_EXTENT, "participation_number"),
    "participation-growth": participation_growth,
    "participation-ratio-by-rank": part(extent_by_rank, "participation_ratio"),
    "participation-number-by-rank": part(extent_by_rank, "participation_number"),
    "participation-growth-by-rank": participation_growth_by_rank,
    "inherent-structure-drift": part(_EQUILIBRIUM, "energy_drift"),
    "inherent-structure-correlation": part(_EQUILIBRIUM, "autocorrelation"),
    "effective-glasses": part(_EQUILIBRIUM, "effective_glasses"),
    "liquid-drift": part(_EQUILIBRIUM, "liquid_drift"),
    "excluded-quenches": part(_EQUILIBRIUM, "excluded"),
}
