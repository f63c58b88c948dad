"""Density of states of independent groups on bins of frequency: sum of `amount` over sum of `exposure`.

Counted modes have intervals from the scatter between groups, or Poisson's; sampled spectra have Student's t.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr, ndtri

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, t_factor

_SUBDIVISION = 8
"""Parts of a bin in which smoothing distributes its modes."""


@dataclass(frozen=True)
class DensityRows:
    """Density of states by group on bins."""

    edge: FloatArray  # (bins + 1,)
    amount: FloatArray  # (groups, bins)
    exposure: FloatArray  # (groups, bins)
    counted: bool  # amounts are numbers of modes
    samples: FloatArray  # (bins,), how many samples counted
    error: FloatArray | None = None  # (bins,), standard errors of one curve
    resolution: FloatArray | None = None  # (bins,), rms width of the curves
    smoothing: float = 0.0  # rms width of a Gaussian applied to the counts

    @property
    def frequency(self) -> FloatArray:
        """Centres of the bins."""
        return np.asarray(0.5 * (self.edge[1:] + self.edge[:-1]))

    @property
    def groups(self) -> int:
        """Number of independent groups that have the lowest bin."""
        return int((self.exposure[:, 0] > 0.0).sum())

    def first_bins(self, count: int) -> DensityRows:
        """Density on the first `count` bins."""
        return replace(
            self,
            edge=self.edge[: count + 1],
            amount=self.amount[:, :count],
            exposure=self.exposure[:, :count],
            samples=self.samples[:count],
            error=None if self.error is None else self.error[:count],
            resolution=None if self.resolution is None else self.resolution[:count],
        )

    def density(self, kept: NDArray[np.intp] | slice = slice(None)) -> FloatArray:
        """Density of states of the chosen groups, shape (bins,)."""
        kernel = self._kernel()
        above, below = self.amount[kept].sum(axis=0), self.exposure[kept].sum(axis=0)
        ratio = np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0.0)
        return ratio if kernel is None else np.asarray(kernel @ ratio)

    def limits(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Lower and upper limits of the density, each (bins,); NaN where no interval can be given."""
        density = self.density()
        if not self.counted:
            return self._sampled_limits(density, level)
        kernel = self._kernel()
        below = self.exposure.sum(axis=0)
        weight = np.divide(1.0, below, out=np.zeros_like(below), where=below > 0.0)
        total = self.amount.sum(axis=0)
        spread = self.amount - total * weight * self.exposure
        if kernel is None:
            scale, variance = weight, weight**2 * (spread**2).sum(axis=0)
        else:
            poisson = kernel**2 @ (weight**2 * total)
            scale = np.divide(poisson, density, out=np.array(kernel.max(axis=1) * weight), where=density > 0.0)
            variance = (((spread * weight) @ kernel.T) ** 2).sum(axis=0)
        known = np.isfinite(density) & (scale > 0.0)
        size = np.where(known, scale, 1.0)
        groups = (self.exposure > 0.0).sum(axis=0)
        counts = np.where(known, density, 0.0) / size
        limits = count_limits(counts, np.where(known, variance, 0.0) / size**2, groups, self.samples, size, level)
        return np.where(known, limits[0], np.nan), np.where(known, limits[1], np.nan)

    def _sampled_limits(self, density: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
        groups = self.groups
        if groups >= FEWEST_SAMPLES:
            spread = self.amount - density * self.exposure
            total = self.exposure.sum(axis=0)
            half = np.sqrt(groups / (groups - 1) * (spread**2).sum(axis=0)) / total * t_factor(groups, level)
        elif self.error is not None:
            half = float(ndtri(0.5 * (1.0 + level))) * self.error
        else:
            half = np.full_like(density, np.nan)
        return np.maximum(density - half, 0.0), density + half

    def _kernel(self) -> FloatArray | None:
        """Share of the density of each bin that a Gaussian moves to another, reflected at zero; (bins, bins)."""
        return None if self.smoothing == 0.0 else gaussian_kernel(self.edge, self.smoothing)


def gaussian_kernel(edge: FloatArray, width: float) -> FloatArray:
    """Weights (bins, bins) of a Gaussian of rms `width` on bins, normalised row by row and reflected at zero."""
    parts = (np.arange(_SUBDIVISION) + 0.5) / _SUBDIVISION
    bins = np.diff(edge)
    places = edge[:-1, None] + parts * bins[:, None]
    below = [ndtr((edge[:, None, None] - sign * places) / width) for sign in (1.0, -1.0)]
    moved = np.diff(below[0] + below[1], axis=0).mean(axis=2) * bins / bins[:, None]
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def count_limits(
    counts: FloatArray,
    variance: FloatArray,
    groups: NDArray[np.intp],
    samples: FloatArray,
    scale: FloatArray,
    level: float,
) -> tuple[FloatArray, FloatArray]:
    """Limits of counts times `scale`: gamma quantiles at the counts' own dispersion, all (bins,)."""
    # With fewer than three groups the counts are taken to be Poisson's. Otherwise the variance is between groups, with
    # Student's t for its uncertainty, and at least one mode per sample, or the Poisson variance if that is less: edges
    # cut the most rigid spectrum at random.
    normal = float(ndtri(0.5 * (1.0 + level)))
    several = groups >= FEWEST_SAMPLES
    students = np.array([t_factor(int(count), level) if count >= FEWEST_SAMPLES else normal for count in groups])
    between = np.where(several, variance * groups / np.maximum(groups - 1, 1) * (students / normal) ** 2, counts)
    least = np.minimum(counts, samples)
    found = np.where(several, np.maximum(between, least), counts)
    # Without a mode the samples of a group, which may be alike, count as a single sample.
    alike = np.where(several, samples / np.maximum(groups, 1), 1.0)
    dispersion = np.where(counts > 0.0, found / np.where(counts > 0.0, counts, 1.0), alike)
    effective = counts / dispersion
    tail = 0.5 * (1.0 - level)
    low = np.where(effective > 0.0, gammaincinv(np.maximum(effective, 1e-300), tail), 0.0)
    high = gammaincinv(effective + 1.0, 1.0 - tail)
    return np.asarray(scale * dispersion * low), np.asarray(scale * dispersion * high)


def edges_around(places: FloatArray) -> FloatArray:
    """Edges (places + 1,) halfway between sampled places; the first is zero if no further than a spacing."""
    middle = 0.5 * (places[1:] + places[:-1])
    spacing = places[1] - places[0]
    first = 0.0 if places[0] <= spacing * (1.0 + 1e-9) else places[0] - 0.5 * spacing
    return np.concatenate([[first], middle, [2.0 * places[-1] - middle[-1]]])


def mean_power(edge: FloatArray, dimension: int) -> FloatArray:
    """Mean of omega^(d-1) over each bin, (edge_k+1^d - edge_k^d) / (d width)."""
    return np.asarray(np.diff(edge**dimension) / (dimension * np.diff(edge)))
