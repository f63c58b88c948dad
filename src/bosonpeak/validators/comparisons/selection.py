"""Traces of selection: an ensemble that lacks a tail of the reference's lowest modes, or scatters too little."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy import stats

from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IntegerArray
from bosonpeak.validators.comparisons.quantities import SampleQuantity, sample_quantities
from bosonpeak.validators.comparisons.two_sample import holm
from bosonpeak.validators.estimates.inputs import Ensemble, chain_labels, one_ensemble
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

TAIL = 0.2
"""Share of the reference's samples at either end of a quantity that make a tail."""

MISSING_BELOW = 0.25
"""A tail is missing if the submission has less than this of its share of samples there ..."""

SIGNIFICANCE = 0.01
"""... and if that happens by chance to fewer than so many honest ensembles, all quantities and both tails together."""

NARROW = 0.5
"""An ensemble is too narrow if its standard deviation is below this part of the reference's, and not by chance."""

_SELECTED_BY = ("lowest frequency", "inherent-structure energy", "shear modulus")
"""Quantities by which samples are likely to be selected."""


@accept_old_spelling("submitted", positional=("reference",))
def missing_tail(data: Ensemble, *, reference: Ensemble) -> tuple[str, ...]:
    """Tails of a reference that an ensemble does not have.

    Parameters
    ----------
    data, reference : xarray.Dataset, xarray.DataTree or str
        As for `two_sample.compare_ensembles`.

    Returns
    -------
    tuple of str
        One sentence for each.

    Notes
    -----
    Fisher's exact test on effective numbers of samples, the numbers of independent samples with the same uncertainty.
    Samples of a chain are taken to be as dependent in the submission as in the reference.

    Examples
    --------
    Glasses with a high lowest mode, chosen out of an ensemble, lack its lower tail.

    >>> import numpy as np
    >>> from bosonpeak.datasets import open_dataset
    >>> glasses = open_dataset("glass/tapers-between", group="m-3/T-0.20")
    >>> missing_tail(glasses, reference=glasses)
    ()
    >>> lowest = glasses["eigenfrequency"][:, 0]
    >>> chosen = glasses.isel(sample=np.flatnonzero(lowest > lowest.median()))
    >>> len(missing_tail(chosen, reference=glasses)) > 0
    True
    """
    submitted, reference = one_ensemble(data), one_ensemble(reference)
    cases = [
        (name, side, *_tail(mine, theirs, side))
        for name, mine, theirs in _pairs(submitted, reference)
        for side in ("lower", "upper")
    ]
    adjusted = holm([p_value for *_, p_value in cases]) if cases else ()
    return tuple(
        f"{name}: {100 * share:.0f} % of the samples lie in the {side} tail, which holds {100 * TAIL:.0f} % of the "
        f"reference's (p = {p_value:.2g})"
        for (name, side, share, _), p_value in zip(cases, adjusted, strict=True)
        if share < MISSING_BELOW * TAIL and p_value < SIGNIFICANCE
    )


def narrowed(submitted: xr.Dataset, reference: xr.Dataset) -> tuple[str, ...]:
    """Sentences that name the quantities with a much smaller scatter than in the reference."""
    # The test of Brown and Forsythe (1974), which does not need normal distributions, on the first sample of each
    # chain.
    cases = [(name, *_narrowing(mine, theirs)) for name, mine, theirs in _pairs(submitted, reference)]
    adjusted = holm([p_value for *_, p_value in cases]) if cases else ()
    return tuple(
        f"{name}: its standard deviation is {ratio:.2f} of the reference's (p = {p_value:.2g})"
        for (name, ratio, _), p_value in zip(cases, adjusted, strict=True)
        if ratio < NARROW and p_value < SIGNIFICANCE
    )


_Values = tuple[FloatArray, IntegerArray]


def _pairs(submitted: xr.Dataset, reference: xr.Dataset) -> Iterator[tuple[str, _Values, _Values]]:
    theirs = {quantity.name: quantity for quantity in sample_quantities(reference)}
    for mine in sample_quantities(submitted):
        if mine.name in _SELECTED_BY and mine.name in theirs:
            here, there = _known(mine, submitted), _known(theirs[mine.name], reference)
            chains = [len(np.unique(chain)) for _, chain in (here, there)]
            if min(chains) >= FEWEST_SAMPLES:
                yield mine.name, here, there


def _known(quantity: SampleQuantity, dataset: xr.Dataset) -> _Values:
    known = np.isfinite(quantity.values)
    return quantity.values[known], chain_labels(dataset)[known]


def _tail(mine: _Values, theirs: _Values, side: str) -> tuple[float, float]:
    """Share of my samples in a tail of theirs, and the probability that so few chains reach the tail."""
    limit = np.quantile(theirs[0], TAIL if side == "lower" else 1.0 - TAIL)
    here, there = ((values < limit if side == "lower" else values > limit) for values, _ in (mine, theirs))
    effective = _effective(there, theirs[1])
    ours = max(len(np.unique(mine[1])), round(len(here) * effective / len(there)))
    rows = [[part.mean() * count, (1.0 - part.mean()) * count] for part, count in ((here, ours), (there, effective))]
    table = np.rint(np.array(rows)).astype(np.int64)
    return float(here.mean()), float(stats.fisher_exact(table, alternative="less").pvalue)


def _effective(inside: BooleanArray, chain: IntegerArray) -> int:
    """Number of independent samples whose share in a tail would have the same uncertainty."""
    share = float(inside.mean())
    index = np.unique(chain, return_inverse=True)[1]
    shares = np.bincount(index, weights=inside) / np.bincount(index)
    error = float(shares.var(ddof=1)) / len(shares)
    independent = share * (1.0 - share) / error if error > 0.0 else len(inside)
    return round(min(max(independent, len(shares)), len(inside)))


def _narrowing(mine: _Values, theirs: _Values) -> tuple[float, float]:
    here, there = (_one_a_chain(*values) for values in (mine, theirs))
    # If the means differ the ensembles differ, and a scatter in other units is not comparable.
    if not (here.std() > 0.0 and abs(here.mean() - there.mean()) < there.std()):
        return 1.0, 1.0
    ratio = float(here.std(ddof=1) / there.std(ddof=1))
    return ratio, float(stats.levene(here, there, center="median").pvalue)


def _one_a_chain(values: FloatArray, chain: IntegerArray) -> FloatArray:
    """First sample of each chain; means would scatter less for longer chains."""
    return values[np.unique(chain, return_index=True)[1]]
