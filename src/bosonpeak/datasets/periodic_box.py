"""Periodic boxes, rectangular or tilted: positions, minimum-image separations, neighbours."""

from __future__ import annotations

import itertools
import math
import reprlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray, IndexArray, IntegerArray
from bosonpeak.datasets.errors import BosonpeakError, NotApplicableError, RecipeError

_UPRIGHT = 1e-12
"""Tilt, relative to the longest edge, that is round-off."""

_TIED = 1e-9
"""Images whose distances differ by less, relatively, are equally near."""

_BIN = 0.02
_NEAREST = 0.5
FARTHEST = 1.9
"""Largest r/sigma_ij that `first_minimum` reads, for the largest diameter at most half the box."""
_LATEST_PEAK = 1.3
_FIT_WITHIN = 0.1
_DEEPEST_SHARE = 0.6
"""The minimum lies below this share of the lower of its two neighbouring maxima."""


def box_lengths(box: ArrayLike, dimension: int, *, refusal: type[BosonpeakError] = RecipeError) -> FloatArray:
    """Expand a box, one positive length or one per axis, to a new array of shape (dimension,)."""
    try:
        lengths = np.array(np.broadcast_to(np.asarray(box, dtype=np.float64), (dimension,)))
    except (TypeError, ValueError):
        lengths = np.full(dimension, np.nan)
    if not (np.all(np.isfinite(lengths)) and np.all(lengths > 0)):
        raise refusal(
            "the box cannot be used", expected=f"one positive finite length, or {dimension}", got=reprlib.repr(box)
        )
    return lengths


def box_or_edges(box: ArrayLike, dimension: int, *, refusal: type[BosonpeakError] = RecipeError) -> FloatArray:
    """Lengths (dimension,) of a rectangular box, or edges (dimension, dimension) of a tilted one, one per row."""
    if np.ndim(box) != 2:
        return box_lengths(box, dimension, refusal=refusal)
    edges = np.asarray(box, dtype=np.float64)
    usable = edges.shape == (dimension, dimension) and bool(np.isfinite(edges).all())
    if not usable or abs(np.linalg.det(edges)) <= _UPRIGHT * float(np.prod(np.linalg.norm(edges, axis=1))):
        raise refusal(
            "the box cannot be used",
            expected=f"{dimension} lengths, or {dimension} edges that span a volume, one per row",
            got=f"shape {edges.shape}: {reprlib.repr(edges.tolist())}",
        )
    return np.diag(edges).copy() if (edges == np.diag(np.abs(np.diag(edges)))).all() else edges


def folded(positions: FloatArray, box: FloatArray | float) -> FloatArray:
    """Fold positions (..., dimension) into the box, 0 <= x < L along every axis, despite round-off at the faces."""
    inside = positions - box * np.floor(positions / box)
    # round-off next to a face: a tiny negative coordinate folds onto the length itself
    inside[(inside < 0.0) | (inside >= box)] = 0.0
    return np.asarray(inside)


def nearest_image(separation: FloatArray, box: FloatArray | float) -> FloatArray:
    """Reduce separations (..., dimension) to the minimum image, between -L/2 and L/2 along every axis."""
    return np.asarray(separation - box * np.rint(separation / box))


def tilted_cell(box: FloatArray, tilt: FloatArray) -> FloatArray:
    """Cell matrix (dimension, dimension) with one edge per row: (Lx, 0, 0), (xy, Ly, 0), (xz, yz, Lz)."""
    cell = np.diag(box).astype(np.float64)
    if tilt.size:
        cell[np.tril_indices(len(box), -1)] = tilt
    return cell


def cell_heights(cell: FloatArray) -> FloatArray:
    """Distances between opposite faces of a cell with one edge per row; returns (dimension,)."""
    return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0))


def nearest_image_in_cell(separation: FloatArray, cell: FloatArray) -> FloatArray:
    """Reduce separations (..., dimension) so that their components along the edges, rows of `cell`, are at most 1/2."""
    # A result shorter than half the smallest of `cell_heights` is the true minimum image; a longer result need not be.
    return np.asarray(separation - np.rint(separation @ np.linalg.inv(cell)) @ cell)


def shortest_edges(cell: FloatArray) -> FloatArray:
    """Edges, one per row, of the same lattice, none of which a sum with others shortens (Minkowski's conditions)."""
    edges = np.array(cell, dtype=np.float64)
    count = len(edges)
    turns = np.array(list(itertools.product((-1, 0, 1), repeat=count - 1)), dtype=np.float64)
    while True:
        before = edges.copy()
        for row in np.argsort(-np.linalg.norm(edges, axis=1)):
            others = np.delete(edges, row, axis=0)
            for other in others:
                edges[row] -= np.rint(edges[row] @ other / (other @ other)) * other
            sums = edges[row] + turns @ others
            best = int(np.argmin(np.linalg.norm(sums, axis=1)))
            if np.linalg.norm(sums[best]) < (1.0 - _UPRIGHT) * np.linalg.norm(edges[row]):
                edges[row] = sums[best]
        if np.array_equal(edges, before):
            return edges


def mean_nearest_image(separation: FloatArray, cell: FloatArray) -> FloatArray:
    """Shortest images of separations (pairs, dimension) in a cell; the mean of images that are equally near."""
    edges = shortest_edges(cell)
    nearest = nearest_image_in_cell(separation, edges)
    unsure = np.linalg.norm(nearest, axis=1) > (0.5 - _TIED) * cell_heights(edges).min()
    turns = np.array(list(itertools.product((-1, 0, 1), repeat=len(edges))), dtype=np.float64)
    images = nearest[unsure, None, :] + turns @ edges
    lengths = np.linalg.norm(images, axis=2)
    tied = lengths <= lengths.min(axis=1, keepdims=True) * (1.0 + _TIED)
    nearest[unsure] = (images * tied[:, :, None]).sum(axis=1) / tied.sum(axis=1)[:, None]
    return nearest


def standard_cell(cell: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Reduce a lattice, one edge per row, to `box`, `tilt` as in `tilted_cell`, and `turn` into the new axes."""
    # The first edge is along x, the second in the xy plane; each tilt is at most half a length, and `tilt` is empty for
    # a rectangular box. positions @ turn are the positions in the box; `turn` reflects left-handed edges.
    turn, lower = np.eye(len(cell)), np.array(cell, dtype=np.float64)
    # QR rotation to a lower triangular cell with a positive diagonal, unless the cell has that form already.
    if (np.diag(lower) <= 0.0).any() or np.abs(np.triu(lower, 1)).max() > _UPRIGHT * np.abs(lower).max():
        turn, upper = np.linalg.qr(lower.T)
        signs = np.where(np.diag(upper) < 0.0, -1.0, 1.0)
        turn, lower = turn * signs, upper.T * signs
    # Subtract multiples of the earlier edges until every tilt is at most half a length.
    for row in range(1, len(lower)):
        for column in reversed(range(row)):
            lower[row] -= np.rint(lower[row, column] / lower[column, column]) * lower[column]
    box, tilt = np.diag(lower).copy(), lower[np.tril_indices(len(lower), -1)]
    is_upright = np.abs(tilt).max() <= _UPRIGHT * box.max()
    return box, np.empty(0) if is_upright else tilt, turn


def folded_into_cell(positions: FloatArray, cell: FloatArray) -> FloatArray:
    """Fold positions into a cell with one edge per row: fractional coordinates from 0 to 1; returns a new array."""
    fractions = positions @ np.linalg.inv(cell)
    return np.asarray(folded(fractions, 1.0) @ cell)


def longest_wavelength(box: FloatArray) -> float:
    """Longest wavelength in a box of lengths (dimension,) or edges (dimension, dimension), one per row."""
    if box.ndim == 1:
        return float(box.max())
    reciprocal = np.linalg.inv(box).T
    shortest = np.linalg.norm(reciprocal, axis=1).min()
    # A wave vector at most as long as `shortest` has at most |q| |edge| periods along each edge.
    most = np.floor(shortest * np.linalg.norm(box, axis=1) * (1.0 + _UPRIGHT)).astype(int)
    nodes = np.array(list(itertools.product(*(range(-count, count + 1) for count in most))))
    lengths = np.linalg.norm(nodes @ reciprocal, axis=1)
    return float(1.0 / lengths[lengths > 0.0].min())


def with_images(positions: FloatArray, cell: FloatArray, reach: float) -> tuple[FloatArray, IntegerArray]:
    """Fold particles into a cell and append images within `reach`: positions (images, dimension), source (images,)."""
    inside, margin = folded_into_cell(positions, cell), reach / cell_heights(cell)
    fractions = inside @ np.linalg.inv(cell)
    places, owner = [inside], [np.arange(len(inside))]
    # Shift by every lattice vector that can bring a particle within reach, and keep the images in the margin.
    for turns in itertools.product(*(range(-count, count + 1) for count in np.ceil(margin).astype(int).tolist())):
        if any(turns):
            moved = fractions + turns
            near = np.flatnonzero(((moved >= -margin) & (moved <= 1.0 + margin)).all(axis=1))
            places.append(inside[near] + np.array(turns, dtype=np.float64) @ cell)
            owner.append(near)
    return np.concatenate(places), np.concatenate(owner)


def nearest_neighbours(positions: FloatArray, box: FloatArray, count: int) -> tuple[FloatArray, IntegerArray]:
    """Distances and indices (particles, count) of the nearest neighbours of each particle in a periodic box, sorted."""
    from scipy.spatial import cKDTree

    if box.ndim == 1:
        # The nearest point is the particle itself and is dropped.
        tree = cKDTree(folded(positions, box), boxsize=box)
        distance, index = tree.query(tree.data, k=count + 1)
        return np.asarray(distance)[:, 1:], np.asarray(index)[:, 1:]
    # Tilted box: search among explicit images; enlarge the margin until it contains all neighbours.
    dimension = len(box)
    reach = 2.0 * (abs(float(np.linalg.det(box))) * (count + 1) / len(positions)) ** (1.0 / dimension)
    while True:
        places, owner = with_images(positions, box, reach)
        distance, index = (
            np.asarray(found)[:, 1:] for found in cKDTree(places).query(places[: len(positions)], count + 1)
        )
        if distance.max() <= reach:
            return distance, owner[index]
        reach *= math.sqrt(2.0)


def first_minimum(positions: Sequence[FloatArray], diameters: Sequence[FloatArray], box: FloatArray) -> float:
    """Place r/sigma_ij of the first minimum of the pair distribution of configurations (particles, dimension)."""
    edges = np.arange(_NEAREST, FARTHEST + 0.5 * _BIN, _BIN)
    middle = 0.5 * (edges[1:] + edges[:-1])
    distribution = pair_distribution(positions, diameters, box, edges)
    peak = int(np.argmax(np.where(middle < _LATEST_PEAK, distribution, 0.0)))
    # The second maximum is the highest point beyond the lowest point that any minimum of the first shell can have.
    lowest = peak + int(np.argmin(distribution[peak:]))
    second = float(distribution[lowest:].max())
    depth = min(float(distribution[peak]), second)
    if not distribution[lowest] < _DEEPEST_SHARE * depth:
        raise NotApplicableError(
            "the pair distribution has no distinct first minimum",
            expected=f"a value below {_DEEPEST_SHARE:g} of the maxima on both sides, at r/sigma_ij below {FARTHEST:g}",
            got=f"{distribution[lowest]:.3g} at {middle[lowest]:.2f} between {distribution[peak]:.3g} and {second:.3g}",
            likely_cause="a gas, overlapping or widely spaced particles, or diameters in other units",
        )
    empty = lowest + int(np.argmax(np.append(distribution[lowest:], math.inf) > distribution[lowest])) - 1
    if empty > lowest:
        return float(0.5 * (middle[lowest] + middle[empty]))
    near = np.abs(middle - middle[lowest]) <= _FIT_WITHIN
    curvature, slope, _ = np.polyfit(middle[near] - middle[lowest], distribution[near], 2)
    return float(middle[lowest] - np.clip(0.5 * slope / curvature, -_FIT_WITHIN, _FIT_WITHIN))


def pair_distribution(
    positions: Sequence[FloatArray], diameters: Sequence[FloatArray], box: FloatArray, edges: FloatArray
) -> FloatArray:
    """Pairs per bin of r/sigma_ij over the pairs of a gas, shape (edges - 1,); arguments as in `first_minimum`."""
    dimension = len(box)
    counts, expected = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for pairs, distance, sizes in _pairs(positions, diameters, box, float(edges[-1])):
        mean = 0.5 * (sizes[pairs[:, 0]] + sizes[pairs[:, 1]])
        counts += np.histogram(distance / mean, edges)[0]
        ball = math.pi ** (0.5 * dimension) / math.gamma(0.5 * dimension + 1.0)
        first, second = np.triu_indices(len(sizes), 1)
        volume = ball * np.sum((0.5 * (sizes[first] + sizes[second])) ** dimension) / np.prod(box)
        expected += volume * np.diff(edges**dimension)
    return counts / expected


def coordination_number(positions: FloatArray, diameters: FloatArray, box: FloatArray, minimum: float) -> IntegerArray:
    """Number of particles with r/sigma_ij below the minimum, of each particle, shape (particles,)."""
    ((pairs, distance, sizes),) = _pairs([positions], [diameters], box, minimum)
    near = distance < 0.5 * minimum * (sizes[pairs[:, 0]] + sizes[pairs[:, 1]])
    return np.bincount(pairs[near].ravel(), minlength=len(sizes))


def _pairs(
    positions: Sequence[FloatArray], diameters: Sequence[FloatArray], box: FloatArray, farthest: float
) -> Iterator[tuple[IndexArray, FloatArray, FloatArray]]:
    """Pairs (pairs, 2) that may have r/sigma_ij up to `farthest`, their distances, and the diameters."""
    from scipy.spatial import cKDTree

    lengths = np.asarray(box, dtype=np.float64)
    for points, sizes in zip(positions, diameters, strict=True):
        places, given = np.asarray(points, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
        reach = farthest * float(given.max())
        if not reach < 0.5 * float(lengths.min()):
            raise NotApplicableError(
                "the box is too small for the neighbours of a particle",
                expected=f"more than {2 * reach:.4g}, twice {farthest:.3g} of the largest diameter",
                got=f"{lengths.min():.4g}",
            )
        pairs = cKDTree(folded(places, lengths), boxsize=lengths).query_pairs(reach, output_type="ndarray")
        separation = nearest_image(places[pairs[:, 0]] - places[pairs[:, 1]], lengths)
        yield pairs, np.linalg.norm(separation, axis=1), given
