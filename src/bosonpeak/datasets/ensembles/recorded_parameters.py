"""Parameters of an ensemble that its recipe records in the attribute ``parameters``, and delta of networks."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

_OF_NETWORKS = ("bond_probability", "cutoff_factor", "strength_shape", "weak_fraction", "weak_stiffness")
_OF_MEDIA = ("contrast", "modulation", "waves_per_box")
_RECORDED: Mapping[str, tuple[str, ...]] = {
    "glass-ensemble": ("minimiser",),
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
"""Names in the attribute ``parameters`` that distinguish ensembles, by kind."""

DELTA = "delta"
RECORDED = (DELTA, *dict.fromkeys(name for names in _RECORDED.values() for name in names))


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


def with_recorded_parameters(dataset: xr.Dataset) -> xr.Dataset:
    """The dataset with these parameters as scalar coordinates, except names that it has already."""
    import xarray as xr

    taken = {*map(str, dataset.variables), *map(str, dataset.dims)}
    long_names = {DELTA: "displacement of every node of a network"}
    new = {
        name: xr.Variable(
            (),
            np.asarray(value),
            {"units": "a" if name == DELTA else "1", "long_name": long_names.get(name, name.replace("_", " "))},
        )
        for name, value in recorded_parameters(dataset.attrs).items()
        if name not in taken
    }
    return dataset.assign_coords(new) if new else dataset
