"""Elastic moduli against closed forms and against energies of strained, relaxed glasses."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import ConvergenceError, NotApplicableError
from bosonpeak.generators.glasses import elastic_moduli as elasticity
from bosonpeak.generators.glasses.elastic_moduli import STRAIN_COMPONENTS, elastic_moduli
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.particles.diameters import sample_diameters
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, evaluate

POTENTIAL = InversePower()


@pytest.fixture(scope="module", params=[(2, 64), (3, 90)], ids=["2d", "3d"])
def relaxed_glass(request):
    dimension, count = request.param
    rng = np.random.default_rng(21)
    box = count ** (1 / dimension)
    diameters = sample_diameters(count, rng)
    found = minimise(rng.random((count, dimension)) * box, diameters, box, POTENTIAL, tolerance=1e-11, method="l-bfgs")
    return found.positions, diameters, box


def strained_energy_and_gradient(positions, diameters, box, deformation):
    """All pairs in a deformed periodic cell: positions are those before the deformation."""
    rows, columns = np.triu_indices(len(positions), 1)
    separation = positions[rows] - positions[columns]
    separation = (separation - box * np.round(separation / box)) @ deformation.T
    distance = np.linalg.norm(separation, axis=1)
    energy, first, _ = evaluate(POTENTIAL, distance, diameters[rows], diameters[columns])
    pull = (first / distance)[:, None] * separation @ deformation
    gradient = np.zeros_like(positions)
    np.add.at(gradient, rows, pull)
    np.add.at(gradient, columns, -pull)
    return math.fsum(energy), gradient


def relaxed_energy(positions, diameters, box, deformation, projected):
    """Energy after a deformation and the relaxation that follows, with the Hessian of the start held fixed."""
    moved = positions.copy()
    for _ in range(60):
        energy, gradient = strained_energy_and_gradient(moved, diameters, box, deformation)
        if np.abs(gradient).max() < 1e-10:
            return energy
        moved -= projected.solve(gradient.reshape(-1, 1)).reshape(moved.shape)
    raise AssertionError("the strained glass did not relax")


def contracted(moduli, matrix):
    """Second derivative of the energy density along F = 1 + h M, from stiffness and stress."""
    dimension = len(matrix)
    strain = 0.5 * (matrix + matrix.T)
    voigt = np.array([strain[a, b] * (1 if a == b else 2) for a, b in STRAIN_COMPONENTS[dimension]])
    return voigt @ moduli.stiffness @ voigt + np.sum(moduli.stress * (matrix.T @ matrix))


def deformations(dimension):
    shears = [np.outer(np.eye(dimension)[a], np.eye(dimension)[b]) for a in range(dimension) for b in range(dimension)]
    mixed = np.arange(dimension**2).reshape(dimension, dimension) / dimension**2
    return [*shears, np.eye(dimension), mixed]


def test_stiffness_is_the_curvature_of_the_relaxed_energy(relaxed_glass):
    positions, diameters, box = relaxed_glass
    dimension = positions.shape[1]
    moduli = elastic_moduli(positions, diameters, box, POTENTIAL)
    projected = ProjectedHessian.of_configuration(positions, diameters, box, POTENTIAL)
    step = 1e-4
    for matrix in deformations(dimension):
        energies = [
            relaxed_energy(positions, diameters, box, np.eye(dimension) + h * matrix, projected)
            for h in (-step, 0.0, step)
        ]
        curvature = (energies[0] - 2 * energies[1] + energies[2]) / step**2 / box**dimension
        slope = (energies[2] - energies[0]) / (2 * step) / box**dimension
        assert contracted(moduli, matrix) == pytest.approx(curvature, rel=2e-4, abs=2e-3)
        assert np.sum(moduli.stress * matrix) == pytest.approx(slope, rel=1e-5, abs=1e-6)


def test_shear_modulus_is_the_rotational_average_of_simple_shears(relaxed_glass):
    positions, diameters, box = relaxed_glass
    dimension = positions.shape[1]
    moduli = elastic_moduli(positions, diameters, box, POTENTIAL)
    rng = np.random.default_rng(2)
    values = []
    for _ in range(4000):
        rotation, _ = np.linalg.qr(rng.standard_normal((dimension, dimension)))
        values.append(contracted(moduli, np.outer(rotation[0], rotation[1])))
    assert abs(np.mean(values) - moduli.shear) < 4 * np.std(values) / math.sqrt(len(values))


def test_bulk_modulus_is_the_response_of_the_pressure(relaxed_glass):
    positions, diameters, box = relaxed_glass
    dimension = positions.shape[1]
    step = 1e-5
    pressures = []
    for scale in (1 - step, 1 + step):
        moved = minimise(positions * scale, diameters, box * scale, POTENTIAL, tolerance=1e-11).positions
        pressures.append(elastic_moduli(moved, diameters, box * scale, POTENTIAL).pressure)
    slope = (pressures[1] - pressures[0]) / (2 * step) / dimension
    assert elastic_moduli(positions, diameters, box, POTENTIAL).bulk == pytest.approx(-slope, rel=1e-5)


def test_non_affine_part_only_softens_and_is_symmetric(relaxed_glass):
    moduli = elastic_moduli(*relaxed_glass, POTENTIAL)
    assert np.linalg.eigvalsh(moduli.non_affine).min() > -1e-9
    assert np.array_equal(moduli.non_affine, moduli.non_affine.T)
    assert np.allclose(moduli.born, moduli.born.T, rtol=1e-13)


def triangular_lattice(stretch):
    cells = 8
    columns, rows = np.meshgrid(np.arange(cells), np.arange(cells))
    positions = np.column_stack([(columns + 0.5 * (rows % 2)).ravel(), rows.ravel() * math.sqrt(3) / 2])
    return positions * stretch, np.array([cells, cells * math.sqrt(3) / 2]) * stretch


def test_triangular_lattice_of_springs_has_textbook_moduli():
    positions, box = triangular_lattice(1 - 1e-7)
    moduli = elastic_moduli(positions, np.ones(len(positions)), box, Harmonic())
    assert moduli.shear == pytest.approx(math.sqrt(3) / 4, rel=2e-6)
    assert moduli.bulk == pytest.approx(math.sqrt(3) / 2, rel=2e-6)
    assert np.abs(moduli.non_affine).max() < 1e-12


def test_velocities_follow_from_the_moduli(relaxed_glass):
    positions, diameters, box = relaxed_glass
    moduli = elastic_moduli(positions, diameters, box, POTENTIAL)
    assert moduli.density == pytest.approx(1.0, rel=1e-12)
    assert moduli.transverse_velocity**2 == pytest.approx(moduli.shear, rel=1e-12)
    assert moduli.lowest_transverse_frequency == pytest.approx(2 * math.pi * math.sqrt(moduli.shear) / box, rel=1e-12)
    assert moduli.longitudinal_velocity > moduli.transverse_velocity


def test_a_given_hessian_changes_nothing(relaxed_glass):
    projected = ProjectedHessian.of_configuration(*relaxed_glass, POTENTIAL)
    first = elastic_moduli(*relaxed_glass, POTENTIAL, hessian=projected)
    assert np.array_equal(first.stiffness, elastic_moduli(*relaxed_glass, POTENTIAL).stiffness)


def test_both_ways_to_the_response_have_the_same_digits(relaxed_glass, monkeypatch):
    dense = elastic_moduli(*relaxed_glass, POTENTIAL)
    monkeypatch.setattr(elasticity, "FACTORED_BELOW", 0)
    iterative = elastic_moduli(*relaxed_glass, POTENTIAL)
    assert not np.array_equal(dense.non_affine, iterative.non_affine)
    assert np.allclose(dense.non_affine, iterative.non_affine, rtol=0, atol=1e-12 * np.abs(dense.non_affine).max())
    assert iterative.shear == pytest.approx(dense.shear, rel=1e-11)
    assert iterative.bulk == pytest.approx(dense.bulk, rel=1e-11)


def test_a_large_glass_needs_no_factor():
    rng = np.random.default_rng(22)
    diameters = sample_diameters(450, rng)
    box = 450 ** (1 / 3)
    positions = minimise(rng.random((450, 3)) * box, diameters, box, POTENTIAL).positions
    projected = ProjectedHessian.of_configuration(positions, diameters, box, POTENTIAL)
    iterative = elastic_moduli(positions, diameters, box, POTENTIAL, hessian=projected)
    assert not projected.is_factored
    assert projected.factor.shape == (projected.size, projected.size)
    dense = elastic_moduli(positions, diameters, box, POTENTIAL, hessian=projected)
    assert np.allclose(dense.stiffness, iterative.stiffness, rtol=0, atol=1e-11 * np.abs(dense.stiffness).max())


def test_a_response_that_is_not_reached_is_found_by_the_factor_or_is_an_error(relaxed_glass, monkeypatch):
    def gives_up(*arguments):
        raise ConvergenceError("gave up", expected="a response", got="none")

    dense = elastic_moduli(*relaxed_glass, POTENTIAL)
    monkeypatch.setattr(elasticity, "FACTORED_BELOW", 0)
    monkeypatch.setattr(elasticity, "positive_solution", gives_up)
    assert np.array_equal(elastic_moduli(*relaxed_glass, POTENTIAL).stiffness, dense.stiffness)
    monkeypatch.setattr(elasticity, "_LARGEST_FACTORED", 0)
    with pytest.raises(ConvergenceError, match="gave up"):
        elastic_moduli(*relaxed_glass, POTENTIAL)


def test_force_balance_is_required(relaxed_glass):
    positions, diameters, box = relaxed_glass
    moved = positions.copy()
    moved[0] += 1e-3
    with pytest.raises(NotApplicableError, match="inherent structure"):
        elastic_moduli(moved, diameters, box, POTENTIAL)
