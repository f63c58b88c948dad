"""Correlation function of local moduli: sum rule, response factors, media of known truth."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.media.random_medium import correlated_medium
from bosonpeak.generators.networks.homogenisation import effective_stiffness, node_shares
from bosonpeak.validators.theories.local_modulus_correlations import _response, modulus_correlation


def grid(shape):
    axes = np.meshgrid(*[np.arange(length) for length in shape], indexing="ij")
    return np.stack([axis.ravel() for axis in axes][::-1], axis=1).astype(np.float64)


def strained(shape, cutoff, deviation, seeds):
    """Media of random modulus: places, shares of the response, moduli at the points."""
    places, shares, moduli = [], [], []
    for seed in seeds:
        medium, modulus = correlated_medium(shape, cutoff=cutoff, deviation=deviation, seed=seed)
        places.append(grid(shape))
        shares.append(
            node_shares(
                medium.bonds, medium.conductance, medium.point_count, medium.bond_vectors, lattice_shape=medium.shape
            )
        )
        moduli.append(modulus)
    return places, shares, moduli


def test_the_mean_share_is_the_macroscopic_modulus():
    medium, _ = correlated_medium((24, 24), cutoff=1.0, deviation=0.8, seed=3)
    arguments = (medium.bonds, medium.conductance, medium.point_count, medium.bond_vectors)
    tensor, _ = effective_stiffness(*arguments, lattice_shape=medium.shape)
    shares = node_shares(*arguments, lattice_shape=medium.shape)
    np.testing.assert_allclose(shares.mean(axis=1), tensor.diagonal(), rtol=1e-6)
    assert tensor[0, 0] < 0.95 * medium.conductance.mean()


def test_a_triangular_lattice_responds_as_the_factor_says():
    # Springs (1 + e cos k.r) of an isotropic solid with G/M = 1/3; G is modulated by the same factor at long waves.
    columns, rows, weak = 16, 18, 1e-3
    column, row = (each.ravel() for each in np.meshgrid(np.arange(columns), np.arange(rows)))
    places = np.column_stack([column + 0.5 * (row % 2), math.sqrt(0.75) * row])
    box = np.array([columns, math.sqrt(0.75) * rows])
    odd = row % 2
    ahead = [(column + 1, row), (column + odd, row + 1), (column + odd - 1, row + 1)]
    first = np.tile(np.arange(columns * rows), 3)
    second = np.concatenate([(x % columns) + columns * (y % rows) for x, y in ahead])
    bond = places[second] - places[first]
    bond -= box * np.round(bond / box)
    middle = places[first] + 0.5 * bond
    for indices in ((1, 0), (1, 1), (2, 1)):
        wave = 2.0 * np.pi * np.array(indices) / box
        spring = 1.0 + weak * np.cos(middle @ wave)
        hessian = np.zeros((2 * len(places), 2 * len(places)))
        blocks = spring[:, None, None] * bond[:, :, None] * bond[:, None, :]
        for a, b, block in zip(first, second, blocks, strict=True):
            here, there = slice(2 * a, 2 * a + 2), slice(2 * b, 2 * b + 2)
            hessian[here, here] += block
            hessian[there, there] += block
            hessian[here, there] -= block
            hessian[there, here] -= block
        # Elongation d_x d_y of unit length bonds under the shear xy, relaxed; the response of a bond to it.
        pattern = bond[:, 0] * bond[:, 1]
        force = np.zeros((len(places), 2))
        np.add.at(force, first, (spring * pattern)[:, None] * bond)
        np.add.at(force, second, -(spring * pattern)[:, None] * bond)
        # The first particle is held; the forces sum to zero.
        moved = np.zeros(2 * len(places))
        moved[2:] = np.linalg.solve(hessian[2:, 2:], force.ravel()[2:])
        moved = moved.reshape(-1, 2)
        stretched = pattern + np.sum(bond * (moved[second] - moved[first]), axis=1)
        response = spring * pattern * stretched
        measured = (response @ np.exp(-1j * middle @ wave)).real / response.sum() / (0.5 * weak)
        direction = (wave / np.linalg.norm(wave))[:, None]
        assert measured == pytest.approx(_response(direction, 1.0 / 3.0)[0, 0], abs=0.03)


@pytest.mark.parametrize(("shape", "seeds"), [((96, 96), range(6)), ((32, 32, 32), range(2))])
def test_weak_disorder_is_measured_as_it_is(shape, seeds):
    places, shares, moduli = strained(shape, 0.5, 0.1, seeds)
    dimension = len(shape)
    found = modulus_correlation(places, shares, shape[0], shear_over_longitudinal=None, largest=1.5)
    disorder = found.at_length(0.0)
    # The links smooth G by cos^2(k/2), 0.9 to 1 below the cutoff.
    assert disorder.variance == pytest.approx(np.mean([modulus.var() for modulus in moduli]), rel=0.08)
    assert disorder.cutoff == pytest.approx(0.5, rel=0.08)
    assert disorder.mean_wave_number == pytest.approx(0.5 * dimension / (dimension + 1.0), rel=0.08)
    np.testing.assert_allclose(found.modulus, 1.0 - np.mean([m.var() for m in moduli]) / dimension, atol=2e-3)


def test_strong_disorder_is_underestimated():
    # The response is of first order in the fluctuations: at deviations of 0.3 and 0.6 some of the variance is missing.
    shares_found = []
    for deviation in (0.1, 0.3, 0.6):
        places, shares, moduli = strained((48, 48), 0.5, deviation, range(4))
        found = modulus_correlation(places, shares, 48.0, shear_over_longitudinal=None, largest=1.5)
        relative = found.at_length(0.0).variance / found.modulus.mean() ** 2
        shares_found.append(relative / np.mean([modulus.var() for modulus in moduli]))
    assert shares_found == sorted(shares_found, reverse=True)
    assert 0.7 < shares_found[-1] < 0.95


def test_coarse_graining_averages_uncorrelated_fluctuations():
    # C is constant: the variance is C / (4 pi w^2) in the plane, and k_xi^2 = 2 / w^2.
    generator = np.random.default_rng(4)
    places = generator.random((40, 500, 2)) * 20.0
    shares = generator.choice([-1.0, 1.0], (40, 1, 500))
    found = modulus_correlation(places, shares, 20.0, shear_over_longitudinal=0.0, largest=7.0)
    level = found.correlation[:, 3:].mean()
    for length in (0.6, 1.2):
        disorder = found.at_length(length)
        assert disorder.variance == pytest.approx(level / (4.0 * math.pi * length**2), rel=0.05)
        assert disorder.cutoff == pytest.approx(math.sqrt(2.0) / length, rel=0.05)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(NotApplicableError, match="do not fit"):
        modulus_correlation(np.zeros((2, 5, 2)), np.zeros((2, 2, 4)), 5.0, shear_over_longitudinal=None, largest=9.0)
    with pytest.raises(NotApplicableError, match="too few wave vectors"):
        modulus_correlation(np.zeros((2, 5, 2)), np.zeros((2, 2, 5)), 5.0, shear_over_longitudinal=None, largest=1.0)
    with pytest.raises(NotApplicableError, match="number of components"):
        modulus_correlation(np.zeros((2, 5, 2)), np.zeros((2, 2, 5)), 5.0, shear_over_longitudinal=0.3, largest=9.0)
