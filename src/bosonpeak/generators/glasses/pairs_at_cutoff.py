"""Pairs that a minimum holds at a cutoff where the force jumps.

Without taper the slope rises from minus the jump to zero at the cutoff. In many minima of such spheres some pairs rest
at this kink and carry the force between zero and the jump that balances all others; no evaluation of forces finds it.
"""

from __future__ import annotations

import numpy as np
import scipy.optimize

from bosonpeak.datasets.array_types import BooleanArray
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.interactions import Interactions
from bosonpeak.generators.particles.potentials import CutInversePower, evaluate

AT_CUTOFF = 1e-6
"""Distance from the cutoff, in units of it, at which a pair may be held there; damped motion ends within 1e-8."""

RIGID = 1e8
"""Second derivative of a pair that is held: in the limit of small amplitudes its distance does not change."""

_ENDS = 1e-6


def resting_interactions(glass: Configuration) -> tuple[Interactions, BooleanArray]:
    """Interacting pairs, and the mask (pairs,) of pairs that are held rigid by the kink of a discontinuous cutoff."""
    # A pair at such a cutoff carries the force between 0 and the jump that balances best.
    found, potential = glass.interactions, glass.potential
    nothing = np.zeros(len(found.pairs), dtype=bool)
    if not isinstance(potential, CutInversePower) or potential.taper is not None:
        return found, nothing
    # Pairs whose distance equals the cutoff within the tolerance.
    pairs, separation = glass.pairs_within(min(glass.reach * (1.0 + AT_CUTOFF), glass.room))
    sizes = glass.diameters[pairs]
    cutoff, jump = potential.force_jump(sizes[:, 0], sizes[:, 1])
    distance = np.linalg.norm(separation, axis=1)
    near = np.abs(distance - cutoff) <= AT_CUTOFF * cutoff
    if not near.any():
        return found, nothing
    # Forces on all particles from the other pairs, and per unit force of each pair at the cutoff.
    energy, first, second = evaluate(potential, distance, sizes[:, 0], sizes[:, 1])
    direction = separation / distance[:, None]
    count, dimension = glass.positions.shape
    balance = np.zeros((int(near.sum()), count, dimension))
    row = np.arange(len(balance))
    balance[row, pairs[near, 0]], balance[row, pairs[near, 1]] = direction[near], -direction[near]
    others = np.where(near, 0.0, -first)[:, None] * direction
    total = np.zeros((count, dimension))
    np.add.at(total, pairs[:, 0], others)
    np.add.at(total, pairs[:, 1], -others)
    # Bounded least squares: forces between 0 and the jump that leave the smallest residual force.
    carried = np.zeros(len(pairs))
    carried[near] = scipy.optimize.lsq_linear(
        balance.reshape(len(balance), -1).T, -total.ravel(), bounds=(np.zeros(len(balance)), jump[near]), method="bvls"
    ).x
    inside = near & (carried >= (1.0 - _ENDS) * jump)
    held = near & (carried > _ENDS * jump) & ~inside
    # A pair that carries the whole jump is inside its cutoff, regardless of the side on which its distance was found.
    just_inside = evaluate(potential, cutoff * (1.0 - 1e-12), sizes[:, 0], sizes[:, 1])
    first = np.where(near, -carried, first)
    second = np.select([held, inside, near], [RIGID, just_inside[2], 0.0], second)
    kept = (first != 0.0) | (second != 0.0)
    made = Interactions(count, pairs[kept], direction[kept], distance[kept], energy[kept], first[kept], second[kept])
    return made, held[kept]


def residual_force(found: Interactions) -> float:
    """Largest force on a particle."""
    return float(np.sqrt((found.forces**2).sum(axis=1).max()))
