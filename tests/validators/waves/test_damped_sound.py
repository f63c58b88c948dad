import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import integrate

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.waves.currents import CurrentCorrelation
from bosonpeak.validators.waves.damped_sound import (
    DampedOscillator,
    fitted_dispersion,
    fitted_oscillator,
    ioffe_regel,
    oscillator_share,
    share_and_slopes,
    sound_dispersion,
)

EDGES = np.linspace(0.0, 6.0, 121)


def density(omega, resonance, width):
    return 2.0 / np.pi * omega**2 * width / ((omega**2 - resonance**2) ** 2 + omega**2 * width**2)


def binned(resonance, width, edges=EDGES):
    return np.diff(oscillator_share(edges, resonance, width)) / np.diff(edges)


@pytest.mark.parametrize(("resonance", "width"), [(1.0, 0.3), (1.0, 2.0), (1.0, 3.5), (2.0, 0.05)])
def test_the_share_is_the_integral_of_the_oscillator(resonance, width):
    for omega in (0.4, 1.0, 2.7):
        integral = integrate.quad(density, 0.0, omega, (resonance, width), points=[min(resonance, omega)], limit=200)[0]
        assert oscillator_share(omega, resonance, width) == pytest.approx(integral, rel=1e-7)
    assert oscillator_share([0.0, 1e12], resonance, width) == pytest.approx([0.0, 1.0], abs=1e-9)
    half = math.hypot(resonance, 0.5 * width)
    for edge in (half - 0.5 * width, half + 0.5 * width):
        assert density(edge, resonance, width) == pytest.approx(0.5 * density(resonance, resonance, width))


@pytest.mark.parametrize(
    ("resonance", "width"), [(1.0, 0.3), (0.3, 5.0), (1.0, 2.0), (1.0, 2.0 * (1.0 + 1e-7)), (1.0, 1.999), (40.0, 1.0)]
)
def test_the_slopes_are_those_of_the_share(resonance, width):
    omega = np.array([0.0, 0.01, 0.4, 1.0, 2.7, 40.0, 400.0])

    def share(logarithms):
        return oscillator_share(omega, *np.exp(logarithms))

    step, here = 1e-5, np.log([resonance, width])
    assert (share_and_slopes(omega, resonance, width)[0] == oscillator_share(omega, resonance, width)).all()
    for axis, slope in enumerate(share_and_slopes(omega, resonance, width)[1:]):
        aside = step * np.eye(2)[axis]
        assert slope == pytest.approx((share(here + aside) - share(here - aside)) / (2.0 * step), rel=1e-6, abs=2e-9)
        assert slope[0] == 0.0


@given(
    resonance=st.floats(0.5, 4.0),
    width=st.floats(0.1, 4.0),
    other=st.floats(0.8, 1.25),
    resolution=st.sampled_from([0.0, 0.1]),
)
@example(resonance=1.2499999999999998, width=0.8, other=0.8, resolution=0.0)
@example(resonance=1.0, width=0.2109375, other=1.0, resolution=0.1)  # narrower than the resolution in the fit
def test_a_fit_that_starts_nearby_ends_where_the_one_from_nowhere_does(resonance, width, other, resolution):
    # What is much narrower than the resolution has no width that data could tell.
    assume(width >= 2.0 * resolution)
    seen = binned(resonance, width) + 0.01
    near = DampedOscillator(1.0, resonance * other, width / other, 1.0)
    cold, warm = fitted_oscillator(seen, EDGES, resolution), fitted_oscillator(seen, EDGES, resolution, near)
    assert (warm.frequency, warm.width) == pytest.approx((cold.frequency, cold.width), rel=1e-4)


def test_a_part_of_the_samples_is_fitted_as_it_is_alone():
    everything = correlations(4)
    apart = fitted_dispersion(everything, [0, 2, 3], "transverse")
    for found, alone in zip(
        apart, fitted_dispersion([everything[i] for i in (0, 2, 3)], range(3), "transverse"), strict=True
    ):
        assert (found.frequency, found.width) == pytest.approx((alone.frequency, alone.width), rel=1e-5)


@pytest.mark.parametrize(("resonance", "width"), [(1.5, 0.2), (2.0, 1.0), (1.0, 1.5)])
def test_a_fit_gives_back_the_oscillator(resonance, width):
    found = fitted_oscillator(0.7 * binned(resonance, width), EDGES)
    assert (found.frequency, found.width, found.weight) == pytest.approx((resonance, width, 0.7), rel=1e-4)
    assert found.maximum == pytest.approx(resonance, abs=0.05)


def correlations(samples, seed=0, noise=0.05, speed=1.0, damping=0.25, background=0.0):
    """Omega = c q, Gamma = b q^2, with sound speeds that scatter from sample to sample; twice as fast along q."""
    generator, wavenumber = np.random.default_rng(seed), np.array([0.4, 0.8, 1.2, 1.6, 2.0])
    found = []
    for _ in range(samples):
        c = speed * (1.0 + noise * generator.standard_normal())
        transverse = np.stack([binned(c * q, damping * q * q) + background for q in wavenumber])
        longitudinal = np.stack([binned(2.0 * c * q, damping * q * q) for q in wavenumber])
        found.append(CurrentCorrelation(wavenumber, EDGES, longitudinal, transverse))
    return found


def test_the_dispersion_is_found_with_intervals_over_samples():
    points = sound_dispersion(correlations(5))
    for point in points[1:]:
        assert point.frequency.value == pytest.approx(point.wavenumber, rel=0.05)
        assert point.frequency.low < point.frequency.value < point.frequency.high
        assert point.maximum.value == pytest.approx(point.wavenumber, rel=0.1)
    assert points[-1].width.value == pytest.approx(1.0, rel=0.15)
    for point in sound_dispersion(correlations(3), polarisation="longitudinal"):
        assert point.frequency.value == pytest.approx(2.0 * point.wavenumber, rel=0.15)


def test_the_interval_covers_the_mean_speed():
    trials, hits = 25, 0
    for seed in range(trials):
        points = sound_dispersion([_only(each, 3) for each in correlations(6, seed)])
        hits += points[0].frequency.low <= 1.6 <= points[0].frequency.high
    assert hits / trials > 0.95 - 4 * math.sqrt(0.95 * 0.05 / trials)


def _only(each, shell):
    keep = slice(shell, shell + 1)
    return CurrentCorrelation(each.wavenumber[keep], each.edge, each.longitudinal[keep], each.transverse[keep])


def test_a_sharp_line_gives_an_upper_bound_of_its_width():
    line = np.zeros(len(EDGES) - 1)
    line[20] = 1.0 / np.diff(EDGES)[20]
    sample = CurrentCorrelation(np.array([1.0]), EDGES, line[None], line[None])
    point = sound_dispersion([sample] * 3)[0]
    assert point.frequency.value == pytest.approx(1.025, abs=0.025)
    assert point.width.value < 0.5 * np.diff(EDGES)[0]
    assert "not resolved" in point.width.warnings[0]


def test_the_ioffe_regel_frequency_is_where_width_and_frequency_meet():
    # c q = pi b q^2 at q = c / (pi b), Omega = c^2 / (pi b).
    found = ioffe_regel(correlations(4, noise=0.01, damping=0.25))
    assert found.value == pytest.approx(1.0 / (0.25 * math.pi), rel=0.03)
    assert found.low < found.value < found.high
    with pytest.raises(NotApplicableError, match="no Ioffe-Regel crossing"):
        ioffe_regel(correlations(3, damping=0.05))
    with pytest.raises(NotApplicableError, match="no Ioffe-Regel crossing"):
        ioffe_regel(correlations(3, damping=2.0))


def test_a_background_shows_in_the_weight_more_than_in_the_place():
    found = fitted_oscillator(binned(1.2, 0.36) + 0.01, EDGES)
    assert found.frequency == pytest.approx(1.2, rel=0.02)
    assert found.weight > 1.005


def test_nothing_is_fitted_to_nothing():
    with pytest.raises(NotApplicableError, match="fitted"):
        fitted_oscillator(np.zeros(10), np.arange(11.0))
    with pytest.raises(NotApplicableError, match="fitted"):
        fitted_oscillator(np.ones(3), np.arange(4.0))
