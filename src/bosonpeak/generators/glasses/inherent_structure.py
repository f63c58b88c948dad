"""Inherent structures: the nearest minimum of the potential energy, to a residual force near round-off."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import require_counts, require_numbers
from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.datasets.periodic_box import folded
from bosonpeak.generators.glasses.hessian import checked_pinned
from bosonpeak.generators.minimisers.fire import fire
from bosonpeak.generators.minimisers.gradient_flow import gradient_flow
from bosonpeak.generators.minimisers.limited_memory_bfgs import (
    NEWTON,
    NO_NEWTON,
    limited_memory_bfgs,
    loosely_relaxed,
)
from bosonpeak.generators.minimisers.newton import newton_descent
from bosonpeak.generators.minimisers.nonlinear_conjugate_gradients import nonlinear_conjugate_gradients
from bosonpeak.generators.minimisers.result import Descent
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.forces import System, system_of
from bosonpeak.generators.particles.own_potentials import PairTerms
from bosonpeak.generators.particles.potentials import InversePower, PairPotential


def _mixed_precision(points: FloatArray, system: System, tolerance: float, max_iterations: int) -> Descent:
    """Descend in single precision first; its kernels are loaded at the first use."""
    from bosonpeak.generators.minimisers.mixed_precision import mixed_precision_descent

    return mixed_precision_descent(points, system, tolerance, max_iterations)


MINIMISERS: dict[str, Callable[..., Descent]] = {
    "l-bfgs": limited_memory_bfgs,
    "descent": gradient_flow,
    "fire": fire,
    "conjugate-gradients": nonlinear_conjugate_gradients,
    "mixed-precision": _mixed_precision,
}

HAND_OVER = 1e-4
"""Residual force, in the potential's unit, below which the basin of attraction is settled."""

LOOSE_FORCE = 10.0
"""Residual force of starts of liquids: a descent this short takes less time than its compilation."""

_FURTHER = 0.1


@dataclass(frozen=True)
class InherentStructure:
    """A minimum of the potential energy and the accuracy that was reached."""

    positions: FloatArray  # (particles, dimension), inside the box
    energy: float  # total
    residual_force: float  # largest force on any particle
    iterations: int  # with Newton steps
    evaluations: int  # of energies with forces


def minimise(
    positions: ArrayLike,
    diameters: ArrayLike,
    box: ArrayLike,
    potential: PairPotential | PairTerms,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 20000,
    method: str = "fastest",
    pinned: ArrayLike | None = None,
) -> InherentStructure:
    """Follow the energy down to a minimum and finish with Newton steps.

    Steps are accepted by a sufficient decrease of the energy or, where energy differences drown in round-off, by
    the slope along the step, so that the residual force can fall far below the square root of the precision.
    Newton steps are taken only where they leave no doubt about the minimum: all curvature that they meet is positive,
    the first is a small part of a diameter, each is at most half as long as the one before, and none raises the
    energy. They replace a third of the work, not the path to the minimum.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Start, usually an equilibrated liquid.
    diameters : array_like, shape (particles,)
        Particle diameters.
    box : array_like
        Length of the periodic box, a single number or one per axis.
    potential : PairPotential
        Interaction.
    tolerance : float
        Largest force allowed on any particle at the end; 1e-13 is out of reach in double precision.
    max_iterations : int
        Steps after which to give up.
    method : {"fastest", "l-bfgs", "descent", "fire", "conjugate-gradients", "mixed-precision"}
        Minimiser; "fastest" is "mixed-precision" where possible, else "l-bfgs". Only overdamped descent leads to the
        minimum in whose basin of attraction the start is; the others are faster, and sometimes end in a neighbouring
        minimum. They descend to a residual force of `HAND_OVER`, followed by Newton steps; where a Newton step is in
        doubt, they descend ten times further. "mixed-precision" serves `InversePower` with n = 12 and taper 2, 3, 4
        or inf without pinned particles: limited-memory BFGS in single precision to a residual force of 1e-2, then
        Newton steps in double precision, at last with a trust radius.
    pinned : array_like of bool, shape (particles,), optional
        Particles that stay where they are; forces on them do not count.

    Returns
    -------
    structure : InherentStructure
        The minimum.

    Raises
    ------
    RecipeError
        If the configuration, the mask or a parameter is invalid, or the method does not support the potential or
        pinned particles.
    ConvergenceError
        If the tolerance was not reached.

    Notes
    -----
    The Hessian describes a minimum only if the second derivative of the potential is continuous:
    hard and shifted cutoffs are minimised, but may stall at a pair that straddles the cutoff.

    The minima of "mixed-precision" and "l-bfgs" have equal distributions; a liquid far above its arrest may end in
    different minima.

    Examples
    --------
    Randomly placed particles, minimised:

    >>> import numpy as np
    >>> from bosonpeak.generators import InversePower, random_configuration
    >>> positions, diameters, box = random_configuration(64, 2, InversePower(), seed=1)
    >>> found = minimise(positions, diameters, box, InversePower())
    >>> found.residual_force < 1e-10
    True
    """
    require_numbers(RecipeError, tolerance=tolerance)
    require_counts(RecipeError, max_iterations=max_iterations)
    start = Configuration.checked(positions, diameters, box, potential)
    mask = None if pinned is None else checked_pinned(pinned, len(start.positions))
    if mask is not None and not mask.any():
        mask = None
    if method == "fastest":
        is_served = mask is None and isinstance(potential, InversePower) and potential.has_vector_kernels
        method = "mixed-precision" if is_served else "l-bfgs"
    return minimum_of(start, tolerance=tolerance, max_iterations=max_iterations, method=method, pinned=mask)


def minimum_of(
    start: Configuration,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 20000,
    method: str = "l-bfgs",
    pinned: BooleanArray | None = None,
) -> InherentStructure:
    """Inherent structure of a checked configuration; see `minimise`."""
    if not 0 < tolerance < math.inf:
        raise RecipeError("the tolerance of the residual force cannot be used", expected="> 0", got=str(tolerance))
    if method not in MINIMISERS:
        raise RecipeError("unknown minimiser", expected=" or ".join(MINIMISERS), got=repr(method))
    if pinned is not None and method == "mixed-precision":
        raise RecipeError("this minimiser does not pin particles", expected="another method", got=method)
    points, system = start.positions.copy(), system_of(start, pinned)
    if method == "l-bfgs":
        descend, ending = (limited_memory_bfgs, NEWTON) if tolerance < LOOSE_FORCE else (loosely_relaxed, NO_NEWTON)
        end = descend(points, system, tolerance, max_iterations, ending)
    elif method == "mixed-precision":
        end = _mixed_precision(points, system, tolerance, max_iterations)
    else:
        end = _ended_by_newton(MINIMISERS[method], points, system, tolerance, max_iterations)
    if not (end.residual <= tolerance and math.isfinite(end.energy)):
        raise ConvergenceError(
            "the inherent structure was not reached",
            expected=f"a residual force of at most {tolerance:.3g}",
            got=f"{end.residual:.3g} after {end.iterations} steps",
            likely_cause="no downhill step was found: the tolerance is below round-off, or forces jump at a cutoff"
            if end.stuck
            else "too few iterations, or a tolerance below round-off",
            done="no configuration was returned; the start is untouched",
        )
    return InherentStructure(folded(points, start.box), end.energy, end.residual, end.iterations, end.evaluations)


def _ended_by_newton(
    descend: Callable[..., Descent], points: FloatArray, system: System, tolerance: float, max_iterations: int
) -> Descent:
    """Descend to the hand-over and finish with Newton steps; if Newton is in doubt, descend ten times further first."""
    iterations, evaluations, enough = 0, 0, HAND_OVER
    while True:
        down: Descent = descend(points, system, max(enough, tolerance), max_iterations - iterations)
        iterations += down.iterations
        evaluations += down.evaluations
        if down.residual <= tolerance or not down.residual <= enough:
            return down._replace(iterations=iterations, evaluations=evaluations)
        end = newton_descent(points, system, tolerance)
        evaluations += end.evaluations
        if not end.stuck:
            return end._replace(iterations=iterations + end.iterations, evaluations=evaluations)
        enough *= _FURTHER
