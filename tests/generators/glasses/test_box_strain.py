"""The Hessian extended by the strains of the box, and relaxation to zero shear stress in a box that may tilt."""

from dataclasses import replace

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import folded_into_cell, standard_cell, tilted_cell
from bosonpeak.generators import InversePower, minimise, random_configuration
from bosonpeak.generators.glasses import shear_relaxation
from bosonpeak.generators.glasses.box_strain import extended_hessian, strain_basis, strain_response
from bosonpeak.generators.glasses.elastic_moduli import moduli_of_configuration
from bosonpeak.generators.glasses.shear_relaxation import relaxed_to_zero_shear
from bosonpeak.generators.particles.configuration import Configuration

POTENTIAL = InversePower(taper=2.0)


def quenched(particles, dimension, seed):
    """An inherent structure at density 1 from random positions."""
    positions, diameters, box = random_configuration(particles, dimension, POTENTIAL, seed=seed)
    found = minimise(positions, diameters, box, POTENTIAL)
    return Configuration.checked(found.positions, diameters, box, POTENTIAL)


def deformed(glass, displacements, strain):
    """The configuration after displacements and a deformation by exp(strain)."""
    values, vectors = np.linalg.eigh(strain)
    deformation = (vectors * np.exp(values)) @ vectors.T
    box, tilt, turn = standard_cell(tilted_cell(glass.box, glass.tilt) @ deformation)
    places = (glass.positions + displacements) @ deformation @ turn
    return replace(glass, positions=folded_into_cell(places, tilted_cell(box, tilt)), box=box, tilt=tilt)


def enthalpy(glass, pressure, displacements, strain):
    """U + p V of the deformed configuration."""
    after = deformed(glass, displacements, strain)
    return after.interactions.energy.sum() + pressure * np.prod(after.box)


@pytest.mark.parametrize("dimension", [2, 3])
def test_basis_is_orthonormal_with_the_dilation_last(dimension):
    basis = strain_basis(dimension)
    components = dimension * (dimension + 1) // 2
    assert basis.shape == (components, dimension, dimension)
    assert np.allclose(np.einsum("nab,mab->nm", basis, basis), np.eye(components), atol=1e-15)
    assert np.allclose(np.trace(basis, axis1=1, axis2=2), [0.0] * (components - 1) + [dimension**0.5], atol=1e-15)


@pytest.mark.parametrize(("particles", "dimension"), [(40, 2), (80, 3)])
class TestExtendedHessian:
    def test_is_the_second_difference_of_the_enthalpy(self, particles, dimension):
        glass = quenched(particles, dimension, 3)
        volume = float(np.prod(glass.box))
        pressure = strain_response(glass.interactions, volume).stress[-1] / -(dimension**0.5)
        basis, matrix = strain_basis(dimension), extended_hessian(glass.interactions, volume)
        unit = (particles * volume ** (2 / dimension)) ** 0.5
        random = np.random.default_rng(0)
        step = 3e-5
        for _ in range(4):
            one, two = random.standard_normal((2, len(matrix)))
            one[-len(basis) :] *= 10.0
            two[-len(basis) :] *= 10.0

            def at(vector):
                shifts, strains = vector[: -len(basis)].reshape(glass.positions.shape), vector[-len(basis) :] / unit
                return enthalpy(glass, pressure, shifts, np.tensordot(strains, basis, 1))

            expected = sum(a * b * at(step * (a * one + b * two)) for a in (-1, 1) for b in (-1, 1)) / (4 * step**2)
            assert one @ matrix @ two == pytest.approx(expected, rel=1e-4, abs=1e-4 * np.abs(matrix).max())

    def test_is_symmetric_with_the_translations_as_zero_modes(self, particles, dimension):
        glass = quenched(particles, dimension, 3)
        matrix = extended_hessian(glass.interactions, float(np.prod(glass.box)))
        assert np.array_equal(matrix, matrix.T)
        shift = np.zeros((len(matrix), dimension))
        shift[: particles * dimension] = np.tile(np.eye(dimension), (particles, 1))
        assert np.abs(matrix @ shift).max() < 1e-9 * np.abs(matrix).max()

    def test_stress_is_the_first_difference_of_the_energy(self, particles, dimension):
        glass = quenched(particles, dimension, 3)
        volume, step = float(np.prod(glass.box)), 1e-6
        still = np.zeros_like(glass.positions)
        for stress, strain in zip(
            strain_response(glass.interactions, volume).stress, strain_basis(dimension), strict=True
        ):
            change = enthalpy(glass, 0.0, still, step * strain) - enthalpy(glass, 0.0, still, -step * strain)
            assert stress * volume == pytest.approx(change / (2 * step), rel=1e-6, abs=1e-5)

    def test_isotropic_averages_are_the_moduli(self, particles, dimension):
        glass = quenched(particles, dimension, 3)
        found = strain_response(glass.interactions, float(np.prod(glass.box)))
        moduli = moduli_of_configuration(glass)
        assert np.trace(found.stiffness[:-1, :-1]) / (len(found.stress) - 1) == pytest.approx(2 * moduli.shear)
        assert found.stiffness[-1, -1] == pytest.approx(dimension * moduli.bulk)

    @pytest.mark.parametrize("weight", [0.01, 1.0, 30.0])
    def test_negative_eigenvalues_are_counted_by_the_stiffness_whatever_the_unit_of_strain(
        self, particles, dimension, weight
    ):
        kinds = set()
        for seed in range(6):
            glass = quenched(particles, dimension, seed)
            volume = float(np.prod(glass.box))
            found = strain_response(glass.interactions, volume)
            values = np.linalg.eigvalsh(extended_hessian(glass.interactions, volume, weight=weight))
            negative = int(np.sum(values < -1e-8 * values[-1]))
            assert negative == int(np.sum(np.linalg.eigvalsh(found.stiffness) < 0.0))
            kinds.add(negative > 0)
        assert kinds == {True, False}


def square_lattice(edge):
    """Equal particles on a square lattice of spacing 1 with nearest and next-nearest neighbours."""
    places = np.stack(np.meshgrid(np.arange(edge), np.arange(edge)), -1).reshape(-1, 2).astype(float)
    return Configuration.checked(places, np.ones(len(places)), float(edge), POTENTIAL)


def test_a_square_lattice_is_unstable_against_one_shear():
    glass, basis = square_lattice(4), strain_basis(2)
    response = extended_hessian(glass.interactions, 16.0)[-3:, -3:]
    # The lattice is symmetric: particles follow the box, and the strains do not mix.
    assert np.allclose(response, np.diag(np.diag(response)), atol=1e-12)
    still = np.zeros_like(glass.positions)
    changes = [
        enthalpy(glass, 0.0, still, sign * 0.01 * strain) - glass.interactions.energy.sum()
        for strain in basis[:2]
        for sign in (1, -1)
    ]
    assert [change < 0.0 for change in changes] == [bool(value < 0.0) for value in np.diag(response)[[0, 0, 1, 1]]]
    assert np.sum(np.diag(response) < 0.0) == 1


def test_a_saddle_is_refused():
    positions, diameters, box = random_configuration(40, 2, POTENTIAL, seed=1)
    liquid = Configuration.checked(positions, diameters, box, POTENTIAL)
    with pytest.raises(NotApplicableError, match="not positive definite"):
        strain_response(liquid.interactions, 40.0)


def triangular_lattice():
    """Equal particles on a triangular lattice of spacing 1 in its rectangular box."""
    column, row = np.meshgrid(np.arange(8), np.arange(8))
    places = np.column_stack([(column + 0.5 * (row % 2)).ravel(), (0.75**0.5 * row).ravel()])
    return Configuration.checked(places, np.ones(64), [8.0, 8.0 * 0.75**0.5], POTENTIAL)


SEEDS = ((40, 2, 0), (40, 2, 6), (40, 2, 9), (80, 3, 0), (80, 3, 1))


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: "-".join(map(str, seed)))
def pair(request):
    """A quenched glass and its relaxation."""
    glass = quenched(*request.param)
    return glass, relaxed_to_zero_shear(glass)


class TestRelaxed:
    def test_forces_and_shear_stress_vanish(self, pair):
        _, after = pair
        volume = float(np.prod(after.glass.box))
        assert np.linalg.norm(after.glass.interactions.forces, axis=1).max() == pytest.approx(
            after.residual_force, abs=1e-11
        )
        assert after.residual_force <= 1e-10
        assert strain_response(after.glass.interactions, volume).shear_stress <= 1e-8

    def test_is_a_minimum_over_shears(self, pair):
        _, after = pair
        found = strain_response(after.glass.interactions, float(np.prod(after.glass.box)))
        assert found.lowest_shear_stiffness > 0.0

    def test_energy_falls_and_volume_stays(self, pair):
        before, after = pair
        assert after.energy < before.interactions.energy.sum()
        assert after.energy == pytest.approx(after.glass.interactions.energy.sum(), rel=1e-12)
        assert np.prod(after.glass.box) == pytest.approx(np.prod(before.box), rel=1e-12)

    def test_a_second_relaxation_changes_nothing(self, pair):
        _, after = pair
        again = relaxed_to_zero_shear(after.glass)
        assert again.is_elastic
        assert again.branch_strain < 1e-8
        assert again.energy == pytest.approx(after.energy, rel=1e-12)

    def test_diameters_are_the_same(self, pair):
        before, after = pair
        assert np.array_equal(before.diameters, after.glass.diameters)


def test_some_branches_are_elastic_and_some_are_not():
    assert {relaxed_to_zero_shear(quenched(*seed)).is_elastic for seed in SEEDS} == {True, False}


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_four_times_shorter_steps_give_the_same_branch(seed, monkeypatch):
    glass = quenched(*seed)
    expected = relaxed_to_zero_shear(glass)
    monkeypatch.setattr(shear_relaxation, "FIRST_STRAIN", shear_relaxation.FIRST_STRAIN / 4)
    monkeypatch.setattr(shear_relaxation, "_CONTRACTION", 0.1)
    monkeypatch.setattr(shear_relaxation, "_EASY", 0.02)
    found = relaxed_to_zero_shear(glass)
    assert found.is_elastic == expected.is_elastic
    if found.is_elastic:
        assert found.energy == pytest.approx(expected.energy, rel=1e-10)


@pytest.mark.parametrize("strain", [np.diag([0.03, -0.03]), np.array([[0.0, 0.02], [0.02, 0.0]])])
def test_a_strained_crystal_goes_back_along_its_elastic_branch(strain):
    crystal = triangular_lattice()
    start = deformed(crystal, np.zeros_like(crystal.positions), strain)
    found = relaxed_to_zero_shear(start)
    assert found.is_elastic
    assert found.energy == pytest.approx(crystal.interactions.energy.sum(), rel=1e-12)
    # The way back is straight, but for steps that overshoot because stress is not linear in strain.
    assert 1.0 <= found.branch_strain / np.linalg.norm(strain) < 1.05


def test_a_crystal_sheared_beyond_its_strength_meets_an_instability():
    crystal = triangular_lattice()
    jolt = 1e-4 * np.random.default_rng(0).standard_normal(crystal.positions.shape)
    start = deformed(crystal, jolt, np.array([[0.0, 0.12], [0.12, 0.0]]))
    with pytest.raises(NotApplicableError):
        relaxed_to_zero_shear(start)


def test_a_liquid_is_refused():
    positions, diameters, box = random_configuration(40, 2, POTENTIAL, seed=1)
    with pytest.raises(NotApplicableError, match="not positive definite"):
        relaxed_to_zero_shear(Configuration.checked(positions, diameters, box, POTENTIAL))


def test_slopes_are_those_of_the_listed_pairs():
    glass = quenched(80, 3, 1)
    state = shear_relaxation._State(glass.positions, np.diag(glass.box))
    pairs = shear_relaxation._Glass(glass.diameters, POTENTIAL)
    random = np.random.default_rng(1)
    for _ in range(4):
        # The list of the first state serves as long as no pair can have come within reach.
        state = state.moved(0.02 * random.standard_normal(state.positions.shape), np.diag([0.01, -0.004, -0.006]))
        energy, gradient, tension = pairs.slopes(state)
        box, tilt = np.diag(state.cell).copy(), state.cell[np.tril_indices(3, -1)]
        fresh = replace(glass, positions=state.positions, box=box, tilt=tilt).interactions
        separation = fresh.distance[:, None] * fresh.direction
        expected = (separation.T * (fresh.first / fresh.distance)) @ separation
        assert energy == pytest.approx(fresh.energy.sum(), rel=1e-12)
        assert np.allclose(gradient, -fresh.forces, rtol=1e-9, atol=1e-9)
        assert np.allclose(tension, expected, rtol=1e-9, atol=1e-9)
