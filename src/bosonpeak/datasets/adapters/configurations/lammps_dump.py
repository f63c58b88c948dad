"""LAMMPS dump files in text."""

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
from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import CardError, ForeignInputError

ITEM = "ITEM: "

_FORMS = {"xyz": False, "xu yu zu": False, "xs ys zs": True, "xsu ysu zsu": True}
"""Names of coordinates, and whether they are fractions of the box."""

_GENERAL = ("abc", "origin")
_BOX_FORMS = {("xy", "xz", "yz"): 3, _GENERAL: 4, (): 2}
"""First words after BOX BOUNDS, and how many numbers a line of it has then."""


def read_lammps_dump(path: Path, card: Mapping[str, Any]) -> list[RawConfiguration]:
    """Read every frame of a text dump; ``card["lammps_units"]`` is compared with the unit style of the file.

    Raises `ForeignInputError` for a damaged or incomplete frame, `CardError` if the card contradicts the file.
    """
    lines = text_lines(path)
    frames: list[RawConfiguration] = []
    line, count = 0, 0
    box: tuple[FloatArray, FloatArray] | None = None
    style = ""
    # Items before ATOMS describe the frame; the ATOMS item completes the frame.
    while line < len(lines):
        where = f"{path}, frame {len(frames)}"
        if not lines[line].startswith(ITEM):
            raise ForeignInputError(
                "this is no line of a dump",
                expected="ITEM: ...",
                got=lines[line][:40],
                where=f"{path}, line {line + 1}",
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
    content = line.removeprefix(ITEM)
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
            expected=f"{_BOX_FORMS[form]} numbers a line, as BOX BOUNDS {' '.join(words)} says",
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
    lines: list[str],
    columns: list[str],
    box: tuple[FloatArray, FloatArray] | None,
    style: str,
    where: str,
) -> RawConfiguration:
    if box is None:
        raise ForeignInputError("a frame has no box", expected="ITEM: BOX BOUNDS before ITEM: ATOMS", where=where)
    form = next((form for form in _FORMS if set(_axes(form)) <= set(columns)), None)
    if form is None:
        raise ForeignInputError(
            "the columns of the dump hold no positions",
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
