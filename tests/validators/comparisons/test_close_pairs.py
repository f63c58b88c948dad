import tracemalloc
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import cdist

from bosonpeak.validators.comparisons import sample_repetitions
from bosonpeak.validators.comparisons.sample_repetitions import (
    ClosePairs,
    moments_among,
    moments_between,
    repeated_samples,
    shared_samples,
)


def points(count, seed, coordinates=7):
    return 3.0 + np.random.default_rng(seed).standard_normal((count, coordinates))


def test_moments_are_those_of_the_table_of_distances():
    mine, theirs = points(30, 1), points(20, 2)
    squares = cdist(mine, theirs) ** 2
    found = moments_between(mine, theirs)
    assert (found.pairs, found.mean, found.variance) == pytest.approx((600, squares.mean(), squares.var()))


def test_moments_among_chains_leave_out_pairs_of_one_chain():
    rows, chain = points(30, 3), np.random.default_rng(4).integers(0, 9, 30)
    rows[11, 2] = np.nan
    squares = (cdist(rows, rows) ** 2)[np.triu(chain[:, None] != chain, 1)]
    squares = squares[~np.isnan(squares)]
    found = moments_among(rows, chain)
    assert (found.pairs, found.mean, found.variance) == pytest.approx((len(squares), squares.mean(), squares.var()))


@pytest.mark.parametrize(("coordinates", "reach"), [(7, 1.5), (20, 12.0)])
def test_close_pairs_are_those_of_the_table_of_distances(coordinates, reach):
    mine, theirs = points(700, 5, coordinates), points(2500, 6, coordinates)
    mine[3, 0] = theirs[7, 1] = np.nan
    squares = cdist(mine, theirs) ** 2
    found = list(ClosePairs(mine, theirs).within(reach))
    pairs = {pair for sample, other, _ in found for pair in zip(sample.tolist(), other.tolist(), strict=True)}
    assert pairs == {tuple(pair) for pair in np.argwhere(squares <= reach).tolist()}
    assert len(pairs) > 100
    assert all(np.allclose(square, squares[sample, other]) for sample, other, square in found)


LATTICE_POINTS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(0, 11), st.just(2)),
    elements=st.integers(-2, 2).map(float) | st.just(np.nan),
)


@given(LATTICE_POINTS, LATTICE_POINTS, st.integers(0, 9), st.sampled_from([0.0, 1024.0]), st.integers(1, 2))
@settings(max_examples=100, deadline=None)
def test_whatever_the_tiles_each_pair_is_found_once_those_just_in_reach_too(mine, theirs, reach, away, leading):
    if len(theirs) and np.isnan(theirs).all(axis=0).any():
        theirs = theirs[:0]
    with mock.patch.multiple(sample_repetitions, ROWS=3, _COLUMNS=4, _LEADING=leading):
        found = list(ClosePairs(mine + away, theirs + away).within(float(reach)))
    pairs = [pair for sample, other, _ in found for pair in zip(sample.tolist(), other.tolist(), strict=True)]
    near = ((mine[:, None] - theirs) ** 2).sum(axis=-1) <= reach
    assert sorted(pairs) == [tuple(pair) for pair in np.argwhere(near).tolist()]


def spectra(samples, seed):
    return np.sqrt(20.0 + np.cumsum(np.random.default_rng(seed).gamma(3.0, 1.0 / 3.0, (samples, 40)), axis=1))


def test_memory_grows_with_the_samples_and_not_with_their_pairs():
    rows = spectra(6000, 7)
    rows[5000] = rows[17]
    tracemalloc.start()
    (found,) = repeated_samples(rows)
    shared = shared_samples(rows, spectra(200, 8))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.sample, found.other, found.kind) == (5000, 17, "identical")
    assert shared == ()
    assert peak < 8 * len(rows) ** 2  # a table of all pairs, of which several were made


def test_an_ensemble_of_copies_is_seen_at_once():
    rows = np.repeat(spectra(2, 9), 1000, axis=0)
    found = repeated_samples(rows)
    assert [one.sample for one in found] == [*range(1, 1000), *range(1001, 2000)]
    assert {(one.kind, one.other < one.sample) for one in found} == {("identical", True)}
