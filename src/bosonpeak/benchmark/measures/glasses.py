"""Measures for claims about glasses: exponent s below the first phonon, small stresses, limit, size effects.

All measures take an opener, the group and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
Further sizes are ``other_cells``, of ``other_dataset`` or of the same dataset.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.base import of_ensemble, potential_of
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import ModeLists, chain_sums, mode_lists, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL
from bosonpeak.validators.estimates.ratios import difference_interval, quotient_limits, ratio_interval, warnings_of_both
from bosonpeak.validators.levels.number_variance import count_dispersion, count_dispersion_growth
from bosonpeak.validators.power_laws.exponent_comparisons import WINDOW
from bosonpeak.validators.power_laws.exponent_comparisons import exponent_drift as drift
from bosonpeak.validators.power_laws.exponent_comparisons import (
    paired_exponent_difference as _paired_exponent_difference,
)
from bosonpeak.validators.power_laws.exponent_s import exponent as exponent_s
from bosonpeak.validators.power_laws.likelihood import modes_to_separate
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent as limit
from bosonpeak.validators.power_laws.lowest_mode import lowest_mode_exponent, lowest_mode_shape
from bosonpeak.validators.power_laws.lowest_mode import lowest_mode_scaling as scaling
from bosonpeak.validators.power_laws.modes_below_foot import FOOT
from bosonpeak.validators.power_laws.size_effect import WINDOW as BELOW_ALL_PHONONS
from bosonpeak.validators.power_laws.size_effect import exponent_size_effect as size_effect
from bosonpeak.validators.power_laws.small_stresses import (
    COUNTED_BY_CHAIN,
    FitWindow,
    counted_by_chain,
    most_likely_exponent,
    stress_distribution,
)
from bosonpeak.validators.power_laws.small_stresses import stress_relation as relation

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell


ASYMPTOTIC = (1e-9, 1e-7)
"""The two lowest decades of stress that are stored, in units of epsilon."""

FrequencyUnit = Literal["absolute", "first-phonon"]

BELOW = 0.6
"""Modes are counted below this, in units of the mean omega_0."""


def exponent_difference(
    open_cell: OpenCell, cell: str, *, other_dataset: str, other_cell: str = "", window: FitWindow = "two-sided"
) -> Estimate:
    """Exponent s of this ensemble less that of another, by default of the same group of another dataset.

    Both are fitted in the same window, the narrower one if they would choose differently.
    """
    ensembles = (open_cell(cell), open_cell(other_cell or cell, other_dataset))
    fits = [exponent_s(ensemble, window=window) for ensemble in ensembles]
    ends = [fit.window for fit in fits if fit.window is not None]
    if ends[0] != ends[1]:
        fits = [exponent_s(ensemble, window=min(ends, key=lambda end: end[1])) for ensemble in ensembles]
    here, there = fits
    details = {name: min(here.details[name], there.details[name]) for name in ("samples", "modes")}
    return independent_difference("difference of the exponents s", here, there, here.window, **details)


def paired_exponent_difference(
    open_cell: OpenCell, cell: str, *, other_cell: str, window: tuple[float, float], other_dataset: str | None = None
) -> Estimate:
    """Exponent s of this ensemble less that of another one of the same chains, by default of the same dataset."""
    return _paired_exponent_difference(open_cell(cell), open_cell(other_cell, other_dataset), window=window)


def independent_difference(
    name: str, here: Estimate, there: Estimate, window: tuple[float, float] | None, **details: Any
) -> Estimate:
    """One estimate less another that is independent of it, with the warnings of both."""
    value, low, high = difference_interval(here, there)
    return Estimate(
        name=name,
        value=value,
        low=low,
        high=high,
        level=here.level,
        n=min(here.n, there.n),
        method=f"difference of two independent estimates, limits combined in quadrature; each {here.method}",
        window=window,
        warnings=warnings_of_both(here, there),
        details={"values": [here.value, there.value], **details},
    )


def stress_exponent(
    open_cell: OpenCell, cell: str, *, low: float = ASYMPTOTIC[0], high: float = ASYMPTOTIC[1]
) -> Estimate:
    """Exponent alpha of the distribution of small stresses."""
    return _stress_exponent(open_cell(cell), low, high)


def stress_exponent_beyond_cutoff(
    open_cell: OpenCell, cell: str, *, low: float = ASYMPTOTIC[0], high: float = ASYMPTOTIC[1]
) -> Estimate:
    """Small-stress exponent alpha less what the potential's cutoff makes of it in the same window, structure apart."""
    data = open_cell(cell)
    measured = _stress_exponent(data, low, high)
    assert measured.window is not None
    expected = _cutoff_exponent(data, measured.window)
    return dataclasses.replace(
        measured,
        name="alpha less that of the potential's cutoff",
        value=measured.value - expected,
        low=measured.low - expected,
        high=measured.high - expected,
        method=f"{measured.method}; the cutoff alone makes {expected:.3f} with g(r) flat",
        warnings=(),
    )


def stress_relation(
    open_cell: OpenCell,
    cell: str,
    *,
    window: FitWindow = "two-sided",
    low: float = ASYMPTOTIC[0],
    high: float = ASYMPTOTIC[1],
    resonant: bool = False,
) -> Estimate:
    """The value of s - (5 + 2 alpha); the parameters are those of the validator."""
    return relation(open_cell(cell), window=window, low=low, high=high, resonant=resonant)


def modes_a_sample(open_cell: OpenCell, cell: str, *, below: float = BELOW) -> Estimate:
    """Modes of one sample below a multiple of the mean omega_0."""
    lists = _lists(open_cell(cell))
    count = (lists.reduced < below).sum(axis=1).astype(np.float64)
    counts, sizes = chain_sums(np.stack([count, np.ones_like(count)], axis=1), lists.cluster).T
    value, low, high = ratio_interval(counts, sizes)
    method = "mean over samples; delete-one jackknife over chains"
    name = f"modes a sample below {below:g} omega_0"
    return Estimate(name, value, low, high, LEVEL, len(sizes), method, details={"modes": int(count.sum())})


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

    Parameters
    ----------
    open_cell, cell
        The ensemble, with stresses counted over each sample or over each chain.
    against : str
        The other ensemble's group.
    other_dataset : str, optional
        The other ensemble's dataset, by default the same.
    below : float
        Modes are counted below this frequency.
    stress : float
        Stress components are counted below this, in units of epsilon.
    unit : {"absolute", "first-phonon"}
        Unit of `below`: that of the dataset's frequencies, or each ensemble's own mean omega_0.
    """
    logarithm, square = 0.0, 0.0
    counted: list[list[int]] = []
    for group, dataset, sign in ((cell, None, 1.0), (against, other_dataset, -1.0)):
        data = open_cell(group, dataset)
        modes, stresses = low_modes_and_small_stresses(data, below=below, stress=stress, unit=unit)
        value, low, high = ratio_interval(modes, stresses)
        if not low > 0.0:
            raise NotApplicableError("too few modes to compare", got=f"{modes.sum():g} in {group}")
        logarithm += sign * math.log(value)
        square += (0.5 * math.log(high / low)) ** 2
        counted.append([int(modes.sum()), int(stresses.sum()), len(modes)])
    value, half = math.exp(logarithm), math.sqrt(square)
    place = f"{below:g}" if unit == "absolute" else f"{below:g} omega_0 of each"
    return Estimate(
        "intensity of low modes over small stresses",
        value,
        value * math.exp(-half),
        value * math.exp(half),
        LEVEL,
        min(chains for _, _, chains in counted),
        f"modes below {place} over stresses below {stress:g}, over the same of {against}; jackknife over chains",
        details={"modes_stresses_chains": counted},
    )


def low_modes_and_small_stresses(
    data: xr.Dataset, *, below: float, stress: float, unit: FrequencyUnit = "absolute"
) -> tuple[FloatArray, FloatArray]:
    """Numbers of modes below a frequency and of stress components below a stress, each of shape (chains,).

    Parameters are those of `intensity_over_small_stresses`.
    """
    lists = _lists(data)
    if unit not in get_args(FrequencyUnit):
        raise NotApplicableError("unknown unit", expected=" or ".join(get_args(FrequencyUnit)), got=repr(unit))
    frequency = lists.frequency if unit == "absolute" else lists.reduced
    modes = chain_sums((frequency < below).sum(axis=1), lists.cluster)
    per_chain = counted_by_chain(data)
    require_variables(data, COUNTED_BY_CHAIN if per_chain else "stress_count", "stress_edge")
    small = data["stress_edge"].values[1:] <= stress * (1.0 + 1e-9)
    if per_chain:
        stresses = data[COUNTED_BY_CHAIN].values[:, small].sum(axis=1).astype(np.float64)
    else:
        stresses = chain_sums(data["stress_count"].values[:, small].sum(axis=1), lists.cluster)
    return modes, stresses


def log_likelihood_ratio(
    open_cell: OpenCell, cell: str, *, exponent: int, rival: int, window: FitWindow = "two-sided"
) -> Estimate:
    """Log-likelihood of one exponent less that of another, divided by the design effect of dependent samples."""
    fit = exponent_s(open_cell(cell), window=window)
    if "log_likelihood_ratio" not in fit.details:
        raise NotApplicableError("no likelihood can be given", expected="modes in the window", got="none")
    ratios: Mapping[str, float] = fit.details["log_likelihood_ratio"]
    effect = float(fit.details["design_effect"])
    if not {str(exponent), str(rival)} <= set(ratios):
        raise NotApplicableError(
            "the likelihood of this exponent is not computed", expected=", ".join(ratios), got=f"{exponent}, {rival}"
        )
    value = (ratios[str(exponent)] - ratios[str(rival)]) / max(effect, 1.0)
    return Estimate(
        f"ln L(s = {exponent}) - ln L(s = {rival})",
        value,
        math.nan,
        math.nan,
        LEVEL,
        fit.n,
        f"{fit.details['modes']} modes, design effect {effect:.2f}",
        window=fit.window,
    )


def modes_needed(
    open_cell: OpenCell, cell: str, *, exponent: float, rival: float, window: FitWindow = "two-sided"
) -> Estimate:
    """Modes below the window's end that would tell one exponent from another at 3 sigma, 9 times out of 10."""
    data = open_cell(cell)
    fit = exponent_s(data, window=window)
    assert fit.window is not None
    needed = modes_to_separate(exponent + 1.0, rival + 1.0, *fit.window) * max(fit.details.get("design_effect", 1), 1)
    lists = _lists(data)
    there = int(np.count_nonzero(lists.reduced < fit.window[1]))
    return Estimate(
        f"modes to tell s = {exponent:g} from {rival:g}",
        float(math.ceil(needed)),
        math.nan,
        math.nan,
        LEVEL,
        fit.n,
        f"there are {there} below {fit.window[1]:g} omega_0 in {len(lists.frequency)} samples",
        window=fit.window,
    )


def _stress_exponent(data: xr.Dataset, low: float, high: float) -> Estimate:
    found = stress_distribution(data, low=low, high=high).exponent
    return dataclasses.replace(found, details={**found.details, "samples": data.sizes["sample"]})


def _cutoff_exponent(data: xr.Dataset, window: tuple[float, float]) -> float:
    """Exponent that the tapered cutoff makes in a window, by the estimator that the data were put through."""
    from bosonpeak.generators.glasses.pair_stresses import cutoff_stress_counts
    from bosonpeak.generators.particles.potentials import InversePower

    potential = potential_of(data)
    if not isinstance(potential, InversePower) or json.loads(data.attrs["parameters"]).get("dimension") != 3:
        raise NotApplicableError(
            "the cutoff's stresses are known for inverse powers in three dimensions", expected="dimension = 3"
        )
    edges = data["stress_edge"].values
    inside = edges[(edges >= window[0] * (1.0 - 1e-9)) & (edges <= window[1] * (1.0 + 1e-9))]
    step = math.log(inside[-1] / inside[0]) / (len(inside) - 1)
    return most_likely_exponent(cutoff_stress_counts(potential, inside), step)


def _lists(data: xr.Dataset) -> ModeLists:
    lists = mode_lists(data)
    if lists.first_phonon is None:
        raise NotApplicableError("modes cannot be placed", expected="first_phonon", got="no first_phonon")
    return lists


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
    "exponent": of_ensemble(exponent_s),
    "exponent-difference": exponent_difference,
    "paired-exponent-difference": paired_exponent_difference,
    "stress-exponent": stress_exponent,
    "stress-exponent-beyond-cutoff": stress_exponent_beyond_cutoff,
    "stress-relation": stress_relation,
    "modes-a-sample": modes_a_sample,
    "intensity-over-small-stresses": intensity_over_small_stresses,
    "log-likelihood-ratio": log_likelihood_ratio,
    "modes-to-separate": modes_needed,
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
