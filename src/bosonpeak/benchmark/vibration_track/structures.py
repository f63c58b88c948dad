"""Small glasses of the track: materials from the dataset material/small-structures, and a Kob-Andersen mixture."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import xarray as xr

from bosonpeak.benchmark.vibration_track import kob_andersen
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError, did_you_mean
from bosonpeak.datasets.opening import open_dataset

DATASET = "material/small-structures"

KOB_ANDERSEN = "kob-andersen"

SHORT = ("silicon-64-0", "silica-72-0", "copper-zirconium-100-0")
"""Structures of the short track."""


@dataclass(frozen=True)
class Structure:
    """A glass at a minimum of the force field that made it: materials at zero pressure, the mixture at density 1.2."""

    name: str
    material: str
    symbols: tuple[str, ...]
    masses: FloatArray  # (atoms,) u
    positions: FloatArray  # (atoms, 3) angstrom
    cell: FloatArray  # (3, 3) edges by rows, angstrom
    frequencies: FloatArray  # (3 atoms - 3,) THz, of the force field that made the glass


@functools.cache
def structure_names() -> tuple[str, ...]:
    """Names of all structures: of materials, small ones of each first, then of the mixture."""
    tree = open_dataset(DATASET)
    assert isinstance(tree, xr.DataTree)
    groups = sorted((leaf.path.strip("/") for leaf in tree.leaves), key=lambda name: int(name.rpartition("-")[2]))
    materials = [f"{group}-{sample}" for group in groups for sample in range(tree[group].sizes["sample"])]
    return (*materials, f"{KOB_ANDERSEN}-{kob_andersen.PARTICLES}-0")


@functools.cache
def load_structure(name: str) -> Structure:
    """Structure of this name, such as "silicon-64-0"; `ForeignInputError` for any other."""
    if name not in structure_names():
        raise ForeignInputError(
            "the track has no such structure",
            expected=", ".join(structure_names()),
            got=name,
            likely_cause=did_you_mean(name, structure_names()),
        )
    if name.startswith(KOB_ANDERSEN):
        return _mixture(name)
    group, _, sample = name.rpartition("-")
    data = open_dataset(DATASET, group=group)
    assert isinstance(data, xr.Dataset)
    glass = data.isel(sample=int(sample))
    symbols = data["species"].attrs["flag_meanings"].split()
    return Structure(
        name=name,
        material=group.rpartition("-")[0],
        symbols=tuple(symbols[number] for number in data["species"].values),
        masses=np.broadcast_to(glass["mass"].values, data["species"].shape).astype(np.float64),
        positions=glass["position"].values.astype(np.float64),
        cell=np.diag(np.broadcast_to(glass["box"].values, 3)).astype(np.float64),
        frequencies=glass["eigenfrequency"].values / (2.0 * np.pi),
    )


def _mixture(name: str) -> Structure:
    """Kob-Andersen mixture with nickel for A and phosphorus for B, all of the same mass."""
    positions, minority = kob_andersen.stored_positions(), kob_andersen.MINORITY
    return Structure(
        name=name,
        material=KOB_ANDERSEN,
        symbols=("Ni",) * (len(positions) - minority) + ("P",) * minority,
        masses=np.full(len(positions), kob_andersen.MASS),
        positions=positions,
        cell=np.diag(np.full(3, kob_andersen.SIDE)),
        frequencies=kob_andersen.exact_frequencies(positions),
    )
