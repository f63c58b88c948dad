"""The interacting pairs of a configuration, and contact numbers, rattlers and groups derived from the contacts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IndexArray, IntegerArray
from bosonpeak.generators.particles.potentials import PairPotential, evaluate


@dataclass(frozen=True, eq=False)
class Interactions:
    """The interacting pairs of a configuration: all pairs with a nonzero first or second derivative."""

    particle_count: int  # with particles without partners
    pairs: IndexArray  # (pairs, 2), each pair once, sorted
    direction: FloatArray  # (pairs, dimension), unit vector from the second to the first particle
    distance: FloatArray  # (pairs,), r
    energy: FloatArray  # (pairs,), phi
    first: FloatArray  # (pairs,), phi'
    second: FloatArray  # (pairs,), phi''

    @classmethod
    def of_pairs(
        cls, pairs: IndexArray, separation: FloatArray, diameters: FloatArray, potential: PairPotential
    ) -> Interactions:
        """Interacting pairs among `pairs` (pairs, 2), from their separation vectors; see `Configuration`."""
        distance = np.sqrt(np.einsum("ka,ka->k", separation, separation))
        energy, first, second = evaluate(potential, distance, diameters[pairs[:, 0]], diameters[pairs[:, 1]])
        kept = (first != 0) | (second != 0)
        direction = separation[kept] / distance[kept, None]
        return cls(len(diameters), pairs[kept], direction, distance[kept], energy[kept], first[kept], second[kept])

    @property
    def dimension(self) -> int:
        """Dimension of space."""
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
        """Number of partners of each particle, shape (particles,)."""
        return np.bincount(self.pairs.ravel(), minlength=self.particle_count)

    @property
    def rattlers(self) -> BooleanArray:
        """Mask of particles with fewer than dimension + 1 contacts to other non-rattlers, found recursively."""
        loose = np.zeros(self.particle_count, dtype=bool)
        while True:
            held = ~loose[self.pairs].any(axis=1)
            found = np.bincount(self.pairs[held].ravel(), minlength=self.particle_count) < self.dimension + 1
            if np.array_equal(found, loose):
                return loose
            loose = found

    @property
    def zero_mode_groups(self) -> IndexArray:
        """Connected group of each particle, shape (particles,): a translation of a whole group costs no energy."""
        links = np.ones(len(self.pairs), dtype=np.int8)
        shape = (self.particle_count, self.particle_count)
        graph = sparse.coo_array((links, (self.pairs[:, 0], self.pairs[:, 1])), shape=shape)
        labels: IndexArray = connected_components(graph, directed=False)[1]
        return labels
