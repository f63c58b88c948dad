"""Eigenfrequencies as a foreign file holds them, before any of it is believed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray, IntegerArray

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

_UNITS = {
    "rad/ps": ("rad/ps", "rad_ps", "rad ps-1", "rad_per_ps", "radps"),
    "THz": ("thz",),
    "meV": ("mev",),
    "1/cm": ("1/cm", "cm-1", "cm^-1", "cm1"),
    "GHz": ("ghz",),
    "Hz": ("hz",),
}
_WITH_UNITS = ("nu", "f", "energy", "e")


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
    return _role_and_unit(name)[0]


def unit_of(name: str) -> str:
    """Unit that the name of a column or an array of frequencies ends in.

    Parameters
    ----------
    name : str
        Such as ``"freq_THz"``, ``"frequency (cm-1)"`` or ``"omega [rad/ps]"``.

    Returns
    -------
    str
        As in `bosonpeak.datasets.adapters.files.conventions.ANGULAR_UNITS` where it is one of those; empty if the name
        states none.
    """
    return _role_and_unit(name)[1]


def _role_and_unit(name: str) -> tuple[str, str]:
    plain = name.strip().strip("\"'").lower()
    for unit, spellings in _UNITS.items():
        for spelling in spellings:
            ended = re.fullmatch(rf"(.+?)[\s_/:,.-]*[\[(]?\s*{re.escape(spelling)}\s*[\])]?", plain)
            if ended and ended[1] in (*_ROLES["frequency"], *_WITH_UNITS):
                return "frequency", unit
    return next((role for role, names in _ROLES.items() if plain in names), ""), ""


@dataclass(frozen=True)
class Place:
    """Where in a file the numbers of its spectra stand.

    Parameters
    ----------
    where : str
        Name of the file.
    form : {"line", "element", "mode"}
        Whether numbers stand in lines of text, in an array a sample, or in one array.
    labels : tuple of str
        Of each sample its column or its array; of one array, its name alone.
    lines : tuple of ndarray of int64
        Of each sample the lines of its modes; one array if all samples have the same.
    """

    where: str
    form: str
    labels: tuple[str, ...]
    lines: tuple[IntegerArray, ...] = ()

    def __call__(self, sample: int, mode: int) -> str:
        """Where the number of a mode of a sample stands."""
        if self.form == "line":
            lines = self.lines[sample if len(self.lines) > 1 else 0]
            return f"{self.where}, line {lines[mode]}, column {self.labels[sample if len(self.labels) > 1 else 0]}"
        if self.form == "element":
            return f"{self.where}, array {self.labels[sample]}, element {mode}"
        return f"{self.where}, array {self.labels[0]}, sample {sample}, mode {mode}"


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
