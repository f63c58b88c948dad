"""The quasi-equilibrium theory: closed forms, its sums over modes, and its algebra done again."""

import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError, SchemaError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.sample_generators.theory import TheorySpectrum
from bosonpeak.generators.theories.quasi_equilibrium import (
    amplitude_denominators,
    amplitude_slope,
    crossover_frequency,
    debye_level,
    inverse_modulus,
    local_exponent,
    mode_sum,
    quasi_equilibrium,
    smearing_weight,
)

FREQUENCY = np.linspace(0.0, 2.0, 41)


def test_debye_without_modulation():
    density = quasi_equilibrium(FREQUENCY, 0.0, speed=2.0, mode_count=5.0)
    np.testing.assert_allclose(density, 8.0 * np.pi**2 / 10.0 * FREQUENCY**2, rtol=1e-14)


def test_exponent_three_at_the_crossover():
    crossover = float(crossover_frequency(0.4, speed=1.5))
    assert crossover == pytest.approx(np.sqrt(3.0) / 2.0 * 0.4 * 1.5, rel=1e-14)
    assert local_exponent(np.array([crossover]), 0.4, speed=1.5)[0] == pytest.approx(3.0, rel=1e-14)
    step = 1e-5 * crossover
    below, above = quasi_equilibrium([crossover - step, crossover + step], 0.4, speed=1.5)
    assert np.log(above / below) / (2.0 * step / crossover) == pytest.approx(3.0, abs=1e-8)


def test_limits_of_the_exponent():
    np.testing.assert_allclose(local_exponent(np.array([1e-6, 1e6]), 1.0), [4.0, 2.0], atol=1e-9)


def test_reduced_density_has_no_maximum():
    reduced = quasi_equilibrium(FREQUENCY[1:], 0.5) / (debye_level() * FREQUENCY[1:] ** 2)
    assert (np.diff(reduced) > 0.0).all()
    assert reduced[-1] < 1.0


def test_components_are_averaged():
    mixture = quasi_equilibrium(FREQUENCY, [0.0, 0.6], weights=[1.0, 3.0])
    expected = 0.25 * quasi_equilibrium(FREQUENCY, 0.0) + 0.75 * quasi_equilibrium(FREQUENCY, 0.6)
    np.testing.assert_allclose(mixture, expected, rtol=1e-14)


@pytest.mark.parametrize(
    "arguments",
    [
        {"frequencies": [-1.0], "modulation_wavenumbers": 0.1},
        {"frequencies": [1.0], "modulation_wavenumbers": np.nan},
        {"frequencies": [1.0], "modulation_wavenumbers": [0.1, 0.2], "weights": [1.0]},
        {"frequencies": [1.0], "modulation_wavenumbers": 0.1, "speed": 0.0},
    ],
)
def test_impossible_arguments(arguments):
    with pytest.raises(SchemaError):
        quasi_equilibrium(**arguments)


def test_sum_of_all_modes_does_not_feel_the_shift():
    edges = np.linspace(0.0, 1.0, 11)
    shifted, opposite, still = (
        mode_sum(10, 2, shift_sign=1),
        mode_sum(10, 2, shift_sign=-1),
        mode_sum(10, 0),
    )
    density = shifted.density(edges, confined=False)
    np.testing.assert_array_equal(density, opposite.density(edges, confined=False))
    assert shifted.lost_fraction == pytest.approx(opposite.lost_fraction, rel=1e-12)
    assert still.lost_fraction == 0.0
    assert (density < still.density(edges, confined=False))[density > 0.0].all()


def test_modes_are_lost_only_near_the_edge_of_the_sphere():
    modes = mode_sum(20, 3)
    lost = ~modes.inside
    assert lost.any()
    assert modes.mode_wavenumber[lost].min() > 1.0 - 3.0 / 20.0


def test_lost_modes_are_those_outside_the_overlap_of_two_spheres():
    shift, modes = 0.1, mode_sum(40, 4)
    assert np.mean(~modes.inside) == pytest.approx(0.75 * shift - 0.0625 * shift**3, abs=0.003)


def test_single_modes_are_shown_in_the_range_of_equation_21():
    low, high, weight = mode_sum(20, 2).smearing(0.5)
    assert (low, high) == pytest.approx((0.4, 0.6), abs=1e-12)
    assert weight == pytest.approx(float(smearing_weight(0.5, 0.2) / smearing_weight(0.5, 0.0)), rel=1e-12)
    with pytest.raises(SchemaError):
        mode_sum(20, 2).smearing(0.501)


def test_printed_sign_of_equation_11_is_negative_below_the_crossover():
    modes = mode_sum(20, 4, gradient_sign=-1)
    below = modes.mode_wavenumber < float(crossover_frequency(0.4))
    assert (modes.weight[below] < 0.0).all()
    assert (modes.weight[~below] > 1.0).all()


@pytest.mark.parametrize(("k", "k_g"), [(1.0, 0.5), (0.2, 1.0), (3.0, 3.0)])
def test_gradient_term_is_a_quarter_with_either_sign(k, k_g):
    found = amplitude_denominators(k, k_g)
    assert found.modulation == pytest.approx(k**2 - k_g**2 / 4.0, abs=1e-13)
    assert found.modulation_of_modulus == pytest.approx(0.0, abs=1e-13)
    assert found.mean_of_modulus == pytest.approx(k**2 + k_g**2 / 4.0, abs=1e-13)


def test_amplitude_follows_the_softness_only_above_half_the_modulation():
    for k in (0.1, 0.4, 0.6, 5.0):
        assert amplitude_slope(k, 1.0) == pytest.approx((k**2 + 0.25) / (k**2 - 0.25), rel=1e-12)


def test_inverse_modulus_of_a_uniform_amplitude_is_uniform():
    np.testing.assert_allclose(inverse_modulus(np.full(16, 0.5), 7.0, 2.0), 1.0, rtol=1e-13)


def test_grid_is_a_valid_dataset():
    generator = TheorySpectrum()
    parameters = generator.check(
        {
            "theory": "quasi-equilibrium",
            "debye_radius": 10,
            "modulation_wavenumber": [0.0, 0.2],
            "mode_wavenumber": [0.1, 0.3],
            "frequencies": 50,
        }
    )
    grid = generator.assemble(parameters, [generator.sample(parameters, np.random.SeedSequence(1))])
    grid.attrs |= provenance_attributes(
        kind="theory-spectrum",
        title="A grid",
        summary="",
        created="2026-01-31",
        licence="CC0-1.0",
        source="none",
        recipe="[recipe]\n",
        seed=1,
    )
    validate(grid)
    debye = grid.sel(modulation_wavenumber=0.0)
    np.testing.assert_allclose(debye["density_of_states"], 3.0 * grid["frequency"] ** 2, rtol=1e-13)
    at = grid.sel(modulation_wavenumber=0.2, mode_wavenumber=0.3)
    assert at["amplitude_denominator"].item() == pytest.approx(0.09 - 0.01, rel=1e-12)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"theory": "phlogiston"},
        {"theory": "quasi-equilibrium", "modulation_wavenumber": [0.03]},
        {"theory": "quasi-equilibrium", "mode_wavenumber": [0.0, 0.1]},
        {"theory": "quasi-equilibrium", "samples": 3},
    ],
)
def test_impossible_recipes(parameters):
    with pytest.raises(RecipeError):
        TheorySpectrum().check(parameters)


def test_a_theory_has_one_sample():
    generator = TheorySpectrum()
    parameters = generator.check({"theory": "quasi-equilibrium", "debye_radius": 20, "frequencies": 10})
    with pytest.raises(RecipeError, match="one sample"):
        generator.assemble(parameters, [{}, {}])
