"""Small pair stresses and coordination numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.plot.claimed_values import CLAIMED_SLOPES
from bosonpeak.plot.drawing import draw_curve, finish, items, mean_band, new_axes, reference_line, symbols
from bosonpeak.plot.fitting import fitting, require_fitting
from bosonpeak.plot.palette import MARKERS
from bosonpeak.validators.estimates.inputs import chain_labels, chain_sums, one_ensemble
from bosonpeak.validators.power_laws.small_stresses import COUNTED_BY_CHAIN, counted_by_chain, stress_density
from bosonpeak.validators.spectra.network_structure import coordination_distribution

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
    first: tuple[FloatArray, FloatArray] | None = None
    unit = "1"
    for item in items(data, label, style):
        require_fitting("stresses", item.data)
        ensemble = one_ensemble(item.data)
        counts, edges = _counts_by_chain(ensemble), ensemble["stress_edge"].values
        unit = str(ensemble["stress_edge"].attrs.get("units", "1"))
        kept = counts.sum(axis=0) >= _FEWEST_COUNTS
        centre, value = np.sqrt(edges[1:] * edges[:-1])[kept], stress_density(counts, edges)[kept]
        widths = np.diff(edges)[kept]
        # Each chain counts with its own number of components.
        parts = counts[:, kept] / (counts.sum(axis=1).mean() * widths)
        _, low, high = mean_band(parts)
        draw_curve(axes, item, centre, value, np.where(low > 0.0, low, 0.1 * value), high)
        first = first or (centre, value)
    if claims and first is not None:
        _slopes(axes, *first)
    return finish(axes, "|σ_ab|" if unit == "1" else f"|σ_ab| ({symbols(unit)})", "P(|σ_ab|)")


def _counts_by_chain(ensemble: xr.Dataset) -> FloatArray:
    """Counts of each chain, or sample where chains are unknown, shape (chains, bins)."""
    if counted_by_chain(ensemble):
        return np.asarray(ensemble[COUNTED_BY_CHAIN].values, dtype=np.float64)
    return chain_sums(ensemble["stress_count"].values, chain_labels(ensemble))


def _slopes(axes: Axes, centre: FloatArray, value: FloatArray) -> None:
    """Draw power laws of the claimed slopes through the lower third of a curve."""
    anchor = len(centre) // 3
    reach = centre[: 2 * anchor + 1]
    for place, (name, slope) in enumerate(CLAIMED_SLOPES.items(), start=1):
        reference_line(axes, reach, value[anchor] * (reach / centre[anchor]) ** slope, f"slope {name}", place)


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
    for order, item in enumerate(items(data, label, {"markersize": 4.5} | style)):
        with fitting("coordination", item.data):
            found = coordination_distribution(item.data)
        marked = type(item)(item.data, item.label, {"marker": MARKERS[order % len(MARKERS)]} | item.style)
        fraction = found.fraction.mean(axis=0)
        draw_curve(axes, marked, found.number, fraction, *found.limits)
        ends.append(found.number[fraction > 0.0][[0, -1]])
    axes.set_xlim(np.min(ends) - 1.0, np.max(ends) + 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(bottom=0.0)
    return finish(axes, "coordination number", "fraction")
