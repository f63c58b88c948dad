"""What all ways down to a minimum have in common: how a descent ended, and how far a step may go."""

from __future__ import annotations

from typing import NamedTuple

LONGEST_STEP = 0.1
"""Largest displacement of a particle in one step, in the unit of length."""

ENERGY_ROUND_OFF = 1e-12
"""Energy differences below this share of the energy have no sign."""


class Descent(NamedTuple):
    """Where a way down ended.

    Parameters
    ----------
    energy, residual : float
        Potential energy, and the largest force on a particle.
    iterations, evaluations : int
        Steps, and evaluations of energy and forces.
    stuck : bool
        Whether it gave up because no further step could be trusted.
    """

    energy: float
    residual: float
    iterations: int
    evaluations: int
    stuck: bool
