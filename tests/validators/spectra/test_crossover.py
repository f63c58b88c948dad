"""The crossover estimator at known truth, the line through crossovers, and the step of a reduced density."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.spectra.crossover import crossover_density, crossover_line, sampled_crossover
from bosonpeak.validators.spectra.reduced_step import (
    density_exponent,
    mean_reduced_density,
    peak_frequency,
    step_frequency,
)

OMEGA = np.linspace(0.02, 3.0, 150)


def drawn(count, place, highest, rng):
    omega = np.linspace(0.0, highest, 8001)
    density = crossover_density(omega, place, highest)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(omega))])
    assert cumulative[-1] == pytest.approx(1.0, abs=1e-5)
    return np.interp(rng.random(count), cumulative / cumulative[-1], omega)


def exact(value):
    return Estimate("crossover frequency", value, value, value, 0.95, 1, "exact")


def test_intervals_cover_and_shrink_as_the_root_of_the_number_of_modes():
    rng = np.random.default_rng(11)
    spread = []
    for count in (400, 1600):
        found = [sampled_crossover(drawn(count, 1.0, 3.0, rng), highest=3.0) for _ in range(60)]
        covered = sum(estimate.low <= 1.0 <= estimate.high for estimate in found)
        assert covered >= 51
        spread.append(np.std([estimate.value for estimate in found]))
    assert 0.18 < spread[0] < 0.4
    assert 1.4 < spread[0] / spread[1] < 2.9


def test_samples_are_resampled_whole():
    rng = np.random.default_rng(5)
    rows = np.stack([np.sort(drawn(500, 0.2, 0.6, rng)) for _ in range(8)])
    data = xr.Dataset({"eigenfrequency": (("sample", "mode"), rows)})
    estimate = sampled_crossover(data, highest=0.6)
    assert estimate.n == 8
    assert estimate.low < 0.2 < estimate.high
    assert estimate.value == sampled_crossover(rows, highest=0.6).value


def test_limiting_laws_are_named():
    quantiles = (np.arange(2000) + 0.5) / 2000
    debye = sampled_crossover(np.cbrt(quantiles), highest=1.0)
    assert debye.value < 0.05
    assert debye.low == 0.0
    quartic = sampled_crossover(quantiles**0.2, highest=1.0)
    assert quartic.value > 5.0
    assert quartic.high == np.inf


def test_too_few_modes():
    with pytest.raises(NotApplicableError):
        sampled_crossover(np.linspace(0.1, 1.0, 10), highest=1.0)


def test_an_exact_line_is_found():
    x = [0.1, 0.2, 0.4]
    line = crossover_line(x, crossovers=[exact(0.01 + 0.5 * value) for value in x])
    assert line.slope.value == pytest.approx(0.5, rel=1e-12)
    assert line.intercept.value == pytest.approx(0.01, rel=1e-10)
    assert line.slope.high - line.slope.low < 1e-10
    with pytest.raises(NotApplicableError):
        crossover_line(x[:2], crossovers=[exact(1.0), exact(2.0)])


def test_lines_through_sampled_crossovers_cover_the_truth():
    rng = np.random.default_rng(2)
    wavenumbers = (0.05, 0.1, 0.2)
    covered = 0
    for _ in range(20):
        found = []
        for wavenumber in wavenumbers:
            rows = np.stack([drawn(250, 0.8 * wavenumber, 2.4 * wavenumber, rng) for _ in range(6)])
            found.append(sampled_crossover(rows, highest=2.4 * wavenumber))
        line = crossover_line(wavenumbers, crossovers=found)
        covered += line.slope.low <= 0.8 <= line.slope.high
    assert covered >= 16


def test_step_is_found_where_it_was_put():
    reduced = 1.0 + 0.3 * OMEGA**2 / (OMEGA**2 + 0.7**2)
    estimate = step_frequency(OMEGA, reduced, low=0.0, high=3.0)
    assert estimate.value == pytest.approx(0.7, rel=1e-4)
    assert estimate.details["height"] == pytest.approx(0.3, rel=1e-4)
    known = step_frequency(OMEGA, reduced, low=0.0, high=3.0, height=0.3)
    assert known.value == pytest.approx(0.7, rel=1e-4)


def test_noise_widens_the_interval_about_the_step():
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(30):
        clean = 1.0 + 0.3 * OMEGA**2 / (OMEGA**2 + 0.7**2)
        noisy = clean + 0.05 * rng.standard_normal((4, len(OMEGA)))
        estimate = step_frequency(OMEGA, noisy, low=0.0, high=3.0, height=0.3)
        assert estimate.low < estimate.value < estimate.high
        covered += estimate.low <= 0.7 <= estimate.high
    assert covered >= 25


def test_mean_and_exponents_of_simple_laws():
    reduced = 2.0 * OMEGA**0.5
    assert density_exponent(OMEGA, reduced, low=0.5, high=2.0).value == pytest.approx(2.5, rel=1e-10)
    assert density_exponent(OMEGA, 1.0 + OMEGA**2, low=0.5, high=2.0, excess=True).value == pytest.approx(4.0)
    assert np.isnan(density_exponent(OMEGA, 1.0 - OMEGA, low=0.5, high=2.0, excess=True).value)
    assert mean_reduced_density(OMEGA, np.full(OMEGA.shape, 1.5), low=0.5, high=2.0).value == pytest.approx(1.5)
    with pytest.raises(NotApplicableError):
        mean_reduced_density(OMEGA, reduced, low=0.5, high=0.51)


def test_first_peak_of_a_parabola():
    reduced = 1.0 - (OMEGA - 0.613) ** 2
    assert peak_frequency(OMEGA, reduced, low=0.0, high=1.0).value == pytest.approx(0.613, rel=1e-9)
    assert np.isnan(peak_frequency(OMEGA, OMEGA, low=0.0, high=1.0).value)
