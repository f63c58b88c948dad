"""Agreement of a submission with the reference ensemble of the same regime."""

from __future__ import annotations

from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.reference_ensembles import Regime
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.quantities import comparable_quantities
from bosonpeak.validators.comparisons.two_sample import Comparison, compare_ensembles

NAME = "agrees with the reference: "
"""Prefix of the names of comparison items."""


def asked_comparisons(regime: Regime, open_reference: OpenEnsemble) -> tuple[str, ...]:
    """Names of the quantities required of a submission of a regime: all quantities of the reference."""
    return comparable_quantities(open_reference(regime.dataset, regime.group))


def comparisons_with_reference(submitted: Submitted, open_reference: OpenEnsemble) -> tuple[Comparison, ...]:
    """Compare an ensemble with the reference of its regime; empty without a regime or a common quantity."""
    if submitted.regime is None or why_not_comparable(submitted):
        return ()
    reference = open_reference(submitted.regime.dataset, submitted.regime.group)
    try:
        return compare_ensembles(submitted.dataset, reference=reference)
    except NotApplicableError:
        return ()


def why_not_comparable(submitted: Submitted) -> str:
    """Return the reason why an ensemble has no comparison with the reference of its regime; empty if it has."""
    regime, card = submitted.regime, submitted.card
    if regime is not None and card.is_network and card.degrees_of_freedom != regime.degrees_of_freedom:
        return f"the reference has {regime.degrees_of_freedom} nodes, the submission {card.degrees_of_freedom}"
    return ""
