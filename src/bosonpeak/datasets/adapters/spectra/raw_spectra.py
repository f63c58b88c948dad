"""Eigenfrequencies exactly as a foreign file states them, before any check."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray, IntegerArray

_ROLES = {
    "sample": ("sample", "samples", "sample_index", "realisation", "realization", "run", "seed", "configuration"),
    "chain": ("chain", "chains", "chain_index"),
    "mode": ("mode", "modes", "mode_index", "index", "n", "k", "i"),
    "frequency": ("frequency", "frequencies", "eigenfrequency", "eigenfrequencies", "freq", "omega", "omegas", "w"),
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
    """Role of a column or array by its name: "sample", "chain", "mode", "frequency", "eigenvalue", or empty."""
    return _role_and_unit(name)[0]


def unit_of(name: str) -> str:
    """Unit, spelled as in `ANGULAR_UNITS`, at the end of a name (``freq_THz``, ``omega [rad/ps]``), or empty."""
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
    """Map from a number of a spectrum to its position in the file, for messages."""

    where: str
    form: str  # "line" or "row" of text, "element" of an array per sample, or "mode" of a single array
    labels: tuple[str, ...]  # column, line or array of each sample, or the name of the single array
    lines: tuple[IntegerArray, ...] = ()  # line numbers of the modes per sample, a single array if equal for all

    def __call__(self, sample: int, mode: int) -> str:
        """Describe the position of a mode of a sample in the file."""
        if self.form == "line":
            lines = self.lines[sample if len(self.lines) > 1 else 0]
            return f"{self.where}, line {lines[mode]}, column {self.labels[sample if len(self.labels) > 1 else 0]}"
        if self.form == "row":
            return f"{self.where}, line {self.labels[sample]}, column {mode + 1}"
        if self.form == "element":
            return f"{self.where}, array {self.labels[sample]}, element {mode}"
        return f"{self.where}, array {self.labels[0]}, sample {sample}, mode {mode}"


@dataclass(frozen=True)
class RawSpectra:
    """Numbers exactly as a file states them, an array per sample, modes in the order of the file."""

    samples: list[FloatArray]
    layout: str
    place: Callable[[int, int], str]  # from (sample, mode) to a position in the file
    role: str = ""  # "frequency" or "eigenvalue" if a name in the file says so
    units: str = ""
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_of_matrix: bool = False  # eigenvalues of matrices, whatever quantity the card has for spectra
