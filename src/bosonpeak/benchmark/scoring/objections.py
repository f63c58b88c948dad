"""Objections, reasons to distrust an ensemble's description: copies, repetitions, labels, units, selection.

Configurations also show related glasses and chains that are not independent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.benchmark.scoring.agreement import comparisons_with_reference, why_not_comparable
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.reference_ensembles import Regime, regimes
from bosonpeak.benchmark.submission.reference_rows import (
    ReferenceRows,
    reference_configurations,
    reference_rows,
    reference_sketches,
)
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.schema.configuration import cells
from bosonpeak.validators.comparisons.blends import COMPARED, blended_samples
from bosonpeak.validators.comparisons.configuration_copies import (
    repeated_configurations,
    shared_configurations,
    shortest_distances,
)
from bosonpeak.validators.comparisons.permutations import closeness
from bosonpeak.validators.comparisons.quantities import (
    ALL_COUNTS,
    LOW_COUNTS,
    LOWEST,
    complete_spectra,
    low_frequencies,
    sample_quantities,
)
from bosonpeak.validators.comparisons.relatives import (
    FEWEST_PARTICLES,
    diameter_draws,
    neighbour_sketch,
    related_configurations,
    tells_particles_apart,
)
from bosonpeak.validators.comparisons.sample_repetitions import repeated_samples, shared_samples
from bosonpeak.validators.comparisons.selection import missing_tail, narrowed
from bosonpeak.validators.comparisons.shared_values import LOOKED_UP, Repetition, copied_values
from bosonpeak.validators.comparisons.two_sample import Comparison, compare_ensembles
from bosonpeak.validators.estimates.inputs import chain_labels, known_chain

if TYPE_CHECKING:
    from bosonpeak.benchmark.submission.reading import Submitted


VOID = "void"

Kind = Literal["duplicated", "copied", "related", "blended", "chains", "too-good", "rescaled", "relabelled", "selected"]


@dataclass(frozen=True)
class Objection:
    """Reason to distrust an ensemble's description.

    `kind`: "duplicated", samples occur twice; "copied", samples of the reference data; "related", glasses from a liquid
    of the reference data, or of another chain; "blended", mixtures of samples; "chains", fewer chains than stated;
    "too-good", closer to the reference than chance allows; "rescaled", in other units; "relabelled", of another regime;
    "selected", not all samples. `severity`: void data earn nothing, a note is only printed.
    """

    kind: Kind
    severity: Literal["void", "note"]
    where: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}: {self.evidence}"


def share(found: Sequence[Repetition], samples: int, what: str = "samples") -> str:
    """Share of the samples found, in words."""
    return f"{len({one.sample for one in found})} of {samples} {what}"


def particle_objections(submitted: Submitted, configurations: xr.Dataset) -> Iterator[Objection]:
    """Yield objections to configurations that are copies, share a parent liquid, or come from fewer chains."""
    if configurations.sizes["particle"] < LOOKED_UP:
        return
    positions = configurations["position"].values
    box = cells(configurations) if "box_tilt" in configurations else configurations["box"].values
    distances = shortest_distances(positions, box)
    repeated = repeated_configurations(distances)
    if repeated:
        evidence = f"{share(repeated, len(distances), 'configurations')} repeat an earlier one"
        yield Objection("duplicated", "void", submitted.name, evidence)
    stored = reference_configurations()
    copied = shared_configurations(distances, stored.value)
    if copied:
        home = stored.name[copied[0].other]
        evidence = f"{share(copied, len(distances), 'configurations')} are in the reference data, the first in {home}"
        yield Objection("copied", "void", submitted.name, evidence)
    diameters = configurations["diameter"].values if "diameter" in configurations else None
    if diameters is not None and tells_particles_apart(diameters):
        chain = _chains(submitted, configurations)
        if chain is not None:
            yield from _fewer_chains(submitted, diameters, chain)
        if diameters.shape[1] >= FEWEST_PARTICLES and not (repeated or copied):
            yield from _relatives(submitted, neighbour_sketch(positions, diameters, box), chain)


def _chains(submitted: Submitted, configurations: xr.Dataset) -> IntegerArray | None:
    """Chain of each configuration, or None if chains are unknown."""
    chain = known_chain(submitted.dataset)
    if chain is None or "sample_index" not in configurations:
        return None
    return np.asarray(chain[configurations["sample_index"].values], dtype=np.int64)


def _fewer_chains(submitted: Submitted, diameters: FloatArray, chain: IntegerArray) -> Iterator[Objection]:
    """Yield an objection if chains share drawn diameters; equal diameters of all samples are no evidence."""
    draw = diameter_draws(diameters)
    draws, chains = len(np.unique(draw)), len(np.unique(chain))
    if 1 < draws < chains:
        evidence = (
            f"the diameters of {chains} chains were drawn {draws} times: glasses of equal diameters came out of one "
            f"liquid, and the card may state {draws} independent chains"
        )
        yield Objection("chains", "void", submitted.name, evidence)


def _relatives(submitted: Submitted, sketch: NDArray[np.uint64], chain: IntegerArray | None) -> Iterator[Objection]:
    stored = reference_sketches()
    related = related_configurations(sketch, stored.value)
    if related:
        home = stored.name[related[0].other]
        evidence = (
            f"in {share(related, len(sketch), 'configurations')} the particles have the neighbours that they have in "
            f"the reference data, the first in {home}: kicked, or minimised again"
        )
        yield Objection("related", "void", submitted.name, evidence)
    elif chain is not None:
        found = [
            one
            for label in np.unique(chain)
            for one in related_configurations(sketch[chain == label], sketch[chain < label])
        ]
        if found:
            evidence = f"{len(found)} of {len(sketch)} glasses have the neighbours of a glass of another chain"
            yield Objection("related", "void", submitted.name, evidence)


TOO_GOOD = 0.01
"""Chance that two honest ensembles agree more closely, below which it is remarked."""

SURELY_DIFFERENT = 1e-3
"""Corrected p-value of a difference from the regime on the card, from which on another one is looked for."""

FEWEST_AGREEING = 3
"""Quantities that must agree, with none that differs, before another label is named."""

LEAST_FACTOR = 0.05
"""Factors nearer to 1, in relative terms, are not told from a difference that physics makes."""

CONVENTIONS = {2.0 * math.pi: "2 pi", 0.5 / math.pi: "1/(2 pi)"}
"""Factors that a convention makes: angular frequency against frequency."""

_CONVENTION_TOLERANCE = 0.05
_LOW = ("lowest frequency", f"mean of the {LOWEST} lowest frequencies")
_EXAMPLES = 3
_ALL = 10**6


def objections(
    submitted: Submitted,
    open_reference: OpenEnsemble,
    comparisons: Sequence[Comparison] | None = None,
    stored: ReferenceRows | None = None,
) -> tuple[Objection, ...]:
    """Collect all objections to an ensemble's card, void ones first; `stored` are the samples to search for copies."""
    if submitted.card.parameters.get("displacement") == 0.0:
        return ()
    found = list(_selected_by_the_card(submitted))
    if submitted.configurations is not None:
        found += particle_objections(submitted, submitted.configurations)
    if "eigenfrequency" in submitted.dataset:
        # Copies are recognised by the stable modes.
        submitted = replace(submitted, dataset=submitted.dataset.drop_vars("unstable_frequency", errors="ignore"))
        against = comparisons_with_reference(submitted, open_reference) if comparisons is None else comparisons
        found += _repeated(submitted)
        found += _copied(submitted, open_reference, reference_rows() if stored is None else stored)
        found += _mistaken(submitted, open_reference, against)
        if all(one.severity != VOID for one in found):
            found += _blended(submitted, open_reference)
    return tuple(sorted(found, key=lambda objection: objection.severity != VOID))


def _repeated(submitted: Submitted) -> Iterator[Objection]:
    rows = _rows(submitted.dataset)
    found = repeated_samples(rows, chain_labels(submitted.dataset), complete=_is_complete(submitted.dataset))
    if found:
        evidence = f"{share(found, len(rows))} repeat an earlier one: {_examples(found)}"
        yield Objection("duplicated", "void", submitted.name, evidence)


def _copied(submitted: Submitted, open_reference: OpenEnsemble, stored: ReferenceRows) -> Iterator[Objection]:
    rows = _rows(submitted.dataset)
    everywhere = copied_values(rows, stored.value)
    if everywhere:
        homes = Counter(stored.name[one.other] for one in everywhere).most_common(1)
        copies = share(everywhere, len(rows))
        evidence = f"{copies} have frequencies of samples in the reference data, most of them of {homes[0][0]}"
        yield Objection("copied", "void", submitted.name, evidence)
        return
    regime = submitted.regime
    if regime is None or why_not_comparable(submitted):
        return
    reference = open_reference(regime.dataset, regime.group)
    theirs, complete = _rows(reference), _is_complete(submitted.dataset) and _is_complete(reference)
    found = shared_samples(rows, theirs, chain_labels(reference), complete=complete)
    if found:
        evidence = f"{share(found, len(rows))} are samples of {regime.name}: {_examples(found)}"
        yield Objection("copied", "void", submitted.name, evidence)


def _blended(submitted: Submitted, open_reference: OpenEnsemble) -> Iterator[Objection]:
    """Yield an objection to samples that are mixtures of own samples, or of reference samples of the same size."""
    rows, regime = _rows(submitted.dataset), submitted.regime
    sources = [("of one another", rows)]
    if regime is not None and not why_not_comparable(submitted):
        own = _rows(open_reference(regime.dataset, regime.group))
        sources.append((f"of samples of {regime.name}", own))
        if not submitted.card.is_network:
            of_kind = [_lowest(open_reference(one.dataset, one.group)) for one in _others(regime)]
            together = np.concatenate([_cut(own), *of_kind])
            sources.append((f"of samples of {regime.name} and others of that size", together))
    for whose, others in sources:
        blended = blended_samples(rows, others, own=others is rows)
        if len(blended):
            evidence = f"the frequencies of sample {blended[0]} and {len(blended) - 1} more are weighted means {whose}"
            yield Objection("blended", "void", submitted.name, evidence)
            return


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
    else:
        chance = closeness(submitted.dataset, reference)
        if chance is not None and chance < TOO_GOOD:
            evidence = f"two honest ensembles agree as closely with a probability of {chance:.2g}"
            yield Objection("too-good", "note", submitted.name, evidence)
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
    everything = compare_ensembles(submitted.dataset, reference, frequency_factor=chosen)
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
            comparisons = compare_ensembles(submitted.dataset, open_reference(other.dataset, other.group))
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
    for reason in (*missing_tail(submitted.dataset, reference), *narrowed(submitted.dataset, reference)):
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


def _rows(dataset: xr.Dataset) -> FloatArray:
    """All known frequencies of each sample: complete spectra if every sample has a complete spectrum."""
    spectra = complete_spectra(dataset)
    if "full_eigenfrequency" in dataset and spectra is not None and len(spectra[0]) == dataset.sizes["sample"]:
        return spectra[0][np.argsort(spectra[1])]
    return low_frequencies(dataset, _ALL)


def _lowest(dataset: xr.Dataset) -> FloatArray:
    return _cut(low_frequencies(dataset, COMPARED))


def _cut(rows: FloatArray) -> FloatArray:
    """Modes by which blends are compared, NaN at the end of short rows."""
    lowest = rows[:, :COMPARED]
    return np.pad(lowest, ((0, 0), (0, COMPARED - lowest.shape[1])), constant_values=np.nan)


def _is_complete(dataset: xr.Dataset) -> bool:
    spectra = complete_spectra(dataset)
    return spectra is not None and len(spectra[0]) == dataset.sizes["sample"]


def _examples(found: Sequence[Repetition]) -> str:
    shown = "; ".join(_described(one) for one in found[:_EXAMPLES])
    return shown + ("; ..." if len(found) > _EXAMPLES else "")


def _described(one: Repetition) -> str:
    pair = f"{one.sample} is {one.other}"
    if one.kind == "in part":
        return f"{pair} in part (by chance: p = {one.p_value:.1g})"
    scaled = f" times {one.factor:.6g}" if one.kind == "rescaled" else ""
    return f"{pair}{scaled}, {one.kind}, to within {one.distance:.1g}"
