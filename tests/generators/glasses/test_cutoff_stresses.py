"""Closed forms of the stresses near a tapered cutoff."""

import math

import numpy as np
import pytest

from bosonpeak.generators.glasses.pair_stresses import cutoff_stress_counts
from bosonpeak.generators.particles.potentials import InversePower


def local_exponent(taper, stress):
    """Slope of ln P against ln sigma, from counts in three bins around a stress."""
    step = 10.0**0.25
    edges = stress * step ** np.array([-1.5, -0.5, 0.5, 1.5])
    density = np.log(cutoff_stress_counts(InversePower(taper=taper), edges) / np.diff(edges))
    return (density[2] - density[0]) / (2.0 * math.log(step))


@pytest.mark.parametrize("taper", [2, 3, 4])
def test_algebraic_tapers_reach_one_over_m_less_one(taper):
    # The smallest gap of 1e-7 cutoffs sets how small a stress is resolved: about 1e-2 gap^m.
    deep = 1e-14 if taper == 2 else 1e-16
    assert local_exponent(taper, deep) == pytest.approx(1.0 / taper - 1.0, abs=0.03 if taper < 4 else 0.05)


@pytest.mark.parametrize("stress", [1e-40, 1e-30, 1e-20])
def test_the_exponential_taper_approaches_minus_one_logarithmically(stress):
    # The gap is 1/(2 L) with L = ln(scale/sigma) + 2 ln L + ..., and dN/d ln sigma ~ 1/L^2: alpha = -1 + 2/L to leading
    # order. The energy scale (a/r_c)^12 of about 3e-4 and the next logarithm are within the tolerance.
    leading = -1.0 + 2.0 / abs(math.log(stress))
    found = local_exponent(math.inf, stress)
    assert found > -1.0
    assert found == pytest.approx(leading, abs=0.1 * (1.0 + leading) + 0.006)


def test_both_tapers_look_alike_between_the_limits():
    assert local_exponent(2, 1e-5) == pytest.approx(local_exponent(math.inf, 1e-5), abs=0.03)
    assert local_exponent(2, 1e-8) - local_exponent(math.inf, 1e-8) > 0.25


def test_random_pairs_near_the_cutoff_have_these_stresses():
    # Uniform points in the shell, diameters from the ensemble: what the quadrature integrates, drawn at random.
    generator = np.random.default_rng(1)
    number, potential = 400_000, InversePower(taper=2)
    smallest, largest = 0.73**-2, 1.62**-2
    diameters = (smallest + generator.random((2, number)) * (largest - smallest)) ** -0.5
    distance = potential.cutoff * (1.0 - generator.random(number) * (1.0 - 0.6**3)) ** (1.0 / 3.0)
    slope = potential.derivatives(distance, diameters[0], diameters[1])[0]
    directions = generator.standard_normal((3, number))
    directions /= np.linalg.norm(directions, axis=0)
    moduli = np.abs(distance * slope * directions[0] * directions[1])
    edges = np.geomspace(1e-6, 1e-3, 10)
    counts, _ = np.histogram(moduli, edges)
    expected = cutoff_stress_counts(potential, edges)
    expected *= counts.sum() / expected.sum()
    assert np.max(np.abs(counts - expected) / np.sqrt(expected)) < 4.5
