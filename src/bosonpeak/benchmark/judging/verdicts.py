"""Three-way verdicts: on an estimate by inclusion of its interval, on a part of a claim by all its ensembles."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from numbers import Integral

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaincinv, ndtr, ndtri, stdtrit

from bosonpeak.benchmark.scorecards.claim_results import Expectation, Verdict
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import t_factor

POWER = 0.9
"""Probability with which the smallest tolerance stated would have been supported."""

FALSE_REFUTATION = 0.01
"""Probability that a true claim loses one of its parts at most, by all comparisons that it makes together."""

_ERRORS_DRAWN = 2000
"""Quantiles of the estimated standard error over which its law is summed."""

_MOST_UNITS = 10**9
"""Independent samples beyond which nobody will go."""

STEADY = 0.8
"""Share of random halves of the data that must lean to the side of a verdict."""


@dataclass(frozen=True)
class Judgement:
    """Verdict on an estimate, see `judge`, with a sentence of reasons."""

    verdict: Verdict
    reason: str
    minimum_detectable_effect: float  # smallest tolerance supported with 90 % power; NaN without interval
    samples_to_decide: int | None = None  # independent samples that would decide at the measured distance
    clearance: float = 0.0  # distance from the nearest edge of the region in standard errors


def judge(estimate: Estimate, expectation: Expectation, *, comparisons: int = 1, together: int = 1) -> Judgement:
    """Compare an estimate with the region that a claim expects.

    Parameters
    ----------
    estimate : Estimate
    expectation : Expectation
    comparisons : int
        Comparisons of the whole claim, which share the 1 % of false refutations.
    together : int
        Comparisons of the same part, all of which must be supported; the 90 % power applies to all together.

    Returns
    -------
    Judgement
        Supported if the whole 95 % interval is inside the expected region, refuted if the interval at the level for
        `comparisons` is entirely outside; both by more than the margin of the region, a tenth of its half-width or of
        its single limit. Undecided otherwise: an interval that contains the target is not support.

    Examples
    --------
    >>> from bosonpeak.validators import Estimate
    >>> from bosonpeak.benchmark.scorecards.claim_results import Expectation
    >>> claimed = Expectation(low=3.5, high=4.5)
    >>> judge(Estimate("exponent s", 4.0, 3.9, 4.1, 0.95, 25, "maximum likelihood"), claimed).verdict
    'supported'
    >>> judge(Estimate("exponent s", 3.0, 2.9, 3.1, 0.95, 25, "maximum likelihood"), claimed).verdict
    'refuted'
    >>> judge(Estimate("exponent s", 4.0, 2.0, 6.0, 0.95, 25, "maximum likelihood"), claimed).verdict
    'undecided'
    """
    if math.isnan(estimate.value) or not estimate.has_interval:
        what = (
            "the quantity is not defined for these data" if math.isnan(estimate.value) else "no interval can be given"
        )
        because = "; ".join(estimate.warnings) or estimate.method
        return Judgement("undecided", f"{estimate.name}: {what} ({because})", math.nan)
    error = standard_error(estimate)
    lowest, highest = expectation.limits
    distance = min(abs(estimate.value - lowest), abs(estimate.value - highest))
    clearance = distance / error if error > 0.0 else math.inf
    detectable = detectable_errors(estimate.n, together) * error if error > 0.0 else math.nan
    interval = f"{estimate.name} = {_figure(estimate.value, error)} [{_figure(estimate.low, error)}, "
    interval += f"{_figure(estimate.high, error)}]"
    verdict, reading = _held_against(estimate, expectation, comparisons)
    if verdict != "undecided":
        reason = "; ".join([f"{interval}, {reading}", *estimate.warnings])
        return Judgement(verdict, reason, detectable, clearance=clearance)
    wanted, sentence = _wanted(estimate, _units_to_decide(estimate, expectation, comparisons))
    reason = "; ".join([f"{interval}, {reading}", *sentence, *estimate.warnings])
    return Judgement("undecided", reason, detectable, wanted, clearance)


def steadied(judgement: Judgement, share: float) -> Judgement:
    """Change a decided judgement to undecided if too few random halves agree; a NaN share changes nothing."""
    if judgement.verdict not in ("supported", "refuted") or not share < STEADY:
        return judgement
    why = f"{judgement.reason}; but only {100 * share:.0f} % of random halves of the chains lean to that side"
    return replace(judgement, verdict="undecided", reason=why)


def combine(judgements: Sequence[Judgement], ensembles: Sequence[tuple[str, str]]) -> tuple[Verdict, str]:
    """Verdict on a part of a claim, whose tests must all pass on all ensembles, and a remark."""
    # Undecided if leaving out one ensemble turns refutation into support. A test that was not run supports nothing, so
    # that missing data cannot help a claim.
    verdicts = [judgement.verdict for judgement in judgements]
    verdict = _all_of(verdicts)
    if verdict != "refuted":
        return verdict, ""
    tests = {test for test, _ in ensembles}
    for odd in dict.fromkeys(ensemble for _, ensemble in ensembles):
        kept = [index for index, (_, ensemble) in enumerate(ensembles) if ensemble != odd]
        still_tested = {ensembles[index][0] for index in kept} == tests
        if still_tested and _all_of([verdicts[index] for index in kept]) == "supported":
            return "undecided", f"refuted by {odd} alone and supported by all other ensembles: one does not decide"
    return verdict, ""


def decisive(judgements: Sequence[Judgement], verdict: Verdict) -> int:
    """Index of the judgement that settles a part: the clearest refutation, the weakest support."""
    # An undecided part is attributed to a test that was not run only if no test is undecided itself.
    settling = [index for index, judgement in enumerate(judgements) if judgement.verdict == verdict]
    settling = settling or [index for index, judgement in enumerate(judgements) if judgement.verdict == "not run"]
    settling = settling or [index for index, judgement in enumerate(judgements) if judgement.verdict == "refuted"]
    choose = max if judgements[settling[0]].verdict == "refuted" else min
    return choose(settling, key=lambda index: judgements[index].clearance)


def standard_error(estimate: Estimate) -> float:
    """Standard error behind a Student-t interval; an asymmetric interval counts with its mean half-width."""
    if estimate.n < 2:
        return 0.0
    return 0.5 * (estimate.high - estimate.low) / t_factor(estimate.n, estimate.level)


@cache
def detectable_errors(n: int, together: int = 1) -> float:
    """Tolerance, in standard errors, that `together` independent comparisons support at once with 90 % power."""
    # The 95 % interval must be inside a region that is a tenth narrower: (1.96 + 1.64)/0.9 for many units. The standard
    # error of few units `n` is uncertain, and too small in most ensembles.
    degrees = 0.5 * (n - 1)
    quantiles = (np.arange(_ERRORS_DRAWN) + 0.5) / _ERRORS_DRAWN
    errors, usual = (np.sqrt(gammaincinv(degrees, q) / degrees) for q in (quantiles, 0.5))
    reach = t_factor(n, 0.95) * errors

    def lacking(span: float) -> float:
        inside = np.maximum(2.0 * ndtr(span - reach) - 1.0, 0.0)
        return float(inside.mean()) - math.pow(POWER, 1.0 / together)

    most = float(reach[-1]) + 10.0
    return float(brentq(lacking, 0.0, most)) / 0.9 / float(usual)


def _held_against(estimate: Estimate, expectation: Expectation, comparisons: int) -> tuple[Verdict, str]:
    """Verdict on an estimate, and a description of the position of its interval."""
    lowest, highest = expectation.limits
    margin = expectation.margin
    if estimate.low >= lowest + margin and estimate.high <= highest - margin:
        return "supported", f"as expected: {expectation}"
    low, high = _wider(estimate, comparisons)
    if high < lowest - margin or low > highest + margin:
        return "refuted", f"expected {expectation}"
    if estimate.low >= lowest and estimate.high <= highest:
        reading = f"inside, but an end of the region moved by its margin of {margin:.3g} would not hold it"
    elif estimate.high < lowest or estimate.low > highest:
        many = f" at the level that {comparisons} comparisons leave" if comparisons > 1 else ""
        reading = f"outside, but not by the margin of {margin:.3g}{many}"
    elif lowest <= estimate.value <= highest:
        reading = "consistent, but the interval reaches outside"
    else:
        reading = "the interval reaches into the region"
    return "undecided", f"expected {expectation}: {reading}"


def _wider(estimate: Estimate, comparisons: int) -> tuple[float, float]:
    """Interval with which all comparisons of a claim together err in 1 % of cases."""
    # Without ``details["tails"]`` the interval is taken as Student's t.
    beyond = FALSE_REFUTATION / comparisons
    reported = [(low, high) for tail, low, high in estimate.details.get("tails", ()) if tail <= beyond]
    if reported:
        return reported[0]
    if estimate.n < 2:
        return estimate.low, estimate.high
    stretch = max(1.0, -float(stdtrit(estimate.n - 1, beyond)) / t_factor(estimate.n, estimate.level))
    low, high = (estimate.value + stretch * (end - estimate.value) for end in (estimate.low, estimate.high))
    return low, high


def _all_of(verdicts: Sequence[Verdict]) -> Verdict:
    if all(verdict == "not run" for verdict in verdicts):
        return "not run"
    if "refuted" in verdicts:
        return "refuted"
    return "supported" if all(verdict == "supported" for verdict in verdicts) else "undecided"


def _units_to_decide(estimate: Estimate, expectation: Expectation, comparisons: int) -> int | None:
    """Number of independent units that would decide with 90 % power if the value stays; None if undefined."""
    # Undefined within the margin of an edge, for unrealistically many units, or if the present units should have
    # decided.
    lowest, highest = expectation.limits
    room = min(abs(estimate.value - lowest), abs(estimate.value - highest)) - expectation.margin
    error = standard_error(estimate)
    if not (room > 0.0 and 0.0 < error < math.inf):
        return None
    beyond = 0.025 if lowest <= estimate.value <= highest else FALSE_REFUTATION / comparisons
    chance = float(ndtri(1.0 - (1.0 - POWER) / 2.0))

    def decides(units: int) -> bool:
        return (chance - float(stdtrit(units - 1, beyond))) * error * math.sqrt(estimate.n / units) <= room

    if decides(estimate.n) or not decides(_MOST_UNITS):
        return None
    return bisect_left(range(_MOST_UNITS), True, lo=estimate.n, key=decides)


def _wanted(estimate: Estimate, units: int | None) -> tuple[int | None, list[str]]:
    """Number of samples that would decide, and a sentence if the estimate also counts modes."""
    # An interval over chains has fewer independent units than samples; more samples mean more chains of the same
    # length.
    if units is None:
        return None, []
    ratio = units / estimate.n
    samples, modes = (estimate.details.get(name) for name in ("samples", "modes"))
    wanted = math.ceil(int(samples) * ratio) if isinstance(samples, Integral) else units
    if not (isinstance(samples, Integral) and isinstance(modes, Integral)):
        return wanted, []
    counted = f"{wanted} samples with {math.ceil(int(modes) * ratio)} modes in the window"
    return wanted, [f"{counted} would decide if the value stays"]


def _figure(value: float, error: float) -> str:
    """Format a number with as many digits as its error permits."""
    if error <= 0.0 or not math.isfinite(error):
        return f"{value:g}"
    return f"{value:.{max(0, 1 - math.floor(math.log10(error)))}f}"
