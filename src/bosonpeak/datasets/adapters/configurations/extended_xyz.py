"""Extended XYZ, as ASE, OVITO and QUIP write it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from bosonpeak.datasets.adapters.configurations.foreign_configuration import RawConfiguration, require_particle_count
from bosonpeak.datasets.adapters.files.text_lines import numbers, require_lines, table_rows, text_lines, whole_number
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import ForeignInputError

_ENTRY = re.compile(r'([A-Za-z_][\w-]*)\s*=\s*("[^"]*"|\{[^}]*\}|\S+)')
_SIZES = {"diameter": "diameters", "diameters": "diameters", "radius": "radii", "radii": "radii"}
_LINES_BEFORE = 2


def looks_like_xyz(lines: list[str]) -> bool:
    """Test whether text begins as extended XYZ: a lone number, then a comment with a lattice or properties."""
    return len(lines) > 1 and lines[0].strip().isdigit() and bool({"lattice", "properties"} & set(_entries(lines[1])))


def read_extended_xyz(path: Path) -> list[RawConfiguration]:
    """Read every frame; `ForeignInputError` if a frame is damaged, has no lattice or is not periodic."""
    lines = text_lines(path)
    frames: list[RawConfiguration] = []
    start = 0
    while start < len(lines) and lines[start].strip():
        where = f"{path}, frame {len(frames)}"
        count = whole_number(lines[start].strip(), where)
        require_particle_count(count, where)
        require_lines(lines, start, _LINES_BEFORE + count, where)
        body = lines[start + _LINES_BEFORE : start + _LINES_BEFORE + count]
        frames.append(_frame(_entries(lines[start + 1]), body, where))
        start += _LINES_BEFORE + count
    return frames


def _entries(comment: str) -> dict[str, str]:
    return {key.lower(): value.strip('"{}') for key, value in _ENTRY.findall(comment)}


def _frame(entries: dict[str, str], body: list[str], where: str) -> RawConfiguration:
    if "lattice" not in entries:
        raise ForeignInputError("there is no box", expected='Lattice="..." in the comment line', where=where)
    edges = numbers(entries["lattice"].split(), where)
    if len(edges) != 9:
        raise ForeignInputError("the lattice is not a box", expected="9 numbers", got=str(len(edges)), where=where)
    table = _table(entries.get("properties", "species:S:1:pos:R:3"), body, where)
    if "pos" not in table or len(table["pos"][0]) != 3:
        raise ForeignInputError("there are no positions", expected="pos:R:3", got=", ".join(table), where=where)
    periodic = entries.get("pbc", "T T T").split()
    if not all(flag.upper() in ("T", "TRUE", "1") for flag in periodic[:2]):
        raise ForeignInputError("the box is not periodic", expected='pbc="T T T"', got=entries["pbc"][:20], where=where)
    sized = next((name for name in _SIZES if name in table), "")
    massive = next((name for name in ("mass", "masses") if name in table), "")
    return RawConfiguration(
        positions=np.array([numbers(row, where) for row in table["pos"]]),
        origin=np.zeros(3),
        cell=np.array(edges).reshape(3, 3),
        layout="extended XYZ",
        where=where,
        ids=_ids(table, where),
        species=[row[0] for row in table.get("species", [])],
        sizes=_column(table, sized, where),
        sizes_are=_SIZES.get(sized, ""),
        masses=_column(table, massive, where),
    )


def _table(properties: str, body: list[str], where: str) -> dict[str, list[list[str]]]:
    parts = properties.split(":")
    named = list(zip(parts[0::3], parts[1::3], parts[2::3], strict=False))
    sound = len(parts) % 3 == 0 and all(kind in "RISL" and width.isdigit() for _, kind, width in named)
    if not sound or len({name for name, _, _ in named}) < len(named):
        raise ForeignInputError(
            "the properties cannot be read",
            expected="name:R|I|S|L:columns, each name once",
            got=properties[:80],
            where=where,
        )
    widths = [int(width) for _, _, width in named]
    rows = table_rows(body, properties, sum(widths), where)
    ends = np.cumsum([0, *widths])
    return {name.lower(): [row[ends[k] : ends[k + 1]] for row in rows] for k, (name, _, _) in enumerate(named)}


def _column(table: dict[str, list[list[str]]], name: str, where: str) -> FloatArray | None:
    return np.array(numbers([row[0] for row in table[name]], where)) if name else None


def _ids(table: dict[str, list[list[str]]], where: str) -> IntegerArray | None:
    return np.array([whole_number(row[0], where, least=1) for row in table["id"]]) if "id" in table else None
