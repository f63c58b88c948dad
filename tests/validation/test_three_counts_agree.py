"""Full spectrum, exact counts by inertia and sampled moments of the same networks, held against each other.

The first two agree to the last mode. The third is smoothed and sampled: with exact moments of the same number it
agrees within its own statistical error, and between the counts one resolution below and above it lies within four.
"""

import numpy as np
import pytest

from bosonpeak.generators.networks.density_of_states import kernel_polynomial_dos
from bosonpeak.generators.networks.mode_counts import count_below
from bosonpeak.generators.networks.normal_modes import normal_modes
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.spectral_methods.kernel_polynomials import (
    count_from_moments,
    jackson_resolution,
)

SIZE, MOMENTS, VECTORS = 24, 256, 16

NETWORKS = {
    "cutoff": {"displacement": 0.2, "situation": 2},
    "equal strengths": {"displacement": 0.3, "situation": 3},
    "fixed coordination": {"displacement": 0.3, "situation": 1},
    "diluted": {"bond_probability": 0.7},
    "weak springs": {"weak_fraction": 0.3, "weak_stiffness": 0.01},
}


@pytest.fixture(scope="module", params=NETWORKS)
def routes(request):
    """The network's arrays, all frequencies, a sampled spectrum, and a grid off the eigenfrequencies."""
    network = SpringNetwork.build(SIZE, seed=8, **NETWORKS[request.param])
    arrays = network.bonds, network.stiffness, network.node_count
    frequencies, _ = normal_modes(*arrays, vectors=False)
    spectrum = kernel_polynomial_dos(*arrays, moments=MOMENTS, vectors=VECTORS, seed=1)
    grid = np.linspace(0.05, 2.9, 58) + 1e-4 * np.sqrt(2.0)
    clear = np.abs(grid[:, None] ** 2 - frequencies**2).min(axis=1) > 2e-6
    return arrays, frequencies, spectrum, grid[clear]


def exact_moments(frequencies, spectrum):
    theta = 2.0 * np.arccos(frequencies / np.sqrt(spectrum.spectral_bound))
    modes = np.cos(np.arange(MOMENTS)[:, None] * theta[spectrum.zero_mode_count :])
    return modes.sum(axis=1) / spectrum.node_count


def test_inertia_counts_every_mode(routes):
    arrays, frequencies, _, grid = routes
    assert len(grid) > 40
    np.testing.assert_array_equal(count_below(*arrays, grid), np.searchsorted(frequencies, grid))


def test_zero_modes_agree(routes):
    _, frequencies, spectrum, _ = routes
    assert np.count_nonzero(frequencies == 0.0) == spectrum.zero_mode_count


def test_sampled_count_is_the_smoothed_count_within_its_error(routes):
    _, frequencies, spectrum, grid = routes
    smoothed = count_from_moments(exact_moments(frequencies, spectrum), spectrum.spectral_bound, grid)
    samples = count_from_moments(spectrum.vector_moments, spectrum.spectral_bound, grid)
    error = samples.std(axis=0, ddof=1) / np.sqrt(VECTORS)
    deviation = (samples.mean(axis=0) - smoothed) / error
    assert np.abs(deviation).max() < 5.0
    assert np.sqrt(np.mean(deviation**2)) < 2.0
    assert error.max() < 0.01


def test_sampled_count_lies_between_exact_counts_a_resolution_apart(routes):
    arrays, _, spectrum, grid = routes
    width = 4.0 * jackson_resolution(MOMENTS, spectrum.spectral_bound, grid)
    sampled = spectrum.node_count * spectrum.count_below(grid) + spectrum.zero_mode_count
    samples = spectrum.node_count * count_from_moments(spectrum.vector_moments, spectrum.spectral_bound, grid)
    error = 4.0 * samples.std(axis=0, ddof=1) / np.sqrt(VECTORS) + 1.0
    assert (count_below(*arrays, np.clip(grid - width, 0.0, None)) - error <= sampled).all()
    assert (sampled <= count_below(*arrays, grid + width) + error).all()
