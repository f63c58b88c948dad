"""What was computed for the same arrays is not computed again, and nothing else is taken for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bosonpeak.validators.estimates.memoise import remembered


def counted(entries=8):
    calls = []

    @remembered(entries)
    def total(values, factor=1.0):
        calls.append(factor)
        return float(np.sum(values)) * factor

    return total, calls


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5), st.floats(0.5, 2.0))
def test_equal_arrays_are_computed_once_and_the_result_is_that_of_the_function(values, factor):
    total, calls = counted()
    first = total(np.array(values), factor=factor)
    assert total(np.array(values), factor=factor) == first == float(np.sum(values)) * factor
    assert len(calls) == 1


@pytest.mark.parametrize("other", [[1.0, 2.0, 3.5], [[1.0, 2.0, 3.0]], [1.0, 2.0]])
def test_other_numbers_and_other_shapes_are_something_else(other):
    total, calls = counted()
    total(np.array([1.0, 2.0, 3.0]))
    assert total(np.array(other)) == float(np.sum(other))
    assert len(calls) == 2


def test_keywords_count():
    total, calls = counted()
    assert (total(np.ones(3)), total(np.ones(3), factor=2.0)) == (3.0, 6.0)
    assert calls == [1.0, 2.0]


def test_an_array_that_was_changed_meanwhile_is_computed_again():
    total, calls = counted()
    values = np.ones(3)
    total(values)
    values[0] = 5.0
    assert total(values) == 7.0
    assert len(calls) == 2


def test_only_the_last_results_are_kept():
    total, calls = counted(entries=2)
    for number in (1.0, 2.0, 3.0, 1.0):
        total(np.array([number]))
    assert len(calls) == 4
    total(np.array([3.0]))
    assert len(calls) == 4


def test_what_no_array_can_be_made_of_reaches_the_function():
    total, _ = counted()
    with pytest.raises((TypeError, ValueError)):
        total([[1.0], [1.0, 2.0]])
