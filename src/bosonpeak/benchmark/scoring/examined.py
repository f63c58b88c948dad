"""A submitted ensemble with all findings about it before the score is computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.scoring.agreement import comparisons_with_reference
from bosonpeak.benchmark.scoring.objections import VOID, Objection, objections
from bosonpeak.benchmark.submission.reading import Say, Submitted
from bosonpeak.benchmark.submission.recomputing import Recomputed, enriched, recompute
from bosonpeak.benchmark.submission.reference_ensembles import Regime
from bosonpeak.validators.comparisons.two_sample import Comparison


@dataclass(frozen=True)
class Examined:
    """Submitted ensemble with its recomputed values, comparisons with the reference, and objections."""

    submitted: Submitted
    recomputed: Recomputed
    comparisons: tuple[Comparison, ...] = ()
    objections: tuple[Objection, ...] = ()

    @property
    def regime(self) -> Regime | None:
        """Regime of the reference ensemble with equal parameters, if there is one."""
        return self.submitted.regime

    @property
    def is_void(self) -> bool:
        """Return whether an objection voids the ensemble."""
        return any(objection.severity == VOID for objection in self.objections)


def examined(submitted: Submitted, reference: ReferenceData, say: Say = lambda text: None) -> Examined:
    """Recompute an ensemble, compare it with the reference, and collect objections; `say` reports progress."""
    recomputed = recompute(submitted, say)
    ensemble = enriched(submitted, recomputed)
    say(f"comparing {ensemble.name} with the reference data")
    comparisons = comparisons_with_reference(ensemble, reference.cell)
    return Examined(ensemble, recomputed, comparisons, objections(ensemble, reference.cell, comparisons))


def by_regime(ensembles: Iterable[Examined]) -> dict[Regime, Examined]:
    """Return the ensembles that have a regime of the reference data, by regime."""
    return {ensemble.regime: ensemble for ensemble in ensembles if ensemble.regime is not None}
