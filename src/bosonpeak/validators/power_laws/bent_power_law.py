"""Densities of states omega^s / (1 + (omega/w)^q), and what counts of modes say of s when w and q are free.

A power law whose exponent bends at an unknown place, slowly or sharply: the likelihood of s is averaged over places and
sharpnesses of the bend. A bend of fixed sharpness is a trap: fitted with the wrong q, a true s = 4 comes out as 3.3 to
3.5 with a small error.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.arrays import FloatArray

Axis = tuple[float, ...]

EXPONENTS = (0.5, 8.0)
"""Exponents s that are compared, all equally likely beforehand."""

BENDS = (0.12, 60.0)
"""Places w of the bend, in units of the upper end of the range, equally likely in ln(w): beyond the range, where no
bend is seen, twice as likely as inside."""

SHARPNESSES = (0.6, 8.0)
"""Sharpnesses q of the bend, equally likely in ln(q): the exponent falls from s to s - q."""

_POINTS = (76, 40, 18)
_REFINEMENTS = 3
_NEGLIGIBLE = 14.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True)
class Posterior:
    """Probability of each exponent, and the bend that fits best.

    Parameters
    ----------
    exponents, probability : ndarray of float64, shape (exponents,)
        Equally spaced exponents, and the probability of each, averaged over the bends.
    expected : ndarray of float64, shape (bins,)
        Modes in each bin by the most likely member of the family.
    pull : ndarray of float64, shape (bins,)
        By how much one mode more in a bin moves the mean exponent.
    exponent, bend, sharpness : float
        The most likely member; the bend in the unit of the edges.
    """

    exponents: FloatArray
    probability: FloatArray
    expected: FloatArray
    pull: FloatArray
    exponent: float
    bend: float
    sharpness: float

    def quantile(self, share: float) -> float:
        """Exponent below which a share of the probability lies."""
        half = 0.5 * (self.exponents[1] - self.exponents[0])
        ends = np.concatenate([[self.exponents[0] - half], self.exponents + half])
        return float(np.interp(share, np.concatenate([[0.0], np.cumsum(self.probability)]), ends))


def bent_power_law_posterior(
    edges: FloatArray, counts: FloatArray, exposure: FloatArray, dispersion: float = 1.0
) -> Posterior:
    """What counts of modes say of the exponent s, whatever the bend.

    Parameters
    ----------
    edges : ndarray of float64, shape (bins + 1,)
        Ascending frequencies; the first may be 0, the last is the upper end of the range.
    counts : ndarray of float64, shape (bins,)
        Modes found in each bin.
    exposure : ndarray of float64, shape (bins,)
        Particles looked at in each bin; bins without exposure are left out.
    dispersion : float
        Variance of counts over their mean, by which the log-likelihood is divided; 1 for independent modes.

    Returns
    -------
    Posterior

    Notes
    -----
    The amplitude is at its most likely value for each member of the family, which for Poisson counts is the same as
    averaging over it with equal weight in its logarithm. The grid of exponents and bends is narrowed to where the
    likelihood is, so that sharp bends are resolved.
    """
    counts, top = np.where(exposure > 0, counts, 0.0), float(edges[-1])
    held = counts > 0
    reduced = tuple(float(edge) for edge in edges / top)
    axes = (
        np.linspace(*EXPONENTS, _POINTS[0]),
        np.geomspace(*BENDS, _POINTS[1]),
        np.geomspace(*SHARPNESSES, _POINTS[2]),
    )
    for refinement in range(_REFINEMENTS + 1):
        content = _integrals(reduced, *(tuple(axis.tolist()) for axis in axes))
        expected = np.tensordot(exposure, content, 1)
        log_likelihood = np.tensordot(counts[held], np.log(content[held]), 1) - counts.sum() * np.log(expected)
        best = np.unravel_index(np.argmax(log_likelihood), log_likelihood.shape)
        log_likelihood = (log_likelihood - log_likelihood[best]) / dispersion
        if refinement < _REFINEMENTS:
            narrowed = [_narrowed(axis, log_likelihood, place) for place, axis in enumerate(axes)]
            axes = (narrowed[0], narrowed[1], narrowed[2])
    probability = np.exp(log_likelihood)
    probability /= probability.sum()
    return Posterior(
        exponents=axes[0],
        probability=probability.sum(axis=(1, 2)),
        expected=counts.sum() / expected[best] * np.moveaxis(content, 0, -1)[best] * exposure,
        pull=_pull(axes[0], probability, content / expected) / dispersion,
        exponent=float(axes[0][best[0]]),
        bend=float(axes[1][best[1]]) * top,
        sharpness=float(axes[2][best[2]]),
    )


def _pull(exponents: FloatArray, probability: FloatArray, shape: FloatArray) -> FloatArray:
    """Covariance of the exponent with the logarithm of each bin's share, over the family."""
    marginal = probability.sum(axis=(1, 2))
    deviation = (exponents - marginal @ exponents)[:, None, None] * probability
    return np.asarray(np.tensordot(np.log(shape), deviation, 3))


def _narrowed(axis: FloatArray, log_likelihood: FloatArray, place: int) -> FloatArray:
    """As many points over that part of an axis that is not negligible, and one point on either side of it."""
    others = tuple(other for other in range(3) if other != place)
    kept = np.flatnonzero(log_likelihood.max(axis=others) > -_NEGLIGIBLE)
    low, high = axis[max(kept[0] - 1, 0)], axis[min(kept[-1] + 1, len(axis) - 1)]
    spaced = np.linspace if place == 0 else np.geomspace
    return np.asarray(spaced(low, high, len(axis)))


@functools.lru_cache(maxsize=4)
def _integrals(edges: Axis, exponents: Axis, bends: Axis, sharpnesses: Axis) -> FloatArray:
    """Contents of the bins, shape (bins, exponents, bends, sharpnesses), by Gauss-Legendre quadrature."""
    low, high = np.array(edges[:-1]), np.array(edges[1:])
    x = (0.5 * (low + high))[:, None] + (0.5 * (high - low))[:, None] * _NODES
    power = x[:, None, :] ** np.array(exponents)[:, None]
    bent = 1.0 / (1.0 + (x[:, None, None, :] / np.array(bends)[:, None, None]) ** np.array(sharpnesses)[:, None])
    weighted = bent.reshape(len(x), -1, len(_NODES)) * (0.5 * (high - low)[:, None] * _WEIGHTS)[:, None, :]
    content = np.matmul(power, weighted.transpose(0, 2, 1))
    return np.asarray(content.reshape(len(x), len(exponents), len(bends), len(sharpnesses)))
