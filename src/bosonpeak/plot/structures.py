"""Small pair stresses and coordination numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.plot.claimed_values import CLAIMED_SLOPES
from bosonpeak.plot.drawing import draw, draw_laws, finish, items, mean_band, new_axes
from bosonpeak.plot.figure import Series, Style
from bosonpeak.plot.fitting import fitting, require_fitting
from bosonpeak.plot.palette import formula
from bosonpeak.validators.estimates.inputs import chain_labels, chain_sums, one_ensemble
from bosonpeak.validators.power_laws.small_stresses import COUNTED_BY_CHAIN, counted_by_chain, stress_density
from bosonpeak.validators.spectra.network_structure import CoordinationDistribution, coordination_distribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FEWEST_COUNTS = 10


def stresses(data: Any, *, ax: Axes | None = None, label: str | None = None, claims: bool = True, **style: Any) -> Axes:
    """Draw the probability density of the moduli of the off-diagonal pair stresses, on logarithmic scales.

    Parameters
    ----------
    data : dataset, name or dict
        With ``stress_count`` or ``chain_stress_count``, and ``stress_edge``; a dictionary, or a name or tree of several
        ensembles, gives one curve each.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Label of the curve in the legend.
    claims : bool
        Draw the claimed slopes -1/2 and -1 through the first curve.
    **style
        Style of the lines.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If no stresses are counted.

    Notes
    -----
    Bands are 95 % intervals over chains, or samples where chains are unknown. Bins with fewer than ten components are
    left out.

    Examples
    --------
    >>> axes = stresses("glass/taper-2/T-0.20", label="m = 2")
    >>> axes.get_xscale(), axes.get_yscale()
    ('log', 'log')
    """
    axes = new_axes(ax)
    axes.set(xscale="log", yscale="log")
    first: Series | None = None
    unit = "1"
    for item in items(data, label, style):
        require_fitting("stresses", item.data)
        ensemble = one_ensemble(item.data)
        unit = str(ensemble["stress_edge"].attrs.get("units", "1"))
        curve = stress_curve(item.label, ensemble, item.order, fewest=_FEWEST_COUNTS)
        draw(axes, item, curve)
        first = first or curve
    if claims and first is not None:
        draw_laws(axes, *_slopes(np.array(first.x), np.array(first.y)))
    return finish(axes, "|σ_ab|" if unit == "1" else f"|σ_ab| ({formula(unit)})", "P(|σ_ab|)")


def stress_curve(label: str, ensemble: xr.Dataset, order: int, *, fewest: int = 0, style: Style = "main") -> Series:
    """Density of the stresses at the geometric centres of the bins with enough components, with its limits."""
    counts, edges = _counts_by_chain(ensemble), ensemble["stress_edge"].values
    kept = counts.sum(axis=0) >= fewest
    centre, value = np.sqrt(edges[1:] * edges[:-1])[kept], stress_density(counts, edges)[kept]
    # Each chain counts with its own number of components.
    _, low, high = mean_band(counts[:, kept] / (counts.sum(axis=1).mean() * np.diff(edges)[kept]))
    return Series.of(
        label, "band", centre, value, np.where(low > 0.0, low, 0.1 * value), high, style=style, order=order
    )


def _counts_by_chain(ensemble: xr.Dataset) -> FloatArray:
    """Counts of each chain, or sample where chains are unknown, shape (chains, bins)."""
    if counted_by_chain(ensemble):
        return np.asarray(ensemble[COUNTED_BY_CHAIN].values, dtype=np.float64)
    return chain_sums(ensemble["stress_count"].values, chain_labels(ensemble))


def _slopes(centre: FloatArray, value: FloatArray) -> list[Series]:
    """Power laws of the claimed slopes through the lower third of a curve."""
    anchor = len(centre) // 3
    reach = centre[: 2 * anchor + 1]
    return [
        Series.of(
            f"slope {name}",
            "line",
            reach,
            value[anchor] * (reach / centre[anchor]) ** slope,
            style="reference",
            order=place,
        )
        for place, (name, slope) in enumerate(CLAIMED_SLOPES.items(), start=1)
    ]


def coordination(data: Any, *, ax: Axes | None = None, label: str | None = None, **style: Any) -> Axes:
    """Draw the distribution of coordination numbers: springs of nodes, or neighbours of particles.

    Parameters
    ----------
    data : dataset, name or dict
        As for `bosonpeak.validators.spectra.coordination_distribution`; a dictionary, or a name or tree of several
        ensembles, gives one curve each.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Label of the curve in the legend.
    **style
        Style of the lines.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If there are neither coordination numbers nor stored particles.

    Notes
    -----
    Bands are 95 % intervals of the fractions over samples, of particles over chains.

    Examples
    --------
    >>> axes = coordination("network/nine-node/added", label="one spring added")
    >>> axes.get_lines()[0].get_ydata().round(2).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.78, 0.22]
    """
    from matplotlib.ticker import MaxNLocator

    axes = new_axes(ax)
    ends = []
    for item in items(data, label, style):
        with fitting("coordination", item.data):
            found = coordination_distribution(item.data)
        fraction = found.fraction.mean(axis=0)
        draw(axes, item, coordination_curve(item.label, found, item.order))
        ends.append(found.number[fraction > 0.0][[0, -1]])
    axes.set_xlim(np.min(ends) - 1.0, np.max(ends) + 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(bottom=0.0)
    return finish(axes, "coordination number", "fraction")


def coordination_curve(label: str, found: CoordinationDistribution, order: int, style: Style = "main") -> Series:
    """Mean fractions by coordination number with their limits."""
    limits = found.limits
    return Series.of(label, "band", found.number, found.fraction.mean(axis=0), *limits, style=style, order=order)
