"""Lower confidence bound of the exponent s as omega goes to 0, for any bend by which g(omega) flattens."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensembles, PerSize
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.power_laws.likelihood import cumulants
from bosonpeak.validators.power_laws.modes_below_foot import (
    FEWEST_CHAINS_THAT_REPEL,
    FEWEST_MODES,
    FOOT,
    GROUPS,
    ModesBelowFoot,
    gates,
    misfit_probability,
    modes_below_foot,
    shape_misfit,
)

FIRST_HINGE = 20
"""Modes below the lowest hinge."""

HINGE_RATIO = 2
"""Ratio of the number of modes below a hinge to the number below the hinge before it."""

CRITICAL_LEVELS = (0.5, 0.6827, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995)
"""Confidence levels of the columns of `CRITICAL_DEVIANCES`."""

CRITICAL_MODES = (100, 300, 1000, 3000, 10_000, 30_000, 100_000)
"""Numbers of modes of the rows of `CRITICAL_DEVIANCES`."""

CRITICAL_DEVIANCES = (
    (0.35, 1.06, 1.89, 3.22, 4.61, 5.95, 7.93, 9.07),
    (0.44, 1.25, 2.11, 3.39, 4.92, 6.40, 8.20, 9.66),
    (0.60, 1.45, 2.36, 3.76, 5.21, 6.77, 8.67, 9.67),
    (0.71, 1.64, 2.70, 4.21, 5.80, 7.26, 9.38, 10.49),
    (0.89, 1.82, 2.78, 4.25, 5.89, 7.60, 9.37, 10.88),
    (1.02, 2.07, 3.03, 4.56, 6.13, 7.65, 9.45, 10.98),
    (1.14, 2.13, 3.21, 4.75, 6.47, 8.21, 10.64, 12.05),
)
"""Quantiles of the deviance under a straight power law, from ``performance/exponent_bound.py --critical 6000``."""

_LAST_HINGE = 0.85
_NEWTON_STEPS = 100
_GAIN = 1e-8
_RIDGE = 1e-10
_LEAST_POWER = 0.02


def pull_dispersion(sizes: Sequence[ModesBelowFoot], feature: Callable[[FloatArray], FloatArray]) -> float:
    """Variance over chains of the sum of a feature of frequency, over the variance for independent modes."""
    # At least 1 with fewer than `FEWEST_CHAINS_THAT_REPEL` chains; 1 without chains enough.
    many = [size for size in sizes if size.chains >= FEWEST_SAMPLES]
    values = [feature(size.frequency) for size in many]
    sums = [size.chain_sums(value) for size, value in zip(many, values, strict=True)]
    found = sum(len(each) * float(each.var(ddof=1)) for each in sums)
    expected = sum(float(value @ value) for value in values)
    least = 0.0 if sum(size.chains for size in many) >= FEWEST_CHAINS_THAT_REPEL else 1.0
    return max(least, found / expected) if expected > 0.0 else 1.0


@accept_old_spelling(positional=("particles", "first_phonon", "chain"))
def exponent_lower_bound(
    data: Ensembles,
    *,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
    foot: float = FOOT,
    level: float = LEVEL,
) -> Estimate:
    """Lower confidence bound of the exponent s as omega goes to 0, without a family of bends.

    Parameters
    ----------
    data, particles, first_phonon, chain, foot
        Ensembles of one or more sizes, as for `limit_exponent`.
    level : float
        Confidence level of the one-sided bound, between 0.5 and 0.995.

    Returns
    -------
    Estimate
        ``low`` is the bound, ``high`` infinity. ``value`` is the exponent below the lowest hinge in the most likely
        curve; the maximum over all curves that flatten biases this value upwards. ``low`` and ``high`` are NaN if a
        gate fired; ``warnings`` and ``details["gates"]`` name the gate, ``details["bound_without_gates"]`` keeps the
        bound. ``n`` counts chains, or samples where chains are unknown. ``window`` holds the frequencies of the lowest
        mode and of the highest foot. ``details`` has the number of modes, the frequencies of the hinges, the local
        exponents between the hinges, the critical deviance, the dispersion of the pulls of chains, and the
        probabilities of the two tests of the curve.

    Raises
    ------
    NotApplicableError
        If the number of particles or omega_0 of a size is unknown, lists of modes end below the foot, or the level is
        outside the calibrated range.

    Notes
    -----
    Assumptions: modes per particle at a given frequency are the same for all sizes, and the local exponent
    d ln g / d ln omega does not rise with omega, that is, ln g is a concave function of ln omega. ln g is piecewise
    linear with hinges at the 20th, 40th, 80th, ... mode. The bound is the smallest s for which the deviance of "no
    local exponent exceeds s" against all concave curves stays below the critical value. A chi-square of one degree of
    freedom excludes the true s of a straight law in 20 % instead of 5 % of trials, because the curve can follow chance
    at the lowest modes. The critical values are quantiles under the straight power law, the least favourable truth
    tested.

    The deviance is divided by the variance over chains of the sum of the log-likelihood ratio over a chain's modes,
    relative to independent modes: the infinitesimal jackknife of Giordano and Broderick (arXiv 2305.06466). The ratio
    is at least 1 with fewer than 30 chains. With a hinge at every mode and one size, the most likely curve is the
    log-concave density of ln omega of Duembgen and Rufibach (Bernoulli 15, 40, 2009).

    A mixture of two branches such as omega^3 + omega^5.5 steepens and is outside the assumption: the bound can exceed
    3, and no gate fires if both branches bend.

    The bound is one-sided. A true 4 can exclude 3; a true 3 cannot exclude 4 without a family of bends, however many
    glasses are given.

    Examples
    --------
    Random frequencies from a straight omega^4, two sizes:

    >>> from bosonpeak.datasets import open_dataset
    >>> bent = open_dataset("null/bent-spectra")["straight/s-4"]
    >>> found = exponent_lower_bound([bent["N-500"].to_dataset(), bent["N-1000"].to_dataset()])
    >>> 3.0 < found.low < 4.0
    True
    >>> found.high
    inf
    """
    require_level(level)
    if not CRITICAL_LEVELS[0] <= level <= CRITICAL_LEVELS[-1]:
        raise NotApplicableError(
            "the bound is calibrated for other confidence levels",
            expected=f"a level from {CRITICAL_LEVELS[0]:g} to {CRITICAL_LEVELS[-1]:g}",
            got=f"{level:g}",
        )
    sizes = modes_below_foot(data, particles, first_phonon, chain, foot)
    chains, modes = sum(size.chains for size in sizes), sum(len(size.frequency) for size in sizes)
    name, method = "lower bound of the exponent s as omega goes to 0", f"concave likelihood below {foot:g} omega_0"
    curves = "no curve that flattens with omega"
    if modes < FEWEST_MODES:
        few = gates(modes, chains, math.nan, math.nan, no_curve=curves)
        return Estimate(
            name, math.nan, math.nan, math.nan, level, chains, method, warnings=few, details=_details(few, modes)
        )
    curve = ConcaveCurve.of_sizes(sizes)
    best = curve.most_likely()
    critical = critical_deviance(modes, level)
    bounded = curve.power_at_deviance(best, critical)
    dispersion = 1.0
    if bounded is not None:
        ratio = best.parameters - curve.most_likely(bounded).parameters
        dispersion = pull_dispersion(sizes, curve.centred(ratio, best))
        bounded = curve.power_at_deviance(best, critical * dispersion)
    bound = -1.0 if bounded is None else bounded - 1.0
    shape, drift = curve.misfits(sizes, best, max(1.0, dispersion))
    reasons = gates(modes, chains, shape, drift, no_curve=curves)
    low, high = (math.nan, math.nan) if reasons else (bound, math.inf)
    hinges = np.exp(curve.hinges)
    return Estimate(
        name=name,
        value=float(best.parameters[0]) - 1.0,
        low=low,
        high=high,
        level=level,
        n=chains,
        method=method,
        window=(min(float(size.frequency.min(initial=math.inf)) for size in sizes), max(size.foot for size in sizes)),
        warnings=reasons,
        details=_details(reasons, modes)
        | {
            "bound_without_gates": bound,
            "hinges": hinges.tolist(),
            "local_exponents": (best.parameters[0] - 1.0 - np.cumsum([0.0, *best.parameters[1:]])).tolist(),
            "critical_deviance": critical,
            "pull_dispersion": dispersion,
            "shape_probability": shape,
            "drift_probability": drift,
        },
    )


def critical_deviance(modes: int, level: float = LEVEL) -> float:
    """Quantile of the deviance under a straight power law, interpolated in ln(modes) and the normal score."""
    table = np.array(CRITICAL_DEVIANCES)
    rows = np.log(CRITICAL_MODES)
    column = [np.interp(math.log(modes), rows, table[:, place]) for place in range(table.shape[1])]
    return float(np.interp(special.ndtri(level), special.ndtri(CRITICAL_LEVELS), column))


@dataclass(frozen=True)
class Fit:
    """Most likely curve: the power below the lowest hinge, s + 1, the drops at the hinges, and the log-likelihood."""

    parameters: FloatArray
    log_likelihood: float


class ConcaveCurve:
    """Likelihood of modes (modes,) of all sizes (sizes,) with ln g concave and piecewise linear in ln omega."""

    # Parameters: the power a = s + 1 > 0 of the density of ln omega below the lowest hinge, and the drop >= 0 of the
    # exponent at each hinge; the amplitude takes its most likely value. The log-likelihood is concave in them: Newton's
    # method with non-negative least squares in each step finds the maximum.

    def __init__(self, frequency: FloatArray, feet: FloatArray, exposure: FloatArray) -> None:
        ordered = np.sort(np.log(frequency))
        ends = np.log(feet)
        places = FIRST_HINGE * HINGE_RATIO ** np.arange(40)
        self.modes = len(ordered)
        self.hinges: FloatArray = np.unique(ordered[places[places < _LAST_HINGE * self.modes] - 1])
        self._edges: FloatArray = np.unique(np.concatenate([self.hinges, ends]))
        self._span = np.diff(self._edges, prepend=self._edges[0] - 1.0)
        self._exposure = np.array([exposure[ends >= edge].sum() for edge in self._edges])
        slopes = np.where(self._edges[:, None] > self.hinges, -1.0, 0.0)
        self._slopes: FloatArray = np.concatenate([np.ones((len(self._edges), 1)), slopes], axis=1)
        self._sums = self.features(ordered).sum(axis=0)

    @classmethod
    def of_sizes(cls, sizes: Sequence[ModesBelowFoot]) -> ConcaveCurve:
        """Likelihood of the modes of all sizes."""
        return cls(
            np.concatenate([size.frequency for size in sizes]),
            np.array([size.foot for size in sizes]),
            np.array([size.exposure for size in sizes]),
        )

    def features(self, logarithm: FloatArray) -> FloatArray:
        """Derivatives of ln(omega g) by the parameters at ln omega, shape (points, parameters)."""
        drops = np.minimum(self.hinges - logarithm[:, None], 0.0)
        return np.concatenate([logarithm[:, None], drops], axis=1)

    def most_likely(self, power: float | None = None) -> Fit:
        """Maximum of the likelihood, with the power below the lowest hinge fixed at a given value or free."""
        parameters = np.zeros(len(self.hinges) + 1)
        parameters[0] = self._straight() if power is None else power
        moving = np.arange(0 if power is None else 1, len(parameters))
        height, gradient, curvature = self._expansion(parameters)
        for _ in range(_NEWTON_STEPS):
            part = curvature[np.ix_(moving, moving)]
            part += _RIDGE * np.trace(part) / max(len(part), 1) * np.eye(len(part))
            root = np.linalg.cholesky(part).T
            target = root @ parameters[moving] + np.linalg.solve(root.T, gradient[moving])
            step = np.zeros(len(parameters))
            step[moving] = optimize.nnls(root, target)[0] - parameters[moving]
            gain = float(gradient @ step)
            if gain < _GAIN:
                break
            length = 1.0 if step[0] > -0.9 * parameters[0] else -0.9 * parameters[0] / step[0]
            trial = self._expansion(parameters + length * step)
            while trial[0] < height + 1e-4 * length * gain and length > 1e-9:
                length *= 0.5
                trial = self._expansion(parameters + length * step)
            parameters = parameters + length * step
            height, gradient, curvature = trial
        return Fit(parameters, height)

    def deviance(self, best: Fit, power: float) -> float:
        """Twice the log-likelihood ratio of the best curve to the best curve of no higher power than given."""
        if best.parameters[0] <= power:
            return 0.0
        return 2.0 * (best.log_likelihood - self.most_likely(power).log_likelihood)

    def power_at_deviance(self, best: Fit, critical: float) -> float | None:
        """Smallest power whose deviance does not exceed the critical value; None if all powers above 0 pass."""
        high = float(best.parameters[0])
        if self.deviance(best, _LEAST_POWER) <= critical:
            return None
        return float(
            optimize.brentq(lambda power: self.deviance(best, power) - critical, _LEAST_POWER, high, xtol=1e-5)
        )

    def centred(self, direction: FloatArray, at: Fit) -> Callable[[FloatArray], FloatArray]:
        """Log-likelihood ratio of a mode at a frequency, less its mean over the modes of a curve."""
        mean = float(self._moments(at.parameters)[1] @ direction)
        return lambda frequency: np.asarray(self.features(np.log(frequency)) @ direction - mean)

    def misfits(self, sizes: Sequence[ModesBelowFoot], best: Fit, dispersion: float) -> tuple[float, float]:
        """Probabilities of so large a misfit of the curve's shape, and of the sizes' totals against each other."""
        # Only amplitude and power count as fitted parameters, because few hinges are in use; the test errs to silence.
        frequency = np.concatenate([size.frequency for size in sizes])
        feet = np.array([size.foot for size in sizes])
        inner = np.quantile(frequency, np.linspace(0.0, 1.0, 10 * GROUPS + 1)[1:-1])
        edges = np.unique(np.concatenate([inner, feet]))
        content = np.diff(self._content_below(np.log(edges), best.parameters), prepend=0.0)
        exposed = np.array([np.where(edges <= size.foot, size.exposure, 0.0) for size in sizes])
        expected = exposed * content
        expected *= self.modes / expected.sum()
        counts = np.histogram(frequency, np.concatenate([[0.0], edges]))[0]
        shape = shape_misfit(counts, expected.sum(axis=0), dispersion, 2)
        if len(sizes) == 1:
            return shape, math.nan
        totals = np.array([len(size.frequency) for size in sizes], dtype=np.float64)
        return shape, misfit_probability(totals, expected.sum(axis=1), dispersion, 1)

    def _straight(self) -> float:
        """Start of the search: the power of a straight law, as if all sizes had the highest foot."""
        return 1.0 / float(self._edges[-1] - self._sums[0] / self.modes)

    def _pieces(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """Contents of the segments per particle, means and variances of ln omega in them, and the common logarithm."""
        rate = self._slopes @ parameters
        heights = self.features(self._edges) @ parameters
        scaled = rate * self._span
        scaled[0] = 0.0
        at = cumulants(scaled, 1.0)
        mean, variance = at.mean * self._span, at.variance * self._span**2
        content = self._span * _exprel(scaled)
        mean[0], variance[0], content[0] = 1.0 / rate[0], 1.0 / rate[0] ** 2, 1.0 / rate[0]
        top = float(heights.max())
        return content * np.exp(heights - top), self._edges - mean, variance, top

    def _moments(self, parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Logarithm of the content, mean and covariance of the features over the curve's modes."""
        content, middle, variance, top = self._pieces(parameters)
        weighted = self._exposure * content
        total = float(weighted.sum())
        share = weighted / total
        features = self.features(middle)
        mean = share @ features
        covariance = (features * share[:, None]).T @ features - np.outer(mean, mean)
        covariance += (self._slopes * (share * variance)[:, None]).T @ self._slopes
        return math.log(total) + top, mean, covariance

    def _expansion(self, parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Log-likelihood with its gradient and negative second derivatives."""
        logarithm, mean, covariance = self._moments(parameters)
        height = float(self._sums @ parameters) - self.modes * logarithm
        return height, self._sums - self.modes * mean, self.modes * covariance

    def _content_below(self, logarithm: FloatArray, parameters: FloatArray) -> FloatArray:
        """Relative number of modes per particle below each ln omega."""
        content, _, _, top = self._pieces(parameters)
        below = np.concatenate([[0.0], np.cumsum(content)])
        place = np.minimum(np.searchsorted(self._edges, logarithm), len(self._edges) - 1)
        rate = (self._slopes @ parameters)[place]
        height = np.exp(self.features(logarithm) @ parameters - top)
        reach = logarithm - self._edges[np.maximum(place - 1, 0)]
        inside = np.where(place == 0, height / rate, height * reach * _exprel(np.where(place == 0, 0.0, rate * reach)))
        return np.asarray(below[place] + inside)


def _exprel(scaled: FloatArray) -> FloatArray:
    """(1 - exp(-u)) / u, with its limit at 0."""
    return np.asarray(special.exprel(-scaled))


def _details(reasons: tuple[str, ...], modes: int) -> dict[str, object]:
    return {"gates": [reason.partition(":")[0] for reason in reasons], "modes": modes}
