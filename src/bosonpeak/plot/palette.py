"""Look of series and marks, in panels as in legends: colours, dashes, markers, and symbols in labels.

Lines of equal colour differ in dashes and markers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bosonpeak.plot.figure import Series

# Okabe and Ito's palette without yellow, which is too faint for lines on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
INK, GRID, PAPER = "#1b1e23", "#d9dce1", "#fdfefe"

MARKERS = ("o", "s", "^", "D", "v", "P")

DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (5, 2),
    (6, 2, 1.5, 2),
    (1.5, 1.8),
    (9, 3),
    (6, 2, 1.5, 2, 1.5, 2),
)

_MARK_DASHES: tuple[tuple[float, ...], ...] = ((3, 2), (1, 1.6), (7, 2, 1, 2))
_MARK_WIDTH = 0.9
INDEX = re.compile(r"(?<![\w\\])([A-Za-zα-ωΑ-Ω])_([A-Za-zα-ω]{1,5}|\d{1,3})(?![\w])")
"""A letter with an index, as labels write it: ``k_G``."""

_SYMBOLS = {
    "sqrt(": "√(",
    "epsilon": "ε",
    "omega": "ω",
    "sigma": "σ",
    "delta": "δ",
    "gamma": "γ",
    "rho": "ρ",
    "t0": "t₀",
    "r~": "r̃",
}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWER = re.compile(r"\^(-?\d+)(?![\d.])")
_EXPONENT_S = re.compile(r"\^s(?!\w)")
_NAMED = re.compile(r"(?<![A-Za-z])(?:sqrt\(|r~|(?:epsilon|omega|sigma|delta|gamma|rho|t0)(?![A-Za-z]))")


@dataclass(frozen=True)
class Look:
    """Visual style of a series: dashes in units of the line width, `place` in the palette and among the markers."""

    colour: str
    width: float
    dashes: tuple[float, ...]
    opacity: float
    filled: bool
    place: int

    @property
    def line(self) -> dict[str, Any]:
        """Matplotlib arguments of a line."""
        return {
            "color": self.colour,
            "linewidth": self.width,
            "alpha": self.opacity,
            "linestyle": (0, self.dashes) if self.dashes else "-",
        }

    @property
    def fill(self) -> str:
        """Colour inside a marker."""
        return self.colour if self.filled else PAPER

    @property
    def band_opacity(self) -> float:
        """Opacity of the area between two limits."""
        return round(0.22 * self.opacity, 3)


def look(series: Series) -> Look:
    """Visual style of a series, from its style and order."""
    rounds, hue = divmod(series.order, len(PALETTE))
    colour = PALETTE[hue]
    # Dashes and markers change when the colours repeat.
    place = (hue + rounds) % len(PALETTE)
    if series.style == "reference":
        return Look(INK, 1.0, DASHES[place], 1.0, False, place)
    if series.style == "control":
        return Look(colour, 1.0, DASHES[1:][place % (len(DASHES) - 1)], 1.0, False, place)
    if series.style == "faint":
        return Look(colour, 0.8, DASHES[place], 0.5, False, place)
    return Look(colour, 1.7, DASHES[place], 1.0, True, place)


def mark_look(index: int) -> Look:
    """Visual style of the mark at an index of its panel."""
    return Look(INK, _MARK_WIDTH, _MARK_DASHES[index % len(_MARK_DASHES)], 1.0, False, 0)


def symbols(text: str) -> str:
    """Replace names of symbols, as written in data files and units, by the symbols."""
    return _NAMED.sub(lambda found: _SYMBOLS[found[0]], text)


def superscripts(text: str) -> str:
    """Replace whole powers, as in 10^-3, by superscripts."""
    return _POWER.sub(lambda found: found[1].translate(_SUPERSCRIPTS), text)


def formula(text: str) -> str:
    """Replace names of symbols, whole powers and the index 0 of a frequency."""
    return _EXPONENT_S.sub("ˢ", superscripts(symbols(text))).replace("ω_0", "ω₀")
