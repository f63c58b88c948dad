"""Response of an inherent structure to a strain of its box, and the Hessian extended by the strains of the box.

The box is deformed by F = exp(E) with a symmetric E = sum_a e_a B_a, where B_a is an orthonormal basis of the symmetric
matrices: first the d (d + 1)/2 - 1 shears, which leave the volume unchanged, last the dilation 1/sqrt(d). Particles
follow F and move by u on top. The energy is the enthalpy U + p V at the glass's own pressure, so that the dilation is
free of force, and the extended Hessian of (u, e) is [[H, Xi], [Xi', D]] with

- Xi_a = sum_j (phi'' - phi'/r) r (e B_a e) e, as in the non-affine modulus;
- D_ab = sum [(phi'' - phi'/r) r^2 (e B_a e)(e B_b e) + 2 r phi' (B_a e)(B_b e)] + p V tr B_a tr B_b.

By Haynsworth's formula the extended Hessian of a minimum has as many negative eigenvalues as D - Xi' H^-1 Xi, the
stiffness of the relaxed glass; a positive factor in front of a strain coordinate changes neither number. Under a shear
stress the second derivative depends on the strain measure, and a logarithmic strain is meant here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.glasses.elastic_moduli import affine_forces, strain_responses
from bosonpeak.generators.glasses.hessian import hessian_of_interactions
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.particles.interactions import Interactions


def strain_basis(dimension: int) -> FloatArray:
    """Orthonormal basis of the symmetric matrices, shears first, the dilation last: (components, axes, axes)."""
    shears = []
    for row in range(dimension):
        for column in range(row + 1, dimension):
            shear = np.zeros((dimension, dimension))
            shear[row, column] = shear[column, row] = math.sqrt(0.5)
            shears.append(shear)
    for axis in range(1, dimension):
        diagonal = np.zeros(dimension)
        diagonal[:axis], diagonal[axis] = 1.0, -axis
        shears.append(np.diag(diagonal / math.sqrt(axis * (axis + 1))))
    return np.stack([*shears, np.eye(dimension) / math.sqrt(dimension)])


@dataclass(frozen=True)
class StrainResponse:
    """First and second derivatives of the energy with respect to the strains of `strain_basis`."""

    volume: float  # of the box
    stress: FloatArray  # (components,), derivative of the energy over the volume
    affine: FloatArray  # (components, components), D over the volume, particles following the box
    fields: FloatArray  # (particles * dimension, components), Xi
    responses: FloatArray  # the same shape, -H^-1 Xi, motion on top of the box
    stiffness: FloatArray  # (components, components), D - Xi' H^-1 Xi over the volume

    @property
    def shear_stress(self) -> float:
        """Norm of the deviator of the stress."""
        return float(np.linalg.norm(self.stress[:-1]))

    @property
    def lowest_stiffness(self) -> float:
        """Lowest eigenvalue of the stiffness against all strains; its sign is the sign of the extended Hessian's."""
        return float(np.linalg.eigvalsh(self.stiffness)[0])

    @property
    def lowest_shear_stiffness(self) -> float:
        """Lowest eigenvalue of the stiffness against shears at constant volume."""
        return float(np.linalg.eigvalsh(self.stiffness[:-1, :-1])[0])


def strain_response(found: Interactions, volume: float, hessian: ProjectedHessian | None = None) -> StrainResponse:
    """Stress, stiffness and motion of an inherent structure with positive definite Hessian under strains of its box."""
    hessian = ProjectedHessian.of_interactions(found) if hessian is None else hessian
    stress, affine, strength = affine_terms(found, volume)
    fields = affine_forces(found, strength)
    solutions = strain_responses(hessian, fields, float(np.linalg.norm(strength)))
    form = fields.T @ solutions + solutions.T @ (fields - hessian.matrix @ solutions)
    return StrainResponse(volume, stress, affine, fields, -solutions, affine - 0.5 * (form + form.T) / volume)


def extended_hessian(found: Interactions, volume: float, *, weight: float = 1.0) -> FloatArray:
    """Hessian extended by the strains of the box, dense; particle coordinates first, then those of `strain_basis`."""
    # Strain coordinates are e V^(1/d) N^(1/2) `weight`: a unit step at weight 1 strains the box as much as it would
    # move the particles of a plane wave of the length of the box, up to a factor of 2 pi.
    _, affine, strength = affine_terms(found, volume)
    size, components = found.particle_count * found.dimension, len(affine)
    unit = weight * math.sqrt(found.particle_count) * volume ** (1.0 / found.dimension)
    whole = np.empty((size + components, size + components))
    whole[:size, :size] = hessian_of_interactions(found).toarray()
    whole[:size, size:] = affine_forces(found, strength) / unit
    whole[size:, :size] = whole[:size, size:].T
    whole[size:, size:] = affine * (volume / unit**2)
    return whole


def affine_terms(found: Interactions, volume: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Stress, D over the volume, and the strengths (components, pairs) of the affine forces."""
    basis = strain_basis(found.dimension)
    turned = np.einsum("nab,kb->nka", basis, found.direction)
    pattern = np.einsum("nka,ka->nk", turned, found.direction)
    tension = found.first * found.distance
    strength = (found.second * found.distance - found.first) * pattern
    stress = pattern @ tension / volume
    affine = (strength * found.distance) @ pattern.T + 2.0 * np.einsum("k,nka,mka->nm", tension, turned, turned)
    affine = 0.5 * (affine + affine.T)
    pressure = -float(stress[-1]) / math.sqrt(found.dimension)
    traces = np.trace(basis, axis1=1, axis2=2)
    return stress, affine / volume + pressure * np.outer(traces, traces), strength
