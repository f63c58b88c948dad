"""Own pair potentials: from eight lines, or from a table, to Hessian, minimum and modes."""

import math

import numpy as np
import pytest

from bosonpeak import vibrations
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators import (
    Configuration,
    InversePower,
    LennardJones,
    TabulatedPotential,
    elastic_moduli,
    hessian,
    minimise,
    pair_stresses,
    swap_monte_carlo,
)
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.potentials import evaluate


class Morse:
    cutoff = 2.5

    def terms(self, r, a_i, a_j):
        x = np.exp(-6.0 * (r - 0.5 * (a_i + a_j)))
        return x**2 - 2.0 * x, -12.0 * (x**2 - x), 72.0 * (2.0 * x**2 - x)


class Ours:
    """A potential of this package in the caller's form."""

    def __init__(self, potential):
        self.potential, self.cutoff = potential, potential.largest_range([1.0, 1.4])

    def terms(self, r, a_i, a_j):
        return self.potential.terms(r, a_i, a_j)


@pytest.fixture(scope="module")
def start():
    """Half-relaxed particles of two sizes, so that first derivatives matter."""
    generator = np.random.default_rng(5)
    diameters = np.sort(generator.choice([1.0, 1.2], 100))
    box = np.full(2, 10.0)
    potential = InversePower()
    found = minimise(generator.random((100, 2)) * box, diameters, box, potential, tolerance=0.1)
    return found.positions, diameters, box


def forces(positions, diameters, box, potential):
    return Configuration.checked(positions, diameters, box, potential).interactions.forces


def test_the_hessian_of_morse_agrees_with_finite_differences(start):
    positions, diameters, box = start
    matrix = hessian(positions, diameters, box, Morse()).toarray()
    step = 1e-5
    scale = np.abs(matrix).max()
    for row in range(0, 200, 7):
        pushed = []
        for sign in (1.0, -1.0):
            moved = positions.copy()
            moved.flat[row] += sign * step
            pushed.append(forces(moved, diameters, box, Morse()).ravel())
        np.testing.assert_allclose((pushed[1] - pushed[0]) / (2.0 * step), matrix[row], rtol=0, atol=1e-6 * scale)


def test_forces_are_the_slope_of_the_energy(start):
    positions, diameters, box = start
    force = forces(positions, diameters, box, Morse())
    direction = np.random.default_rng(0).standard_normal(positions.shape)
    energies = [
        Configuration.checked(positions + sign * 1e-5 * direction, diameters, box, Morse()).interactions.energy.sum()
        for sign in (1.0, -1.0)
    ]
    assert (energies[1] - energies[0]) / 2e-5 == pytest.approx(np.sum(force * direction), rel=1e-6)


@pytest.mark.parametrize("potential", [InversePower(), InversePower(taper=math.inf), LennardJones()])
def test_a_known_potential_in_the_callers_form_gives_the_same(start, potential):
    ours, theirs = (Configuration.checked(*start, each) for each in (potential, Ours(potential)))
    np.testing.assert_array_equal(hessian(*start, potential).toarray(), hessian(*start, Ours(potential)).toarray())
    np.testing.assert_array_equal(
        pair_stresses(*start, potential).stress, pair_stresses(*start, Ours(potential)).stress
    )
    energy, force = energy_and_forces(*start, potential)
    tabulated_energy, tabulated_force = energy_and_forces(*start, Ours(potential))
    assert tabulated_energy == pytest.approx(energy, rel=1e-11)
    np.testing.assert_allclose(tabulated_force, force, rtol=0, atol=1e-9 * np.abs(force).max())
    assert len(ours.interactions.pairs) == len(theirs.interactions.pairs)


def test_an_own_potential_is_minimised_and_has_modes(start):
    found = minimise(*start, Morse())
    glass = Configuration.checked(found.positions, start[1], start[2], Morse())
    assert np.abs(glass.interactions.forces).max() < 1e-8
    modes = vibrations(glass)
    assert modes["zero_mode_count"].item() == 2
    assert "unstable_frequency" not in modes
    assert modes["shear_modulus"].item() == pytest.approx(elastic_moduli(*glass_arrays(glass), Morse()).shear)


def glass_arrays(glass):
    return glass.positions, glass.diameters, glass.box


def test_an_own_liquid_moves(start):
    positions, diameters, box = start
    ours = swap_monte_carlo(
        positions, diameters, box, InversePower(), temperature=0.5, sweeps=20, seed=3, kernel="plain"
    )
    theirs = swap_monte_carlo(
        positions, diameters, box, Ours(InversePower()), temperature=0.5, sweeps=20, seed=3, kernel="plain"
    )
    assert ours.displacement_acceptance == pytest.approx(theirs.displacement_acceptance, abs=0.05)


def test_a_table_gives_the_potential_that_it_was_taken_from(start):
    r = np.linspace(0.4, 2.5, 1500)
    kinds = np.array([1.0, 1.2])
    energy = np.array([[Morse().terms(r, one, other)[0] for other in kinds] for one in kinds])
    table = TabulatedPotential(r, energy, kinds)
    exact, tabulated = (hessian(*start, potential).toarray() for potential in (Morse(), table))
    np.testing.assert_allclose(tabulated, exact, rtol=0, atol=1e-6 * np.abs(exact).max())
    alone = TabulatedPotential(r, energy[0, 0])
    assert evaluate(Configuration.checked([[0, 0], [1, 0]], [1, 1], 6.0, alone).potential, 1.1, 1.0, 1.0)[
        0
    ] == pytest.approx(float(Morse().terms(np.array([1.1]), 1.0, 1.0)[0][0]), rel=1e-9)


def wrong(change):
    class Wrong(Morse):
        def terms(self, r, a_i, a_j):
            return change(*super().terms(r, a_i, a_j))

    return Wrong()


@pytest.mark.parametrize(
    ("potential", "message"),
    [
        (wrong(lambda e, f, s: (e, -f, s)), "first derivative of the pair potential is not that of the energy"),
        (wrong(lambda e, f, s: (e, f, 0.5 * s)), "second derivative of the pair potential is not"),
        (wrong(lambda e, f, s: (e, f)), "three arrays"),
        (wrong(lambda e, f, s: (e, f, s * np.nan)), "not finite at r ="),
        (object(), "not a PairPotential"),
        (type("Endless", (Morse,), {"cutoff": math.inf})(), "cutoff of the pair potential"),
    ],
)
def test_mistakes_are_named(potential, message):
    with pytest.raises(RecipeError, match=message):
        Configuration.checked([[0.0, 0.0], [1.0, 0.0]], [1.0, 1.0], 6.0, potential)


def test_tables_that_do_not_fit_are_refused(start):
    r = np.linspace(0.5, 2.5, 50)
    for arguments in ((r[::-1], r), (r, r[:-1]), (r[:4], r[:4]), (r, np.zeros((2, 2, 50)))):
        with pytest.raises(RecipeError, match="cannot be used"):
            TabulatedPotential(*arguments)
    skew = np.zeros((2, 2, 50))
    skew[0, 1] = 1.0
    with pytest.raises(RecipeError, match="not symmetric"):
        TabulatedPotential(r, skew, (1.0, 2.0))
    energy = Morse().terms(r, 1.0, 1.0)[0]
    with pytest.raises(RecipeError, match="closer than the table begins"):
        hessian([[0.0, 0.0], [0.3, 0.0]], [1.0, 1.0], 6.0, TabulatedPotential(r, energy))
    with pytest.raises(RecipeError, match="kind without a table"):
        hessian([[0.0, 0.0], [0.9, 0.0]], [1.0, 3.0], 6.0, TabulatedPotential(r, [[energy] * 2] * 2, (1.0, 2.0)))
    with pytest.raises(RecipeError, match="too many kinds"):
        minimise(start[0], np.linspace(0.9, 1.1, 100), start[2], Morse())
