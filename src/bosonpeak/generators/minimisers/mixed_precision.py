"""Minimisation in single precision to small forces, finished in double precision by Newton steps."""

from __future__ import annotations

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.minimisers.newton import newton_descent
from bosonpeak.generators.minimisers.result import Descent
from bosonpeak.generators.minimisers.single_precision import single_precision_descent
from bosonpeak.generators.minimisers.trust_region import trust_region_newton
from bosonpeak.generators.particles.forces import System
from bosonpeak.generators.particles.pair_kernels import INVERSE_POWER

_MARGIN = 0.7
_HAND_OVER, _LAST_HAND_OVER, _FURTHER = 1e-2, 4e-4, 0.2
_TAPER_ORDERS = (0, 2, 3, 4)


def mixed_precision_descent(positions: FloatArray, system: System, tolerance: float, max_iterations: int) -> Descent:
    """Follow the energy down, in place from (particles, dimension), until the largest force is at most `tolerance`."""
    if system.code != INVERSE_POWER or system.parameters[1] != 12 or system.parameters[2] not in _TAPER_ORDERS:
        raise RecipeError(
            "the minimiser mixed-precision does not support this potential",
            expected="InversePower(n=12) with taper 2, 3, 4 or inf",
            likely_cause="its kernel is written for these; l-bfgs serves every potential",
        )
    order = (0,) * int(system.parameters[2])
    iterations, evaluations, enough = 0, 0, _HAND_OVER
    while True:
        # Round-off of the forces must not leave them above a loose tolerance.
        target = max(enough, 0.5 * tolerance)
        down = single_precision_descent(positions, system, order, target, max_iterations - iterations)
        iterations += down.iterations
        evaluations += down.evaluations
        if down.residual > target and not down.stuck:
            return down._replace(iterations=iterations, evaluations=evaluations)
        end = newton_descent(positions, system, _MARGIN * tolerance)
        evaluations += end.evaluations
        if not end.stuck:
            return end._replace(iterations=iterations + end.iterations, evaluations=evaluations)
        # A saddle is near: descend further, at last with a trust radius.
        enough *= _FURTHER
        if down.stuck or enough < _LAST_HAND_OVER:
            end = trust_region_newton(positions, system, _MARGIN * tolerance, max_iterations - iterations)
            return end._replace(iterations=iterations + end.iterations, evaluations=evaluations + end.evaluations)
