"""Spectra of several files as those of one ensemble, if they can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.raw_spectra import RawSpectra
from bosonpeak.datasets.errors import ForeignInputError

LARGEST_RATIO = 2.5
"""Medians of the spectra of one ensemble differ by less; those in THz, meV, 1/cm and rad/ps differ by more."""

_FEWEST_NUMBERS = 30
_SHOWN_NOTES = 20


def joined_spectra(parts: Mapping[str, RawSpectra], where: str) -> RawSpectra:
    """Put the samples of several files one after the other.

    Parameters
    ----------
    parts : mapping of str to RawSpectra
        File name to its numbers, in the order of the samples.
    where : str
        Name of the folder, for messages.

    Returns
    -------
    RawSpectra

    Raises
    ------
    ForeignInputError
        If files differ in the number of modes, in what the numbers are or in their units, as they say or as their size
        tells.
    """
    require_one_value(
        "the files hold spectra of different length",
        "modes a sample",
        {n: _lengths(p) for n, p in parts.items()},
        where,
    )
    require_one_value(
        "the files hold different quantities", "", {n: part.role or "unnamed" for n, part in parts.items()}, where
    )
    require_one_value(
        "the files are in different units", "", {n: part.units or "unnamed" for n, part in parts.items()}, where
    )
    _require_one_scale(parts, where)
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
    )


def grouped_notes(notes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return what was noted of several files, each note once with the files that it is about.

    Parameters
    ----------
    notes : mapping of str to sequence of str
        By file name.

    Returns
    -------
    tuple of str
        Of many different notes the first twenty.
    """
    about: dict[str, list[str]] = {}
    for name, lines in notes.items():
        for line in lines:
            about.setdefault(line, []).append(name)
    told = [
        f"{line} ({names[0]}" + (f" and {len(names) - 1} other files)" if len(names) > 1 else ")")
        for line, names in about.items()
    ]
    more = [f"{len(told) - _SHOWN_NOTES} other notes"] if len(told) > _SHOWN_NOTES else []
    return (*told[:_SHOWN_NOTES], *more)


def require_one_value(what: str, noun: str, values: Mapping[str, object], where: str) -> None:
    """Refuse files that differ in something that one ensemble has once.

    Parameters
    ----------
    what : str
        What is wrong, for the message.
    noun : str
        What the values count, for the message.
    values : mapping of str to object
        By file name.
    where : str
        Name of the folder.

    Raises
    ------
    ForeignInputError
        With a file for each of the first values.
    """
    firsts: dict[object, str] = {}
    for name, value in values.items():
        firsts.setdefault(value, name)
    if len(firsts) > 1:
        told = [f"{value} {noun}".strip() + f" in {name}" for value, name in firsts.items()]
        raise ForeignInputError(
            what,
            expected="files of one ensemble",
            got=", ".join(told[:4]) + (f" and {len(told) - 4} others" if len(told) > 4 else ""),
            where=where,
            likely_cause="files of several ensembles in one folder, or one that is truncated",
        )


def _lengths(part: RawSpectra) -> str:
    lengths = sorted({row.size for row in part.samples})
    return str(lengths[0]) if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"


def _require_one_scale(parts: Mapping[str, RawSpectra], where: str) -> None:
    medians: dict[str, float] = {}
    for name, part in parts.items():
        numbers = np.concatenate(part.samples)
        if numbers.size >= _FEWEST_NUMBERS and np.isfinite(numbers).all() and np.median(numbers) > 0:
            medians[name] = float(np.median(numbers))
    if not medians:
        return
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    if medians[high] > LARGEST_RATIO * medians[low]:
        raise ForeignInputError(
            "the files are in different units, or of different ensembles",
            expected=f"medians within a factor of {LARGEST_RATIO:g}",
            got=f"{medians[low]:.6g} in {low}, {medians[high]:.6g} in {high}",
            where=where,
        )


def _common_arrays(parts: Sequence[RawSpectra]) -> dict[str, NDArray[Any]]:
    names = [name for name in parts[0].arrays if all(name in part.arrays for part in parts)]
    return {name: np.concatenate([part.arrays[name] for part in parts]) for name in names}
