"""Exponent s as omega goes to 0 under several families of bends, and averaged over the families."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensembles, PerSize
from bosonpeak.validators.estimates.intervals import LEVEL, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent, narrowed
from bosonpeak.validators.power_laws.modes_below_foot import (
    FEWEST_MODES,
    FOOT,
    ModesBelowFoot,
    binned,
    gates,
    in_all,
    modes_below_foot,
    shape_misfit,
)

LARGEST_MOVE = 0.1
"""Share of an interval's width by which wider prior ranges may move a limit before the limit counts as open."""

_POINTS = (61, 36, 14)
_REFINEMENTS = 2
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)
_EXPONENTS = np.linspace(0.0, 16.0, 1601)


@dataclass(frozen=True)
class Ranges:
    """Prior ranges: s uniform, bend place w (in units of the highest foot) and sharpness uniform in the logarithm."""

    exponents: tuple[float, float] = (0.5, 8.0)
    places: tuple[float, float] = (0.12, 60.0)
    sharpening: float = 1.0

    def axes(self, sharpnesses: tuple[float, float]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Grid over the ranges, for a family's own range of sharpness."""
        low, high = sharpnesses
        return (
            np.linspace(*self.exponents, _POINTS[0]),
            np.geomspace(*self.places, _POINTS[1]),
            np.geomspace(low / self.sharpening, high * self.sharpening, _POINTS[2]),
        )


NARROW = Ranges()
WIDE = Ranges(exponents=(0.0, 12.0), places=(0.06, 60.0), sharpening=1.5)
"""Wider prior ranges: a limit that moves under them follows from the prior."""


@dataclass(frozen=True)
class BendFamily:
    """Densities omega^s B(omega/w; q, s) with B = 1 far below w, and B in the notation of the field as ``formula``."""

    formula: str
    bend: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]  # ln B from ln(omega/w), q and s
    sharpnesses: tuple[float, float]  # range of q
    depends_on_exponent: bool = False  # B depends on s


def _towards_two(place: FloatArray, sharpness: FloatArray, exponent: FloatArray) -> FloatArray:
    drop = np.maximum(exponent - 2.0, 0.0)
    return np.asarray(np.where(drop > 0.0, -np.logaddexp(0.0, sharpness * drop * place) / sharpness, 0.0))


FAMILIES = (
    BendFamily("1/(1 + (omega/w)^q)", lambda x, q, s: -np.logaddexp(0.0, q * x), (0.6, 8.0)),
    BendFamily("(1 + (omega/w)^2)^(-q/2)", lambda x, q, s: -0.5 * q * np.logaddexp(0.0, 2.0 * x), (0.6, 8.0)),
    BendFamily("(1 + omega/w)^(-q)", lambda x, q, s: -q * np.logaddexp(0.0, x), (0.6, 8.0)),
    BendFamily("exp(-(omega/w)^q)", lambda x, q, s: -np.exp(np.minimum(q * x, 600.0)), (0.6, 8.0)),
    BendFamily("(1 + (omega/w)^(q (s - 2)))^(-1/q), to omega^2", _towards_two, (0.25, 4.0), True),
)
"""Families of bends, all with the same prior probability."""


@accept_old_spelling(positional=("particles", "first_phonon", "chain"))
def limit_exponent_families(
    data: Ensembles,
    *,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
    foot: float = FOOT,
    level: float = LEVEL,
) -> Estimate:
    """Exponent s as omega goes to 0 averaged over five families of bends, and under each family.

    Parameters
    ----------
    data, particles, first_phonon, chain, foot
        Ensembles of one or more sizes, as for `limit_exponent`.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Median and central interval of s averaged over the families of `FAMILIES`, all with the same prior weight. A
        limit that follows from the prior is open: ``high`` is infinity, ``low`` minus infinity. The limits are NaN
        where a gate fired; ``details["interval_without_gates"]`` keeps the interval. ``n`` counts chains, or samples
        where chains are unknown. ``details["families"]`` has, per family: ``formula``, ``value``, ``low`` and ``high``
        (null for an open limit), ``log_likelihood`` of the best member less that of the best member of all families
        (not divided by the dispersion), ``weight`` (posterior probability), ``bend`` and ``sharpness`` of the best
        member.

    Raises
    ------
    NotApplicableError
        If the number of particles or omega_0 of a size is unknown, or lists of modes end below the foot, or fewer than
        100 modes are below.

    Notes
    -----
    The likelihood is the likelihood of `limit_exponent` with another bend, divided by the dispersion of pulls of
    `limit_exponent`. The weight of a family is its mean likelihood over the prior. A limit is open if wider prior
    ranges (s from 0 to 12, half the lowest place of the bend, sharpness wider by a factor 1.5 on both sides) move the
    limit by more than a tenth of the interval's width.

    Averaging over families does not replace a bound without a family, `exponent_lower_bound`: the truth can be outside
    all families. A mixture of two branches such as omega^3 + omega^5.5 is outside.

    Examples
    --------
    Random frequencies from a straight omega^4, two sizes:

    >>> from bosonpeak.datasets import open_dataset
    >>> bent = open_dataset("null/bent-spectra")["straight/s-4"]
    >>> found = limit_exponent_families([bent["N-500"].to_dataset(), bent["N-1000"].to_dataset()])
    >>> found.low < 4.0 < found.high, len(found.details["families"])
    (True, 5)
    """
    require_level(level)
    sizes = modes_below_foot(data, particles, first_phonon, chain, foot)
    counted = _Counted.of_sizes(sizes)
    modes = int(counted.counts.sum())
    if modes < FEWEST_MODES:
        raise NotApplicableError(
            "too few modes for families of bends", expected=f"{FEWEST_MODES} modes below the foot", got=str(modes)
        )
    known = limit_exponent(data, particles=particles, first_phonon=first_phonon, chain=chain, foot=foot, level=level)
    dispersion, drift = known.details["pull_dispersion"], known.details["drift_probability"]
    narrow = [counted.posterior(family, NARROW, dispersion) for family in FAMILIES]
    wide = [counted.posterior(family, WIDE, dispersion) for family in FAMILIES]
    tails = 0.5 * (1.0 - level), 0.5 * (1.0 + level)
    average = _limits(_mixed(narrow), _mixed(wide), tails)
    top = max(each.log_likelihood for each in narrow)
    best = max(narrow, key=lambda each: each.log_likelihood)
    shape = shape_misfit(counted.counts, best.expected, max(1.0, known.details["dispersion"]), 4)
    reasons = gates(modes, known.n, shape, drift, no_curve="no family of bends")
    low, high = (math.nan, math.nan) if reasons else average[1:]
    weights = _weights(narrow)
    return Estimate(
        name="exponent s as omega goes to 0, averaged over families of bends",
        value=average[0],
        low=low,
        high=high,
        level=level,
        n=known.n,
        method=f"likelihood of all sizes below {foot:g} omega_0, averaged over {len(FAMILIES)} families of bends",
        window=(0.0, float(counted.edges[-1])),
        warnings=reasons,
        details={
            "gates": [reason.partition(":")[0] for reason in reasons],
            "interval_without_gates": [limit if math.isfinite(limit) else None for limit in average[1:]],
            "modes": modes,
            "families": [
                _row(family, one, other, tails, one.log_likelihood - top, weight)
                for family, one, other, weight in zip(FAMILIES, narrow, wide, weights, strict=True)
            ],
            "pull_dispersion": dispersion,
            "shape_probability": shape,
            "drift_probability": drift,
        },
    )


@dataclass(frozen=True)
class FamilyPosterior:
    """Posterior density of s on a common grid, evidence, and the most likely member with its expected counts."""

    density: FloatArray
    log_evidence: float
    log_likelihood: float
    bend: float
    sharpness: float
    expected: FloatArray

    def quantile(self, share: float) -> float:
        """Exponent below which a share of the probability lies."""
        return _quantile(self.density, share)


@dataclass(frozen=True)
class _Counted:
    """Counts of all sizes on common bins from 0 to the highest foot, and particles exposed in each bin."""

    edges: FloatArray
    counts: FloatArray
    exposure: FloatArray

    @classmethod
    def of_sizes(cls, sizes: Sequence[ModesBelowFoot]) -> _Counted:
        edges, used = binned(sizes)
        return cls(edges, *in_all(used))

    def posterior(self, family: BendFamily, ranges: Ranges, dispersion: float) -> FamilyPosterior:
        """Posterior of s under a family; the grid is narrowed to where the likelihood is."""
        top = float(self.edges[-1])
        axes = ranges.axes(family.sharpnesses)
        volume = float(np.prod([_length(axis, place) for place, axis in enumerate(axes)]))
        for refinement in range(_REFINEMENTS + 1):
            content = _contents(self.edges / top, family, *axes)
            total = np.tensordot(self.exposure, content, 1)
            height = np.tensordot(self.counts, np.log(content), 1) - self.counts.sum() * np.log(total)
            best = np.unravel_index(int(np.argmax(height)), height.shape)
            scaled = (height - height[best]) / dispersion
            if refinement < _REFINEMENTS:
                axes = (narrowed(axes[0], scaled, 0), narrowed(axes[1], scaled, 1), narrowed(axes[2], scaled, 2))
        probability = np.exp(scaled)
        cell = float(np.prod([_length(axis, place) / len(axis) for place, axis in enumerate(axes)]))
        marginal = probability.sum(axis=(1, 2))
        density = np.interp(_EXPONENTS, axes[0], marginal, left=0.0, right=0.0)
        member = content[:, best[0], best[1], best[2]] * self.exposure
        return FamilyPosterior(
            density=density / density.sum(),
            log_evidence=float(height[best] / dispersion + math.log(probability.sum() * cell / volume)),
            log_likelihood=float(height[best]),
            bend=float(axes[1][best[1]]) * top,
            sharpness=float(axes[2][best[2]]),
            expected=np.asarray(member * self.counts.sum() / member.sum()),
        )


def _contents(
    edges: FloatArray, family: BendFamily, exponents: FloatArray, places: FloatArray, sharpnesses: FloatArray
) -> FloatArray:
    """Contents of the bins, shape (bins, exponents, places, sharpnesses), by Gauss-Legendre quadrature."""
    low, high = edges[:-1, None], edges[1:, None]
    logarithm = np.log(0.5 * (low + high) + 0.5 * (high - low) * _NODES)[:, :, None, None, None]
    s, place = exponents[:, None, None], np.log(places)[:, None]
    bend = family.bend(logarithm - place, sharpnesses, s if family.depends_on_exponent else s[:1])
    if family.depends_on_exponent:
        return np.asarray(np.einsum("bnswq,bn->bswq", np.exp(s * logarithm + bend), 0.5 * (high - low) * _WEIGHTS))
    weighted = np.exp(bend[:, :, 0]) * (0.5 * (high - low) * _WEIGHTS)[:, :, None, None]
    power = np.exp(s[:, 0, 0] * logarithm[:, :, 0, 0])
    content = np.matmul(power.transpose(0, 2, 1), weighted.reshape(len(low), len(_NODES), -1))
    return np.asarray(np.maximum(content, 1e-300).reshape(len(low), len(exponents), len(places), len(sharpnesses)))


def _length(axis: FloatArray, place: int) -> float:
    """Length of an axis of the prior: of s itself, of the logarithms of the others."""
    return float(axis[-1] - axis[0]) if place == 0 else math.log(axis[-1] / axis[0])


def _quantile(density: FloatArray, share: float) -> float:
    running = np.cumsum(density)
    return float(np.interp(share, (running - 0.5 * density) / running[-1], _EXPONENTS))


def _weights(posteriors: Sequence[FamilyPosterior]) -> FloatArray:
    """Posterior probabilities of the families."""
    evidence = np.array([each.log_evidence for each in posteriors])
    weight = np.exp(evidence - evidence.max())
    return np.asarray(weight / weight.sum())


def _mixed(posteriors: Sequence[FamilyPosterior]) -> FloatArray:
    return np.asarray(_weights(posteriors) @ np.array([each.density for each in posteriors]))


def _limits(narrow: FloatArray, wide: FloatArray, tails: tuple[float, float]) -> tuple[float, float, float]:
    """Median and limits; a limit that the wide prior moves is infinite."""
    low, high = (_quantile(narrow, share) for share in tails)
    allowed = LARGEST_MOVE * (high - low)
    return (
        _quantile(narrow, 0.5),
        low if abs(_quantile(wide, tails[0]) - low) <= allowed else -math.inf,
        high if abs(_quantile(wide, tails[1]) - high) <= allowed else math.inf,
    )


def _row(
    family: BendFamily,
    narrow: FamilyPosterior,
    wide: FamilyPosterior,
    tails: tuple[float, float],
    log_likelihood: float,
    weight: float,
) -> dict[str, object]:
    value, low, high = _limits(narrow.density, wide.density, tails)
    return {
        "formula": family.formula,
        "value": value,
        "low": low if math.isfinite(low) else None,
        "high": high if math.isfinite(high) else None,
        "log_likelihood": log_likelihood,
        "weight": float(weight),
        "bend": narrow.bend,
        "sharpness": narrow.sharpness,
    }
