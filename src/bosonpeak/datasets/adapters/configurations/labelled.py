"""Conversion of foreign configurations to a dataset of kind ``configuration``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.adapters.configurations.foreign_configuration import ForeignConfiguration, require_total_count
from bosonpeak.datasets.adapters.files.foreign_file import Source, foreign_provenance, natural_order
from bosonpeak.datasets.adapters.files.one_ensemble import grouped_notes, require_one_scale, require_one_value
from bosonpeak.datasets.adapters.files.stored_files import require_valid
from bosonpeak.datasets.errors import CardError
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.schema.configuration import SPECIES_LABELS, TILTED_SCHEMA_VERSION
from bosonpeak.datasets.schema.units import unknown_unit_symbols
from bosonpeak.datasets.storage.digest import content_digest

if TYPE_CHECKING:
    import xarray as xr

TILTS = {2: "xy of the box", 3: "xy, xz and yz of the box"}

LARGEST_BOX_RATIO = 2.0
"""Boxes of one ensemble differ by less in length; those in nanometre and angstrom by more."""

UNITS_OF_STYLE = {"lj": ("sigma", "m"), "real": ("angstrom", "u"), "metal": ("angstrom", "u"), "si": ("m", "kg")}
"""Units of length and mass of LAMMPS' unit styles."""


def configuration_dataset_of(
    frames: Mapping[str, Sequence[ForeignConfiguration]], source: Source, card: Mapping[str, Any]
) -> xr.Dataset:
    """Label configurations, given per file name in sample order, as a dataset with one configuration per sample."""
    import xarray as xr

    # All frames in sample order; species labels become integer codes common to all samples.
    named = {f"{name}, configuration {k}": frame for name, found in frames.items() for k, frame in enumerate(found)}
    _require_one_ensemble(named, str(source.path))
    samples = list(named.values())
    labels = sorted({label for frame in samples for label in frame.species}, key=natural_order)
    codes = {label: code for code, label in enumerate(labels)}
    species = np.array([[codes[label] for label in frame.species] for frame in samples], dtype=np.int32)
    length, mass = _units(samples[0].unit_style, card, source)
    axes = ("sample", "particle", "axis")
    variables: dict[str, Any] = {
        "position": (axes, np.stack([frame.positions for frame in samples]), _labelled(length, "position in the box")),
        "box": (
            axes[::2],
            np.stack([frame.box for frame in samples]),
            _labelled(length, "lengths of the periodic box"),
        ),
        "species": (axes[:2], species, _labelled("1", "species") | {SPECIES_LABELS: " ".join(labels)}),
    }
    # Rectangular boxes among tilted boxes get zero tilt.
    if any(frame.tilt.size for frame in samples):
        count = len(samples[0].box) * (len(samples[0].box) - 1) // 2
        tilts = np.stack([frame.tilt if frame.tilt.size else np.zeros(count) for frame in samples])
        variables["box_tilt"] = (("sample", "tilt"), tilts, _labelled(length, TILTS[len(samples[0].box)]))
    # Keep diameters and masses only if every sample has them.
    notes = list(grouped_notes({name: (*frame.notes, *map(str, frame.findings)) for name, frame in named.items()}))
    for name, unit, values in (
        ("diameter", length, [frame.diameters for frame in samples]),
        ("mass", mass, [frame.masses for frame in samples]),
    ):
        known = [row for row in values if row is not None]
        if len(known) == len(samples):
            variables[name] = (axes[:2], np.stack(known), _labelled(unit, f"{name} of each particle"))
        elif known:
            notes.append(f"left out, as only {len(known)} of {len(samples)} samples have it: {name}")
    dataset = xr.Dataset(variables, attrs=_attributes(samples, notes, source, card))
    if "box_tilt" in dataset:
        dataset.attrs["schema_version"] = TILTED_SCHEMA_VERSION
    dataset = with_labels(dataset)
    dataset.attrs["content_digest"] = content_digest(dataset)
    require_valid(dataset, source.path)
    return dataset


def _labelled(units: str, long_name: str) -> dict[str, str]:
    return {"units": units, "long_name": long_name}


def _require_one_ensemble(named: Mapping[str, ForeignConfiguration], where: str) -> None:
    counts = {name: len(frame.positions) for name, frame in named.items()}
    require_one_value("the configurations differ in the number of particles", "particles", counts, where)
    axes = {name: len(frame.box) for name, frame in named.items()}
    require_one_value("the configurations differ in dimension", "axes", axes, where)
    styles = {name: frame.unit_style or "unnamed" for name, frame in named.items()}
    require_one_value("the configurations are in different units", "", styles, where)
    require_total_count(sum(counts.values()), where)
    lengths = {name: float(frame.box.max()) for name, frame in named.items()}
    require_one_scale("boxes", lengths, LARGEST_BOX_RATIO, where)


def _units(style: str, card: Mapping[str, Any], source: Source) -> tuple[str, str]:
    known = UNITS_OF_STYLE.get(style or str(card.get("lammps_units", "")))
    stated = card.get("length_units")
    if stated is not None and (unknown_unit_symbols(str(stated)) or (known and str(stated) != known[0])):
        raise CardError(
            "invalid unit of length in the card",
            expected=f"{known[0]}, from the unit style"
            if known
            else 'a known unit, such as "sigma", "angstrom" or "1"',
            got=repr(stated),
            where=str(source.path),
        )
    if known:
        return known
    return (str(stated), "1") if stated is not None else ("1", "1")


def _attributes(
    samples: Sequence[ForeignConfiguration], notes: Sequence[str], source: Source, card: Mapping[str, Any]
) -> dict[str, Any]:
    layouts = sorted({frame.layout for frame in samples})
    layout = layouts[0] + (" and others" if len(layouts) > 1 else "")
    provenance = foreign_provenance("configuration", "Configurations", layout, source, card)
    described: dict[str, Any] = {
        "particles": len(samples[0].positions),
        "dimension": len(samples[0].box),
        "input_warnings": "\n".join(notes),
    }
    return provenance | described
