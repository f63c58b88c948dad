import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.networks.density_of_states import kernel_polynomial_dos
from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels, laplacian, without_null_space
from bosonpeak.generators.networks.spectral_bound import spectral_upper_bound
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.spectral_methods.chebyshev_moments import chebyshev_moments
from bosonpeak.spectral_methods.ellpack import blocked_rows
from bosonpeak.spectral_methods.kernel_polynomials import (
    density_from_moments,
    jackson_kernel,
)


def diluted(size, probability=0.8, seed=3):
    network = SpringNetwork.build(size, displacement=0.2, situation=2, bond_probability=probability, seed=seed)
    return network.bonds, network.stiffness, network.node_count


def dense_moments(network, vectors, moments, bound):
    """<z|T_n|z> from the full spectrum."""
    values, modes = np.linalg.eigh(laplacian(*network).toarray())
    theta = np.arccos(np.clip(2.0 * values / bound - 1.0, -1.0, 1.0))
    return (vectors @ modes) ** 2 @ np.cos(theta[:, None] * np.arange(moments))


@pytest.mark.parametrize("moments", [2, 3, 7, 64, 101])
def test_moments_of_given_vectors_are_those_of_the_full_spectrum(moments):
    network = diluted(12)
    vectors = np.random.default_rng(0).standard_normal((3, network[2]))
    bound = spectral_upper_bound(*network)
    found = chebyshev_moments(blocked_rows(*network, rows_per_block=16), vectors, moments, bound)
    np.testing.assert_allclose(found, dense_moments(network, vectors, moments, bound), atol=1e-10)


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 40), st.floats(0.0, 0.5), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_any_network_in_any_blocks(node_count, density, rows_per_block, seed):
    generator = np.random.default_rng(seed)
    pairs = np.argwhere(np.tri(node_count, k=-1, dtype=bool))
    bonds = pairs[(generator.random(len(pairs)) < density) | (np.arange(len(pairs)) == 0)].astype(np.int32)
    network = bonds, generator.uniform(0.01, 3.0, len(bonds)), node_count
    vectors = generator.standard_normal((1, node_count))
    bound = spectral_upper_bound(*network)
    found = chebyshev_moments(blocked_rows(*network, rows_per_block=rows_per_block), vectors, 40, bound)
    np.testing.assert_allclose(found, dense_moments(network, vectors, 40, bound), atol=1e-11 * node_count)


def test_traces():
    """Averaged over all vectors of signs, two moments are the traces of H and of its square."""
    network = np.array([(0, 1), (1, 2), (2, 0), (3, 4), (5, 3)], dtype=np.int32), np.array([1.0, 2.0, 3.0, 0.5, 0.7]), 7
    matrix = laplacian(*network).toarray()
    bound = 2.0 * matrix.diagonal().max()
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=7)))
    vectors = without_null_space(signs, connected_component_labels(network[0], 7))
    mean = chebyshev_moments(blocked_rows(*network), vectors, 3, bound).mean(axis=0)
    nonzero_modes = 7 - 3
    assert mean[0] == pytest.approx(nonzero_modes, rel=1e-13)
    assert 0.5 * bound * (mean[1] + nonzero_modes) == pytest.approx(np.trace(matrix), rel=1e-13)
    square_of_scaled = 0.5 * (mean[2] + nonzero_modes)
    expected = np.trace((2.0 * matrix / bound - np.eye(7)) @ (2.0 * matrix / bound - np.eye(7))) - 3
    assert square_of_scaled == pytest.approx(expected, rel=1e-12)


def test_a_vectors_moments_do_not_depend_on_its_company():
    network = diluted(50)
    many = kernel_polynomial_dos(*network, moments=96, vectors=15, seed=5)
    for count in (1, 2, 3, 4, 8):
        few = kernel_polynomial_dos(*network, moments=96, vectors=count, seed=5)
        np.testing.assert_array_equal(few.vector_moments, many.vector_moments[:count])


def test_same_bits_in_any_thread():
    network = diluted(50)

    def moments(seed):
        return kernel_polynomial_dos(*network, moments=96, vectors=2, seed=seed).moments

    alone = [moments(seed) for seed in range(6)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(moments, range(6)))
    np.testing.assert_array_equal(alone, together)
    assert len(np.unique(np.array(alone)[:, 5])) == 6


def test_seed_sequences_are_read_and_not_changed():
    network = diluted(12)
    seed = np.random.SeedSequence(11)
    first = kernel_polynomial_dos(*network, moments=32, seed=seed)
    second = kernel_polynomial_dos(*network, moments=32, seed=seed)
    third = kernel_polynomial_dos(*network, moments=32, seed=11)
    other = kernel_polynomial_dos(*network, moments=32, seed=np.random.SeedSequence(11, spawn_key=(0,)))
    np.testing.assert_array_equal(first.density, second.density)
    np.testing.assert_array_equal(first.density, third.density)
    assert (first.density != other.density).any()


@settings(deadline=None, max_examples=10)
@given(st.floats(0.05, 1.0), st.integers(2, 200), st.integers(0, 99))
def test_density_integrates_to_the_fraction_of_nonzero_modes(probability, moments, seed):
    network = diluted(9, probability, seed)
    spectrum = kernel_polynomial_dos(*network, moments=moments, seed=1)
    expected = 1.0 - (connected_component_labels(network[0], network[2]).max() + 1) / network[2]
    limit = np.sqrt(spectrum.spectral_bound)
    assert spectrum.count_below([limit])[0] == pytest.approx(expected, rel=1e-12)
    fine = limit * np.sin(0.5 * np.linspace(0.0, np.pi, 4001))  # equidistant in theta: the rule is exact
    density = density_from_moments(spectrum.moments, spectrum.spectral_bound, fine[:-1])
    integrand = np.append(density * np.sqrt(limit**2 - fine[:-1] ** 2) / limit, density_at_the_bound(spectrum))
    assert 0.5 * limit * np.trapezoid(integrand, dx=np.pi / 4000) == pytest.approx(expected, rel=1e-9)


def density_at_the_bound(spectrum):
    damped = spectrum.moments * jackson_kernel(len(spectrum.moments))
    return (2.0 * damped.sum() - damped[0]) * 2.0 / (np.pi * np.sqrt(spectrum.spectral_bound))


def test_count_is_the_integral_of_the_density():
    spectrum = kernel_polynomial_dos(*diluted(12), moments=64, seed=0)
    grid = np.linspace(0.0, 0.9 * np.sqrt(spectrum.spectral_bound), 20001)
    density = density_from_moments(spectrum.moments, spectrum.spectral_bound, grid)
    integral = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(grid))])
    np.testing.assert_allclose(integral, spectrum.count_below(grid), atol=1e-7)


@pytest.mark.parametrize("place", [0.05, 0.3, 0.7, 0.95])
def test_resolution_is_the_width_of_a_single_modes_peak(place):
    """One spring makes one mode at sqrt(2 t); with a bound of 1, at `place` of the largest frequency."""
    spectrum = kernel_polynomial_dos(
        [(0, 1)], [0.5 * place**2], 2, moments=512, vectors=1, seed=0, spectral_bound=1.0, frequencies=[place]
    )
    grid = np.linspace(0.0, 1.0, 20_001)[:-1]
    density = 2.0 * density_from_moments(spectrum.moments, 1.0, grid)
    step = grid[1]
    mean = np.sum(grid * density) * step
    width = np.sqrt(np.sum((grid - place) ** 2 * density) * step)
    sigma = spectrum.resolution[0]
    assert sigma == pytest.approx(np.pi / 512 / 2 * np.sqrt(1.0 - place**2), rel=3e-3)
    assert width == pytest.approx(sigma, rel=0.02)
    assert abs(mean - place) < 0.01 * sigma


def test_no_spike_at_zero_frequency():
    """A spring among isolated nodes: all the density is at its frequency."""
    spectrum = kernel_polynomial_dos([(3, 7)], [1.0], 30, moments=256, seed=0, frequencies=[0.0, np.sqrt(2.0)])
    assert spectrum.zero_mode_count == 29
    assert spectrum.density[0] < 1e-4 * spectrum.density[1]


def test_square_lattice_within_the_scatter_of_random_vectors():
    size = 40
    network = SpringNetwork.build(size)
    wave = 2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(size) / size)
    values = np.sort((wave[:, None] + wave[None, :]).ravel())[1:]
    spectrum = kernel_polynomial_dos(network.bonds, network.stiffness, size**2, moments=128, vectors=8, seed=2)
    theta = np.arccos(np.clip(2.0 * values / spectrum.spectral_bound - 1.0, -1.0, 1.0))
    exact = np.cos(theta[:, None] * np.arange(128)).sum(axis=0) / size**2
    # the variance of <z|A|z> over vectors of signs is at most 2 tr A^2
    scatter = np.sqrt(2.0 / (8 * size**2))
    assert np.abs(spectrum.moments - exact).max() < 5.0 * scatter
    assert np.sqrt(np.mean((spectrum.moments - exact) ** 2)) < 1.5 * scatter
    density = density_from_moments(exact, spectrum.spectral_bound, spectrum.frequencies)
    deviation = (spectrum.density - density)[10:] / spectrum.standard_error[10:]
    assert np.mean(np.abs(deviation) < 3.0) > 0.95


def test_standard_error_needs_two_vectors():
    network = diluted(12)
    single = kernel_polynomial_dos(*network, moments=32, vectors=1, seed=0)
    assert np.isnan(single.standard_error).all()
    pair = kernel_polynomial_dos(*network, moments=32, vectors=2, seed=0)
    densities = density_from_moments(pair.vector_moments, pair.spectral_bound, pair.frequencies)
    np.testing.assert_allclose(pair.standard_error, 0.5 * np.abs(densities[0] - densities[1]), atol=1e-13)


def test_single_precision_moments():
    network = diluted(60)
    double = kernel_polynomial_dos(*network, moments=256, vectors=3, seed=0)
    single = kernel_polynomial_dos(*network, moments=256, vectors=3, seed=0, precision="float32")
    assert 0.0 < np.abs(double.vector_moments - single.vector_moments).max() < 2e-6


def test_scaling_of_all_springs():
    bonds, stiffness, node_count = diluted(12)
    grid = np.linspace(0.05, 2.0, 40)
    soft = kernel_polynomial_dos(bonds, stiffness, node_count, moments=64, seed=0, frequencies=grid)
    stiff = kernel_polynomial_dos(bonds, 4.0 * stiffness, node_count, moments=64, seed=0, frequencies=2.0 * grid)
    np.testing.assert_allclose(2.0 * stiff.density, soft.density, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(stiff.resolution, 2.0 * soft.resolution, rtol=1e-12)


def test_without_springs_there_is_no_density():
    spectrum = kernel_polynomial_dos([], [], 5, moments=16, seed=0)
    assert spectrum.zero_mode_count == 5
    np.testing.assert_array_equal(spectrum.density, 0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"moments": 1},
        {"vectors": 0},
        {"spectral_bound": 0.0},
        {"spectral_bound": np.inf},
        {"frequencies": [-1.0]},
        {"frequencies": [np.nan]},
    ],
)
def test_impossible_arguments(wrong):
    with pytest.raises(SchemaError):
        kernel_polynomial_dos(*diluted(5), **({"seed": 0} | wrong))


def test_a_bound_that_is_exceeded_is_noticed():
    with pytest.raises(SchemaError, match="diverges"):
        kernel_polynomial_dos(*diluted(12), seed=0, spectral_bound=4.0)
