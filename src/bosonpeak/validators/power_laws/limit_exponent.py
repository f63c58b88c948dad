"""Exponent s of g(omega) as omega goes to 0: glasses of all sizes together, at the same absolute frequencies.

A window in units of omega_0 measures only that window; if g bends, it says nothing about the limit. Modes per particle
at a given frequency are the same for all sizes. Each size is used below the foot of its own first phonon shell, and the
place and the sharpness of the bend are free.

The densities are omega^s / (1 + (omega/w)^q), and the likelihood of s is averaged over w and q. A bend of fixed
sharpness is a trap: fitted with the wrong q, a true s = 4 comes out as 3.3 to 3.5 with a small error.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensembles, PerSize
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.power_laws.modes_below_foot import (
    FEWEST_CHAINS_THAT_REPEL,
    FOOT,
    BinnedModes,
    binned,
    gates,
    in_all,
    misfit_probability,
    modes_below_foot,
    shape_misfit,
)

Axis = tuple[float, ...]

EXPONENTS = (0.5, 8.0)
"""Exponents s that are compared, all equally likely beforehand."""

BENDS = (0.12, 60.0)
"""Places w of the bend over the upper end of the range, equally likely in ln(w), twice as likely beyond the range."""

SHARPNESSES = (0.6, 8.0)
"""Sharpnesses q of the bend, equally likely in ln(q): the exponent falls from s to s - q."""

_POINTS = (76, 40, 18)
_REFINEMENTS = 3
_NEGLIGIBLE_LIKELIHOOD = 14.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True)
class Posterior:
    """Probability of each exponent, shape (exponents,), averaged over the bends, and the most likely bend."""

    exponents: FloatArray
    probability: FloatArray
    expected: FloatArray  # (bins,), modes by the most likely member of the family
    pull: FloatArray  # (bins,), change of the mean exponent by one more mode
    exponent: float  # of the most likely member
    bend: float  # in the unit of the edges
    sharpness: float

    def quantile(self, share: float) -> float:
        """Exponent below which a share of the probability lies."""
        half = 0.5 * (self.exponents[1] - self.exponents[0])
        ends = np.concatenate([[self.exponents[0] - half], self.exponents + half])
        return float(np.interp(share, np.concatenate([[0.0], np.cumsum(self.probability)]), ends))


def bent_power_law_posterior(
    edges: FloatArray, counts: FloatArray, exposure: FloatArray, dispersion: float = 1.0
) -> Posterior:
    """Posterior of the exponent s from counts of modes (bins,) with edges (bins + 1,), averaged over all bends."""
    # The log-likelihood is divided by `dispersion`, the variance of counts over their mean. The amplitude is at its
    # most likely value for each member of the family, which for Poisson counts is the same as averaging over it with
    # equal weight in its logarithm. The grid is narrowed to the range of the likelihood, so that sharp bends are
    # resolved.
    counts, top = np.where(exposure > 0, counts, 0.0), float(edges[-1])
    held = counts > 0
    reduced = tuple(float(edge) for edge in edges / top)
    axes = (
        np.linspace(*EXPONENTS, _POINTS[0]),
        np.geomspace(*BENDS, _POINTS[1]),
        np.geomspace(*SHARPNESSES, _POINTS[2]),
    )
    for refinement in range(_REFINEMENTS + 1):
        content, log_content = _integrals(reduced, *(tuple(axis.tolist()) for axis in axes))
        expected = np.tensordot(exposure, content, 1)
        log_expected = np.log(expected)
        log_likelihood = np.tensordot(counts[held], log_content[held], 1) - counts.sum() * log_expected
        best = np.unravel_index(np.argmax(log_likelihood), log_likelihood.shape)
        log_likelihood = (log_likelihood - log_likelihood[best]) / dispersion
        if refinement < _REFINEMENTS:
            first, second, third = (narrowed(axis, log_likelihood, place) for place, axis in enumerate(axes))
            axes = (first, second, third)
    probability = np.exp(log_likelihood)
    probability /= probability.sum()
    return Posterior(
        exponents=axes[0],
        probability=probability.sum(axis=(1, 2)),
        expected=counts.sum() / expected[best] * np.moveaxis(content, 0, -1)[best] * exposure,
        pull=_pull(axes[0], probability, log_content - log_expected) / dispersion,
        exponent=float(axes[0][best[0]]),
        bend=float(axes[1][best[1]]) * top,
        sharpness=float(axes[2][best[2]]),
    )


def _pull(exponents: FloatArray, probability: FloatArray, log_share: FloatArray) -> FloatArray:
    """Covariance of the exponent with the logarithm of each bin's share, over the family."""
    marginal = probability.sum(axis=(1, 2))
    deviation = (exponents - marginal @ exponents)[:, None, None] * probability
    return np.asarray(np.tensordot(log_share, deviation, 3))


def narrowed(axis: FloatArray, log_likelihood: FloatArray, place: int) -> FloatArray:
    """As many points over that part of an axis that is not negligible, and one point on either side of it."""
    others = tuple(other for other in range(3) if other != place)
    kept = np.flatnonzero(log_likelihood.max(axis=others) > -_NEGLIGIBLE_LIKELIHOOD)
    low, high = axis[max(kept[0] - 1, 0)], axis[min(kept[-1] + 1, len(axis) - 1)]
    spaced = np.linspace if place == 0 else np.geomspace
    return np.asarray(spaced(low, high, len(axis)))


@functools.lru_cache(maxsize=4)
def _integrals(edges: Axis, exponents: Axis, bends: Axis, sharpnesses: Axis) -> tuple[FloatArray, FloatArray]:
    """Contents of the bins (bins, exponents, bends, sharpnesses), by Gauss-Legendre quadrature, and their logs."""
    low, high = np.array(edges[:-1]), np.array(edges[1:])
    x = (0.5 * (low + high))[:, None] + (0.5 * (high - low))[:, None] * _NODES
    power = x[:, None, :] ** np.array(exponents)[:, None]
    bent = 1.0 / (1.0 + (x[:, None, None, :] / np.array(bends)[:, None, None]) ** np.array(sharpnesses)[:, None])
    weighted = bent.reshape(len(x), -1, len(_NODES)) * (0.5 * (high - low)[:, None] * _WEIGHTS)[:, None, :]
    content = np.matmul(power, weighted.transpose(0, 2, 1))
    content = content.reshape(len(x), len(exponents), len(bends), len(sharpnesses))
    return content, np.log(content)


PRESUMED = "presumes bends omega^s/(1 + (omega/w)^q) and no second branch below the range"
"""No gate can test it: with a bend such as glasses show, the sum of two branches has the shape of one bent law."""

TAILS = (0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
"""Probabilities beyond either limit for which ``details["tails"]`` has them: the interval is skewed."""

_NEGLIGIBLE_PROBABILITY = 0.01


@accept_old_spelling(positional=("particles", "first_phonon", "chain"))
def limit_exponent(
    data: Ensembles,
    *,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
    foot: float = FOOT,
    level: float = LEVEL,
) -> Estimate:
    """Exponent s as omega goes to 0, from one or more sizes, for any bend above.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str, array_like, or a sequence of these
        One ensemble per size: datasets with ``eigenfrequency`` (sample, mode), ``first_phonon`` (sample), ``chain``
        (sample) and the attribute ``particles``; or arrays (samples, modes), NaN at the end of short rows. The
        ensembles of a tree or name differ in size only.
    particles : int or sequence of int, optional
        Particles of each size; needed for arrays.
    first_phonon : array_like or sequence of array_like, optional
        omega_0 = 2 pi v_T / L of the glasses of each size, from the moduli, in the unit of the frequencies; needed for
        arrays.
    chain : array_like or sequence of array_like, optional
        Independent run of each sample, for each size.
    foot : float
        Upper end of the used range, in units of each size's mean omega_0.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Median and central interval of s over the family omega^s / (1 + (omega/w)^q). The limits are NaN where a gate
        fired, which ``warnings`` and ``details["gates"]`` name; ``details["interval_without_gates"]`` has them all
        the same. ``n`` counts chains, or samples where chains are unknown. ``details`` has the bend of the best fit,
        limits for other levels (``tails``: probability beyond either, low, high), the modes used, the variance over
        mean of the counts of chains (``dispersion``) and of what moves s among them (``pull_dispersion``), and the
        probabilities of the two tests of the fit.

    Raises
    ------
    NotApplicableError
        If the number of particles or omega_0 of a size is unknown, or lists of modes end below the foot.

    Notes
    -----
    The likelihood is that of Poisson counts. A mode more in a bin moves the mean of s by the covariance of s with the
    logarithm of the bin's share; a chain pulls by the sum over its modes. The logarithm of the likelihood is divided by
    the variance of these pulls over that of independent modes, as in the infinitesimal jackknife of Giordano and
    Broderick (arXiv 2305.06466): chains that scatter widen the interval, neighbouring modes that repel each other
    narrow it, as far as either matters to s.

    The interval presumes one family of bends and that no second branch lies below the range. Outside the family, such
    as omega^4 exp(-omega/w) with w inside the range, or omega^3 and omega^4 in one spectrum under a common bend, it
    does not hold, and no gate fires: the estimate is then that of the modes seen, not of the limit.

    Examples
    --------
    Random frequencies from omega^4, of two sizes:

    >>> from bosonpeak.datasets import open_dataset
    >>> bent = open_dataset("null/bent-spectra")["straight/s-4"]
    >>> found = limit_exponent([bent["N-500"].to_dataset(), bent["N-1000"].to_dataset()])
    >>> found.low < 4.0 < found.high
    True
    """
    require_level(level)
    edges, used = binned(modes_below_foot(data, particles, first_phonon, chain, foot))
    counts, exposure = in_all(used)
    chains, modes = sum(len(size.counts) for size in used), int(counts.sum())
    dispersion = _dispersion(used)
    pull_dispersion = _pull_dispersion(used, bent_power_law_posterior(edges, counts, exposure), exposure)
    posterior = bent_power_law_posterior(edges, counts, exposure, pull_dispersion)
    limits = [posterior.quantile(0.5 * (1.0 - level)), posterior.quantile(0.5 * (1.0 + level))]
    shape, drift = _misfits(used, posterior, exposure, max(1.0, dispersion))
    reasons = gates(modes, chains, shape, drift, no_curve="no bent power law") + _open_ends(posterior)
    low, high = (math.nan, math.nan) if reasons else limits
    return Estimate(
        name="exponent s as omega goes to 0",
        value=posterior.quantile(0.5),
        low=low,
        high=high,
        level=level,
        n=chains,
        method=f"likelihood of all sizes below {foot:g} omega_0, averaged over place and sharpness of a bend; "
        f"{PRESUMED}",
        window=(0.0, float(edges[-1])),
        warnings=reasons,
        details={
            "gates": [reason.partition(":")[0] for reason in reasons],
            "interval_without_gates": limits,
            "tails": [[tail, posterior.quantile(tail), posterior.quantile(1.0 - tail)] for tail in TAILS],
            "modes": modes,
            "particles": [size.particles for size in used],
            "samples": [size.samples for size in used],
            "foot": [size.foot for size in used],
            "bend": posterior.bend,
            "sharpness": posterior.sharpness,
            "dispersion": dispersion,
            "pull_dispersion": pull_dispersion,
            "shape_probability": shape,
            "drift_probability": drift,
        },
    )


def _dispersion(sizes: Sequence[BinnedModes]) -> float:
    """Variance of the counts of chains over their mean, in thirds of the modes of each size."""
    variance = mean = 0.0
    for size in sizes:
        if len(size.counts) < FEWEST_SAMPLES:
            continue
        running = np.cumsum(size.counts.sum(axis=0))
        thirds = np.searchsorted(running, running[-1] * np.array([1.0, 2.0]) / 3.0)
        for part in np.split(size.counts, thirds, axis=1):
            variance += part.sum(axis=1).var(ddof=1)
            mean += part.sum(axis=1).mean()
    return float(variance / mean) if mean > 0.0 else 1.0


def _pull_dispersion(sizes: Sequence[BinnedModes], independent: Posterior, exposure: FloatArray) -> float:
    """Variance of what chains pull the exponent by, over that of independent modes."""
    many = [size for size in sizes if len(size.counts) >= FEWEST_SAMPLES]
    share = _expected_per_particle(independent, exposure)
    pulls = [size.counts @ independent.pull for size in many]
    found = sum(len(each) * each.var(ddof=1) for each in pulls)
    expected = sum(independent.pull**2 @ (share * size.exposure) for size in many)
    least = 0.0 if sum(len(each) for each in pulls) >= FEWEST_CHAINS_THAT_REPEL else 1.0
    return max(least, float(found / expected)) if expected > 0.0 else 1.0


def _expected_per_particle(posterior: Posterior, exposure: FloatArray) -> FloatArray:
    """Modes that the best member has in each bin, a particle looked at; none where nobody looked."""
    return np.divide(posterior.expected, exposure, out=np.zeros_like(exposure), where=exposure > 0)


def _misfits(
    sizes: Sequence[BinnedModes], posterior: Posterior, exposure: FloatArray, dispersion: float
) -> tuple[float, float]:
    """Probabilities of so large a misfit of the whole curve's shape, and of the sizes' totals against each other."""
    shape = shape_misfit(in_all(sizes)[0], posterior.expected, dispersion, 4)
    if len(sizes) == 1:
        return shape, math.nan
    share = _expected_per_particle(posterior, exposure)
    counted = np.array([size.counts.sum() for size in sizes])
    expected = np.array([share @ size.exposure for size in sizes])
    return shape, misfit_probability(counted, expected, dispersion, 1)


def _open_ends(posterior: Posterior) -> tuple[str, ...]:
    """Reasons against an interval whose end is the end of the compared exponents."""
    found = []
    for place, end in ((0, EXPONENTS[0]), (-1, EXPONENTS[1])):
        open_end = posterior.probability[place] > _NEGLIGIBLE_PROBABILITY * posterior.probability.max()
        if posterior.exponents[place] == end and open_end:
            found.append(f"open end: exponents beyond {end:g} would fit as well")
    return tuple(found)
