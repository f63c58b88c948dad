"""The lowest mode: Weibull's law holds for independent modes, and the size dependence for repelling ones too."""

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.power_laws import lowest_mode_scaling, lowest_mode_shape


def lowest(s, repelling, samples, generator, particles=1000):
    """First level of a stationary sequence, as a frequency whose cumulative count is N omega^(s+1) / 100."""
    first = generator.exponential(size=samples)
    if repelling:
        first = np.sqrt(4 / np.pi * generator.gamma(1.5, size=samples)) * generator.random(samples)
    return ((first * 100 / particles) ** (1 / (s + 1)))[:, None]


@pytest.mark.parametrize("s", [2.0, 3.0, 4.0])
def test_the_shape_of_independent_modes_is_one_more_than_s(s):
    generator = np.random.default_rng(1)
    found = [lowest_mode_shape(lowest(s, False, 300, generator), chain=np.arange(300) // 10) for _ in range(60)]
    assert np.mean([each.value for each in found]) == pytest.approx(s, abs=0.05)
    assert np.mean([each.low <= s <= each.high for each in found]) >= 0.85


def test_repulsion_makes_three_look_like_four():
    found = lowest_mode_shape(lowest(3.0, True, 4000, np.random.default_rng(2)), chain=np.arange(4000) // 40)
    assert found.value == pytest.approx(4.06, abs=0.25)
    assert found.low > 3.5


@pytest.mark.parametrize("repelling", [True, False])
def test_the_size_dependence_is_free_of_that(repelling):
    generator = np.random.default_rng(3)
    sizes = (250, 500, 1000, 2000, 4000)
    found = [
        lowest_mode_scaling([lowest(3.0, repelling, 300, generator, size) for size in sizes], particles=sizes)
        for _ in range(60)
    ]
    assert np.mean([each.value for each in found]) == pytest.approx(3.0, abs=0.1)
    assert np.mean([each.low <= 3.0 <= each.high for each in found]) >= 0.85
    assert np.mean([bool(each.warnings) for each in found]) <= 0.15


def test_a_bend_is_no_line_and_phonons_are_named():
    generator = np.random.default_rng(4)
    sizes = (250, 1000, 4000, 16000)
    bent = [lowest(3.0, True, 3000, generator, size) for size in sizes]
    bent = [np.where(each > 0.5, 0.5 * (each / 0.5) ** 2, each) for each in bent]
    found = lowest_mode_scaling(bent, particles=sizes, first_phonon=[0.3, 9.0, 9.0, 9.0])
    assert any("no power law" in warning for warning in found.warnings)
    assert any(warning.startswith("N = 250") for warning in found.warnings)


def test_what_cannot_be_read_is_refused():
    modes = lowest(3.0, False, 50, np.random.default_rng(5))
    with pytest.raises(NotApplicableError, match="at least 3 sizes"):
        lowest_mode_scaling([modes, modes], particles=[500, 1000])
    with pytest.raises(NotApplicableError, match="number of particles"):
        lowest_mode_scaling([modes, modes, modes])
    with pytest.raises(NotApplicableError, match="lowest mode of each sample"):
        lowest_mode_shape(modes.ravel())
    with pytest.raises(NotApplicableError, match="lowest mode of each sample"):
        lowest_mode_shape(modes[:2])
