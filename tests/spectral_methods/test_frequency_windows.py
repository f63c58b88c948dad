import numpy as np
import pytest

from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.media.elastic_medium import modulated_medium
from bosonpeak.generators.networks.dynamical_matrix import laplacian
from bosonpeak.generators.networks.spectral_bound import spectral_upper_bound
from bosonpeak.spectral_methods.frequency_windows import windowed_vectors


def matrix_and_bound():
    medium = modulated_medium((8, 6), [(1, 0)], contrast=0.6)
    matrix = laplacian(medium.bonds, medium.conductance, medium.point_count)
    return matrix, spectral_upper_bound(medium.bonds, medium.conductance, medium.point_count)


def test_filtered_vectors_are_those_of_the_modes():
    matrix, bound = matrix_and_bound()
    squared, modes = np.linalg.eigh(matrix.toarray())
    omega = np.sqrt(np.clip(squared, 0.0, None))
    starts = np.random.default_rng(1).normal(size=(3, len(omega)))
    centres, width = np.array([1.0, 1.7]), 0.1
    found = windowed_vectors(matrix, starts, centres, width, bound)
    for window, centre in zip(found, centres, strict=True):
        expected = (starts @ modes * np.exp(-((omega - centre) ** 2) / (4.0 * width**2))) @ modes.T
        np.testing.assert_allclose(window, expected, atol=1e-5)


def test_impossible_windows_are_refused():
    matrix, bound = matrix_and_bound()
    with pytest.raises(SchemaError, match="impossible windows"):
        windowed_vectors(matrix, np.ones((1, 48)), [1.0], 0.0, bound)
    with pytest.raises(SchemaError, match="impossible windows"):
        windowed_vectors(matrix, np.ones((1, 47)), [1.0], 0.1, bound)
