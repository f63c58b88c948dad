"""Objections from configurations: copies, related glasses, chains that are not independent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.scoring.objection import Objection, share
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.reference_rows import reference_configurations, reference_sketches
from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.datasets.schema.configuration import cells
from bosonpeak.validators.comparisons.configuration_repetitions import (
    repeated_configurations,
    shared_configurations,
    shortest_distances,
)
from bosonpeak.validators.comparisons.relatives import (
    FEWEST_PARTICLES,
    diameter_draws,
    neighbour_sketch,
    related_configurations,
    tells_particles_apart,
)
from bosonpeak.validators.comparisons.shared_values import LOOKED_UP
from bosonpeak.validators.estimates.inputs import known_chain


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
