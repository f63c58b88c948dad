"""Elastic moduli of a glass at zero temperature: affine (Born) and non-affine part, whole box and local cubes.

Each particle of a pair receives half of C_ab = (phi'' - phi'/r) [r^2 e e e e - r e e (e.(u_i - u_j))], with u the
displacement that follows the strain b. Its sum over a cube per volume is the cube's stiffness under the strain of the
box, with mean G_0 and variance gamma G_0^2 (Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 1, 28 and 32).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ConvergenceError, NotApplicableError
from bosonpeak.datasets.periodic_box import longest_wavelength
from bosonpeak.generators.glasses.conjugate_gradients import positive_solution
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian, not_a_minimum
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.interactions import Interactions
from bosonpeak.generators.particles.own_potentials import PairTerms
from bosonpeak.generators.particles.potentials import PairPotential

STRAIN_COMPONENTS = {2: ((0, 0), (1, 1), (0, 1)), 3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))}
"""Order of the strain components (Voigt) in two and three dimensions."""

FACTORED_BELOW = 1200
"""Modes up to which a dense factor costs less than conjugate gradients."""

_LARGEST_FACTORED = 24000


_VANISHING = 1e-12
"""Eigenvalues this small, relative to the largest, are zeros with round-off."""


@dataclass(frozen=True)
class ElasticModuli:
    """Elastic response of one inherent structure of particles with unit mass."""

    born: FloatArray  # (components, components), by the Green-Lagrange strain in Voigt order
    non_affine: FloatArray  # (components, components), to be subtracted
    stress: FloatArray  # (dimension, dimension), Cauchy, tension positive
    shear: float  # isotropic average of the stressed solid
    bulk: float  # isotropic average, -V dp/dV
    density: float  # particles per volume
    box_length: float  # longest side of the box

    @property
    def stiffness(self) -> FloatArray:
        """Born minus non-affine part, shape (components, components)."""
        return self.born - self.non_affine

    @property
    def pressure(self) -> float:
        """Minus the mean diagonal stress."""
        return -float(np.trace(self.stress)) / len(self.stress)

    @property
    def transverse_velocity(self) -> float:
        """Speed of transverse sound, sqrt(G / rho); NaN if the sample is unstable against shear."""
        return math.sqrt(self.shear / self.density) if self.shear >= 0 else math.nan

    @property
    def longitudinal_velocity(self) -> float:
        """Speed of longitudinal sound, sqrt((K + 2 (d - 1) G / d) / rho); NaN if that is negative."""
        dimension = len(self.stress)
        modulus = self.bulk + 2.0 * (dimension - 1) / dimension * self.shear
        return math.sqrt(modulus / self.density) if modulus >= 0 else math.nan

    @property
    def lowest_transverse_frequency(self) -> float:
        """Frequency of the lowest transverse phonon, omega_0 = 2 pi v_T / L."""
        return 2.0 * math.pi * self.transverse_velocity / self.box_length


def elastic_moduli(
    positions: ArrayLike,
    diameters: ArrayLike,
    box: ArrayLike,
    potential: PairPotential | PairTerms,
    *,
    hessian: ProjectedHessian | None = None,
    force_tolerance: float = 1e-6,
) -> ElasticModuli:
    """Elastic moduli of an inherent structure, with the relaxation that follows an affine strain.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        An inherent structure.
    diameters : array_like, shape (particles,)
        Particle diameters.
    box : array_like
        Length of the periodic box, a single number or one per axis.
    potential : PairPotential
        Interaction.
    hessian : ProjectedHessian, optional
        Hessian of this configuration; its dense factor is used if it has been computed.
    force_tolerance : float
        Largest residual force on a particle that still counts as force balance.

    Returns
    -------
    moduli : ElasticModuli
        In units of the potential's energy per volume.

    Raises
    ------
    RecipeError
        If the configuration is invalid.
    NotApplicableError
        If the configuration is not in force balance, or not a minimum.
    ConvergenceError
        If the response of a large system does not converge: some modes have almost no restoring force.

    Notes
    -----
    Small systems are solved by a dense factor, others by block conjugate gradients, in time and memory that are
    linear in the number of particles.

    Born term (1/V) sum (phi'' - phi'/r) r^2 e e e e; non-affine term (1/V) Xi H^-1 Xi with
    Xi_i = sum_j (phi'' - phi'/r) r e e e (Lemaitre and Maloney, J. Stat. Phys. 123, 415). The solid is stressed:
    waves and small shears feel G = G_Lagrange - p, and K = K_Lagrange + p (d - 2)/d
    (Barron and Klein, Proc. Phys. Soc. 85, 523). v_T = sqrt(G/rho) follows.

    Examples
    --------
    Discs on a triangular lattice, a Bravais lattice, need not relax when they are strained.

    >>> import numpy as np
    >>> from bosonpeak.generators import Harmonic
    >>> column, row = np.meshgrid(np.arange(6), np.arange(6))
    >>> triangular = 0.9 * np.column_stack([(column + 0.5 * (row % 2)).ravel(), np.sqrt(0.75) * row.ravel()])
    >>> moduli = elastic_moduli(triangular, np.ones(36), [5.4, 5.4 * np.sqrt(0.75)], Harmonic())
    >>> bool(abs(moduli.non_affine).max() < 1e-9), moduli.shear > 0.0
    (True, True)
    """
    glass = Configuration.checked(positions, diameters, box, potential)
    return moduli_of_configuration(glass, hessian=hessian, force_tolerance=force_tolerance)


def moduli_of_configuration(
    glass: Configuration, *, hessian: ProjectedHessian | None = None, force_tolerance: float = 1e-6
) -> ElasticModuli:
    """Elastic moduli of a checked configuration; see `elastic_moduli`."""
    return moduli_of_interactions(glass.interactions, glass.shape, hessian=hessian, force_tolerance=force_tolerance)


def moduli_of_interactions(
    found: Interactions, box: FloatArray, *, hessian: ProjectedHessian | None = None, force_tolerance: float = 1e-6
) -> ElasticModuli:
    """Elastic moduli from known pairs; `box` holds the lengths or, row by row, the edge vectors."""
    _require_force_balance(found, force_tolerance)
    if hessian is None:
        hessian = ProjectedHessian.of_interactions(found)
    volume = float(np.prod(box if box.ndim == 1 else np.diag(box)))
    pattern = np.stack([found.direction[:, a] * found.direction[:, b] for a, b in STRAIN_COMPONENTS[len(box)]])
    stretching = found.second - found.first / found.distance
    born = np.einsum("k,ik,jk->ij", stretching * found.distance**2, pattern, pattern, optimize=True) / volume
    strength = stretching * found.distance * pattern
    non_affine = _softening(hessian, affine_forces(found, strength), strength) / volume
    stress = np.einsum("k,ka,kb->ab", found.first * found.distance, found.direction, found.direction) / volume
    shear, bulk = _isotropic(born - non_affine, stress)
    return ElasticModuli(born, non_affine, stress, shear, bulk, found.particle_count / volume, longest_wavelength(box))


def _softening(hessian: ProjectedHessian, fields: FloatArray, strength: FloatArray) -> FloatArray:
    """Xi H^-1 Xi of affine forces by the cheaper of two methods; the error of the solutions enters squared."""
    solutions = strain_responses(hessian, fields, float(np.linalg.norm(strength)))
    form = fields.T @ solutions + solutions.T @ (fields - hessian.matrix @ solutions)
    return np.asarray(0.5 * (form + form.T))


def strain_responses(hessian: ProjectedHessian, fields: FloatArray, scale: float) -> FloatArray:
    """H^-1 applied to affine forces, one column per strain component; `scale` is the norm that sets the round-off."""
    if hessian.is_factored or hessian.size <= FACTORED_BELOW:
        try:
            return hessian.solve(fields)
        except NotApplicableError:
            return _pseudo_inverse(hessian, fields)
    try:
        return positive_solution(hessian, fields, scale)
    except ConvergenceError:
        if hessian.size > _LARGEST_FACTORED:
            raise
        return hessian.solve(fields)


def _pseudo_inverse(hessian: ProjectedHessian, fields: FloatArray) -> FloatArray:
    """H^-1 outside modes without restoring force up to round-off, such as a rattler that barely touches a neighbour."""
    lower = hessian.dense()
    values, vectors = scipy.linalg.eigh(lower, lower=True)
    free = np.abs(values) <= _VANISHING * values[-1]
    if (values < -_VANISHING * values[-1]).any():
        raise not_a_minimum()
    weights = vectors.T @ hessian.reduce(fields)
    if np.abs(weights[free]).max(initial=0.0) > math.sqrt(_VANISHING) * np.abs(weights).max():
        raise not_a_minimum()
    inverse = np.zeros_like(values)
    inverse[~free] = 1.0 / values[~free]
    return hessian.expand(vectors @ (inverse[:, None] * weights))


def affine_forces(found: Interactions, strength: FloatArray) -> FloatArray:
    """Forces after an affine strain, one column per strain component, shape (particles * dimension, components)."""
    particle_count, dimension = found.particle_count, found.dimension
    fields = np.empty((particle_count * dimension, len(strength)))
    for column, values in enumerate(strength):
        for axis in range(dimension):
            pull = values * found.direction[:, axis]
            on_first = np.bincount(found.pairs[:, 0], pull, particle_count)
            fields[axis::dimension, column] = on_first - np.bincount(found.pairs[:, 1], pull, particle_count)
    return fields


def _isotropic(stiffness: FloatArray, stress: FloatArray) -> tuple[float, float]:
    """Shear and bulk modulus of the stressed solid from the isotropic average of the Lagrangian stiffness."""
    dimension = len(stress)
    pressure = -float(np.trace(stress)) / dimension
    normal = stiffness[:dimension, :dimension]
    compression = float(normal.sum()) / dimension**2
    # in an isotropic solid the sums over all a, b satisfy C_abab - C_aabb/d = (d + 2)(d - 1) G
    mixed = float(np.trace(normal)) + 2.0 * float(np.trace(stiffness[dimension:, dimension:]))
    shear = (mixed - dimension * compression) / ((dimension + 2) * (dimension - 1))
    return shear - pressure, compression + pressure * (dimension - 2) / dimension


def _require_force_balance(found: Interactions, tolerance: float) -> None:
    forces = np.stack(
        [
            np.bincount(found.pairs[:, 1], found.first * along, found.particle_count)
            - np.bincount(found.pairs[:, 0], found.first * along, found.particle_count)
            for along in found.direction.T
        ]
    )
    residual = float(np.sqrt(np.max(np.sum(forces**2, axis=0))))
    if not residual <= tolerance:
        raise NotApplicableError(
            "elastic moduli are defined for an inherent structure",
            expected=f"a residual force of at most {tolerance:g}",
            got=f"{residual:.3g}",
            likely_cause="the configuration was not minimised with this potential",
        )


def local_shear_moduli(glass: Configuration, divisions: Sequence[int]) -> list[FloatArray]:
    """Shear moduli minus the cube's pressure, one array (cubes, shear components) per number of cubes along an edge."""
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
