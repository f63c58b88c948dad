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
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES
from bosonpeak.validators.power_laws.likelihood import cumulants, most_likely_power, powers_without_one, unbiased_power
from bosonpeak.validators.power_laws.mode_sums import Modes, SummedModes, Window, low_columns

FEWEST_MODES = 8
"""With fewer modes in the window no interval is given."""

SIGNIFICANCE = 0.01
"""Probability that one gate fires although the modes follow a power law."""

MOST_TIES = 0.01
"""Share of equal frequencies beyond which rounding or copied samples are suspected."""

FULL_SHELL = 12.0
"""Modes of the first transverse shell in three dimensions: a window with more modes below its end has no gap."""

FOOT = 1.15
"""The foot of the phonon shell is looked for between the window's end and this many times it."""

LARGEST_SHIFT = 0.5
"""Bias by leaked phonons, in standard errors, beyond which an interval no longer keeps its level."""

HIGHER_LOW = 4.0 / 3.0
"""A second window starts this much higher (0.4 omega_0 for 0.3)."""

_OF_COPIES = 1e-9
"""Relative scatter of chains that are copies of each other: round-off, against which nothing is tested."""

LOW_OF_ALL = 0.3
"""Start of windows without a lower end, in units of omega_0."""


def curvature(modes: Modes, window: Window) -> str:
    """Score test of a correction g ~ x^s (1 + c x^2) inside the window."""
    number, total = modes.whole(window)
    power = float(most_likely_power(number, total, window.span))
    nodes, weights = _truncated_exponential(power, window.span)
    weights = weights / weights.sum()
    feature, place = np.exp(-2.0 * nodes), nodes - np.sum(weights * nodes)
    slope = np.sum(weights * place * feature) / np.sum(weights * place**2)
    residual = feature - np.sum(weights * feature) - slope * place
    model_variance = number * float(np.sum(weights * residual**2))
    offset = np.sum(weights * feature) - slope * np.sum(weights * nodes)
    score, by_cluster = modes.scores(window, offset, slope)
    z = score / math.sqrt(_variance(by_cluster, modes, model_variance))
    if _two_sided(z, modes) > SIGNIFICANCE:
        return ""
    return f"curvature: g(omega) is not one power law in [{window.low:g}, {window.high:g}] omega_0 ({abs(z):.1f} sigma)"


def window_agreement(modes: Modes, window: Window) -> str:
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
    if error <= _OF_COPIES * abs(powers[0]):
        return ""
    z = (powers[1] - powers[0]) / error
    if _two_sided(z, modes) > SIGNIFICANCE:
        return ""
    return (
        f"windows disagree: s = {powers[0] - 1.0:.2f} from {window.low:g} omega_0 up, "
        f"{powers[1] - 1.0:.2f} from {narrow.low:g} omega_0 up ({abs(z):.1f} sigma)"
    )


def bend_below(modes: Modes, window: Window) -> str:
    """Test whether the modes below the window and the modes inside it have the same power."""
    # A window can be a power law in itself and be in the bend of the whole spectrum; then it says nothing about omega
    # -> 0.
    middle = (window.low or LOW_OF_ALL) * HIGHER_LOW
    lower, upper = Window(0.0, middle), Window(middle, window.high)
    if middle >= window.high or min(modes.whole(part)[0] for part in (lower, upper)) < FEWEST_MODES:
        return ""
    logarithms, errors = [], []
    for part in (lower, upper):
        count, total = modes.sums(part)
        power = float(unbiased_power(count.sum(), total.sum(), part.span))
        if power <= 0.0:
            return ""
        logarithms.append(math.log(power))
        errors.append(_power_error(modes, part) / power)
    if math.hypot(*errors) <= _OF_COPIES:
        return ""
    z = (logarithms[1] - logarithms[0]) / math.hypot(*errors)
    if _two_sided(z, modes) > SIGNIFICANCE:
        return ""
    below, above = (math.exp(each) - 1.0 for each in logarithms)
    return (
        f"bend: s = {below:.2f} below {middle:.3g} omega_0 and {above:.2f} from there to {window.high:g} omega_0 "
        f"({abs(z):.1f} sigma), so that the window says nothing about lower frequencies"
    )


def phonon_foot(modes: Modes, window: Window) -> str:
    """Excess just above the window over what the fit inside it continues to."""
    beyond = Window(window.high, FOOT * window.high)
    there = _extrapolation(modes, window, beyond)
    if there.more > SIGNIFICANCE:
        return ""
    return (
        f"phonon shell: {there.found} modes in [{beyond.low:.3g}, {beyond.high:.3g}] omega_0 where the power law "
        f"continues to {there.expected:.0f}; its foot may reach into the window"
    )


def phonon_leak(modes: Modes, window: Window, samples: int) -> str:
    """Share of the phonon shell at omega_0 that its own width, taken as Gaussian, puts into the window."""
    # The half shell below omega_0 is the excess over the continued power law there; one width down the excess is
    # Phi(-1)/Phi(0) of it. The gate fires where the leak moves the power by `LARGEST_SHIFT` standard errors.
    count, total = modes.sums(window)
    n = float(count.sum())
    power = float(most_likely_power(n, total.sum(), window.span))
    at = cumulants(power, window.span)
    scale = n / -math.expm1(-power * window.span)

    def excesses() -> Iterator[tuple[FloatArray, FloatArray]]:
        before = 0
        for beyond in modes.ranges(window.high, 1.0) if window.high < 1.0 else ():
            found = before + np.arange(1, len(beyond) + 1)
            yield beyond, found - scale * ((beyond / window.high) ** power - 1.0)
            before += len(beyond)

    error = _power_error(modes, window)
    uncertainty = scale * window.high**-power * math.log(1.0 / window.high) * error
    last = [float(excess[-1]) for _, excess in excesses() if len(excess)][-1:]
    if not last or error <= _OF_COPIES * power or last[0] < max(float(samples), _one_sided_limit(modes) * uncertainty):
        return ""
    above = (beyond[excess > 2.0 * special.ndtr(-1.0) * last[0]] for beyond, excess in excesses())
    width = 1.0 - float(next(found[0] for found in above if len(found)))
    leak = 2.0 * last[0] * float(special.ndtr(-(1.0 - window.high) / width))
    shift = leak / n * float(at.mean) / float(at.variance) / error
    if shift < LARGEST_SHIFT:
        return ""
    return (
        f"phonon shell: its width of {width:.2f} omega_0 puts about {leak:.0f} of its modes among the {n:.0f} "
        "in the window"
    )


def below_window(modes: Modes, window: Window) -> tuple[str, str]:
    """Too few or too many modes below the window; the first sentence is about a gap, the second about an excess."""
    if window.low <= 0.0:
        return "", ""
    there = _extrapolation(modes, window, Window(0.0, window.low))
    numbers = f"{there.found} modes below {window.low:g} omega_0 where the power law continues to {there.expected:.1f}"
    gap = f"gap: {numbers}" if there.fewer < SIGNIFICANCE else ""
    return gap, f"excess at the lowest frequencies: {numbers}" if there.more < SIGNIFICANCE else ""


def crowding(modes: Modes, window: Window, samples: int) -> str:
    """More modes than a phonon shell holds, below where the first shell should be."""
    count = modes.below(window.high)
    if count <= FULL_SHELL * samples:
        return ""
    return (
        f"phonon scale: {count / samples:.0f} modes per sample below {window.high:g} omega_0; the first phonon lies "
        "lower than stated (angular frequency or not? modulus?)"
    )


def censoring(frequency: FloatArray, scale: float, window: Window) -> str:
    """Lists of the lowest modes that end before the window does; padded rows have ended by themselves."""
    return _censored(int(np.count_nonzero(frequency[:, -1] < window.high * scale)), len(frequency), window)


def _censored(cut: int, samples: int, window: Window) -> str:
    if cut == 0:
        return ""
    return f"censored: the mode lists of {cut} of {samples} samples end below {window.high:g} omega_0"


def ties(frequency: FloatArray, scale: float, window: Window) -> str:
    """Equal frequencies, from rounding or from samples that occur twice."""
    inside = (frequency >= window.low * scale) & (frequency < window.high * scale)

    def copies() -> int:
        rows = [row[~np.isnan(row)].tobytes() for row in frequency if np.count_nonzero(~np.isnan(row)) > 2]
        return len(rows) - len(set(rows))

    return _tied(iter([np.sort(frequency[inside])]), copies)


def _tied(ranges: Iterator[FloatArray], copies: Callable[[], int]) -> str:
    count = equal = 0
    for values in ranges:
        count += len(values)
        equal += int(np.count_nonzero(np.diff(values) == 0.0))
    if equal <= MOST_TIES * count:
        return ""
    found = copies()
    if found > 0:
        return f"duplicates: {found} samples hold the same modes as another one"
    return f"ties: {equal} of {count} frequencies in the window equal another one (rounded?)"


def sums_censored_and_tied(modes: SummedModes, window: Window) -> tuple[str, str]:
    """Sentences of `censoring` and `ties` from sums over blocks."""
    tied = _tied(modes.ranges(window.low, window.high), modes.copies)
    return _censored(modes.ended_below(window.high), modes.samples, window), tied


@dataclass(frozen=True)
class _Extrapolation:
    """Number of modes in a range beside the window, and the number expected from the fit inside the window."""

    found: int
    expected: float
    fewer: float  # probability of at most the number found under the power law
    more: float  # probability of at least the number found


def _extrapolation(modes: Modes, window: Window, other: Window) -> _Extrapolation:
    """Compare the number of modes in another window with the number expected from the fit, with its uncertainty."""
    # A Poisson count with an uncertain mean is negative binomial; for chains ln(found/expected) has a jackknife and
    # Student's t.
    count, total = modes.sums(window)
    n = float(count.sum())
    power = max(float(most_likely_power(n, total.sum(), window.span)), 1e-3)
    found_by_chain = modes.sums(other)[0]
    found = int(found_by_chain.sum())
    expected = n * float(_continued(power, window, other))
    if modes.independent:
        sensitivity = (float(_continued(power + 1e-4, window, other)) * n / expected - 1.0) / 1e-4
        relative = (sensitivity * _power_error(modes, window)) ** 2 + 1.0 / n
        # A negative binomial count is at most k with the probability I_p(r, k + 1).
        shape, probability = 1.0 / relative, 1.0 / (1.0 + expected * relative)
        fewer = float(special.betainc(shape, found + 1.0, probability))
        more = float(special.betaincc(shape, found, probability)) if found else 1.0
        return _Extrapolation(found, expected, fewer, more)
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


def _power_error(modes: Modes, window: Window) -> float:
    """Standard error of the power, by the model for independent modes and by jackknife for chains."""
    count, total = modes.sums(window)
    if not modes.independent:
        return _jackknife_error(powers_without_one(count, total, window.span))
    power = float(most_likely_power(count.sum(), total.sum(), window.span))
    return 1.0 / math.sqrt(count.sum() * float(cumulants(power, window.span).variance))


def _variance(sums: FloatArray, modes: Modes, model_variance: float) -> float:
    if modes.independent or modes.clusters < FEWEST_SAMPLES:
        return model_variance
    return max(model_variance, float(np.sum(sums**2)) * modes.clusters / (modes.clusters - 1))


def _two_sided(z: float, modes: Modes) -> float:
    """Probability of a larger score under the power law."""
    if modes.independent or modes.clusters < FEWEST_SAMPLES:
        return float(2.0 * special.ndtr(-abs(z)))
    return float(2.0 * special.stdtr(modes.clusters - 1, -abs(z)))


def _one_sided_limit(modes: Modes) -> float:
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

Reading = Callable[[FloatArray], FloatArray]
"""Frequencies as they would be under another reading of the numbers."""

_READINGS: tuple[tuple[Reading, str, str], ...] = (
    (lambda frequency: np.sqrt(frequency), "their roots", "eigenvalues whose root was not taken"),
    (
        lambda frequency: frequency / (2.0 * math.pi),
        "they over 2 pi",
        "angular frequencies beside an omega_0 over 2 pi",
    ),
    (lambda frequency: frequency * (2.0 * math.pi), "they times 2 pi", "frequencies that lack a factor 2 pi"),
)


class ShellCounts:
    """Distribution over samples of the number of modes within `NEARBY` of omega_0, block by block."""

    def __init__(self) -> None:
        self.samples = 0
        self.counts = np.zeros(1, dtype=np.int64)

    def add(self, frequency: FloatArray, first_phonon: FloatArray) -> None:
        """Count modes (samples, modes); each sample's own omega_0 (samples,), as its own phonons are looked for."""
        columns = low_columns(frequency, (1.0 + NEARBY) * float(first_phonon.max())).shape[1] + 1
        reduced = frequency[:, :columns] / first_phonon[:, None]
        reaching = np.nanmax(np.nan_to_num(reduced), axis=1) > 1.0 + NEARBY
        near = np.count_nonzero(np.abs(reduced[reaching] - 1.0) < NEARBY, axis=1)
        self.samples += len(reduced)
        length = max(len(self.counts), int(near.max(initial=0)) + 1)
        self.counts = np.pad(self.counts, (0, length - len(self.counts))) + np.bincount(near, minlength=length)

    def median(self) -> float:
        """Median number of modes of a sample; NaN if most lists end below."""
        reaching = int(self.counts.sum())
        if 2 * reaching < self.samples or not reaching:
            return math.nan
        middle = np.searchsorted(np.cumsum(self.counts), [(reaching - 1) // 2 + 1, reaching // 2 + 1])
        return float(middle.mean())


def modes_at_first_phonon(frequency: FloatArray, first_phonon: FloatArray) -> float:
    """Median number of modes of a sample (samples, modes) within `NEARBY` of omega_0; NaN if most lists end below."""
    counts = ShellCounts()
    counts.add(frequency, first_phonon)
    return counts.median()


def missing_shell(frequency: FloatArray, first_phonon: FloatArray, dimension: int | None) -> str:
    """Sentence on a first shell with too few modes at omega_0, with possible causes; empty if there is no fault."""
    return shell_sentence(lambda reading: modes_at_first_phonon(reading(frequency), first_phonon), dimension)


def shell_sentence(modes_at: Callable[[Reading], float], dimension: int | None) -> str:
    """Sentence of `missing_shell` from the numbers that are at omega_0 if the frequencies are read otherwise."""
    expected = SHELL.get(dimension or 0)
    if expected is None:
        return ""
    found = modes_at(np.asarray)
    if not found < expected:
        return ""
    sentence = (
        f"first shell: {found:g} modes per sample within {100 * NEARBY:.0f} % of omega_0, where the first transverse "
        f"phonons alone are {expected}"
    )
    for reading, whose, cause in _READINGS:
        count = modes_at(reading)
        if count >= expected:
            return f"{sentence}; {whose} have {count:g}: {cause}?"
    return f"{sentence} (eigenvalues in place of frequencies? a factor 2 pi? modulus?)"
