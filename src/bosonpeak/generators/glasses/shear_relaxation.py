"""Relaxation of a glass to zero shear stress in a box of constant volume that may tilt.

Short Newton steps of particles and shears follow the elastic branch to a minimum without shear stress, or to an
instability; from there limited-memory BFGS over positions and box, and Newton steps at the end, find a minimum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.optimize
from numba import njit

from bosonpeak.datasets.array_types import FloatArray, IndexArray
from bosonpeak.datasets.errors import ConvergenceError, NotApplicableError
from bosonpeak.datasets.periodic_box import (
    cell_heights,
    folded_into_cell,
    nearest_image_in_cell,
    standard_cell,
    tilted_cell,
)
from bosonpeak.generators.glasses.box_strain import StrainResponse, affine_terms, strain_basis
from bosonpeak.generators.glasses.conjugate_gradients import positive_solution
from bosonpeak.generators.glasses.elastic_moduli import FACTORED_BELOW, affine_forces
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.interactions import Interactions
from bosonpeak.generators.particles.neighbours import pairs_in_cell
from bosonpeak.generators.particles.pair_kernels import Code, pair_terms
from bosonpeak.generators.particles.potentials import PairPotential

FIRST_STRAIN = 0.002
"""Norm of the strain of the first step along a branch."""

SHORTEST_STRAIN = 1e-4
"""Norm of a strain step below which the branch counts as ended by an instability."""

_CONTRACTION = 0.25
_EASY = 0.05
_SETTLED = 1e-7
_SKIN = 0.3
_MOST_STEPS = 200
_HAND_OVER = 1e-4
_FURTHER = 0.03
_MOST_DESCENTS = 4
_SHEAR_STRESS = 1e-9


@dataclass(frozen=True)
class ShearRelaxation:
    """A glass after its relaxation to zero shear stress."""

    glass: Configuration  # in its box, tilted or not
    is_elastic: bool  # the minimum was reached along the branch of the glass, without an instability
    branch_strain: float  # length of the elastic path in the space of logarithmic shear strains
    energy: float  # total
    residual_force: float  # largest force on a particle
    shear_stress: float  # norm of the deviator


@dataclass(frozen=True)
class _State:
    """Particles (particles, axes), anywhere, in a box with one edge per row."""

    positions: FloatArray
    cell: FloatArray

    def moved(self, displacements: FloatArray, strain: FloatArray) -> _State:
        """Move particles, then deform box and particles by exp(strain)."""
        values, vectors = np.linalg.eigh(strain)
        deformation = (vectors * np.exp(values)) @ vectors.T
        return _State((self.positions + displacements) @ deformation, self.cell @ deformation)


class _Glass:
    """Interactions of a glass in changing states, from a list of pairs with a skin."""

    def __init__(self, diameters: FloatArray, potential: PairPotential) -> None:
        self.diameters, self.potential = diameters, potential
        self.reach = potential.largest_range(diameters)
        self._listed: _State | None = None
        self._pairs: IndexArray = np.empty((0, 2), dtype=np.int32)
        self._skin = 0.0

    def interactions(self, state: _State) -> Interactions:
        """Interacting pairs of a state."""
        pairs = self._near(state)
        separation = nearest_image_in_cell(state.positions[pairs[:, 0]] - state.positions[pairs[:, 1]], state.cell)
        return Interactions.of_pairs(pairs, separation, self.diameters, self.potential)

    def slopes(self, state: _State) -> tuple[float, FloatArray, FloatArray]:
        """Energy, its gradient (particles, axes), and sum of s' (phi'/r) s over the separations s, (axes, axes)."""
        gradient, tension = np.zeros_like(state.positions), np.zeros_like(state.cell)
        energy = _slopes(
            self._near(state),
            np.ascontiguousarray(state.positions),
            np.ascontiguousarray(state.cell),
            np.asarray(np.linalg.inv(state.cell), dtype=np.float64),
            self.diameters,
            self.potential.code,
            self.potential.parameters(),
            self.reach,
            gradient,
            tension,
        )
        return energy, gradient, tension

    def _near(self, state: _State) -> IndexArray:
        if self._listed is None or self._strayed(self._listed, state):
            room = 0.5 * float(cell_heights(state.cell).min())
            self._skin = min(_SKIN, room - self.reach)
            self._pairs, _ = pairs_in_cell(state.positions, state.cell, self.reach + self._skin)
            self._listed = state
        return self._pairs

    def _strayed(self, listed: _State, state: _State) -> bool:
        """Return whether a pair outside the list may have come within reach."""
        deformation = np.linalg.solve(listed.cell, state.cell)
        shrinkage = float(np.linalg.svd(deformation, compute_uv=False)[-1])
        motion = float(np.linalg.norm(state.positions - listed.positions @ deformation, axis=1).max())
        return shrinkage * (self.reach + self._skin) - 2.0 * motion < self.reach


def relaxed_to_zero_shear(start: Configuration, *, tolerance: float = 1e-10) -> ShearRelaxation:
    """Follow an inherent structure to a minimum over positions and shears, with forces below `tolerance`."""
    glass = _Glass(start.diameters, start.potential)
    state = _State(start.positions, tilted_cell(start.box, start.tilt))
    state, is_elastic, strain = _along_branch(glass, state, tolerance)
    if not is_elastic:
        state = _descended(glass, state, tolerance)
    found = glass.interactions(state)
    volume = float(np.prod(start.box))
    stress = affine_terms(found, volume)[0]
    box, tilt, turn = standard_cell(state.cell)
    cell = tilted_cell(box, tilt)
    return ShearRelaxation(
        Configuration(folded_into_cell(state.positions @ turn, cell), start.diameters, box, start.potential, tilt),
        is_elastic,
        strain,
        float(found.energy.sum()),
        _largest(found.forces),
        float(np.linalg.norm(stress[:-1])),
    )


@dataclass(frozen=True)
class _Point:
    """A state with its forces, shear stress and Newton steps: `correction` of the positions, `response` to shears."""

    state: _State
    residual: float
    response: StrainResponse
    correction: FloatArray

    @classmethod
    def of_state(cls, glass: _Glass, state: _State) -> _Point:
        """Solve for both steps at once; NotApplicableError at a state whose Hessian is not positive."""
        found = glass.interactions(state)
        volume = abs(float(np.linalg.det(state.cell)))
        stress, affine, strength = affine_terms(found, volume)
        hessian = ProjectedHessian.of_interactions(found)
        forces = found.forces
        fields = affine_forces(found, strength)
        columns = np.column_stack([fields, forces.reshape(-1, 1)])
        if hessian.size <= FACTORED_BELOW:
            solutions = hessian.solve(columns)
        else:
            solutions = positive_solution(hessian, columns, float(np.linalg.norm(strength)))
        stiffness = affine - 0.5 * (fields.T @ solutions[:, :-1] + solutions[:, :-1].T @ fields) / volume
        response = StrainResponse(volume, stress, affine, fields, -solutions[:, :-1], stiffness)
        return cls(state, _largest(forces), response, solutions[:, -1].reshape(forces.shape))

    def strain(self, longest: float) -> tuple[FloatArray, bool]:
        """Newton step (components,) of the shears towards zero stress, at most `longest`; true if it is shortened."""
        # Downhill along shears of negative stiffness; correcting the positions changes the stress by fields .
        # correction / V.
        response = self.response
        stress = response.stress[:-1] + response.fields[:, :-1].T @ self.correction.ravel() / response.volume
        values, vectors = np.linalg.eigh(response.stiffness[:-1, :-1])
        step = -(vectors @ ((vectors.T @ stress) / np.abs(values)))
        size = float(np.linalg.norm(step))
        return (step * (longest / size), True) if size > longest else (step, False)

    @property
    def is_minimum(self) -> bool:
        """Return whether the shear stiffness is positive."""
        return self.response.lowest_shear_stiffness > 0.0


def _along_branch(glass: _Glass, start: _State, tolerance: float) -> tuple[_State, bool, float]:
    """Last state on the elastic branch, whether it is a minimum without shear stress, and the length of the path."""
    point = _Point.of_state(glass, start)
    basis = strain_basis(start.positions.shape[1])[:-1]
    longest, path = FIRST_STRAIN, 0.0
    for _ in range(_MOST_STEPS):
        if point.residual <= tolerance and point.response.shear_stress <= _SHEAR_STRESS and point.is_minimum:
            return point.state, True, path
        shears, _ = point.strain(longest)
        following = point.response.responses[:, :-1] @ shears
        predicted = following.reshape(point.correction.shape)
        new = point.state.moved(point.correction + predicted, np.tensordot(shears, basis, 1))
        size = float(np.linalg.norm(shears))
        try:
            reached = _Point.of_state(glass, new)
        except (NotApplicableError, ConvergenceError):
            reached = None
        # The branch is followed if the error of the step is a small part of the step.
        error = math.inf if reached is None else _largest(reached.correction)
        allowed = _CONTRACTION * max(_largest(predicted), _largest(point.correction)) + _SETTLED
        if reached is not None and error <= allowed:
            longest *= 2.0 if error <= _EASY * allowed / _CONTRACTION else 1.0
            point, path = reached, path + size
        elif size <= SHORTEST_STRAIN:
            return point.state, False, path
        else:
            longest = 0.3 * size
    return point.state, False, path


def _descended(glass: _Glass, state: _State, tolerance: float) -> _State:
    """Minimum over positions and shears by limited-memory BFGS and Newton steps."""
    hand_over = _HAND_OVER
    for _ in range(_MOST_DESCENTS):
        state = _bfgs(glass, state, hand_over)
        try:
            end, is_minimum, _ = _along_branch(glass, state, tolerance)
        except (NotApplicableError, ConvergenceError):
            is_minimum = False
        if is_minimum:
            return end
        hand_over *= _FURTHER
    raise ConvergenceError(
        "the minimum without shear stress was not reached",
        expected=f"a residual force of at most {tolerance:.3g} and a shear stress of at most {_SHEAR_STRESS:g}",
        got=f"a residual force of {_largest(glass.interactions(state).forces):.3g}",
    )


def _bfgs(glass: _Glass, start: _State, target: float) -> _State:
    """Limited-memory BFGS over displacements and shears until no component of the gradient exceeds `target`."""
    basis = strain_basis(start.positions.shape[1])[:-1]
    dimension, size = start.positions.shape[1], start.positions.size
    unit = 0.1 * math.sqrt(len(start.positions)) * abs(float(np.linalg.det(start.cell))) ** (1.0 / dimension)

    def at(variables: FloatArray) -> tuple[_State, FloatArray, FloatArray]:
        stretch = np.eye(dimension) + np.tensordot(variables[size:] / unit, basis, 1)
        deformation = stretch / abs(float(np.linalg.det(stretch))) ** (1.0 / dimension)
        places = start.positions + variables[:size].reshape(start.positions.shape)
        return _State(places @ deformation, start.cell @ deformation), stretch, deformation

    def energy_and_gradient(variables: FloatArray) -> tuple[float, FloatArray]:
        state, stretch, deformation = at(variables)
        energy, forward, tension = glass.slopes(state)
        # dU/dF of separations s = s_0 F is the sum of s_0' (phi'/r) s
        slope = np.linalg.solve(deformation.T, tension)
        inverse = np.linalg.inv(stretch)
        scale = abs(float(np.linalg.det(stretch))) ** (-1.0 / dimension)
        shears = [
            np.sum(slope * (shear * scale - deformation * (np.trace(inverse @ shear) / dimension))) for shear in basis
        ]
        return energy, np.concatenate([(forward @ deformation.T).ravel(), np.array(shears) / unit])

    end = scipy.optimize.minimize(
        energy_and_gradient,
        np.zeros(size + len(basis)),
        jac=True,
        method="L-BFGS-B",
        options={"maxcor": 12, "gtol": target, "ftol": 0.0, "maxiter": 5000, "maxfun": 10000},
    )
    return at(np.asarray(end.x, dtype=np.float64))[0]


@njit(cache=True, error_model="numpy")
def _slopes(
    pairs: IndexArray,
    positions: FloatArray,
    cell: FloatArray,
    inverse: FloatArray,
    diameters: FloatArray,
    code: Code,
    parameters: FloatArray,
    reach: float,
    gradient: FloatArray,
    tension: FloatArray,
) -> float:
    """Energy of the listed pairs; `gradient` and `tension`, zero before, as in `_Glass.slopes`."""
    dimension = positions.shape[1]
    apart, turns, energy = np.zeros(dimension), np.zeros(dimension), 0.0
    for k in range(len(pairs)):
        i, j = pairs[k, 0], pairs[k, 1]
        for axis in range(dimension):
            apart[axis] = positions[i, axis] - positions[j, axis]
        # Subtract the nearest lattice vector, edge by edge from unchanged fractions.
        for edge in range(dimension):
            fraction = 0.0
            for axis in range(dimension):
                fraction += apart[axis] * inverse[axis, edge]
            turns[edge] = math.floor(fraction + 0.5)
        square = 0.0
        for axis in range(dimension):
            for edge in range(dimension):
                apart[axis] -= turns[edge] * cell[edge, axis]
            square += apart[axis] * apart[axis]
        if square >= reach * reach:
            continue
        distance = math.sqrt(square)
        value, first, _ = pair_terms(code, parameters, distance, diameters[i], diameters[j])
        energy += value
        for axis in range(dimension):
            force = first / distance * apart[axis]
            gradient[i, axis] += force
            gradient[j, axis] -= force
            for other in range(dimension):
                tension[axis, other] += force * apart[other]
    return energy


def _largest(vectors: FloatArray) -> float:
    """Largest norm of the rows."""
    return float(np.linalg.norm(vectors, axis=1).max())
