"""Wording of numbers, verdicts and untrusted text, common to all views."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, EstimateResult, Expectation, PartResult, Verdict
from bosonpeak.benchmark.scorecards.score_result import Correctness, NextStep, Score, TrackResult
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.plain_text import one_line as one_line
from bosonpeak.datasets.plain_text import plural as plural
from bosonpeak.datasets.plain_text import printable as printable

ABSENT = "\N{EN DASH}"

MARKS: dict[Verdict, str] = {
    "supported": "\N{CHECK MARK}",
    "refuted": "\N{BALLOT X}",
    "undecided": "?",
    "not run": ABSENT,
}

_LEAST_FIXED, _LARGEST_FIXED = 1e-4, 1e6


def number(value: float | None, spread: float | None = None) -> str:
    """Number with four significant digits, or with the decimals that a two-digit spread warrants."""
    if value is None:
        return ABSENT
    largest = max(abs(value), spread or 0.0)
    if largest and not _LEAST_FIXED <= largest < _LARGEST_FIXED:
        return f"{value:.3g}"
    if not spread:
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    decimals = min(max(1 - math.floor(math.log10(spread)), 0), 8)
    return f"{value + 0.0:.{decimals}f}"


def is_refused(estimate: EstimateResult) -> bool:
    """Return whether a gate rejected the value: the estimate has warnings and no interval."""
    return estimate.low is None and estimate.high is None and bool(estimate.warnings)


def interval(estimate: EstimateResult | None) -> str:
    """Estimate as ``value [low, high] unit``, rounded to the interval's precision; no value if a gate rejected it."""
    if estimate is None:
        return ABSENT
    if is_refused(estimate):
        return "no interval"
    unit = "" if estimate.unit in ("1", "") else f" {one_line(estimate.unit, 24)}"
    if estimate.low is None and estimate.high is None:
        return number(estimate.value) + unit
    spread = _half_width(estimate)
    limits = f"[{number(estimate.low, spread)}, {number(estimate.high, spread)}]"
    return f"{number(estimate.value, spread)} {limits}{unit}"


def _half_width(estimate: EstimateResult) -> float | None:
    if estimate.low is None or estimate.high is None:
        return None
    return abs(estimate.high / 2 - estimate.low / 2)


def region(expect: Expectation | None) -> str:
    """Expected region as ``low to high``, or with an inequality sign if one side is open."""
    if expect is None or (expect.low is None and expect.high is None):
        return ABSENT
    if expect.low is None:
        return f"\N{LESS-THAN OR EQUAL TO} {number(expect.high)}"
    if expect.high is None:
        return f"\N{GREATER-THAN OR EQUAL TO} {number(expect.low)}"
    if expect.low == expect.high:
        return number(expect.low)
    return f"{number(expect.low)} to {number(expect.high)}"


def plain(value: object) -> str:
    """Text of a value from a regime or a cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, tuple | list):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, Mapping):
        return cell(value)
    return ABSENT if value is None else printable(str(value))


def cell(parameters: Mapping[str, object]) -> str:
    """Parameters as ``situation 2, delta 0.1``."""
    return ", ".join(f"{name(key)} {plain(value)}" for key, value in parameters.items())


def name(key: str) -> str:
    """Key as words."""
    return printable(key).replace("_", " ")


_COUNTED = {
    r"signed likelihood root$|chi\^2\(2n\)|modes taken to be independent": "modes, taken to be independent",
    r"line through \d+ crossover frequencies": "crossover frequencies",
    r"chains or samples": "independent chains or samples",
    r"^exact|noiseless|one curve": "cases, computed exactly",
    r"glasses of different chains": "glasses of different chains",
    r"chain": "independent chains",
    r"over samples|by sample": "independent samples",
    r"over (media|glasses|configurations)": r"independent \1",
}


def counted(estimate: EstimateResult) -> str:
    """Unit counted by `n`, from the estimate's method: glasses of one chain count once."""
    for pattern, said in _COUNTED.items():
        if found := re.search(pattern, estimate.method):
            return found.expand(said)
    return "independent chains or samples"


def tally(scorecard: Scorecard) -> dict[Verdict, int]:
    """Number of claims by verdict, without verdicts of zero claims."""
    return {verdict: count for verdict, count in verdicts_of(scorecard.claims).items() if count}


def verdicts_of(claims: Iterable[ClaimResult]) -> dict[Verdict, int]:
    """Number of claims by verdict, zeros included."""
    verdicts = [claim.verdict for claim in claims]
    return {verdict: verdicts.count(verdict) for verdict in MARKS}


def outcome(scorecard: Scorecard) -> str:
    """Sentence on the agreement of the scorecard with the recorded verdicts."""
    if not scorecard.claims:
        return "No claim could be judged."
    controls = [control for claim in scorecard.claims for control in claim.controls]
    judged = [claim for claim in scorecard.claims if claim.recorded is not None]
    faults = []
    if scorecard.changed:
        verb = "differs" if len(scorecard.changed) == 1 else "differ"
        faults.append(f"{plural(len(scorecard.changed), 'verdict')} {verb} from the record")
    if scorecard.missed:
        faults.append(f"{plural(len(scorecard.missed), 'recorded claim')} could not be judged")
    if failed := scorecard.failed_controls:
        faults.append(f"{plural(len(failed), 'control')} did not come out as required")
    if faults:
        return f"{' and '.join(faults)}."
    parts = ["Every recorded verdict is reproduced" if judged else "No verdict is recorded for these data"]
    if controls:
        parts.append(f"{plural(len(controls), 'control')} came out as required")
    return f"{'; '.join(parts)}."


def two_numbers(right: Correctness, covered: str) -> str:
    """Correctness and coverage as ``right: 188 of 188 (98 to 100 %); covers 1 of 4 tracks``, with the 95 % interval."""
    if not right.decided or right.low is None or right.high is None:
        return f"right: nothing decided; covers {covered}"
    within = f"{_per_cent(right.low)} to {_per_cent(right.high)} %"
    return f"right: {right.right} of {right.decided} ({within}); covers {covered}"


def score_line(score: Score) -> str:
    """Correctness and coverage of a submission."""
    return two_numbers(score.correctness, f"{score.tracks_covered} of {len(score.tracks)} tracks")


def track_line(track: TrackResult) -> str:
    """Correctness and coverage of a track."""
    if not track.asked:
        return "not known: the scorecard is from before there were tracks"
    return two_numbers(track.correctness, f"{track.correctness.decided} of {track.asked} questions")


def step_line(step: NextStep) -> str:
    """Gain of a suggested submission: ``+40 % of Kob-Andersen: ...``."""
    if step.track is None:
        return f"{step.questions} of {plural(step.asked, 'item')} on these data: {step.what}"
    questions = plural(step.questions, "question")
    return f"+{_per_cent(step.questions / step.asked)} % of {step.track} ({questions}): {step.what}"


def _per_cent(share: float) -> str:
    return f"{100.0 * share:.1f}" if 0.0 < share < 0.1 or 0.9 < share < 1.0 else f"{100.0 * share:.0f}"


def part_title(claim: ClaimResult, part: PartResult) -> str:
    """Claim id, followed by the part's name if the claim has several parts."""
    return claim.id if len(claim.parts) == 1 else f"{claim.id}[{part.name}]"


def by_verdict(claim: ClaimResult) -> str:
    """Parts by verdict, as in ``supported: m = 2; undecided: m = inf, d = 2``."""
    found = {verdict: [part.name for part in claim.parts if part.verdict == verdict] for verdict in MARKS}
    return "; ".join(f"{verdict}: {', '.join(names)}" for verdict, names in found.items() if names)


def part_faults(claim: ClaimResult, part: PartResult) -> list[str]:
    """Reasons why a part fails: a changed verdict with its reasons, then each failed control of the part."""
    why = "".join(f": {reason}" for reason in part.reasons[:1])
    faults = [f"recorded {part.recorded}, now {part.verdict}{why}"] if part.changed else []
    faults += [
        f"control {control.name!r} must be {control.must_be}, came out {control.verdict}: {control.reason}"
        for control in claim.failed_controls_of(part)
    ]
    return faults


def part_properties(part: PartResult) -> list[tuple[str, str]]:
    """Verdict, number and interval of a part by name, for programs that read a test report."""
    reported: list[tuple[str, str]] = [("verdict", part.verdict), ("recorded", part.recorded or "none")]
    if part.estimate is not None and not is_refused(part.estimate):
        numbers = (("value", part.estimate.value), ("low", part.estimate.low), ("high", part.estimate.high))
        reported += [("quantity", part.estimate.name), ("unit", part.estimate.unit)]
        reported += [(name, f"{value:.10g}") for name, value in numbers if value is not None]
    return reported


def part_lines(part: PartResult) -> list[str]:
    """Verdict, estimate and reasons of a part, one per line."""
    expect = part.decisive_test.expect if part.decisive_test else None
    apart = "" if part.discriminates else "; claim and rival expect the same here"
    lines = [f"verdict: {part.verdict} (recorded: {part.recorded or 'none'}){apart}"]
    if part.estimate is not None:
        lines += [
            f"{part.estimate.name}: {interval(part.estimate)}, expected {region(expect)}",
            f"smallest tolerance: {number(part.minimum_detectable_effect)}",
        ]
    return lines + [f"reason: {reason}" for reason in part.reasons]
