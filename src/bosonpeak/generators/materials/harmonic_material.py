"""Elastic constants, sound and normal modes of a minimised material, from differences of its forces and stresses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.periodic_box import mean_nearest_image

RADIANS_PER_PICOSECOND = 98.22694750
"""Angular frequency, rad/ps, of a stiffness of 1 eV/(A^2 u): sqrt(1.602176634e-19 / (1e-20 1.66053907e-27)) 1e-12."""

GIGAPASCAL = 160.2176634
"""Gigapascal in one electronvolt per cubic angstrom."""


@dataclass(frozen=True)
class HarmonicMaterial:
    """Modes and moduli of one solid."""

    frequencies: FloatArray  # (3 atoms - 3,), rad/ps, ascending
    vectors: FloatArray  # (3 atoms, 3 atoms - 3), mass-weighted
    zero_frequency: float  # largest |omega| of the three translations, rad/ps
    stiffness: FloatArray  # (6, 6), eV/A^3, relaxed


def harmonic_material(
    hessian: FloatArray,
    masses: FloatArray,
    stress_derivatives: FloatArray,
    force_derivatives: FloatArray,
    volume: float,
) -> HarmonicMaterial:
    """Modes of a symmetric Hessian (eV/A^2) and elastic constants with their non-affine part."""
    roots = np.repeat(np.sqrt(masses), 3)
    values, vectors = scipy.linalg.eigh(hessian / np.outer(roots, roots), driver="evd")
    order = np.argsort(np.abs(values), kind="stable")
    zeros, others = order[:3], np.sort(order[3:])
    # Non-affine displacements solve H u = -dF/de; the translations do not take part.
    weighted = (force_derivatives / roots) @ vectors[:, others]
    stiffness = stress_derivatives - (weighted / values[others]) @ weighted.T / volume
    return HarmonicMaterial(
        frequencies=np.sign(values[others]) * np.sqrt(np.abs(values[others])) * RADIANS_PER_PICOSECOND,
        vectors=vectors[:, others],
        zero_frequency=float(np.sqrt(np.abs(values[zeros]).max())) * RADIANS_PER_PICOSECOND,
        stiffness=(stiffness + stiffness.T) / 2.0,
    )


def mode_diffusivities(
    dynamical: FloatArray, material: HarmonicMaterial, positions: FloatArray, side: float, linewidth: float
) -> FloatArray:
    """Diffusivity of every mode, angstrom^2/ps, after Allen and Feldman, with Gaussians of rms width `linewidth`.

    `dynamical` (3 atoms, 3 atoms) is the mass-weighted Hessian in (rad/ps)^2.
    """
    atoms, omega = len(positions), material.frequencies
    separations = (positions[:, None] - positions[None]).reshape(-1, 3)
    apart = mean_nearest_image(separations, np.eye(3) * side).reshape(atoms, atoms, 3)
    # D_k = pi / (4 d omega_k^2) sum_l |A_kl|^2 delta(omega_k - omega_l), A = H_ij (r_i - r_j) along each axis.
    elements = np.zeros((len(omega), len(omega)))
    for axis in range(3):
        current = (dynamical.reshape(atoms, 3, atoms, 3) * apart[:, None, :, None, axis]).reshape(dynamical.shape)
        elements += (material.vectors.T @ (current @ material.vectors)) ** 2
    near = np.exp(-0.5 * ((omega[:, None] - omega) / linewidth) ** 2) / (math.sqrt(2.0 * math.pi) * linewidth)
    diffusivities: FloatArray = np.pi / 12.0 * (elements * near).sum(axis=1) / omega**2
    return diffusivities


def isotropic_moduli(stiffness: FloatArray) -> tuple[float, float]:
    """Shear and bulk modulus of a stiffness (6, 6) averaged over all orientations (Voigt)."""
    normal, mixed = stiffness[:3, :3].trace(), stiffness[0, 1] + stiffness[0, 2] + stiffness[1, 2]
    shear = (normal - mixed + 3.0 * stiffness[3:, 3:].trace()) / 15.0
    return float(shear), float((normal + 2.0 * mixed) / 9.0)
