"""Coordination numbers of stored or given particles."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import number, numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import box_lengths, coordination_number, first_minimum
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables

_AS_DATA = "a dataset with position, diameter and box, or an array of positions with diameters= and box="


def particle_coordination(
    data: Ensemble | ArrayLike,
    *,
    diameters: ArrayLike | None = None,
    box: ArrayLike | None = None,
    distance: float | None = None,
) -> xr.DataArray:
    """Coordination numbers of particles: neighbours below the first minimum of the pair distribution in r/sigma_ij.

    sigma_ij is the mean diameter of the two particles. ``contact_number`` of glasses counts interacting particles
    instead, 31 on average in the soft spheres of this package, whose interaction reaches beyond the first shell.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str or array_like
        With ``position`` (configuration, particle, axis), ``diameter`` (configuration, particle) and ``box`` (axis), or
        all of them with the dimension sample; or positions, shape (configurations, particles, axes) or (particles,
        axes). Stored coordination numbers are returned as they are unless `distance` is given.
    diameters : array_like
        Diameters of an array of positions: one for all, (particles,) or (configurations, particles).
    box : array_like
        Edge lengths of the periodic box of an array of positions: one for all, or one per axis.
    distance : float, optional
        Largest r/sigma_ij. Default: the first minimum, averaged over all configurations.

    Returns
    -------
    xarray.DataArray
        Integers with the dimensions of ``diameter`` and, as scalar coordinate, ``coordination_distance``.

    Raises
    ------
    NotApplicableError
        If there are no particles, the box is tilted or too small, or there is no distinct first minimum.

    Examples
    --------
    A simple cubic crystal with thermal noise: six neighbours at distance 1.

    >>> import numpy as np
    >>> places = np.stack(np.meshgrid(*[np.arange(8.0)] * 3), axis=-1).reshape(-1, 3)
    >>> places += 0.03 * np.random.default_rng(1).standard_normal(places.shape)
    >>> found = particle_coordination(places, diameters=1.0, box=8.0)
    >>> float(found.mean())
    6.0
    """
    if not isinstance(data, xr.Dataset | xr.DataTree | str):
        data = _as_dataset(data, diameters, box)
    elif diameters is not None or box is not None:
        raise NotApplicableError("the dataset has its own diameters and box", expected=_AS_DATA, got="both")
    data = one_ensemble(data)
    if "particle" in data.get("coordination_number", xr.DataArray()).dims and distance is None:
        known = {"coordination_distance": data["coordination_distance"]} if "coordination_distance" in data else {}
        return data["coordination_number"].assign_coords(known)
    require_variables(data, "position", "diameter", "box")
    if "box_tilt" in data:
        raise NotApplicableError("the box is tilted", expected="a rectangular box")
    diameter = data["diameter"]
    leading = diameter.dims[0]
    places = data["position"].transpose(leading, "particle", "axis").values.astype(np.float64)
    sizes = diameter.transpose(leading, "particle").values.astype(np.float64)
    lengths = np.atleast_2d(data["box"].values)
    if not (lengths == lengths[:1]).all():
        raise NotApplicableError("the boxes of the configurations differ", expected="one box", got=f"{len(lengths)}")
    if distance is None:
        distance = first_minimum(list(places), list(sizes), lengths[0])
    distance = number(distance, "distance", above=0.0)
    counts = [coordination_number(*each, lengths[0], distance) for each in zip(places, sizes, strict=True)]
    attributes = {"units": "1", "long_name": "number of particles with r/sigma_ij below coordination_distance"}
    found = diameter.transpose(leading, "particle").copy(data=np.array(counts, dtype=np.int16))
    named = found.rename("coordination_number").assign_coords(coordination_distance=distance)
    named.attrs = attributes
    return named


def _as_dataset(positions: Any, diameters: ArrayLike | None, box: ArrayLike | None) -> xr.Dataset:
    """Dataset of configurations from plain arrays."""
    if diameters is None or box is None or np.ndim(positions) not in (2, 3):
        shape = f"{type(positions).__name__} of shape {np.shape(positions)}"
        raise NotApplicableError("these are not particles with diameters in a box", expected=_AS_DATA, got=shape)
    axes = ("particles", "axes") if np.ndim(positions) == 2 else ("configurations", "particles", "axes")
    places: FloatArray = numbers(positions, *axes, finite=True).reshape(-1, *np.shape(positions)[-2:])
    try:
        sizes = np.broadcast_to(np.asarray(diameters, dtype=np.float64), places.shape[:2])
    except (TypeError, ValueError):
        raise NotApplicableError(
            "the diameters do not fit the particles",
            expected=f"one, ({places.shape[1]},) or {places.shape[:2]}",
            got=f"shape {np.shape(diameters)}",
        ) from None
    lengths = box_lengths(box, places.shape[2], refusal=NotApplicableError)
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), places),
            "diameter": (("configuration", "particle"), sizes),
            "box": ("axis", lengths),
        }
    )
