import numpy as np
import pytest
from scipy import stats

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.nulls.spectra import (
    PowerLaw,
    correlated_power_law_spectra,
    power_law_spectra,
    rescaled,
)


@pytest.mark.parametrize("exponent", [-0.5, 2.0, 3.3, 4.0])
def test_power_law_ranks_are_uniform(exponent):
    law = PowerLaw(exponent=exponent, mean_count=2.0)
    modes = power_law_spectra(law, 300, 7)
    rank = (modes[~np.isnan(modes)] / law.highest) ** (exponent + 1.0)
    assert stats.kstest(rank, "uniform").pvalue > 1e-3


def test_mean_count_is_that_below_six_tenths():
    modes = power_law_spectra(PowerLaw(exponent=4.0, mean_count=3.0), 2000, 8)
    assert abs((modes < 0.6).sum(axis=1).mean() - 3.0) < 4 * np.sqrt(3.0 / 2000)


def test_gap_and_phonons_are_where_they_were_put():
    law = PowerLaw(exponent=2.0, mean_count=1.0, highest=0.9, gap=0.4, phonon_count=12, phonon_width=0.01)
    modes = power_law_spectra(law, 50, 9)
    assert np.nanmin(modes) >= 0.4
    assert ((modes > 0.95) & (modes < 1.05)).sum() == 50 * 12


def test_chains_leave_the_law_unchanged_and_tie_their_samples():
    law = PowerLaw(exponent=4.0, mean_count=1.0)
    modes, chain = correlated_power_law_spectra(law, 40, 10, 0.9, 10)
    assert np.array_equal(np.bincount(chain), np.full(40, 10))
    # One sample a chain: these are independent of each other.
    last = modes[9::10]
    rank = (last[~np.isnan(last)] / law.highest) ** 5.0
    assert stats.kstest(rank, "uniform").pvalue > 1e-3
    counts = (~np.isnan(modes)).sum(axis=1).reshape(40, 10)
    assert np.corrcoef(counts[:, 0], counts[:, 1])[0, 1] > 0.6


def test_seeds_repeat_and_differ():
    law = PowerLaw(exponent=3.0, mean_count=1.0)
    assert np.array_equal(power_law_spectra(law, 5, 1), power_law_spectra(law, 5, 1), equal_nan=True)
    other = power_law_spectra(law, 5, 2)
    assert not np.array_equal(power_law_spectra(law, 5, 1), other, equal_nan=True)


def test_rescaled_copies_keep_ratios():
    modes = power_law_spectra(PowerLaw(exponent=2.0, mean_count=1.0, phonon_count=12), 3, 11)
    assert rescaled(modes, 2 * np.pi) / modes == pytest.approx(
        np.where(np.isnan(modes), np.nan, 2 * np.pi), nan_ok=True
    )


def test_a_power_law_that_cannot_be_normalised_is_refused():
    with pytest.raises(RecipeError, match="normalised"):
        PowerLaw(exponent=-1.0, mean_count=1.0)
