"""Share of localised modes at the upper end of a spectrum, from the growth of the extent of modes with the size."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from scipy.optimize import isotonic_regression
from scipy.special import ndtri

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level, t_factor

BIN = 0.005
"""Width of the bins, as a share of the spectrum."""

SEARCHED = 0.2
"""Share of the spectrum, from the top, in which the end of the localised modes is looked for."""

BETWEEN = 0.5
"""Growth exponent D between a localised mode (0) and an extended mode (1)."""

_REPLICAS = 400


def localised_share(data: Ensemble, *, larger: Ensemble, level: float = LEVEL) -> Estimate:
    """Share of the highest modes that are localised, by the number of their atoms in boxes of two sizes.

    Parameters
    ----------
    data, larger : xarray.Dataset, xarray.DataTree or str
        Ensembles of a smaller and a larger box with all frequencies, ascending, and ``participation_ratio`` (sample,
        mode), and the attribute ``particles``.
    level : float
        Confidence level; bootstrap over the samples of both ensembles.

    Returns
    -------
    Estimate
        Share x of the spectrum above the mode whose extent grows as N e ~ N^(1/2). The number N e of atoms in a mode is
        independent of N for localised and proportional to N for extended modes. Details: ``growth``, D in bins of
        half a per cent from the top.

    Raises
    ------
    NotApplicableError
        If a variable is missing, the sizes are equal, or D stays below 1/2 in the upper fifth of the spectrum.

    Notes
    -----
    In each bin of ranks D is the difference of the mean ln(N e) of both sizes over ln of the ratio of sizes. A course
    that rises from the top (isotonic regression) is fitted to D, and crosses 1/2 between two bin centres. Half a mode
    of the smaller box is added to the interval, because ranks are discrete. A localised mode that is larger than the
    boxes grows with them: the share is a lower bound where the localisation length diverges slowly.

    Examples
    --------
    Boxes of 100 and 200 atoms where the highest three per cent of the modes have ten atoms, others half of all:

    >>> import numpy as np
    >>> import xarray as xr
    >>> def boxes(atoms):
    ...     rank = (np.arange(3 * atoms) + 0.5) / (3 * atoms)
    ...     extent = np.where(rank > 0.97, 10.0 / atoms, 0.5)
    ...     variables = {"eigenfrequency": np.tile(rank, (4, 1)), "participation_ratio": np.tile(extent, (4, 1))}
    ...     return xr.Dataset({k: (("sample", "mode"), v) for k, v in variables.items()}, attrs={"particles": atoms})
    >>> round(localised_share(boxes(1000), larger=boxes(2000)).value, 3)
    0.03
    """
    require_level(level)
    ensembles = [one_ensemble(each) for each in (data, larger)]
    sizes = [_atoms(each) for each in ensembles]
    if not sizes[0] < sizes[1]:
        raise NotApplicableError(
            "the growth of modes needs a smaller and a larger box", expected="two sizes, in order", got=str(sizes)
        )
    small, large = (_extent_by_rank(each) for each in ensembles)
    span = math.log(sizes[1] / sizes[0])
    growth = (large.mean(axis=0) - small.mean(axis=0)) / span
    value = _crossing(growth)
    if value >= SEARCHED:
        raise NotApplicableError(
            "the end of the localised modes is out of reach",
            expected=f"extended modes in the upper {100 * SEARCHED:g} % of the spectrum",
            got=f"growth exponents up to {growth.max():.3g}",
        )
    # Bootstrap over the samples of both ensembles; the crossing is not smooth enough for a jackknife.
    generator = np.random.default_rng(0)
    found = []
    for _ in range(_REPLICAS):
        means = [rows[generator.integers(len(rows), size=len(rows))].mean(axis=0) for rows in (small, large)]
        found.append(_crossing((means[1] - means[0]) / span))
    low, high = np.quantile(found, [0.5 - level / 2.0, 0.5 + level / 2.0])
    # The percentiles of few samples are too narrow by the factor of Student's t and by the bias of the variance.
    samples = min(len(small), len(large))
    wider = t_factor(samples, level) / float(ndtri(0.5 + level / 2.0)) * math.sqrt(samples / (samples - 1))
    resolution = 0.5 / ensembles[0].sizes["mode"]
    return Estimate(
        name="share of localised modes at the upper end of the spectrum",
        value=value,
        low=max(0.0, value - wider * max(0.0, value - float(low)) - resolution),
        high=value + wider * max(0.0, float(high) - value) + resolution,
        level=level,
        n=samples,
        method="bins of ranks up to the growth exponent D = 1/2 of N e between two sizes; bootstrap over samples",
        details={"particles": sizes, "growth": growth.round(4).tolist()},
    )


def _atoms(data: xr.Dataset) -> int:
    require_variables(data, "eigenfrequency", "participation_ratio")
    if "particles" not in data.attrs:
        raise NotApplicableError("the size is unknown", expected="an attribute particles")
    if data.sizes["sample"] < FEWEST_SAMPLES:
        raise NotApplicableError("too few samples", expected=f"{FEWEST_SAMPLES}", got=str(data.sizes["sample"]))
    return int(data.attrs["particles"])


def _extent_by_rank(data: xr.Dataset) -> FloatArray:
    """Mean ln(N e) of every sample in bins of ranks from the top, (samples, bins)."""
    ratio = data["participation_ratio"].values.astype(np.float64)[:, ::-1]
    if not np.isfinite(ratio).all():
        raise NotApplicableError(
            "the spectrum is not complete", expected="all modes of every sample", got="rows that end with NaN"
        )
    place = ((np.arange(ratio.shape[1]) + 0.5) / ratio.shape[1] / BIN).astype(int)
    bins = round(SEARCHED / BIN)
    counts = np.bincount(place, minlength=bins)[:bins]
    if not counts.all():
        raise NotApplicableError(
            "too few modes per sample", expected=f"a mode in every {100 * BIN:g} %", got=f"{ratio.shape[1]} modes"
        )
    logs = np.log(_atoms(data) * ratio)
    return np.stack([np.bincount(place, row, minlength=bins)[:bins] / counts for row in logs])


def _crossing(growth: FloatArray) -> float:
    """Share of the spectrum where a rising course of the growth exponents (bins,), from the top, exceeds 1/2."""
    rising = isotonic_regression(growth).x
    if rising[-1] <= BETWEEN:
        return SEARCHED
    if rising[0] >= BETWEEN:
        return 0.0
    first = int(np.argmax(rising > BETWEEN))
    before, after = rising[first - 1 : first + 1]
    return float(BIN * (first - 0.5 + (BETWEEN - before) / (after - before)))
