"""The score of a run: items of all axes, what objections take from them, and their sum."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bosonpeak.benchmark.cards.card import Card
from bosonpeak.benchmark.judging.reference_data import ReferenceData
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult
from bosonpeak.benchmark.scorecards.score_result import Score, ScoreItem
from bosonpeak.benchmark.scoring.agreement import NAME, agreement_items, asked_comparisons
from bosonpeak.benchmark.scoring.authenticity import Objection
from bosonpeak.benchmark.scoring.claims_axis import claim_items
from bosonpeak.benchmark.scoring.completeness_axis import completeness_items
from bosonpeak.benchmark.scoring.grades import graded_axis
from bosonpeak.benchmark.scoring.mechanics_axis import mechanics_items
from bosonpeak.benchmark.scoring.provenance_axis import provenance_items
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.recomputing import Recomputed
from bosonpeak.benchmark.submission.reference_regimes import Regime, regimes
from bosonpeak.validators.comparisons.two_sample import Comparison

VOID = "void"


def total_score(
    root: Path,
    card: Card,
    submitted: Sequence[Submitted],
    recomputed: Sequence[Recomputed],
    comparisons: Sequence[Sequence[Comparison]],
    results: Iterable[ClaimResult],
    objections: Sequence[Objection],
    reference: ReferenceData,
    conformance: tuple[Sequence[ScoreItem], Sequence[str]],
) -> Score:
    """Add up everything that is known of a run.

    Parameters
    ----------
    root : Path
        The run.
    card : Card
    submitted : sequence of Submitted
    recomputed : sequence of Recomputed
        Of each ensemble.
    comparisons : sequence of sequence of Comparison
        Of each ensemble with the reference.
    results : iterable of ClaimResult
        Claims, judged on the submission.
    objections : sequence of Objection
        Those that are void take everything from the ensembles that they are about.
    reference : ReferenceData
    conformance : sequence of ScoreItem, sequence of str
        From `conformance_items`.

    Returns
    -------
    Score
    """
    names = {objection.where for objection in objections if objection.severity == VOID}
    void = [ensemble.regime for ensemble in submitted if ensemble.name in names and ensemble.regime is not None]
    answers, notes = conformance
    mechanics, of_no_regime = mechanics_items(submitted, recomputed, reference, void)
    claims = [*claim_items(results, reference, void), *_comparisons(submitted, comparisons, reference, void)]
    axes = (
        graded_axis("conformance", answers),
        graded_axis("mechanics", mechanics, of_no_regime, void=bool(names)),
        graded_axis("claims", claims, void=bool(names)),
        graded_axis("completeness", completeness_items(submitted, reference, void), void=bool(names)),
        graded_axis("provenance", provenance_items(card, root)),
    )
    return Score.of(axes, [*map(_told, objections), *notes])


def _told(objection: Objection) -> str:
    effect = "void, earns nothing" if objection.severity == VOID else "note"
    return f"{objection.where}: {objection.kind} ({effect}): {objection.evidence}"


def _comparisons(
    submitted: Sequence[Submitted],
    comparisons: Sequence[Sequence[Comparison]],
    reference: ReferenceData,
    void: Sequence[Regime],
) -> list[ScoreItem]:
    """Comparisons with the reference for every regime, whatever was submitted."""
    by_regime = {
        ensemble.regime: (ensemble, compared) for ensemble, compared in zip(submitted, comparisons, strict=True)
    }
    items: list[ScoreItem] = []
    for regime in regimes():
        if regime not in by_regime:
            items += [
                ScoreItem("claims", NAME + name, regime.name, "missing", 0.0, "no such ensemble was submitted")
                for name in _asked_comparisons()[regime]
            ]
            continue
        ensemble, compared = by_regime[regime]
        found = agreement_items(ensemble, reference.cell, compared)
        items += [item.voided() for item in found] if regime in void else found
    return items


@functools.cache
def _asked_comparisons() -> Mapping[Regime, tuple[str, ...]]:
    """What the reference of each regime can be compared by; every file is read once."""
    reference = ReferenceData()
    return {regime: asked_comparisons(regime, reference.cell) for regime in regimes()}
