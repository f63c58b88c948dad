"""One configuration from elsewhere: checked, in absolute coordinates inside its box, in the order of its ids."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bosonpeak.datasets.adapters.files.conventions import Finding, probe_coordinates, probe_diameters, settle
from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.periodic_box import folded

LARGEST_CONFIGURATION = 10_000_000
"""Particles of the largest configuration that is read."""

LARGEST_ENSEMBLE = 50_000_000
"""Particles of all configurations of a file or a folder together: 1.2 GB of positions."""

_LABEL = re.compile(r"[\w.+-]{1,32}")
_MOST_DECIMALS = 12
_TILT = 1e-12


@dataclass(frozen=True)
class ForeignConfiguration:
    """Particles in a periodic box.

    Parameters
    ----------
    positions : ndarray of float64, shape (particles, dimension)
        Absolute, inside the box.
    box : ndarray of float64, shape (dimension,)
        Box lengths; the origin is at 0.
    species : tuple of str
        Label of each particle's type.
    diameters : ndarray of float64, shape (particles,), or None
        None if the file has none.
    masses : ndarray of float64, shape (particles,), or None
    layout : str
        How the file holds it, in a few words.
    notes : tuple of str
        What was corrected, and what a reader of the results should know.
    findings : tuple of Finding
        What the probes said.
    unit_style : str
        LAMMPS' unit style, where the file names it.
    """

    positions: FloatArray
    box: FloatArray
    species: tuple[str, ...]
    diameters: FloatArray | None
    masses: FloatArray | None
    layout: str
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    unit_style: str = ""


@dataclass(frozen=True)
class RawConfiguration:
    """Particles as they stand in a file, before any of it is believed.

    Parameters
    ----------
    positions : ndarray of float64, shape (particles, 3)
    origin, box : ndarray of float64, shape (3,)
        Lower corner and lengths of the box.
    layout : str
    where : str
        File and frame, for messages.
    ids : ndarray of int64 or None
    species : sequence of str
    sizes : ndarray of float64 or None
        Diameters, or radii where `sizes_are` says so.
    sizes_are : {"", "diameters", "radii"}
        What the file says; empty if nothing.
    masses : ndarray of float64 or None
    fractional : bool
        Whether the file says that coordinates are fractions of the box.
    single_precision : bool
        Whether the format keeps positions in single precision.
    unit_style : str
        LAMMPS' unit style, where the file names it.
    notes : tuple of str
    """

    positions: FloatArray
    origin: FloatArray
    box: FloatArray
    layout: str
    where: str
    ids: IntegerArray | None = None
    species: Sequence[str] = ()
    sizes: FloatArray | None = None
    sizes_are: str = ""
    masses: FloatArray | None = None
    fractional: bool = False
    single_precision: bool = False
    unit_style: str = ""
    notes: tuple[str, ...] = ()


def checked_configuration(raw: RawConfiguration, card: Mapping[str, Any]) -> ForeignConfiguration:
    """Settle the conventions of a configuration and refuse what cannot be one.

    Parameters
    ----------
    raw : RawConfiguration
    card : mapping
        ``particles`` (checked), ``dimension`` (2 or 3), ``coordinates`` ("absolute" or "fractional"), ``sizes``
        ("diameters" or "radii").

    Returns
    -------
    ForeignConfiguration

    Raises
    ------
    ForeignInputError
        If numbers are not finite, ids are missing or occur twice, or the box is impossible.
    CardError
        If the card contradicts the file, or is silent where two readings remain.
    """
    _require_sound(raw, card)
    ordered, notes = _in_order_of_ids(raw)
    flat = _flattened(ordered, card)
    findings, positions = _absolute(flat, card)
    sizes, found = _diameters(flat, positions, card)
    notes = [*raw.notes, *notes, *_precision_notes(flat)]
    return ForeignConfiguration(
        positions=folded(positions, flat.box),
        box=flat.box,
        species=tuple(flat.species) or ("1",) * len(positions),
        diameters=sizes,
        masses=flat.masses,
        layout=raw.layout,
        notes=tuple(notes),
        findings=(*findings, *found),
        unit_style=raw.unit_style,
    )


def orthogonal_box(cell: FloatArray, where: str) -> FloatArray:
    """Lengths of a cell given by its three vectors.

    Raises
    ------
    ForeignInputError
        If its edges are not along x, y and z.
    """
    lengths = np.diag(cell)
    if cell.shape != (3, 3) or np.abs(cell - np.diag(lengths)).max() > _TILT * max(np.abs(cell).max(), 1e-300):
        raise ForeignInputError(
            "the box is tilted",
            expected="edges along x, y and z, in this order",
            got="; ".join(" ".join(f"{x:g}" for x in row) for row in np.atleast_2d(cell))[:120],
            where=where,
        )
    return np.array(lengths)


def require_particle_count(count: int, where: str) -> None:
    """Refuse an impossible number of particles before memory is asked for.

    Raises
    ------
    ForeignInputError
        If there is none, or more than `LARGEST_CONFIGURATION`.
    """
    if not 0 < count <= LARGEST_CONFIGURATION:
        raise ForeignInputError(
            "impossible number of particles", expected=f"1 to {LARGEST_CONFIGURATION:,}", got=f"{count:,}", where=where
        )


def require_total_count(count: int, where: str) -> None:
    """Refuse more particles in all configurations together than one dataset takes.

    Raises
    ------
    ForeignInputError
        If there are more than `LARGEST_ENSEMBLE`.
    """
    if count > LARGEST_ENSEMBLE:
        raise ForeignInputError(
            "there are too many configurations for one dataset",
            expected=f"at most {LARGEST_ENSEMBLE:,} particles in all",
            got=f"{count:,} or more",
            where=where,
            likely_cause="a trajectory where inherent structures are asked for",
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
    if not (np.isfinite(raw.box).all() and (raw.box > 0).all() and np.isfinite(raw.origin).all()):
        raise ForeignInputError("impossible box", expected="positive lengths", got=str(raw.box), where=raw.where)
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
            "this is no name of a species", expected="letters, digits, . _ + -", got=repr(odd[:40]), where=raw.where
        )


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
    """Leave out the third axis of a configuration in a plane."""
    planar = len(raw.positions) > 1 and bool((raw.positions[:, 2] == raw.positions[0, 2]).all())
    dimension = card.get("dimension", 2 if planar else 3)
    if isinstance(dimension, bool) or dimension not in (2, 3) or (dimension == 2) != planar:
        raise CardError(
            "the card and the file disagree on the dimension",
            expected="2: all particles lie in one plane" if planar else "3: particles do not lie in one plane",
            got=f"dimension = {dimension!r}",
            where=raw.where,
        )
    return replace(raw, positions=raw.positions[:, :dimension], box=raw.box[:dimension], origin=raw.origin[:dimension])


def _absolute(raw: RawConfiguration, card: Mapping[str, Any]) -> tuple[tuple[Finding, ...], FloatArray]:
    stated = card.get("coordinates")
    if raw.fractional:
        if stated == "absolute":
            raise CardError(
                "the card contradicts the file on the coordinates",
                expected="fractional, as the file says",
                got="absolute",
                where=raw.where,
            )
        return (), np.asarray(raw.positions * raw.box)
    finding = probe_coordinates(raw.positions, raw.box)
    if settle(finding, stated, raw.where) == "fractional":
        return (finding,), np.asarray(raw.positions * raw.box)
    return (finding,), np.asarray(raw.positions - raw.origin)


def _diameters(
    raw: RawConfiguration, positions: FloatArray, card: Mapping[str, Any]
) -> tuple[FloatArray | None, tuple[Finding, ...]]:
    if raw.sizes is None:
        return None, ()
    stated = card.get("sizes")
    if stated not in (None, "diameters", "radii"):
        raise CardError("unknown sizes in the card", expected='"diameters" or "radii"', got=repr(stated))
    if len(positions) == 1:
        finding = Finding("sizes", ("diameters", "radii"), "a single particle")
    else:
        finding = probe_diameters(positions, raw.box, raw.sizes)
    # Neighbour distances are a hint, not a law: the word of a card stands against them, a column's name does not.
    reading = stated or settle(finding, raw.sizes_are or None, raw.where)
    return (2.0 * raw.sizes if reading == "radii" else raw.sizes), (finding,)


def _precision_notes(raw: RawConfiguration) -> list[str]:
    if raw.single_precision:
        return [
            "positions are in single precision: good to 1e-7 of the box, so that forces do not balance and the "
            "lowest eigenvalues are wrong; this cannot carry an inherent structure"
        ]
    values = raw.positions
    for decimals in range(_MOST_DECIMALS):
        if np.array_equal(np.round(values, decimals), values) and len(values) > 1:
            return [f"positions are rounded to {decimals} decimal places: too coarse for an inherent structure"]
    return []
