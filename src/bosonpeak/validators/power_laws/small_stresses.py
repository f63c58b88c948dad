"""Distribution of small pair stresses, P(sigma) ~ sigma^alpha as sigma goes to 0, and its relation to the modes.

A taper of order m makes alpha = 1/m - 1 (Schirmacher et al., Nat. Commun. 15, 3107, 2024, eqs 11 and 103), the minimum
of a potential alpha = 0. An exponential taper reaches -1 only logarithmically, so the exponent is given decade by
decade with the range of its validity, and not as one line through all decades.

Generalised heterogeneous-elasticity theory ties the exponent s of the modes to alpha: rho(lambda) ~ sigma^2 P(sigma) at
sigma = zeta lambda (eqs 8, 84-86), hence s = 5 + 2 alpha for a power law P ~ sigma^alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from bosonpeak.datasets.arguments import doubles, numbers, window_ends
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import (
    Ensemble,
    chain_labels,
    chain_sums,
    ensemble_or_array,
    known_chain,
    mode_lists,
    require_variables,
)
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, jackknife_interval, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.power_laws.exponent_s import exponent, ungated_exponent

FEWEST_STRESSES = 50
"""A decade with fewer stress components is left out."""

SIGNIFICANCE = 0.01
"""A decade whose exponent differs from that of the decades below with a smaller probability ends the range."""

_ROUND_OFF = 1e-12
_NEWTON_STEPS = 100


COUNTED_BY_CHAIN = "chain_stress_count"
"""Variable of ensembles that count the stresses of all glasses of a chain together."""


@dataclass(frozen=True)
class StressDistribution:
    """Small-stress exponent alpha in the requested window, the exponent of each decade, and its range of validity."""

    exponent: Estimate
    by_decade: xr.Dataset  # ``exponent``, ``lower``, ``upper`` and ``count`` against ``stress``
    holds_from: float  # lower end of the decades that agree with one exponent
    holds_to: float


@accept_old_spelling(positional=("edges", "chain"))
def stress_distribution(
    data: Ensemble | ArrayLike,
    *,
    edges: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    low: float = 1e-8,
    high: float = 1e-4,
    level: float = LEVEL,
) -> StressDistribution:
    """Exponent of the distribution of |sigma_ab|, a < b, at small stress.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str or array_like
        Dataset with ``stress_count`` (sample, stress_bin), ``stress_edge`` (stress_bin_edge) and, where samples depend
        on each other, ``chain`` (sample), or with ``chain_stress_count`` (independent_chain, stress_bin); or the array
        of counts, shape (samples, bins).
    edges : array_like, optional
        Bin edges, equally spaced on a logarithmic scale; overrides the dataset's.
    chain : array_like, optional
        Independent run of each sample; overrides the dataset's.
    low, high : float
        Window of the exponent, in the unit of the edges; widened to whole bins.
    level : float
        Confidence level; intervals are delete-one jackknives over chains, or samples where chains are unknown.

    Returns
    -------
    StressDistribution

    Raises
    ------
    NotApplicableError
        If counts and edges do not fit, the bins are not logarithmic, or the window holds too few components.

    Notes
    -----
    Maximum likelihood of a power law on the window, from the binned counts: the bin number is geometric, cut off at
    the window's end, and its mean is sufficient.

    Examples
    --------
    Components distributed as sigma^(-1/2), as a taper of order 2 makes them:

    >>> import numpy as np
    >>> edges = np.geomspace(1e-9, 1e-3, 61)
    >>> counts = np.random.default_rng(1).poisson(1e6 * np.diff(np.sqrt(edges)), (10, 60))
    >>> found = stress_distribution(counts, edges=edges)
    >>> found.exponent.low < -0.5 < found.exponent.high
    True
    """
    data, (low, high) = ensemble_or_array(data), window_ends(low, high)
    require_level(level)
    counts, bounds = _counts(data, edges)
    labels = _labels(data, chain, len(counts))
    clusters = chain_sums(counts, labels)
    first, last = _window(counts, bounds, low, high)
    step = _step(bounds)
    value, lower, upper = exponent_interval(clusters[:, first:last], step, level)
    by_decade = _by_decade(clusters, bounds, step, level)
    holds = _agreeing(by_decade, low)
    estimate = Estimate(
        name="small-stress exponent alpha",
        value=value,
        low=lower,
        high=upper,
        level=level,
        n=len(clusters),
        method="binned maximum likelihood of a power law; delete-one jackknife over chains or samples",
        window=(float(bounds[first]), float(bounds[last])),
        warnings=_warnings(by_decade, low, high, holds),
        details={
            "components": int(clusters[:, first:last].sum()),
            "holds_from": holds[0],
            "holds_to": holds[1],
            "decades": by_decade["stress"].values.tolist(),
            "exponent_by_decade": by_decade["exponent"].values.tolist(),
        },
    )
    return StressDistribution(estimate, by_decade, *holds)


def small_stress_exponent(data: xr.Dataset, *, low: float, high: float) -> float:
    """Exponent of `stress_distribution` without its interval, many times faster where samples are left out."""
    counts, bounds = _counts(data, None)
    first, last = _window(counts, bounds, low, high)
    return most_likely_exponent(counts[:, first:last].sum(axis=0), _step(bounds))


def counted_by_chain(data: xr.Dataset) -> bool:
    """Test whether stresses are counted over each chain instead of each sample."""
    return "stress_count" not in data and COUNTED_BY_CHAIN in data


def stress_density(counts: ArrayLike, edges: ArrayLike) -> FloatArray:
    """Probability density of the modulus of a stress component in each bin, all samples together, shape (bins,).

    Examples
    --------
    Of all eight components half lie between 0 and 1, half between 1 and 2.

    >>> stress_density([[3, 1], [1, 3]], [0.0, 1.0, 2.0]).tolist()
    [0.5, 0.5]
    """
    pooled, bounds = numbers(counts, "samples", "bins").sum(axis=0), numbers(edges, "bin edges")
    if len(bounds) != len(pooled) + 1:
        raise NotApplicableError(
            "counts and bin edges do not fit", expected=f"{len(pooled) + 1} edges", got=str(len(bounds))
        )
    return np.asarray(pooled / (pooled.sum() * np.diff(bounds)))


def most_likely_exponent(counts: FloatArray, step: float) -> float:
    """Exponent alpha of binned counts on bins of equal width ``step`` in ln(sigma)."""
    # With power a = alpha + 1 bin k of K has probability proportional to exp(a step k).
    number = np.arange(len(counts), dtype=np.float64)
    mean = float(number @ counts / counts.sum())
    a = 0.0
    for _ in range(_NEWTON_STEPS):
        weight = np.exp(a * (number - (number[-1] if a > 0.0 else 0.0)))
        total = float(weight.sum())
        expected = float(weight @ number) / total
        change = (mean - expected) * total / float(weight @ (number - expected) ** 2)
        a += min(max(change, -1.0), 1.0)
        if abs(change) < 1e-12:
            break
    return a / step - 1.0


def _counts(data: xr.Dataset | ArrayLike, edges: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    if isinstance(data, xr.Dataset):
        name = COUNTED_BY_CHAIN if counted_by_chain(data) else "stress_count"
        if name not in data or (edges is None and "stress_edge" not in data):
            raise NotApplicableError("there is no stress histogram", expected="stress_count and stress_edge")
        edges = data["stress_edge"].values if edges is None else edges
        data = data[name].values
    counts = np.asarray(data, dtype=np.float64)
    if edges is None:
        raise NotApplicableError("counts need their bins", expected="edges (bins + 1)", got="none")
    bounds = doubles(edges, "bin edges")
    if counts.ndim != 2 or bounds.shape != (counts.shape[1] + 1,):
        raise NotApplicableError(
            "counts and bin edges do not fit",
            expected="counts (samples, bins) and bins + 1 edges",
            got=f"shapes {counts.shape} and {bounds.shape}",
        )
    if not (bounds > 0.0).all() or not np.allclose(np.diff(np.log(bounds)), np.log(bounds[1] / bounds[0]), rtol=1e-6):
        raise NotApplicableError("the bins are not equally spaced on a logarithmic scale")
    return counts, bounds


def _labels(data: xr.Dataset | ArrayLike, chain: ArrayLike | None, samples: int) -> NDArray[np.generic]:
    if isinstance(data, xr.Dataset):
        chain = None if counted_by_chain(data) else known_chain(data, chain)
    labels = np.arange(samples) if chain is None else np.asarray(chain)
    if labels.shape != (samples,):
        raise NotApplicableError(
            "chain labels do not fit the samples", expected=f"{samples} labels", got=f"shape {labels.shape}"
        )
    return labels


def _step(bounds: FloatArray) -> float:
    """Width of the bins in ln(sigma)."""
    return math.log(bounds[-1] / bounds[0]) / (len(bounds) - 1)


def _window(counts: FloatArray, bounds: FloatArray, low: float, high: float) -> tuple[int, int]:
    """Bins of a window that holds enough components for an exponent."""
    first, last = _bins(bounds, low, high)
    total = float(counts[:, first:last].sum())
    if total < FEWEST_STRESSES:
        raise NotApplicableError(
            "too few small stresses", expected=f"{FEWEST_STRESSES} components in [{low:g}, {high:g}]", got=f"{total:g}"
        )
    return first, last


def _bins(bounds: FloatArray, low: float, high: float) -> tuple[int, int]:
    """First bin and one past the last bin that touch a window."""
    slack = 1e-9
    first = int(np.searchsorted(bounds, low * (1.0 + slack), side="right")) - 1
    last = int(np.searchsorted(bounds, high * (1.0 - slack), side="left"))
    if first < 0 or last >= len(bounds) or last - first < 2:
        raise NotApplicableError(
            "the window leaves the histogram",
            expected=f"inside [{bounds[0]:g}, {bounds[-1]:g}], two bins wide at least",
            got=f"[{low:g}, {high:g}]",
        )
    return first, last


def exponent_interval(clusters: FloatArray, step: float, level: float = LEVEL) -> tuple[float, float, float]:
    """Exponent of binned counts of independent runs, shape (runs, bins), with its delete-one jackknife interval."""

    def statistic(chosen: NDArray[np.intp]) -> float:
        return most_likely_exponent(clusters[chosen].sum(axis=0), step)

    return jackknife_interval(statistic, len(clusters), level)


def _by_decade(clusters: FloatArray, bounds: FloatArray, step: float, level: float) -> xr.Dataset:
    """Exponents of all decades that hold enough components."""
    width = max(round(math.log(10.0) / step), 2)
    rows = []
    for first in range(0, clusters.shape[1] - width + 1, width):
        inside = clusters[:, first : first + width]
        if inside.sum() < FEWEST_STRESSES or np.any(inside.sum() == inside.sum(axis=1)):
            continue
        centre = math.sqrt(bounds[first] * bounds[first + width])
        rows.append(
            (centre, *exponent_interval(inside, step, level), inside.sum(), bounds[first], bounds[first + width])
        )
    columns = np.array(rows, dtype=np.float64).reshape(-1, 7).T
    names = ("exponent", "lower", "upper", "count", "from", "to")
    return xr.Dataset(
        {name: ("stress", column) for name, column in zip(names, columns[1:], strict=True)},
        coords={"stress": columns[0]},
        attrs={"samples": len(clusters), "level": level},
    )


def _agreeing(by_decade: xr.Dataset, low: float) -> tuple[float, float]:
    """Range from the decade of ``low`` upwards over which a common exponent fits all decades."""
    chosen = by_decade.isel(stress=by_decade["to"].values > low * (1.0 + 1e-9))
    clusters = int(by_decade.attrs["samples"])
    if chosen.sizes["stress"] == 0 or clusters < FEWEST_SAMPLES:
        return math.nan, math.nan
    factor = stdtrit(clusters - 1, 0.5 + 0.5 * by_decade.attrs["level"])
    value = chosen["exponent"].values
    error = 0.5 * (chosen["upper"].values - chosen["lower"].values) / factor
    if not (error > _ROUND_OFF).all():  # samples that are all alike tell nothing of their scatter
        return math.nan, math.nan
    weight = error**-2.0
    last = 0
    for end in range(1, len(value)):
        below = np.sum(weight[:end] * value[:end]) / weight[:end].sum()
        z = (value[end] - below) / math.sqrt(1.0 / weight[end] + 1.0 / weight[:end].sum())
        if 2.0 * stdtr(clusters - 1, -abs(z)) < SIGNIFICANCE:
            break
        last = end
    return float(chosen["from"].values[0]), float(chosen["to"].values[last])


def _warnings(by_decade: xr.Dataset, low: float, high: float, holds: tuple[float, float]) -> tuple[str, ...]:
    if math.isnan(holds[1]) or holds[1] >= high * (1.0 - 1e-9):
        return ()
    return (f"one exponent holds from {holds[0]:.1g} to {holds[1]:.1g} only, not over [{low:g}, {high:g}]",)


NEIGHBOUR_DISTANCE = 1.0
"""Distance of the nearest pairs, in mean diameters."""

_LOOKED_AT = ("eigenfrequency", "first_phonon", "chain", "stress_edge", "stress_count", COUNTED_BY_CHAIN)
"""Variables from which both exponents follow."""

ASYMPTOTIC = (1e-9, 1e-7)
"""The two lowest decades of stress that are stored, in units of epsilon."""

FitWindow = Literal["two-sided", "one-sided"] | tuple[float, float]


def stress_relation(
    data: xr.Dataset,
    *,
    low: float = ASYMPTOTIC[0],
    high: float = ASYMPTOTIC[1],
    window: FitWindow = "two-sided",
    resonant: bool = False,
) -> Estimate:
    """Value of s - (5 + 2 alpha): 0 if rho(lambda) ~ sigma^2 P(sigma) at sigma = zeta lambda (eq. 8)."""
    # The interval is a jackknife over chains of both exponents together, and absent if either has none.
    s = exponent(data, window=window)
    assert s.window is not None
    fitted = s.window
    if resonant:
        low, high = resonant_stresses(data, fitted)
    alpha = stress_distribution(data, low=low, high=high).exponent
    value, lower, upper = s.value - 5.0 - 2.0 * alpha.value, math.nan, math.nan
    if s.has_interval and alpha.has_interval:
        cluster = mode_lists(data).cluster
        looked_at = data[[name for name in _LOOKED_AT if name in data]]
        # The window stays at the same frequencies whichever chain is left out.
        looked_at = looked_at.assign(first_phonon=("sample", np.full(data.sizes["sample"], mode_lists(data).scale)))

        def relation(chosen: NDArray[np.intp]) -> float:
            kept = looked_at.isel(sample=np.flatnonzero(np.isin(cluster, chosen)))
            if counted_by_chain(data):
                kept = kept.isel(independent_chain=chosen)
            s_of_kept = ungated_exponent(kept, window=fitted)
            return s_of_kept - 5.0 - 2.0 * small_stress_exponent(kept, low=low, high=high)

        value, lower, upper = jackknife_interval(relation, int(cluster.max()) + 1, s.level)
    warnings = [f"{label}: {warning}" for label, each in (("s", s), ("alpha", alpha)) for warning in each.warnings]
    return Estimate(
        name="s - (5 + 2 alpha)",
        value=value,
        low=lower,
        high=upper,
        level=s.level,
        n=min(s.n, alpha.n),
        method=f"s by {s.method}; alpha = {alpha.value:.3f} on [{low:.2g}, {high:.2g}]; "
        "delete-one-chain jackknife of both together",
        window=fitted,
        warnings=tuple(warnings) if math.isnan(lower) else (),
        details={
            "s": s.value,
            "s_interval_without_gates": s.details["interval_without_gates"],
            "s_has_interval": s.has_interval,
            "alpha": alpha.value,
            "samples": s.details["samples"],
            "modes": s.details["modes"],
        },
    )


def resonant_stresses(data: xr.Dataset, window: tuple[float, float]) -> tuple[float, float]:
    """Stresses sigma = zeta omega^2 that belong to a window of frequency, in units of omega_0: (low, high)."""
    # The source leaves zeta, a moment-of-inertia density, without a number. Its own displacements u + (r . grad) u / 2
    # (eq. 49) determine it for one pair: two particles of mass m at a distance r rotate with the kinetic energy m r^2
    # eta'^2 / 4 = Omega zeta eta'^2 / 2, so that Omega zeta = m r^2 / 2, and the volume Omega also divides the stress.
    # r runs from nearest neighbours to the cutoff; a patch of more particles has more inertia.
    require_variables(data, "first_phonon")
    if "cutoff" not in data.attrs:
        raise NotApplicableError(
            "the ensemble does not state the cutoff of its potential", expected="an attribute cutoff", got="none"
        )
    scale = float(data["first_phonon"].mean())
    nearest, farthest = 0.5 * NEIGHBOUR_DISTANCE**2, 0.5 * float(data.attrs["cutoff"]) ** 2
    return nearest * (window[0] * scale) ** 2, farthest * (window[1] * scale) ** 2


def exponent_from_stresses(data: xr.Dataset, *, low: float, high: float, level: float = LEVEL) -> Estimate:
    """Exponent s predicted by a glass's own stresses for the modes whose stresses are in a window."""
    # Every component counts with the weight sigma^2 at omega = sqrt(sigma/zeta) (eqs 84-85).
    require_variables(data, "stress_count", "stress_edge")
    edges = data["stress_edge"].values
    inside = np.flatnonzero((edges[:-1] >= low * (1.0 - 1e-9)) & (edges[1:] <= high * (1.0 + 1e-9)))
    if len(inside) < 2:
        raise NotApplicableError(
            "the stresses that belong to the window are not in the histogram",
            expected=f"two bins in [{low:.2g}, {high:.2g}]",
            got=f"[{edges[0]:.2g}, {edges[-1]:.2g}]",
        )
    centre = np.sqrt(edges[inside] * edges[inside + 1])
    weight = data["stress_count"].values[:, inside] * centre**2
    chain = chain_labels(data)
    clusters = chain_sums(weight, chain)
    step = math.log(edges[inside[0] + 1] / edges[inside[0]])
    value, lower, upper = (1.0 + 2.0 * alpha for alpha in exponent_interval(clusters, step, level))
    method = f"components weighted with sigma^2 in [{low:.2g}, {high:.2g}]; delete-one jackknife over chains"
    name = "s predicted from the stresses"
    return Estimate(name, value, lower, upper, level, len(clusters), method, window=(low, high))
