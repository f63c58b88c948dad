"""Modes of several box sizes below the foot of their phonons: the data of all estimators of s as omega goes to 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.inputs import Ensembles, PerSize, mode_lists_of_sizes
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES

FOOT = 0.55
"""Upper end of the used modes of a size, in units of the mean omega_0 of its glasses."""

FEWEST_MODES = 100
"""Fewer modes do not distinguish a bend from an exponent."""

FEWEST_CHAINS_THAT_REPEL = 30
"""With fewer, the scatter of their pulls is known too badly to be taken below that of independent modes."""

GROUPS = 12
"""Groups of bins, of about equal expectation, in which the shape of a curve is tested."""

_FEWEST_EXPECTED = 5.0
_MISFIT = 0.01
_BINS_BELOW_TOP = 48
_LOWEST_EDGE = 0.1


@dataclass(frozen=True)
class ModesBelowFoot:
    """Modes of one box size below the foot of its first phonon shell, shape (modes,), with the chain of each."""

    particles: int
    samples: int
    chains: int  # or samples if chains are unknown
    foot: float  # upper end of the used range
    frequency: FloatArray
    chain: IntegerArray

    @property
    def exposure(self) -> float:
        """Particles of all samples together."""
        return float(self.particles * self.samples)

    def chain_sums(self, feature: FloatArray) -> FloatArray:
        """Sum over the modes of each chain, shape (chains,), of a feature of shape (modes,)."""
        return np.bincount(self.chain, weights=feature, minlength=self.chains).astype(np.float64)


def modes_below_foot(
    data: Ensembles,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
    foot: float = FOOT,
) -> list[ModesBelowFoot]:
    """Modes of each size below ``foot`` times its mean omega_0; arguments and errors of `limit_exponent`."""
    sizes = []
    for number, lists in mode_lists_of_sizes(data, particles, first_phonon, chain):
        if lists.first_phonon is None:
            raise NotApplicableError(
                "the limit needs the phonon scale of every size",
                expected="first_phonon: omega_0 = 2 pi v_T / L of each sample, from its elastic moduli",
                got="no first_phonon",
            )
        end = foot * lists.scale
        short = lists.frequency[:, -1] < end
        if short.any():
            raise NotApplicableError(
                "lists of modes end below the foot of the phonons",
                expected=f"modes up to {end:.3g}, or all modes",
                got=f"{int(short.sum())} of {len(short)} lists that end earlier, with {lists.frequency.shape[1]} modes",
                where=f"N = {number}",
                likely_cause="too few of the lowest modes were stored for a box of this size",
            )
        sample, place = np.nonzero(lists.frequency < end)
        cluster = lists.cluster
        sizes.append(
            ModesBelowFoot(
                particles=number,
                samples=len(cluster),
                chains=int(cluster.max()) + 1,
                foot=end,
                frequency=np.asarray(lists.frequency[sample, place]),
                chain=np.asarray(cluster[sample]),
            )
        )
    return sizes


@dataclass(frozen=True)
class BinnedModes:
    """Modes of one size below its foot in common bins, chain by chain, and the particles looked at in each bin."""

    particles: int
    samples: int
    foot: float
    counts: FloatArray
    exposure: FloatArray


def binned(sizes: Sequence[ModesBelowFoot]) -> tuple[FloatArray, list[BinnedModes]]:
    """Edges of bins from 0 to the highest foot, with an edge at every foot, and the modes of each size in the bins."""
    feet = [size.foot for size in sizes]
    top = max(feet)
    regular = np.geomspace(_LOWEST_EDGE * top, top, _BINS_BELOW_TOP + 1)
    edges: FloatArray = np.unique(np.concatenate([[0.0], regular, [foot for foot in feet if foot < top]]))
    found = []
    for size in sizes:
        inside = edges[1:] <= size.foot * (1.0 + 1e-12)
        bins = np.searchsorted(edges, size.frequency, side="right") - 1
        counts = np.zeros((size.chains, len(edges) - 1))
        np.add.at(counts, (size.chain, bins), 1.0)
        found.append(BinnedModes(size.particles, size.samples, size.foot, counts, np.where(inside, size.exposure, 0.0)))
    return edges, found


def in_all(sizes: Sequence[BinnedModes]) -> tuple[FloatArray, FloatArray]:
    """Modes and particles of all sizes in each bin, both of shape (bins,)."""
    counts, exposure = np.zeros_like(sizes[0].exposure), np.zeros_like(sizes[0].exposure)
    for size in sizes:
        counts += size.counts.sum(axis=0)
        exposure += size.exposure
    return counts, exposure


def gates(modes: int, chains: int, shape: float, drift: float, *, no_curve: str) -> tuple[str, ...]:
    """Reasons against an interval: too few modes or chains, improbable misfit of the shape or drift with the size."""
    found = []
    if modes < FEWEST_MODES:
        found.append(f"too few modes: {modes} below the foot, {FEWEST_MODES} are needed")
    if chains < FEWEST_SAMPLES:
        found.append(f"too few chains: {chains}, {FEWEST_SAMPLES} are needed for an interval")
    if shape < _MISFIT:
        found.append(f"misfit: {no_curve} has the shape of these counts (p = {shape:.2g})")
    if drift < _MISFIT:
        found.append(f"drift with size: modes per particle at the same frequency depend on the size (p = {drift:.2g})")
    return tuple(found)


def shape_misfit(found: FloatArray, expected: FloatArray, dispersion: float, lost: int) -> float:
    """Probability of so large a misfit of counts in bins by chance; `lost` degrees of freedom are in the fit."""
    running = np.cumsum(expected)
    groups = np.minimum((running / running[-1] * GROUPS).astype(int), GROUPS - 1)
    return misfit_probability(np.bincount(groups, found), np.bincount(groups, expected), dispersion, lost)


def misfit_probability(found: NDArray[Any], expected: NDArray[Any], dispersion: float, lost: int) -> float:
    """Probability of so large a Pearson misfit by chance; `lost` degrees of freedom are in the fit."""
    filled = expected > _FEWEST_EXPECTED
    freedom = int(filled.sum()) - lost
    if freedom < 1:
        return math.nan
    return float(chdtrc(freedom, np.sum((found - expected)[filled] ** 2 / expected[filled]) / dispersion))
