"""LAMMPS data files, in the form of ``write_data``, and LAMMPS dump files in text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.datasets.adapters.configurations.foreign_configuration import (
    RawConfiguration,
    cell_of_lengths,
    require_particle_count,
)
from bosonpeak.datasets.adapters.files.text_lines import numbers, require_lines, table_rows, text_lines, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import CardError, ForeignInputError

_COLUMNS = {
    "atomic": ("id", "type", "x", "y", "z"),
    "charge": ("id", "type", "q", "x", "y", "z"),
    "molecular": ("id", "molecule", "type", "x", "y", "z"),
    "bond": ("id", "molecule", "type", "x", "y", "z"),
    "full": ("id", "molecule", "type", "q", "x", "y", "z"),
    "sphere": ("id", "type", "diameter", "density", "x", "y", "z"),
}
_IMAGES = 3
_AXES = ("xlo xhi", "ylo yhi", "zlo zhi")
_TILT = "xy xz yz"
_HEADER_LINES = 40


def looks_like_lammps_data(lines: list[str]) -> bool:
    """Test whether text has the header of a LAMMPS data file: a number of atoms and box bounds."""
    head = [line.split("#")[0].split() for line in lines[:_HEADER_LINES]]
    return any(words[1:] == ["atoms"] for words in head) and any(words[2:] == ["xlo", "xhi"] for words in head)


def read_lammps_data(path: Path, card: Mapping[str, Any]) -> list[RawConfiguration]:
    """Read the one configuration of a LAMMPS data file; ``card["atom_style"]`` is used if the file does not name it."""
    lines = text_lines(path)
    where = str(path)
    units = _units(lines[0], card, where)
    header = _header(lines, where)
    count = whole_number(header["atoms"][0], where)
    require_particle_count(count, where)
    bounds = np.array([numbers(header.get(axis, ["nan"]), where) for axis in _AXES])
    start, named = _section(lines, "Atoms", where)
    style = _style(named, card, where)
    rows = _rows(lines, start, count, _COLUMNS[style], where)
    columns = {name: [row[index] for row in rows] for index, name in enumerate(_COLUMNS[style])}
    species = columns["type"]
    found = RawConfiguration(
        positions=np.array([numbers([row[_COLUMNS[style].index(axis)] for axis in "xyz"], where) for row in rows]),
        origin=bounds[:, 0],
        cell=cell_of_lengths(bounds[:, 1] - bounds[:, 0], numbers(header.get(_TILT, ["0"] * 3), where), where),
        layout=f"LAMMPS data, atom style {style}",
        where=where,
        ids=np.array([whole_number(token, where, least=1) for token in columns["id"]]),
        species=species,
        sizes=np.array(numbers(columns["diameter"], where)) if "diameter" in columns else None,
        sizes_are="diameters" if "diameter" in columns else "",
        masses=_masses(lines, header, species, where),
        unit_style=units,
        notes=(f"unit style {units}",) if units else (),
    )
    return [found]


def _header(lines: list[str], where: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines[1:_HEADER_LINES]:
        words = line.split("#")[0].split()
        for known in ("atoms", "atom types", *_AXES, _TILT):
            names = known.split()
            if words[-len(names) :] == names and len(words) > len(names):
                found[known] = words[: -len(names)]
    bounded = all(len(found.get(axis, [])) == len(("lo", "hi")) for axis in _AXES)
    if not bounded or len(found.get("atoms", [])) != 1 or len(found.get(_TILT, "xyz")) != len("xyz"):
        raise ForeignInputError(
            "the header is incomplete", expected="atoms, xlo xhi, ylo yhi, zlo zhi", got=", ".join(found), where=where
        )
    return found


def _section(lines: list[str], name: str, where: str) -> tuple[int, str]:
    """Return the first line of a section's body and the comment of its heading."""
    for index, line in enumerate(lines):
        title, _, comment = line.partition("#")
        if title.strip() == name:
            return index + 2, comment.strip()
    raise ForeignInputError(f"there is no section {name}", where=where, likely_cause="a truncated file")


def _style(named: str, card: Mapping[str, Any], where: str) -> str:
    stated = card.get("atom_style") or named
    if named and stated != named:
        raise CardError("the card contradicts the file on atom_style", expected=named, got=str(stated), where=where)
    if stated not in _COLUMNS:
        raise CardError(
            "the columns of the section Atoms are not known",
            expected=f"atom_style = {' or '.join(_COLUMNS)}",
            got=repr(stated) if stated else "neither the file nor the card names the style",
            where=where,
        )
    return str(stated)


def _rows(lines: list[str], start: int, count: int, columns: tuple[str, ...], where: str) -> list[list[str]]:
    require_lines(lines, start, count, where)
    rows = [lines[start + index].split("#")[0].split() for index in range(count)]
    for index, row in enumerate(rows):
        if len(row) not in (len(columns), len(columns) + _IMAGES):
            raise ForeignInputError(
                "a line has another number of columns",
                expected=f"{' '.join(columns)}, and three image numbers or none",
                got=str(len(row)),
                where=f"{where}, line {start + index + 1}",
            )
    return rows


def _masses(lines: list[str], header: Mapping[str, list[str]], species: list[str], where: str) -> FloatArray | None:
    if not any(line.split("#")[0].strip() == "Masses" for line in lines):
        return None
    start, _ = _section(lines, "Masses", where)
    types = whole_number(header.get("atom types", ["1"])[0], where, least=1)
    rows = _rows(lines, start, types, ("type", "mass"), where)
    by_type = {row[0]: numbers([row[1]], where)[0] for row in rows}
    unknown = sorted(set(species) - set(by_type))
    if unknown:
        raise ForeignInputError("a type has no mass", got=unknown[0][:40], where=where)
    return np.array([by_type[label] for label in species])


def _units(title: str, card: Mapping[str, Any], where: str) -> str:
    """Unit style in the title line, if LAMMPS wrote it, after comparison with the card."""
    _, found, rest = title.partition("units = ")
    named = rest.split()[0] if found and rest.split() else ""
    stated = card.get("lammps_units")
    if named and stated and named != stated:
        raise CardError("the card and the file disagree on units", expected=named, got=str(stated), where=where)
    return named[:20]


_ITEM = "ITEM: "

_FORMS = {"xyz": False, "xu yu zu": False, "xs ys zs": True, "xsu ysu zsu": True}
"""Names of coordinates, and whether they are fractions of the box."""

_GENERAL = ("abc", "origin")
_BOX_FORMS = {("xy", "xz", "yz"): 3, _GENERAL: 4, (): 2}
"""First words after BOX BOUNDS, and how many numbers a line of it has then."""


def looks_like_lammps_dump(lines: list[str]) -> bool:
    """Test whether text begins with an item of a dump."""
    return bool(lines) and lines[0].startswith(_ITEM)


def read_lammps_dump(path: Path, card: Mapping[str, Any]) -> list[RawConfiguration]:
    """Read every frame of a text dump; ``card["lammps_units"]`` is compared with the unit style of the file."""
    lines = text_lines(path)
    frames: list[RawConfiguration] = []
    line, count = 0, 0
    box: tuple[FloatArray, FloatArray] | None = None
    style = ""
    # Items before ATOMS describe the frame; the ATOMS item completes the frame.
    while line < len(lines):
        where = f"{path}, frame {len(frames)}"
        if not lines[line].startswith(_ITEM):
            raise ForeignInputError(
                "not a line of a dump", expected="ITEM: ...", got=lines[line][:40], where=f"{path}, line {line + 1}"
            )
        name, words = _item(lines[line])
        if name == "ATOMS":
            require_particle_count(count, where)
            require_lines(lines, line + 1, count, where)
            frames.append(_frame(lines[line + 1 : line + 1 + count], words, box, style, where))
            line += 1 + count
            count, box = 0, None
            continue
        length = {"BOX BOUNDS": 3}.get(name, 1)
        require_lines(lines, line + 1, length, where)
        body = lines[line + 1 : line + 1 + length]
        if name == "NUMBER OF ATOMS":
            count = whole_number(body[0].strip(), where)
        elif name == "BOX BOUNDS":
            box = _box(body, words, where)
        elif name == "UNITS":
            style = _same_units(body[0].strip(), card, where)
        line += 1 + length
    if not frames or count or box is not None:
        raise ForeignInputError("the last frame is incomplete", where=str(path), likely_cause="a truncated file")
    return frames


def _item(line: str) -> tuple[str, list[str]]:
    content = line.removeprefix(_ITEM)
    for name in ("NUMBER OF ATOMS", "BOX BOUNDS"):
        if content.startswith(name):
            return name, content.removeprefix(name).split()
    return content.split()[0] if content.split() else "", content.split()[1:]


def _box(body: list[str], words: list[str], where: str) -> tuple[FloatArray, FloatArray]:
    """Lower corner and edges of an orthogonal, triclinic (bounding box) or general triclinic box."""
    rows = [numbers(line.split(), where) for line in body]
    form = next((form for form in _BOX_FORMS if words[: len(form)] == list(form)), ())
    if any(len(row) != _BOX_FORMS[form] for row in rows):
        raise ForeignInputError(
            "the box is incomplete",
            expected=f"{_BOX_FORMS[form]} numbers per line for BOX BOUNDS {' '.join(words)}",
            got="; ".join(body)[:120],
            where=where,
        )
    table = np.array(rows)
    if form == _GENERAL:
        return table[:, 3], table[:, :3]
    xy, xz, yz = tilt = table[:, 2] if form else np.zeros(3)
    low = table[:, 0] - [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    high = table[:, 1] - [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    return low, cell_of_lengths(high - low, tilt.tolist(), where)


def _same_units(named: str, card: Mapping[str, Any], where: str) -> str:
    stated = card.get("lammps_units")
    if stated and stated != named:
        raise CardError("the card and the file disagree on units", expected=named, got=str(stated), where=where)
    return named[:20]


def _frame(
    lines: list[str], columns: list[str], box: tuple[FloatArray, FloatArray] | None, style: str, where: str
) -> RawConfiguration:
    if box is None:
        raise ForeignInputError("a frame has no box", expected="ITEM: BOX BOUNDS before ITEM: ATOMS", where=where)
    form = next((form for form in _FORMS if set(_axes(form)) <= set(columns)), None)
    if form is None:
        raise ForeignInputError(
            "the dump has no positions",
            expected="x y z, xu yu zu, xs ys zs or xsu ysu zsu",
            got=" ".join(columns)[:80],
            where=where,
        )
    rows = table_rows(lines, " ".join(columns), len(columns), where)
    table = {name: [row[index] for row in rows] for index, name in enumerate(columns)}
    positions = np.column_stack([numbers(table[axis], where) for axis in _axes(form)])
    sized = next((name for name in ("diameter", "radius") if name in table), "")
    return RawConfiguration(
        positions=positions,
        origin=box[0],
        cell=box[1],
        layout=f"LAMMPS dump, {' '.join(_axes(form))}",
        where=where,
        ids=np.array([whole_number(token, where, least=1) for token in table["id"]]) if "id" in table else None,
        species=table.get("element", table.get("type", ())),
        sizes=np.array(numbers(table[sized], where)) if sized else None,
        sizes_are={"diameter": "diameters", "radius": "radii"}.get(sized, ""),
        masses=np.array(numbers(table["mass"], where)) if "mass" in table else None,
        fractional=_FORMS[form],
        unit_style=style,
        notes=(f"unit style {style}",) if style else (),
    )


def _axes(form: str) -> tuple[str, ...]:
    return tuple(form.split()) if " " in form else tuple(form)
