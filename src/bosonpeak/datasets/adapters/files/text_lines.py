"""Lines of numbers in text files of a fixed layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

LINE_END = b"\n"
LONGEST_LINE = 1 << 23
"""Bytes of a line: a spectrum of 300 000 modes fits; a line is split into words at once, at some 60 bytes per word."""


MOST_LINES = 1 << 24
"""Lines of a text file: more than the modes of any full spectrum, sample by sample."""


def text_lines(path: Path, *, what: str = "the file is not text", expected: str = "UTF-8") -> list[str]:
    """Lines of a text file; `ForeignInputError` if the file is not UTF-8, or a line is too long to be split."""
    content = path.read_bytes()
    count = content.count(LINE_END)
    if count > MOST_LINES:
        raise ForeignInputError(
            "the file has too many lines", expected=f"at most {MOST_LINES:,}", got=f"{count:,}", where=str(path)
        )
    start = 0
    while start + LONGEST_LINE < len(content):
        end = content.rfind(LINE_END, start, start + LONGEST_LINE + 1)
        if end < 0:
            raise ForeignInputError(
                "a line is too long",
                expected=f"at most {LONGEST_LINE:,} bytes per line",
                where=f"{path}, line {content[:start].count(LINE_END) + 1}",
                likely_cause="all numbers are on one line; write one mode per line",
            )
        start = end + 1
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ForeignInputError(
            what, expected=expected, got=f"a byte that is not UTF-8 at offset {error.start}", where=str(path)
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
