import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from bosonpeak.validators.spectra.debye_level import (
    debye_count,
    debye_density,
    square_lattice_count,
    square_lattice_density,
    square_lattice_frequencies,
    squared_speed,
)


@given(st.floats(0.1, 10.0))
def test_square_lattice_density_holds_one_mode_a_node(speed2):
    c = speed2**0.5
    total = quad(square_lattice_density, 0, 2 * c, args=(speed2,), limit=200)[0]
    total += quad(square_lattice_density, 2 * c, np.sqrt(8) * c, args=(speed2,), limit=200)[0]
    assert total == pytest.approx(1.0, abs=1e-6)


def test_square_lattice_density_starts_at_the_debye_level():
    omega = np.array([1e-4, 1e-3])
    assert square_lattice_density(omega, 0.7) == pytest.approx(debye_density(omega, 0.7), rel=1e-6)


def test_square_lattice_density_rises_above_debye_as_its_series_says():
    # g/g_Debye = 1 + E/8 + O(E^2) from K(m) = (pi/2)(1 + m/4 + ...), m = E/2 - E^2/16.
    omega = 0.05
    ratio = square_lattice_density(omega) / debye_density(omega, 1.0)
    assert ratio == pytest.approx(1.0 + omega**2 / 8.0, abs=1e-6)


def test_square_lattice_density_has_the_second_moment_of_its_matrix():
    # trace(H)/N = 4 and trace(H^2)/N = 4^2 + 4 for the square lattice with unit springs.
    def moment(power):
        parts = [(0, 2), (2, np.sqrt(8))]
        return sum(quad(lambda w: w**power * square_lattice_density(w), a, b, limit=200)[0] for a, b in parts)

    assert moment(2) == pytest.approx(4.0, abs=1e-5)
    assert moment(4) == pytest.approx(20.0, abs=1e-4)


def test_lattice_count_agrees_with_the_modes_of_a_large_lattice():
    frequencies = square_lattice_frequencies(1500)
    counted = np.mean((frequencies >= 0.3) & (frequencies < 0.9))
    assert square_lattice_count(0.3, 0.9, np.array(1.0)) == pytest.approx(counted, rel=2e-3)


def test_debye_count_integrates_the_debye_density():
    expected = quad(debye_density, 0.2, 0.8, args=(0.6,))[0]
    assert debye_count(0.2, 0.8, 0.6) == pytest.approx(expected)


def test_squared_speed_is_rotation_invariant():
    angle = 0.4
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tensor = np.diag([0.5, 2.0])
    assert squared_speed(rotation @ tensor @ rotation.T) == pytest.approx(1.0)
