"""The interacting pairs of a configuration, and what follows from who touches whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from bosonpeak.datasets.arrays import BooleanArray, FloatArray, IndexArray, IntegerArray
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
    def of_pairs(
        cls, pairs: IndexArray, separation: FloatArray, diameters: FloatArray, potential: PairPotential
    ) -> Interactions:
        """Those of pairs within reach, shape (pairs, 2), from the separation of each; see `Configuration`."""
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
