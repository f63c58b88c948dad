"""matscipy as a code under test (extra ``peers``): analytic Hessians and elastic constants of pair potentials."""

from __future__ import annotations

import math
from importlib import metadata
from typing import Any

import numpy as np

from bosonpeak.benchmark.conformance.cases import Problem
from bosonpeak.benchmark.conformance.codes.ase_code import AseCode, imported
from bosonpeak.benchmark.conformance.codes.small_strains import VOIGT, ZERO_MODE
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError

Derivatives = tuple[FloatArray, FloatArray, FloatArray]

KOB_ANDERSEN = {(1, 1): (1.0, 1.0), (1, 2): (1.5, 0.8), (2, 2): (0.5, 0.88)}
"""Energies and lengths of the Kob-Andersen mixture by atomic number; A is 1, B is 2."""

_OWN = {"shifted": "LennardJonesCut", "force-shifted": "LennardJonesLinear"}
_PAIRS = "matscipy.calculators.pair_potential.calculator"


class MatscipyCode(AseCode):
    """matscipy as code under test; `ForeignInputError` if not installed."""

    def __init__(self) -> None:
        imported("matscipy")
        super().__init__(_calculator, "matscipy", metadata.version("matscipy"))

    def atoms(self, problem: Problem) -> Any:
        """Convert the problem to ASE Atoms, with types as atomic numbers and diameters as charges."""
        atoms = super().atoms(problem)
        atoms.numbers[:] = _types(problem)
        atoms.set_array("charge", problem.diameters)
        return atoms

    def hessian(self, problem: Problem) -> FloatArray:
        """Analytic second derivatives of the energy."""
        atoms = self.atoms(problem)
        count, dimension = problem.positions.shape
        matrix = np.asarray(atoms.calc.get_property("hessian", atoms).todense()).reshape(count, 3, count, 3)
        return matrix[:, :dimension, :, :dimension].reshape(dimension * count, dimension * count)

    def stiffness(self, problem: Problem) -> FloatArray:
        """Born plus non-affine elastic constants, both from matscipy."""
        atoms = self.atoms(problem)
        values, vectors = np.linalg.eigh(self.hessian(problem))
        relaxing = values > ZERO_MODE * values.max()
        count, dimension = problem.positions.shape
        modes = np.zeros((count, 3, int(relaxing.sum())))
        modes[:, :dimension] = vectors[:, relaxing].reshape(count, dimension, -1)
        elasticity = imported("matscipy.elasticity")
        tensor = atoms.calc.get_property("born_constants", atoms) + elasticity.nonaffine_elastic_contribution(
            atoms, eigenvalues=values[relaxing], eigenvectors=modes.reshape(3 * count, -1)
        )
        pairs = VOIGT[dimension]
        return np.array([[tensor[(*first, *second)] for second in pairs] for first in pairs])

    def contacts(self, problem: Problem) -> IntegerArray:
        """Number of partners of every particle, from matscipy's neighbour list."""
        atoms = self.atoms(problem)
        first, second, distance = imported("matscipy.neighbours").neighbour_list("ijd", atoms, atoms.calc.dict)
        if problem.interaction["form"] == "harmonic":
            first = first[distance < 0.5 * (problem.diameters[first] + problem.diameters[second])]
        return np.bincount(first, minlength=len(problem.positions))


def _types(problem: Problem) -> IntegerArray:
    if problem.interaction.get("mixture") == "kob-andersen":
        return np.where(problem.diameters == 1.0, 1, 2)
    return np.ones(len(problem.positions), dtype=np.int64)


def _calculator(problem: Problem) -> Any:
    package = imported(_PAIRS)
    given = problem.interaction
    if given["form"] != "lennard-jones":
        return package.PairPotential({(1, 1): _formula(problem, package)})
    if given.get("mixture") == "kob-andersen":
        lengths = KOB_ANDERSEN
    elif np.ptp(problem.diameters) == 0.0:
        lengths = {(1, 1): (1.0, float(problem.diameters[0]))}
    else:
        raise NotApplicableError("Lennard-Jones particles of many sizes", where=problem.name)
    if given["truncation"] in _OWN:
        law = getattr(package, _OWN[given["truncation"]])
        return package.PairPotential(
            {kinds: law(energy, length, given["cutoff"] * length) for kinds, (energy, length) in lengths.items()}
        )
    if len(lengths) > 1:
        raise NotApplicableError("the mixture is cut by matscipy's own laws only", where=problem.name)
    return package.PairPotential({(1, 1): _formula(problem, package)})


def _formula(problem: Problem, package: Any) -> Any:
    """Interaction for matscipy defined by a formula, zero at and beyond its cutoff."""
    given = problem.interaction
    reach = {"harmonic": float(problem.diameters.max())}.get(given["form"], given.get("cutoff"))
    if given["form"] == "lennard-jones":
        reach = given["cutoff"] * float(problem.diameters[0])

    class Formula(package.CutoffInteraction):  # type: ignore[misc]
        def __call__(self, r: FloatArray, qi: FloatArray, qj: FloatArray) -> FloatArray:
            return _derivatives(problem, r, 0.5 * (qi + qj))[0]

        def first_derivative(self, r: FloatArray, qi: FloatArray, qj: FloatArray) -> FloatArray:
            return _derivatives(problem, r, 0.5 * (qi + qj))[1]

        def second_derivative(self, r: FloatArray, qi: FloatArray, qj: FloatArray) -> FloatArray:
            return _derivatives(problem, r, 0.5 * (qi + qj))[2]

    return Formula(reach)


def _derivatives(problem: Problem, r: FloatArray, length: FloatArray) -> Derivatives:
    """Pair energies with their first and second derivatives with respect to r."""
    given = problem.interaction
    if given["form"] == "harmonic":
        overlap = np.where(r < length, 1.0 - r / length, 0.0)
        return 0.5 * overlap**2, -overlap / length, np.where(r < length, length**-2, 0.0)
    if given["form"] == "inverse-power":
        reach, n = given["cutoff"], given["n"]
        x, amplitude = r / reach, (length / reach) ** n
        bare = (x**-n - 1.0, -n * x ** (-n - 1), n * (n + 1) * x ** (-n - 2))
        return _scaled(_product(bare, _taper(given["taper"], x)), amplitude, reach)
    cutoff, reach = given["cutoff"], given["cutoff"] * length
    sixth = (length / r) ** 6
    own = (
        4.0 * sixth * (sixth - 1.0),
        24.0 * sixth * (1.0 - 2.0 * sixth) / r,
        24.0 * sixth * (26.0 * sixth - 7.0) / r**2,
    )
    if given["truncation"] == "hard":
        return own
    end = 4.0 * (cutoff**-12 - cutoff**-6)
    taper = _scaled(_taper(given["taper"], r / reach), np.ones_like(r), reach)
    return _product((own[0] - end, own[1], own[2]), taper)


def _taper(order: float | str, x: FloatArray) -> Derivatives:
    """Taper T(x) and its first two derivatives for x < 1."""
    if order in ("inf", math.inf):
        slope, bend = -0.5 / (x - 1.0) ** 2, (x - 1.0) ** -3
        value = np.exp(0.5 * x / (x - 1.0))
        return value, value * slope, value * (slope**2 + bend)
    m = float(order)
    rest = 1.0 - x**2
    return (
        rest**m,
        -2.0 * m * x * rest ** (m - 1.0),
        -2.0 * m * rest ** (m - 1.0) + 4.0 * m * (m - 1.0) * x**2 * rest ** (m - 2.0),
    )


def _product(first: Derivatives, second: Derivatives) -> Derivatives:
    return (
        first[0] * second[0],
        first[1] * second[0] + first[0] * second[1],
        first[2] * second[0] + 2.0 * first[1] * second[1] + first[0] * second[2],
    )


def _scaled(terms: Derivatives, amplitude: FloatArray, reach: FloatArray | float) -> Derivatives:
    """Derivatives with respect to r = reach * x of amplitude times a function of x."""
    return amplitude * terms[0], amplitude * terms[1] / reach, amplitude * terms[2] / reach**2
