"""Claims axis: tests of the claims, compared with the reference verdicts, and comparisons with the reference data."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import xarray as xr

from bosonpeak.benchmark.cards.card import OnRecord
from bosonpeak.benchmark.judging.claim import Claim, ClaimTest, Part
from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.judging.judgement import judge_claim, run_test
from bosonpeak.benchmark.judging.measurements import Measurements, ReferenceData
from bosonpeak.benchmark.judging.verdicts import Judgement
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, Decision, TestResult
from bosonpeak.benchmark.scorecards.score_result import Outcome, ScoreItem
from bosonpeak.benchmark.scorecards.scorecard import NotRun
from bosonpeak.benchmark.scoring.examined import Asked, Examined, ExaminedEnsemble
from bosonpeak.benchmark.scoring.objections import (
    NAME,
    asked_comparisons,
    why_not_comparable,
    why_off_the_first_phonon,
)
from bosonpeak.benchmark.submission.reading import NO_CUBES, Submitted
from bosonpeak.benchmark.submission.reference_ensembles import Regime, regimes, why_none
from bosonpeak.datasets.errors import CardError, NotApplicableError, did_you_mean
from bosonpeak.validators.comparisons.two_sample import Agreement
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables

Progress = Callable[[str, int, int], None]

CALIBRATION = "null/"
"""Datasets of this kind are known truth to measure against, the same for everybody; no submission replaces them."""

Place = tuple[str, str]
"""Dataset and group."""

_OUTCOMES: Mapping[Agreement, Outcome] = {"agrees": "met", "differs": "not met", "undecided": "undecided"}


@dataclass(frozen=True)
class AskedTest:
    """One test of a claim, on one ensemble of a regime."""

    claim: Claim
    part: Part
    test: ClaimTest
    cell: str
    regime: Regime

    def on(self, data: Measurements) -> tuple[TestResult, Judgement]:
        """Run the test with the significance correction of its claim."""
        return run_test(self.test, self.cell, data, comparisons=self.claim.comparisons, together=self.part.comparisons)

    @property
    def name(self) -> str:
        """Name of the score item of this test."""
        return f"{self.claim.id}: {self.test.name}"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Key of the test: claim, test, dataset, group."""
        return self.claim.id, self.test.name, self.test.dataset, self.cell


@functools.cache
def asked_tests() -> tuple[AskedTest, ...]:
    """Return all tests of claims that concern a regime, independent of the submission."""
    by_place = {place: regime for regime in regimes() for place in regime.places}
    return tuple(
        AskedTest(claim, part, test, cell, by_place[test.dataset, cell])
        for claim in load_claims()
        for part in claim.parts
        for test in part.tests
        for cell in test.cells
        if (test.dataset, cell) in by_place
    )


def judged_claims(
    submitted: Sequence[Submitted],
    recorded: Mapping[str, Mapping[str, Decision]],
    progress: Progress = lambda claim, number, total: None,
) -> tuple[list[ClaimResult], list[NotRun]]:
    """Run every claim on the submission; return the results and, with reasons, the claims that could not be run."""
    data = SubmittedData(submitted)
    claims = load_claims()
    results, left_out = [], []
    for number, claim in enumerate(claims):
        reason = _why_not(claim, data)
        if reason is None:
            progress(claim.id, number, len(claims))
            result = judge_claim(
                claim,
                Measurements(data.cell),
                recorded=recorded.get(claim.id, {}),
                only=data.holds,
                with_controls=False,
            )
            run = any(part.verdict != "not run" for part in result.parts)
            reason = None if run else _why_undone(result.tests)
        if reason is None:
            results.append(result)
        else:
            left_out.append(NotRun(claim.id, reason, recorded.get(claim.id, {}).get(claim.parts[0].name)))
    return results, left_out


def on_record(recorded: Mapping[str, OnRecord]) -> dict[str, dict[str, Decision]]:
    """Verdicts recorded in a card, by claim and part; CardError if unknown or not given for each of several parts."""
    claims = {claim.id: claim for claim in load_claims()}
    found, faults = {}, []
    for identifier, said in recorded.items():
        if identifier not in claims:
            faults.append(_no_such("claim", identifier, claims))
            continue
        names = [part.name for part in claims[identifier].parts]
        if isinstance(said, str) and len(names) > 1:
            faults.append(f"{identifier} has several parts: give each a verdict ({', '.join(map(repr, names))})")
        by_part = dict.fromkeys(names, said) if isinstance(said, str) else dict(said)
        faults += [f"{identifier}: {_no_such('part', name, names)}" for name in by_part if name not in names]
        found[identifier] = by_part
    if faults:
        raise CardError("the recorded verdicts cannot be checked", got="; ".join(faults))
    return found


def items(examined: Examined, asked: Sequence[Asked]) -> list[ScoreItem]:
    """Items of the claims' tests and of the comparisons with the reference, as `AxisItems`; void data earn nothing."""
    # A test is met if its verdict is the reference verdict, not met if opposite, else undecided.
    outcomes = {
        (claim.id, test.name, test.dataset, str(test.cell["ensemble"])): test
        for claim in examined.results
        for test in claim.tests
    }
    places = {place.regime: place for place in asked if place.regime is not None}
    found: list[ScoreItem] = []
    for test in asked_tests():
        if test.regime in places:
            item = _test_item(test, outcomes.get(test.key), examined.reference)
            found += places[test.regime].voided([item])
    for regime, place in places.items():
        found += place.voided(_comparison_items(regime, place.ensemble))
    for place in asked:
        if place.regime is None and place.ensemble is not None and not place.ensemble.submitted.card.is_network:
            one = place.ensemble.submitted
            found += place.voided([_measured_item(name, one, measure) for name, measure in _MEASURES.items()])
    return found


def _comparison_items(regime: Regime, ensemble: ExaminedEnsemble | None) -> list[ScoreItem]:
    """One item per quantity of the regime's reference, missing ones included."""
    why, known = "no such ensemble was submitted", {}
    if ensemble is not None:
        why = why_not_comparable(ensemble.submitted) or "not submitted"
        known = {comparison.quantity: comparison for comparison in ensemble.comparisons}
    found = []
    for name in _asked_comparisons(regime):
        outcome: Outcome = _OUTCOMES[known[name].verdict] if name in known else "missing"
        evidence = known[name].reason if name in known else why
        found.append(ScoreItem("claims", NAME + name, regime.name, outcome, float(outcome == "met"), evidence))
    return found


@functools.cache
def _asked_comparisons(regime: Regime) -> tuple[str, ...]:
    """Names of the comparable quantities of a regime's reference; its file is read once."""
    return asked_comparisons(regime, ReferenceData().cell)


class SubmittedData:
    """Submitted ensembles, opened under the names of the reference ensembles of the same regime."""

    def __init__(self, submitted: Sequence[Submitted]) -> None:
        self.submitted = submitted
        self._by_place: dict[Place, Submitted] = {
            place: ensemble for ensemble in submitted if ensemble.regime is not None for place in ensemble.regime.places
        }
        self._calibration = ReferenceData()

    def holds(self, test: ClaimTest, cell: str) -> bool:
        """Return whether the submission has the ensemble of a test."""
        return (test.dataset, cell) in self._by_place

    def cell(self, dataset: str, group: str) -> xr.Dataset:
        """Submitted ensemble that replaces a registered one; NotApplicableError if there is none."""
        if (dataset, group) in self._by_place:
            return self._by_place[dataset, group].dataset
        if dataset.startswith(CALIBRATION):
            return self._calibration.cell(dataset, group)
        raise NotApplicableError(f"it also needs the ensemble {group} of {dataset}, which the submission does not hold")


def _no_such(noun: str, name: str, names: Iterable[str]) -> str:
    return ", ".join(filter(None, (f"{name!r} names no {noun}", did_you_mean(name, names))))


def _why_not(claim: Claim, data: SubmittedData) -> str | None:
    if any(data.holds(test, cell) for test in claim.tests for cell in test.cells):
        return None
    system = claim.regime.get("system")
    of_system = [ensemble for ensemble in data.submitted if ensemble.card.system == system]
    if system is None:
        return "it is about a theory, not about a system that can be simulated"
    if not of_system:
        systems = ", ".join(sorted({ensemble.card.system for ensemble in data.submitted}))
        return f"it is about {system}, the submission holds {systems or 'no ensemble'}"
    without = [ensemble for ensemble in of_system if ensemble.regime is None]
    if without and len(without) == len(of_system):
        return why_none(without[0].card) if without[0].is_in_cubes else NO_CUBES
    cells = sorted({f"{test.dataset}/{cell}" for test in claim.tests for cell in test.cells})
    there = ", ".join(ensemble.regime.name for ensemble in of_system if ensemble.regime is not None)
    return f"no test of it applies to {there}; its tests are about {', '.join(cells)}"


def _why_undone(tests: Sequence[TestResult]) -> str:
    return "; ".join(dict.fromkeys(test.reason for test in tests))


def _test_item(asked: AskedTest, outcome: TestResult | None, reference: ReferenceData) -> ScoreItem:
    name, where = asked.name, asked.regime.name
    if outcome is None:
        return ScoreItem("claims", name, where, "missing", 0.0, "no such ensemble was submitted")
    if outcome.verdict == "not run":
        return ScoreItem("claims", name, where, "missing", 0.0, outcome.reason)
    if outcome.verdict == "undecided":
        return ScoreItem("claims", name, where, "undecided", 0.0, outcome.reason)
    theirs, judgement = asked.on(Measurements(reference.cell))
    evidence = f"{outcome.verdict}, the reference data: {theirs.verdict}; {outcome.reason}"
    if judgement.verdict not in ("supported", "refuted"):
        return ScoreItem("claims", name, where, "undecided", 0.0, evidence)
    same = judgement.verdict == outcome.verdict
    return ScoreItem("claims", name, where, "met" if same else "not met", float(same), evidence)


LISTED = 50
"""Levels from the lowest up, where the shortest list has as many."""

NO_REFERENCE = "measured, no reference"


def _measured_item(name: str, submitted: Submitted, measure: Callable[[Submitted], Estimate]) -> ScoreItem:
    try:
        found = measure(submitted)
    except NotApplicableError as error:
        return ScoreItem("claims", name, submitted.name, "missing", 0.0, f"not measured: {error.what}")
    reported = "; ".join([found.in_short, *found.warnings])
    return ScoreItem("claims", name, submitted.name, "undecided", 0.0, f"{NO_REFERENCE}: {reported}")


def _exponent(submitted: Submitted) -> Estimate:
    from bosonpeak.validators.power_laws.exponent_s import exponent

    if not submitted.is_in_cubes:
        raise NotApplicableError(NO_CUBES)
    require_variables(submitted.dataset, "eigenfrequency", "first_phonon")
    if reason := why_off_the_first_phonon(submitted.dataset, submitted.card.dimension):
        raise NotApplicableError(reason)
    return exponent(submitted.dataset)


def _level_statistics(submitted: Submitted) -> Estimate:
    from bosonpeak.validators.levels.spacing_statistics import level_statistics

    require_variables(submitted.dataset, "eigenfrequency")
    listed = int(submitted.dataset["eigenfrequency"].notnull().sum("mode").min())
    return level_statistics(submitted.dataset, part="lowest", count=min(LISTED, listed)).goe_likeness


def _vortex_content(submitted: Submitted) -> Estimate:
    from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval
    from bosonpeak.validators.vortices.curl_content import vorticity_of_ensemble

    require_variables(submitted.dataset, "eigenvector", "position")
    content = vorticity_of_ensemble(submitted.dataset)["curl_content"]
    value, low, high = mean_interval(content.mean("low_mode").values)
    return Estimate("curl content", value, low, high, LEVEL, len(content), "mean over glasses of that of their modes")


_MEASURES: Mapping[str, Callable[[Submitted], Estimate]] = {
    "exponent s of the density of states, two-sided window": _exponent,
    "level statistics: likeness to GOE of the lowest levels": _level_statistics,
    "vortices: curl content of the lowest modes": _vortex_content,
}
