"""Operators that are tensors of Torch (not installed by default): products on their device, results as NumPy arrays."""

import numpy as np
import pytest

from bosonpeak import vibrations
from bosonpeak.spectral_methods.operator_spectra import operator_moments
from bosonpeak.spectral_methods.operators import as_operator, dense_matrix

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch", reason="torch is not installed")


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_tensor_gives_the_moments_and_modes_of_its_numbers(precision):
    size = 60
    ring = 2.0 * np.eye(size) - np.roll(np.eye(size), 1, axis=0) - np.roll(np.eye(size), -1, axis=0)
    tensor = torch.tensor(ring, dtype=getattr(torch, precision))
    tolerance = 1e-10 if precision == "float64" else 1e-4
    np.testing.assert_array_equal(dense_matrix(as_operator(tensor)), ring)
    starts = np.random.default_rng(0).standard_normal((3, size))
    expected = operator_moments(ring, starts, 16, 4.1)
    np.testing.assert_allclose(operator_moments(as_operator(tensor), starts, 16, 4.1), expected, atol=tolerance * size)
    found = vibrations(tensor)["eigenfrequency"].values[0]
    exact = np.sort(np.sqrt(np.maximum(2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(size) / size), 0.0)))
    np.testing.assert_allclose(found[1:], exact[1:], atol=max(tolerance, 1e-10))
