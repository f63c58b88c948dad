"""Pair potentials against high-precision arithmetic, written here independently of the code."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones, evaluate

mpmath.mp.dps = 60


def high_precision(function, r):
    """Function value and its first two derivatives by high-precision differences."""
    point = mpmath.mpf(float(r))
    return [mpmath.diff(function, point, k, h=mpmath.mpf(10) ** -18) for k in range(3)]


def taper(x, order):
    return mpmath.exp(x / (2 * (x - 1))) if math.isinf(order) else (1 - x * x) ** int(order)


def inverse_power(n, cutoff, order, sigma):
    rc, sigma = mpmath.mpf(cutoff), mpmath.mpf(sigma)
    return lambda r: (sigma / rc) ** n * ((r / rc) ** -n - 1) * taper(r / rc, order)


def lennard_jones(cutoff, truncation, order, sigma, epsilon):
    sigma, cutoff = mpmath.mpf(sigma), mpmath.mpf(cutoff)

    def bare(r):
        return 4 * mpmath.mpf(epsilon) * ((sigma / r) ** 12 - (sigma / r) ** 6)

    edge = cutoff * sigma
    if truncation == "hard":
        return bare
    if truncation == "shifted":
        return lambda r: bare(r) - bare(edge)
    if truncation == "force-shifted":
        return lambda r: bare(r) - bare(edge) - (r - edge) * mpmath.diff(bare, edge)
    return lambda r: (bare(r) - bare(edge)) * taper(r / edge, order)


@pytest.mark.parametrize("order", [2, 3, 4, 7, math.inf])
@pytest.mark.parametrize("n", [1, 6, 10, 12, 13])
def test_inverse_power_matches_high_precision_up_to_the_cutoff(n, order):
    cutoff, a_i, a_j = 1.955, 0.75, 1.5
    potential = InversePower(n=n, cutoff=cutoff, taper=order)
    gaps = np.array([0.6, 0.4, 0.2, 0.1, 1e-2, 1e-3, 1e-5, 1e-8])
    for r in cutoff * (1 - gaps):
        exact = high_precision(inverse_power(n, cutoff, order, (a_i + a_j) / 2), r)
        got = [float(term) for term in evaluate(potential, r, a_i, a_j)]
        scale = 1e-300 if math.isinf(order) else 0.0
        for value, reference in zip(got, exact, strict=True):
            # the exponential amplifies the rounding of r by 1/(2 gap^2), hence the looser bound at small gaps
            bound = 2e-13 if not math.isinf(order) else max(2e-13, 1e-15 / (1 - r / cutoff) ** 2)
            assert value == pytest.approx(float(reference), rel=bound, abs=scale)


@pytest.mark.parametrize("order", [2, 3, math.inf])
@pytest.mark.parametrize("truncation", ["hard", "shifted", "force-shifted", "tapered"])
@pytest.mark.parametrize("pair", [(1.0, 1.0, 1.0, 1.0), (1.0, 0.88, 0.8, 1.5), (0.88, 0.88, 0.88, 0.5)])
def test_kob_andersen_matches_high_precision(truncation, order, pair):
    a_i, a_j, sigma, epsilon = pair
    potential = LennardJones(truncation=truncation, taper=order, kob_andersen=True)
    function = lennard_jones(2.5, truncation, order, sigma, epsilon)
    for gap in (0.65, 0.5, 0.3, 0.1, 1e-2, 1e-4):
        r = 2.5 * sigma * (1 - gap)
        for value, reference in zip(evaluate(potential, r, a_i, a_j), high_precision(function, r), strict=True):
            assert float(value) == pytest.approx(float(reference), rel=1e-10, abs=2e-16)


def test_lennard_jones_minimum_depth():
    potential = LennardJones(truncation="hard")
    energy, first, second = evaluate(potential, 2 ** (1 / 6), 1.0, 1.0)
    assert float(energy) == pytest.approx(-1.0, rel=1e-14)
    assert float(first) == pytest.approx(0.0, abs=1e-13)
    assert float(second) == pytest.approx(72 / 2 ** (1 / 3), rel=1e-13)


@pytest.mark.parametrize("gap", [0.7, 0.3, 1e-3, 1e-9])
def test_harmonic_closed_form(gap):
    sigma = 1.25
    energy, first, second = (
        Harmonic().energy(sigma * (1 - gap), 1.0, 1.5),
        *Harmonic().derivatives(sigma * (1 - gap), 1.0, 1.5),
    )
    assert float(energy) == pytest.approx(gap**2 / 2, rel=1e-6)
    assert float(first) == pytest.approx(-gap / sigma, rel=1e-6)
    assert float(second) == pytest.approx(1 / sigma**2, rel=1e-15)


@pytest.mark.parametrize(
    ("potential", "edge"),
    [
        (InversePower(), 1.955),
        (InversePower(taper=math.inf), 1.955),
        (LennardJones(), 2.5),
        (LennardJones(truncation="hard"), 2.5),
        (Harmonic(), 1.0),
    ],
)
def test_everything_vanishes_at_and_beyond_the_cutoff(potential, edge):
    r = np.array([edge, np.nextafter(edge, 9), edge + 1])
    assert np.array_equal(np.array(evaluate(potential, r, 1.0, 1.0)), np.zeros((3, 3)))


@pytest.mark.parametrize("order", [2, 3, 4])
def test_energy_vanishes_with_one_power_more_than_the_taper(order):
    potential = InversePower(taper=order)
    gaps = np.array([1e-4, 1e-5])
    energy = potential.energy(1.955 * (1 - gaps), 1.0, 1.0)
    assert math.log10(energy[0] / energy[1]) == pytest.approx(order + 1, abs=1e-3)


@settings(deadline=None, max_examples=60)
@given(st.floats(0.3, 1.954), st.floats(0.73, 1.62), st.floats(0.73, 1.62), st.sampled_from([2, 3, 5, math.inf]))
def test_soft_spheres_only_repel_and_are_symmetric(r, a_i, a_j, order):
    potential = InversePower(taper=order)
    energy, first, _ = evaluate(potential, r, a_i, a_j)
    assert np.isfinite(energy)
    assert energy >= 0
    assert first <= 0
    assert np.array_equal(evaluate(potential, r, a_i, a_j), evaluate(potential, r, a_j, a_i))


def test_no_nan_anywhere_near_the_exponential_cutoff():
    r = 1.955 * (1 - np.logspace(-17, 0, 4000)[:-1])
    assert np.all(np.isfinite(evaluate(InversePower(taper=math.inf), r, 1.0, 1.0)))


@pytest.mark.parametrize(
    "arguments", [{"n": 0}, {"n": 2.5}, {"cutoff": 0.0}, {"cutoff": math.inf}, {"taper": 1}, {"taper": 2.5}]
)
def test_impossible_inverse_powers_are_refused(arguments):
    with pytest.raises(RecipeError):
        InversePower(**arguments)


def test_unknown_truncation_is_refused():
    with pytest.raises(RecipeError, match="truncation"):
        LennardJones(truncation="soft")


@pytest.mark.parametrize("diameters", [[1.0, 2.0], [1.0, -1.0], [np.nan, 1.0], [], [[1.0]]])
def test_unusable_diameters_are_refused(diameters):
    with pytest.raises(RecipeError):
        InversePower().check(diameters)


def test_kob_andersen_knows_only_its_two_species():
    with pytest.raises(RecipeError, match="Kob-Andersen"):
        LennardJones(kob_andersen=True).check([1.0, 0.9])
