"""Pair distributions, coordination numbers and bond angles of atoms in periodic cubes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray, IndexArray

PAIR_BIN = 0.05
"""Width of the bins of pair distributions, angstrom."""

ANGLE_BIN = 2.0
"""Width of the bins of bond angles, degrees."""

FARTHEST = 7.0
"""Largest distance of pair distributions, angstrom."""

_HIGH = 0.3
_SMOOTHING = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0


@dataclass(frozen=True)
class AtomicStructure:
    """Structure of an ensemble of solids."""

    distance: FloatArray  # (bins,) angstrom, centres
    pair_distribution: FloatArray  # (pairs of species, bins)
    bond_length: float  # up to which a pair of bonding species counts as bonded, angstrom
    coordination: IndexArray  # (samples, atoms)
    angle: FloatArray  # (bins,) degrees, centres
    angle_density: FloatArray  # (bins,) per degree, of the angles between two bonds of an atom


def species_pairs(count: int) -> list[tuple[int, int]]:
    """Pairs of species in the order of `AtomicStructure.pair_distribution`."""
    return list(itertools.combinations_with_replacement(range(count), 2))


def atomic_structure(
    positions: Sequence[FloatArray], sides: FloatArray, species: IndexArray, bonds: Sequence[tuple[int, int]]
) -> AtomicStructure:
    """Structure of samples of the same `species` (atoms,); bonds end at the first minimum of their distribution."""
    count = int(species.max()) + 1
    farthest = min(FARTHEST, float(sides.min()) / 2.0)
    edges = np.arange(0.0, farthest + 1e-9, PAIR_BIN)
    pairs = species_pairs(count)
    numbers = np.bincount(species, minlength=count)
    shells = 4.0 / 3.0 * np.pi * np.diff(edges**3)
    distribution = np.zeros((len(pairs), len(edges) - 1))
    bonded = np.zeros(len(edges) - 1)
    for places, side in zip(positions, sides, strict=True):
        lengths = _lengths(_separations(places, side))
        for row, (first, second) in enumerate(pairs):
            found = np.histogram(lengths[np.ix_(species == first, species == second)], edges)[0].astype(float)
            if (first, second) in bonds:
                bonded += found
            others = numbers[second] - (first == second)
            distribution[row] += found * side**3 / (shells * numbers[first] * others * len(sides))
    centres = (edges[1:] + edges[:-1]) / 2.0
    bond_length = float(_first_minimum(centres, bonded / centres**2))
    allowed = np.zeros((count, count), dtype=bool)
    for first, second in bonds:
        allowed[first, second] = allowed[second, first] = True
    coordination, angles = [], []
    # The vectors are made again: those of all samples together would fill the memory.
    for places, side in zip(positions, sides, strict=True):
        vectors = _separations(places, side)
        lengths = _lengths(vectors)
        near = (lengths < bond_length) & allowed[np.ix_(species, species)]
        coordination.append(near.sum(axis=1))
        angles.append(_angles(vectors, lengths, near))
    angle_edges = np.arange(0.0, 180.0 + 1e-9, ANGLE_BIN)
    counts = np.histogram(np.concatenate(angles), angle_edges)[0]
    density = counts / (max(1, counts.sum()) * ANGLE_BIN)
    return AtomicStructure(
        centres, distribution, bond_length, np.array(coordination), (angle_edges[1:] + angle_edges[:-1]) / 2.0, density
    )


def _separations(positions: FloatArray, side: float) -> FloatArray:
    """Shortest vectors (atoms, atoms, 3) from each atom to every other in a periodic cube."""
    vectors = positions[None] - positions[:, None]
    return np.asarray(vectors - side * np.round(vectors / side))


def _lengths(vectors: FloatArray) -> FloatArray:
    """Distances (atoms, atoms), infinite from an atom to itself."""
    lengths = np.linalg.norm(vectors, axis=-1)
    np.fill_diagonal(lengths, np.inf)
    return np.asarray(lengths)


def _first_minimum(distance: FloatArray, density: FloatArray) -> float:
    """Position of the first minimum after the first high peak of a smoothed distribution."""
    smooth = np.convolve(density, _SMOOTHING, mode="same")
    high = int(np.flatnonzero(smooth > _HIGH * smooth.max())[0])
    falling = np.flatnonzero(np.diff(smooth[high:]) < 0.0)
    peak = high + int(falling[0]) if len(falling) else high
    beyond = smooth[peak:]
    rising = np.flatnonzero((beyond[1:] > beyond[:-1]) | (beyond[:-1] == 0.0))
    return float(distance[peak + rising[0]]) if len(rising) else float(distance[-1])


def _angles(vectors: FloatArray, lengths: FloatArray, near: NDArray[np.bool_]) -> FloatArray:
    """Angles, degrees, between all pairs of bonds of all atoms."""
    found = []
    for atom, bonded in enumerate(near):
        directions = vectors[atom, bonded] / lengths[atom, bonded][:, None]
        cosines = (directions @ directions.T)[np.triu_indices(len(directions), 1)]
        found.append(np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0))))
    return np.concatenate(found)
