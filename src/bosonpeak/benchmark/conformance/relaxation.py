"""Relaxation cases: forces at submitted positions reveal an early stop, to which the energy is insensitive."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from bosonpeak.benchmark.conformance.cases import Case, Problem
from bosonpeak.benchmark.conformance.problem_potential import potential_of
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.periodic_box import nearest_image
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.particles.forces import energy_and_forces

ENERGY, PLACES = "relaxed_energy", "relaxed_positions"
ANSWERS = (ENERGY, PLACES)

TOLERANCE = 1e-12
"""Residual force of the reference, a hundredth of the required value."""

ELSEWHERE = 0.1
"""Displacement of a particle, against the mean of all, beyond which the particle is in another minimum."""


def minimum_of(problem: Problem) -> FloatArray:
    """Minimum next to a start, shape (particles, dimension); `ConvergenceError` if the minimiser fails."""
    return minimise(
        problem.positions, problem.diameters, problem.box, potential_of(problem), tolerance=TOLERANCE, method="l-bfgs"
    ).positions


def relaxed_references(problem: Problem) -> dict[str, tuple[FloatArray, float]]:
    """References of the minimum: energy in extended precision with its scale, and positions. Needs mpmath."""
    from bosonpeak.benchmark.conformance import extended_precision as extended

    places = minimum_of(problem)
    relaxed = dataclasses.replace(problem, positions=places)
    energy, scale = extended.references(relaxed, extended.pair_terms(relaxed), ("energy",))["energy"]
    return {ENERGY: (energy.astype(np.float64), scale), PLACES: (places, 1.0)}


def judged_places(case: Case, answer: FloatArray) -> tuple[float, str]:
    """Return -log10 of the largest force at submitted positions (0 in another minimum), and a reason if too low."""
    problem, reference = case.problem, case.references[PLACES]
    try:
        energy, forces = energy_and_forces(answer, problem.diameters, problem.box, potential_of(problem))
    except RecipeError as error:
        return 0.0, error.what
    residual = float(np.sqrt((forces**2).sum(axis=1).max()))
    moved = nearest_image(answer - reference.value, problem.box)
    moved = nearest_image(moved - moved[0], problem.box)
    away = float(np.linalg.norm(moved - moved.mean(axis=0), axis=1).max())
    digits = round(-math.log10(max(residual, 1e-300)), 1)
    if away > ELSEWHERE:
        lowest = float(case.references[ENERGY].value)
        return 0.0, (
            f"it is another place, a particle {away:.2g} away: energy {energy:.10g}, where the minimum has "
            f"{lowest:.10g}; residual force {residual:.1e}"
        )
    return digits, (
        f"the minimiser stopped early: a residual force of {residual:.1e}, "
        f"1e-{reference.required:g} is asked for; energies hide it, the lowest frequencies do not"
    )


def stopped_early(value: FloatArray, reference: FloatArray) -> str:
    """Message for an energy slightly above the minimum."""
    return f"it lies {float(value - reference):.1e} above the minimum: the minimiser stopped early"
