import numpy as np
import pytest

from bosonpeak.spectral_methods.kernel_polynomials import count_from_moments, jackson_kernel, jackson_resolution


def test_resolution_is_uniform_at_low_frequency_and_inverse_in_the_moments():
    low = jackson_resolution(768, 9.0, [0.0, 0.1, 3.0, 4.0])
    assert low[1] == pytest.approx(low[0], rel=1e-3)
    np.testing.assert_array_equal(low[2:], 0.0)
    assert jackson_resolution(1537, 9.0, 0.0) == pytest.approx(0.5 * low[0], rel=1e-5)


def test_jackson_kernel_is_positive():
    theta = np.linspace(0.0, np.pi, 2000)
    damping = jackson_kernel(50)
    weights = np.where(np.arange(50) == 0, 1.0, 2.0) * damping
    peak = np.cos(theta[:, None] * np.arange(50)) @ weights
    assert peak.min() > -1e-12
    assert damping[0] == pytest.approx(1.0)
    assert damping[1] == pytest.approx(np.cos(np.pi / 51))


def test_count_from_moments_of_a_flat_density_in_theta():
    moments = np.zeros(32)
    moments[0] = 1.0
    omega = 2.0 * np.sin(0.5 * np.array([0.0, 0.5, 1.0, np.pi]))
    np.testing.assert_allclose(
        count_from_moments(moments, 4.0, omega), np.array([0.0, 0.5, 1.0, np.pi]) / np.pi, atol=1e-15
    )
