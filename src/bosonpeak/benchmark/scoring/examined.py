"""A submission with everything recomputed, compared and judged, from which every axis of the score takes its items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bosonpeak.benchmark.cards.card import Card
from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult
from bosonpeak.benchmark.scorecards.score_result import ScoreItem
from bosonpeak.benchmark.scorecards.scorecard import NotRun
from bosonpeak.benchmark.scoring.objections import VOID, Objection, comparisons_with_reference, objections
from bosonpeak.benchmark.submission.reading import Say, Submitted
from bosonpeak.benchmark.submission.recomputing import Recomputed, enriched, recompute
from bosonpeak.benchmark.submission.reference_ensembles import Regime
from bosonpeak.validators.comparisons.two_sample import Comparison


@dataclass(frozen=True)
class ExaminedEnsemble:
    """Submitted ensemble with its recomputed values, comparisons with the reference, and objections."""

    submitted: Submitted
    recomputed: Recomputed
    comparisons: tuple[Comparison, ...] = ()
    objections: tuple[Objection, ...] = ()

    @property
    def is_void(self) -> bool:
        """Return whether an objection voids the ensemble."""
        return any(objection.severity == VOID for objection in self.objections)


@dataclass(frozen=True)
class Asked:
    """Regime of the reference data with the submitted ensemble, if there is one, or an ensemble without a regime."""

    name: str
    regime: Regime | None
    ensemble: ExaminedEnsemble | None

    def voided(self, items: Sequence[ScoreItem]) -> list[ScoreItem]:
        """Return the items as scored for void data if the ensemble is void, else unchanged."""
        void = self.ensemble is not None and self.ensemble.is_void
        return [item.voided() if void else item for item in items]


@dataclass(frozen=True)
class Examined:
    """A submission with everything recomputed, compared and judged."""

    root: Path  # folder or file of the run
    card: Card
    ensembles: tuple[ExaminedEnsemble, ...] = ()
    answers: tuple[ScoreItem, ...] = ()  # items of the conformance cases
    notes: tuple[str, ...] = ()  # remarks on the answers
    results: tuple[ClaimResult, ...] = ()  # claims judged on the submission
    not_run: tuple[NotRun, ...] = ()  # claims that could not be judged
    reference: ReferenceData = field(default_factory=ReferenceData)

    @property
    def submitted(self) -> list[Submitted]:
        """Submitted ensembles in the order of the card."""
        return [ensemble.submitted for ensemble in self.ensembles]

    @property
    def is_void(self) -> bool:
        """Return whether an ensemble is void."""
        return any(ensemble.is_void for ensemble in self.ensembles)

    def asked(self, regimes: Sequence[Regime]) -> tuple[Asked, ...]:
        """Places of the given regimes."""
        known = {one.submitted.regime: one for one in self.ensembles if one.submitted.regime is not None}
        return tuple(Asked(regime.name, regime, known.get(regime)) for regime in regimes)

    @property
    def without_regime(self) -> tuple[Asked, ...]:
        """Places of the submitted ensembles without a regime."""
        return tuple(Asked(one.submitted.name, None, one) for one in self.ensembles if one.submitted.regime is None)


class AxisItems(Protocol):
    """Items of one axis of the score, such as `mechanics_axis.items`."""

    def __call__(self, examined: Examined, asked: Sequence[Asked]) -> Sequence[ScoreItem]:
        """Compute the items of an axis.

        Parameters
        ----------
        examined : Examined
            The submission.
        asked : sequence of Asked
            Regimes and ensembles of the items; ignored by axes about the whole run.

        Returns
        -------
        sequence of ScoreItem
            Void data earn nothing.
        """


def examined_ensemble(submitted: Submitted, reference: ReferenceData, say: Say = lambda text: None) -> ExaminedEnsemble:
    """Recompute an ensemble, compare it with the reference, and collect objections; `say` reports progress."""
    recomputed = recompute(submitted, say)
    ensemble = enriched(submitted, recomputed)
    say(f"comparing {ensemble.name} with the reference data")
    comparisons = comparisons_with_reference(ensemble, reference.cell)
    return ExaminedEnsemble(ensemble, recomputed, comparisons, objections(ensemble, reference.cell, comparisons))
