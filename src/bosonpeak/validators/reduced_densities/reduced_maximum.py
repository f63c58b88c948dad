"""Boson peak of any density of states, the maximum of g(omega)/omega^(d-1), with its interval; or its absence."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arguments import window_ends
from bosonpeak.datasets.array_types import BooleanArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level, t_factor
from bosonpeak.validators.reduced_densities.density_rows import DensityRows
from bosonpeak.validators.reduced_densities.density_source import MOMENTS, VECTORS, DensitySource, Solid, density_source
from bosonpeak.validators.reduced_densities.peak_fit import (
    DEGREE,
    Evidence,
    PeakFit,
    Windows,
    end_of_shells,
    evidence_of,
    fit_window,
    fitted_peak,
    windows_of,
)

SHARE_OF_MODES = 0.5
"""Part of the modes, from the lowest, among which the peak is looked for: band edges and Van Hove peaks are beyond."""

OTHER_DEGREES = (3, 6)
"""Degrees of further fits, whose largest shift widens the interval."""

_FIRST_SHELLS = {2: 12, 3: 52}
"""Transverse waves of the three lowest shells of a cubic box: below so many modes of a sample shells are discrete."""

_RESOLVED = 4.0
"""Zero modes and the kernel reach up to so many rms widths of a sampled spectrum."""

DEGREE_OF_UPPER_HALF = 3
"""Degree where only the upper half of the peak is fitted."""

_MODES_OF_UPPER_HALF = 2000
"""Counted modes from which the upper half is fitted alone."""

_REPLICAS = 200


def boson_peak(
    data: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    dimension: int | None = None,
    degrees_of_freedom: int | None = None,
    debye_level: float | None = None,
    sound: tuple[float, float, float] | None = None,
    moments: int = MOMENTS,
    vectors: int = VECTORS,
    seed: int = 0,
    level: float = LEVEL,
) -> Estimate:
    """Frequency of the boson peak, the maximum of the reduced density of states g(omega)/omega^(d-1).

    Parameters
    ----------
    data
        As for `density_of_states`: an ensemble or its name, frequencies, a curve, or an operator.
    low, high : float
        Range that is searched. By default it begins above the gaps between the shells of waves in the box, or above
        four times the resolution of a sampled spectrum, and ends at the median mode, or at the end of lists of lowest
        modes or of a curve.
    dimension, degrees_of_freedom, debye_level, sound, moments, vectors, seed
        As for `density_of_states`.
    level : float
        Confidence level of the interval, and of the test that there is a peak.

    Returns
    -------
    Estimate
        The frequency. Details: ``height_over_debye`` and its limits, ``width`` (full width at half maximum, of the
        excess over Debye where that is known), ``reduced_density`` at the maximum, ``modes_below``, the modes of a
        sample below it, and ``p_below`` and ``p_above``, p-values of the test. Without a peak the value is NaN, and the
        first warning says why.

    Raises
    ------
    NotApplicableError
        If the dimension is unknown, or too few modes or points are in the range.

    Notes
    -----
    A maximum counts as a peak if the reduced density in some window of frequencies is significantly higher than in a
    window below and in a window above. Its frequency is the maximum of a polynomial of degree 4 in ln(omega), fitted to
    ln(g/omega^(d-1)) there. The interval is a jackknife over independent samples or chains, or, for one or two samples
    and for curves with errors, a parametric bootstrap; it is widened by the shift to degree 3. The method is described
    in ``docs/methods/boson-peak.md``.

    Examples
    --------
    Modes whose reduced density in three dimensions is a logarithmic normal distribution around omega = 1:

    >>> import numpy as np
    >>> uniform = (np.arange(3000) + 0.5) / 3000
    >>> from scipy.special import ndtri
    >>> modes = np.exp(0.5 * ndtri(uniform) + 3 * 0.5**2)
    >>> found = boson_peak(modes, dimension=3)
    >>> found.low < 1.0 < found.high
    True

    A Debye spectrum has none.

    >>> print(boson_peak(uniform ** (1 / 3), dimension=3).warnings[0])
    no peak: no window of frequencies below has a significantly lower reduced density
    """
    require_level(level)
    source = density_source(data, Solid(dimension, degrees_of_freedom, debye_level, sound, moments, vectors, seed))
    if source.dimension is None:
        raise NotApplicableError(
            "the dimension of space is not known",
            expected="dimension=2 or dimension=3, or data that say so",
            got="neither",
        )
    rows = source.rows_on(None)
    if low is not None and not low < source.end:
        raise NotApplicableError(
            "the search begins beyond the known part of the spectrum",
            expected=f"low below {source.end:.4g}, where the data end",
            got=f"{low:g}",
        )
    high = _highest(rows, source) if high is None else min(float(high), source.end)
    low, high = window_ends(_lowest(rows, source, high) if low is None else low, high)
    inside = (rows.edge[:-1] >= low) & (rows.edge[1:] <= high * (1.0 + 1e-12)) & (rows.frequency > 0.0)
    if rows.counted and low > 0.5 * high:
        reason = f"no peak: the spectrum has gaps up to {low:.4g}, as of waves in a box"
        return _none(source, rows, (low, high), level, reason, None)
    if inside.sum() < 2 * DEGREE or not rows.amount[:, inside].sum() > 0.0:
        raise NotApplicableError(
            "too few modes or points to look for a peak",
            expected=f"at least {2 * DEGREE} points of a curve, or modes, between {low:.4g} and {high:.4g}",
            got=f"{int(inside.sum())} points",
        )
    windows = windows_of(rows, source.dimension, inside, source.degrees)
    evidence = evidence_of(windows, rows.counted)
    reason = _no_peak(windows, evidence, 1.0 - level)
    if evidence is None or reason:
        return _none(source, rows, (low, high), level, reason, evidence)
    ends = fit_window(windows, evidence.index)
    chosen = inside & (rows.frequency >= ends[0]) & (rows.frequency <= ends[1])
    return _estimate(source, rows, chosen, evidence, level)


def _lowest(rows: DensityRows, source: DensitySource, high: float) -> float:
    """Start of the search: the end of the shells of counted spectra, or a few times the resolution of sampled ones."""
    if rows.counted:
        return end_of_shells(rows, high)
    return 0.0 if rows.resolution is None else _RESOLVED * float(rows.resolution[0])


def _highest(rows: DensityRows, source: DensitySource) -> float:
    """End of the search: the median mode of complete spectra, else the end of the data."""
    extent = source.extent
    if extent is not None and np.isfinite(extent.end) and extent.highest <= extent.end:
        return extent.end
    density = np.nan_to_num(rows.density()) * np.diff(rows.edge)
    below = np.cumsum(density)
    # A curve that covers a part of the spectrum, of unknown norm, is searched whole.
    if below[-1] < SHARE_OF_MODES:
        return source.end
    return float(rows.edge[1:][np.searchsorted(below, SHARE_OF_MODES * below[-1])])


def _no_peak(windows: Windows, evidence: Evidence | None, tail: float) -> str:
    if evidence is None:
        return "no peak: too few modes in every window of frequencies"
    if evidence.below > tail:
        return "no peak: no window of frequencies below has a significantly lower reduced density"
    if evidence.above > tail:
        return "no peak: no window of frequencies above has a significantly lower reduced density"
    return ""


def _none(
    source: DensitySource,
    rows: DensityRows,
    window: tuple[float, float],
    level: float,
    reason: str,
    evidence: Evidence | None,
) -> Estimate:
    details = {} if evidence is None else {"p_below": evidence.below, "p_above": evidence.above}
    return Estimate(
        "frequency of the boson peak",
        math.nan,
        math.nan,
        math.nan,
        level,
        source.samples,
        "reduced density of states in windows of frequency, compared pairwise",
        unit=source.units,
        window=window,
        warnings=(reason,),
        details=details,
    )


def _estimate(
    source: DensitySource, rows: DensityRows, chosen: BooleanArray, evidence: Evidence, level: float
) -> Estimate:
    dimension = source.dimension or 3
    debye = None if source.levels is None else float(source.levels.mean())

    def fitted(chosen: BooleanArray, order: int, others: tuple[int, ...]) -> tuple[PeakFit, float, Any]:
        def fit(density: DensityRows, kept: NDArray[np.intp] | slice = slice(None), degree: int = order) -> PeakFit:
            return fitted_peak(density, dimension, chosen, kept, degree=degree, debye=debye)

        best = fit(rows)
        shift = float(np.max(np.abs([fit(rows, degree=degree).frequency - best.frequency for degree in others])))
        return best, shift, _replicas(rows, fit, level)

    # The polynomial bends a narrow peak on a flat background towards the middle of the range; with modes enough, its
    # upper half alone is fitted, by a polynomial of lower degree, unless a replica of that fit has no maximum.
    wide = fitted_peak(rows, dimension, chosen, debye=debye)
    inner = chosen & (rows.frequency >= wide.upper[0]) & (rows.frequency <= wide.upper[1])
    order, found = DEGREE_OF_UPPER_HALF, None
    if rows.amount[:, inner].sum() >= _MODES_OF_UPPER_HALF if rows.counted else inner.sum() >= 3 * DEGREE:
        found = fitted(inner, order, (order - 1, order + 1))
    if (
        found is not None
        and np.isfinite([found[0].frequency, found[1], *(each.frequency for each in found[2][0])]).all()
    ):
        chosen = inner
    else:
        order, found = DEGREE, fitted(chosen, DEGREE, OTHER_DEGREES)
    best, shift, (replicas, factor, method) = found
    half = factor * _spread([each.frequency for each in replicas]) + shift
    edges = rows.edge[:-1][chosen][0], rows.edge[1:][chosen][-1]
    below = float((np.nan_to_num(rows.density()) * np.diff(rows.edge))[rows.frequency < best.frequency].sum())
    details: dict[str, Any] = {
        "reduced_density": best.height,
        "width": wide.width,
        "shift_of_degree": shift,
        "p_below": evidence.below,
        "p_above": evidence.above,
    }
    if source.degrees:
        details["modes_below"] = below * source.degrees
    if debye is not None:
        ratio = factor * _spread([each.height for each in replicas]) / debye
        value = best.height / debye
        details |= {"height_over_debye": value, "height_low": value - ratio, "height_high": value + ratio}
    return Estimate(
        "frequency of the boson peak",
        best.frequency,
        best.frequency - half,
        best.frequency + half,
        level,
        rows.groups,
        f"maximum of a polynomial of degree {order} in ln omega; {method}, plus the shift to other degrees",
        unit=source.units,
        window=(float(edges[0]), float(edges[1])),
        warnings=tuple(_warnings(source, best, details, debye)),
        details=details,
    )


def _replicas(rows: DensityRows, fit: Any, level: float) -> tuple[list[PeakFit], float, str]:
    """Fits to deleted or simulated data, the factor that makes their spread a half width, and the method."""
    present = np.flatnonzero(rows.exposure[:, 0] > 0.0)
    if len(present) >= FEWEST_SAMPLES:
        found = [fit(rows, present[present != one]) for one in present]
        count = len(present)
        return found, (count - 1) / math.sqrt(count) * t_factor(count, level), "jackknife over independent samples"
    generator = np.random.default_rng(0)
    normal = t_factor(10**6, level)
    if rows.counted:
        drawn = [replace(rows, amount=generator.poisson(rows.amount).astype(np.float64)) for _ in range(_REPLICAS)]
        return [fit(each) for each in drawn], normal, "bootstrap of independent modes"
    if rows.error is None:
        return [], math.nan, "no interval, as the curve has no errors"
    noise = rows.error * rows.exposure.sum(axis=0)
    drawn = [
        replace(
            rows,
            amount=rows.amount + noise * generator.standard_normal(rows.amount.shape) / math.sqrt(len(rows.amount)),
        )
        for _ in range(_REPLICAS)
    ]
    return [fit(each) for each in drawn], normal, "bootstrap of the errors of the curve"


def _spread(values: list[float]) -> float:
    """Standard deviation of the replicas; infinite if one has no maximum."""
    if not values:
        return math.nan
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
    return spread if math.isfinite(spread) else math.inf


def _warnings(source: DensitySource, best: PeakFit, details: dict[str, Any], debye: float | None) -> list[str]:
    found = []
    shells = _FIRST_SHELLS[source.dimension or 3]
    if source.first_phonon is not None and best.frequency < 2.0 * source.first_phonon:
        found.append(
            f"the maximum is at {best.frequency / source.first_phonon:.2g} of the first phonon of the box: waves are "
            "discrete there, and larger samples may have it elsewhere"
        )
    elif details.get("modes_below", math.inf) < shells:
        found.append(
            f"{details['modes_below']:.0f} modes of a sample are below the maximum, fewer than the {shells} of the "
            "three lowest shells of waves in a box: shells may look like a peak"
        )
    if debye is not None and np.fmin(details["height_low"], details["height_over_debye"]) <= 1.0:
        found.append("the maximum is not significantly above Debye's density of states")
    if math.isnan(best.frequency):
        found.insert(0, "the fitted polynomial has no maximum inside its range")
    return found
