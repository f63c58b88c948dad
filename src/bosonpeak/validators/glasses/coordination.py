"""Coordination of the particles of a solid: interacting partners, or Delaunay neighbours."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.spatial import Delaunay

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import chain_labels, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval
from bosonpeak.validators.estimates.memoise import remembered
from bosonpeak.validators.estimates.stored_coordination import particle_coordination as particle_coordination

_REACH = 5.0

Neighbours = Literal["interacting", "delaunay"]
Statistic = Literal["mean", "relative-deviation", "share", "share-of-most-probable", "most-probable"]


@remembered(1024)
def delaunay_neighbours(positions: ArrayLike, box: ArrayLike) -> IntegerArray:
    """Number of Delaunay neighbours of each particle in a periodic box, shape (particles,); mean 6 in the plane."""
    points, lengths = np.asarray(positions, dtype=np.float64), np.asarray(box, dtype=np.float64)
    shifts = np.array(sorted(itertools.product((-1, 0, 1), repeat=len(lengths)), key=lambda each: np.abs(each).sum()))
    images = (points[None] + (shifts * lengths)[:, None]).reshape(-1, len(lengths))
    # No triangle of a solid extends beyond a few mean distances; a small box keeps all its images.
    reach = _REACH * float(np.prod(lengths) / len(points)) ** (1.0 / len(lengths))
    kept = np.flatnonzero(((images >= -reach) & (images <= lengths + reach)).all(axis=1))
    start, neighbour = Delaunay(images[kept]).vertex_neighbor_vertices
    original, inside = kept % len(points), slice(start[len(points)])
    particle = np.repeat(np.arange(len(points)), np.diff(start[: len(points) + 1]))
    pairs = np.unique(particle * len(points) + original[neighbour[inside]])
    return np.bincount(pairs // len(points), minlength=len(points))


def coordination_numbers(dataset: xr.Dataset, neighbours: Neighbours) -> IntegerArray:
    """Coordination numbers of stored configurations, shape (configurations, particles)."""
    if neighbours == "interacting":
        require_variables(dataset, "contact_number")
        return np.asarray(dataset["contact_number"].values, dtype=np.int64)
    if neighbours != "delaunay":
        raise NotApplicableError("unknown neighbours", expected="interacting or delaunay", got=repr(neighbours))
    require_variables(dataset, "position", "box")
    box = dataset["box"].values
    return np.stack([delaunay_neighbours(points, box) for points in dataset["position"].values])


def solid_coordination(
    dataset: xr.Dataset,
    *,
    neighbours: Neighbours,
    statistic: Statistic,
    low: int = 0,
    high: int = 0,
    level: float = LEVEL,
) -> Estimate:
    """Statistic of the coordination numbers of a solid; "share" counts particles with `low` to `high` neighbours."""
    numbers = coordination_numbers(dataset, neighbours)
    values = np.array([_statistic(row, statistic, low, high) for row in numbers])
    chains = chain_labels(dataset)
    if "configuration" in dataset.dims:
        chains = chains[rows_of(dataset, "configuration")]
    by_chain = np.array([values[chains == chain].mean() for chain in np.unique(chains)])
    value, lower, upper = mean_interval(by_chain, level=level)
    method = f"{neighbours} neighbours; mean over chains, Student-t interval"
    name = f"{statistic.replace('-', ' ')} of the coordination number"
    return Estimate(name, value, lower, upper, level, len(by_chain), method)


def _statistic(numbers: IntegerArray, statistic: Statistic, low: int, high: int) -> float:
    fraction: FloatArray = np.bincount(numbers) / len(numbers)
    if statistic == "mean":
        return float(numbers.mean())
    if statistic == "relative-deviation":
        return float(numbers.std() / numbers.mean())
    if statistic == "share":
        return float(fraction[low : high + 1].sum())
    if statistic == "share-of-most-probable":
        return float(fraction.max())
    if statistic == "most-probable":
        return float(fraction.argmax())
    raise NotApplicableError("unknown statistic", got=repr(statistic))


def coordination_spread(
    data: xr.Dataset, mean: Estimate, variance: Estimate, *, neighbours: Neighbours, against: str = "the network"
) -> Estimate:
    """Relative standard deviation of a solid's coordination number, over the relative deviation of a network."""
    solid = solid_coordination(data, neighbours=neighbours, statistic="relative-deviation")
    spread = math.sqrt(variance.value) / mean.value
    return dataclasses.replace(
        solid,
        name="relative spread of the coordination number over that of a network",
        value=solid.value / spread,
        low=solid.low / spread,
        high=solid.high / spread,
        method=f"{solid.method}; over {against}",
    )
