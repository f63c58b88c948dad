"""Total score of a run: items of all axes, deductions by objections, and the sums."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from bosonpeak.benchmark.judging.reference_data import ReferenceData
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult
from bosonpeak.benchmark.scorecards.score_result import Score, ScoreItem
from bosonpeak.benchmark.scoring.agreement import NAME, agreement_items, asked_comparisons
from bosonpeak.benchmark.scoring.claims_axis import claim_items
from bosonpeak.benchmark.scoring.completeness_axis import completeness_items
from bosonpeak.benchmark.scoring.examined import Examined, by_regime
from bosonpeak.benchmark.scoring.grades import graded_axis
from bosonpeak.benchmark.scoring.measured import measured_items
from bosonpeak.benchmark.scoring.mechanics_axis import mechanics_items
from bosonpeak.benchmark.scoring.next_steps import next_steps
from bosonpeak.benchmark.scoring.objection import VOID, Objection
from bosonpeak.benchmark.scoring.tracks import asked_regimes, in_tracks
from bosonpeak.benchmark.submission.reference_regimes import Regime


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
