"""Minimisation of particle configurations."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.particles.configuration import rattlers
from bosonpeak.generators.particles.diameters import sample_diameters
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.neighbours import neighbour_pairs
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones

CASES = [
    (InversePower(), 2, 40),
    (InversePower(), 3, 70),
    (InversePower(taper=math.inf), 3, 70),
    (InversePower(n=10, taper=3), 2, 40),
    (LennardJones(truncation="tapered"), 3, 150),
    (Harmonic(), 2, 60),
]


def soft_spheres(dimension, count, seed=1):
    rng = np.random.default_rng(seed)
    box = count ** (1 / dimension)
    return rng.random((count, dimension)) * box, sample_diameters(count, rng), box


@pytest.mark.parametrize(("potential", "dimension", "count"), CASES)
def test_residual_force_is_as_small_as_asked(potential, dimension, count):
    positions, diameters, box = soft_spheres(dimension, count)
    if isinstance(potential, LennardJones):
        diameters = np.ones(count)
    found = minimise(positions, diameters, box, potential)
    energy, forces = energy_and_forces(found.positions, diameters, box, potential)
    assert np.linalg.norm(forces, axis=1).max() <= 1.5e-10
    assert found.residual_force <= 1e-10
    assert energy == pytest.approx(found.energy, rel=1e-12)
    assert energy < energy_and_forces(positions, diameters, box, potential)[0]
    assert np.all((found.positions >= 0) & (found.positions <= box))


@pytest.mark.parametrize(("potential", "dimension", "count"), CASES)
def test_forces_are_minus_the_gradient(potential, dimension, count):
    positions, diameters, box = soft_spheres(dimension, count)
    if isinstance(potential, LennardJones):
        diameters = np.ones(count)
    positions = minimise(positions, diameters, box, potential, tolerance=0.1).positions
    _, forces = energy_and_forces(positions, diameters, box, potential)
    step = 1e-5
    for particle, axis in ((0, 0), (3, 1), (count - 1, dimension - 1)):
        energies = []
        for sign in (1, -1):
            moved = positions.copy()
            moved[particle, axis] += sign * step
            energies.append(energy_and_forces(moved, diameters, box, potential)[0])
        slope = (energies[0] - energies[1]) / (2 * step)
        assert forces[particle, axis] == pytest.approx(-slope, abs=1e-6 * max(1, np.abs(forces).max()))


@pytest.mark.parametrize("dimension", [2, 3])
def test_energy_is_that_of_all_pairs_and_forces_balance(dimension):
    positions, diameters, box = soft_spheres(dimension, 64, seed=4)
    potential = InversePower()
    positions = minimise(positions, diameters, box, potential, tolerance=1.0).positions
    separation = positions[:, None] - positions[None]
    separation -= box * np.round(separation / box)
    rows, columns = np.triu_indices(64, 1)
    distance = np.linalg.norm(separation, axis=2)[rows, columns]
    direct = potential.energy(distance, diameters[rows], diameters[columns]).sum()
    energy, forces = energy_and_forces(positions, diameters, box, potential)
    assert energy == pytest.approx(direct, rel=1e-13)
    assert np.abs(forces.sum(axis=0)).max() < 1e-11
    shifted = energy_and_forces(positions + 17.3, diameters, box, potential)
    assert shifted[0] == pytest.approx(energy, rel=1e-12)


def test_many_pairs_and_single_pairs_agree_for_every_taper():
    positions, diameters, box = soft_spheres(3, 64, seed=5)
    for potential in (InversePower(n=n, taper=m) for n in (1, 7, 12) for m in (2, 3, 5, math.inf)):
        relaxed = minimise(positions, diameters, box, potential, tolerance=1.0).positions
        pairs = neighbour_pairs(relaxed, np.full(3, box), potential.cutoff)
        separation = relaxed[pairs[:, 0]] - relaxed[pairs[:, 1]]
        separation -= box * np.round(separation / box)
        distance = np.linalg.norm(separation, axis=1)
        sizes = diameters[pairs[:, 0]], diameters[pairs[:, 1]]
        pull = potential.derivatives(distance, *sizes)[0][:, None] * separation / distance[:, None]
        forces = np.zeros_like(relaxed)
        np.add.at(forces, pairs[:, 0], -pull)
        np.add.at(forces, pairs[:, 1], pull)
        energy, kernel_forces = energy_and_forces(relaxed, diameters, box, potential)
        assert energy == pytest.approx(potential.energy(distance, *sizes).sum(), rel=1e-13)
        assert np.allclose(kernel_forces, forces, rtol=0, atol=1e-12 * max(1, np.abs(pull).max()))


@pytest.mark.parametrize("truncation", ["hard", "shifted", "force-shifted", "tapered"])
@pytest.mark.parametrize(("taper", "mixture"), [(2, False), (math.inf, False), (3, True)])
def test_many_lennard_jones_pairs_are_their_sum_and_lie_still_at_rest(truncation, taper, mixture):
    """Pairs have cutoffs of their own, and most of those within the largest are beyond theirs."""
    potential = LennardJones(1.5, truncation, taper, mixture)
    positions, diameters, box = soft_spheres(3, 120, seed=5)
    diameters = np.where(np.arange(120) < 96, 1.0, 0.88) if mixture else diameters
    smooth = LennardJones(1.5, "shifted" if truncation == "hard" else truncation, taper, mixture)
    relaxed = minimise(positions, diameters, box, smooth)
    pairs = neighbour_pairs(relaxed.positions, np.full(3, box), potential.largest_range(diameters))
    separation = relaxed.positions[pairs[:, 0]] - relaxed.positions[pairs[:, 1]]
    distance = np.linalg.norm(separation - box * np.round(separation / box), axis=1)
    alone = potential.energy(distance, diameters[pairs[:, 0]], diameters[pairs[:, 1]])
    energy, forces = energy_and_forces(relaxed.positions, diameters, box, potential)
    assert energy == pytest.approx(alone.sum(), rel=1e-12)
    assert np.linalg.norm(forces, axis=1).max() <= 1.01e-10
    assert np.count_nonzero(alone) < len(alone)


def test_dilute_harmonic_spheres_lose_all_energy_and_contacts():
    rng = np.random.default_rng(3)
    positions, diameters = rng.random((30, 3)) * 6, np.ones(30)
    found = minimise(positions, diameters, 6.0, Harmonic())
    assert found.energy < 1e-18
    assert rattlers(found.positions, diameters, 6.0, Harmonic()).all()


def test_too_few_steps_are_reported():
    positions, diameters, box = soft_spheres(3, 70)
    with pytest.raises(ConvergenceError, match="inherent structure"):
        minimise(positions, diameters, box, InversePower(), max_iterations=3)


def test_unreachable_tolerance_is_reported_not_endless():
    positions, diameters, box = soft_spheres(2, 40)
    with pytest.raises(ConvergenceError):
        minimise(positions, diameters, box, InversePower(), tolerance=1e-18, max_iterations=3000)


def spoiled(change):
    positions, diameters, box = soft_spheres(3, 70)
    return change(positions, diameters, box)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, a, box: (np.where(x == x[5, 1], np.nan, x), a, box), "not finite"),
        (lambda x, a, box: (np.vstack([x[1], x[1:]]), a, box), "overlap"),
        (lambda x, a, box: (x, a, 3.9), "half the box"),
        (lambda x, a, box: (x, a, -box), "box"),
        (lambda x, a, box: (x, a, np.array([box, np.inf, box])), "box"),
        (lambda x, a, box: (x, a[1:], box), "disagree"),
        (lambda x, a, box: (x, 2 * a, box), "largest diameter"),
        (lambda x, a, box: (x.ravel(), a, box), "positions"),
    ],
)
def test_senseless_configurations_are_refused(change, message):
    with pytest.raises(RecipeError, match=message):
        minimise(*spoiled(change), InversePower())


def test_tolerance_must_be_positive():
    with pytest.raises(RecipeError, match="tolerance"):
        minimise(*soft_spheres(3, 70), InversePower(), tolerance=0.0)
