from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bosonpeak.validators.comparisons import shared_counts
from bosonpeak.validators.comparisons.shared_counts import SharedCounts

ROWS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 9), st.integers(1, 5)),
    elements=st.integers(20, 30).map(float) | st.just(np.nan),
).map(lambda rows: np.sort(rows, axis=1))


def shared_by_all_pairs(mine, theirs, tolerance):
    """For each pair of rows: values of the first that have a value of the second near them."""
    low, high = mine[:, None, :, None] * (1.0 - tolerance), mine[:, None, :, None] * (1.0 + tolerance)
    return ((theirs[None, :, None] >= low) & (theirs[None, :, None] <= high)).any(axis=3).sum(axis=2)


@given(ROWS, ROWS, st.sampled_from([1e-9, 0.04, 0.1]), st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_each_pair_is_met_once_with_the_values_that_it_shares(mine, theirs, tolerance, fewest):
    expected = shared_by_all_pairs(mine, theirs, tolerance)
    with mock.patch.object(shared_counts, "_PAIRS_TOGETHER", 1):
        found = list(SharedCounts(mine, theirs, tolerance).pairs(fewest))
    pairs = np.concatenate([pairs for pairs, _ in found])
    assert pairs.tolist() == np.argwhere(expected >= fewest).tolist()
    assert np.concatenate([shared for _, shared in found]).tolist() == expected[expected >= fewest].tolist()


@given(ROWS, st.sampled_from([1e-9, 0.04, 0.1]), st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_pairs_of_different_labels_are_counted_once(rows, tolerance, labels):
    label, shared = np.arange(len(rows)) % labels, shared_by_all_pairs(rows, rows, tolerance)
    counted = shared[np.triu(label[:, None] != label, 1)]
    found = SharedCounts(rows, rows, tolerance).histogram(label)
    assert found.tolist() == [0, *(np.count_nonzero(counted == number) for number in range(1, rows.shape[1] + 1))]
