"""Gates: reasons to distrust a fitted exponent although its interval is narrow.

Each gate tests one way in which modes below the first phonon can fail to be a power law, or can be known too poorly,
and explains a failure in one sentence. A gate that passes does not prove the law.

`missing_shell` tests whether the first phonon shell is at omega_0, which tells frequencies from eigenvalues and from
frequencies over 2 pi. In three dimensions the lowest transverse waves of a box are twelve, and disorder spreads them
over some ten per cent. The medians of all stored glasses in three dimensions, of 1000 and 1600 particles, three
potentials and three stabilities, lie between 20 and 25 modes within `NEARBY` of omega_0. Their squares have at most 9.5
there (at omega_0 = 1.2; 6.6 or fewer from 1.3 up), the same frequencies times or over 2 pi none. The test is silent
where lists end below the shell; where omega_0 is within some per cent of 1, since squares then stay in place; and in
two dimensions, where the shell of four modes has 2.9 to 4.0 against 1.8 to 2.3 of squares.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES
from bosonpeak.validators.power_laws.likelihood import cumulants, most_likely_power, powers_without_one, unbiased_power

FEWEST_MODES = 8
"""With fewer modes in the window no interval is given."""

SIGNIFICANCE = 0.01
"""Probability that one gate fires although the modes follow a power law."""

MOST_TIES = 0.01
"""Share of equal frequencies beyond which rounding or copied samples are suspected."""

FULL_SHELL = 12.0
"""Modes of the first transverse shell in three dimensions: more than that below the window's end is no gap regime."""

FOOT = 1.15
"""The foot of the phonon shell is looked for between the window's end and this many times it."""

LARGEST_SHIFT = 0.5
"""Bias by leaked phonons, in standard errors, beyond which an interval no longer keeps its level."""

HIGHER_LOW = 4.0 / 3.0
"""A second window starts this much higher (0.4 omega_0 for 0.3)."""

LOW_OF_ALL = 0.3
"""Start of windows without a lower end, in units of omega_0."""


@dataclass(frozen=True)
class Window:
    """Range of reduced frequency in which the power is measured, in units of omega_0; ``low`` may be 0."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """ln(high / low), infinite for a window that starts at 0."""
        return math.log(self.high / self.low) if self.low > 0.0 else math.inf


@dataclass(frozen=True)
class ClusteredModes:
    """Reduced frequencies of all samples, shape (modes,), each with its cluster: chain or sample, counted from 0."""

    frequency: FloatArray
    cluster: IntegerArray
    clusters: int  # counts empty clusters too
    independent: bool  # modes of one cluster are independent

    def inside(self, window: Window) -> ClusteredModes:
        """The modes in a window."""
        kept = (self.frequency >= window.low) & (self.frequency < window.high) & (self.frequency > 0.0)
        return ClusteredModes(self.frequency[kept], self.cluster[kept], self.clusters, self.independent)

    def sums(self, window: Window) -> tuple[FloatArray, FloatArray]:
        """Number of modes and sum of ln(high / x) of each cluster, shape (clusters,) each."""
        modes = self.inside(window)
        depth = np.log(window.high / modes.frequency)
        count = np.bincount(modes.cluster, minlength=self.clusters).astype(np.float64)
        return count, np.bincount(modes.cluster, weights=depth, minlength=self.clusters).astype(np.float64)


def curvature(modes: ClusteredModes, window: Window) -> str:
    """Score test of a correction g ~ x^s (1 + c x^2) inside the window."""
    inside = modes.inside(window)
    depth = np.log(window.high / inside.frequency)
    power = float(most_likely_power(len(depth), depth.sum(), window.span))
    nodes, weights = _truncated_exponential(power, window.span)
    weights = weights / weights.sum()
    feature, place = np.exp(-2.0 * nodes), nodes - np.sum(weights * nodes)
    slope = np.sum(weights * place * feature) / np.sum(weights * place**2)
    residual = feature - np.sum(weights * feature) - slope * place
    model_variance = len(depth) * float(np.sum(weights * residual**2))
    offset = np.sum(weights * feature) - slope * np.sum(weights * nodes)
    scores = np.exp(-2.0 * depth) - offset - slope * depth
    z = float(scores.sum()) / math.sqrt(_variance(scores, inside, model_variance))
    if _two_sided(z, modes) > SIGNIFICANCE:
        return ""
    return (
        f"curvature: g(omega) is no single power law in [{window.low:g}, {window.high:g}] omega_0 ({abs(z):.1f} sigma)"
    )


def window_agreement(modes: ClusteredModes, window: Window) -> str:
    """Test whether the same window, started a third higher, gives the same power."""
    narrow = Window(window.low * HIGHER_LOW, window.high)
    wide_sums, narrow_sums = modes.sums(window), modes.sums(narrow)
    if narrow_sums[0].sum() < FEWEST_MODES:
        return ""
    powers = [
        float(unbiased_power(n.sum(), t.sum(), w.span)) for (n, t), w in ((wide_sums, window), (narrow_sums, narrow))
    ]
    if modes.independent:
        variances = [
            1.0 / (n.sum() * float(cumulants(powers[0], w.span).variance))
            for (n, _), w in ((wide_sums, window), (narrow_sums, narrow))
        ]
        error = math.sqrt(variances[1] - variances[0])
    else:
        error = _jackknife_error(
            powers_without_one(*narrow_sums, narrow.span) - powers_without_one(*wide_sums, window.span)
        )
    z = (powers[1] - powers[0]) / error
    if _two_sided(z, modes) > SIGNIFICANCE:
        return ""
    return (
        f"windows disagree: s = {powers[0] - 1.0:.2f} from {window.low:g} omega_0 up, "
        f"{powers[1] - 1.0:.2f} from {narrow.low:g} omega_0 up ({abs(z):.1f} sigma)"
    )


def bend_below(modes: ClusteredModes, window: Window) -> str:
    """Test whether the modes below the window and the modes inside it have the same power."""
    # A window can be a power law in itself and be in the bend of the whole spectrum; then it says nothing about omega
    # -> 0.
    middle = (window.low or LOW_OF_ALL) * HIGHER_LOW
    lower, upper = Window(0.0, middle), Window(middle, window.high)
    if middle >= window.high or min(len(modes.inside(part).frequency) for part in (lower, upper)) < FEWEST_MODES:
        return ""
    logarithms, errors = [], []
    for part in (lower, upper):
        count, total = modes.sums(part)
        power = float(unbiased_power(count.sum(), total.sum(), part.span))
        if power <= 0.0:
            return ""
        logarithms.append(math.log(power))
        errors.append(_power_error(modes, part) / power)
    z = (logarithms[1] - logarithms[0]) / math.hypot(*errors)
    if _two_sided(z, modes) > SIGNIFICANCE:
        return ""
    below, above = (math.exp(each) - 1.0 for each in logarithms)
    return (
        f"bend: s = {below:.2f} below {middle:.3g} omega_0 and {above:.2f} from there to {window.high:g} omega_0 "
        f"({abs(z):.1f} sigma), so that the window says nothing about lower frequencies"
    )


def phonon_foot(modes: ClusteredModes, window: Window) -> str:
    """Excess just above the window over what the fit inside it continues to."""
    beyond = Window(window.high, FOOT * window.high)
    there = _extrapolation(modes, window, beyond)
    if there.more > SIGNIFICANCE:
        return ""
    return (
        f"phonon shell: {there.found} modes in [{beyond.low:.3g}, {beyond.high:.3g}] omega_0 where the power law "
        f"continues to {there.expected:.0f}; its foot may reach into the window"
    )


def phonon_leak(modes: ClusteredModes, window: Window, samples: int) -> str:
    """Share of the phonon shell at omega_0 that its own width, taken as Gaussian, puts into the window."""
    # The half shell below omega_0 is the excess over the continued power law there; one width down the excess is
    # Phi(-1)/Phi(0) of it. The gate fires where the leak moves the power by `LARGEST_SHIFT` standard errors.
    count, total = modes.sums(window)
    n = float(count.sum())
    power = float(most_likely_power(n, total.sum(), window.span))
    at = cumulants(power, window.span)
    beyond = np.sort(modes.frequency[(modes.frequency >= window.high) & (modes.frequency < 1.0)])
    scale = n / -math.expm1(-power * window.span)
    excess = np.arange(1, len(beyond) + 1) - scale * ((beyond / window.high) ** power - 1.0)
    error = _power_error(modes, window)
    uncertainty = scale * window.high**-power * math.log(1.0 / window.high) * error
    if len(beyond) == 0 or excess[-1] < max(float(samples), _one_sided_limit(modes) * uncertainty):
        return ""
    width = 1.0 - float(beyond[np.argmax(excess > 2.0 * special.ndtr(-1.0) * excess[-1])])
    leak = 2.0 * float(excess[-1]) * float(special.ndtr(-(1.0 - window.high) / width))
    shift = leak / n * float(at.mean) / float(at.variance) / error
    if shift < LARGEST_SHIFT:
        return ""
    return (
        f"phonon shell: its width of {width:.2f} omega_0 puts about {leak:.0f} of its modes among the {n:.0f} "
        "in the window"
    )


def below_window(modes: ClusteredModes, window: Window) -> tuple[str, str]:
    """Too few or too many modes below the window; the first sentence is about a gap, the second about an excess."""
    if window.low <= 0.0:
        return "", ""
    there = _extrapolation(modes, window, Window(0.0, window.low))
    numbers = f"{there.found} modes below {window.low:g} omega_0 where the power law continues to {there.expected:.1f}"
    gap = f"gap: {numbers}" if there.fewer < SIGNIFICANCE else ""
    return gap, f"excess at the lowest frequencies: {numbers}" if there.more < SIGNIFICANCE else ""


def crowding(modes: ClusteredModes, window: Window, samples: int) -> str:
    """More modes than a phonon shell holds, below where the first shell should be."""
    count = int(np.count_nonzero(modes.frequency < window.high))
    if count <= FULL_SHELL * samples:
        return ""
    return (
        f"phonon scale: {count / samples:.0f} modes per sample below {window.high:g} omega_0; the first phonon lies "
        "lower than stated (angular frequency or not? modulus?)"
    )


def censoring(frequency: FloatArray, scale: float, window: Window) -> str:
    """Lists of the lowest modes that end before the window does; padded rows have ended by themselves."""
    cut = int(np.count_nonzero(frequency[:, -1] < window.high * scale))
    if cut == 0:
        return ""
    return f"censored: the mode lists of {cut} of {len(frequency)} samples end below {window.high:g} omega_0"


def ties(frequency: FloatArray, scale: float, window: Window) -> str:
    """Equal frequencies, from rounding or from samples that occur twice."""
    inside = (frequency >= window.low * scale) & (frequency < window.high * scale)
    values = np.sort(frequency[inside])
    equal = int(np.count_nonzero(np.diff(values) == 0.0))
    if equal <= MOST_TIES * len(values):
        return ""
    rows = [row[~np.isnan(row)].tobytes() for row in frequency if np.count_nonzero(~np.isnan(row)) > 2]
    copies = len(rows) - len(set(rows))
    if copies > 0:
        return f"duplicates: {copies} samples hold the same modes as another one"
    return f"ties: {equal} of {len(values)} frequencies in the window equal another one (rounded?)"


@dataclass(frozen=True)
class _Extrapolation:
    """Number of modes in a range beside the window, and the number expected from the fit inside the window."""

    found: int
    expected: float
    fewer: float  # probability of at most the number found under the power law
    more: float  # probability of at least the number found


def _extrapolation(modes: ClusteredModes, window: Window, other: Window) -> _Extrapolation:
    """Compare the number of modes in another window with the number expected from the fit, with its uncertainty."""
    # A Poisson count with an uncertain mean is negative binomial; for chains ln(found/expected) has a jackknife and
    # Student's t.
    count, total = modes.sums(window)
    n = float(count.sum())
    power = max(float(most_likely_power(n, total.sum(), window.span)), 1e-3)
    inside = modes.inside(other)
    found = len(inside.frequency)
    expected = n * float(_continued(power, window, other))
    if modes.independent:
        sensitivity = (float(_continued(power + 1e-4, window, other)) * n / expected - 1.0) / 1e-4
        relative = (sensitivity * _power_error(modes, window)) ** 2 + 1.0 / n
        # A negative binomial count is at most k with the probability I_p(r, k + 1).
        shape, probability = 1.0 / relative, 1.0 / (1.0 + expected * relative)
        fewer = float(special.betainc(shape, found + 1.0, probability))
        more = float(special.betaincc(shape, found, probability)) if found else 1.0
        return _Extrapolation(found, expected, fewer, more)
    found_by_chain = np.bincount(inside.cluster, minlength=modes.clusters)
    powers = np.maximum(powers_without_one(count, total, window.span), 1e-3)
    partial = np.log((found - found_by_chain + 0.5) / ((n - count) * _continued(powers, window, other) + 0.5))
    score = math.log((found + 0.5) / (expected + 0.5)) / max(_jackknife_error(partial), 1e-9)
    fewer = float(special.stdtr(modes.clusters - 1, score))
    return _Extrapolation(found, expected, fewer, 1.0 - fewer)


def _continued(power: ArrayLike, window: Window, other: Window) -> FloatArray:
    """Modes that a power law puts into ``other`` for each one in ``window``."""
    a = np.asarray(power, dtype=np.float64)
    share = -np.expm1(-a * window.span)
    return np.asarray(((other.high / window.high) ** a - (other.low / window.high) ** a) / share)


def _power_error(modes: ClusteredModes, window: Window) -> float:
    """Standard error of the power, by the model for independent modes and by jackknife for chains."""
    count, total = modes.sums(window)
    if not modes.independent:
        return _jackknife_error(powers_without_one(count, total, window.span))
    power = float(most_likely_power(count.sum(), total.sum(), window.span))
    return 1.0 / math.sqrt(count.sum() * float(cumulants(power, window.span).variance))


def _variance(scores: FloatArray, modes: ClusteredModes, model_variance: float) -> float:
    if modes.independent or modes.clusters < FEWEST_SAMPLES:
        return model_variance
    sums = np.bincount(modes.cluster, weights=scores, minlength=modes.clusters)
    return max(model_variance, float(np.sum(sums**2)) * modes.clusters / (modes.clusters - 1))


def _two_sided(z: float, modes: ClusteredModes) -> float:
    """Probability of a larger score under the power law."""
    if modes.independent or modes.clusters < FEWEST_SAMPLES:
        return float(2.0 * special.ndtr(-abs(z)))
    return float(2.0 * special.stdtr(modes.clusters - 1, -abs(z)))


def _one_sided_limit(modes: ClusteredModes) -> float:
    """Standard errors that a quantity exceeds with probability `SIGNIFICANCE`."""
    return float(
        -special.ndtri(SIGNIFICANCE) if modes.independent else -special.stdtrit(modes.clusters - 1, SIGNIFICANCE)
    )


def _jackknife_error(partial: FloatArray) -> float:
    return math.sqrt((len(partial) - 1) / len(partial) * float(np.sum((partial - partial.mean()) ** 2)))


def _truncated_exponential(power: float, span: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and unnormalised weights of a quadrature over t with density exp(-a t)."""
    nodes, weights = np.polynomial.legendre.leggauss(96)
    length = span if math.isfinite(span) else 40.0 / power
    depth = 0.5 * length * (nodes + 1.0)
    return depth, weights * np.exp(-power * (depth - (0.0 if power > 0.0 else length)))


NEARBY = 0.15
"""Modes this close to omega_0, relative to it, are counted."""

SHELL = {3: 12}
"""Modes of the first transverse shell by dimension, where the count tells right from wrong."""

_READINGS: tuple[tuple[Callable[[FloatArray], FloatArray], str, str], ...] = (
    (lambda frequency: np.sqrt(frequency), "their roots", "eigenvalues whose root was not taken"),
    (
        lambda frequency: frequency / (2.0 * math.pi),
        "they over 2 pi",
        "angular frequencies beside an omega_0 over 2 pi",
    ),
    (lambda frequency: frequency * (2.0 * math.pi), "they times 2 pi", "frequencies that lack a factor 2 pi"),
)


def modes_at_first_phonon(frequency: FloatArray, first_phonon: FloatArray) -> float:
    """Median number of modes of a sample (samples, modes) within `NEARBY` of omega_0; NaN if most lists end below."""
    # Each sample's own omega_0: its own phonons are looked for, and a softer sample has lower ones.
    reduced = frequency / first_phonon[:, None]
    reaching = np.nanmax(np.nan_to_num(reduced), axis=1) > 1.0 + NEARBY
    if 2 * np.count_nonzero(reaching) < len(reduced):
        return math.nan
    near = np.abs(reduced[reaching] - 1.0) < NEARBY
    return float(np.median(np.count_nonzero(near, axis=1)))


def missing_shell(frequency: FloatArray, first_phonon: FloatArray, dimension: int | None) -> str:
    """Sentence on a first shell with too few modes at omega_0, with possible causes; empty if there is no fault."""
    expected = SHELL.get(dimension or 0)
    if expected is None:
        return ""
    found = modes_at_first_phonon(frequency, first_phonon)
    if not found < expected:
        return ""
    sentence = (
        f"first shell: {found:g} modes per sample within {100 * NEARBY:.0f} % of omega_0, where the first transverse "
        f"phonons alone are {expected}"
    )
    for reading, whose, cause in _READINGS:
        count = modes_at_first_phonon(reading(frequency), first_phonon)
        if count >= expected:
            return f"{sentence}; {whose} have {count:g}: {cause}?"
    return f"{sentence} (eigenvalues in place of frequencies? a factor 2 pi? modulus?)"
