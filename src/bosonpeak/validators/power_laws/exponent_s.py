"""The exponent s of g(omega) ~ omega^s below the lowest phonon.

The window is fixed in units of the ensemble's mean omega_0 = 2 pi v_T / L from the elastic moduli: units of each
sample's own omega_0 would lose soft modes, which lower the modulus of their sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import (
    Ensemble,
    ModeLists,
    chain_index,
    ensemble_or_array,
    known_chain,
    mode_lists,
)
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.power_laws import gates
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
from bosonpeak.validators.power_laws.mode_sums import Modes, Window, clustered_modes, summed_modes

LOW = gates.LOW_OF_ALL
"""Lower end of the two-sided window, in units of omega_0."""

HIGHS = ((250, 0.6), (4000, 0.55), (math.inf, 0.5))
"""Upper end of the window for at most so many modes below 0.6 omega_0: the more modes, the sooner phonons show."""

_LOCAL = (
    "local exponent: s in [{0.low:g}, {0.high:g}] omega_0 of a finite box, not s as omega -> 0, "
    "for which there are limit_exponent and exponent_lower_bound"
)

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
        If omega_0 is unknown or was taken from the same spectrum, or the frequencies are not mode lists.

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
    if dimension is None and isinstance(data, xr.Dataset):
        dimension = data.attrs.get("dimension")
    if dimension is not None:
        dimension = whole_number(dimension, "dimension")
    source = _source(data, first_phonon, chain, window, dimension)
    modes = source.modes
    chosen = _window(modes, window)
    n, s = _most_likely(modes, chosen)
    reasons, remarks = _judge(source, chosen, of_its_own=not isinstance(window, str))
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
            "samples": source.samples,
            "chains": modes.clusters if source.has_chains else None,
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


@dataclass(frozen=True)
class _Source:
    """Low modes of an ensemble, and sentences of the gates that look at single modes or at modes above the window."""

    modes: Modes
    samples: int
    has_chains: bool
    pooled: bool
    lists_end_and_tie: Callable[[Window], tuple[str, str]]
    shell: str


def _source(
    data: xr.Dataset | ArrayLike,
    first_phonon: ArrayLike | None,
    chain: ArrayLike | None,
    window: str | tuple[float, float],
    dimension: int | None,
) -> _Source:
    """Modes of data in memory, or sums over the chunks of a dataset."""
    chunked = isinstance(data, xr.Dataset) and "eigenfrequency" in data and data["eigenfrequency"].chunks is not None
    if chunked and isinstance(data, xr.Dataset) and "unstable_frequency" not in data:
        scale = data["first_phonon"].values if first_phonon is None and "first_phonon" in data else first_phonon
        if scale is None:
            raise _no_scale()
        return _source_of_chunks(data, np.broadcast_to(scale, data.sizes["sample"]), chain, window, dimension)
    lists = mode_lists(data, first_phonon, chain)
    if lists.first_phonon is None:
        raise _no_scale()
    return _Source(
        clustered_modes(lists),
        len(lists.frequency),
        lists.chain is not None,
        lists.pooled,
        lambda chosen: (
            "" if lists.pooled else gates.censoring(lists.frequency, lists.scale, chosen),
            gates.ties(lists.frequency, lists.scale, chosen),
        ),
        "" if lists.pooled else gates.missing_shell(lists.frequency, lists.first_phonon, dimension),
    )


def _source_of_chunks(
    data: xr.Dataset,
    scales: FloatArray,
    chain: ArrayLike | None,
    window: str | tuple[float, float],
    dimension: int | None,
) -> _Source:
    from bosonpeak.validators.estimates.sample_blocks import blocks_of  # arrays do not need it

    labels = known_chain(data, chain)
    samples = data.sizes["sample"]
    cluster = np.arange(samples) if labels is None else chain_index(labels, samples)
    counts = gates.ShellCounts()

    def blocks(shell: gates.ShellCounts | None = None, reading: gates.Reading = np.asarray) -> Iterator[ModeLists]:
        for block, part in blocks_of(data[["eigenfrequency"]]):
            lists = mode_lists(block, scales[part])
            if shell is not None and lists.first_phonon is not None:
                shell.add(reading(lists.frequency), lists.first_phonon)
            yield lists

    def modes_at(reading: gates.Reading) -> float:
        if reading is np.asarray:
            return counts.median()
        others = gates.ShellCounts()
        for _ in blocks(others, reading):
            pass
        return others.median()

    modes = summed_modes(blocks(counts), blocks, cluster, float(scales.mean()), _ends(window))
    return _Source(
        modes,
        samples,
        labels is not None,
        pooled=False,
        lists_end_and_tie=lambda chosen: gates.sums_censored_and_tied(modes, chosen),
        shell=gates.shell_sentence(modes_at, dimension),
    )


def _ends(window: str | tuple[float, float]) -> list[float]:
    """Ends of all windows in which the gates look at a window."""
    chosen = [_stated(window)] if not isinstance(window, str) else [Window(LOW, high) for _, high in HIGHS]
    lows = [end for each in chosen for end in (each.low, (each.low or LOW) * gates.HIGHER_LOW)]
    highs = [end for each in chosen for end in (each.high, gates.FOOT * each.high)]
    return [LOW, *lows, *highs, *(high for _, high in HIGHS), 1.0]


def _no_scale() -> NotApplicableError:
    return NotApplicableError(
        "the exponent needs the phonon scale",
        expected="first_phonon: omega_0 = 2 pi v_T / L of each sample, from its elastic moduli",
        got="no first_phonon",
    )


def _window(modes: Modes, window: str | tuple[float, float]) -> Window:
    if isinstance(window, str):
        if window not in ("two-sided", "one-sided"):
            raise NotApplicableError("unknown window", expected="two-sided, one-sided or (low, high)", got=repr(window))
        count = modes.below(HIGHS[0][1])
        high = next(high for most, high in HIGHS if count <= most)
        return Window(LOW if window == "two-sided" else 0.0, high)
    return _stated(window)


def _stated(window: tuple[float, float]) -> Window:
    ends = numbers(window, "ends of the window")
    if len(ends) != 2 or not 0.0 <= ends[0] < ends[1]:
        raise NotApplicableError("no such window", expected="0 <= low < high, in units of omega_0", got=repr(window))
    return Window(float(ends[0]), float(ends[1]))


def _most_likely(modes: Modes, window: Window) -> tuple[int, float]:
    """Modes in a window, and s, bias-corrected; NaN without modes."""
    count, total = modes.sums(window)
    n = int(count.sum())
    return n, float(unbiased_power(n, total.sum(), window.span)) - 1.0 if n > 0 else math.nan


def _judge(source: _Source, window: Window, *, of_its_own: bool) -> tuple[list[str], list[str]]:
    """Sentences of the gates that fired, and remarks that do not affect the interval."""
    # A window that was asked for by its ends is judged by itself: that the spectrum bends below it is a remark.
    modes = source.modes
    n = modes.whole(window)[0]
    few = f"too few modes: {n} in [{window.low:g}, {window.high:g}] omega_0, {gates.FEWEST_MODES} are needed"
    found = ["" if n >= gates.FEWEST_MODES else few, gates.crowding(modes, window, source.samples)]
    censored, tied = source.lists_end_and_tie(window)
    found.append(tied)
    remarks = []
    if source.pooled:
        found.append("pooled: modes without sample labels; the interval without gates takes every mode as independent")
    else:
        found.append(censored)
        if not source.has_chains:
            remarks.append("no chain labels: the interval holds only if every sample is independent of the others")
    if not modes.independent and modes.clusters < FEWEST_SAMPLES:
        found.append(f"too few chains: {modes.clusters}, {FEWEST_SAMPLES} are needed for an interval")
    elif n >= gates.FEWEST_MODES:
        gap, excess = _shape_below(modes, window)
        bend = gates.bend_below(modes, window)
        if of_its_own:
            remarks += [gap, bend]
            gap = bend = ""
        shell = gates.phonon_foot(modes, window) or gates.phonon_leak(modes, window, source.samples)
        found += [gates.curvature(modes, window), shell, gap, bend]
        if window.low > 0.0:
            found.append(gates.window_agreement(modes, window))
            remarks.append(excess)
        else:
            found.append(excess)
    found.append(source.shell)
    return [reason for reason in found if reason], [remark for remark in remarks if remark]


def _shape_below(modes: Modes, window: Window) -> tuple[str, str]:
    """Gates of the spectrum below the two-sided window, also for a fit that includes this range."""
    upper = window if window.low > 0.0 else Window(LOW, window.high)
    if upper.low >= upper.high or modes.whole(upper)[0] < gates.FEWEST_MODES:
        return "", ""
    return gates.below_window(modes, upper)


def _interval(modes: Modes, window: Window, level: float) -> tuple[float, float]:
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


def _method(modes: Modes, window: Window) -> str:
    if not modes.independent:
        interval = "delete-one-chain jackknife on ln(s + 1), Student-t"
    else:
        interval = "chi^2(2n)/(2T)" if window.low == 0.0 else "modified signed likelihood root"
    return f"truncated maximum likelihood on [{window.low:g}, {window.high:g}] omega_0; {interval}"


def _one_sided(modes: Modes, level: float) -> list[dict[str, float]]:
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


def _comparison(modes: Modes, window: Window) -> dict[str, Any]:
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
