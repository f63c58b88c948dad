"""Tables of numbers in plain text: a sample per column or per line, or a long table of sample, mode and frequency."""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bosonpeak.datasets.adapters.files.text_lines import text_lines
from bosonpeak.datasets.adapters.spectra.raw_spectra import Place, RawSpectra, role_of, unit_of
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import CardError, ForeignInputError, did_you_mean

Columns = str | Sequence[str] | None

_COMMENTS = ("#", "%")
_ONE_SAMPLE_A_COLUMN = "samples"
_ROLES = ("sample", "chain", "mode", "frequency", "eigenvalue")
_LARGEST_LABEL = 2**53
_EMPTY = ("", "nan")
_HABITS = {
    "j": "a complex number: write the real part",
    ",": "a decimal comma: write a point",
    " ": "decimal commas, or commas and blanks mixed",
}


@dataclass(frozen=True)
class TextTable:
    """Numbers of a text file with their line numbers."""

    values: FloatArray  # (rows, columns)
    lines: IntegerArray  # (rows,), counted from 1
    header: tuple[str, ...]  # column names, or empty
    where: str

    def place(self, row: int, column: int) -> str:
        """Describe the position of a number in the file, for messages."""
        return f"{self.where}, line {self.lines[row]}, column {column + 1}"


@dataclass(frozen=True)
class RaggedTable:
    """Lines of different numbers of numbers, each ascending: a sample per line."""

    rows: list[FloatArray]  # of two numbers or more
    lines: IntegerArray  # (rows,), counted from 1
    where: str


def read_table(path: Path) -> TextTable:
    """Parse a UTF-8 table of numbers separated by commas, semicolons or blanks; ``#`` and ``%`` begin comments."""
    table = _parsed(path, of_spectra=False)
    assert isinstance(table, TextTable)
    return table


def read_spectra_table(path: Path) -> TextTable | RaggedTable:
    """Parse a table as `read_table` does; columns may end in empty cells or NaN, which become NaN, and lines differ."""
    return _parsed(path, of_spectra=True)


def _parsed(path: Path, *, of_spectra: bool) -> TextTable | RaggedTable:
    lines = text_lines(
        path,
        what="the file is neither text nor a known binary format",
        expected="netCDF, .npz, .npy, or a text table in UTF-8",
    )
    body = ((number, line.strip()) for number, line in enumerate(lines, start=1) if _is_content(line))
    first = next(body, (0, ""))
    names = tuple(token.strip().strip("\"'") for token in first[1].split(_separator(first[1])))
    header = names if all(map(_is_name, names)) else ()
    rows = body if header or not first[1] else itertools.chain([first], body)
    values, numbers, widths = _parse_rows(rows, path, of_spectra=of_spectra)
    if not numbers:
        raise ForeignInputError("the file holds no numbers", expected="a table of numbers", where=str(path))
    flat, places = np.frombuffer(values, dtype=np.float64), np.frombuffer(numbers, dtype=np.int64)
    lengths = np.frombuffer(widths, dtype=np.int64)
    if (lengths != lengths[0]).any():
        return _ragged(flat, lengths, places, str(path), has_header=bool(header))
    table = flat.reshape(len(numbers), -1)
    width = table.shape[1]
    if header and len(header) != width:
        raise ForeignInputError(
            "the header does not fit the table",
            expected=f"{width} names",
            got=f"{len(header)}: {', '.join(header)}"[:200],
            where=str(path),
        )
    header = header or _commented_header(lines[: numbers[0] - 1], width)
    return TextTable(table, places, header, str(path))


def _ragged(
    flat: FloatArray, lengths: IntegerArray, lines: IntegerArray, where: str, *, has_header: bool
) -> RaggedTable:
    """Samples per line if every line ascends; else the error at the first line of another length."""
    rows = np.split(flat, np.cumsum(lengths)[:-1])
    if has_header or any(len(row) < 2 or not (np.diff(row) >= 0).all() for row in rows):
        first = int(np.argmax(lengths != lengths[0]))
        raise ForeignInputError(
            "the table is ragged",
            expected=f"{lengths[0]} columns, as in the line before it, or a sample per line in ascending order",
            got=f"{lengths[first]}",
            where=f"{where}, line {lines[first]}",
            likely_cause="samples with different numbers of modes: use a long table (sample, mode, frequency), "
            "a sample per line, or one array per sample in an .npz archive",
        )
    return RaggedTable(rows, lines, where)


def spectra_from_table(table: TextTable | RaggedTable, columns: Columns = None) -> RawSpectra:
    """Assign roles to the columns of a table, by its header or by `columns`: "samples" (one per column) or roles."""
    if isinstance(table, RaggedTable):
        return _sample_lines(table)
    # Without a header, three columns whose first two count samples and modes are a long table; other columns are
    # samples.
    roles = _roles(table, columns)
    value = next((roles.index(role) for role in ("frequency", "eigenvalue") if role in roles), None)
    if value is None:
        return _sample_columns(table, [index for index, role in enumerate(roles) if role == ""])
    names = table.header if columns is None else tuple(map(str, columns))
    unused = [str(index + 1) for index, role in enumerate(roles) if role == "" and index != value]
    said = {number: names[int(number) - 1] for number in unused if names and names[int(number) - 1].strip(" -_")}
    named = [f"{number} ({said[number]})" if number in said else number for number in unused]
    notes = (f"columns not used: {', '.join(named)}",) if unused else ()
    return _long_table(table, roles, value, names[value] if names else "", notes)


def _roles(table: TextTable, columns: Columns) -> list[str]:
    width = table.values.shape[1]
    if isinstance(columns, str):
        if columns != _ONE_SAMPLE_A_COLUMN:
            raise CardError(
                "unknown entry for columns", expected='"samples", or a list of column roles', got=repr(columns)
            )
        return [""] * width
    names = table.header if columns is None else tuple(map(str, columns))
    if columns is not None and len(names) != width:
        raise CardError(
            "the card describes another number of columns", expected=f"{width}", got=f"{len(names)}", where=table.where
        )
    if columns is not None:
        _require_no_slips(names, table.where)
    roles = [role_of(name) for name in names]
    for role in _ROLES:
        if roles.count(role) > 1:
            raise ForeignInputError(
                f"more than one column is named as {role}", expected="one", got=", ".join(names), where=table.where
            )
    if "frequency" in roles and "eigenvalue" in roles:
        raise ForeignInputError(
            "the table has frequencies and eigenvalues",
            expected="only one of them, selected by columns = [...] in the card",
            got=", ".join(names),
            where=table.where,
        )
    if "sample" in roles and not {"frequency", "eigenvalue"} & set(roles):
        raise ForeignInputError(
            "no column is named as the frequency", expected="frequency", got=", ".join(names), where=table.where
        )
    return roles or _guessed_roles(table)


def _require_no_slips(names: Sequence[str], where: str) -> None:
    """Reject names on a card that are close to, but not equal to, a known role."""
    slips = [(name, close) for name in names if not role_of(name) and (close := did_you_mean(name.lower(), _ROLES))]
    if slips:
        raise CardError(
            "unknown role in columns",
            expected=", ".join(_ROLES),
            got=", ".join(repr(name) for name, _ in slips),
            where=where,
            likely_cause="; ".join(close for _, close in slips),
        )


def _guessed_roles(table: TextTable) -> list[str]:
    values = table.values
    width = values.shape[1]
    whole = [bool((values[:, column] == np.floor(values[:, column])).all()) for column in range(width)]
    if width == 3 and whole[0] and whole[1] and len(np.unique(values[:, :2], axis=0)) == len(values):
        return ["sample", "mode", "frequency"]
    for column, is_whole in enumerate(whole):
        if is_whole and len(values) > 1 and values[:, column].any():
            raise ForeignInputError(
                "a column holds whole numbers only: an index, or frequencies?",
                expected='a header line, or columns = "samples" or a list of roles in the card',
                got=f"column {column + 1} of {width}",
                where=table.where,
            )
    return [""] * width


def _sample_columns(table: TextTable, chosen: list[int]) -> RawSpectra:
    if not chosen:
        raise ForeignInputError(
            "no column holds a spectrum", expected="frequencies", got=", ".join(table.header), where=table.where
        )
    samples = [_before_padding(table, column) for column in chosen]
    shorter = sum(len(sample) < len(table.values) for sample in samples)
    return RawSpectra(
        samples=samples,
        layout=f"text, one sample per column ({len(chosen)} columns)",
        place=Place(table.where, "line", tuple(str(column + 1) for column in chosen), (table.lines,)),
        notes=(f"columns of {shorter} samples end earlier than others, and were taken for shorter ones",)
        if shorter
        else (),
    )


def _before_padding(table: TextTable, column: int) -> FloatArray:
    """Numbers of a column up to the last number; none may be missing before."""
    values = table.values[:, column]
    known = np.flatnonzero(~np.isnan(values))
    last = int(known[-1]) + 1 if known.size else 0
    gap = np.flatnonzero(np.isnan(values[: last or None]))
    if gap.size:
        raise _not_finite("an empty cell or nan before the last number", table.place(int(gap[0]), column))
    return values[:last].copy()


def _sample_lines(table: RaggedTable) -> RawSpectra:
    return RawSpectra(
        samples=table.rows,
        layout=f"text, one sample per line ({len(table.rows)} lines)",
        place=Place(table.where, "row", tuple(map(str, table.lines.tolist()))),
        notes=("the lines have different lengths, and were taken for samples",),
    )


def _long_table(table: TextTable, roles: list[str], value: int, name: str, notes: tuple[str, ...]) -> RawSpectra:
    rows = len(table.values)
    missing = np.argwhere(np.isnan(table.values))
    if len(missing):
        raise _not_finite("an empty cell or nan", table.place(*missing[0].tolist()))
    sample = _labels(table, roles.index("sample")) if "sample" in roles else np.zeros(rows, dtype=np.int64)
    arrays = {}
    if "chain" in roles:
        # Samples may be counted from zero in every chain.
        chain = _labels(table, roles.index("chain"))
        pairs, sample = np.unique(np.column_stack([chain, sample]), axis=0, return_inverse=True)
        sample = sample.reshape(-1)
        arrays["chain"] = pairs[:, 0]
    mode = _labels(table, roles.index("mode")) if "mode" in roles else _running_index(sample)
    order = np.lexsort((mode, sample))
    _require_each_pair_once(table, sample[order], mode[order], order)
    members = np.split(order, np.flatnonzero(np.diff(sample[order])) + 1)
    return RawSpectra(
        samples=[table.values[member, value] for member in members],
        layout="text, long table",
        place=Place(table.where, "line", (str(value + 1),), tuple(table.lines[member] for member in members)),
        role=roles[value],
        units=unit_of(name) if name else "",
        arrays=arrays,
        notes=notes,
    )


def _labels(table: TextTable, column: int) -> IntegerArray:
    values = table.values[:, column]
    wrong = np.flatnonzero((values != np.floor(values)) | (np.abs(values) >= _LARGEST_LABEL))
    if wrong.size:
        raise ForeignInputError(
            "a sample, chain or mode number is not a whole number",
            expected="0, 1, 2, ...",
            got=f"{values[wrong[0]]:g}",
            where=table.place(int(wrong[0]), column),
        )
    return values.astype(np.int64)


def _running_index(sample: IntegerArray) -> IntegerArray:
    """Number the rows of each sample in the order of the file."""
    order = np.argsort(sample, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(sample[order]) != 0])
    lengths = np.diff(np.r_[starts, len(sample)])
    index = np.empty(len(sample), dtype=np.int64)
    index[order] = np.arange(len(sample)) - np.repeat(starts, lengths)
    return index


def _require_each_pair_once(table: TextTable, sample: IntegerArray, mode: IntegerArray, order: IntegerArray) -> None:
    same_sample = np.diff(sample) == 0
    step = np.diff(mode)
    twice = np.flatnonzero(same_sample & (step == 0))
    if twice.size:
        first = int(twice[0])
        raise ForeignInputError(
            "a mode occurs twice",
            expected="each pair of sample and mode once",
            got=f"sample {sample[first]}, mode {mode[first]} on lines {table.lines[order[first]]} and "
            f"{table.lines[order[first + 1]]}",
            where=table.where,
        )
    start = int(mode[0])
    firsts = np.r_[0, np.flatnonzero(~same_sample) + 1]
    gaps = np.flatnonzero(same_sample & (step != 1))
    if start not in (0, 1) or (mode[firsts] != start).any() or gaps.size:
        at = int(gaps[0]) if gaps.size else int(firsts[np.argmax(mode[firsts] != start)])
        raise ForeignInputError(
            "modes are missing",
            expected="modes numbered without gaps from 0, or from 1, in every sample",
            got=f"mode {mode[at + 1]} follows mode {mode[at]}" if gaps.size else f"the first mode is {mode[at]}",
            where=f"{table.where}, sample {sample[at]}",
        )


def _is_content(line: str) -> bool:
    content = line.strip()
    return bool(content) and not content.startswith(_COMMENTS)


def _separator(content: str) -> str | None:
    return next((mark for mark in (";", ",") if mark in content), None)


def _parse_rows(
    rows: Iterable[tuple[int, str]], path: Path, *, of_spectra: bool
) -> tuple[array[float], array[int], array[int]]:
    """Parse all rows into a flat array of numbers, and the line and length of each row."""
    values, numbers, widths = array("d"), array("q"), array("q")
    separator: str | None = None
    for number, content in rows:
        separator = separator if numbers else _separator(content)
        tokens = content.split(separator)
        if numbers and len(tokens) != widths[0] and not of_spectra:
            raise ForeignInputError(
                "the table is ragged",
                expected=f"{widths[0]} columns, as in the line before it",
                got=f"{len(tokens)}",
                where=f"{path}, line {number}",
            )
        numbers.append(number)
        widths.append(len(tokens))
        found = _plain_row(content, tokens)
        values.extend(found or _careful_row(tokens, path, number, padded=of_spectra and len(tokens) > 1))
    return values, numbers, widths


def _plain_row(content: str, tokens: Sequence[str]) -> list[float] | None:
    """Parse a row quickly; None if a token needs the careful parser."""
    if "_" in content:
        return None
    try:
        row = list(map(float, tokens))
    except ValueError:
        return None
    return row if all(map(math.isfinite, row)) else None


def _careful_row(tokens: Sequence[str], path: Path, line: int, *, padded: bool) -> list[float]:
    return [
        math.nan if padded and token.strip().lower() in _EMPTY else _number(token, path, line, column)
        for column, token in enumerate(tokens, start=1)
    ]


def _commented_header(above: Sequence[str], width: int) -> tuple[str, ...]:
    """Column names from the last comment above the numbers, as written by numpy.savetxt, if it names every column."""
    comment = next((line for line in reversed(above) if line.strip()), "")
    names = tuple(comment.strip().lstrip("#%").replace(",", " ").split())
    return names if len(names) == width and all(map(role_of, names)) else ()


def _is_name(token: str) -> bool:
    """Test whether a token can name a column: not a number, and no leading digit, sign or point."""
    if token.strip()[:1] in tuple("0123456789+-."):
        return False
    try:
        _parse(token)
    except ValueError:
        return True
    return False


def _parse(token: str) -> float:
    """Convert a token to a float; Fortran writes double-precision exponents with a D."""
    try:
        return float(token)
    except ValueError:
        return float(token.upper().replace("D", "E"))


def _number(token: str, path: Path, line: int, column: int) -> float:
    where = f"{path}, line {line}, column {column}"
    try:
        value = _parse(token)
    except ValueError as error:
        cause = next((text for mark, text in _HABITS.items() if mark in token.strip()), "")
        raise ForeignInputError(
            "this is not a number", expected="a real number", got=repr(token[:40]), where=where, likely_cause=cause
        ) from error
    if not math.isfinite(value) or "_" in token:
        raise _not_finite(repr(token[:40]), where)
    return value


def _not_finite(got: str, where: str) -> ForeignInputError:
    return ForeignInputError("this is not a finite number", expected="a finite number", got=got, where=where)
