"""Figures of a scorecard as inline SVG: a separate picture for each panel, titles and legends left to the page."""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from bosonpeak.benchmark.report.styles import (
    CSS_COLOURS,
    INDEX,
    LegendEntry,
    Look,
    legend,
    look,
    mark_look,
    superscripts,
    symbols,
)
from bosonpeak.benchmark.report.words.wording import one_line
from bosonpeak.benchmark.scorecards.figure import Figure, Mark, Panel, Series
from bosonpeak.benchmark.scorecards.record import Limits, Numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.plot.palette import GRID, INK, MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure as Canvas


_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_COLOUR = re.compile("|".join(CSS_COLOURS))
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_LONG_DECIMAL = re.compile(r"-?\d+\.\d{3,}")
_FONT_SHORTHAND = re.compile(r"^font: .*?([\d.]+px).*$")
_GEOMETRY = ("d", "x", "y", "transform")


def inline_svg(document: str, identifier: str, description: str) -> str:
    """Convert an SVG document to an ``<svg>`` element of an HTML page without a fixed size or external address."""
    root = ElementTree.fromstring(document)
    _keep_drawing_only(root)
    for element in root.iter():
        element.tag = str(element.tag).removeprefix(_SVG)
        _localise(element, identifier)
        element.tail = None
        if element.tag not in ("text", "tspan"):
            element.text = None
    for element in list(root.iter("text")):
        _lower_indices(element)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"class": "plot", "viewBox": box, "role": "img", "aria-label": description})
    return ElementTree.tostring(root, encoding="unicode")


def _keep_drawing_only(root: ElementTree.Element) -> None:
    unwanted = (f"{_SVG}metadata", f"{_SVG}style")
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in unwanted:
                parent.remove(child)


def _localise(element: ElementTree.Element, identifier: str) -> None:
    for key, value in list(element.attrib.items()):
        if key == "id":
            element.set(key, f"{identifier}-{value}")
        elif key == _LINK:
            del element.attrib[key]
            element.set("href", f"#{identifier}-{value.removeprefix('#')}")
        elif key == "style":
            element.set(key, _restyled(value))
        elif key == "clip-path":
            element.set(key, _REFERENCE.sub(rf"url(#{identifier}-\1)", value))
        elif key in _GEOMETRY:
            rounded = _LONG_DECIMAL.sub(_rounded, value)
            element.set(key, " ".join(rounded.split()))


def _lower_indices(element: ElementTree.Element) -> None:
    """Set the indices of letters smaller and lower; the text flows in any font."""
    text = element.text or ""
    found = list(INDEX.finditer(text))
    if not found:
        return
    element.text = text[: found[0].end(1)]
    for number, each in enumerate(found):
        ElementTree.SubElement(element, "tspan", {"dy": "0.25em", "font-size": "72%"}).text = each[2]
        until = found[number + 1].end(1) if number + 1 < len(found) else len(text)
        # The shift back is in units of the full size.
        after = text[each.end() : until]
        if after:
            ElementTree.SubElement(element, "tspan", {"dy": "-0.18em"}).text = after


def _rounded(figure: re.Match[str]) -> str:
    # Small numbers belong to markers, where a tenth of a point is visible.
    number = float(figure[0])
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def _restyled(style: str) -> str:
    declarations = [part.strip() for part in style.split(";")]
    kept = [
        _FONT_SHORTHAND.sub(r"font-size: \1", part)
        for part in declarations
        if part and not part.startswith("font-family")
    ]
    return _COLOUR.sub(lambda colour: CSS_COLOURS[colour[0]], "; ".join(kept))


Range = tuple[float, float]

_SIZE = (3.42, 2.6)  # inches
_AXES_BOX = (0.155, 0.175, 0.825, 0.72)
_CROWD = 150  # number of points above which markers overlap
_LARGEST = 1e150  # beyond this, squares and ratios overflow while the axes are laid out
_MOST_LINE_POINTS, _MOST_POINTS = 800, 1500
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bosonpeak",
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 10.2,
    "path.simplify_threshold": 0.25,
    "axes.titley": 1.0,  # else matplotlib lays out all ticks once more to make room for a title
}


@dataclass(frozen=True)
class DrawnPanel:
    """A panel ready for the page: title and legend as text, axes as SVG."""

    title: str
    svg: str
    legend: tuple[LegendEntry, ...]


def draw_figure(figure: Figure, identifier: str) -> tuple[DrawnPanel, ...]:
    """Draw the panels of a figure; `identifier` (letters, digits, hyphens; unique on the page) prefixes every id."""
    return tuple(
        DrawnPanel(
            title=one_line(panel.title, 120),
            svg=inline_svg(_svg(draw_panel(panel)), f"{identifier}-{index}", _description(panel)),
            legend=legend(panel),
        )
        for index, panel in enumerate(figure.panels)
    )


def draw_panel(panel: Panel) -> Canvas:
    """Draw one panel without title and legend; missing or undrawable data are left out."""
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    with matplotlib.rc_context(_SETTINGS):
        canvas = Canvas(figsize=_SIZE, facecolor="none")
        fill_axes(canvas.add_axes(_AXES_BOX, facecolor="none"), panel)
    return canvas


def fill_axes(axes: Axes, panel: Panel) -> None:
    """Draw a panel on given axes, without title and legend."""
    coordinates = [_on_axes(series, panel) for series in panel.series]
    _set_up_axes(axes, panel, coordinates)
    for index, mark in enumerate(panel.marks):
        _draw_mark(axes, mark, mark_look(index))
    for series, points in zip(panel.series, coordinates, strict=True):
        _DRAW[series.kind](axes, points, look(series))
    if not any(points.drawable for points in coordinates):
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", color=INK)


def plain_settings() -> dict[Any, Any]:
    """Matplotlib settings for stand-alone drawings: letters become paths, independent of the reader's fonts."""
    return {**_SETTINGS, "svg.fonttype": "path", "font.size": 9.0, "pdf.fonttype": 42}


def drawn_rows(series: Series) -> list[tuple[float, ...]]:
    """x, y, low and high of the drawn points of a series, NaN where there is no number."""
    length = len(series.x)
    columns = (series.x, series.y, series.low, series.high)
    points = _Coordinates(*(_array(values, length, "linear") for values in columns))
    kept = _envelope(points) if length > _MOST_POINTS else points
    return list(zip(kept.x.tolist(), kept.y.tolist(), kept.low.tolist(), kept.high.tolist(), strict=True))


def _svg(canvas: Canvas) -> str:
    import matplotlib

    stream = io.StringIO()
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # Glyphs missing from matplotlib's font exist in the reader's browser.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        canvas.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return stream.getvalue()


def _description(panel: Panel) -> str:
    shown = "; ".join(entry.label for entry in legend(panel))
    title = f"{one_line(panel.title, 120)}: " if panel.title else ""
    axes = f"{one_line(panel.y_label, 80)} against {one_line(panel.x_label, 80)}."
    return f"Plot. {title}{axes}" + (f" Shown: {shown}." if shown else "")


# --- numbers that can be drawn ---


@dataclass(frozen=True)
class _Coordinates:
    """Coordinates of a series, NaN where there is nothing to draw."""

    x: FloatArray
    y: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def drawable(self) -> bool:
        ordinate = np.isfinite(self.y) | (np.isfinite(self.low) & np.isfinite(self.high))
        return bool(np.any(np.isfinite(self.x) & ordinate))

    def at(self, kept: NDArray[np.intp]) -> _Coordinates:
        return _Coordinates(self.x[kept], self.y[kept], self.low[kept], self.high[kept])

    def finite(self) -> _Coordinates:
        return self.at(np.flatnonzero(np.isfinite(self.x) & np.isfinite(self.y)))


def _on_axes(series: Series, panel: Panel) -> _Coordinates:
    length = len(series.x)
    return _Coordinates(
        _array(series.x, length, panel.x_scale),
        *(_array(values, length, panel.y_scale) for values in (series.y, series.low, series.high)),
    )


def _array(values: Numbers | None, length: int, scale: str) -> FloatArray:
    if not values:
        return np.full(length, np.nan)
    array = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    smallest = 1 / _LARGEST if scale == "log" else -_LARGEST
    return np.where((array >= smallest) & (array <= _LARGEST), array, np.nan)


def _envelope(points: _Coordinates) -> _Coordinates:
    """Thin a long line without visible change: keep the ends and the extremes of every short stretch."""
    length = points.x.size
    if length <= _MOST_LINE_POINTS:
        return points
    kept: set[int] = set()
    for stretch in np.array_split(np.arange(length), _MOST_LINE_POINTS // 4):
        kept.update((int(stretch[0]), int(stretch[-1])))
        for values in (points.y[stretch], points.low[stretch], points.high[stretch]):
            if np.any(np.isfinite(values)):
                kept.update((int(stretch[np.nanargmin(values)]), int(stretch[np.nanargmax(values)])))
    return points.at(np.array(sorted(kept), dtype=np.intp))


def _apart(points: _Coordinates, axes: Axes) -> _Coordinates:
    """Leave out points that coincide on the page with an earlier point."""
    place = axes.transData.transform(np.column_stack([points.x, points.y]))
    kept = np.arange(points.x.size)
    spacing = 1.0
    while kept.size > _MOST_POINTS:
        spacing *= 1.4
        kept = np.sort(np.unique(np.round(place / spacing), axis=0, return_index=True)[1])
    return points.at(kept)


# --- axes ---


def _set_up_axes(axes: Axes, panel: Panel, coordinates: list[_Coordinates]) -> None:
    abscissae = [_abscissae(series, points) for series, points in zip(panel.series, coordinates, strict=True)]
    ordinates = [values for points in coordinates for values in (points.y, points.low, points.high)]
    if panel.y_scale == "linear" and any(series.kind == "bars" for series in panel.series):
        ordinates.append(np.zeros(1))
    x_range = _range(abscissae, panel.x_limits, panel.x_scale)
    y_range = _range(ordinates, panel.y_limits, panel.y_scale)
    axes.set(xscale=panel.x_scale, yscale=panel.y_scale)
    axes.set(xlim=x_range, ylim=y_range, autoscale_on=False)
    _set_ticks(axes.xaxis, panel.x_scale, x_range)
    _set_ticks(axes.yaxis, panel.y_scale, y_range)
    axes.set_axisbelow(True)
    axes.grid(True, which="major", color=GRID, linewidth=0.6)
    axes.tick_params(which="both", color=INK, labelcolor=INK, width=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set(color=INK, linewidth=0.7)
    axes.set_xlabel(_label(panel.x_label, 50), color=INK)
    # The label of y is horizontal above the axes: easier to read, and with room for its unit.
    axes.set_title(_label(panel.y_label, 54), color=INK, loc="left", x=-0.18, pad=8.0, fontsize="medium")


def _label(text: str, longest: int) -> str:
    """Label in one line, with superscript powers and symbols."""
    return superscripts(symbols(one_line(text, longest)))


def _abscissae(series: Series, points: _Coordinates) -> FloatArray:
    if series.kind != "bars":
        return points.x
    half = 0.5 * _bar_width(points)
    return np.concatenate([points.x - half, points.x + half])


def _bar_width(points: _Coordinates) -> float:
    spacing = np.diff(np.unique(points.x[np.isfinite(points.x)]))
    return 0.7 * float(spacing.min()) if spacing.size else 0.7


def _range(values: list[FloatArray], given: Limits | None, scale: str) -> Range:
    """Increasing, finite axis limits: the given ones, else the limits of the data with a margin."""
    low, high = _widened(_extent(values, scale), scale)
    if given is not None:
        low, high = _usable(given[0], scale, low), _usable(given[1], scale, high)
    low, high = min(low, high), max(low, high)
    return (low, high) if _distinct(low, high) else _widened((low, low), scale)


def _extent(values: list[FloatArray], scale: str) -> Range:
    together = np.concatenate([*values, np.empty(0)])
    together = together[np.isfinite(together) & ((together > 0) | (scale == "linear"))]
    if not together.size:
        return (0.1, 1.0) if scale == "log" else (0.0, 1.0)
    return float(together.min()), float(together.max())


def _widened(extent: Range, scale: str) -> Range:
    low, high = extent
    if scale == "log":
        margin = (high / low) ** 0.04 if _distinct(low, high) else 2.0
        return low / margin, high * margin
    margin = 0.04 * (high - low) if _distinct(low, high) else 0.1 * abs(low) or 0.5
    return low - margin, high + margin


def _distinct(low: float, high: float) -> bool:
    return high - low > 1e-9 * max(abs(low), abs(high))


def _usable(limit: float | None, scale: str, otherwise: float) -> float:
    if limit is None or abs(limit) > _LARGEST or (scale == "log" and limit < 1 / _LARGEST):
        return otherwise
    return limit


def _set_ticks(axis: Axis, scale: str, limits: Range) -> None:
    from matplotlib import ticker

    if scale == "linear":
        axis.set_major_locator(ticker.MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        return
    decades = math.log10(limits[1] / limits[0])
    if decades < 0.5:
        axis.set_major_locator(ticker.MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:.4g}"))
        axis.set_minor_locator(ticker.NullLocator())
        return
    axis.set_major_locator(ticker.LogLocator(numticks=7))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: _power_of_ten(value)))
    axis.set_minor_locator(ticker.LogLocator(subs=tuple(range(2, 10)), numticks=7))
    labelled = (2, 5) if decades < 1.8 else ()
    axis.set_minor_formatter(ticker.FuncFormatter(lambda value, _: _minor_label(value, labelled)))


def _power_of_ten(value: float) -> str:
    exponent = round(math.log10(value))
    return f"{value:g}" if -3 < exponent < 4 else superscripts(f"10^{exponent}")


def _minor_label(value: float, labelled: tuple[int, ...]) -> str:
    leading = round(value / 10 ** math.floor(math.log10(value) + 1e-9))
    return f"{float(f'{value:.3g}'):g}" if leading in labelled else ""


# --- drawing of each kind; depth: marks 1-2, bands 2, bars 2.5, lines 3, points 4 ---


def _draw_line(axes: Axes, points: _Coordinates, drawn: Look) -> None:
    kept = _envelope(points)
    axes.plot(kept.x, kept.y, **drawn.line, zorder=3)


def _draw_steps(axes: Axes, points: _Coordinates, drawn: Look) -> None:
    kept = _envelope(points)
    axes.plot(kept.x, kept.y, drawstyle="steps-mid", **drawn.line, zorder=3)


def _draw_band(axes: Axes, points: _Coordinates, drawn: Look) -> None:
    kept = _envelope(points)
    axes.fill_between(kept.x, kept.low, kept.high, color=drawn.colour, alpha=drawn.band_opacity, linewidth=0, zorder=2)
    axes.plot(kept.x, kept.y, **drawn.line, zorder=3)


def _draw_points(axes: Axes, points: _Coordinates, drawn: Look) -> None:
    kept = _apart(points.finite(), axes)
    _draw_error_bars(axes, kept, drawn)
    # Crowded points are small and translucent, so that their density and the layers below remain visible.
    size, opacity = (4.2, drawn.opacity) if kept.x.size <= _CROWD else (2.2, 0.45 * drawn.opacity)
    axes.plot(
        kept.x,
        kept.y,
        linestyle="none",
        marker=MARKERS[drawn.place],
        markersize=size,
        color=drawn.colour,
        markerfacecolor=drawn.fill,
        markeredgewidth=0.0 if kept.x.size > _CROWD and drawn.filled else None,
        alpha=opacity,
        zorder=4,
    )


def _draw_bars(axes: Axes, points: _Coordinates, drawn: Look) -> None:
    kept = points.finite()
    floor = axes.get_ylim()[0] if axes.get_yscale() == "log" else 0.0
    axes.bar(
        kept.x,
        kept.y - floor,
        bottom=floor,
        width=_bar_width(points),
        color=drawn.colour,
        edgecolor=drawn.colour,
        alpha=0.55 * drawn.opacity,
        zorder=2.5,
    )
    _draw_error_bars(axes, kept, drawn)


def _draw_error_bars(axes: Axes, points: _Coordinates, drawn: Look) -> None:
    known = points.at(np.flatnonzero(np.isfinite(points.low) & np.isfinite(points.high)))
    axes.vlines(known.x, known.low, known.high, color=drawn.colour, linewidth=1.0, alpha=drawn.opacity, zorder=3.5)


_DRAW: dict[str, Callable[[Axes, _Coordinates, Look], None]] = {
    "line": _draw_line,
    "steps": _draw_steps,
    "band": _draw_band,
    "points": _draw_points,
    "bars": _draw_bars,
}


def _draw_mark(axes: Axes, mark: Mark, drawn: Look) -> None:
    vertical = mark.kind in ("vline", "span")
    scale = axes.get_xscale() if vertical else axes.get_yscale()
    low, high = axes.get_xlim() if vertical else axes.get_ylim()
    if mark.kind in ("span", "hspan"):
        shade = axes.axvspan if vertical else axes.axhspan
        start, stop = _usable(mark.start, scale, low), _usable(mark.stop, scale, high)
        shade(start, stop, facecolor=drawn.colour, alpha=0.1, linewidth=0, zorder=1)
        return
    value = _usable(mark.value, scale, math.nan)
    if low <= value <= high:
        rule = axes.axvline if vertical else axes.axhline
        rule(value, **drawn.line, zorder=2.2)
