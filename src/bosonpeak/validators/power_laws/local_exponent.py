"""Local exponent d ln g / d ln omega as a function of frequency, with a simultaneous confidence band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import special

from bosonpeak.datasets.arguments import number, numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.inputs import Ensembles, PerSize
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.power_laws.modes_below_foot import FOOT, ModesBelowFoot, modes_below_foot

WIDTH = 0.5
"""Half width of the kernel in ln omega."""

FEWEST_IN_WINDOW = 30
"""Modes inside the kernel that an exponent needs."""

_POINTS = 12
_CENTRES = 60
_BEYOND = 0.5
_BIN = 0.01
_NEWTON_STEPS = 30


@accept_old_spelling(positional=("particles", "first_phonon", "chain"))
def local_exponent(
    data: Ensembles,
    *,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
    frequency: ArrayLike | None = None,
    width: float = WIDTH,
    foot: float = FOOT,
    level: float = LEVEL,
    draws: int = 400,
    seed: int = 0,
) -> xr.Dataset:
    """Local exponent s(omega) = d ln g / d ln omega of all sizes together.

    Parameters
    ----------
    data, particles, first_phonon, chain, foot
        Ensembles of one or more sizes, as for `limit_exponent`.
    frequency : array_like, shape (frequency,), optional
        Frequencies in the unit of the data; 12 frequencies between the lowest and the highest possible by default.
    width : float
        Half width of the kernel in ln omega.
    level : float
        Confidence level of the pointwise intervals and of the simultaneous band.
    draws : int
        Bootstrap draws.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    xarray.Dataset
        Over ``frequency``: ``value`` (local exponent), ``low`` and ``high`` (pointwise limits), ``simultaneous_low``
        and ``simultaneous_high`` (band over all frequencies), ``modes`` (modes inside the kernel). Exponents are NaN
        where fewer than 30 modes are inside the kernel and above the highest possible frequency; limits are NaN for
        fewer than three chains.

    Raises
    ------
    NotApplicableError
        If the number of particles or omega_0 of a size is unknown, lists of modes end below the foot, no frequency has
        modes enough, or an option is out of range.

    Notes
    -----
    Local likelihood (Loader, Ann. Statist. 24, 1602, 1996): Poisson counts per particle follow a power law inside an
    Epanechnikov kernel in ln omega, up to the foot of each size. The slope is a weighted mean of the local exponent
    over the kernel. The kernel is centred such that the mean of ln omega under these weights is the given frequency,
    because most modes are in the kernel's upper half. The remaining bias is of second order in the width: 0.1 at a bend
    of sharpness 4, 0.01 at sharpness 2.

    Chains are drawn with replacement, size by size. The band has constant width in standard errors: the quantile of the
    largest deviation over all frequencies.

    Modes per particle at a given frequency are taken to be the same for all sizes.

    Examples
    --------
    Random frequencies from a straight omega^4, two sizes:

    >>> from bosonpeak.datasets import open_dataset
    >>> bent = open_dataset("null/bent-spectra")["straight/s-4"]
    >>> found = local_exponent([bent["N-500"].to_dataset(), bent["N-1000"].to_dataset()], frequency=[0.5, 0.7])
    >>> bool(((found.simultaneous_low < 4.0) & (found.simultaneous_high > 4.0)).all())
    True
    """
    require_level(level)
    width, draws = number(width, "width", above=0.0), whole_number(draws, "draws", least=50)
    sizes = modes_below_foot(data, particles, first_phonon, chain, foot)
    counts = _Counts.of_sizes(sizes, width)
    asked = None if frequency is None else numbers(frequency, "frequencies", finite=True)
    if asked is not None and not (asked > 0.0).all():
        raise NotApplicableError("frequencies are positive", expected="numbers above 0", got=f"{asked.min():g}")
    points = counts.points(width, asked)
    together = np.sum([each.sum(axis=0) for each in counts.by_chain], axis=0)[None]
    exponent = np.array([counts.exponents(point, together)[0] for point in points])
    modes = np.array([float(point.inside @ together[0]) for point in points])
    shape = (len(points),)
    error, widest = np.full(shape, math.nan), math.nan
    if sum(len(each) for each in counts.by_chain) >= FEWEST_SAMPLES:
        drawn = counts.resampled(draws, np.random.default_rng(seed))
        scatter = np.array([counts.exponents(point, drawn) for point in points]) - exponent[:, None]
        error = scatter.std(axis=1, ddof=1)
        known = np.isfinite(error)
        widest = float(np.quantile(np.max(np.abs(scatter[known]) / error[known, None], axis=0), level))
    pointwise = float(special.ndtri(0.5 * (1.0 + level)))
    columns = {
        "value": exponent,
        "low": exponent - pointwise * error,
        "high": exponent + pointwise * error,
        "simultaneous_low": exponent - widest * error,
        "simultaneous_high": exponent + widest * error,
        "modes": modes,
    }
    return xr.Dataset(
        {name: ("frequency", values) for name, values in columns.items()},
        coords={"frequency": np.array([point.frequency for point in points])},
        attrs={"level": level, "width": width, "chains": sum(len(each) for each in counts.by_chain)},
    )


@dataclass(frozen=True)
class _Point:
    """Kernel around a centre on the bins: frequency whose exponent it measures, weights, and bins inside."""

    frequency: float
    bins: slice
    offset: FloatArray
    weight: FloatArray
    inside: FloatArray
    measurable: bool = True


@dataclass(frozen=True)
class _Counts:
    """Counts of all sizes on fine bins of ln omega, chain by chain, and particles times bin width."""

    logarithm: FloatArray
    by_chain: list[FloatArray]
    exposure: FloatArray

    @classmethod
    def of_sizes(cls, sizes: Sequence[ModesBelowFoot], width: float) -> _Counts:
        """Bins from below the lowest kernel to the highest foot, with an edge at each foot."""
        ends = np.log([size.foot for size in sizes])
        lowest = min(float(np.log(size.frequency.min(initial=size.foot))) for size in sizes)
        steps = math.ceil((ends.max() - lowest + 2.0 * width) / _BIN)
        edges = np.unique(np.concatenate([ends.max() - _BIN * np.arange(steps, -1, -1), ends]))
        exposure, by_chain = np.zeros(len(edges) - 1), []
        for size, end in zip(sizes, ends, strict=True):
            place = np.searchsorted(edges, np.log(size.frequency), side="right") - 1
            counts = np.zeros((size.chains, len(edges) - 1))
            np.add.at(counts, (size.chain, place), 1.0)
            by_chain.append(counts)
            exposure += np.where(edges[1:] <= end + 1e-12, size.exposure, 0.0) * np.diff(edges)
        return cls(0.5 * (edges[1:] + edges[:-1]), by_chain, exposure / exposure.max())

    def points(self, width: float, frequency: FloatArray | None) -> list[_Point]:
        """Kernels for the given frequencies, or for `_POINTS` frequencies between the extremes."""
        total = np.sum([each.sum(axis=0) for each in self.by_chain], axis=0)
        centres = np.linspace(self.logarithm[0] + width, self.logarithm[-1] + _BEYOND * width, _CENTRES)
        kernels = [self._kernel(centre, width) for centre in centres]
        enough = [float(kernel.inside @ total) >= FEWEST_IN_WINDOW for kernel in kernels]
        if not any(enough):
            raise NotApplicableError(
                "no frequency has modes enough for a local exponent",
                expected=f"{FEWEST_IN_WINDOW} modes within a factor {math.exp(width):.2f} of a frequency",
                got=f"{int(total.sum())} modes below the foot",
            )
        first = enough.index(True)
        usable, places = centres[first:], np.array([self._place(kernel, total) for kernel in kernels[first:]])
        places = np.maximum.accumulate(places)
        wanted = np.linspace(places[0], places[-1], _POINTS) if frequency is None else np.log(frequency)
        found = []
        for place in wanted:
            kernel = self._kernel(float(np.interp(place, places, usable)), width)
            measurable = bool(places[0] - 1e-9 <= place <= places[-1] + 1e-9)
            found.append(_Point(math.exp(place), kernel.bins, kernel.offset, kernel.weight, kernel.inside, measurable))
        return found

    def exponents(self, point: _Point, counts: FloatArray) -> FloatArray:
        """Exponents of counts, shape (draws, bins), inside a kernel; NaN where too few modes are there."""
        if not point.measurable:
            return np.full(len(counts), math.nan)
        weighted = counts[:, point.bins] * point.weight
        total = weighted.sum(axis=1)
        mean = np.divide(weighted @ point.offset, total, out=np.full(len(counts), math.nan), where=total > 0.0)
        base = point.weight * self.exposure[point.bins]
        power = np.full(len(counts), 4.0)
        for _ in range(_NEWTON_STEPS):
            density = base * np.exp(power[:, None] * point.offset)
            density /= density.sum(axis=1, keepdims=True)
            middle = density @ point.offset
            step = (mean - middle) / (density @ point.offset**2 - middle**2)
            power = np.clip(power + np.clip(step, -3.0, 3.0), -40.0, 80.0)
            if np.all(~(np.abs(step) > 1e-8)):
                break
        return np.asarray(power - 1.0)

    def resampled(self, draws: int, generator: np.random.Generator) -> FloatArray:
        """Counts of chains drawn with replacement, size by size, shape (draws, bins)."""
        # Weights are spread by sqrt(C / (C - 1)) about 1: the bootstrap's variance of C chains is too small by (C - 1)
        # / C.
        drawn = np.zeros((draws, len(self.logarithm)))
        for counts in self.by_chain:
            chains = len(counts)
            weight = generator.multinomial(chains, np.full(chains, 1.0 / chains), draws) - 1.0
            drawn += (1.0 + weight * math.sqrt(chains / max(chains - 1, 1))) @ counts
        return drawn

    def _kernel(self, centre: float, width: float) -> _Point:
        first, last = np.searchsorted(self.logarithm, [centre - width, centre + width])
        bins = slice(int(first), int(last))
        offset = self.logarithm[bins] - centre
        inside = np.zeros(len(self.logarithm))
        inside[bins] = 1.0
        return _Point(math.nan, bins, offset, 1.0 - (offset / width) ** 2, inside)

    def _place(self, kernel: _Point, total: FloatArray) -> float:
        """Mean ln omega of the local exponents that a kernel averages, mean + third central moment / (2 variance)."""
        # A small change of ln g moves the fitted slope by its covariance with ln omega over the variance of ln omega,
        # under the kernel times the fitted density: a weighted mean of the change of the local exponent.
        power = float(self.exponents(kernel, total[None])[0]) + 1.0
        density = kernel.weight * self.exposure[kernel.bins] * np.exp(power * kernel.offset)
        density /= density.sum()
        mean = float(density @ kernel.offset)
        centred = kernel.offset - mean
        variance, third = float(density @ centred**2), float(density @ centred**3)
        return float(self.logarithm[kernel.bins][0] - kernel.offset[0]) + mean + third / (2.0 * variance)
