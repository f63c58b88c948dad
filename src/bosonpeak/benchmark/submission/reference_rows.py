"""Fingerprints of all samples of the reference data, for recognising copies in submissions."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets import list_datasets
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.opening import local_path
from bosonpeak.validators.comparisons.configuration_copies import shortest_distances
from bosonpeak.validators.comparisons.relatives import (
    FEWEST_PARTICLES,
    neighbour_sketch,
    tells_particles_apart,
)
from bosonpeak.validators.comparisons.shared_values import AMONG, LOOKED_UP
from bosonpeak.validators.estimates.inputs import ZERO_BELOW

_SPECTRA = ("eigenfrequency", "full_eigenfrequency")

_MOST_ZERO_MODES = 64


@dataclass(frozen=True)
class ReferenceRows:
    """Identifying numbers, (samples, values), ascending and padded with NaN, with dataset and group of each row."""

    value: FloatArray
    name: tuple[str, ...]


@functools.cache
def reference_rows() -> ReferenceRows:
    """Lowest frequencies of all samples of all embedded datasets except crystals, which anybody may compute."""
    found = []
    for name, group in _groups():
        for variable in _SPECTRA:
            if variable in group.variables and group.variables[variable].ndim == 2:
                lowest = _lowest(_values(group, variable, slice(AMONG + _MOST_ZERO_MODES)))
                found.append((name, lowest[~np.isnan(lowest[:, 0])]))
    return _joined(found)


@functools.cache
def reference_configurations() -> ReferenceRows:
    """Shortest particle distances of all stored configurations."""
    found = []
    for name, group in _groups():
        particles = group.dimensions["particle"].size if "particle" in group.dimensions else 0
        if {"position", "box"} <= set(group.variables) and particles >= LOOKED_UP:
            found.append((name, shortest_distances(_values(group, "position"), _values(group, "box"))))
    return _joined(found)


@dataclass(frozen=True)
class ReferenceSketches:
    """Neighbour sketches (samples, pairs) from `relatives.neighbour_sketch`, with dataset and group of each row."""

    value: NDArray[np.uint64]
    name: tuple[str, ...]


@functools.cache
def reference_sketches() -> ReferenceSketches:
    """Neighbour sketches of all stored configurations with individual diameters."""
    found, names = [], []
    for name, group in _groups():
        if {"position", "diameter", "box"} <= set(group.variables):
            diameters = _values(group, "diameter")
            if diameters.shape[1] >= FEWEST_PARTICLES and tells_particles_apart(diameters):
                found.append(neighbour_sketch(_values(group, "position"), diameters, _values(group, "box")))
                names += [name] * len(diameters)
    return ReferenceSketches(np.concatenate(found), tuple(names))


def _groups() -> Iterator[tuple[str, Any]]:
    """Iterate over the open groups of all embedded files, except networks without displacement."""
    import netCDF4

    from bosonpeak.datasets.storage import netcdf_codec

    for entry in list_datasets():
        with netCDF4.Dataset(local_path(entry.name), "r") as file:
            for path in netcdf_codec.group_paths(file):
                group = file if path == "/" else file[path]
                if "displacement" not in group.ncattrs() or group.getncattr("displacement") != 0.0:
                    yield f"{entry.name}{path}", group


def _values(group: Any, variable: str, columns: slice = slice(None)) -> FloatArray:
    stored = group.variables[variable]
    values = stored[:, columns] if stored.ndim == 2 else stored[:]
    return np.asarray(np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan))


def _joined(found: Sequence[tuple[str, FloatArray]]) -> ReferenceRows:
    names = tuple(name for name, rows in found for _ in rows)
    return ReferenceRows(np.concatenate([rows for _, rows in found]), names)


def _lowest(values: FloatArray) -> FloatArray:
    """Rows without zero modes, cut or padded to `AMONG` values; rows without any mode are dropped."""
    values = values[~np.isnan(values).all(axis=1)]
    positive = np.where(values > ZERO_BELOW * np.nanmax(values, axis=1, keepdims=True), values, np.nan)
    ordered = np.sort(positive, axis=1)[:, :AMONG]
    return np.pad(ordered, ((0, 0), (0, AMONG - ordered.shape[1])), constant_values=np.nan)
