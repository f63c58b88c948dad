"""Common parts of all minimisers: the result of a descent, and the longest step."""

from __future__ import annotations

from typing import NamedTuple

from bosonpeak.generators.particles.near_pairs import NearPairs

LONGEST_STEP = 0.1
"""Largest displacement of a particle in one step, in the unit of length."""

ENERGY_ROUND_OFF = 1e-12
"""Energy differences below this share of the energy have no sign."""


class Descent(NamedTuple):
    """Result of a descent; `residual` is the largest force, `stuck` means that no further step was reliable."""

    energy: float
    residual: float
    iterations: int
    evaluations: int
    stuck: bool


class Trial(NamedTuple):
    """Result of a line search."""

    accepted: bool
    length: float
    energy: float
    evaluations: int
    near: NearPairs
