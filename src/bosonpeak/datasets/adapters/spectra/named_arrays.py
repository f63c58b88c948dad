"""Interpretation of named arrays from an archive or a foreign netCDF file as spectra."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.spectra.raw_spectra import Place, RawSpectra, role_of, unit_of
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import ForeignInputError

Arrays = Mapping[str, NDArray[Any]]

_OFFSETS = ("offsets", "offset", "row_offsets", "sample_offsets", "indptr")


def spectra_from_arrays(arrays: Arrays, where: str, units: Mapping[str, str] | None = None) -> RawSpectra:
    """Find the eigenfrequencies among named arrays; ``units`` maps array names to units stated by the file."""
    # Accepted, in this order: an array named as frequencies or eigenvalues, with companions; a single array (sample,
    # mode) or (mode,); several one-dimensional arrays, one per sample.
    named = [name for name in arrays if role_of(name) in ("frequency", "eigenvalue")]
    if len(named) > 1:
        raise _ambiguous("more than one array could hold the spectrum", named, arrays, where)
    if named or len(arrays) == 1:
        chosen = named[0] if named else next(iter(arrays))
        found = _from_named(chosen, arrays, where)
        # Stated units of eigenvalues are units of omega^2, not of frequency.
        return (
            found
            if found.role == "eigenvalue"
            else replace(found, units=(units or {}).get(chosen, "") or unit_of(chosen))
        )
    if arrays and all(array.ndim == 1 for array in arrays.values()):
        return _one_array_a_sample(arrays, where)
    raise _ambiguous("the array of eigenfrequencies is ambiguous", list(arrays), arrays, where)


def _ambiguous(what: str, names: list[str], arrays: Arrays, where: str) -> ForeignInputError:
    found = ", ".join(f"{name} {arrays[name].shape}" for name in names)
    return ForeignInputError(
        what,
        expected="one array named eigenfrequency or eigenvalue, or a single array (sample, mode), or one "
        "one-dimensional array per sample",
        got=found or "no array",
        where=where,
    )


def _one_array_a_sample(arrays: Arrays, where: str) -> RawSpectra:
    names = list(arrays)
    empty = [name for name in names if not arrays[name].size]
    if empty:
        raise ForeignInputError(
            "a sample has no modes", expected="at least one number per sample", where=f"{where}, array {empty[0]!r}"
        )
    return RawSpectra(
        samples=[_as_numbers(arrays[name], f"{where}, array {name!r}") for name in names],
        layout=f"{len(names)} one-dimensional arrays, one per sample",
        place=Place(where, "element", tuple(map(repr, names))),
    )


def _from_named(name: str, arrays: Arrays, where: str) -> RawSpectra:
    values = _as_numbers(arrays[name], f"{where}, array {name!r}")
    if values.ndim not in (1, 2) or values.size == 0:
        raise ForeignInputError(
            "the array has the wrong shape",
            expected="(sample, mode), with at least one of each",
            got=str(values.shape),
            where=f"{where}, array {name!r}",
        )
    offsets = next((key for key in _OFFSETS if key in arrays), None)
    if offsets is not None and values.ndim == 1:
        return _flat(name, values, arrays, offsets, where)
    # Rows of a table, each valid up to its mode count or its trailing NaN.
    table = np.atleast_2d(values)
    counts = _mode_counts(arrays, table, where)
    # Accompanying arrays, checked against the shape of the table.
    optional: dict[str, NDArray[Any]] = {}
    nodes = arrays["coordination_number"].shape[-1:] if "coordination_number" in arrays else ()
    shapes = {
        "participation_ratio": table.shape,
        "zero_mode_count": table.shape[:1],
        "chain": table.shape[:1],
        "coordination_number": (len(table), *nodes),
    }
    for key, shape in shapes.items():
        if key in arrays:
            optional[key] = _beside(key, arrays[key], shape, where)
    ignored = [key for key in arrays if key not in (name, "mode_count", *optional)]
    padded = int(np.count_nonzero(counts < table.shape[1])) if "mode_count" not in arrays else 0
    notes = [f"rows of {padded} samples end in NaN, and were taken for shorter ones"] if padded else []
    notes += [f"arrays not used: {', '.join(ignored)}"] if ignored else []
    notes += ["the frequencies are in single precision"] if arrays[name].dtype == np.float32 else []
    return RawSpectra(
        samples=[row[:count] for row, count in zip(table, counts, strict=True)],
        layout=f"array {name!r} of shape {values.shape}",
        place=Place(where, "mode", (repr(name),)),
        role=role_of(name),
        arrays=optional,
        notes=tuple(notes),
    )


def _flat(name: str, values: FloatArray, arrays: Arrays, offsets: str, where: str) -> RawSpectra:
    """Split a flat array into samples, each from its offset to the next."""
    starts = arrays[offsets]
    if starts.ndim != 1 or starts.dtype.kind not in "iu" or len(starts) < 1:
        raise ForeignInputError(
            "the offsets are not a list of whole numbers", got=f"{starts.dtype}, shape {starts.shape}", where=where
        )
    bounds = starts.astype(np.int64)
    if bounds[-1] != len(values):
        bounds = np.append(bounds, len(values))
    if bounds[0] != 0 or (np.diff(bounds) < 0).any():
        raise ForeignInputError(
            "the offsets do not divide the array into samples",
            expected=f"0, ascending, at most {len(values)}",
            got=f"{bounds[0]} to {bounds[-2] if len(bounds) > 1 else bounds[-1]}",
            where=f"{where}, array {offsets!r}",
        )
    ignored = [key for key in arrays if key not in (name, offsets)]
    samples = [values[start:stop] for start, stop in itertools.pairwise(bounds.tolist())]
    return RawSpectra(
        samples=samples,
        layout=f"array {name!r} of {len(values)} modes, {len(samples)} samples by {offsets!r}",
        place=Place(where, "mode", (repr(name),)),
        role=role_of(name),
        notes=(f"arrays not used: {', '.join(ignored)}",) if ignored else (),
    )


def _before_padding(table: FloatArray) -> IntegerArray:
    """Number of values before the trailing NaN of each row; an earlier NaN is kept and rejected later."""
    known = ~np.isnan(table)
    last = table.shape[1] - np.argmax(known[:, ::-1], axis=1)
    return np.asarray(np.where(known.any(axis=1), last, table.shape[1]), dtype=np.int64)


def _mode_counts(arrays: Arrays, table: FloatArray, where: str) -> IntegerArray:
    if "mode_count" not in arrays:
        return _before_padding(table)
    counts = _beside("mode_count", arrays["mode_count"], table.shape[:1], where)
    if (counts < 0).any() or (counts > table.shape[1]).any():
        raise ForeignInputError(
            "mode_count does not fit the array",
            expected=f"0 to {table.shape[1]}",
            got=f"{counts.min()} to {counts.max()}",
            where=where,
        )
    return counts.astype(np.int64)


def _beside(name: str, array: NDArray[Any], shape: tuple[int, ...], where: str) -> NDArray[Any]:
    """Check the type and shape of an array that accompanies the spectrum."""
    kinds = "f" if name == "participation_ratio" else "iu"
    if array.shape != shape or array.dtype.kind not in kinds:
        wanted = "floating-point numbers" if kinds == "f" else "whole numbers"
        raise ForeignInputError(
            f"the array {name} does not fit the spectrum",
            expected=f"{wanted} of shape {shape}",
            got=f"{array.dtype} of shape {array.shape}",
            where=where,
        )
    return array


def _as_numbers(array: NDArray[Any], where: str) -> FloatArray:
    if array.dtype.kind not in "iuf":
        hints = {"c": "complex: save the real part", "U": "text", "S": "text", "b": "true or false", "V": "a record"}
        raise ForeignInputError(
            "the array does not hold real numbers",
            expected="floating-point or whole numbers",
            got=f"{array.dtype} ({hints.get(array.dtype.kind, 'not numbers')})",
            where=where,
        )
    return array.astype(np.float64)
