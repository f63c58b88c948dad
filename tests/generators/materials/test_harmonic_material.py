"""Elastic constants and modes from derivatives, against closed forms."""

import numpy as np
import pytest
from scipy import constants

from bosonpeak.generators.materials.harmonic_material import (
    RADIANS_PER_PICOSECOND,
    harmonic_material,
    isotropic_moduli,
    mode_diffusivities,
)
from bosonpeak.validators import diffusivity


def test_moduli_of_an_isotropic_stiffness():
    shear, bulk = 3.0, 7.0
    stiffness = np.diag([2.0 * shear] * 3 + [shear] * 3)
    stiffness[:3, :3] += bulk - 2.0 * shear / 3.0
    assert isotropic_moduli(stiffness) == pytest.approx((shear, bulk))


def test_two_atoms_on_a_spring_have_the_frequency_of_their_reduced_mass():
    constant, masses = 2.0, np.array([3.0, 6.0])
    bond = np.zeros((6, 6))
    bond[np.ix_([0, 3], [0, 3])] = constant * np.array([[1.0, -1.0], [-1.0, 1.0]])
    # Springs to the ground hold the other directions apart from the translations.
    bond[np.ix_([1, 4], [1, 4])] = 1.0 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    bond[np.ix_([2, 5], [2, 5])] = 0.5 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    found = harmonic_material(bond, masses, np.zeros((6, 6)), np.zeros((6, 6)), 1.0)
    reduced = 1.0 / (1.0 / 3.0 + 1.0 / 6.0)
    expected = np.sqrt(np.array([0.5, 1.0, 2.0]) / reduced) * RADIANS_PER_PICOSECOND
    assert found.frequencies == pytest.approx(expected)
    assert found.zero_frequency < 1e-4


def test_non_affine_displacements_make_two_springs_in_series():
    """A chain of springs a and b in a cell of length L: the relaxed modulus is the one of springs in series."""
    first, second, side = 2.0, 6.0, 2.0
    pair = (first + second) * np.array([[1.0, -1.0], [-1.0, 1.0]])
    hessian = np.zeros((6, 6))
    for axis in range(3):
        hessian[np.ix_([axis, 3 + axis], [axis, 3 + axis])] = pair
    # Energy of a strain e with displacements (u0, u1):
    # first (u1 - u0 + e side/2)^2 / 2 + second (u0 - u1 + e side/2)^2 / 2.
    volume = side**3
    affine = (first + second) * (side / 2.0) ** 2 / volume
    force = np.zeros((6, 6))
    force[0, [0, 3]] = (side / 2.0) * np.array([first - second, second - first])
    stresses = np.zeros((6, 6))
    stresses[0, 0] = affine
    found = harmonic_material(hessian, np.ones(2), stresses, force, volume)
    series = 1.0 / (1.0 / first + 1.0 / second) * side**2 / volume
    assert found.stiffness[0, 0] == pytest.approx(series)


def test_unit_of_frequency():
    joule, kilogram = constants.eV / 1e-20, constants.atomic_mass
    assert pytest.approx(np.sqrt(joule / kilogram) * 1e-12, rel=1e-7) == RADIANS_PER_PICOSECOND


@pytest.fixture(scope="module")
def spring_solid():
    """Matrix (3 atoms, 3 atoms), positions and side of 200 random points, with springs between near pairs."""
    generator = np.random.default_rng(8)
    side, positions = 6.0, generator.uniform(0.0, 6.0, (200, 3))
    apart = positions[:, None] - positions
    apart -= side * np.round(apart / side)
    lengths = np.linalg.norm(apart, axis=2)
    strengths = np.where((lengths > 0.0) & (lengths < 2.0), 1.0, 0.0)
    unit = apart / np.where(lengths > 0.0, lengths, 1.0)[:, :, None]
    springs = strengths[:, :, None, None] * unit[:, :, :, None] * unit[:, :, None]
    matrix = -springs.transpose(0, 2, 1, 3).reshape(600, 600)
    for atom in range(200):
        block = slice(3 * atom, 3 * atom + 3)
        matrix[block, block] += springs[atom].sum(axis=0)
    return matrix, positions, side


def test_diffusivities_of_modes_have_the_mean_of_the_kernel_polynomials(spring_solid):
    matrix, positions, side = spring_solid
    masses = np.ones(200)
    found = harmonic_material(matrix, masses, np.zeros((6, 6)), np.zeros((6, 600)), side**3)
    scale = RADIANS_PER_PICOSECOND
    places = np.array([2.5, 3.0, 3.5])
    smooth = diffusivity(matrix, places, positions=positions, box=[side] * 3, moments=128)
    own = mode_diffusivities(matrix * scale**2, found, positions, side, 0.1 * scale) / scale
    for place, expected in zip(places, smooth["diffusivity"].to_numpy(), strict=True):
        near = np.abs(found.frequencies / scale - place) < 0.15
        assert near.sum() > 20
        assert own[near].mean() == pytest.approx(expected, rel=0.05)


def test_wide_lines_count_all_currents_of_a_mode(spring_solid):
    matrix, positions, side = spring_solid
    found = harmonic_material(matrix, np.ones(200), np.zeros((6, 6)), np.zeros((6, 600)), side**3)
    width = 1e6 * RADIANS_PER_PICOSECOND
    own = mode_diffusivities(matrix, found, positions, side, width)
    apart = positions[:, None] - positions
    apart -= side * np.round(apart / side)
    squared = np.zeros((597, 597))
    for axis in range(3):
        current = found.vectors.T @ (matrix * np.kron(apart[:, :, axis], np.ones((3, 3)))) @ found.vectors
        squared -= current @ current
    expected = np.sqrt(np.pi / 2.0) / 12.0 * np.diagonal(squared) / width / found.frequencies**2
    np.testing.assert_allclose(own, expected, rtol=1e-9)
