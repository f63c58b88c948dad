import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonpeak.datasets.errors import ConvergenceError, SchemaError
from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels, laplacian
from bosonpeak.generators.networks.homogenisation import effective_stiffness
from bosonpeak.generators.networks.normal_modes import normal_modes
from bosonpeak.generators.networks.spring_network import SpringNetwork


def plain_arrays(network):
    return network.bonds, network.stiffness, network.node_count


def assert_are_modes(network, frequencies, vectors, tolerance=1e-10):
    matrix = laplacian(*network)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(frequencies)), atol=tolerance)
    np.testing.assert_allclose(matrix @ vectors.T, vectors.T * frequencies**2, atol=tolerance)


def test_square_lattice():
    size = 9
    wave = 2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(size) / size)
    expected = np.sqrt(np.sort((wave[:, None] + wave[None, :]).ravel()))
    crystal = plain_arrays(SpringNetwork.build(size))
    frequencies, vectors = normal_modes(*crystal)
    np.testing.assert_allclose(frequencies, expected, atol=1e-13)
    assert frequencies[0] == 0.0
    assert_are_modes(crystal, frequencies, vectors)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 25), st.floats(0.0, 0.4), st.integers(0, 2**32 - 1))
def test_zero_modes_are_exact_and_as_many_as_components(node_count, density, seed):
    generator = np.random.default_rng(seed)
    pairs = np.argwhere(np.tri(node_count, k=-1, dtype=bool))
    bonds = pairs[generator.random(len(pairs)) < density]
    network = bonds, generator.uniform(1e-3, 1e3, len(bonds)), node_count
    labels = connected_component_labels(bonds, node_count)
    components = labels.max() + 1
    frequencies, vectors = normal_modes(*network)
    np.testing.assert_array_equal(frequencies[:components], 0.0)
    assert (frequencies[components:] > 0.0).all()
    assert (np.diff(frequencies) >= 0.0).all()
    assert_are_modes(network, frequencies, vectors, 1e-9)
    assert all(np.ptp(vectors[:components, labels == label], axis=1).max() == 0.0 for label in range(components))
    values_only, nothing = normal_modes(*network, vectors=False)
    assert nothing is None
    np.testing.assert_allclose(values_only, frequencies, atol=1e-6)
    without, rows = normal_modes(*network, zero_modes=False)
    np.testing.assert_array_equal(without, frequencies[components:])
    np.testing.assert_array_equal(rows, vectors[components:])


DISORDERED = [
    {"displacement": 0.2, "situation": 2},
    {"bond_probability": 0.75},
    {"weak_fraction": 0.3, "weak_stiffness": 0.01},
    {},
]


@pytest.fixture(scope="module", params=range(len(DISORDERED)))
def spectrum(request):
    network = plain_arrays(SpringNetwork.build(30, seed=3, **DISORDERED[request.param]))
    return network, normal_modes(*network, vectors=False)[0]


@pytest.mark.parametrize("count", [1, 7, 60])
def test_lowest_modes_are_those_of_the_full_spectrum(spectrum, count):
    network, every = spectrum
    frequencies, vectors = normal_modes(*network, which="lowest", count=count)
    np.testing.assert_allclose(frequencies, every[:count], atol=1e-10)
    assert_are_modes(network, frequencies, vectors)
    frequencies, vectors = normal_modes(*network, which="lowest", count=count, zero_modes=False)
    np.testing.assert_allclose(frequencies, every[every > 0.0][:count], atol=1e-10)
    assert_are_modes(network, frequencies, vectors)


@pytest.mark.parametrize("frequency", [0.0, 0.5, 1.0, 2.0, 2.6])
def test_nearest_modes_are_those_of_the_full_spectrum(spectrum, frequency):
    network, every = spectrum
    frequencies, vectors = normal_modes(*network, which="nearest", count=25, frequency=frequency)
    distance = np.sort(np.abs(every**2 - frequency**2))[:25]
    np.testing.assert_allclose(np.sort(np.abs(frequencies**2 - frequency**2)), distance, atol=1e-10)
    assert (np.diff(frequencies) >= 0.0).all()
    assert_are_modes(network, frequencies, vectors)


def test_the_same_bits_every_time():
    network = plain_arrays(SpringNetwork.build(30, displacement=0.2, situation=2, seed=0))
    first = normal_modes(*network, which="nearest", count=12, frequency=0.7)
    second = normal_modes(*network, which="nearest", count=12, frequency=0.7)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_more_modes_than_there_are():
    network = plain_arrays(SpringNetwork.build(4))
    assert len(normal_modes(*network, which="lowest", count=99)[0]) == 16
    assert normal_modes(*network, which="lowest", count=99, zero_modes=False)[1].shape == (15, 16)
    assert len(normal_modes([], [], 3)[0]) == 3


def test_long_waves_travel_at_the_homogenised_speed():
    """The four lowest modes are the waves with k = 2 pi / L along the axes."""
    size = 80
    network = SpringNetwork.build(size, displacement=0.2, situation=2, seed=1)
    tensor, _ = effective_stiffness(*plain_arrays(network), network.site_vectors, lattice_shape=network.lattice_shape)
    lowest, _ = normal_modes(*plain_arrays(network), which="lowest", count=4, zero_modes=False)
    expected = (2.0 * np.pi / size) ** 2 * 0.5 * np.trace(tensor)
    assert np.mean(lowest**2) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    "request_",
    [
        {"which": "some"},
        {"which": "all", "count": 3},
        {"which": "lowest"},
        {"which": "lowest", "count": 0},
        {"which": "lowest", "count": 2, "frequency": 1.0},
        {"which": "nearest", "count": 2},
        {"which": "nearest", "count": 2, "frequency": -1.0},
        {"which": "nearest", "count": 2, "frequency": np.nan},
    ],
)
def test_contradictory_requests(request_):
    with pytest.raises(SchemaError, match="choice of modes"):
        normal_modes(*plain_arrays(SpringNetwork.build(4)), **request_)


def test_missed_modes_are_noticed(monkeypatch):
    """A solver that loses a mode is contradicted by the exact counts."""
    from bosonpeak.generators.networks import normal_modes as modes

    def forgetful(*arguments):
        values, rows = honest(*arguments)
        kept = np.arange(len(values)) != len(values) // 2
        return values[kept], rows[kept]

    honest = modes._shift_and_invert
    monkeypatch.setattr(modes, "_shift_and_invert", forgetful)
    network = plain_arrays(SpringNetwork.build(30, displacement=0.2, situation=2, seed=3))
    with pytest.raises(ConvergenceError, match="not all found"):
        normal_modes(*network, which="nearest", count=20, frequency=0.6)
