"""Exponent s of g ~ omega^s: cumulative counts, the local exponent, and estimates beside claims."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.claimed_values import CLAIMED_EXPONENTS
from bosonpeak.plot.drawing import Units, draw, draw_laws, finish, frequency_scale, items, new_axes
from bosonpeak.plot.figure import Mark, Panel, Series
from bosonpeak.plot.fitting import fitting, require_fitting
from bosonpeak.plot.panel_axes import add_panel
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import mode_lists
from bosonpeak.validators.power_laws.local_exponent import local_exponent as measured_exponent
from bosonpeak.validators.power_laws.low_mode_counts import reduced_cumulative_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PUBLISHED_WINDOW = (0.3, 0.9)
"""Range of the published plots of F/omega^(s+1), in units of omega_0."""

_ROW_MARGIN, _BELOW = 0.5, 0.22


@overload
def cumulative_count(
    data: Any, *, ax: Axes | None = None, label: str | None = None, exponent: float = 4.0, **style: Any
) -> Axes: ...


@overload
def cumulative_count(
    data: Any,
    *,
    ax: Sequence[Axes] | None = None,
    label: str | None = None,
    exponent: Sequence[float],
    **style: Any,
) -> NDArray[Any]: ...


def cumulative_count(
    data: Any,
    *,
    ax: Any = None,
    label: str | None = None,
    exponent: float | Sequence[float] = 4.0,
    units: Units = "omega_0",
    low: float = 0.15,
    high: float = 1.1,
    **style: Any,
) -> Axes | NDArray[Any]:
    """Draw F(omega)/omega^(s+1), the modes below a frequency over a power, which is level where g ~ omega^s.

    Parameters
    ----------
    data : dataset, name or dict
        With ``eigenfrequency`` and ``first_phonon``; a dictionary, or a name or tree of several ensembles, gives one
        curve each.
    ax : matplotlib.axes.Axes or sequence of Axes, optional
        Axes to draw on, as many as exponents; by default a new figure.
    label : str, optional
        Label of the curve in the legend.
    exponent : float or sequence of float
        s of the plot; a sequence gives one panel for each.
    units : {"omega_0"}
        The frequency is in units of the mean first phonon omega_0.
    low, high : float
        Range in units of omega_0; curves end where the shortest list of modes does. The range of the published plots,
        0.3 to 0.9, is shaded.
    **style
        Style of the lines.

    Returns
    -------
    matplotlib.axes.Axes, or ndarray of Axes
        An array for a sequence of exponents.

    Raises
    ------
    NotApplicableError
        If there are no modes or no omega_0, or the axes do not fit the exponents.

    Notes
    -----
    The 95 % bands are pointwise, and the points of a curve are correlated: no line may be fitted to it.

    Examples
    --------
    >>> axes = cumulative_count("glass/taper-2/T-0.20", exponent=[3.0, 4.0])
    >>> [each.get_title() for each in axes]
    ['s = 3', 's = 4']
    """
    if units != "omega_0":
        raise NotApplicableError(
            "cumulative counts are drawn against omega/omega_0", expected='units="omega_0"', got=repr(units)
        )
    powers = np.atleast_1d(np.asarray(exponent, dtype=np.float64))
    panels = _panels(ax, len(powers))
    for axes, power in zip(panels, powers, strict=True):
        window = Mark("span", start=PUBLISHED_WINDOW[0], stop=PUBLISHED_WINDOW[1], label="range of the published plots")
        draw_laws(axes, window)
        for item in items(data, label, style):
            with fitting("cumulative_count", item.data):
                end = min(high, end_of_lists(item.data))
                found = reduced_cumulative_count(item.data, exponent=float(power), low=low, high=end)
            draw(axes, item, count_curve(item.label, found, item.order))
        axes.set_title(f"s = {power:g}")
        if axes.get_yscale() == "linear":
            axes.set_ylim(bottom=0.0)
        finish(axes, "ω/ω₀", f"F(ω) / (ω/ω₀)^{power + 1.0:g}")
    return panels if np.ndim(exponent) else panels[0]


def count_curve(label: str, found: xr.Dataset, order: int) -> Series:
    """Reduced cumulative count with its limits."""
    return Series.from_dataset(label, "band", found, "reduced_frequency", "reduced_count", order=order)


def end_of_lists(data: Any) -> float:
    """Lowest of the highest listed modes of the samples in units of omega_0, beyond which counts are incomplete."""
    highest = np.fmax.reduce(mode_lists(data).reduced, axis=1)
    return float(np.fmin.reduce(highest))


def _panels(ax: Any, count: int) -> NDArray[Any]:
    if ax is None:
        if count == 1:
            return np.array([new_axes(None)])
        import matplotlib.pyplot as plt

        ax = plt.subplots(1, count, figsize=(4.0 * count, 3.5), layout="constrained")[1]
    panels = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(panels) != count:
        raise NotApplicableError("the axes do not fit the exponents", expected=f"{count} axes", got=str(len(panels)))
    return np.array([new_axes(each) for each in panels])


def local_exponent(
    data: Any,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    units: Units = "omega_0",
    claims: bool = True,
    frequency: Any = None,
    width: float | None = None,
    **style: Any,
) -> Axes:
    """Draw the local exponent s(omega) = d ln g / d ln omega with its simultaneous band, and the claimed exponents.

    Parameters
    ----------
    data : dataset, name, list or dict
        Ensembles with ``eigenfrequency``, ``first_phonon`` and ``particles``. Groups of a tree or name that differ in
        their number of particles only make one curve, as does a list; a dictionary gives one curve for each key.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Label of the curve in the legend.
    units : {"omega_0", "model", "THz"}
        Unit of the frequency. omega_0 is the mean first phonon of the first ensemble of a curve.
    claims : bool
        Draw the claimed exponents 2, 3 and 4 as lines.
    frequency, width
        As for `bosonpeak.validators.local_exponent`.
    **style
        Style of the lines.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If the number of particles or omega_0 is unknown, or no frequency has modes enough.

    Examples
    --------
    >>> axes = local_exponent({"T* = 0.20": "limit/taper-2/T-0.20"})
    >>> [line.get_label() for line in axes.get_lines()]
    ['T* = 0.20', 's = 2 (SIM-2)', 's = 3 (SIM-4)', 's = 4 (LB-1, SIM-3)']
    """
    axes = new_axes(ax)
    x_label = "ω/ω₀"
    for item in items(ensembles_by_size(data, label), None, style):
        sizes = item.data if isinstance(item.data, list) else [item.data]
        for each in sizes:
            require_fitting("local_exponent", each)
        scale = frequency_scale(sizes[0], units if "local_exponent" not in sizes[0] else "model")
        x_label = scale.label
        if "local_exponent" in sizes[0]:
            _theory_exponents(axes, item, sizes[0])
            continue
        options: dict[str, Any] = {} if width is None else {"width": width}
        with fitting("local_exponent", sizes[0]):
            found = measured_exponent(sizes, frequency=frequency, **options)
        draw(axes, item, exponent_curve(item.label, found, item.order, scale.factor))
    if claims:
        draw_laws(axes, *exponent_marks())
    axes.set_ylim(0.0, 8.0)
    return finish(axes, x_label, "s(ω) = d ln g / d ln ω")


def exponent_curve(label: str, found: xr.Dataset, order: int, factor: float = 1.0) -> Series:
    """Local exponent with its simultaneous band; frequencies times a factor."""
    columns = (found[name].values for name in ("value", "simultaneous_low", "simultaneous_high"))
    return Series.of(label, "band", found["frequency"].values * factor, *columns, order=order)


def exponent_marks(kind: Literal["hline", "vline"] = "hline") -> tuple[Mark, ...]:
    """Lines at the exponents in dispute."""
    return tuple(
        Mark(kind, value=value, label=f"s = {value:g} ({names})") for names, value in CLAIMED_EXPONENTS.items()
    )


def _theory_exponents(axes: Axes, item: Any, theory: xr.Dataset) -> None:
    """Draw exponents of a theory, one curve for each of its parameters."""
    exponent = theory["local_exponent"]
    (parameter,) = (name for name in exponent.dims if name != "frequency")
    names = [f"{str(parameter).replace('_', ' ')} {value:.3g}" for value in theory[parameter].values]
    for place, curve in enumerate(items(dict.fromkeys(names), None, {})):
        columns = theory["frequency"].values, exponent.isel({parameter: place}).values
        draw(axes, curve, Series.of(curve.label, "line", *columns, order=curve.order))
    axes.set_xscale("log")


def ensembles_by_size(data: Any, label: str | None) -> dict[str, Any]:
    """Ensembles that differ in their number of particles only, together: a list for each label."""
    from bosonpeak.datasets.opening import open_dataset

    if isinstance(data, Mapping) and not isinstance(data, xr.Dataset | xr.DataTree):
        if label is not None:
            raise NotApplicableError("the keys are the labels of a dictionary", expected="no label", got=repr(label))
        return {name: each for key, value in data.items() for name, each in ensembles_by_size(value, str(key)).items()}
    opened = open_dataset(data) if isinstance(data, str) else data
    if isinstance(opened, xr.Dataset):
        return {label or "": [opened]}
    if not isinstance(opened, xr.DataTree):
        sizes = opened if isinstance(opened, list | tuple) else [opened]
        return {label or "": [open_dataset(each) if isinstance(each, str) else each for each in sizes]}
    groups: dict[str, list[xr.Dataset]] = {}
    names: dict[str, list[str]] = {}
    for node in opened.leaves:
        each = node.to_dataset()
        parameters = json.loads(each.attrs.get("parameters", "{}"))
        same = {name: value for name, value in parameters.items() if name in _TOGETHER}
        # Groups without stated parameters, as of null data, are distinguished by the path above their size.
        above = node.path if not same else ""
        key = json.dumps([same, "/".join(part for part in above.split("/") if not part.startswith("N-"))])
        groups.setdefault(key, []).append(each)
        names.setdefault(key, []).append(node.path.removeprefix(opened.path).strip("/"))
    shown = {key: _common(paths) for key, paths in names.items()}
    return {" ".join(filter(None, (label, shown[key]))): each for key, each in groups.items()}


_TOGETHER = ("taper", "truncation", "temperature", "dimension", "density")


def _common(paths: list[str]) -> str:
    """Path of several groups without the level of their size."""
    return "/".join(part for part in paths[0].split("/") if len(paths) == 1 or not part.startswith("N-"))


def forest(
    data: Mapping[str, Estimate] | Sequence[Estimate] | Estimate,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    claims: Mapping[str, float] | None = None,
    bounds: Mapping[str, Estimate] | None = None,
    **style: Any,
) -> Axes:
    """Draw estimates with their intervals below each other, beside the values of claims and rivals.

    Parameters
    ----------
    data : Estimate, sequence or dict of Estimate
        Keys of a dictionary are the names of the rows; otherwise the names of the estimates are.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Label of the estimates in the legend.
    claims : dict of str to float, optional
        Values of claims and rivals, drawn as vertical lines.
    bounds : dict of str to Estimate, optional
        One-sided bounds of the rows, such as of `bosonpeak.validators.exponent_lower_bound`, by the names of the rows:
        triangles below the estimates. One-sided estimates in `data` are drawn as bounds, too.
    **style
        Style of the points, as for ``matplotlib.axes.Axes.plot``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If there are no estimates, or a bound belongs to no row.

    Examples
    --------
    >>> from bosonpeak.validators import exponent
    >>> found = exponent("glass/taper-2/T-0.20", window=(0.3, 0.55))
    >>> axes = forest({"m = 2": found}, claims={"SIM-3": 4.0, "rival": 3.0})
    >>> [text.get_text() for text in axes.get_yticklabels()]
    ['m = 2']
    """
    axes = new_axes(ax)
    marks = tuple(Mark("vline", value=value, label=name) for name, value in (claims or {}).items())
    panel = forest_panel(_rows(data), marks, bounds or {}, label=label or "")
    add_panel(axes, panel, style)
    axes.set_ylim(1.0 - len(panel.y_names) - _ROW_MARGIN, _ROW_MARGIN)
    return finish(axes, panel.x_label, "")


def forest_panel(
    rows: Mapping[str, Estimate], marks: tuple[Mark, ...], bounds: Mapping[str, Estimate], *, label: str = ""
) -> Panel:
    """Panel of estimates below each other, with one-sided bounds as triangles below them, and vertical lines."""
    unknown = [name for name in bounds if name not in rows]
    if unknown:
        raise NotApplicableError(
            "these bounds belong to no row", expected=", ".join(rows), got=", ".join(map(str, unknown))
        )
    places = {name: -float(place) for place, name in enumerate(rows)}
    two_sided = [(places[name], each) for name, each in rows.items() if not _one_sided(each)]
    one_sided = [(places[name], each) for name, each in rows.items() if _one_sided(each)]
    one_sided += [(places[name] - _BELOW, each) for name, each in bounds.items() if _one_sided(each)]
    series = [Series.of(label, "intervals", *_columns(two_sided))]
    for end, words in (("low", "lower bound"), ("high", "upper bound")):
        known = [(place, each) for place, each in one_sided if math.isfinite(getattr(each, end))]
        levels = {each.level for _, each in known}
        text = f"{words}, {100.0 * max(levels):g} %" if len(levels) == 1 else words
        if known:
            _, place, low, high = _columns(known)
            series.append(Series.of(text, "intervals", np.full(len(known), np.nan), place, low, high, order=1))
    names = {each.name for each in rows.values()}
    return Panel(
        "",
        names.pop() if len(names) == 1 else "",
        "",
        tuple(series),
        marks,
        y_limits=(1.0 - len(rows) - _ROW_MARGIN, _ROW_MARGIN),
        y_names=tuple(rows),
    )


def _columns(rows: Sequence[tuple[float, Estimate]]) -> tuple[FloatArray, ...]:
    """Values, places, and lower and upper limits of estimates."""
    return tuple(np.array([[each.value, place, each.low, each.high] for place, each in rows]).reshape(-1, 4).T)


def _one_sided(estimate: Estimate) -> bool:
    return math.isinf(estimate.low) != math.isinf(estimate.high)


def _rows(data: Any) -> dict[str, Estimate]:
    if isinstance(data, Estimate):
        data = [data]
    named = isinstance(data, Mapping)
    values = list(data.values()) if named else list(data) if isinstance(data, Iterable) else [data]
    if not values or not all(isinstance(each, Estimate) for each in values):
        raise NotApplicableError(
            "these are not estimates",
            expected="an Estimate, or a sequence or dictionary of them",
            got=", ".join(sorted({type(each).__name__ for each in values})) or "none",
            likely_cause="bosonpeak.validators returns estimates; bosonpeak.plot.local_exponent draws ensembles",
        )
    return dict(zip(map(str, data) if named else (each.name for each in values), values, strict=True))
