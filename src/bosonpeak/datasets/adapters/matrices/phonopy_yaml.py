"""Force constants and masses from ``phonopy.yaml``, parsed line by line in phonopy's layout, not as general YAML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bosonpeak.datasets.adapters.files.text_lines import numbers, text_lines, whole_number
from bosonpeak.datasets.adapters.matrices.force_constants import force_constants_of_array
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix, require_matrix_size
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

UNITS = {"atomic_mass": "AMU", "length": "angstrom", "force_constants": "eV/angstrom^2"}
"""Of phonopy's own; calculators with others name theirs in the file."""

_SECTION = re.compile(r"([A-Za-z_]\w*):\s*(#.*)?")
_ENTRY = re.compile(r"\s*(?:-\s+)?([A-Za-z_]\w*):\s*(.*?)\s*(?:#.*)?")
_ROW = re.compile(r"\s*-\s*\[([^\]]*)\]\s*(?:#.*)?")


def looks_like_phonopy_yaml(lines: Sequence[str]) -> bool:
    """Test whether text begins as phonopy's YAML."""
    words = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return bool(words) and words[0].rstrip() == "phonopy:"


def read_phonopy_yaml(path: Path) -> RawMatrix:
    """Read the full force constants of the supercell and the masses of its atoms."""
    sections, where = _sections(text_lines(path)), str(path)
    if "force_constants" not in sections:
        raise ForeignInputError(
            "the file holds no force constants",
            expected="a section force_constants",
            got=", ".join(sections)[:120],
            where=where,
            likely_cause="write them with phonopy --include-fc, or provide FORCE_CONSTANTS or force_constants.hdf5",
        )
    _require_units(_entries(sections.get("physical_unit", [])), where)
    atoms, values = _force_constants(sections["force_constants"], where)
    reported = [value for line in sections.get("supercell", []) if (value := _named(line, "mass"))]
    masses = np.array(numbers(reported, f"{where}, masses of the supercell"))
    if len(masses) != atoms or not (masses > 0).all():
        raise ForeignInputError(
            "the masses do not fit the force constants",
            expected=f"{atoms} positive masses in the supercell",
            got=str(len(masses)),
            where=where,
        )
    found = force_constants_of_array(values, where)
    return RawMatrix(found.values, f"phonopy.yaml, {atoms} atoms", where, family="phonopy", masses=masses)


def _sections(lines: Sequence[str]) -> dict[str, list[str]]:
    """Lines below each unindented key."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        if (key := _SECTION.fullmatch(line.rstrip())) is not None:
            current = found.setdefault(key.group(1), [])
        else:
            current.append(line)
    return found


def _entries(lines: Sequence[str]) -> dict[str, str]:
    return {match.group(1): match.group(2).strip("\"'") for line in lines if (match := _ENTRY.fullmatch(line))}


def _named(line: str, key: str) -> str:
    match = _ENTRY.fullmatch(line)
    return match.group(2) if match is not None and match.group(1) == key else ""


def _require_units(reported: dict[str, str], where: str) -> None:
    other = [f"{key} {reported[key]}" for key, usual in UNITS.items() if reported.get(key, usual) != usual]
    if other:
        raise ForeignInputError(
            "the force constants are in the units of another calculator",
            expected=", ".join(UNITS.values()),
            got=", ".join(other)[:120],
            where=where,
            likely_cause="phonopy keeps the units of the force calculator: convert them",
        )


def _force_constants(lines: Sequence[str], where: str) -> tuple[int, FloatArray]:
    reported = _entries([line for line in lines if ":" in line])
    words = reported.get("shape", "").strip("[] ").replace(",", " ").split()
    if len(words) != 2:
        raise ForeignInputError("the force constants have no shape", expected="shape: [ N, N ]", where=where)
    first, second = (whole_number(word, f"{where}, force_constants", least=1) for word in words)
    require_matrix_size(3 * max(first, second), where)
    rows = [match.group(1).replace(",", " ").split() for line in lines if (match := _ROW.fullmatch(line))]
    if len(rows) != 3 * first * second or any(len(row) != 3 for row in rows):
        raise ForeignInputError(
            "the force constants are incomplete",
            expected=f"{3 * first * second:,} rows of three numbers",
            got=f"{len(rows):,} rows",
            where=where,
            likely_cause="a truncated file",
        )
    listed = numbers([word for row in rows for word in row], f"{where}, force_constants")
    return second, np.array(listed).reshape(first, second, 3, 3)
