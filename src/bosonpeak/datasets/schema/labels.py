"""Labels that every dataset has: index coordinates, parameters as coordinates, and the convention for zero modes.

An index coordinate names the entries of a dimension. Subsets (`SUBSETS`) are indexed by the labels of the entries that
they come from, so that ``sel(configuration=12)`` and ``sel(sample=12)`` are the same glass. The rows of a ragged array
with ``<dim>_count(owner)`` and the attribute ``sample_dimension`` have the label of their owner in ``<dim>_<owner>``,
and a quench has the sample that it made in ``quench_sample``, or -1.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

PARAMETERS = (
    "situation",
    "displacement",
    "taper",
    "truncation",
    "parent_temperature",
    "temperature",
    "particles",
    "lattice_size",
    "dimension",
    "density",
    "theory",
)
"""Attributes that are parameters of an ensemble and its scalar coordinates, ordered as dimensions."""

_PARAMETER_UNITS = {"displacement": "a", "parent_temperature": "epsilon", "temperature": "epsilon"}
_PARAMETER_NAMES = {
    "displacement": "displacement, of every node of a network or of a Monte Carlo trial",
    "taper": "order m of the taper",
    "parent_temperature": "Boltzmann's constant times the parent temperature",
    "temperature": "Boltzmann's constant times the temperature",
    "particles": "number of particles",
    "dimension": "number of dimensions",
    "density": "particles per volume",
    "lattice_size": "nodes along an edge of the lattice",
}

DELTA = "delta"
"""Name of the displacement of networks in the papers and in the groups of the files."""

_OF_NETWORKS = ("bond_probability", "cutoff_factor", "strength_shape", "weak_fraction", "weak_stiffness")
_OF_MEDIA = ("contrast", "modulation", "waves_per_box")
_RECORDED: Mapping[str, tuple[str, ...]] = {
    "glass-ensemble": ("minimiser", "pinned_share"),
    "network-ensemble": (*_OF_NETWORKS, "mode_frequency", "change", "stiffness"),
    "spectrum": (*_OF_NETWORKS, *_OF_MEDIA),
    "current-correlation": (*_OF_NETWORKS, *_OF_MEDIA),
    "mode-ensemble": (
        *("ensemble", "order", "part", "count", "exponent", "mean_count", "bend", "sharpness", "steepens", "repelling"),
        *("crossover", "highest", "modulation_wavenumber", "localisation_length", "persistence", "phonon_count"),
        *("modes_below_phonon", "stress_exponent", "stress_components", "samples_per_chain", "replica"),
    ),
    "theory-spectrum": (
        *("potential", "law", "inverse_taper_order", "cutoff", "stress_at_first_wave", "distance_to_instability"),
        *("exponent", "peak_exponent", "attenuation_exponent", "edge_exponent", "ratio", "floor"),
    ),
}
"""Names in the attribute ``parameters`` of a recipe that distinguish ensembles, by kind."""

RECORDED = (DELTA, *dict.fromkeys(name for names in _RECORDED.values() for name in names))
"""Parameters that are scalar coordinates, although no attribute has their name."""

_FREQUENCIES = frozenset({"mode_frequency", "highest", "bend", "crossover"})
_RECORDED_UNITS = {
    DELTA: "a",
    "weak_stiffness": "t0",
    "stiffness": "t0",
    "localisation_length": "a",
    "modulation_wavenumber": "1/a",
    "cutoff": "sigma",
}
_RECORDED_NAMES = {
    DELTA: "displacement of every node of a network",
    "bond_probability": "probability that a spring is kept",
    "cutoff_factor": "cutoff of the springs less the lattice constant, over the displacement",
    "strength_shape": "shape of the gamma distribution of the spring constants, inf for equal springs",
    "weak_fraction": "fraction of weak springs",
    "weak_stiffness": "spring constant of the weak springs",
    "stiffness": "spring constant of the changed spring",
    "change": "change of the lattice",
    "mode_frequency": "angular frequency whose nearest modes are stored",
    "contrast": "contrast of the modulus",
    "modulation": "kind of modulation of the modulus",
    "waves_per_box": "box length over the wavelength of the modulation",
    "exponent": "exponent of the density of states",
    "bend": "frequency at which the exponent changes",
    "crossover": "frequency of the crossover",
    "highest": "highest frequency",
    "order": "order of the random matrices",
    "part": "part of the spectrum that is stored",
    "count": "number of stored levels",
    "replica": "number of the repetition with the same parameters",
    "pinned_share": "share of the particles that stay where they were in the liquid",
}

SUBSETS = {"configuration": "sample", "full_sample": "sample", "low_mode": "mode"}
"""Dimensions that hold some entries of another dimension, under the labels of that dimension."""

_OF_SAMPLES = ("sample", *(name for name, whole in SUBSETS.items() if whole == "sample"))

COUNTED_ON = {
    "sample": (*_OF_SAMPLES, *(f"{name}_index" for name in _OF_SAMPLES), "quench_sample"),
    "independent_chain": ("independent_chain", "chain", "quench_chain"),
    "quench": ("quench",),
}
"""Labels that are counted on from block to block, by the dimension whose entries they name."""

JOINED = (*_OF_SAMPLES, "independent_chain", "quench")
"""Dimensions along which the blocks of an ensemble are joined."""

ZERO_MODES = "zero_modes"
INCLUDED, REMOVED = "included", "removed"
"""Values of the attribute ``zero_modes``: zero modes are among the eigenfrequencies, or were left out."""

ZERO_BELOW = 1e-5
"""Frequencies below this fraction of the highest of their sample are zero modes."""

_FROM_VARIABLE = {
    "configuration": ("configuration_index",),
    "full_sample": ("full_sample_index",),
    "record": ("record_sweep", "equilibration_sweep"),
    "dynamics": ("swap_probability",),
    "stress_bin_edge": ("stress_edge",),
}
"""Variables whose values are the labels of a dimension."""

_AXES = {"axis": ("x", "y", "z"), "axis2": ("x", "y", "z"), "tilt": ("xy", "xz", "yz")}

_LONG_NAMES = {
    "sample": "sample, counted from 0 within the ensemble",
    "configuration": "sample that the configuration belongs to",
    "full_sample": "sample that the full spectrum belongs to",
    "quench": "quench, counted from 0, with and without a sample",
    "independent_chain": "independent Markov chain, as in the variable chain",
    "mode": "mode, counted from 0 in ascending order",
    "low_mode": "mode, counted from 0 in ascending order",
    "full_mode": "mode, counted from 0 in ascending order",
    "high_mode": "mode, counted from 0 in ascending order of the full spectrum",
    "particle": "particle, counted from 0",
    "node": "node, counted from 0",
    "axis": "Cartesian axis",
    "axis2": "Cartesian axis",
    "tilt": "axes of the tilt",
    "record": "sweeps after which the energy was recorded",
    "dynamics": "fraction of swaps among the moves",
    "stress_bin": "geometric mean of the edges of the stress bin",
    "stress_bin_edge": "edge of the stress bins",
    "coordination": "coordination number",
}


def dataset_with_labels(dataset: xr.Dataset) -> xr.Dataset:
    """Add the labels that a dataset lacks, except unknown labels of a subset; existing variables are unchanged."""
    named = dict(_index_coordinates(dataset)) | _parameter_coordinates(dataset)
    named |= _recorded_coordinates(dataset, {*dataset.variables, *dataset.dims, *named})
    labelled = dataset.assign_coords(named) if named else dataset
    owners = _owner_coordinates(labelled)
    labelled = labelled.assign_coords(owners) if owners else labelled
    if "eigenfrequency" in dataset and ZERO_MODES not in dataset.attrs:
        labelled = labelled.assign_attrs({ZERO_MODES: _zero_modes_found(dataset)})
    return labelled


def _described(dimensions: tuple[str, ...], values: Any, units: object, long_name: str) -> xr.Variable:
    return xr.Variable(dimensions, values, {"units": str(units), "long_name": long_name})


def _index_coordinates(dataset: xr.Dataset) -> Iterator[tuple[str, xr.Variable]]:
    for name, length in dataset.sizes.items():
        dimension = str(name)
        if dimension in dataset.coords or dimension in dataset.variables:
            continue
        found = _labels_of(dataset, dimension, length)
        if found is not None:
            values, units = found
            long_name = _LONG_NAMES.get(dimension, f"{dimension.replace('_', ' ')}, counted from 0")
            yield dimension, _described((dimension,), values, units, long_name)


def _labels_of(dataset: xr.Dataset, dimension: str, length: int) -> tuple[Any, object] | None:
    """Labels of a dimension and their unit; None if they are unknown."""
    for name in _FROM_VARIABLE.get(dimension, ()):
        if name in dataset and dataset[name].dims == (dimension,):
            return dataset[name].values, dataset[name].attrs.get("units", "1")
    if dimension == "stress_bin" and dataset.sizes.get("stress_bin_edge") == length + 1 and "stress_edge" in dataset:
        edges = dataset["stress_edge"].values
        return np.sqrt(edges[1:] * edges[:-1]), dataset["stress_edge"].attrs.get("units", "1")
    if SUBSETS.get(dimension) == "sample":
        return None
    if dimension in _AXES and length <= len(_AXES[dimension]):
        return np.array(_AXES[dimension][:length], dtype=object), "1"
    first = int(dataset.attrs.get("degrees_of_freedom", length)) - length if dimension == "high_mode" else 0
    return np.arange(first, first + length, dtype=np.int32), "1"


def _parameter_coordinates(dataset: xr.Dataset) -> dict[str, xr.Variable]:
    missing = (name for name in PARAMETERS if name in dataset.attrs and name not in dataset.variables)
    values = {name: parameter_value(name, dataset.attrs[name]) for name in missing}
    units = _PARAMETER_UNITS | {"density": f"1/a^{dataset.attrs.get('dimension', 3)}"}
    return {
        name: _described((), _stored(value), units.get(name, "1"), _PARAMETER_NAMES.get(name, name))
        for name, value in values.items()
        if value is not None
    }


def recorded_parameters(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Numbers and texts of the recipe by name; ``delta`` of networks is their displacement of nodes."""
    try:
        known = json.loads(str(attributes.get("parameters", "{}")))
    except ValueError:
        known = {}
    names = _RECORDED.get(str(attributes.get("kind")), ())
    recorded = {name: known.get(name) for name in names} if isinstance(known, dict) else {}
    found = {
        name: math.inf if value == "inf" else value
        for name, value in recorded.items()
        if type(value) in (bool, int, float, str)
    }
    network = {"situation", "lattice_size"} & set(attributes) and "displacement" in attributes
    return ({DELTA: float(attributes["displacement"])} if network else {}) | found


def _recorded_coordinates(dataset: xr.Dataset, taken: Container[Any]) -> dict[str, xr.Variable]:
    frequency = dataset["eigenfrequency"].attrs.get("units", "1") if "eigenfrequency" in dataset else "1"
    units = _RECORDED_UNITS | dict.fromkeys(_FREQUENCIES, frequency)
    return {
        name: _described((), _stored(value), units.get(name, "1"), _RECORDED_NAMES.get(name, name.replace("_", " ")))
        for name, value in recorded_parameters(dataset.attrs).items()
        if name not in taken
    }


def _stored(value: object) -> object:
    """Value of a scalar coordinate, where integers have 32 bits."""
    return np.int32(value) if type(value) is int else value


def parameter_value(name: str, recorded: object) -> object:
    """Value of a parameter as a coordinate; the order of the taper is a number, None without a taper."""
    value = recorded.item() if isinstance(recorded, np.generic) else recorded
    if name == "taper" and isinstance(value, str):
        return None if value == "none" else float(value)
    return value


def _owner_coordinates(dataset: xr.Dataset) -> dict[str, xr.Variable]:
    """Labels of the owners of the rows of ragged arrays, and of the samples of quenches."""
    found = {}
    for name, counts in dataset.variables.items():
        dimension = counts.attrs.get("sample_dimension")
        if dimension is None or name in dataset.coords:
            continue
        if dimension in dataset.dims and counts.ndim == 1 and counts.dims[0] in dataset.coords:
            owner = str(counts.dims[0])
            if (label := f"{dimension}_{owner}") not in dataset.variables:
                values = np.repeat(dataset[owner].values, counts.values)
                found[label] = _described((str(dimension),), values, "1", f"{owner} of each row")
    outcome = None if "quench_sample" in dataset.variables else dataset.get("quench_outcome")
    if outcome is not None and "sample" in dataset.coords and outcome.dims == ("quench",):
        accepted = outcome.values == 0
        if accepted.sum() == dataset.sizes["sample"]:
            values = np.full(outcome.size, -1, dtype=np.int32)
            values[accepted] = dataset["sample"].values
            found["quench_sample"] = _described(("quench",), values, "1", "sample from the quench, or -1")
    return found


def _zero_modes_found(dataset: xr.Dataset) -> str:
    # Glasses remove translations by definition, and sealed frequencies are not read.
    if dataset.attrs.get("kind") == "glass-ensemble" or not dataset["eigenfrequency"].size:
        return REMOVED
    return INCLUDED if bool((_zeros(dataset) > 0).any()) else REMOVED


def _has_modes(dataset: xr.Dataset) -> bool:
    return dataset["eigenfrequency"].dims == ("sample", "mode") and dataset["eigenfrequency"].size > 0


def _zeros(dataset: xr.Dataset) -> xr.Variable:
    """Number of vanishing eigenfrequencies of each sample."""
    frequency = abs(dataset["eigenfrequency"].variable)
    return (frequency <= ZERO_BELOW * frequency.max("mode")).sum("mode")


def label_violations(dataset: xr.Dataset, specified: Container[str], *, read_values: bool) -> list[str]:
    """Describe missing or wrong labels not `specified` by the kind; without `read_values`, by name and attributes."""
    found = [
        f"{dimension}: no index coordinate, which names the entries of the dimension"
        + (f" by the labels of {SUBSETS[str(dimension)]}" if dimension in SUBSETS else "")
        for dimension in sorted(map(str, dataset.dims))
        if dimension not in dataset.coords and dimension not in specified
    ]
    found += _parameter_violations(dataset)
    if "eigenfrequency" in dataset and dataset.attrs.get(ZERO_MODES) not in (INCLUDED, REMOVED):
        said = dataset.attrs.get(ZERO_MODES)
        found.append(f"dataset attribute {ZERO_MODES!r}: expected {INCLUDED!r} or {REMOVED!r}, got {said!r}")
    elif read_values and "eigenfrequency" in dataset and _has_modes(dataset):
        found += _zero_mode_violations(dataset)
    return found + (_value_violations(dataset, specified) if read_values else [])


def _parameter_violations(dataset: xr.Dataset) -> list[str]:
    found = []
    for name in PARAMETERS:
        if name in dataset.attrs and name in dataset.coords and dataset[name].ndim == 0:
            expected = parameter_value(name, dataset.attrs[name])
            if dataset[name].item() != expected:
                found.append(f"{name}: coordinate {dataset[name].item()!r}, but the attribute is {expected!r}")
    for name, expected in recorded_parameters(dataset.attrs).items():
        if name != DELTA and name in dataset.coords and dataset[name].ndim == 0 and dataset[name].item() != expected:
            found.append(f"{name}: coordinate {dataset[name].item()!r}, but the recipe has {expected!r}")
    return found


def _value_violations(dataset: xr.Dataset, specified: Container[str]) -> list[str]:
    found = []
    for dimension in map(str, dataset.dims):
        if dimension not in dataset.coords or dimension in specified:
            continue
        labels = dataset[dimension].values
        if len(np.unique(labels)) < len(labels):
            found.append(f"{dimension}: the same label twice")
        parent = SUBSETS.get(dimension)
        if parent in dataset.coords and not np.isin(labels, dataset[parent].values).all():
            found.append(f"{dimension}: a label that does not occur in {parent}")
        index = dataset.get(f"{dimension}_index")
        known = index is not None and parent in dataset.coords and dataset.get_index(parent).is_unique
        if known and not np.array_equal(dataset.get_index(parent).get_indexer(labels), np.asarray(index)):
            found.append(f"{dimension}_index: not the positions of {dimension} in {parent}; drop it in a selection")
    return found


def _zero_mode_violations(dataset: xr.Dataset) -> list[str]:
    zeros, said = _zeros(dataset).values, dataset.attrs[ZERO_MODES]
    if said == REMOVED and zeros.any():
        return [f"eigenfrequency: {ZERO_MODES} is {said!r}, but {np.count_nonzero(zeros)} samples have zero modes"]
    if said == INCLUDED and not zeros.any():
        return [f"eigenfrequency: {ZERO_MODES} is {said!r}, but no frequency vanishes"]
    if said == INCLUDED and dataset.attrs.get("kind") == "network-ensemble" and "zero_mode_count" in dataset:
        wrong = np.flatnonzero(zeros != dataset["zero_mode_count"].values)
        if wrong.size:
            return [
                f"eigenfrequency: zero modes differ from zero_mode_count in {wrong.size} samples, first at {wrong[0]}"
            ]
    return []
