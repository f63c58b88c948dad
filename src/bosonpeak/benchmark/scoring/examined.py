"""A submitted ensemble with everything that is found out about it before the score is added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bosonpeak.benchmark.judging.reference_data import ReferenceData
from bosonpeak.benchmark.scoring.agreement import comparisons_with_reference
from bosonpeak.benchmark.scoring.authenticity import objections
from bosonpeak.benchmark.scoring.objection import VOID, Objection
from bosonpeak.benchmark.submission.enriching import enriched
from bosonpeak.benchmark.submission.reading import Say, Submitted
from bosonpeak.benchmark.submission.recomputing import Recomputed, recompute
from bosonpeak.benchmark.submission.reference_regimes import Regime
from bosonpeak.validators.comparisons.two_sample import Comparison


@dataclass(frozen=True)
class Examined:
    """One ensemble of a submission, and what came of looking at it.

    Parameters
    ----------
    submitted : Submitted
        With what its configurations say.
    recomputed : Recomputed
    comparisons : tuple of Comparison
        With the reference of its regime.
    objections : tuple of Objection
    """

    submitted: Submitted
    recomputed: Recomputed
    comparisons: tuple[Comparison, ...] = ()
    objections: tuple[Objection, ...] = ()

    @property
    def regime(self) -> Regime | None:
        """The reference ensemble of equal parameters, if there is one."""
        return self.submitted.regime

    @property
    def is_void(self) -> bool:
        """Whether an objection takes everything from it."""
        return any(objection.severity == VOID for objection in self.objections)


def examined(submitted: Submitted, reference: ReferenceData, say: Say = lambda text: None) -> Examined:
    """Recompute an ensemble, compare it with the reference, and look for what speaks against it.

    Parameters
    ----------
    submitted : Submitted
        As it was read.
    reference : ReferenceData
    say : callable
        Told what is being done.

    Returns
    -------
    Examined
    """
    recomputed = recompute(submitted, say)
    ensemble = enriched(submitted, recomputed)
    say(f"comparing {ensemble.name} with the reference data")
    comparisons = comparisons_with_reference(ensemble, reference.cell)
    return Examined(ensemble, recomputed, comparisons, objections(ensemble, reference.cell, comparisons))


def by_regime(ensembles: Iterable[Examined]) -> dict[Regime, Examined]:
    """Those ensembles that the reference data hold too."""
    return {ensemble.regime: ensemble for ensemble in ensembles if ensemble.regime is not None}
