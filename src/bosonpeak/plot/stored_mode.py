"""One mode of a dataset: arrows over the vorticity of particles, or the displacements of the nodes of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.plot.drawing import Units, frequency_scale, new_axes
from bosonpeak.plot.fitting import require_fitting
from bosonpeak.plot.mode_picture import COLOURS, LONGEST, draw_arrows, draw_vorticity, mode_plane
from bosonpeak.validators.displacement_fields.particle_fields import checked_fields
from bosonpeak.validators.estimates.inputs import one_ensemble
from bosonpeak.validators.vortices.curl_content import vorticity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AXES_OF_MODE = ("low_mode", "mode")


def mode(
    data: Any,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    units: Units = "model",
    sample: int = 0,
    number: int = 0,
    radius: float | None = None,
    **style: Any,
) -> Axes:
    """Draw one mode: arrows over its vorticity, or the displacements of the nodes of a scalar network as colours.

    Parameters
    ----------
    data : dataset or name
        With ``eigenvector`` and ``position`` of particles, and ``box``, or of the nodes of a network.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Title; by default the frequency of the mode and, of particles, its curl content.
    units : {"model", "omega_0", "THz"}
        Unit of the frequency in the title.
    sample : int
        Place of the configuration among the stored ones, or of the network.
    number : int
        Place of the mode among the stored ones, from 0.
    radius : float, optional
        Radius of the neighbourhoods of the vorticity; by default three mean particle distances.
    **style
        Style of the arrows, as for ``matplotlib.axes.Axes.quiver``, or of the points of a network, as for ``scatter``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If no eigenvectors are stored, or there is no such sample or mode.

    Notes
    -----
    In three dimensions a slice is drawn: through the centre of the squared vorticity, across the axis about which the
    mode turns most. `mode_figure` adds the transverse and longitudinal parts of a mode.

    Examples
    --------
    >>> axes = mode("glass/modes-2d/m-2/T-0.20", sample=3, number=1)
    >>> len(axes.collections[0].get_offsets())
    400
    """
    ensemble = one_ensemble(data)
    require_fitting("mode", ensemble)
    vector = ensemble["eigenvector"]
    outer, inner = vector.dims[0], next(name for name in vector.dims if name in _AXES_OF_MODE)
    for name, place in ((outer, sample), (inner, number)):
        if not 0 <= place < vector.sizes[name]:
            raise NotApplicableError(
                f"there is no such {str(name).replace('_', ' ')}",
                expected=f"a place from 0 to {vector.sizes[name] - 1}",
                got=str(place),
            )
    axes = new_axes(ax)
    axes.grid(False)
    displacement = vector.isel({outer: sample, inner: number}).values
    points = ensemble["position"].isel({outer: sample}).values
    title = _frequency(ensemble, str(outer), str(inner), sample, number, units)
    if "axis" in vector.dims:
        curl = _particles(axes, points, displacement, ensemble["box"].values, radius, style)
        title = f"{title}, curl content {curl:.2f}" if title else f"curl content {curl:.2f}"
    else:
        _nodes(axes, points, displacement, style)
    axes.set_title(title if label is None else label, fontsize="medium")
    return axes


def _particles(
    axes: Axes,
    place: FloatArray,
    displacement: FloatArray,
    box: FloatArray,
    radius: float | None,
    style: dict[str, Any],
) -> float:
    """Draw arrows over the vorticity, and return the curl content."""
    fields = checked_fields(place, displacement, box)
    found = vorticity(fields.positions, fields.vectors, fields.box, radius=radius, per_particle=True)
    assert found.local is not None
    plane = mode_plane(fields.positions, found.local.vorticity, fields.box)
    moving = fields.vectors[0] - fields.vectors[0].mean(axis=0)
    arrows = moving[plane.seen][:, plane.axes]
    scale = float(np.linalg.norm(arrows, axis=1).max()) / (LONGEST * fields.spacing)
    image = draw_vorticity(axes, found, plane, fields.box)
    draw_arrows(axes, fields.positions[plane.seen][:, plane.axes], arrows, scale, fields.box, plane, **style)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, ticks=[-1.0, 0.0, 1.0])
    bar.set_label("vorticity over its largest value")
    return float(found.curl_content[0])


def _nodes(axes: Axes, place: FloatArray, displacement: FloatArray, style: dict[str, Any]) -> None:
    largest = float(np.abs(displacement).max())
    look: dict[str, Any] = {"cmap": COLOURS, "s": max(4.0, 20000.0 / len(place)) if len(place) > 100 else 120.0} | style
    points = axes.scatter(
        place[:, 0], place[:, 1], c=displacement / largest, vmin=-1.0, vmax=1.0, edgecolors="0.6", lw=0.2, **look
    )
    axes.set(aspect="equal", xlabel="x", ylabel="y")
    bar = axes.figure.colorbar(points, ax=axes, shrink=0.8, ticks=[-1.0, 0.0, 1.0])
    bar.set_label("displacement over its largest value")


def _frequency(ensemble: xr.Dataset, outer: str, inner: str, sample: int, number: int, units: Units) -> str:
    """Frequency of a mode in words; empty if the data do not say which it is."""
    if "eigenvector_frequency" in ensemble:
        value = float(ensemble["eigenvector_frequency"].values[sample, number])
    elif "eigenfrequency" in ensemble:
        row, column = (
            place if name in ("sample", "mode") else int(rows_of(ensemble, name)[place])
            for name, place in ((outer, sample), (inner, number))
        )
        value = float(ensemble["eigenfrequency"].values[row, column])
    else:
        return ""
    scale = frequency_scale(ensemble, units)
    name, _, unit = scale.label.partition(" ")
    return f"{name} = {value * scale.factor:.3g} {unit.strip('()') if units == 'THz' else ''}".strip()
