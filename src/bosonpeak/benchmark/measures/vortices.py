"""Measures for the claims about modes in space: genuine vortices below the first phonon, or superposed waves.

The parameter ``fields`` puts fields of known kind in the place of the modes; windows are in each sample's own omega_0.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.base import OpenCell, potential_of
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ClaimError
from bosonpeak.generators.glasses.pair_stresses import pair_stresses
from bosonpeak.generators.nulls.null_modes import NULL_FIELDS, PLANTED_FIELDS, null_modes, planted_modes
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.estimates.memoise import remembered
from bosonpeak.validators.estimates.stored_modes import StoredModes, combined_modes, first_of_chains, own_seed
from bosonpeak.validators.vortices.census import VortexCensus, vortex_census
from bosonpeak.validators.vortices.stress_and_vorticity import (
    StressVorticity,
    deviator_size,
    modes_at_small_stress,
    particle_stresses,
)
from bosonpeak.validators.waves.phonon_contrast import (
    AT_THE_PHONON,
    HIGHEST,
    mean_wave_share,
    superposed_fraction,
    wave_contrast,
)
from bosonpeak.validators.waves.shell_splitting import split_shell
from bosonpeak.validators.waves.wave_overlap import LEAST_WAVE_SHARE

SEPARATED_AT = 0.85
"""Fraction of omega_0 between modes below the phonon and modes at it."""


def with_null_modes(dataset: xr.Dataset, fields: str, fields_at_the_phonon: str = "") -> xr.Dataset:
    """Replace a glass ensemble's eigenvectors by the same fields of known kind at every call; none without `fields`."""
    if not fields:
        return dataset
    chosen = (fields, fields_at_the_phonon or fields)
    unknown = [name for name in chosen if name not in NULL_FIELDS]
    if unknown:
        raise ClaimError("no such fields", expected=", ".join(NULL_FIELDS), got=", ".join(unknown))
    modes = StoredModes(dataset)
    vectors = np.empty(dataset["eigenvector"].shape)
    for index, (places, ratio) in enumerate(zip(dataset["position"].values, modes.ratio, strict=True)):
        low = ratio < SEPARATED_AT
        for stream, (name, these) in enumerate(zip(chosen, (low, ~low), strict=True)):
            if these.any():
                vectors[index, these] = _null_modes(places, modes.box, name, int(these.sum()), stream)
    return dataset.assign(eigenvector=(dataset["eigenvector"].dims, vectors))


@remembered(2048)
def _null_modes(places: FloatArray, box: FloatArray, name: str, count: int, stream: int) -> FloatArray:
    """Fields of a kind as modes, from one of the random streams that belong to a configuration."""
    return null_modes(places, box, name, count, own_seed(places).spawn(2)[stream])


def census(
    open_cell: OpenCell,
    cell: str,
    *,
    with_cells: Sequence[str] = (),
    highest: float = HIGHEST,
    wave_share: float = LEAST_WAVE_SHARE,
    split: bool = False,
    chains: int | None = None,
    fields: str = "",
) -> VortexCensus:
    """Fractions of `vortex_census` for the modes below `highest` of their sample's omega_0."""
    # `with_cells` are ensembles of the same box and particle number; `split` asks for modes below the split first
    # shell.
    data = _modes_of(open_cell, (cell, *with_cells), chains, fields)
    return vortex_census(data, highest=highest, wave_share=wave_share, shell=split_shell(data) if split else None)


def superposed_waves(
    open_cell: OpenCell,
    cell: str,
    *,
    with_cells: Sequence[str] = (),
    low: float = 0.0,
    high: float = HIGHEST,
    wave_share: float = LEAST_WAVE_SHARE,
    chains: int | None = None,
    fields: str = "",
) -> Estimate:
    """Fraction of the modes in a window, of one or several ensembles, that are compatible with superposed waves."""
    data = _modes_of(open_cell, (cell, *with_cells), chains, fields)
    return superposed_fraction(data, low=low, high=high, wave_share=wave_share)


def wave_share_of_modes(
    open_cell: OpenCell, cell: str, *, low: float = 0.0, high: float = HIGHEST, fields: str = ""
) -> Estimate:
    """Mean share of the first shell's waves in the modes of a window."""
    return mean_wave_share(_modes_of(open_cell, (cell,), None, fields), low=low, high=high)


def less_wave_than_phonon(
    open_cell: OpenCell,
    cell: str,
    *,
    with_cells: Sequence[str] = (),
    highest: float = HIGHEST,
    fields: str = "",
    fields_at_the_phonon: str = "",
) -> Estimate:
    """Probability that a low mode has less of the waves than a mode at the phonon, over one or several ensembles."""
    ensembles = [with_null_modes(open_cell(group), fields, fields_at_the_phonon) for group in (cell, *with_cells)]
    return wave_contrast(ensembles, highest=highest)


def superposed_waves_at_the_phonon(
    open_cell: OpenCell, cell: str, *, with_cells: Sequence[str] = (), fields: str = ""
) -> Estimate:
    """Fraction of the modes at the phonon that are compatible with superposed waves."""
    low, high = AT_THE_PHONON
    found = superposed_waves(open_cell, cell, with_cells=with_cells, low=low, high=high, fields=fields)
    return dataclasses.replace(found, name=f"{found.name}, at the phonon")


def wave_share_at_the_phonon(open_cell: OpenCell, cell: str, *, fields: str = "") -> Estimate:
    """Mean share of the first shell's waves in the modes at the phonon."""
    low, high = AT_THE_PHONON
    found = wave_share_of_modes(open_cell, cell, low=low, high=high, fields=fields)
    return dataclasses.replace(found, name=f"{found.name}, at the phonon")


def stress_and_vorticity(
    open_cell: OpenCell,
    cell: str,
    *,
    low: float = 0.0,
    high: float = HIGHEST,
    chains: int | None = None,
    fields: str = "",
) -> StressVorticity:
    """Excess rank correlations of the modes from `low` to `high`, in units of omega_0, with the local stresses."""
    planted = fields in PLANTED_FIELDS
    data = _modes_of(open_cell, (cell,), chains, "" if planted else fields)
    require_variables(data, "diameter")
    potential, box = potential_of(data), data["box"].values

    @functools.cache
    def stress_size(index: int) -> FloatArray:
        places = data["position"].values[index]
        pairs = pair_stresses(places, data["diameter"].values[index], box, potential)
        return deviator_size(particle_stresses(pairs.pairs, pairs.stress, len(places)))

    if planted:
        modes = StoredModes(data)
        vectors = np.empty(data["eigenvector"].shape)
        for index, ((places, _), ratio) in enumerate(zip(modes, modes.ratio, strict=True)):
            chosen = (ratio >= low) & (ratio < high)
            if chosen.any():
                size, seed = stress_size(index), own_seed(places)
                vectors[index, chosen] = planted_modes(places, box, size, int(chosen.sum()), fields, seed)
        data = data.assign(eigenvector=(data["eigenvector"].dims, vectors))
    return modes_at_small_stress(data, stress_size, low=low, high=high)


def _modes_of(open_cell: OpenCell, groups: Sequence[str], chains: int | None, fields: str) -> xr.Dataset:
    """Stored modes of one or several ensembles, or fields of known kind in their place."""
    return combined_modes([with_null_modes(first_of_chains(open_cell(group), chains), fields) for group in groups])
