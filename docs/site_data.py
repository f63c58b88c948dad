"""Table of the stored eigenvalues, eigenvectors, stresses and coordination numbers, by system and parameters.

Read from the attributes of the files and the lengths of their dimensions, without values.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import netCDF4

from bosonpeak.datasets import list_datasets
from bosonpeak.datasets.dataset_entry import DatasetEntry
from bosonpeak.datasets.errors import DataUnavailableError
from bosonpeak.datasets.registry import fetch, released_datasets
from bosonpeak.datasets.storage.netcdf_codec import group_paths

HEAD = """# Which quantities are stored

Made from the files. Numbers are samples; *released* data are downloaded at first use, all others are part of the
package. [Quantities in two lines](../../quantities.md) shows how each is opened. The recipe of an ensemble makes a
quantity that no file has: `configurations`, `eigenvectors`, `pair_forces` and `coordination` are parameters of every
recipe of glasses, `structure` and `eigenvectors` of every recipe of networks."""

KINDS = ("glass-ensemble", "network-ensemble")
QUANTITIES = ("eigenvalues", "eigenvectors", "stresses", "coordination")

_SYSTEMS = {
    "soft-spheres": "soft spheres",
    "lennard-jones": "Lennard-Jones spheres",
    "kob-andersen": "Kob-Andersen mixture",
}
_BLOCK = re.compile(r"/block-\d+$")
_CONTROLS = {
    "cutoff_factor": 1.0,
    "bond_probability": 1.0,
    "weak_fraction": 0.0,
    "weak_stiffness": 1.0,
    "strength_shape": "inf",
}
"""Parameters of networks beyond the paper, with their values in the paper."""


@dataclass(frozen=True)
class Stored:
    """What one group of a file holds: samples of each quantity, in words."""

    dataset: str
    released: bool
    system: str
    order: tuple[float, ...]
    parameters: str
    samples: Mapping[str, tuple[tuple[int, str], ...]]


def quantity_table() -> str:
    """Page with a row for every system and its parameters; parameters with equal stored quantities share a row."""
    rows: dict[tuple[str, str], list[Stored]] = defaultdict(list)
    for stored in sorted(stored_quantities(), key=lambda each: (each.system, each.order)):
        rows[stored.system, stored.parameters].append(stored)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (system, parameters), found in rows.items():
        alike[system, tuple(_cell(found, quantity) for quantity in QUANTITIES)].append(parameters)
    lines = [HEAD]
    for system in dict.fromkeys(system for system, _ in alike):
        lines += ["", f"## {system}", "", f"| parameters | {' | '.join(QUANTITIES)} |", "|---" * 5 + "|"]
        lines += [
            f"| {_together(parameters)} | {' | '.join(cells)} |"
            for (name, cells), parameters in alike.items()
            if name == system
        ]
    return "\n".join([*lines, ""])


def _together(parameters: list[str]) -> str:
    """Sets of parameters in a line, with the common beginning stated once."""
    split = [each.split(", ") for each in parameters]
    shortest = min(map(len, split))
    common = next((at for at in range(shortest) if len({each[at] for each in split}) > 1), shortest)
    head = ", ".join(split[0][:common])
    rest = [", ".join(each[common:]) for each in split]
    if len(split) > 1 and all(len(each) == common + 1 for each in split):
        name = rest[0].partition(" = ")[0]
        if all(each.startswith(f"{name} = ") for each in rest):
            rest = [f"{name} = {', '.join(each.removeprefix(f'{name} = ') for each in rest)}"]
    return ", ".join(filter(None, (head, "; ".join(filter(None, rest)))))


def is_block(name: str) -> bool:
    """Test whether a name belongs to one of several files of an ensemble."""
    return bool(_BLOCK.search(name))


def stored_quantities() -> Iterator[Stored]:
    """Contents of every group of every file that is on this machine, embedded files first."""
    for entry in (*list_datasets(), *released_datasets()):
        try:
            path = fetch(entry.name)
        except DataUnavailableError:
            continue
        with netCDF4.Dataset(path, "r") as file:
            if file.getncattr("kind") in KINDS:
                for group in group_paths(file):
                    node = file if group == "/" else file[group]
                    if node.variables:
                        yield _stored(entry, node)


def _stored(entry: DatasetEntry, group: Any) -> Stored:
    attributes = {name: group.getncattr(name) for name in group.ncattrs()}
    described = _glass(attributes) if "particles" in attributes else _network(attributes)
    samples = {key: tuple(_held(key, group)) for key in QUANTITIES}
    return Stored(_BLOCK.sub("", entry.name), not entry.embedded, *described, samples)


def _glass(attributes: Mapping[str, Any]) -> tuple[str, tuple[float, ...], str]:
    """System, order of its rows, and parameters of an ensemble of glasses."""
    found = [f"d = {attributes['dimension']}", f"N = {attributes['particles']}"]
    if attributes.get("taper", "none") != "none":
        found.append(f"m = {attributes['taper']}".replace("inf", "∞"))
    if "truncation" in attributes:
        found.append(str(attributes["truncation"]))
    found.append(f"T* = {attributes['parent_temperature']:g}")
    order = (attributes["dimension"], attributes["particles"], _number(attributes.get("taper")))
    system = f"Glasses: {_SYSTEMS.get(attributes['system'], attributes['system'])}"
    return system, (*order, -attributes["parent_temperature"]), ", ".join(found)


def _number(taper: object) -> float:
    return 0.0 if taper in (None, "none") else float(str(taper))


def _network(attributes: Mapping[str, Any]) -> tuple[str, tuple[float, ...], str]:
    """System, order of its rows, and parameters of an ensemble of networks."""
    made_with = json.loads(attributes["parameters"])
    if "change" in made_with:
        stiffness = f", stiffness {made_with['stiffness']:g}" if made_with["stiffness"] >= 0 else ""
        return "Networks of nine nodes", (), f"spring: {made_with['change']}{stiffness}"
    size = attributes["lattice_size"]
    found = [f"{size} × {size}", f"situation {attributes['situation']}", f"δ = {attributes['displacement']:g}"]
    others = {key: value for key, value in made_with.items() if key in _CONTROLS and value != _CONTROLS[key]}
    order = (attributes["situation"], attributes["displacement"], size)
    return (
        "Spring networks",
        order,
        ", ".join([*found, *(f"{key.replace('_', ' ')} {value}" for key, value in others.items())]),
    )


def _held(quantity: str, group: Any) -> Iterator[tuple[int, str]]:
    """Number of samples that hold a quantity, and the form that they hold it in."""
    variables = group.variables

    def length(name: str, axis: int) -> int:
        return int(variables[name].shape[axis])

    if quantity == "eigenvalues":
        for name, form in (("eigenfrequency", "lowest"), ("full_eigenfrequency", "all")):
            if name in variables:
                whole = name == "full_eigenfrequency" or length(name, 1) >= group.getncattr("degrees_of_freedom")
                yield length(name, 0), "all" if whole else f"{length(name, 1)} {form}"
    elif quantity == "eigenvectors" and "eigenvector" in variables:
        yield length("eigenvector", 0), f"{length('eigenvector', 1)} lowest"
    elif quantity == "stresses":
        forms = {"pair_force": "pair forces, particle tensors", "bond_stiffness": "springs"}
        forms |= {"stress_count": "histogram", "chain_stress_count": "histogram of chains"}
        for name, form in forms.items():
            if name in variables:
                yield length("bond_count" if name == "bond_stiffness" else name, 0), form
    elif quantity == "coordination":
        for name, form in (("coordination_number", "coordination"), ("contact_number", "contacts")):
            if name in variables:
                yield length(name, 0), form


def _cell(found: list[Stored], quantity: str) -> str:
    """Samples of a quantity, by dataset; blocks of one ensemble are added up, copies in the release left out."""
    counts: dict[tuple[str, bool, str], int] = defaultdict(int)
    for stored in sorted(found, key=lambda each: each.released):
        for samples, form in stored.samples[quantity]:
            if not stored.released or (stored.dataset, False, form) not in counts:
                counts[stored.dataset, stored.released, form] += samples
    by_dataset: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for (dataset, released, form), samples in counts.items():
        by_dataset[dataset, released].append(f"{samples}: {form}")
    held = [
        f"`{dataset}`{' *released*' if released else ''} {'; '.join(forms)}"
        for (dataset, released), forms in by_dataset.items()
    ]
    return "<br>".join(held) or "by recipe"
