import numpy as np
import pytest
from scipy import stats

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.nulls.spectra import beta_ensemble_levels, poisson_levels


def test_second_moments_of_the_matrix_ensembles(dense_levels):
    order, samples = 40, 400
    # trace of H^2: order diagonal elements of variance 2 (1) and order (order - 1) others of variance 1.
    goe = (dense_levels(order, samples, 1) ** 2).sum(axis=1)
    gue = (dense_levels(order, samples, 2, beta=2) ** 2).sum(axis=1)
    assert abs(goe.mean() - order * (order + 1)) < 4 * stats.sem(goe)
    assert abs(gue.mean() - order**2) < 4 * stats.sem(gue)


@pytest.mark.parametrize("beta", [1.0, 2.0, 3.7])
def test_second_moment_of_the_beta_ensemble(beta):
    order = 60
    squares = (beta_ensemble_levels(order, beta, 300, 3) ** 2).sum(axis=1)
    assert abs(squares.mean() - (order + 0.5 * beta * order * (order - 1))) < 4 * stats.sem(squares)


def test_tridiagonal_and_dense_orthogonal_matrices_have_the_same_levels(dense_levels):
    dense, tridiagonal = dense_levels(20, 3000, 4), np.sqrt(2.0) * beta_ensemble_levels(20, 1.0, 3000, 5)
    for level in (0, 9, 19):
        assert stats.ks_2samp(dense[:, level], tridiagonal[:, level]).pvalue > 1e-3


def test_a_repulsion_that_is_not_positive_is_refused():
    with pytest.raises(RecipeError, match="invalid matrix ensemble"):
        beta_ensemble_levels(10, 0.0, 1, 0)


def test_poisson_levels_have_independent_exponential_spacings():
    spacing = np.diff(poisson_levels(2000, 5, 6), axis=1)
    assert stats.kstest(spacing.ravel(), "expon").pvalue > 1e-3
    assert abs(np.corrcoef(spacing[:, :-1].ravel(), spacing[:, 1:].ravel())[0, 1]) < 0.04


def test_seeds_repeat_and_differ():
    assert np.array_equal(poisson_levels(5, 2, 1), poisson_levels(5, 2, 1))
    assert not np.array_equal(poisson_levels(5, 2, 1), poisson_levels(5, 2, 2))
