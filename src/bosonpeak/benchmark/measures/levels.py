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

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.estimates.intervals import t_factor
from bosonpeak.validators.glasses.equilibration import equilibration
from bosonpeak.validators.levels.below_phonon import repulsion_below_phonon
from bosonpeak.validators.levels.mode_extent import localisation, localisation_scaling
from bosonpeak.validators.levels.random_matrices import GoeReference
from bosonpeak.validators.levels.spacing_statistics import SKIPPED_AT_THE_BOTTOM, level_statistics

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell

RANDOM_MATRICES = "null/level-statistics"
"""Dataset of the matrices that levels are compared with; a group for each order and part of the spectrum."""

HIGHEST = "highest"


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


def _levels(feature: str) -> Measure:
    def apply(open_cell: OpenCell, cell: str, *, part: str, count: int = 50, reference: str = "goe-2997") -> Estimate:
        simulated = embedded_reference(open_cell, reference, part, count)
        found = level_statistics(open_cell(cell), part=part, count=count, reference=simulated)
        estimate = getattr(found, feature)
        assert isinstance(estimate, Estimate)
        return estimate

    return apply


def goe_likeness_below_phonon(
    open_cell: OpenCell, cell: str, *, high: float = 0.9, reference: str = "goe-2997"
) -> Estimate:
    """Likeness to GOE of the modes below the first phonon alone."""
    matrices = open_cell(f"{reference}/middle", RANDOM_MATRICES)["eigenfrequency"].values
    return repulsion_below_phonon(open_cell(cell), high=high, reference=GoeReference(matrices))


def participation_number(open_cell: OpenCell, cell: str, *, low: float = 0.0, high: float = 0.9) -> Estimate:
    """Participation number N e of the modes in a window below the first phonon."""
    return localisation(open_cell(cell), low=low, high=high).participation_number


def _participation_by_rank(feature: str) -> Measure:
    def apply(open_cell: OpenCell, cell: str, *, part: str = HIGHEST, count: int = 50) -> Estimate:
        found = getattr(localisation(outermost_modes(open_cell(cell), part, count), high=math.inf), feature)
        assert isinstance(found, Estimate)
        return dataclasses.replace(found, name=f"{found.name}, {part} {count} modes", window=None)

    return apply


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
        Window in units of omega_0.
    scale : {"own", "largest"}
        Whose omega_0: each size's own, or for all that of the largest, which is the lowest.
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
    """Exponent D of N e ~ N^D between two sizes, of as many outermost modes as are the same share of both spectra.

    Two sizes cannot tell a power law from anything else, but do tell whether N e grows.
    """
    ensembles = (open_cell(cell), open_cell(other_cell or cell, other_dataset))
    small, large = (
        localisation(outermost_modes(ensemble, part, count), high=math.inf).participation_number
        for ensemble, count in zip(ensembles, counts, strict=True)
    )
    sizes = [float(number.details["particles"]) for number in (small, large)]
    if sizes[0] == sizes[1]:
        raise NotApplicableError("no growth between equal sizes", expected="two sizes", got=f"{sizes[0]:g} twice")
    span = math.log(sizes[1] / sizes[0])
    chains = min(small.n, large.n)
    errors = [
        math.log(number.high / number.low) / (2.0 * t_factor(number.n, number.level)) for number in (small, large)
    ]
    half = math.hypot(*errors) * t_factor(chains, small.level) / abs(span)
    value = math.log(large.value / small.value) / span
    return Estimate(
        name=f"growth exponent D of N e between N = {sizes[0]:g} and {sizes[1]:g}, {part} modes",
        value=value,
        low=value - half,
        high=value + half,
        level=small.level,
        n=chains,
        method=f"geometric means over the {part} {counts[0]} and {counts[1]} modes; jackknives over chains",
        details={"participation_number": [small.value, large.value]},
    )


def outermost_modes(dataset: xr.Dataset, part: str, count: int) -> xr.Dataset:
    """The lowest or highest modes of an ensemble, by rank, in the place of its lowest.

    Raises
    ------
    NotApplicableError
        If they are not stored.
    """
    if part not in ("lowest", HIGHEST):
        raise NotApplicableError("unknown part of the spectrum", expected=f"lowest or {HIGHEST}", got=repr(part))
    prefix, dimension = ("highest_", "high_mode") if part == HIGHEST else ("", "mode")
    names = [prefix + name for name in ("eigenfrequency", "participation_ratio")]
    require_variables(dataset, *names, "first_phonon")
    if dataset.sizes[dimension] < count:
        raise NotApplicableError(
            f"so many {part} modes are not stored", expected=f"{count}", got=f"{dataset.sizes[dimension]}"
        )
    chosen = dataset.isel({dimension: slice(-count, None) if part == HIGHEST else slice(count)})
    modes = {name.removeprefix(prefix): (("sample", "mode"), chosen[name].values) for name in names}
    labels = {name: dataset[name] for name in ("first_phonon", "chain") if name in dataset}
    return xr.Dataset({**labels, **modes}, attrs=dataset.attrs)


def _equilibrium(feature: str) -> Measure:
    def apply(open_cell: OpenCell, cell: str) -> Estimate:
        estimate = getattr(equilibration(open_cell(cell)), feature)
        if not isinstance(estimate, Estimate):
            raise NotApplicableError(f"the ensemble does not tell its {feature.replace('_', ' ')}")
        return estimate

    return apply


def _require_complete(dataset: xr.Dataset, high: float) -> None:
    """Lists of the k lowest modes must reach the window's end; shorter lists are padded."""
    require_variables(dataset, "eigenfrequency", "first_phonon")
    last = dataset["eigenfrequency"].values[:, -1] / dataset["first_phonon"].values
    cut = int(np.count_nonzero(last < high))
    if cut:
        raise NotApplicableError(
            "the mode lists end inside the window", got=f"{cut} of {len(last)} below {high:g} omega_0"
        )


MEASURES: dict[str, Measure] = {
    "goe-likeness": _levels("goe_likeness"),
    "spacing-ratio": _levels("mean_ratio"),
    "repulsion-exponent": _levels("repulsion"),
    "goe-likeness-below-phonon": goe_likeness_below_phonon,
    "participation-number": participation_number,
    "participation-growth": participation_growth,
    "participation-ratio-by-rank": _participation_by_rank("participation_ratio"),
    "participation-number-by-rank": _participation_by_rank("participation_number"),
    "participation-growth-by-rank": participation_growth_by_rank,
    "inherent-structure-drift": _equilibrium("energy_drift"),
    "inherent-structure-correlation": _equilibrium("autocorrelation"),
    "effective-glasses": _equilibrium("effective_glasses"),
    "liquid-drift": _equilibrium("liquid_drift"),
    "excluded-quenches": _equilibrium("excluded"),
}
