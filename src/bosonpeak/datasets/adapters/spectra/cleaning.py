"""Conversion of raw numbers to eigenfrequencies: reject invalid input, correct round-off, note each correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.plain_text import plural

Quantity = Literal["frequency", "eigenvalue", "frequency_over_2pi"]

QUANTITIES: tuple[Quantity, ...] = ("frequency", "eigenvalue", "frequency_over_2pi")

ROUND_OFF = 1e-10
"""An eigenvalue this small beside the largest of its sample is indistinguishable from zero: n eps for n = 500 000."""

_MOST_DECIMALS = 8
_POOLED = 5
"""Modes per ascending run, on average, from which a list is taken for several samples; random order has two."""


@dataclass(frozen=True)
class CleanSpectra:
    """Eigenfrequencies after cleaning."""

    samples: list[FloatArray]  # angular frequencies per sample, finite, non-negative, ascending
    decimals: int | None  # decimal places of the numbers if rounding produced equal neighbours
    notes: tuple[str, ...]
    unstable: list[FloatArray]  # modes of negative omega^2 per sample as -|omega|, ascending


def clean(raw: RawSpectra, quantity: Quantity, *, is_stated: bool = True) -> CleanSpectra:
    """Convert numbers to angular eigenfrequencies; ``is_stated`` is True if file or card states the quantity."""
    # Codes print unstable modes as negative frequencies; negative numbers of an unstated quantity may be eigenvalues.
    _require_modes(raw)
    power = 1 if quantity == "eigenvalue" else 2
    bounds = [_smallest(row[np.isfinite(row)], power) for row in raw.samples]
    sound = [row if np.isfinite(row).all() else row[:0] for row in raw.samples]
    below = [_unstable(row, bound) if is_stated else 0 for row, bound in zip(sound, bounds, strict=True)]
    stable = [row[count:] for row, count in zip(sound, below, strict=True)]
    sorted_rows = [_sort_below(row, bound) for row, bound in zip(stable, bounds, strict=True)]
    has_stable = any((row > bound).any() for row, bound in zip(stable, bounds, strict=True))
    unstated = None if is_stated and has_stable else _negative(raw, bounds, quantity)
    _raise_together(_not_finite(raw), unstated, _unsorted(raw, sorted_rows, below))
    unstable = [_angular(row[:count], quantity) for row, count in zip(sound, below, strict=True)]
    negative = int(sum((row < 0).sum() for row in stable))
    resorted = sum(not np.array_equal(row, other) for row, other in zip(stable, sorted_rows, strict=True))
    decimals = _decimals(sorted_rows)
    notes = [*raw.notes]
    if any(below):
        notes.append(
            f"{plural(sum(below), 'unstable mode')} (omega^2 < 0) in {np.count_nonzero(below)} of "
            f"{plural(len(below), 'sample')}, kept as unstable_frequency: not minima of the energy"
        )
    if negative:
        notes.append(
            f"{plural(negative, 'negative value')} at round-off (relative bound {ROUND_OFF:g} in omega^2) set to zero"
        )
    if resorted:
        notes.append(f"values at round-off of zero put in order in {plural(resorted, 'sample')}")
    if decimals is not None:
        notes.append(f"the numbers are rounded to {decimals} decimal places, and neighbours coincide")
    notes += _repeated(sorted_rows)
    return CleanSpectra([_angular(row, quantity) for row in sorted_rows], decimals, tuple(notes), unstable)


def _require_modes(raw: RawSpectra) -> None:
    """Reject spectra without any mode; single empty samples are valid (no mode below the upper end of the list)."""
    if not any(row.size for row in raw.samples):
        raise ForeignInputError(
            "no sample has a mode" if raw.samples else "the file has no samples", expected="at least one number"
        )


def _raise_together(*faults: ForeignInputError | None) -> None:
    """Raise all faults as a single error; return if there are none."""
    found = [fault for fault in faults if fault is not None]
    if len(found) < 2:
        for fault in found:
            raise fault
        return
    raise ForeignInputError(
        " and ".join(fault.what for fault in found),
        expected="; ".join(fault.expected for fault in found),
        got="; ".join(fault.got for fault in found),
        where="; ".join(fault.where for fault in found),
        likely_cause="; ".join(filter(None, (fault.likely_cause for fault in found))),
    )


def _not_finite(raw: RawSpectra) -> ForeignInputError | None:
    broken = [(index, np.flatnonzero(~np.isfinite(row))) for index, row in enumerate(raw.samples)]
    count = sum(positions.size for _, positions in broken)
    if not count:
        return None
    index, positions = next((index, positions) for index, positions in broken if positions.size)
    return ForeignInputError(
        "there are numbers that are not finite",
        expected="finite numbers; samples with fewer modes need an array mode_count",
        got=f"{raw.samples[index][positions[0]]}; {count} in all",
        where=raw.place(index, int(positions[0])),
    )


def _smallest(row: FloatArray, power: int) -> float:
    """Magnitude below which a number of this sample counts as zero; ``power`` is 2 for frequencies, 1 for omega^2."""
    largest = float(np.abs(row).max(initial=0.0))
    return largest * (ROUND_OFF if power == 1 else ROUND_OFF**0.5)


def _negative(raw: RawSpectra, bounds: list[float], quantity: Quantity) -> ForeignInputError | None:
    """Error for numbers negative beyond round-off, or None if there are none."""
    beyond = [np.isfinite(row) & (row < -bound) for row, bound in zip(raw.samples, bounds, strict=True)]
    count = int(sum(mask.sum() for mask in beyond))
    if not count:
        return None
    finite = [np.where(np.isfinite(row), row, np.inf) for row in raw.samples]
    lowest = [float(row.min(initial=np.inf)) for row in finite]
    sample = int(np.argmin(lowest))
    noun = "eigenvalues" if quantity == "eigenvalue" else "frequencies"
    cause = "an unstable configuration, not at a minimum of its energy: name the numbers in the file, or by quantity"
    if quantity != "eigenvalue":
        cause += ' = "frequency" in the card; or eigenvalues: then say quantity = "eigenvalue"'
    if not any((row > bound).any() for row, bound in zip(finite, bounds, strict=True)):
        cause = "the other sign: no mode is stable"
    return ForeignInputError(
        f"there are negative {noun}",
        expected=f"none below -{bounds[sample]:.3g}, the round-off of this sample",
        got=f"{count}; the worst is {lowest[sample]:.6g}",
        where=raw.place(sample, int(np.argmin(finite[sample]))),
        likely_cause=cause,
    )


def _unstable(row: FloatArray, bound: float) -> int:
    """Number of leading values that are negative beyond round-off and ascending."""
    leading = np.flatnonzero(row >= -bound)
    count = int(leading[0]) if leading.size else row.size
    falls = np.flatnonzero(np.diff(row[:count]) < 0)
    return int(falls[0]) + 1 if falls.size else count


def _sort_below(row: FloatArray, bound: float) -> FloatArray:
    """Sort the leading values that are zero within round-off, and set negative values to zero."""
    large = np.flatnonzero(np.abs(row) > bound)
    zeros = int(large[0]) if large.size else row.size
    return np.concatenate([np.sort(np.maximum(row[:zeros], 0.0)), np.maximum(row[zeros:], 0.0)])


def _unsorted(raw: RawSpectra, rows: list[FloatArray], below: list[int]) -> ForeignInputError | None:
    """Error for descending steps, or None; ``rows`` exclude the ``below`` unstable modes of each sample."""
    falls = [np.flatnonzero(np.diff(row) < 0) for row in rows]
    count = sum(positions.size for positions in falls)
    if not count:
        return None
    sample, positions = next((index, positions) for index, positions in enumerate(falls) if positions.size)
    first = int(positions[0])
    return ForeignInputError(
        "unsorted modes",
        expected="the modes of each sample in ascending order",
        got=f"{rows[sample][first + 1]:.8g} after {rows[sample][first]:.8g}; {count} such steps in "
        f"{sum(positions.size > 0 for positions in falls)} of {len(rows)} samples",
        where=raw.place(sample, below[sample] + first + 1),
        likely_cause=_order_hint(rows),
    )


def _order_hint(rows: list[FloatArray]) -> str:
    if len({row.size for row in rows}) == 1 and len(rows) > 1 and (np.diff(np.stack(rows), axis=0) >= 0).all():
        return "samples and modes are exchanged: transpose the table"
    if all((np.diff(row) <= 0).all() for row in rows):
        return "the modes are in descending order"
    if len(rows) == 1:
        starts = np.r_[0, np.flatnonzero(np.diff(rows[0]) < 0) + 1, rows[0].size]
        if (np.diff(starts) == starts[1]).all():
            return (
                f"a pooled list: {len(starts) - 1} samples of {starts[1]} modes, one after another; "
                "write a column per sample, or columns sample and frequency"
            )
        if rows[0].size >= _POOLED * (len(starts) - 1):
            return (
                f"a pooled list: about {len(starts) - 1} samples, one after another; "
                "write a column per sample, or columns sample and frequency"
            )
    return "samples are mixed, or the wrong column or array was taken"


def _decimals(rows: list[FloatArray]) -> int | None:
    """Decimal places to which all numbers are rounded, if equal neighbours show an effect of rounding; else None."""
    values = np.concatenate(rows)
    ties = any(((np.diff(row) == 0) & (row[1:] > 0)).any() for row in rows)
    if not ties:
        return None
    for decimals in range(_MOST_DECIMALS + 1):
        if np.array_equal(np.round(values, decimals), values):
            return decimals if decimals else None
    return None


def _repeated(rows: list[FloatArray]) -> list[str]:
    seen: dict[bytes, int] = {}
    pairs = []
    for index, row in enumerate(rows):
        first = seen.setdefault(row.tobytes(), index)
        if first != index:
            pairs.append(f"{first} and {index}")
    return [f"identical samples: {', '.join(pairs[:5])}{' ...' if len(pairs) > 5 else ''}"] if pairs else []


def _angular(row: FloatArray, quantity: Quantity) -> FloatArray:
    if quantity == "eigenvalue":
        return np.asarray(np.sign(row) * np.sqrt(np.abs(row)))
    return 2.0 * np.pi * row if quantity == "frequency_over_2pi" else row
