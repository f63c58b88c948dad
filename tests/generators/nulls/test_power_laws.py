import numpy as np
import pytest
from scipy import stats

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.nulls.power_laws import (
    PowerLaw,
    beta_ensemble_levels,
    correlated_power_law_spectra,
    debye_lattice_frequencies,
    goe_levels,
    gue_levels,
    poisson_levels,
    power_law_spectra,
    rescaled,
)


def test_second_moments_of_the_matrix_ensembles():
    order, samples = 40, 400
    # trace of H^2: order diagonal elements of variance 2 (1) and order (order - 1) others of variance 1.
    goe = (goe_levels(order, samples, 1) ** 2).sum(axis=1)
    gue = (gue_levels(order, samples, 2) ** 2).sum(axis=1)
    assert abs(goe.mean() - order * (order + 1)) < 4 * stats.sem(goe)
    assert abs(gue.mean() - order**2) < 4 * stats.sem(gue)


@pytest.mark.parametrize("beta", [1.0, 2.0, 3.7])
def test_second_moment_of_the_beta_ensemble(beta):
    order = 60
    squares = (beta_ensemble_levels(order, beta, 300, 3) ** 2).sum(axis=1)
    assert abs(squares.mean() - (order + 0.5 * beta * order * (order - 1))) < 4 * stats.sem(squares)


def test_tridiagonal_and_dense_orthogonal_matrices_have_the_same_levels():
    dense, tridiagonal = goe_levels(20, 3000, 4), np.sqrt(2.0) * beta_ensemble_levels(20, 1.0, 3000, 5)
    for level in (0, 9, 19):
        assert stats.ks_2samp(dense[:, level], tridiagonal[:, level]).pvalue > 1e-3


def test_a_repulsion_that_is_not_positive_is_refused():
    with pytest.raises(RecipeError, match="no such matrix ensemble"):
        beta_ensemble_levels(10, 0.0, 1, 0)


def test_poisson_levels_have_independent_exponential_spacings():
    spacing = np.diff(poisson_levels(2000, 5, 6), axis=1)
    assert stats.kstest(spacing.ravel(), "expon").pvalue > 1e-3
    assert abs(np.corrcoef(spacing[:, :-1].ravel(), spacing[:, 1:].ravel())[0, 1]) < 0.04


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
    assert not np.array_equal(poisson_levels(5, 2, 1), poisson_levels(5, 2, 2))


def test_debye_lattice_has_full_shells():
    modes = debye_lattice_frequencies(10, 1.05)
    first = 2 * np.pi / 10
    # 6 wavevectors times 2 polarisations; then 12 of |n|^2 = 2 times 2.
    assert modes[:12] == pytest.approx(first)
    assert modes[12:36] == pytest.approx(np.sqrt(2.0) * first)
    assert len(modes) == 36
    assert len(debye_lattice_frequencies(10, 0.65, dimension=2)) == 4


def test_rescaled_copies_keep_ratios():
    modes = debye_lattice_frequencies(10, 1.05)
    assert rescaled(modes, 2 * np.pi) / modes == pytest.approx(2 * np.pi)


def test_a_power_law_that_cannot_be_normalised_is_refused():
    with pytest.raises(RecipeError, match="normalised"):
        PowerLaw(exponent=-1.0, mean_count=1.0)
