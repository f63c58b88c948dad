"""Local shear moduli of a glass: response of the stress in a part of the box to a strain of the whole box.

A pair contributes C_ab = (phi'' - phi'/r) [r^2 e e e e - r e e (e.(u_i - u_j))], where u is the displacement that
follows the strain b (`elastic_moduli`); each of the two particles receives half. The sum over a cube divided by its
volume is the cube's stiffness under the strain of the whole box; minus the cube's pressure, this is the modulus felt by
a shear. The mean over all cubes is the modulus of the glass, the variance is gamma G_0^2 of heterogeneous elasticity
(Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 1, 28 and 32) at the size of the cubes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.generators.glasses.elastic_moduli import STRAIN_COMPONENTS, affine_forces, strain_responses
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.particles.configuration import Configuration


def local_shear_moduli(glass: Configuration, divisions: Sequence[int]) -> list[FloatArray]:
    """Shear moduli of the cubes of an inherent structure, for each number of cubes along an edge.

    Returns one (cubes, shear components) array per entry of `divisions`: C_44, C_55, C_66 (C_33 in two dimensions)
    minus the cube's pressure.
    """
    shares = particle_shares(glass)
    return [moduli_of_cubes(glass.positions, glass.box, shares, count) for count in divisions]


def particle_shares(glass: Configuration) -> FloatArray:
    """Shares (shear components + 1, particles) of V times the shear stiffnesses and, last, of V times the pressure."""
    found, dimension = glass.interactions, len(glass.box)
    shears = [(a, b) for a, b in STRAIN_COMPONENTS[dimension] if a != b]
    pattern = np.stack([found.direction[:, a] * found.direction[:, b] for a, b in shears])
    stretching = found.second - found.first / found.distance
    strength = stretching * found.distance * pattern
    hessian = ProjectedHessian.of_interactions(found)
    fields = affine_forces(found, strength)
    responses = strain_responses(hessian, fields, float(np.linalg.norm(strength)))
    moved = responses.T.reshape(len(shears), -1, dimension)
    first, second = found.pairs.T
    stretched = np.einsum("ska,ka->sk", moved[:, first] - moved[:, second], found.direction)
    of_pairs = stretching * (found.distance * pattern) ** 2 - strength * stretched
    pressure = -found.first * found.distance / dimension
    terms = np.concatenate([of_pairs, pressure[None]])
    return np.stack(
        [sum(0.5 * np.bincount(ends, term, found.particle_count) for ends in (first, second)) for term in terms]
    )


def moduli_of_cubes(positions: FloatArray, box: FloatArray, shares: FloatArray, count: int) -> FloatArray:
    """Local shear moduli for `count` cubes along an edge, from `particle_shares`; positions are in the box."""
    dimension = len(box)
    cell = np.minimum((positions / box * count).astype(np.int64), count - 1)
    index = np.ravel_multi_index(tuple(cell.T), (count,) * dimension)
    sums = np.stack([np.bincount(index, share, count**dimension) for share in shares])
    return np.asarray((sums[:-1] - sums[-1]).T * count**dimension / float(np.prod(box)))
