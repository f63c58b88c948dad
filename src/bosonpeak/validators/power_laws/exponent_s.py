"""The exponent s of g(omega) ~ omega^s below the lowest phonon.

The window is fixed in units of the ensemble's mean omega_0 = 2 pi v_T / L from the elastic moduli: units of each
sample's own omega_0 would lose soft modes, which lower the modulus of their sample.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import special

from bosonpeak.datasets.arguments import number, numbers, whole_number, window_ends
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, ModeLists, ensemble_or_array, mode_lists
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level, t_factor
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.sample_blocks import is_chunked, low_mode_lists
from bosonpeak.validators.power_laws import gates
from bosonpeak.validators.power_laws.gates import ClusteredModes, Window, missing_shell
from bosonpeak.validators.power_laws.likelihood import (
    cumulants,
    independent_interval,
    jackknife_interval_of_log_power,
    log_likelihood,
    log_power_error,
    modes_to_separate,
    most_likely_power,
    unbiased_power,
)

LOW = gates.LOW_OF_ALL
"""Lower end of the two-sided window, in units of omega_0."""

HIGHS = ((250, 0.6), (4000, 0.55), (math.inf, 0.5))
"""Upper end of the window for at most so many modes below 0.6 omega_0: the more modes, the sooner phonons show."""

_LOCAL = (
    "local exponent: s in [{0.low:g}, {0.high:g}] omega_0 of a finite box, not s as omega -> 0, "
    "for which there are limit_exponent and exponent_lower_bound"
)

_REACH = 2.0
"""Frequency in units of omega_0 up to which modes are kept of data that are read in chunks."""

CANDIDATES = (2.0, 3.0, 4.0, 5.0)
"""Exponents whose likelihoods are compared."""


@accept_old_spelling(positional=("first_phonon", "chain"))
def exponent(
    data: Ensemble | ArrayLike,
    *,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    window: Literal["two-sided", "one-sided"] | tuple[float, float] = "two-sided",
    dimension: int | None = None,
    level: float = LEVEL,
) -> Estimate:
    """Exponent s of the density of states below the first phonon, by truncated maximum likelihood.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str or array_like
        Dataset with ``eigenfrequency`` (sample, mode), ``first_phonon`` (sample) and, where samples depend on each
        other, ``chain`` (sample); or an array (samples, modes), NaN at the end of short rows.
    first_phonon : array_like, optional
        omega_0 = 2 pi v_T / L from the moduli, in the unit of the frequencies; one for all or one per sample, all of
        one box size: their mean is the unit of the window.
    chain : array_like, optional
        Independent run of each sample.
    window : {"two-sided", "one-sided"} or (float, float)
        [0.3, high], [0, high], or the given limits, in units of the mean omega_0; ``high`` is 0.6, 0.55 or 0.5 as the
        number of modes grows past 250 and 4000. The named ones are meant as a measure of the law that reaches down to
        the lowest modes, so that a gap or a bend below voids them; limits that are given ask for that range alone.
    dimension : int, optional
        Space dimension, by default the dataset's attribute of that name; 3 lets the first phonon shell be counted.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        s, bias-corrected. The limits are NaN where a gate fired; each gate that did is named in ``warnings`` and in
        ``details["gates"]``, and ``details["interval_without_gates"]`` holds the limits all the same. ``n`` counts
        modes for independent samples, chains otherwise. ``details`` has the one-sided fits, the logarithm of the
        likelihood of s = 2, 3, 4, 5 relative to the best, the design effect of correlated samples, and the modes
        needed to separate neighbouring exponents. An s with limits has the warning that it belongs to its window: the
        spectra of finite boxes bend, and `limit_exponent` and `exponent_lower_bound` give s as omega goes to 0.

    Raises
    ------
    NotApplicableError
        If omega_0 is unknown or was taken from the same spectrum, or the frequencies are no mode lists.

    Notes
    -----
    Independent samples get the interval of independent modes: chi^2(2n)/(2T) for a window that starts at 0, the
    modified signed root of the likelihood ratio otherwise. Samples of three or more chains get a delete-one-chain
    jackknife on ln(s + 1); two chains or fewer give no interval.

    Examples
    --------
    Random frequencies from a density of states that grows like omega^4:

    >>> from bosonpeak.datasets import open_dataset
    >>> found = exponent(open_dataset("null/power-laws", group="many/s-4"))
    >>> 3.0 < found.low < 4.0 < found.high < 5.0
    True
    """
    data = ensemble_or_array(data)
    require_level(level)
    lists = low_mode_lists(data, first_phonon, chain, reach=_REACH)
    if lists.first_phonon is None:
        raise NotApplicableError(
            "the exponent needs the phonon scale",
            expected="first_phonon: omega_0 = 2 pi v_T / L of each sample, from its elastic moduli",
            got="no first_phonon",
        )
    modes = clustered_modes(lists)
    chosen = _window(modes, window)
    n, s = _most_likely(modes, chosen)
    reasons, remarks = _judge(lists, modes, chosen, of_its_own=not isinstance(window, str))
    if dimension is None and isinstance(data, xr.Dataset):
        dimension = data.attrs.get("dimension")
    if dimension is not None:
        dimension = whole_number(dimension, "dimension")
    shell = "" if lists.pooled else missing_shell(lists.frequency, lists.first_phonon, dimension)
    if shell and is_chunked(data):  # the likely cause of the fault is read off all modes
        shell = missing_shell(mode_lists(data).frequency, lists.first_phonon, dimension)
    reasons += [shell] if shell else []
    low, high = _interval(modes, chosen, level)
    gated = bool(reasons)
    remarks += [] if gated else [_LOCAL.format(chosen)]
    return Estimate(
        name="exponent s",
        value=s,
        low=math.nan if gated else low,
        high=math.nan if gated else high,
        level=level,
        n=n if modes.independent else modes.clusters,
        method=_method(modes, chosen),
        window=(chosen.low, chosen.high),
        warnings=(*reasons, *remarks),
        details={
            "modes": n,
            "samples": len(lists.frequency),
            "chains": None if lists.chain is None else modes.clusters,
            "gates": [reason.partition(":")[0] for reason in reasons],
            "interval_without_gates": [low, high],
            "one_sided": _one_sided(modes, level),
            **_comparison(modes, chosen),
        },
    )


def ungated_exponent(data: xr.Dataset, *, window: tuple[float, float]) -> float:
    """The value of `exponent` in a window without its interval, many times faster where samples are left out."""
    modes = clustered_modes(mode_lists(data))
    return _most_likely(modes, _window(modes, window))[1]


@accept_old_spelling(positional=("first_phonon", "chain"))
def reduced_cumulative_count(
    data: Ensemble | ArrayLike,
    *,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    exponent: float,
    low: float = 0.1,
    high: float = 1.2,
    points: int = 120,
    level: float = LEVEL,
) -> xr.Dataset:
    """F(omega) / omega^(s+1) with a pointwise band, for a plot: it is flat where g ~ omega^s.

    Parameters
    ----------
    data, first_phonon, chain
        As for `exponent`.
    exponent : float
        s of the plot.
    low, high : float
        Range in units of the mean omega_0.
    points : int
        Points, equally far apart in ln(omega).
    level : float
        Confidence level of the band. Its points are correlated: no line may be fitted to it.

    Returns
    -------
    xarray.Dataset
        ``reduced_count``, ``lower``, ``upper`` against ``reduced_frequency``: modes per sample below the frequency over
        (omega/omega_0)^(s+1).

    Examples
    --------
    Frequencies up to 2 omega_0 from omega^4, ten a sample: flat at 10 / 2^5.

    >>> import numpy as np
    >>> quantiles = (np.arange(1000) + 0.5) / 1000
    >>> modes = 2.0 * quantiles**0.2
    >>> rows = modes.reshape(100, 10)
    >>> found = reduced_cumulative_count(rows, first_phonon=1.0, exponent=4.0, low=1.0, high=1.8, points=3)
    >>> (found["reduced_count"] * 2.0**5 / 10.0).values.round(1).tolist()
    [1.0, 1.0, 1.0]
    """
    data = ensemble_or_array(data)
    require_level(level)
    lists = mode_lists(data, first_phonon, chain)
    if lists.first_phonon is None:
        raise NotApplicableError("the plot needs the phonon scale", expected="first_phonon", got="no first_phonon")
    modes = clustered_modes(lists)
    low, high = window_ends(number(low, "low", above=0.0), high)
    exponent, points = number(exponent, "exponent"), whole_number(points, "points")
    grid = np.geomspace(low, number(high, "high"), points)
    counts = np.stack(
        [np.searchsorted(np.sort(modes.frequency[modes.cluster == k]), grid) for k in range(modes.clusters)]
    )
    total = counts.sum(axis=0).astype(np.float64)
    lower, upper = _count_band(counts, modes.independent, level)
    weight = 1.0 / (len(lists.frequency) * grid ** (exponent + 1.0))
    return xr.Dataset(
        {
            "reduced_count": ("reduced_frequency", total * weight),
            "lower": ("reduced_frequency", lower * weight),
            "upper": ("reduced_frequency", upper * weight),
        },
        coords={"reduced_frequency": grid},
    )


def clustered_modes(lists: ModeLists) -> ClusteredModes:
    """Reduced frequencies of all samples, with the chain or sample of each; chains in the order of their labels."""
    reduced = lists.reduced
    filled = ~np.isnan(reduced)
    cluster = np.broadcast_to(lists.cluster[:, None], reduced.shape)[filled]
    return ClusteredModes(reduced[filled], cluster, int(lists.cluster.max()) + 1, lists.independent)


def _window(modes: ClusteredModes, window: str | tuple[float, float]) -> Window:
    if isinstance(window, str):
        if window not in ("two-sided", "one-sided"):
            raise NotApplicableError("unknown window", expected="two-sided, one-sided or (low, high)", got=repr(window))
        count = int(np.count_nonzero(modes.frequency < HIGHS[0][1]))
        high = next(high for most, high in HIGHS if count <= most)
        return Window(LOW if window == "two-sided" else 0.0, high)
    ends = numbers(window, "ends of the window")
    if len(ends) != 2 or not 0.0 <= ends[0] < ends[1]:
        raise NotApplicableError("no such window", expected="0 <= low < high, in units of omega_0", got=repr(window))
    return Window(float(ends[0]), float(ends[1]))


def _most_likely(modes: ClusteredModes, window: Window) -> tuple[int, float]:
    """Modes in a window, and s, bias-corrected; NaN without modes."""
    count, total = modes.sums(window)
    n = int(count.sum())
    return n, float(unbiased_power(n, total.sum(), window.span)) - 1.0 if n > 0 else math.nan


def _judge(lists: ModeLists, modes: ClusteredModes, window: Window, *, of_its_own: bool) -> tuple[list[str], list[str]]:
    """Sentences of the gates that fired, and remarks that do not affect the interval."""
    # A window that was asked for by its ends is judged by itself: that the spectrum bends below it is a remark.
    n = len(modes.inside(window).frequency)
    few = f"too few modes: {n} in [{window.low:g}, {window.high:g}] omega_0, {gates.FEWEST_MODES} are needed"
    found = ["" if n >= gates.FEWEST_MODES else few, gates.crowding(modes, window, len(lists.frequency))]
    found.append(gates.ties(lists.frequency, lists.scale, window))
    remarks = []
    if lists.pooled:
        found.append("pooled: modes without sample labels; the interval without gates takes every mode as independent")
    else:
        found.append(gates.censoring(lists.frequency, lists.scale, window))
        if lists.chain is None:
            remarks.append("no chain labels: the interval holds only if every sample is independent of the others")
    if not modes.independent and modes.clusters < FEWEST_SAMPLES:
        found.append(f"too few chains: {modes.clusters}, {FEWEST_SAMPLES} are needed for an interval")
    elif n >= gates.FEWEST_MODES:
        gap, excess = _shape_below(modes, window)
        bend = gates.bend_below(modes, window)
        if of_its_own:
            remarks += [gap, bend]
            gap = bend = ""
        shell = gates.phonon_foot(modes, window) or gates.phonon_leak(modes, window, len(lists.frequency))
        found += [gates.curvature(modes, window), shell, gap, bend]
        if window.low > 0.0:
            found.append(gates.window_agreement(modes, window))
            remarks.append(excess)
        else:
            found.append(excess)
    return [reason for reason in found if reason], [remark for remark in remarks if remark]


def _shape_below(modes: ClusteredModes, window: Window) -> tuple[str, str]:
    """Gates of the spectrum below the two-sided window, also for a fit that includes this range."""
    upper = window if window.low > 0.0 else Window(LOW, window.high)
    if upper.low >= upper.high or len(modes.inside(upper).frequency) < gates.FEWEST_MODES:
        return "", ""
    return gates.below_window(modes, upper)


def _interval(modes: ClusteredModes, window: Window, level: float) -> tuple[float, float]:
    """Limits of s before any gate; NaN where they are not defined."""
    count, total = modes.sums(window)
    n = int(count.sum())
    if n < gates.FEWEST_MODES:
        return math.nan, math.nan
    if modes.independent:
        low, high = independent_interval(n, float(total.sum()), window.span, level)
    else:
        low, high = jackknife_interval_of_log_power(count, total, window.span, level)
    return low - 1.0, high - 1.0


def _method(modes: ClusteredModes, window: Window) -> str:
    if not modes.independent:
        interval = "delete-one-chain jackknife on ln(s + 1), Student-t"
    else:
        interval = "chi^2(2n)/(2T)" if window.low == 0.0 else "modified signed likelihood root"
    return f"truncated maximum likelihood on [{window.low:g}, {window.high:g}] omega_0; {interval}"


def _one_sided(modes: ClusteredModes, level: float) -> list[dict[str, float]]:
    """Fits on [0, high] for every high, to be printed beside the two-sided one."""
    fits = []
    for _, high in HIGHS:
        window = Window(0.0, high)
        count, total = modes.sums(window)
        if count.sum() < gates.FEWEST_MODES:
            continue
        low, up = _interval(modes, window, level)
        s = float(unbiased_power(count.sum(), total.sum(), window.span)) - 1.0
        fits.append({"window_high": high, "modes": int(count.sum()), "value": s, "low": low, "high": up})
    return fits


def _comparison(modes: ClusteredModes, window: Window) -> dict[str, Any]:
    """Likelihoods of the candidate exponents relative to the best, and the modes that would separate them."""
    count, total = (float(x.sum()) for x in modes.sums(window))
    if count == 0.0:
        return {}
    best = float(most_likely_power(count, total, window.span))
    if not (math.isfinite(best) and best > 0.0):
        return {}
    height = log_likelihood(best, count, total, window.span)
    ratio = {f"{s:g}": log_likelihood(s + 1.0, count, total, window.span) - height for s in CANDIDATES}
    effect = 1.0
    if not modes.independent:
        model = 1.0 / (count * float(cumulants(best, window.span).variance) * best**2)
        effect = log_power_error(*modes.sums(window), window.span) ** 2 / model
    return {
        "log_likelihood_ratio": ratio,
        "design_effect": effect,
        "modes_to_separate": {
            f"{s:g} from {rival:g}": modes_to_separate(s + 1.0, rival + 1.0, window.low, window.high)
            for s, rival in ((3.0, 2.0), (4.0, 3.0), (4.0, 3.5), (5.0, 4.0))
        },
    }


def _count_band(counts: IntegerArray, independent: bool, level: float) -> tuple[FloatArray, FloatArray]:
    """Limits of the summed counts: Poisson, widened by the scatter of dependent samples' chains."""
    total = counts.sum(axis=0).astype(np.float64)
    if independent:
        effect, factor = np.ones_like(total), float(special.ndtri(0.5 + 0.5 * level))
    elif len(counts) < FEWEST_SAMPLES:
        return np.full_like(total, np.nan), np.full_like(total, np.nan)
    else:
        spread = counts.var(axis=0, ddof=1) * len(counts)
        effect = np.maximum(1.0, np.divide(spread, total, out=np.ones_like(total), where=total > 0))
        factor = t_factor(len(counts), level)
    tail = special.ndtr(-factor)
    effective = total / effect
    lower = np.where(total > 0, special.gammaincinv(np.maximum(effective, 1e-12), tail), 0.0)
    upper = special.gammainccinv(effective + 1.0, tail)
    return lower * effect, upper * effect
