"""Objections, reasons to distrust an ensemble: copies, repetitions, wrong labels, wrong units, selected samples."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.benchmark.submission.reading import Submitted, stored_configurations
from bosonpeak.benchmark.submission.reference_ensembles import Regime, regimes
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.schema.configuration import cells
from bosonpeak.validators.comparisons.quantities import (
    ALL_COUNTS,
    LOW_COUNTS,
    LOWEST,
    comparable_quantities,
    low_frequencies,
    sample_quantities,
)
from bosonpeak.validators.comparisons.sample_repetitions import (
    COMPARED,
    Repetition,
    repeated_samples,
    shared_samples,
    shortest_distances,
)
from bosonpeak.validators.comparisons.selection import missing_tail, narrowed
from bosonpeak.validators.comparisons.two_sample import Comparison, compare_ensembles

VOID = "void"

Kind = Literal["duplicated", "copied", "rescaled", "relabelled", "selected"]


@dataclass(frozen=True)
class Objection:
    """Reason to distrust an ensemble's description; void data earn nothing, a note is only printed."""

    kind: Kind
    severity: Literal["void", "note"]
    where: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}: {self.evidence}"


SURELY_DIFFERENT = 1e-3
"""Corrected p-value of a difference from the regime on the card, from which on another one is looked for."""

FEWEST_AGREEING = 3
"""Quantities that must agree, with none that differs, before another label is named."""

LEAST_FACTOR = 0.05
"""Factors nearer to 1, in relative terms, are not distinguished from a physical difference."""

CONVENTIONS = {2.0 * math.pi: "2 pi", 0.5 / math.pi: "1/(2 pi)"}
"""Factors that a convention makes: angular frequency against frequency."""

_CONVENTION_TOLERANCE = 0.05
_LOW = ("lowest frequency", f"mean of the {LOWEST} lowest frequencies")
_EXAMPLES = 3


def objections(
    submitted: Submitted, open_reference: OpenEnsemble, comparisons: Sequence[Comparison] | None = None
) -> tuple[Objection, ...]:
    """Collect all objections to an ensemble's card, void ones first."""
    if submitted.card.parameters.get("displacement") == 0.0:
        return ()
    found = list(_selected_by_the_card(submitted))
    regime = None if why_not_comparable(submitted) else submitted.regime
    reference = None if regime is None else open_reference(regime.dataset, regime.group)
    if submitted.configurations is not None and submitted.configurations.sizes["particle"] >= COMPARED:
        stored = None if reference is None else stored_configurations(reference)
        theirs = None if stored is None else _distances(stored)
        found += _repeated(submitted, "configurations", _distances(submitted.configurations), theirs)
    if "eigenfrequency" in submitted.dataset:
        # Copies are recognised by the stable modes.
        submitted = replace(submitted, dataset=submitted.dataset.drop_vars("unstable_frequency", errors="ignore"))
        against = comparisons_with_reference(submitted, open_reference) if comparisons is None else comparisons
        theirs = None if reference is None else low_frequencies(reference, COMPARED)
        found += _repeated(submitted, "samples", low_frequencies(submitted.dataset, COMPARED), theirs)
        found += _mistaken(submitted, open_reference, against)
    return tuple(sorted(found, key=lambda objection: objection.severity != VOID))


def _distances(configurations: xr.Dataset) -> FloatArray:
    box = cells(configurations) if "box_tilt" in configurations else configurations["box"].values
    return shortest_distances(configurations["position"].values, box)


def _repeated(submitted: Submitted, noun: str, rows: FloatArray, theirs: FloatArray | None) -> Iterator[Objection]:
    """Yield objections to samples that repeat an earlier sample, or a sample of the regime's reference."""
    count = f"of {len(rows)} {noun}"
    if repeated := repeated_samples(rows):
        evidence = f"{len(repeated)} {count} repeat an earlier one: {_examples(repeated)}"
        yield Objection("duplicated", "void", submitted.name, evidence)
    if theirs is not None and submitted.regime is not None and (copied := shared_samples(rows, theirs)):
        evidence = f"{len(copied)} {count} are {noun} of {submitted.regime.name}: {_examples(copied)}"
        yield Objection("copied", "void", submitted.name, evidence)


def _mistaken(
    submitted: Submitted, open_reference: OpenEnsemble, comparisons: Sequence[Comparison]
) -> Iterator[Objection]:
    """Yield the objections that follow from comparisons with the reference and with references of other regimes."""
    regime = submitted.regime
    if regime is None or not comparisons:
        return
    reference = open_reference(regime.dataset, regime.group)
    if _worst(comparisons) < SURELY_DIFFERENT:
        wrong = _relabelled(submitted, regime, open_reference) or _rescaled(submitted, reference)
        if wrong is not None:
            yield wrong
            return
    yield from _selected(submitted, reference)


def _rescaled(submitted: Submitted, reference: xr.Dataset) -> Objection | None:
    """Objection to frequencies in other units: a single factor brings all quantities to agreement."""
    factor = _factor(submitted.dataset, reference)
    if factor is None:
        return None
    convention = next((c for c in CONVENTIONS if abs(factor / c - 1.0) < _CONVENTION_TOLERANCE), None)
    chosen = factor if convention is None else convention
    scaling = {quantity.name for quantity in sample_quantities(reference) if quantity.frequency_power}
    scaling |= {LOW_COUNTS, ALL_COUNTS}
    everything = compare_ensembles(submitted.dataset, reference=reference, frequency_factor=chosen)
    again = [comparison for comparison in everything if comparison.quantity in scaling]
    verdicts = Counter(comparison.verdict for comparison in again)
    # Frequencies of different glasses may differ by a few per cent throughout, never by a factor of six.
    both_ends = any(comparison.quantity not in (*_LOW, LOW_COUNTS) for comparison in again)
    everything_agrees = both_ends and verdicts["agrees"] == len(again)
    if verdicts["differs"] > 0 or not (everything_agrees or convention is not None):
        return None
    shown = CONVENTIONS.get(chosen, f"{chosen:.4g}")
    evidence = (
        f"multiplied by {shown}, its frequencies agree with those of the reference in {verdicts['agrees']} of "
        f"{len(again)} quantities and differ in none"
    )
    return Objection("rescaled", "void", submitted.name, evidence)


def _factor(dataset: xr.Dataset, reference: xr.Dataset) -> float | None:
    """Factor between the frequencies, from the quantity that varies least; None if close to 1."""
    theirs = {quantity.name: quantity for quantity in sample_quantities(reference)}
    best, factor = math.inf, 1.0
    for quantity in sample_quantities(dataset):
        if quantity.frequency_power and quantity.name in theirs:
            there = theirs[quantity.name].values
            here, target = float(np.nanmean(quantity.values)), float(np.nanmean(there))
            spread = float(np.nanstd(there)) / target / quantity.frequency_power
            if spread < best and here > 0.0:
                best, factor = spread, float((target / here) ** (1.0 / quantity.frequency_power))
    return factor if abs(math.log(factor)) > LEAST_FACTOR else None


def _relabelled(submitted: Submitted, regime: Regime, open_reference: OpenEnsemble) -> Objection | None:
    """Objection to an ensemble that agrees with the reference of another regime."""
    found: list[tuple[int, Regime, int]] = []
    for other in _others(regime):
        try:
            comparisons = compare_ensembles(submitted.dataset, reference=open_reference(other.dataset, other.group))
        except NotApplicableError:
            continue
        if _fits(comparisons):
            found.append((sum(one.verdict == "agrees" for one in comparisons), other, len(comparisons)))
    if not found:
        return None
    agreeing, other, total = max(found, key=lambda entry: entry[0])
    evidence = (
        f"it differs from {regime.name}, the regime of its card, but in nothing from {other.name}; with that it agrees "
        f"in {agreeing} of {total} quantities"
    )
    return Objection("relabelled", "void", submitted.name, evidence)


def _selected(submitted: Submitted, reference: xr.Dataset) -> Iterator[Objection]:
    for reason in (*missing_tail(submitted.dataset, reference=reference), *narrowed(submitted.dataset, reference)):
        yield Objection("selected", "note", submitted.name, reason)


def _selected_by_the_card(submitted: Submitted) -> Iterator[Objection]:
    made, kept = submitted.card.samples_made, int(submitted.dataset.sizes["sample"])
    if made is not None and made > kept:
        evidence = f"{made - kept} of {made} samples that were made are not there"
        yield Objection("selected", "note", submitted.name, evidence)


def _others(regime: Regime) -> Iterator[Regime]:
    for other in regimes():
        same_size = (other.dimension, other.degrees_of_freedom) == (regime.dimension, regime.degrees_of_freedom)
        if same_size and other != regime:
            yield other


def _fits(comparisons: Sequence[Comparison]) -> bool:
    verdicts = Counter(comparison.verdict for comparison in comparisons)
    return verdicts["differs"] == 0 and verdicts["agrees"] >= FEWEST_AGREEING


def _worst(comparisons: Sequence[Comparison]) -> float:
    return min((one.p_value for one in comparisons if one.verdict == "differs"), default=1.0)


def _examples(found: Sequence[Repetition]) -> str:
    shown = "; ".join(_described(one) for one in found[:_EXAMPLES])
    return shown + ("; ..." if len(found) > _EXAMPLES else "")


def _described(one: Repetition) -> str:
    return f"{one.sample} is {one.other}" + ("" if one.factor == 1.0 else f" times {one.factor:.6g}")


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
