import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import as_modes, degenerate_waves, white_fields
from bosonpeak.validators.waves.phonon_contrast import mean_wave_share, superposed_fraction, wave_contrast

SIDE = 12
RATIO = np.array([0.4, 0.6, 0.95, 1.05])


def ensemble(shares, glasses=6, seed=0):
    """Modes whose squared share of waves is as given, the rest white."""
    generator, box = np.random.default_rng(seed), np.full(2, float(SIDE))
    sites = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).reshape(-1, 2) + 0.5
    positions = (sites + generator.uniform(-0.4, 0.4, (glasses, *sites.shape))) % SIDE
    vectors = []
    for index, places in enumerate(positions):
        waves = as_modes(degenerate_waves(box, 4, 100 * seed + index).at(places))
        noise = as_modes(white_fields(len(places), 2, 4, 100 * seed + 50 + index))
        share = np.asarray(shares)[:, None, None]
        vectors.append(as_modes(np.sqrt(share) * waves + np.sqrt(1.0 - share) * noise))
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), positions),
            "eigenvector": (("configuration", "low_mode", "particle", "axis"), np.array(vectors)),
            "configuration_index": ("configuration", np.arange(glasses)),
            "box": ("axis", box),
            "eigenfrequency": (("sample", "mode"), np.tile(2.0 * RATIO, (glasses, 1))),
            "first_phonon": ("sample", np.full(glasses, 2.0)),
            "chain": ("sample", np.arange(glasses) // 2),
        }
    )


def test_contrast_is_one_where_low_modes_are_no_waves_and_a_half_where_all_are_alike():
    apart = wave_contrast([ensemble([0.1, 0.1, 0.9, 0.9])])
    assert apart.value == 1.0
    assert apart.n == 3
    assert apart.details["modes"] == apart.details["modes_at_the_phonon"] == 12
    assert apart.details["median_share"] < 0.3 < 0.8 < apart.details["median_share_at_the_phonon"]
    backwards = wave_contrast([ensemble([0.9, 0.9, 0.1, 0.1])])
    assert backwards.value == 0.0
    alike = wave_contrast([ensemble([0.5] * 4, glasses=40, seed=1)])
    assert alike.low < 0.5 < alike.high
    assert alike.high - alike.low < 0.4


def test_intervals_cover_a_half_where_all_modes_are_alike():
    held = [
        (found.low <= 0.5 <= found.high)
        for found in (wave_contrast([ensemble([0.5] * 4, glasses=12, seed=seed)]) for seed in range(60))
    ]
    assert np.mean(held) > 0.85


def test_ensembles_are_pooled_by_their_chains():
    both = wave_contrast([ensemble([0.1, 0.1, 0.9, 0.9], seed=2), ensemble([0.9, 0.9, 0.1, 0.1], seed=3)])
    assert both.n == 6
    assert both.value == pytest.approx(0.5)


def test_mean_share_and_fraction_of_superpositions():
    data = ensemble([0.2, 0.2, 0.9, 0.9])
    low, high = mean_wave_share(data), mean_wave_share(data, low=0.9, high=1.1)
    assert low.value == pytest.approx(0.2, abs=0.08)
    assert high.value == pytest.approx(0.9, abs=0.05)
    assert low.n == 3
    assert superposed_fraction(data).value == 0.0
    assert superposed_fraction(data, low=0.9, high=1.1).value == 1.0
    assert superposed_fraction(data, wave_share=0.1).value > 0.8


def test_windows_without_modes_are_refused():
    data = ensemble([0.5] * 4)
    with pytest.raises(NotApplicableError, match="no stored mode"):
        mean_wave_share(data, low=2.0, high=3.0)
    with pytest.raises(NotApplicableError, match="both below and at"):
        wave_contrast([data.isel(low_mode=slice(2))])
