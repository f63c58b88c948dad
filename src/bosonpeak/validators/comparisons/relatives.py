"""Glasses that came out of one liquid: kicked and minimised again, or minimised with another potential.

Positions change, but who touches whom hardly does. Where every particle has a diameter of its own, particles are named
by the rank of their diameter, and a glass is the set of its pairs of neighbours. Independent glasses of the same
diameters have 1.6 % of their pairs in common at most (all stored soft spheres, soft discs and Lennard-Jones glasses),
a glass of 1000 particles that was kicked by 0.2 a coordinate and minimised again 76 %, one kicked by 0.3 31 %, one
minimised with another taper 93 %. Of mixtures of a few diameters nothing can be said.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import nearest_neighbours
from bosonpeak.validators.comparisons.shared_values import Repetition

NEIGHBOURS = 6
"""Nearest particles that count as neighbours."""

SKETCHED = 256
"""Pairs of neighbours that stand for a glass: those with the lowest hashes."""

FEWEST_PARTICLES = 128
"""Particles that have as many pairs of neighbours as are sketched."""

FEWEST_COMMON = 40
"""Of `SKETCHED` pairs that two glasses have in common when they are relatives; 1.6 % of chance make about 8."""

MOST_EQUAL = 0.1
"""Share of particles whose diameter is that of another, beyond which ranks do not name particles."""

_MULTIPLIER, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
_DIGITS = 9


def neighbour_sketch(positions: ArrayLike, diameters: ArrayLike, box: ArrayLike) -> NDArray[np.uint64]:
    """Numbers by which a glass is recognised among others of as many particles.

    Parameters
    ----------
    positions : array_like, shape (samples, particles, axes)
    diameters : array_like, shape (samples, particles)
    box : array_like, shape (axes,), (samples, axes) or (samples, axes, axes)
        Lengths of the periodic boxes, or the edges of tilted ones, one a row, in the unit of the positions.

    Returns
    -------
    ndarray of uint64, shape (samples, SKETCHED)

    Raises
    ------
    NotApplicableError
        If diameters do not tell particles apart, or the shapes do not fit.
    """
    particles, sizes = np.asarray(positions, dtype=np.float64), np.asarray(diameters, dtype=np.float64)
    if particles.ndim != 3 or sizes.shape != particles.shape[:2] or particles.shape[1] < FEWEST_PARTICLES:
        raise NotApplicableError(
            "these configurations cannot be compared",
            expected=f"positions (samples, particles, axes) and diameters of {FEWEST_PARTICLES} particles or more",
            got=f"shapes {particles.shape} and {sizes.shape}",
        )
    if not tells_particles_apart(sizes):
        raise NotApplicableError(
            "particles cannot be told apart by their diameters",
            expected="a diameter of its own for nearly every particle",
            got="particles of equal diameter",
        )
    sides = np.asarray(box, dtype=np.float64)
    sides = np.broadcast_to(sides, (len(particles), *(sides.shape[1:] or sides.shape)))
    return np.stack([_sketch(*glass) for glass in zip(particles, sizes, sides, strict=True)])


def tells_particles_apart(diameters: FloatArray) -> bool:
    """Whether nearly every particle of every sample, shape (samples, particles), has a diameter of its own."""
    equal = (np.diff(np.sort(diameters, axis=1), axis=1) == 0.0).mean(axis=1)
    return bool((equal <= MOST_EQUAL).all())


def related_configurations(mine: NDArray[np.uint64], theirs: NDArray[np.uint64]) -> tuple[Repetition, ...]:
    """Glasses of one list that came out of a liquid of another list.

    Parameters
    ----------
    mine, theirs : ndarray of uint64, shape (samples, SKETCHED)
        Of `neighbour_sketch`.

    Returns
    -------
    tuple of Repetition
        For each sample of mine the one of theirs with which it has most pairs in common, of kind "in part", if these
        are `FEWEST_COMMON` or more.
    """
    order = np.argsort(theirs, axis=None, kind="stable")
    values, owner = theirs.ravel()[order], order // max(theirs.shape[1], 1)
    found = []
    for sample, row in enumerate(mine):
        first, last = (np.searchsorted(values, row, side=side) for side in ("left", "right"))
        common = np.zeros(len(theirs), dtype=np.int64)
        for start, stop in zip(first[last > first], last[last > first], strict=True):
            common[owner[start:stop]] += 1
        if len(common) and common.max() >= FEWEST_COMMON:
            found.append(Repetition(sample, int(common.argmax()), "in part", 1.0, math.nan, 0.0))
    return tuple(found)


def diameter_draws(diameters: ArrayLike) -> IntegerArray:
    """Which samples have the same diameters, in whatever order: the number of its draw for each sample.

    Parameters
    ----------
    diameters : array_like, shape (samples, particles)

    Returns
    -------
    ndarray of int64, shape (samples,)
        Counted from 0.
    """
    ordered = np.sort(np.asarray(diameters, dtype=np.float64), axis=1)
    return np.unique(np.round(ordered, _DIGITS), axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def _sketch(positions: FloatArray, diameters: FloatArray, box: FloatArray) -> NDArray[np.uint64]:
    count = len(positions)
    near = nearest_neighbours(positions, box, NEIGHBOURS)[1]
    rank = np.argsort(np.argsort(diameters, kind="stable"), kind="stable")
    one, other = np.repeat(rank, NEIGHBOURS), rank[near.ravel()]
    pairs = np.unique(np.minimum(one, other) * count + np.maximum(one, other)).astype(np.uint64)
    return np.sort(_hashed(pairs + np.uint64(count) * np.uint64(count) * np.uint64(count)))[:SKETCHED]


def _hashed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = numbers * _MULTIPLIER
    mixed ^= mixed >> _SHIFT
    mixed *= _MULTIPLIER
    return np.asarray(mixed ^ (mixed >> _SHIFT))
