import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bosonpeak.datasets.storage.encoding import rounded_to_bits


@given(
    arrays(np.float64, 5, elements=st.floats(1e-300, 1e300) | st.floats(-1e300, -1e-300)),
    st.integers(2, 50),
)
def test_rounding_keeps_the_stated_number_of_bits(values, bits):
    rounded = rounded_to_bits(values, bits)
    assert np.all(np.abs(rounded - values) <= 2.0**-bits * np.abs(values))
    np.testing.assert_array_equal(rounded_to_bits(rounded, bits), rounded)


def test_rounding_keeps_what_is_no_number_and_the_type():
    rounded = rounded_to_bits(np.array([np.nan, 0.0, 0.1], dtype=np.float32), 12)
    assert rounded.dtype == np.float32
    assert np.isnan(rounded[0])
    assert rounded[1] == 0.0
