"""Panels and series on axes of matplotlib: the one place where numbers become lines, bands, points and bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.documents.record import Limits, Numbers
from bosonpeak.datasets.plain_text import one_line
from bosonpeak.plot.figure import Mark, Panel, Series
from bosonpeak.plot.palette import GRID, INK, MARKERS, Look, look, mark_look, superscripts, symbols

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

Range = tuple[float, float]

_CROWD = 150  # number of points above which markers overlap
_LARGEST = 1e150  # beyond this, squares and ratios overflow while the axes are laid out
_MOST_LINE_POINTS, _MOST_POINTS = 800, 1500


def fill_axes(axes: Axes, panel: Panel) -> None:
    """Draw a panel on given axes, without title and legend; missing or undrawable data are left out."""
    coordinates = [_Coordinates.of(series, panel.x_scale, panel.y_scale) for series in panel.series]
    _set_up_axes(axes, panel, coordinates)
    add_panel(axes, panel)
    if not any(points.drawable for points in coordinates):
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", color=INK)


def add_panel(axes: Axes, panel: Panel, style: Mapping[str, Any] | None = None) -> None:
    """Draw the series and marks of a panel on axes that keep their limits, or grow where matplotlib may scale them."""
    for series in panel.series:
        draw_series(axes, series, style)
    for index, mark in enumerate(panel.marks):
        draw_mark(axes, mark, index)
    if panel.y_names:
        axes.set_yticks(-np.arange(len(panel.y_names), dtype=np.float64), [_label(name, 40) for name in panel.y_names])


def draw_series(axes: Axes, series: Series, style: Mapping[str, Any] | None = None) -> None:
    """Draw a series with its label; `style`, keywords of matplotlib's lines, replaces parts of its look."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    points = _Coordinates.of(series, axes.get_xscale(), axes.get_yscale())
    _DRAW[series.kind](
        axes, points, look(series), {"label": series.label} | normalize_kwargs(dict(style or {}), Line2D)
    )


def legend_entries(axes: Axes) -> tuple[list[Any], list[str]]:
    """Drawn artists with a label and their labels, each label once, in the order of drawing."""
    found = {label: handle for handle, label in reversed(list(zip(*axes.get_legend_handles_labels(), strict=True)))}
    return list(found.values())[::-1], list(found)[::-1]


def drawn_rows(series: Series) -> list[tuple[float, ...]]:
    """x, y, low and high of the drawn points of a series, NaN where there is no number."""
    points = _Coordinates.of(series, "linear", "linear")
    kept = _envelope(points) if len(series.x) > _MOST_POINTS else points
    return list(zip(kept.x.tolist(), kept.y.tolist(), kept.low.tolist(), kept.high.tolist(), strict=True))


# --- numbers that can be drawn ---


@dataclass(frozen=True)
class _Coordinates:
    """Coordinates of a series, NaN where there is nothing to draw."""

    x: FloatArray
    y: FloatArray
    low: FloatArray
    high: FloatArray

    @classmethod
    def of(cls, series: Series, x_scale: str, y_scale: str) -> _Coordinates:
        length = len(series.x)
        limits = x_scale if series.kind == "intervals" else y_scale
        columns = ((series.x, x_scale), (series.y, y_scale), (series.low, limits), (series.high, limits))
        return cls(*(_array(values, length, scale) for values, scale in columns))

    @property
    def drawable(self) -> bool:
        known = [np.isfinite(values) for values in (self.x, self.y, self.low, self.high)]
        return bool(np.any(known[0] & (known[1] | (known[2] & known[3])) | (known[1] & (known[2] | known[3]))))

    def at(self, kept: NDArray[np.intp]) -> _Coordinates:
        return _Coordinates(self.x[kept], self.y[kept], self.low[kept], self.high[kept])

    def finite(self) -> _Coordinates:
        return self.at(np.flatnonzero(np.isfinite(self.x) & np.isfinite(self.y)))


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
    ordinates = [
        values
        for series, points in zip(panel.series, coordinates, strict=True)
        for values in ((points.y,) if series.kind == "intervals" else (points.y, points.low, points.high))
    ]
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
    if series.kind == "intervals":
        return np.concatenate([points.x, points.low, points.high])
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

Style = Mapping[str, Any]


def _draw_line(axes: Axes, points: _Coordinates, drawn: Look, style: Style) -> None:
    kept = _envelope(points)
    axes.plot(kept.x, kept.y, **(drawn.line | {"zorder": 3} | dict(style)))


def _draw_steps(axes: Axes, points: _Coordinates, drawn: Look, style: Style) -> None:
    _draw_line(axes, points, drawn, {"drawstyle": "steps-mid"} | dict(style))


def _draw_band(axes: Axes, points: _Coordinates, drawn: Look, style: Style) -> None:
    kept, centred = _envelope(points), bool(np.isfinite(points.y).any())
    if np.isfinite(kept.low).any():
        area = {"color": _colour(drawn, style), "alpha": drawn.band_opacity, "linewidth": 0, "zorder": 2}
        axes.fill_between(kept.x, kept.low, kept.high, label="" if centred else style["label"], **area)
    if centred:
        axes.plot(kept.x, kept.y, **(drawn.line | {"zorder": 3} | dict(style)))


def _draw_points(axes: Axes, points: _Coordinates, drawn: Look, style: Style) -> None:
    kept = points.finite() if axes.get_autoscale_on() else _apart(points.finite(), axes)
    _draw_error_bars(axes, kept, drawn, style)
    _draw_markers(axes, kept, drawn, style)


def _draw_intervals(axes: Axes, points: _Coordinates, drawn: Look, style: Style) -> None:
    """Draw points with the limits of their abscissae, and one-sided bounds as triangles at their finite ends."""
    known = points.at(np.flatnonzero(np.isfinite(points.low) & np.isfinite(points.high)))
    look_of_bars = {"color": _colour(drawn, style), "linewidth": 1.0, "alpha": drawn.opacity, "zorder": 3.5}
    axes.hlines(known.y, known.low, known.high, **look_of_bars)
    _draw_markers(axes, points.finite(), drawn, style)
    for marker, end, other in ((">", points.low, points.high), ("<", points.high, points.low)):
        open_side = np.isnan(points.x) & np.isfinite(end) & np.isnan(other)
        bound = _Coordinates(end, points.y, other, other).at(np.flatnonzero(open_side))
        _draw_markers(axes, bound, drawn, {"marker": marker, "markersize": 6.5} | dict(style))


def _draw_markers(axes: Axes, points: _Coordinates, drawn: Look, style: Style) -> None:
    if not points.x.size:
        return
    # Crowded points are small and translucent, so that their density and the layers below remain visible.
    size, opacity = (4.2, drawn.opacity) if points.x.size <= _CROWD else (2.2, 0.45 * drawn.opacity)
    markers: dict[str, Any] = {
        "linestyle": "none",
        "marker": MARKERS[drawn.place],
        "markersize": size,
        "color": drawn.colour,
        "markerfacecolor": drawn.colour if drawn.filled and "color" not in style else style.get("color", drawn.fill),
        "markeredgewidth": 0.0 if points.x.size > _CROWD and drawn.filled else None,
        "alpha": opacity,
        "zorder": 4,
    }
    axes.plot(points.x, points.y, **(markers | dict(style)))


def _draw_bars(axes: Axes, points: _Coordinates, drawn: Look, style: Style) -> None:
    kept = points.finite()
    floor = axes.get_ylim()[0] if axes.get_yscale() == "log" else 0.0
    axes.bar(
        kept.x,
        kept.y - floor,
        bottom=floor,
        width=_bar_width(points),
        color=_colour(drawn, style),
        edgecolor=_colour(drawn, style),
        alpha=0.55 * drawn.opacity,
        zorder=2.5,
        label=style["label"],
    )
    _draw_error_bars(axes, kept, drawn, style)


def _draw_error_bars(axes: Axes, points: _Coordinates, drawn: Look, style: Style) -> None:
    known = points.at(np.flatnonzero(np.isfinite(points.low) & np.isfinite(points.high)))
    if known.x.size:
        bars = {"color": _colour(drawn, style), "linewidth": 1.0, "alpha": drawn.opacity, "zorder": 3.5}
        axes.vlines(known.x, known.low, known.high, **bars)


def _colour(drawn: Look, style: Style) -> Any:
    return style.get("color", drawn.colour)


_DRAW: dict[str, Callable[[Axes, _Coordinates, Look, Style], None]] = {
    "line": _draw_line,
    "steps": _draw_steps,
    "band": _draw_band,
    "points": _draw_points,
    "bars": _draw_bars,
    "intervals": _draw_intervals,
}


def draw_mark(axes: Axes, mark: Mark, index: int = 0) -> None:
    """Draw a line or a shaded range, labelled; a line outside of fixed limits is left out."""
    drawn, vertical = mark_look(index), mark.kind in ("vline", "span")
    scale = axes.get_xscale() if vertical else axes.get_yscale()
    low, high = axes.get_xlim() if vertical else axes.get_ylim()
    if mark.kind in ("span", "hspan"):
        shade = axes.axvspan if vertical else axes.axhspan
        start, stop = _usable(mark.start, scale, low), _usable(mark.stop, scale, high)
        shade(start, stop, facecolor=drawn.colour, alpha=0.1, linewidth=0, zorder=1, label=mark.label)
        return
    value = _usable(mark.value, scale, math.nan)
    if low <= value <= high or (axes.get_autoscale_on() and math.isfinite(value)):
        rule = axes.axvline if vertical else axes.axhline
        rule(value, **drawn.line, zorder=2.2, label=mark.label)
