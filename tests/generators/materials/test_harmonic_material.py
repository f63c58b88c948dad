"""Elastic constants and modes from derivatives, against closed forms."""

import numpy as np
import pytest
from scipy import constants

from bosonpeak.generators.materials.harmonic_material import (
    RADIANS_PER_PICOSECOND,
    harmonic_material,
    isotropic_moduli,
)


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
