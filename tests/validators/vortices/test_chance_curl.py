import numpy as np
import pytest
from scipy import stats

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import gaussian_fields
from bosonpeak.validators.vortices.chance_curl import ChanceCurl, independent_waves


def contents(power, dimension, fields, seed):
    """Curl contents of fields of given power and random complex direction at each wave."""
    generator = np.random.default_rng(seed)
    direction = generator.standard_normal((2, fields, len(power), dimension))
    square = (direction**2).sum(axis=0)
    share = square[..., 1:].sum(axis=2) / square.sum(axis=2)
    return share @ power / power.sum()


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_single_wave_follows_the_law_exactly(dimension):
    law = ChanceCurl(dimension, np.ones(1500))
    found = contents(np.ones(1), dimension, 1500, 4)
    assert stats.kstest(law.below(found), "uniform").pvalue > 0.01
    np.testing.assert_allclose(law.below(found) + law.above(found), 1.0)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_many_waves_follow_it_in_mean_variance_and_tails(dimension, decay):
    power = np.exp(-decay * np.arange(15))
    waves = independent_waves(power[None], np.ones(15))
    found = contents(power, dimension, 4000, 5)
    assert found.mean() == pytest.approx((dimension - 1) / dimension, abs=0.01)
    assert found.var() == pytest.approx((dimension - 1) / (dimension**2 * (dimension + 1) * waves[0]), rel=0.08)
    law = ChanceCurl(dimension, np.full(4000, waves[0]))
    for p in (law.below(found), law.above(found)):
        assert np.mean(p < 0.025) == pytest.approx(0.025, abs=0.01)


@pytest.mark.parametrize("dimension", [2, 3])
def test_smooth_random_fields_are_judged_by_their_own_spectrum(dimension):
    box = np.full(dimension, 10.0)
    field = gaussian_fields(box, 1500, 6, correlation_length=1.2, transverse_share=(dimension - 1) / dimension)
    power = (np.abs(field.amplitudes) ** 2).sum(axis=2)
    waves = independent_waves(power, (field.wave_vectors**2).sum(axis=1))
    assert 3.0 < waves.mean() < 80.0
    p = ChanceCurl(dimension, waves).above(field.curl_content())
    assert stats.kstest(p, "uniform").pvalue > 0.005


def test_a_measurement_error_widens_the_law():
    law = ChanceCurl(3, np.full(2000, 6.0))
    generator = np.random.default_rng(9)
    measured = contents(np.ones(6), 3, 2000, 8) + 0.1 * generator.standard_normal(2000)
    error = np.full(2000, 0.1)
    assert stats.kstest(law.below(measured, error), "uniform").pvalue > 0.01
    assert np.mean(law.below(measured) < 0.025) > 0.04
    wide, narrow = (ChanceCurl(3, np.array([6.0])).above([0.95], [each]) for each in (0.2, 0.0))
    assert wide > narrow


def test_waves_of_equal_power_are_counted():
    assert independent_waves(
        np.array([[2.0, 2.0, 2.0, 0.0], [1.0, 4.0, 0.0, 0.0]]), [4.0, 4.0, 4.0, 1.0]
    ) == pytest.approx([3.0, 25.0 / 17.0])


@pytest.mark.parametrize(("dimension", "waves"), [(4, 3.0), (3, 0.5)])
def test_what_cannot_be_is_refused(dimension, waves):
    with pytest.raises(NotApplicableError, match="no chance level"):
        ChanceCurl(dimension, np.array([waves]))
