"""Modes of several box sizes below the foot of their phonons: the data of all estimators of s as omega goes to 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.inputs import Ensemble, mode_lists_of_sizes

FOOT = 0.55
"""Upper end of the used modes of a size, in units of the mean omega_0 of its glasses."""

FEWEST_MODES = 100
"""Fewer modes do not distinguish a bend from an exponent."""

FEWEST_CHAINS_THAT_REPEL = 30
"""With fewer, the scatter of their pulls is known too badly to be taken below that of independent modes."""

_FEWEST_EXPECTED = 5.0


@dataclass(frozen=True)
class ModesBelowFoot:
    """Modes of one box size below the foot of its first phonon shell, shape (modes,), with the chain of each.

    ``chains`` is the number of chains, or of samples if chains are unknown; ``foot`` is the upper end of the used
    range.
    """

    particles: int
    samples: int
    chains: int
    foot: float
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
    data: Ensemble | Sequence[Ensemble] | Sequence[ArrayLike],
    particles: Sequence[int] | None = None,
    first_phonon: Sequence[ArrayLike] | None = None,
    chain: Sequence[ArrayLike] | None = None,
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


def misfit_probability(found: NDArray[Any], expected: NDArray[Any], dispersion: float, lost: int) -> float:
    """Probability of so large a Pearson misfit by chance; `lost` degrees of freedom are in the fit."""
    filled = expected > _FEWEST_EXPECTED
    freedom = int(filled.sum()) - lost
    if freedom < 1:
        return math.nan
    return float(chdtrc(freedom, np.sum((found - expected)[filled] ** 2 / expected[filled]) / dispersion))
