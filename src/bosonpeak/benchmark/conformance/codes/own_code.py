"""The generators of this package as a code under test."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

import bosonpeak
from bosonpeak.benchmark.conformance.cases import Problem
from bosonpeak.benchmark.conformance.problem_potential import potential_of
from bosonpeak.benchmark.conformance.relaxation import minimum_of
from bosonpeak.datasets.array_types import FloatArray, IndexArray, IntegerArray
from bosonpeak.datasets.periodic_box import nearest_image
from bosonpeak.generators.glasses.elastic_moduli import ElasticModuli, moduli_of_configuration
from bosonpeak.generators.glasses.hessian import hessian_of_interactions
from bosonpeak.generators.glasses.pair_stresses import stresses_of_interactions
from bosonpeak.generators.networks.dynamical_matrix import laplacian
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.potentials import PairPotential

_FORCE_TOLERANCE = 1e-6


class OwnCode:
    """The generators as code under test, in double precision."""

    name = "bosonpeak"
    version = bosonpeak.__version__

    def energy(self, problem: Problem) -> float:
        """Total potential energy."""
        if problem.tilt.size:
            return float(_glass(problem).interactions.energy.sum())
        return energy_and_forces(*_arguments(problem))[0]

    def forces(self, problem: Problem) -> FloatArray:
        """Force on every particle."""
        if problem.tilt.size:
            return _glass(problem).interactions.forces
        return energy_and_forces(*_arguments(problem))[1]

    def stress(self, problem: Problem) -> FloatArray:
        """Stress tensor, tension positive."""
        total: FloatArray = stresses_of_interactions(_glass(problem).interactions).stress.sum(axis=0) / problem.volume
        return total

    def hessian(self, problem: Problem) -> FloatArray:
        """Second derivatives of the energy."""
        if problem.components == 1:
            network = _Network(problem)
            return np.asarray(laplacian(network.bonds, network.stiffness, len(problem.positions)).toarray())
        return np.asarray(hessian_of_interactions(_glass(problem).interactions).toarray())

    def stiffness(self, problem: Problem) -> FloatArray:
        """Elastic constants in Voigt order."""
        return _moduli(problem).stiffness

    def shear_modulus(self, problem: Problem) -> float:
        """Isotropic average of the shear modulus."""
        return _moduli(problem).shear

    def bulk_modulus(self, problem: Problem) -> float:
        """Isotropic average of the bulk modulus."""
        return _moduli(problem).bulk

    def contacts(self, problem: Problem) -> IntegerArray:
        """Number of partners of every particle."""
        pairs: Any
        if problem.components == 1:
            pairs = _Network(problem).bonds
        elif problem.interaction["form"] == "inverse-power":
            # Close to the cutoff the exponential taper underflows to zero, but such pairs still count as contacts.
            pairs, _ = _glass(problem).pairs_within(problem.interaction["cutoff"])
        else:
            pairs = _glass(problem).interactions.pairs
        return np.bincount(pairs.ravel(), minlength=len(problem.positions))

    def relaxed_positions(self, problem: Problem) -> FloatArray:
        """Minimum next to a start."""
        return minimum_of(problem)


class _Network:
    """Springs of a scalar network, listed or within a cutoff."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._cutoff = problem.interaction["cutoff"]

    @cached_property
    def bonds(self) -> IndexArray:
        """Pairs of nodes."""
        if self._cutoff is None:
            return np.asarray(self._problem.bonds, dtype=np.int32)
        pairs = np.column_stack(np.triu_indices(len(self._problem.positions), 1))
        return np.asarray(pairs[self._lengths(pairs) < self._cutoff], dtype=np.int32)

    @property
    def stiffness(self) -> FloatArray:
        """Stiffness of each spring."""
        lengths = self._lengths(self.bonds)
        return 1.0 / lengths if self._problem.interaction["strength"] == "1/r" else np.ones_like(lengths)

    def _lengths(self, pairs: NDArray[Any]) -> FloatArray:
        positions, box = self._problem.positions, self._problem.box
        shift = positions[pairs[:, 0]] - positions[pairs[:, 1]]
        return np.asarray(np.linalg.norm(nearest_image(shift, box), axis=1))


def _arguments(problem: Problem) -> tuple[FloatArray, FloatArray, FloatArray, PairPotential]:
    return problem.positions, problem.diameters, problem.box, potential_of(problem)


def _glass(problem: Problem) -> Configuration:
    return Configuration.checked(*_arguments(problem), problem.tilt)


def _moduli(problem: Problem) -> ElasticModuli:
    return moduli_of_configuration(_glass(problem), force_tolerance=_FORCE_TOLERANCE)
