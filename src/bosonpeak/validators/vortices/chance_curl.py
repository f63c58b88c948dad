"""Null distribution of the curl content of fields with random polarisation, mode by mode and in closed form.

The null keeps the power |a(k)|^2 and draws directions at random. The transverse share of a wave is Beta(d - 1, 1), and
the curl content, the mean of shares weighted with w_k ~ k^2 |a(k)|^2, has mean (d - 1)/d and variance (d - 1) / (d^2 (d
+ 1) n), 1/n = sum_k w_k^2. The Beta law with this mean and variance is used, which is exact for n = 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


@dataclass(frozen=True)
class ChanceCurl:
    """Null distribution of the curl content in 2 or 3 dimensions; `waves` is from `independent_waves`."""

    dimension: int
    waves: FloatArray

    def __post_init__(self) -> None:
        if self.dimension not in (2, 3) or not (np.asarray(self.waves) >= 1.0 - 1e-9).all():
            raise NotApplicableError(
                "no chance level of the curl content",
                expected="two or three dimensions, at least one wave in each field",
                got=f"{self.dimension}, {np.min(self.waves):.3g} waves",
            )

    @property
    def mean(self) -> float:
        """Mean curl content (d - 1)/d."""
        return (self.dimension - 1.0) / self.dimension

    def above(self, content: ArrayLike, error: ArrayLike = 0.0) -> FloatArray:
        """Probability of at least the given curl content under the null, measured with a normal error."""
        return self._averaged(special.betaincc, content, error)

    def below(self, content: ArrayLike, error: ArrayLike = 0.0) -> FloatArray:
        """Probability of at most the given curl content under the null, measured with a normal error."""
        return self._averaged(special.betainc, content, error)

    def _averaged(self, tail: np.ufunc, content: ArrayLike, error: ArrayLike) -> FloatArray:
        nodes, weights = (_NODES, _WEIGHTS) if np.any(error) else (np.zeros(1), np.ones(1))
        measured = np.asarray(content, dtype=np.float64)[..., None] - np.asarray(error)[..., None] * nodes
        total = (self.dimension + 1.0) * np.asarray(self.waves, dtype=np.float64)[..., None] - 1.0
        values = tail(self.mean * total, total / self.dimension, np.clip(measured, 0.0, 1.0))
        return np.asarray(values @ weights / weights.sum())


def independent_waves(power: ArrayLike, weight: ArrayLike) -> FloatArray:
    """Number of independent waves in fields, (sum_k w_k)^2 / sum_k w_k^2 with w = weight * power; shape (modes,)."""
    share = np.asarray(power, dtype=np.float64) * np.asarray(weight, dtype=np.float64)
    return np.asarray(share.sum(axis=1) ** 2 / (share**2).sum(axis=1))
