"""Density of states, and the reduced density with Debye's level and the boson peak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.drawing import (
    FrequencyScale,
    Item,
    Units,
    draw,
    finish,
    frequency_scale,
    items,
    new_axes,
)
from bosonpeak.plot.figure import Series
from bosonpeak.plot.fitting import fitting
from bosonpeak.plot.panel_axes import draw_series
from bosonpeak.validators.reduced_densities.reduced_maximum import boson_peak
from bosonpeak.validators.reduced_densities.vibrational_density import density_of_states

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PLANE_OR_SPACE = {2: "g(ω)/ω", 3: "g(ω)/ω²"}
_THEORY_CURVES = 8
_HEADROOM, _PEAKS_SHOWN = 1.25, 6.0
_FEWEST = 2


def reduced_density(
    data: Any,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    units: Units = "model",
    bins: Any = None,
    dimension: int | None = None,
    degrees_of_freedom: int | None = None,
    debye: bool = True,
    peak: bool = True,
    **style: Any,
) -> Axes:
    """Draw the reduced density of states g/omega^(d-1) with Debye's level and the boson peak.

    Parameters
    ----------
    data : dataset, name, array or dict
        As for `bosonpeak.density_of_states`; a dictionary, or a name or tree of several ensembles, gives one curve
        each; of the spectra of a theory up to eight are drawn.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Label of the curve in the legend; the keys are the labels of a dictionary.
    units : {"model", "omega_0", "THz"}
        Unit of the frequency: of the data, the mean first phonon omega_0, or THz (omega / 2 pi).
    bins, dimension, degrees_of_freedom
        As for `bosonpeak.density_of_states`.
    debye, peak : bool
        Draw Debye's level as a dashed line; mark the peak, with its interval, where `bosonpeak.boson_peak` finds one.
    **style
        Style of the lines, as for ``matplotlib.axes.Axes.plot``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If the data have no density of states, their dimension is unknown, or the unit does not apply.

    Examples
    --------
    >>> axes = reduced_density("network/spectra/situation-1/delta-0.3", label="network")
    >>> axes.get_ylabel(), [line.get_label() for line in axes.get_lines()]
    ('g(ω)/ω', ['network', "Debye's level"])
    """
    axes = new_axes(ax)
    options = {"bins": bins, "dimension": dimension, "degrees_of_freedom": degrees_of_freedom}
    dimensions, x_label, named, tops, peaks = set(), "ω", False, _tops(axes), list[float]()
    for item in items(data, label, style):
        scale = frequency_scale(item.data, units)
        for part in _theory_curves(item) or [item]:
            with fitting("reduced_density", part.data):
                found = _reduced(part.data, options) if part is item else _of_theory(part.data)
            power = int(found.attrs["dimension"])
            dimensions.add(power)
            factor = scale.factor**power
            curve = reduced_curve(part.label, found, part.order, scale.factor, factor)
            draw(axes, part, curve)
            tops.append(_top(*(found[name].values / factor for name in ("reduced_density", "reduced_density_low"))))
            if debye and "debye_level" in found:
                level = float(found["debye_level"]) / factor
                ends = [0.0, float(found["frequency"][-1]) * scale.factor]
                name = "" if named else "Debye's level"
                draw(axes, part, Series.of(name, "line", ends, [level, level], style="control", order=part.order))
                named = True
                tops.append(level)
            if peak and part is item:
                peaks += _mark_peak(axes, item, {"dimension": power, "degrees_of_freedom": degrees_of_freedom}, scale)
        x_label = scale.label
    y_label = _PLANE_OR_SPACE[dimensions.pop()] if len(dimensions) == 1 else "g(ω)/ω^(d−1)"
    axes.set_ylim(0.0, _HEADROOM * max(tops))
    reach = max(float(np.max(line.get_xdata())) for line in axes.get_lines() if np.size(line.get_xdata()) > _FEWEST)
    axes.set_xlim(0.0, min(reach, _PEAKS_SHOWN * max(peaks)) if peaks else reach)
    return finish(axes, x_label, y_label)


def _tops(axes: Axes) -> list[float]:
    """Highest value that the axes must still show, if there are curves on them."""
    return [axes.get_ylim()[1] / _HEADROOM] if axes.get_lines() else []


def _top(value: FloatArray, low: FloatArray) -> float:
    """Highest value with a lower limit above zero; bins with few modes have wide bands and stay outside."""
    known = low[np.isfinite(low)]
    return float(known.max()) if len(known) and known.max() > 0.0 else float(np.nanmax(value))


def reduced_curve(
    label: str, found: xr.Dataset, order: int, frequency: float = 1.0, density: float = 1.0, *, end: float = np.inf
) -> Series:
    """Reduced density with its band: frequencies times a factor, densities over a factor, up to a frequency."""
    shown = found["frequency"].values < end
    columns = [found[f"reduced_density{limit}"].values[shown] / density for limit in ("", "_low", "_high")]
    columns[2] = np.where(columns[0] > 0.0, columns[2], np.nan)  # over omega^(d-1) an empty bin has no limit
    return Series.of(label, "band", found["frequency"].values[shown] * frequency, *columns, order=order)


def _reduced(data: Any, options: dict[str, Any]) -> xr.Dataset:
    found = density_of_states(data, **options)
    if "reduced_density" not in found:
        raise NotApplicableError(
            "the dimension of space is not known",
            expected="dimension=2 or dimension=3, or data that say so",
            got="neither",
            likely_cause="bosonpeak.plot.density needs no dimension",
        )
    return found


def _mark_peak(axes: Axes, item: Item, options: dict[str, Any], scale: FrequencyScale) -> list[float]:
    """Mark the maximum with its interval, and return its place; data too small or short for the search have none."""
    try:
        found = boson_peak(item.data, **options)
    except NotApplicableError:
        return []
    if not np.isfinite(found.value):
        return []
    place, low, high = (getattr(found, end) * scale.factor for end in ("value", "low", "high"))
    height = found.details["reduced_density"] / scale.factor ** options["dimension"]
    label = f"boson peak, {item.label}" if item.label else "boson peak"
    peak = Series.of(label, "intervals", [place], [height], [low], [high], order=item.order)
    marker = {"marker": "v", "markersize": 7.0, "markeredgecolor": "white"}
    draw_series(axes, peak, {"color": item.style["color"]} | marker if "color" in item.style else marker)
    return [place]


def density(
    data: Any,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    units: Units = "model",
    bins: Any = None,
    degrees_of_freedom: int | None = None,
    debye: bool = True,
    **style: Any,
) -> Axes:
    """Draw the density of states g(omega) per degree of freedom, with its band and Debye's law.

    Parameters
    ----------
    data, ax, label, units, bins, degrees_of_freedom, debye, **style
        As for `reduced_density`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If the data have no density of states, or the unit does not apply.

    Examples
    --------
    >>> axes = density([1.0, 1.2, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6], bins=[0.5, 1.5, 2.5])
    >>> axes.get_lines()[0].get_ydata().tolist()
    [0.25, 0.625]
    """
    axes = new_axes(ax)
    options = {"bins": bins, "degrees_of_freedom": degrees_of_freedom}
    x_label, named = "ω", False
    for item in items(data, label, style):
        scale = frequency_scale(item.data, units)
        for part in _theory_curves(item) or [item]:
            theory = part is not item
            with fitting("density", part.data):
                found = _of_theory(part.data) if theory else density_of_states(part.data, **options)
            columns = (found[f"density{end}"].values / scale.factor for end in ("", "_low", "_high"))
            frequency = found["frequency"].values * scale.factor
            draw(axes, part, Series.of(part.label, "band", frequency, *columns, order=part.order))
            if debye and "debye" in found:
                law, name = found["debye"].values / scale.factor, "" if named else "Debye's law"
                draw(axes, part, Series.of(name, "line", frequency, law, style="control", order=part.order))
                named = True
        x_label = scale.label
    axes.set_ylim(bottom=0.0)
    axes.set_xlim(left=0.0)
    return finish(axes, x_label, "g(ω)")


def _theory_curves(item: Item) -> list[Item]:
    """Curves of a theory by its parameters; empty for samples of a solid."""
    data = item.data
    if not isinstance(data, xr.Dataset) or "density_of_states" not in data or "sample" in data.dims:
        return []
    states = data["density_of_states"]
    parameters = [name for name in states.dims if name != "frequency"]
    if not parameters:
        return []
    stacked = data[[name for name in data.data_vars if set(data[name].dims) <= set(states.dims)]].stack(
        curve=parameters
    )
    count = stacked.sizes["curve"]
    chosen = np.unique(np.linspace(0, count - 1, min(count, _THEORY_CURVES)).astype(int))
    found = []
    for order, place in enumerate(chosen):
        curve = stacked.isel(curve=int(place))
        words = ", ".join(f"{str(name).replace('_', ' ')} {float(curve[name]):.3g}" for name in parameters)
        found.append(Item(curve, f"{item.label}, {words}" if item.label else words, order, item.style))
    return found


def _of_theory(curve: xr.Dataset) -> xr.Dataset:
    """Curve of a theory, which has no limits, with the names of `density_of_states`; theories are in space."""
    frequency, states = curve["frequency"].values, curve["density_of_states"].values
    missing = np.full(states.shape, np.nan)
    columns = {"density": states, "reduced_density": states / frequency**2}
    columns |= {f"{name}_{end}": missing for name in tuple(columns) for end in ("low", "high")}
    found = xr.Dataset({name: ("frequency", values) for name, values in columns.items()}, {"frequency": frequency})
    if "debye_level" in curve:
        found["debye_level"] = ((), float(curve["debye_level"]))
    return found.assign_attrs(dimension=3)
