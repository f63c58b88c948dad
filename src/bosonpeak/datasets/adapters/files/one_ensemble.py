"""Notes and consistency checks shared by the files of an ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bosonpeak.datasets.errors import ForeignInputError

_SHOWN_NOTES = 20


def grouped_notes(notes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Merge the notes of several files, each note once with its file names; at most twenty different notes."""
    about: dict[str, list[str]] = {}
    for name, lines in notes.items():
        for line in lines:
            about.setdefault(line, []).append(name)
    reported = [
        f"{line} ({names[0]}" + (f" and {len(names) - 1} other files)" if len(names) > 1 else ")")
        for line, names in about.items()
    ]
    more = [f"{len(reported) - _SHOWN_NOTES} other notes"] if len(reported) > _SHOWN_NOTES else []
    return (*reported[:_SHOWN_NOTES], *more)


def require_one_value(what: str, noun: str, values: Mapping[str, object], where: str) -> None:
    """Reject files that differ in a quantity of the ensemble; the message begins with ``what`` and counts ``noun``."""
    firsts: dict[object, str] = {}
    for name, value in values.items():
        firsts.setdefault(value, name)
    if len(firsts) > 1:
        reported = [f"{value} {noun}".strip() + f" in {name}" for value, name in firsts.items()]
        raise ForeignInputError(
            what,
            expected="files of one ensemble",
            got=", ".join(reported[:4]) + (f" and {len(reported) - 4} others" if len(reported) > 4 else ""),
            where=where,
            likely_cause="files of several ensembles in one folder, or a truncated file",
        )


def require_one_scale(what: str, sizes: Mapping[str, float], largest_ratio: float, where: str) -> None:
    """Reject files whose typical sizes differ by more than ``largest_ratio``: their units must differ."""
    if not sizes:
        return
    low, high = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    if sizes[high] > largest_ratio * sizes[low]:
        raise ForeignInputError(
            "the files are in different units, or of different ensembles",
            expected=f"{what} within a factor of {largest_ratio:g}",
            got=f"{sizes[low]:.6g} in {low}, {sizes[high]:.6g} in {high}",
            where=where,
        )
