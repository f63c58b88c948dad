"""Visual style of a series in panel and legend: colour, dashes, marker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bosonpeak.benchmark.report.words.wording import one_line
from bosonpeak.benchmark.scorecards.figure import Mark, Panel, Series
from bosonpeak.plot.palette import DASHES, GRID, INK, PALETTE, PAPER

CSS_COLOURS = {
    INK: "var(--ink)",
    GRID: "var(--grid)",
    PAPER: "var(--paper)",
    **{colour: f"var(--series-{index})" for index, colour in enumerate(PALETTE)},
}
"""The custom property that a page sets for each colour, so that one drawing serves light, dark and print."""

_MARK_DASHES: tuple[tuple[float, ...], ...] = ((3, 2), (1, 1.6), (7, 2, 1, 2))
_MARK_WIDTH = 0.9
_MARKER_OUTLINES = (
    "M13 2.5a3.5 3.5 0 1 0 .01 0z",
    "M9.8 2.8h6.4v6.4h-6.4z",
    "M13 2l4 7.5h-8z",
    "M13 1.5l4.5 4.5l-4.5 4.5l-4.5-4.5z",
    "M13 10l4-7.5h-8z",
    "M11.5 2.2h3v2.3h2.3v3h-2.3v2.3h-3v-2.3h-2.3v-3h2.3z",
)
_LONGEST_LABEL = 80

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


@dataclass(frozen=True)
class LegendEntry:
    """Legend line: a swatch as SVG, and a label as plain text."""

    swatch: str
    label: str


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


def legend(panel: Panel) -> tuple[LegendEntry, ...]:
    """Legend of a panel: every labelled entry once."""
    entries = [_entry(_series_swatch(series), series.label) for series in panel.series if series.label]
    entries += [
        _entry(_mark_swatch(mark, mark_look(index)), mark.label) for index, mark in enumerate(panel.marks) if mark.label
    ]
    return tuple(dict.fromkeys(entries))


def _entry(shapes: str, label: str) -> LegendEntry:
    swatch = f'<svg class="swatch" viewBox="0 0 26 12" aria-hidden="true">{shapes}</svg>'
    return LegendEntry(swatch, symbols(one_line(label, _LONGEST_LABEL)))


def _series_swatch(series: Series) -> str:
    drawn = look(series)
    colour = CSS_COLOURS[drawn.colour]
    if series.kind == "points":
        fill = CSS_COLOURS[drawn.fill]
        outline = _MARKER_OUTLINES[drawn.place]
        return f'<path d="{outline}" fill="{fill}" stroke="{colour}" opacity="{drawn.opacity}"/>'
    if series.kind == "bars":
        outline = "M4 11V4H11V11zM14 11V1H21V11z"
        return f'<path d="{outline}" fill="{colour}" fill-opacity="0.55" stroke="{colour}"/>'
    if series.kind == "band":
        centre = _stroke(drawn) if any(value is not None for value in series.y) else ""
        return _area(drawn, drawn.band_opacity) + centre
    return _stroke(drawn)


def _mark_swatch(mark: Mark, drawn: Look) -> str:
    return _area(drawn, 0.1) if mark.kind in ("span", "hspan") else _stroke(drawn)


def _area(drawn: Look, opacity: float) -> str:
    return f'<path d="M0 1H26V11H0z" fill="{CSS_COLOURS[drawn.colour]}" opacity="{opacity}"/>'


def _stroke(drawn: Look) -> str:
    pattern = " ".join(f"{drawn.width * dash:.3g}" for dash in drawn.dashes) or "none"
    return (
        f'<path d="M0 6H26" fill="none" stroke="{CSS_COLOURS[drawn.colour]}" stroke-width="{drawn.width}" '
        f'stroke-dasharray="{pattern}" opacity="{drawn.opacity}"/>'
    )
