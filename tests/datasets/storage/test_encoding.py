"""Ragged arrays: packing and unpacking are inverse to each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bosonpeak.datasets.errors import SchemaError
from bosonpeak.datasets.storage import pack_ragged, unpack_ragged


@given(st.lists(st.integers(0, 6), min_size=1, max_size=6), st.sampled_from([(), (2,), (2, 3)]), st.data())
def test_round_trip(lengths, rest, data):
    arrays = [data.draw(hnp.arrays(np.int32, (length, *rest))) for length in lengths]
    counts, values = pack_ragged(arrays)
    assert counts.dtype == np.int32
    assert counts.tolist() == lengths
    assert values.shape == (sum(lengths), *rest)
    restored = unpack_ragged(counts, values)
    assert len(restored) == len(arrays)
    for before, after in zip(arrays, restored, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("arrays", [[], [np.zeros((2, 2)), np.zeros((2, 3))], [np.float64(1.0)]])
def test_what_cannot_be_joined(arrays):
    with pytest.raises(SchemaError, match="cannot be joined"):
        pack_ragged(arrays)


@pytest.mark.parametrize("counts", [[1, 1], [4], [-1, 4], [[3]], []])
def test_counts_that_do_not_fit(counts):
    with pytest.raises(SchemaError, match="counts do not describe"):
        unpack_ragged(counts, np.zeros(3))


def test_nothing_unpacks_into_nothing():
    assert unpack_ragged([], np.zeros(0)) == []
