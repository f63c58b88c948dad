"""Agreement of a submission with the reference ensemble of the same regime, as items of the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.benchmark.scorecards.score_result import Outcome, ScoreItem
from bosonpeak.benchmark.submission.reference_ensembles import Regime
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.quantities import comparable_quantities
from bosonpeak.validators.comparisons.two_sample import Agreement, Comparison, compare_ensembles

if TYPE_CHECKING:
    from bosonpeak.benchmark.submission.reading import Submitted

NAME = "agrees with the reference: "
"""How the items of comparisons begin."""

_OUTCOMES: dict[Agreement, Outcome] = {"agrees": "met", "differs": "not met", "undecided": "undecided"}


def asked_comparisons(regime: Regime, open_reference: OpenEnsemble) -> tuple[str, ...]:
    """Names of the quantities required of a submission of a regime: all quantities of the reference."""
    return comparable_quantities(open_reference(regime.dataset, regime.group))


def comparisons_with_reference(submitted: Submitted, open_reference: OpenEnsemble) -> tuple[Comparison, ...]:
    """Compare an ensemble with the reference of its regime; empty without a regime or a common quantity."""
    if submitted.regime is None or why_not_comparable(submitted):
        return ()
    reference = open_reference(submitted.regime.dataset, submitted.regime.group)
    try:
        return compare_ensembles(submitted.dataset, reference)
    except NotApplicableError:
        return ()


def agreement_items(
    submitted: Submitted, open_reference: OpenEnsemble, comparisons: Sequence[Comparison] | None = None
) -> list[ScoreItem]:
    """Items on the axis "claims", one per quantity of the regime's reference, missing ones included."""
    if submitted.regime is None:
        return []
    found = comparisons_with_reference(submitted, open_reference) if comparisons is None else comparisons
    by_name = {comparison.quantity: comparison for comparison in found}
    why_missing = why_not_comparable(submitted) or "not submitted"
    asked = asked_comparisons(submitted.regime, open_reference)
    return [_item(name, submitted.regime.name, by_name.get(name), why_missing) for name in asked]


def why_not_comparable(submitted: Submitted) -> str:
    """Return the reason why an ensemble has no comparison with the reference of its regime; empty if it has."""
    regime, card = submitted.regime, submitted.card
    if regime is not None and card.is_network and card.degrees_of_freedom != regime.degrees_of_freedom:
        return f"the reference has {regime.degrees_of_freedom} nodes, the submission {card.degrees_of_freedom}"
    return ""


def _item(name: str, where: str, comparison: Comparison | None, why_missing: str) -> ScoreItem:
    if comparison is None:
        return ScoreItem("claims", NAME + name, where, "missing", 0.0, why_missing)
    outcome = _OUTCOMES[comparison.verdict]
    return ScoreItem("claims", NAME + name, where, outcome, float(outcome == "met"), comparison.reason)
