"""Participation ratios of modes, and ratios of level spacings beside the surmise and Poisson's law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.plot.drawing import Units, draw, draw_laws, finish, frequency_scale, items, new_axes
from bosonpeak.plot.figure import Kind, Series
from bosonpeak.plot.fitting import fitting, require_fitting
from bosonpeak.validators.estimates.inputs import mode_lists
from bosonpeak.validators.levels.spacing_ratios import surmise_density
from bosonpeak.validators.levels.spacing_statistics import ratio_distribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_POINTS = 4000
_LEVELS = 50


def participation(
    data: Any, *, ax: Axes | None = None, label: str | None = None, units: Units = "model", **style: Any
) -> Axes:
    """Draw the participation ratio of every mode against its frequency.

    Parameters
    ----------
    data : dataset, name or dict
        With ``eigenfrequency`` and ``participation_ratio`` (sample, mode), and the highest modes where they are stored;
        a dictionary, or a name or tree of several ensembles, gives one set of points each.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Label of the points in the legend.
    units : {"model", "omega_0", "THz"}
        Unit of the frequency, as for `reduced_density`.
    **style
        Style of the points, as for ``matplotlib.axes.Axes.plot``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If there are no participation ratios, or the unit does not apply.

    Notes
    -----
    Of more than 4000 modes every second, third ... is drawn, in the order of their frequencies.

    Examples
    --------
    >>> axes = participation("network/paper/situation-2/delta-0.2")
    >>> axes.get_ylabel()
    'participation ratio'
    """
    axes = new_axes(ax)
    x_label = "ω"
    for item in items(data, label, style):
        require_fitting("participation", item.data)
        scale = frequency_scale(item.data, units)
        x_label = scale.label
        pairs = [("eigenfrequency", "participation_ratio")]
        if "highest_participation_ratio" in item.data:
            pairs.append(("highest_eigenfrequency", "highest_participation_ratio"))
        frequency = np.concatenate([item.data[name].values.ravel() for name, _ in pairs])
        ratio = np.concatenate([item.data[name].values.ravel() for _, name in pairs])
        known = np.flatnonzero((frequency > 0.0) & np.isfinite(ratio))
        known = known[np.argsort(frequency[known], kind="stable")]
        shown = known[:: -(-len(known) // _MOST_POINTS) or 1]
        points = frequency[shown] * scale.factor, ratio[shown]
        draw(axes, item, Series.of(item.label, "points", *points, order=item.order))
    axes.set_ylim(bottom=0.0)
    axes.set_xlim(left=0.0)
    return finish(axes, x_label, "participation ratio")


def level_spacings(
    data: Any,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    part: str = "lowest",
    count: int | None = None,
    highest: float = 5.0,
    bins: int = 50,
    **style: Any,
) -> Axes:
    """Draw the distribution of the ratios of neighbouring level spacings, with Atas' surmise and Poisson's law.

    Parameters
    ----------
    data : dataset, name, array or dict
        As for `bosonpeak.validators.level_statistics`; a dictionary, or a name or tree of several ensembles, gives one
        curve each.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Label of the curve in the legend.
    part, highest, bins
        As for `bosonpeak.validators.levels.ratio_distribution`.
    count : int, optional
        Number of levels; 50 by default, or all of shorter lists.
    **style
        Style of the lines.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If the window is not in the lists of modes.

    Notes
    -----
    The surmise of the orthogonal ensemble is of Y. Y. Atas et al., Phys. Rev. Lett. 110, 084101 (2013). Ratios need no
    unfolding and no unit of frequency.

    Examples
    --------
    >>> axes = level_spacings("glass/level-statistics/T-0.20", label="glass")
    >>> [line.get_label() for line in axes.get_lines()]
    ['glass', "GOE, Atas' surmise", 'Poisson']
    """
    axes = new_axes(ax)
    for item in items(data, label, style):
        with fitting("level_spacings", item.data):
            levels = _listed(item.data) if count is None else count
            found = ratio_distribution(item.data, part=part, count=levels, highest=highest, bins=bins)
        draw(axes, item, ratio_curve(item.label, "band", found, item.order))
    draw_laws(axes, *ratio_laws(np.linspace(0.0, highest, 251)))
    axes.set_xlim(0.0, highest)
    axes.set_ylim(bottom=0.0)
    return finish(axes, "r, ratio of neighbouring spacings", "P(r)")


def ratio_curve(label: str, kind: Kind, found: xr.Dataset, order: int) -> Series:
    """Distribution of the ratios with its limits."""
    return Series.from_dataset(label, kind, found, "ratio", "density", order=order)


def ratio_laws(ratio: FloatArray) -> tuple[Series, Series]:
    """Atas' surmise for the orthogonal ensemble, and the law of independent levels."""
    surmise, independent = surmise_density(ratio), (1.0 + ratio) ** -2.0
    return (
        Series.of("GOE, Atas' surmise", "line", ratio, surmise, style="reference", order=1),
        Series.of("Poisson", "line", ratio, independent, style="reference", order=3),
    )


def _listed(data: Any) -> int:
    """Number of levels above zero that every sample has, at most 50."""
    values = data["eigenfrequency"].values if isinstance(data, xr.Dataset) else np.atleast_2d(np.asarray(data))
    return min(_LEVELS, int(np.isfinite(mode_lists(values).frequency).sum(axis=1).min()))
