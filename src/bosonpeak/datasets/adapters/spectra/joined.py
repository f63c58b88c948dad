"""Concatenation of the spectra of several files into a single ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.files.one_ensemble import grouped_notes, require_one_scale, require_one_value
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra

LARGEST_MEDIAN_RATIO = 2.5
"""Medians of the spectra of one ensemble differ by less; those in THz, meV, 1/cm and rad/ps differ by more."""

_FEWEST_NUMBERS = 30


def joined_spectra(parts: Mapping[str, RawSpectra], where: str) -> RawSpectra:
    """Concatenate the samples of several files, by name in sample order, that agree in modes, quantity and units."""
    require_one_value(
        "the files hold spectra of different length",
        "modes per sample",
        {n: _lengths(p) for n, p in parts.items()},
        where,
    )
    require_one_value(
        "the files hold different quantities", "", {n: part.role or "unnamed" for n, part in parts.items()}, where
    )
    require_one_value(
        "the files are in different units", "", {n: part.units or "unnamed" for n, part in parts.items()}, where
    )
    require_one_scale("medians", _medians(parts), LARGEST_MEDIAN_RATIO, where)
    first = next(iter(parts.values()))
    owners = [(name, index) for name, part in parts.items() for index in range(len(part.samples))]
    layouts = sorted({part.layout for part in parts.values()})
    return RawSpectra(
        samples=[row for part in parts.values() for row in part.samples],
        layout=f"{len(parts)} files, {layouts[0]}" + (" and others" if len(layouts) > 1 else ""),
        place=lambda sample, mode: parts[owners[sample][0]].place(owners[sample][1], mode),
        role=first.role,
        units=first.units,
        arrays=_common_arrays(list(parts.values())),
        notes=grouped_notes({name: part.notes for name, part in parts.items()}),
        is_of_matrix=all(part.is_of_matrix for part in parts.values()),
    )


def _lengths(part: RawSpectra) -> str:
    lengths = sorted({row.size for row in part.samples})
    return str(lengths[0]) if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"


def _medians(parts: Mapping[str, RawSpectra]) -> dict[str, float]:
    """Median of each file that has enough numbers."""
    medians: dict[str, float] = {}
    for name, part in parts.items():
        numbers = np.concatenate(part.samples)
        if numbers.size >= _FEWEST_NUMBERS and np.isfinite(numbers).all() and np.median(numbers) > 0:
            medians[name] = float(np.median(numbers))
    return medians


def _common_arrays(parts: Sequence[RawSpectra]) -> dict[str, NDArray[Any]]:
    names = [name for name in parts[0].arrays if all(name in part.arrays for part in parts)]
    return {name: np.concatenate([part.arrays[name] for part in parts]) for name in names}
