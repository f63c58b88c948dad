"""Foreign configuration: checked, in absolute coordinates inside its box, sorted by particle id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.adapters.files.unit_inference import Finding, probe_coordinates, probe_diameters, settle
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.periodic_box import cell_heights, folded, folded_into_cell, standard_cell, tilted_cell

LARGEST_CONFIGURATION = 10_000_000
"""Particles of the largest configuration that is read."""

LARGEST_ENSEMBLE = 50_000_000
"""Particles of all configurations of a file or a folder together: 1.2 GB of positions."""

_LABEL = re.compile(r"[\w.+-]{1,32}")
_MOST_DECIMALS = 12
_FLAT = 1e-9
"""Volume of a cell of edges of length 1 that is none."""

_FLATTEST = 0.01
"""Neighbours in a tilted box are looked for among its images, of which a flatter one has too many."""


@dataclass(frozen=True)
class ForeignConfiguration:
    """Particles in a periodic box with its origin at 0, all conventions settled."""

    positions: FloatArray  # (particles, dimension), absolute and inside the box
    box: FloatArray  # (dimension,), edge lengths
    tilt: FloatArray  # (dimension * (dimension - 1) / 2,) as in `standard_cell`, empty for a rectangular box
    species: tuple[str, ...]
    diameters: FloatArray | None  # (particles,)
    masses: FloatArray | None  # (particles,)
    layout: str
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    unit_style: str = ""


@dataclass(frozen=True)
class RawConfiguration:
    """Particles exactly as a file states them, before any check."""

    positions: FloatArray  # (particles, 3)
    origin: FloatArray  # (3,), lower corner of the box
    cell: FloatArray  # (3, 3), one edge per row
    layout: str
    where: str
    ids: IntegerArray | None = None
    species: Sequence[str] = ()
    sizes: FloatArray | None = None  # (particles,), diameters or radii according to `sizes_are`
    sizes_are: str = ""
    masses: FloatArray | None = None
    fractional: bool = False
    single_precision: bool = False
    unit_style: str = ""
    notes: tuple[str, ...] = ()


def checked_configuration(raw: RawConfiguration, card: Mapping[str, Any]) -> ForeignConfiguration:
    """Settle the conventions of a configuration by data and card, and reject impossible input."""
    _require_sound(raw, card)
    ordered, notes = _in_order_of_ids(raw)
    flat = _flattened(ordered, card)
    findings, placed = _absolute(flat, card)
    box, tilt, turn = standard_cell(flat.cell)
    cell = tilted_cell(box, tilt)
    if tilt.size and cell_heights(cell).min() < _FLATTEST * np.linalg.norm(cell, axis=1).max():
        raise ForeignInputError(
            "the tilted box is too flat",
            expected=f"opposite faces at least {_FLATTEST:g} of the longest edge apart",
            got=f"{cell_heights(cell).min():.3g} of {np.linalg.norm(cell, axis=1).max():.3g}",
            where=raw.where,
        )
    is_turned = not np.array_equal(turn, np.eye(len(box)))
    positions = placed @ turn if is_turned else placed
    sizes, found = _diameters(flat, positions, cell if tilt.size else box, card)
    notes = [*raw.notes, *notes, *_precision_notes(flat), *_shape_notes(tilt, is_turned)]
    return ForeignConfiguration(
        positions=folded_into_cell(positions, cell) if tilt.size else folded(positions, box),
        box=box,
        tilt=tilt,
        species=tuple(flat.species) or ("1",) * len(positions),
        diameters=sizes,
        masses=flat.masses,
        layout=raw.layout,
        notes=tuple(notes),
        findings=(*findings, *found),
        unit_style=raw.unit_style,
    )


def cell_of_lengths(lengths: ArrayLike, tilt: Sequence[float], where: str) -> FloatArray:
    """Box edges, one per row, from three lengths and (xy, xz, yz); `ForeignInputError` if a length is not positive."""
    box = np.asarray(lengths, dtype=np.float64)
    if not (np.isfinite(box).all() and (box > 0).all()):
        raise ForeignInputError("impossible box", expected="positive lengths", got=str(box), where=where)
    return tilted_cell(box, np.asarray(tilt, dtype=np.float64))


def require_particle_count(count: int, where: str) -> None:
    """Reject zero or more than `LARGEST_CONFIGURATION` particles before memory is allocated."""
    if not 0 < count <= LARGEST_CONFIGURATION:
        raise ForeignInputError(
            "impossible number of particles", expected=f"1 to {LARGEST_CONFIGURATION:,}", got=f"{count:,}", where=where
        )


def require_total_count(count: int, where: str) -> None:
    """Reject more than `LARGEST_ENSEMBLE` particles in all configurations of a dataset together."""
    if count > LARGEST_ENSEMBLE:
        raise ForeignInputError(
            "there are too many configurations for one dataset",
            expected=f"at most {LARGEST_ENSEMBLE:,} particles in all",
            got=f"{count:,} or more",
            where=where,
            likely_cause="a trajectory instead of inherent structures",
        )


def _require_sound(raw: RawConfiguration, card: Mapping[str, Any]) -> None:
    count = len(raw.positions)
    require_particle_count(count, raw.where)
    if card.get("particles", count) != count:
        raise ForeignInputError(
            "the card and the file disagree on the number of particles",
            expected=str(card["particles"]),
            got=str(count),
            where=raw.where,
        )
    if not (np.isfinite(raw.origin).all() and _spans_a_volume(raw.cell)):
        raise ForeignInputError(
            "impossible box",
            expected="three finite edges that span a volume",
            got="; ".join(" ".join(f"{x:g}" for x in row) for row in raw.cell)[:120],
            where=raw.where,
        )
    for name, values in (("position", raw.positions), ("size", raw.sizes), ("mass", raw.masses)):
        if values is None:
            continue
        sound = np.isfinite(values) if name == "position" else np.isfinite(values) & (values > 0)
        broken = np.flatnonzero(~sound.reshape(count, -1).all(axis=1))
        if broken.size:
            raise ForeignInputError(
                f"there are particles with an impossible {name}",
                expected="finite numbers" if name == "position" else "positive finite numbers",
                got=f"{values[broken[0]]}; {broken.size} in all",
                where=f"{raw.where}, particle {broken[0]}",
            )
    odd = next((label for label in raw.species if not _LABEL.fullmatch(label)), None)
    if odd is not None:
        raise ForeignInputError(
            "invalid name of a species", expected="letters, digits, . _ + -", got=repr(odd[:40]), where=raw.where
        )


def _spans_a_volume(cell: FloatArray) -> bool:
    """Test whether the box edges are finite and, within round-off, linearly independent."""
    if not np.isfinite(cell).all():
        return False
    lengths = np.linalg.norm(cell, axis=1)
    return bool((lengths > 0.0).all() and abs(np.linalg.det(cell / lengths[:, None])) > _FLAT)


def _in_order_of_ids(raw: RawConfiguration) -> tuple[RawConfiguration, list[str]]:
    if raw.ids is None:
        return raw, []
    order = np.argsort(raw.ids, kind="stable")
    ids = raw.ids[order]
    twice = np.flatnonzero(np.diff(ids) == 0)
    if twice.size:
        raise ForeignInputError("two particles have the same id", got=str(ids[twice[0]]), where=raw.where)
    if ids[0] != 1 or ids[-1] != len(ids):
        raise ForeignInputError(
            "ids are missing",
            expected=f"1 to {len(ids)}",
            got=f"{len(ids)} ids from {ids[0]} to {ids[-1]}",
            where=raw.where,
            likely_cause="particles were lost, or only a group was written",
        )
    if (np.diff(raw.ids) > 0).all():
        return raw, []
    ordered = replace(
        raw,
        positions=raw.positions[order],
        species=[raw.species[index] for index in order] if raw.species else (),
        sizes=None if raw.sizes is None else raw.sizes[order],
        masses=None if raw.masses is None else raw.masses[order],
    )
    return ordered, ["particles were not in the order of their ids, and were sorted"]


def _flattened(raw: RawConfiguration, card: Mapping[str, Any]) -> RawConfiguration:
    """Drop the third axis of a two-dimensional configuration."""
    planar = len(raw.positions) > 1 and bool((raw.positions[:, 2] == raw.positions[0, 2]).all())
    dimension = card.get("dimension", 2 if planar else 3)
    if isinstance(dimension, bool) or dimension not in (2, 3) or (dimension == 2) != planar:
        raise CardError(
            "the card and the file disagree on the dimension",
            expected="2: all particles lie in one plane" if planar else "3: particles do not lie in one plane",
            got=f"dimension = {dimension!r}",
            where=raw.where,
        )
    if planar and dimension == 2 and (raw.cell[:2, 2].any() or raw.cell[2, :2].any()):
        raise ForeignInputError(
            "the particles lie in a plane, and the box is tilted out of it",
            expected="two edges in the plane of x and y, the third along z",
            got="; ".join(" ".join(f"{x:g}" for x in row) for row in raw.cell)[:120],
            where=raw.where,
        )
    return replace(
        raw,
        positions=raw.positions[:, :dimension],
        cell=raw.cell[:dimension, :dimension],
        origin=raw.origin[:dimension],
    )


def _absolute(raw: RawConfiguration, card: Mapping[str, Any]) -> tuple[tuple[Finding, ...], FloatArray]:
    stated = card.get("coordinates")
    if raw.fractional:
        if stated == "absolute":
            raise CardError(
                "the card contradicts the file on the coordinates",
                expected="fractional, as in the file",
                got="absolute",
                where=raw.where,
            )
        return (), np.asarray(raw.positions @ raw.cell)
    finding = probe_coordinates(raw.positions, np.abs(raw.cell).sum(axis=0))
    if settle(finding, stated, raw.where) == "fractional":
        return (finding,), np.asarray(raw.positions @ raw.cell)
    return (finding,), np.asarray(raw.positions - raw.origin)


def _diameters(
    raw: RawConfiguration, positions: FloatArray, box: FloatArray, card: Mapping[str, Any]
) -> tuple[FloatArray | None, tuple[Finding, ...]]:
    if raw.sizes is None:
        return None, ()
    stated = card.get("sizes")
    if stated not in (None, "diameters", "radii"):
        raise CardError("unknown sizes in the card", expected='"diameters" or "radii"', got=repr(stated))
    if len(positions) == 1:
        finding = Finding("sizes", ("diameters", "radii"), "a single particle")
    else:
        finding = probe_diameters(positions, box, raw.sizes)
    # Neighbour distances are only evidence: a statement of the card overrides them, a column name does not.
    reading = stated or settle(finding, raw.sizes_are or None, raw.where)
    return (2.0 * raw.sizes if reading == "radii" else raw.sizes), (finding,)


def _shape_notes(tilt: FloatArray, is_turned: bool) -> list[str]:
    reported = "xy = " if len(tilt) == 1 else "xy, xz, yz = "
    notes = [f"the box is tilted, {reported}{', '.join(f'{x:.6g}' for x in tilt)}"] if tilt.size else []
    return notes + (["the box was turned: its first edge lies along x, its second in the plane of x and y"] * is_turned)


def _precision_notes(raw: RawConfiguration) -> list[str]:
    if raw.single_precision:
        return [
            "positions are in single precision: good to 1e-7 of the box, so that forces do not balance and the "
            "lowest eigenvalues are wrong; too coarse for an inherent structure"
        ]
    values = raw.positions
    for decimals in range(_MOST_DECIMALS):
        if np.array_equal(np.round(values, decimals), values) and len(values) > 1:
            return [f"positions are rounded to {decimals} decimal places: too coarse for an inherent structure"]
    return []
