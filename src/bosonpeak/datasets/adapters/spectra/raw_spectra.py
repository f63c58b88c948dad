"""Eigenfrequencies as a foreign file holds them, before any of it is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray

_ROLES = {
    "sample": ("sample", "samples", "sample_index", "realisation", "realization", "run", "seed", "configuration"),
    "mode": ("mode", "modes", "mode_index", "index", "n", "k", "i"),
    "frequency": (
        "frequency",
        "frequencies",
        "eigenfrequency",
        "eigenfrequencies",
        "freq",
        "omega",
        "omegas",
        "w",
    ),
    "eigenvalue": ("eigenvalue", "eigenvalues", "lambda", "omega2", "omega^2", "omega_squared", "w2"),
}


def role_of(name: str) -> str:
    """What a column or an array holds, going by its name.

    Parameters
    ----------
    name : str
        Such as ``"omega"``.

    Returns
    -------
    str
        ``"sample"``, ``"mode"``, ``"frequency"``, ``"eigenvalue"``, or empty if the name says nothing.
    """
    plain = name.strip().strip("\"'").lower()
    return next((role for role, names in _ROLES.items() if plain in names), "")


@dataclass(frozen=True)
class RawSpectra:
    """Numbers as they stand in a file, one array a sample.

    Parameters
    ----------
    samples : list of ndarray of float64
        In the order of the modes in the file.
    layout : str
        How the file holds them, in a few words.
    place : callable
        Takes sample and mode index, returns where in the file that number stands.
    role : str
        ``"frequency"`` or ``"eigenvalue"`` if names in the file say which; else empty.
    units : str
        Unit that the file states; else empty.
    arrays : mapping of str to ndarray
        Optional variables: ``participation_ratio`` (as `samples`, padded with NaN) and ``zero_mode_count``.
    notes : tuple of str
        What was passed over, and what a reader of the results should know.
    """

    samples: list[FloatArray]
    layout: str
    place: Callable[[int, int], str]
    role: str = ""
    units: str = ""
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
