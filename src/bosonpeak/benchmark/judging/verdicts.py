"""Three-way verdicts by interval inclusion, with the power behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

from bosonpeak.benchmark.scorecards.claim_results import Expectation, Verdict
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import t_factor

DETECTABLE = 3.6
"""Standard errors that a tolerance must span for 95 % intervals to lie inside it 90 % of the time."""


@dataclass(frozen=True)
class Judgement:
    """A verdict on one estimate.

    Parameters
    ----------
    verdict : {"supported", "refuted", "undecided"}
        Supported if the whole interval lies inside the expected region, refuted if it lies wholly outside, undecided
        otherwise: that the interval contains the target is not support.
    reason : str
        One sentence with the numbers.
    minimum_detectable_effect : float
        Smallest tolerance that these data could have supported with 90 % power; NaN without an interval and for an
        exact count.
    samples_to_decide : int or None
        Independent samples that would decide an undecided test, at the distance measured.
    clearance : float
        Standard errors between the estimate and the nearest edge of the region.
    """

    verdict: Verdict
    reason: str
    minimum_detectable_effect: float
    samples_to_decide: int | None = None
    clearance: float = 0.0


def judge(estimate: Estimate, expectation: Expectation) -> Judgement:
    """Hold an estimate against the region that a claim expects.

    Parameters
    ----------
    estimate : Estimate
    expectation : Expectation

    Returns
    -------
    Judgement
    """
    if math.isnan(estimate.value) or not estimate.has_interval:
        what = (
            "the quantity is not defined for these data" if math.isnan(estimate.value) else "no interval can be given"
        )
        because = "; ".join(estimate.warnings) or estimate.method
        return Judgement("undecided", f"{estimate.name}: {what} ({because})", math.nan)
    error = _standard_error(estimate)
    lowest, highest = expectation.limits
    distance = min(abs(estimate.value - lowest), abs(estimate.value - highest))
    clearance = distance / error if error > 0.0 else math.inf
    detectable = DETECTABLE * error if error > 0.0 else math.nan
    interval = f"{estimate.name} = {_figure(estimate.value, error)} [{_figure(estimate.low, error)}, "
    interval += f"{_figure(estimate.high, error)}]"
    if estimate.low >= lowest and estimate.high <= highest:
        reason = "; ".join([f"{interval}, as expected: {expectation}", *estimate.warnings])
        return Judgement("supported", reason, detectable, clearance=clearance)
    if estimate.high < lowest or estimate.low > highest:
        reason = "; ".join([f"{interval}, expected {expectation}", *estimate.warnings])
        return Judgement("refuted", reason, detectable, clearance=clearance)
    inside = lowest <= estimate.value <= highest
    reading = "consistent, but the interval reaches outside" if inside else "the interval reaches into the region"
    wanted, sentence = _wanted(estimate, detectable / distance) if distance > 0.0 and clearance > 0.0 else (None, [])
    reason = "; ".join([f"{interval}, expected {expectation}: {reading}", *sentence, *estimate.warnings])
    return Judgement("undecided", reason, detectable, wanted, clearance)


def combine(verdicts: Sequence[Verdict]) -> Verdict:
    """Verdict on a claim that says all of several things: one refutation refutes it, all must support it.

    A test that could not be run supports nothing, so that leaving data out cannot help a claim.
    """
    if all(verdict == "not run" for verdict in verdicts):
        return "not run"
    if "refuted" in verdicts:
        return "refuted"
    return "supported" if all(verdict == "supported" for verdict in verdicts) else "undecided"


def decisive(judgements: Sequence[Judgement]) -> int:
    """Index of the test that settles a claim: of those with the whole's verdict, the one hardest to argue away.

    For a refutation that is the clearest one; for support it is the weakest link, since all are needed; and a claim
    is undecided for want of a test only where no test is undecided itself.
    """
    whole = combine([judgement.verdict for judgement in judgements])
    settling = [index for index, judgement in enumerate(judgements) if judgement.verdict == whole]
    settling = settling or [index for index, judgement in enumerate(judgements) if judgement.verdict == "not run"]
    choose = max if whole == "refuted" else min
    return choose(settling, key=lambda index: judgements[index].clearance)


def _wanted(estimate: Estimate, ratio: float) -> tuple[int, list[str]]:
    """Samples that would decide at the distance measured, and in words where the estimate also counts modes.

    An interval over chains has fewer independent units than samples; more samples mean more chains of the same length.
    """
    wanted = math.ceil(int(estimate.details.get("samples", estimate.n)) * ratio**2)
    if "samples" not in estimate.details or not isinstance(estimate.details.get("modes"), Integral):
        return wanted, []
    modes = math.ceil(int(estimate.details["modes"]) * ratio**2)
    return wanted, [f"{wanted} samples with {modes} modes in the window would decide if the value stays"]


def _standard_error(estimate: Estimate) -> float:
    """Standard error behind a Student-t interval; an asymmetric one counts with its mean half-width."""
    if estimate.n < 2:
        return 0.0
    return 0.5 * (estimate.high - estimate.low) / t_factor(estimate.n, estimate.level)


def _figure(value: float, error: float) -> str:
    """A number with the digits that its error leaves meaningful."""
    if error <= 0.0 or not math.isfinite(error):
        return f"{value:g}"
    return f"{value:.{max(0, 1 - math.floor(math.log10(error)))}f}"
