"""Legends of a page: swatches as SVG in the colours of the page."""

from __future__ import annotations

from dataclasses import dataclass

from bosonpeak.benchmark.report.words.wording import one_line
from bosonpeak.plot.figure import Mark, Panel, Series
from bosonpeak.plot.palette import GRID, INK, PALETTE, PAPER, Look, look, mark_look, symbols

CSS_COLOURS = {
    INK: "var(--ink)",
    GRID: "var(--grid)",
    PAPER: "var(--paper)",
    **{colour: f"var(--series-{index})" for index, colour in enumerate(PALETTE)},
}
"""The custom property that a page sets for each colour, so that one drawing serves light, dark and print."""

_MARKER_OUTLINES = (
    "M13 2.5a3.5 3.5 0 1 0 .01 0z",
    "M9.8 2.8h6.4v6.4h-6.4z",
    "M13 2l4 7.5h-8z",
    "M13 1.5l4.5 4.5l-4.5 4.5l-4.5-4.5z",
    "M13 10l4-7.5h-8z",
    "M11.5 2.2h3v2.3h2.3v3h-2.3v2.3h-3v-2.3h-2.3v-3h2.3z",
)
_BOUND_OUTLINE = "M9 1.5l8 4.5l-8 4.5z"
_LONGEST_LABEL = 80


@dataclass(frozen=True)
class LegendEntry:
    """Legend line: a swatch as SVG, and a label as plain text."""

    swatch: str
    label: str


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
    if series.kind in ("points", "intervals"):
        fill = CSS_COLOURS[drawn.fill]
        bound = all(value is None for value in series.x)
        outline = _BOUND_OUTLINE if bound else _MARKER_OUTLINES[drawn.place]
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
