"""Axes, and the common arguments of every function that draws."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import xarray as xr

from bosonpeak.datasets.arguments import one_of
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.figure import Mark, Series
from bosonpeak.plot.palette import GRID, formula
from bosonpeak.plot.panel_axes import draw_mark, draw_series, legend_entries
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, t_factor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Units = Literal["model", "omega_0", "THz"]

MOST_CURVES = 12

_IN_RAD_PER_PS = ("rad/ps", "1/ps", "rad*THz")


@dataclass(frozen=True)
class Item:
    """One ensemble to draw: dataset or plain data, its label, its place in the palette, and the caller's style."""

    data: Any
    label: str
    order: int
    style: dict[str, Any]


def new_axes(ax: Axes | None) -> Axes:
    """Given axes, or axes of a new figure, with the grid and spines of the report."""
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=(5.0, 3.75), layout="constrained")[1]
    ax.grid(True, which="major", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def items(data: Any, label: str | None, style: Mapping[str, Any], first: int = 0) -> Iterator[Item]:
    """Ensembles of a dictionary, tree or name, or the given data, in the order and styles of the palette."""
    given = _labelled(data, label)
    if len(given) > MOST_CURVES:
        raise NotApplicableError(
            "these are too many ensembles for one figure",
            expected=f"at most {MOST_CURVES}, such as data[{str(next(iter(given)))!r}]",
            got=f"{len(given)} ensembles",
        )
    if not given:
        raise NotApplicableError("there is nothing to draw", expected="at least one ensemble", got="none")
    for order, (name, each) in enumerate(given.items(), start=first):
        yield Item(each, name or "", order, dict(style))


def _labelled(data: Any, label: str | None) -> dict[str | None, Any]:
    """Ensembles by their labels: of a dictionary, of a list of names, of a tree, or of a name with several groups."""
    from bosonpeak.datasets.opening import open_dataset

    if isinstance(data, Mapping) and not isinstance(data, xr.Dataset | xr.DataTree):
        if label is not None:
            raise NotApplicableError("the keys are the labels of a dictionary", expected="no label", got=repr(label))
        return {name: each for key, value in data.items() for name, each in _labelled(value, str(key)).items()}
    if isinstance(data, list | tuple) and data and all(isinstance(each, str) for each in data):
        return _labelled({each: each for each in data}, label)
    opened = open_dataset(data) if isinstance(data, str) else data
    if not isinstance(opened, xr.DataTree):
        return {label: opened}
    leaves = {node.path.removeprefix(opened.path).strip("/"): node.to_dataset() for node in opened.leaves}
    leaves = {name: each for name, each in leaves.items() if each.data_vars}
    if len(leaves) == 1:
        return {label: next(iter(leaves.values()))}
    return {f"{label} {name}" if label else name: each for name, each in leaves.items()}


@dataclass(frozen=True)
class FrequencyScale:
    """Factor from the frequencies of the data to the drawn ones, and the label of the axis."""

    factor: float
    label: str


def frequency_scale(data: Any, units: Units) -> FrequencyScale:
    """Scale of the frequency axis: units of the data, the mean first phonon omega_0, or THz (omega / 2 pi)."""
    one_of(units, get_args(Units), "units")
    own = _own_units(data)
    if units == "model":
        return FrequencyScale(1.0, "ω" if own == "1" else f"ω ({formula(own)})")
    if units == "omega_0":
        if not isinstance(data, xr.Dataset) or "first_phonon" not in data:
            raise NotApplicableError(
                "omega_0 of these data is unknown", expected='a variable first_phonon, or units="model"', got="none"
            )
        return FrequencyScale(1.0 / float(data["first_phonon"].mean()), "ω/ω₀")
    if own.replace(" ", "") not in _IN_RAD_PER_PS:
        raise NotApplicableError(
            "these frequencies have no scale in THz",
            expected=" or ".join(_IN_RAD_PER_PS),
            got=own,
            likely_cause='model units: bosonpeak.datasets.to_physical_units(data, scales, wanted={"eigenfrequency": '
            '"rad/ps"}) converts them',
        )
    return FrequencyScale(0.5 / math.pi, "ω/2π (THz)")


def _own_units(data: Any) -> str:
    if isinstance(data, xr.Dataset):
        for name in ("eigenfrequency", "frequency"):
            if name in data.variables:
                return str(data[name].attrs.get("units", "1"))
    return "1"


def draw(axes: Axes, item: Item, *series: Series) -> None:
    """Draw series of an ensemble in the caller's style."""
    for each in series:
        draw_series(axes, each, item.style)


def mean_band(rows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean over independent rows (rows, points) with its 95 % limits by Student's t; NaN limits below three rows."""
    mean, count = rows.mean(axis=0), len(rows)
    if count < FEWEST_SAMPLES:
        return mean, np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    half = t_factor(count) * rows.std(axis=0, ddof=1) / math.sqrt(count)
    return mean, mean - half, mean + half


def draw_laws(axes: Axes, *laws: Series | Mark) -> None:
    """Draw thin lines of laws, theories or values beside the data."""
    for place, law in enumerate(laws):
        if isinstance(law, Mark):
            draw_mark(axes, law, place)
        else:
            draw_series(axes, law)


def finish(axes: Axes, x_label: str, y_label: str) -> Axes:
    """Label the axes, and add a legend where there are labels."""
    axes.set(xlabel=x_label, ylabel=y_label)
    handles, labels = legend_entries(axes)
    if handles:
        axes.legend(handles, labels, frameon=False, fontsize="small")
    return axes
