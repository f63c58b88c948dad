"""The interacting pairs of a configuration, and what follows from who touches whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from bosonpeak.datasets.arrays import BooleanArray, FloatArray, IndexArray, IntegerArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.periodic_box import cell_heights, nearest_image, nearest_image_in_cell
from bosonpeak.generators.particles.neighbours import neighbour_pairs
from bosonpeak.generators.particles.potentials import PairPotential, evaluate


@dataclass(frozen=True, eq=False)
class Interactions:
    """The interacting pairs of a configuration: those whose first or second derivative is not zero.

    Parameters
    ----------
    particle_count : int
        Particles, with and without partners.
    pairs : ndarray of int32, shape (pairs, 2)
        Each pair once, sorted.
    direction : ndarray of float64, shape (pairs, dimension)
        Unit vector from the second to the first particle.
    distance, energy, first, second : ndarray of float64, shape (pairs,)
        r, phi, phi' and phi''.
    """

    particle_count: int
    pairs: IndexArray
    direction: FloatArray
    distance: FloatArray
    energy: FloatArray
    first: FloatArray
    second: FloatArray

    @classmethod
    def among(
        cls, positions: FloatArray, diameters: FloatArray, box: FloatArray, potential: PairPotential
    ) -> Interactions:
        """Pairs among particles of a configuration that makes sense; see `Configuration.interactions`."""
        pairs = neighbour_pairs(positions, box, potential.largest_range(diameters))
        separation = nearest_image(positions[pairs[:, 0]] - positions[pairs[:, 1]], box)
        return cls._of_pairs(pairs, separation, diameters, potential)

    @classmethod
    def in_cell(
        cls, positions: FloatArray, diameters: FloatArray, cell: FloatArray, potential: PairPotential
    ) -> Interactions:
        """Pairs in a box that may be tilted, each particle held against all others: for thousands of them, no more.

        Parameters
        ----------
        positions : ndarray of float64, shape (particles, dimension)
            Anywhere.
        diameters : ndarray of float64, shape (particles,)
        cell : ndarray of float64, shape (dimension, dimension)
            Edges, one a row.
        potential : PairPotential

        Raises
        ------
        RecipeError
            If the potential does not take these diameters, or reaches beyond half the distance of two faces.
        """
        reach, room = potential.largest_range(potential.check(diameters)), 0.5 * float(cell_heights(cell).min())
        if reach > room:
            raise RecipeError(
                "the interaction reaches beyond half the box", expected=f"at most {room:.6g}", got=f"{reach:.6g}"
            )
        found, separations = [np.empty((0, 2), dtype=np.int32)], [np.empty((0, positions.shape[1]))]
        for first in range(len(positions) - 1):
            separation = nearest_image_in_cell(positions[first] - positions[first + 1 :], cell)
            near = np.flatnonzero(np.einsum("ka,ka->k", separation, separation) < reach * reach)
            found.append(np.column_stack([np.full(len(near), first), first + 1 + near]).astype(np.int32))
            separations.append(separation[near])
        return cls._of_pairs(np.concatenate(found), np.concatenate(separations), diameters, potential)

    @classmethod
    def _of_pairs(
        cls, pairs: IndexArray, separation: FloatArray, diameters: FloatArray, potential: PairPotential
    ) -> Interactions:
        distance = np.sqrt(np.einsum("ka,ka->k", separation, separation))
        energy, first, second = evaluate(potential, distance, diameters[pairs[:, 0]], diameters[pairs[:, 1]])
        kept = (first != 0) | (second != 0)
        direction = separation[kept] / distance[kept, None]
        return cls(len(diameters), pairs[kept], direction, distance[kept], energy[kept], first[kept], second[kept])

    @property
    def dimension(self) -> int:
        """Axes of space."""
        return int(self.direction.shape[1])

    @property
    def forces(self) -> FloatArray:
        """Force on each particle, shape (particles, dimension)."""
        forces = np.zeros((self.particle_count, self.dimension))
        tension = self.first[:, None] * self.direction
        np.add.at(forces, self.pairs[:, 0], -tension)
        np.add.at(forces, self.pairs[:, 1], tension)
        return forces

    @property
    def contact_numbers(self) -> IntegerArray:
        """Partners of each particle, shape (particles,)."""
        return np.bincount(self.pairs.ravel(), minlength=self.particle_count)

    @property
    def rattlers(self) -> BooleanArray:
        """Particles with too few contacts to be held in place: fewer than dimension + 1, found recursively."""
        loose = np.zeros(self.particle_count, dtype=bool)
        while True:
            held = ~loose[self.pairs].any(axis=1)
            found = np.bincount(self.pairs[held].ravel(), minlength=self.particle_count) < self.dimension + 1
            if np.array_equal(found, loose):
                return loose
            loose = found

    @property
    def zero_mode_groups(self) -> IndexArray:
        """Connected group of each particle, shape (particles,): every group can be translated at no cost."""
        links = np.ones(len(self.pairs), dtype=np.int8)
        shape = (self.particle_count, self.particle_count)
        graph = sparse.coo_array((links, (self.pairs[:, 0], self.pairs[:, 1])), shape=shape)
        labels: IndexArray = connected_components(graph, directed=False)[1]
        return labels
