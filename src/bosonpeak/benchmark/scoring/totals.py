"""Total score of a run: items, deductions, sums, measurements outside the reference regimes, next submissions.

Measurements on glasses outside every reference regime are reported without a verdict.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence

from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult
from bosonpeak.benchmark.scorecards.score_result import NextStep, Score, ScoreItem
from bosonpeak.benchmark.scoring.agreement import NAME, agreement_items, asked_comparisons
from bosonpeak.benchmark.scoring.claims_axis import claim_items
from bosonpeak.benchmark.scoring.coverage_axes import completeness_items
from bosonpeak.benchmark.scoring.examined import Examined, by_regime
from bosonpeak.benchmark.scoring.grades import graded_axis
from bosonpeak.benchmark.scoring.mechanics_axis import mechanics_items
from bosonpeak.benchmark.scoring.objections import VOID, Objection
from bosonpeak.benchmark.scoring.tracks import asked_ensembles, asked_regimes, in_tracks
from bosonpeak.benchmark.submission.reading import NO_CUBES, Submitted
from bosonpeak.benchmark.submission.reference_ensembles import Regime
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables

MOST = 3

_SHOWN = 6


def next_steps(items: Iterable[ScoreItem]) -> tuple[NextStep, ...]:
    """At most `MOST` submissions by descending gain, the share of a track that each would answer."""
    asked: dict[str, int] = {}
    places: dict[tuple[str, str], list[ScoreItem]] = {}
    for item in items:
        if item.track is not None:
            asked[item.track] = asked.get(item.track, 0) + 1
            places.setdefault((item.track, item.where), []).append(item)
    found = []
    for (track, where), there in places.items():
        for what, open_ones in _kinds(where, there):
            if open_ones:
                found.append(NextStep(open_ones[0].track or "conformance", what, len(open_ones), asked[track]))
    found = _whole_conformance(found, asked.get("conformance", 0))
    return tuple(sorted(found, key=lambda step: -step.questions / step.asked)[:MOST])


def _kinds(where: str, items: Sequence[ScoreItem]) -> list[tuple[str, list[ScoreItem]]]:
    """Missing and undecided items of one place, each group with the submission that would settle the group."""
    missing = [item for item in items if item.outcome == "missing"]
    undecided = [item for item in items if item.outcome == "undecided"]
    if items[0].axis == "conformance":
        return [(f"answers to the case {where}: {_names(missing)}", missing), _more(where, undecided)]
    make = next((ensemble.make for ensemble in asked_ensembles() if ensemble.regime == where), where)
    if len(missing) == len(items):
        return [(make, missing)]
    return [(f"of the ensemble {where}: {_names(missing)}", missing), _more(where, undecided)]


def _more(where: str, undecided: list[ScoreItem]) -> tuple[str, list[ScoreItem]]:
    return f"more samples of {where}, or what its notes ask for, would decide: {_names(undecided)}", undecided


def _names(items: Sequence[ScoreItem]) -> str:
    names = [item.name.removeprefix(NAME) for item in items]
    return "; ".join(names[:_SHOWN]) + (f"; and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _whole_conformance(steps: list[NextStep], asked: int) -> list[NextStep]:
    """Merge the conformance steps of all cases into one step if no case was answered."""
    cases = [step for step in steps if step.track == "conformance"]
    if not asked or sum(step.questions for step in cases) < asked:
        return steps
    others = [step for step in steps if step.track != "conformance"]
    return [*others, NextStep("conformance", "answers to the conformance cases", asked, asked)]


LISTED = 50
"""Levels from the lowest up, where the shortest list has as many."""

NO_REFERENCE = "measured, no reference"


def measured_items(ensembles: Iterable[Examined]) -> list[ScoreItem]:
    """Undecided or missing items of exponent, level statistics and vortex content of ensembles without a regime."""
    return [
        _item(name, one.submitted, measure)
        for one in ensembles
        if one.regime is None and not one.submitted.card.is_network
        for name, measure in _MEASURES.items()
    ]


def _item(name: str, submitted: Submitted, measure: Callable[[Submitted], Estimate]) -> ScoreItem:
    try:
        found = measure(submitted)
    except NotApplicableError as error:
        return ScoreItem("claims", name, submitted.name, "missing", 0.0, f"not measured: {error.what}")
    told = "; ".join([found.in_short, *found.warnings])
    return ScoreItem("claims", name, submitted.name, "undecided", 0.0, f"{NO_REFERENCE}: {told}")


def _exponent(submitted: Submitted) -> Estimate:
    from bosonpeak.validators.power_laws.exponent_s import exponent

    if not submitted.is_in_cubes:
        raise NotApplicableError(NO_CUBES)
    require_variables(submitted.dataset, "eigenfrequency", "first_phonon")
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


def total_score(
    ensembles: Sequence[Examined],
    results: Iterable[ClaimResult],
    reference: ReferenceData,
    *,
    conformance: tuple[Sequence[ScoreItem], Sequence[str]],
    provenance: Sequence[ScoreItem],
) -> Score:
    """Add up all findings about a run; void ensembles earn nothing."""
    void = any(ensemble.is_void for ensemble in ensembles)
    answers, notes = conformance
    asked_of = asked_regimes(ensembles)
    mechanics, of_no_regime = mechanics_items(ensembles, reference, asked_of)
    regimes_void = {ensemble.regime for ensemble in ensembles if ensemble.is_void and ensemble.regime is not None}
    claims = [
        *claim_items(results, reference, asked_of, regimes_void),
        *_comparisons(ensembles, reference, asked_of),
    ]
    axes = (
        graded_axis("conformance", in_tracks(answers)),
        graded_axis("mechanics", in_tracks(mechanics), of_no_regime, void=void),
        graded_axis("claims", in_tracks(claims), measured_items(ensembles), void=void),
        graded_axis("completeness", completeness_items(ensembles, reference, asked_of), void=void),
        graded_axis("provenance", provenance),
    )
    told = [_told(objection) for ensemble in ensembles for objection in ensemble.objections]
    return Score.of(axes, [*told, *notes], next_steps(item for axis in axes for item in axis.items))


def _told(objection: Objection) -> str:
    effect = "void, earns nothing" if objection.severity == VOID else "note"
    return f"{objection.where}: {objection.kind} ({effect}): {objection.evidence}"


def _comparisons(
    ensembles: Iterable[Examined], reference: ReferenceData, asked_of: Iterable[Regime]
) -> list[ScoreItem]:
    """Comparison items for every regime of `asked_of`."""
    known = by_regime(ensembles)
    items: list[ScoreItem] = []
    for regime in asked_of:
        if regime not in known:
            items += [
                ScoreItem("claims", NAME + name, regime.name, "missing", 0.0, "no such ensemble was submitted")
                for name in _asked_comparisons(regime)
            ]
            continue
        found = agreement_items(known[regime].submitted, reference.cell, known[regime].comparisons)
        items += [item.voided() for item in found] if known[regime].is_void else found
    return items


@functools.cache
def _asked_comparisons(regime: Regime) -> tuple[str, ...]:
    """Names of the comparable quantities of a regime's reference; its file is read once."""
    return asked_comparisons(regime, ReferenceData().cell)
