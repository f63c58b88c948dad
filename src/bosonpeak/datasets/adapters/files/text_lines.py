"""Lines of numbers in text files of a fixed layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError


def text_lines(path: Path) -> list[str]:
    """Lines of a text file; `ForeignInputError` if the file is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ForeignInputError(
            "the file is not text",
            expected="UTF-8",
            got=f"a byte that is not UTF-8 at offset {error.start}",
            where=str(path),
        ) from error


def numbers(tokens: Sequence[str], where: str) -> list[float]:
    """Convert tokens to finite numbers; `ForeignInputError` if a token is not a finite number."""
    values = []
    for token in tokens:
        try:
            value = float(token)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in token:
            raise ForeignInputError(
                "this is not a finite number", expected="a finite number", got=repr(token[:40]), where=where
            )
        values.append(value)
    return values


def whole_number(token: str, where: str, *, least: int = 0) -> int:
    """Convert a token to an integer; `ForeignInputError` if it is not an integer or is below ``least``."""
    digits = token.isascii() and token.removeprefix("-").isdigit() and len(token) <= 18
    if not digits or int(token) < least:
        raise ForeignInputError(
            "this is not a whole number",
            expected=f"a whole number, at least {least}",
            got=repr(token[:40]),
            where=where,
        )
    return int(token)


def block(lines: Sequence[str], start: int, count: int, width: int, where: str) -> FloatArray:
    """Read ``count`` lines of ``width`` numbers each, from line ``start`` (counted from 0), as (count, width)."""
    require_lines(lines, start, count, where)
    values = np.empty((count, width))
    for row in range(count):
        tokens = lines[start + row].split()
        place = f"{where}, line {start + row + 1}"
        if len(tokens) != width:
            raise ForeignInputError(
                "a line has another number of columns", expected=str(width), got=str(len(tokens)), where=place
            )
        values[row] = numbers(tokens, place)
    return values


def table_rows(lines: Sequence[str], columns: str, width: int, where: str) -> list[list[str]]:
    """Split lines into exactly ``width`` words each; `ForeignInputError` if a line has another number of words."""
    rows = [line.split() for line in lines]
    wrong = next((index for index, row in enumerate(rows) if len(row) != width), None)
    if wrong is not None:
        raise ForeignInputError(
            "a line has another number of columns",
            expected=f"{width}: {columns}"[:80],
            got=str(len(rows[wrong])),
            where=f"{where}, particle {wrong}",
        )
    return rows


def require_lines(lines: Sequence[str], start: int, count: int, where: str) -> None:
    """Reject a file with fewer lines than its header declares, before memory is allocated."""
    if start + count > len(lines):
        raise ForeignInputError(
            "the file ends too early",
            expected=f"{count:,} lines from line {start + 1}",
            got=f"{max(len(lines) - start, 0):,}",
            where=where,
            likely_cause="a truncated file, or a header with another number of particles",
        )
