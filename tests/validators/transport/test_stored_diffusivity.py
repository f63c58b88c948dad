"""Plateau, decrease and zero of stored diffusivities whose course is known."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.transport.stored_diffusivity import (
    diffusivity_edge_share,
    diffusivity_ratio,
    diffusivity_slope,
)

MODES = 645


def solids(course, generator, samples=20, scatter=0.3):
    """Modes at equal distances up to omega = 1, with diffusivities course(omega) times random factors of mean one."""
    omega = np.tile((np.arange(MODES) + 0.5) / MODES, (samples, 1))
    factor = np.exp(scatter * generator.normal(size=omega.shape) - 0.5 * scatter**2)
    axes = ("sample", "mode")
    return xr.Dataset({"eigenfrequency": (axes, omega), "mode_diffusivity": (axes, course(omega) * factor)})


@pytest.mark.parametrize("power", [0.0, -2.0, 1.0])
def test_slope_covers_a_power_law(power):
    generator, covered = np.random.default_rng(3), 0
    for _ in range(100):
        found = diffusivity_slope(solids(lambda omega: omega**power, generator), low=0.2, high=0.6)
        # Means over a part of the window bend a steep power law by less than a per mille of the slope.
        covered += found.low - 0.01 <= power <= found.high + 0.01
    assert covered >= 88


def test_ratio_of_two_windows():
    generator = np.random.default_rng(4)
    found = diffusivity_ratio(
        solids(lambda omega: np.where(omega < 0.9, 2.0, 0.1), generator), low=0.92, high=1.0, below=0.2, above=0.8
    )
    assert found.low < 0.05 < found.high
    assert found.high - found.low < 0.01


@pytest.mark.parametrize("edge", [0.03, 0.07])
def test_the_share_above_the_zero_of_a_line_is_covered(edge):
    generator, covered = np.random.default_rng(5), 0
    for _ in range(100):
        ensemble = solids(lambda omega: np.maximum(1.0 - edge - omega, 0.0), generator)
        found = diffusivity_edge_share(ensemble, low=0.75, high=0.9)
        covered += found.low <= edge <= found.high
    assert covered >= 88


def test_a_steeper_decrease_is_read_as_an_earlier_zero():
    generator = np.random.default_rng(6)
    ensemble = solids(lambda omega: np.maximum(0.97 - omega, 0.0) ** 1.5, generator)
    assert diffusivity_edge_share(ensemble, low=0.75, high=0.9).low > 0.03


def test_a_diffusivity_that_does_not_decrease_has_no_edge():
    generator = np.random.default_rng(7)
    found = diffusivity_edge_share(solids(lambda omega: omega, generator), low=0.75, high=0.9)
    assert np.isnan(found.value)
    assert not found.has_interval


def test_missing_variables_and_narrow_windows_are_refused():
    ensemble = solids(lambda omega: omega, np.random.default_rng(8))
    with pytest.raises(NotApplicableError, match="mode_diffusivity"):
        diffusivity_slope(ensemble.drop_vars("mode_diffusivity"), low=0.2, high=0.6)
    with pytest.raises(NotApplicableError, match="too few modes"):
        diffusivity_slope(ensemble, low=0.2, high=0.205)
