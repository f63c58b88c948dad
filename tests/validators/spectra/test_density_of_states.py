import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.spectra.density_of_states import (
    cumulative_count,
    histogram_density,
    modes_in_window,
    sampled_density,
    zero_modes,
)


def modes(rows, **attributes):
    return xr.Dataset({"eigenfrequency": (("sample", "mode"), np.asarray(rows, dtype=float))}, attrs=attributes)


@given(arrays(np.float64, (3, 20), elements=st.floats(0.01, 1.99)))
def test_histogram_integrates_to_the_share_of_non_zero_modes(rows):
    rows = np.sort(rows, axis=1)
    rows[:, 0] = 0.0
    edges = np.linspace(0.0, 2.0, 9)
    density = histogram_density(rows, edges=edges, zero_mode_count=np.ones(3))
    assert (density * np.diff(edges)).sum(axis=1) == pytest.approx(1.0 - 1.0 / 20.0)


@given(arrays(np.float64, (3, 20), elements=st.floats(0.1, 1.99)), st.integers(0, 3))
def test_removed_zero_modes_are_not_removed_again(rows, zeros):
    rows = np.sort(rows, axis=1)
    with_zeros = np.concatenate([np.zeros((3, zeros)), rows], axis=1)
    edges = np.linspace(0.0, 2.0, 9)
    density = histogram_density(rows, edges=edges, zero_mode_count=zeros)
    assert density == pytest.approx(histogram_density(with_zeros, edges=edges, zero_mode_count=np.full(3, zeros)))
    assert (density * np.diff(edges)).sum(axis=1) == pytest.approx(20.0 / (20.0 + zeros))


@pytest.mark.parametrize("row", [[0.0, 0.5, 0.6, 1.0], [1e-4, 0.5, 0.6, 1.0]])
def test_frequencies_that_contradict_the_zero_modes_are_refused(row):
    with pytest.raises(NotApplicableError, match="contradict the number of zero modes") as caught:
        histogram_density([[0.0, 0.0, 0.5, 1.0], row], edges=[0.0, 1.0], zero_mode_count=2)
    assert caught.value.where == "sample 1"


def test_padding_is_no_degree_of_freedom():
    density = histogram_density([[0.0, 0.5, 1.5, np.nan], [0.0, 0.5, 0.5, 1.5]], edges=[0.0, 1.0], zero_mode_count=1)
    assert density[:, 0] == pytest.approx([1.0 / 3.0, 0.5])


def test_the_lowest_modes_of_glasses_are_counted_once():
    """Fifty of 2997 modes, without the translations, from the file as xarray selects them."""
    glasses = open_dataset("glass/taper-2/T-0.20")
    edges, below = np.linspace(0.0, 0.5, 6), glasses["eigenfrequency"].values < 0.5
    density = histogram_density(glasses["eigenfrequency"], edges=edges, zero_mode_count=glasses["zero_mode_count"])
    assert density.sum() * 0.1 * 3000.0 == pytest.approx(np.count_nonzero(below))
    full = histogram_density(glasses["full_eigenfrequency"], edges=edges, zero_mode_count=glasses["zero_mode_count"])
    assert full == pytest.approx(density[glasses["full_sample_index"].values], rel=1e-12)
    with pytest.raises(NotApplicableError, match="do not reach so far") as caught:
        histogram_density(glasses["eigenfrequency"], edges=[0.0, 10.0], zero_mode_count=glasses["zero_mode_count"])
    assert "full_eigenfrequency" in caught.value.likely_cause
    with pytest.raises(NotApplicableError, match="zero modes of some samples"):
        histogram_density(
            glasses["eigenfrequency"], edges=edges, zero_mode_count=glasses["zero_mode_count"].isel(sample=slice(9))
        )


@pytest.mark.parametrize("convention", ["included", "removed", None])
def test_windows_follow_the_convention_of_the_data(convention):
    rows = np.array([[0.2, 0.4, 0.6, 0.8]])
    data = modes(np.c_[[0.0], rows] if convention == "included" else rows)
    data = data.assign(zero_mode_count=("sample", [1])).assign_attrs({"zero_modes": convention} if convention else {})
    assert modes_in_window(data, low=0.0, high=0.5) == pytest.approx([0.4])
    density = sampled_density(data, low=0.0, high=1.0, bin_width=0.5)
    assert density.values == pytest.approx(np.array([[0.8, 0.8]]))


@given(arrays(np.float64, (2, 15), elements=st.floats(0.0, 3.0)), st.floats(0.1, 2.9))
def test_cumulative_count_is_the_number_below(rows, frequency):
    rows = np.sort(rows, axis=1)
    assert (cumulative_count(rows, [frequency])[:, 0] == (rows < frequency).sum(axis=1)).all()


def test_window_leaves_zero_modes_out():
    data = modes([[0.0, 0.0, 0.5, 1.0], [0.0, 0.2, 0.4, 0.6]])
    data["zero_mode_count"] = ("sample", np.array([2, 1], dtype=np.int32))
    assert modes_in_window(data, low=0.0, high=0.55) == pytest.approx([0.25, 0.5])


def test_zero_modes_are_recognised_without_a_record():
    assert zero_modes(modes([[0.0, 1e-9, 0.5, 2.0]])).tolist() == [2]


def test_spectrum_and_modes_of_one_density_agree():
    # Density 2 omega on [0, 1]: N(omega) = omega^2.
    rows = np.sqrt((np.arange(4000) + 0.5) / 4000)[None, :]
    frequency = np.linspace(0.0, 1.0, 101)
    spectrum = xr.Dataset(
        {"density_of_states": (("sample", "frequency"), 2.0 * frequency[None, :])}, coords={"frequency": frequency}
    )
    data = modes(rows).assign(zero_mode_count=("sample", np.zeros(1, dtype=np.int32)))
    for one in (data, spectrum):
        assert modes_in_window(one, low=0.3, high=0.7)[0] == pytest.approx(0.4, abs=1e-3)
        assert sampled_density(one, low=0.2, high=0.8, bin_width=0.1).values[0] == pytest.approx(
            np.arange(0.5, 1.6, 0.2), abs=1e-2
        )


def test_a_selection_of_modes_is_refused():
    with pytest.raises(NotApplicableError, match="every mode"):
        modes_in_window(modes([[0.1, 0.2]], degrees_of_freedom=100), low=0.0, high=1.0)
    with pytest.raises(NotApplicableError, match="no density of states"):
        modes_in_window(xr.Dataset({"other": ("sample", [1.0])}), low=0.0, high=1.0)
