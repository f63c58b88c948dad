import numpy as np
import pytest
import xarray as xr

from bosonpeak.validators.comparisons.quantities import (
    ALL_COUNTS,
    LOW_COUNTS,
    STRESS_COUNTS,
    comparable_quantities,
    complete_spectra,
    cumulative_counts,
    low_frequencies,
    sample_quantities,
)


def spectra(rows, **attributes):
    return xr.Dataset({"eigenfrequency": (("sample", "mode"), np.asarray(rows, dtype=float))}, attrs=attributes)


def values(dataset):
    return {quantity.name: quantity for quantity in sample_quantities(dataset)}


def test_zero_modes_are_no_low_modes():
    rows = low_frequencies(spectra([[0.0, 0.0, 1.0, 2.0, 3.0], [1e-9, 1.5, 2.0, 2.5, np.nan]]), 3)
    assert rows.tolist()[0] == [1.0, 2.0, 3.0]
    assert rows.tolist()[1] == [1.5, 2.0, 2.5]


def test_short_lists_end_in_nan():
    rows = low_frequencies(spectra([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]), 5)
    assert rows.shape == (2, 3)
    assert np.isnan(rows[0, 2])


def test_numbers_of_a_spectrum_by_hand():
    rows = np.array([[0.0, *range(1, 13)], [0.0, *range(2, 14)]], dtype=float)
    found = values(spectra(rows, degrees_of_freedom=13))
    assert found["lowest frequency"].values.tolist() == [1.0, 2.0]
    assert found["mean of the 8 lowest frequencies"].values.tolist() == [4.5, 5.5]
    assert found["highest frequency"].values.tolist() == [12.0, 13.0]
    assert found["mean square frequency"].values.tolist() == pytest.approx([650 / 12, 818 / 12])
    assert found["mean square frequency"].frequency_power == 2


def test_a_part_of_a_spectrum_has_no_mean_square():
    found = values(spectra(np.arange(1.0, 11.0)[None] * [[1.0], [1.1]], degrees_of_freedom=100))
    assert "mean square frequency" not in found
    assert "highest frequency" not in found
    assert complete_spectra(spectra([[1.0, 2.0]])) is None


def test_modes_nearest_to_a_frequency_are_not_the_lowest():
    dataset = spectra(np.arange(1.0, 11.0)[None] * [[1.0], [1.1]], parameters='{"modes": "nearest"}')
    assert sample_quantities(dataset) == ()
    assert cumulative_counts(dataset, dataset) == ()


def test_full_spectra_belong_to_some_samples():
    dataset = spectra([[1.0, 2.0]] * 3).assign(
        full_eigenfrequency=(("full_sample", "full_mode"), [[1.0, 2.0, 4.0], [1.0, 2.0, 5.0]]),
        full_sample_index=("full_sample", [2, 0]),
    )
    mean = values(dataset)["mean square frequency"].values
    assert mean[[0, 2]].tolist() == [10.0, 7.0]
    assert np.isnan(mean[1])


def test_coordination_by_hand():
    found = values(xr.Dataset({"coordination_number": (("sample", "node"), [[4, 4, 4, 4], [3, 3, 5, 5]])}))
    assert found["mean coordination number"].values.tolist() == [4.0, 4.0]
    assert found["variance of the coordination number"].values.tolist() == [0.0, 1.0]
    assert found["fraction of nodes with 3 springs"].values.tolist() == [0.0, 0.5]


def test_counts_are_exact_and_end_with_the_shortest_list():
    long, short = spectra(np.arange(1.0, 41.0)[None].repeat(3, 0)), spectra(np.arange(1.0, 11.0)[None].repeat(2, 0))
    (counts,) = cumulative_counts(long, short)
    assert counts.name == LOW_COUNTS
    assert counts.grid.max() <= 10.0
    assert counts.counts[0].shape == (3, len(counts.grid))
    expected = [np.count_nonzero(np.arange(1.0, 41.0) < point) for point in counts.grid]
    assert counts.counts[0][0].tolist() == expected


def test_dropped_zero_modes_do_not_change_counts_of_complete_spectra():
    modes = np.linspace(1.0, 3.0, 300)
    kept = spectra(np.concatenate([np.zeros(2), modes])[None].repeat(2, 0), degrees_of_freedom=302)
    dropped = spectra(modes[None].repeat(2, 0), degrees_of_freedom=302)
    counts = next(one for one in cumulative_counts(kept, dropped) if one.name == ALL_COUNTS)
    assert np.array_equal(*counts.counts)


def test_stresses_are_counted_from_the_smallest():
    edges = ("stress_bin_edge", [0.1, 1.0, 10.0])
    below = ("sample", [5, 7])
    dataset = xr.Dataset(
        {"stress_count": (("sample", "stress_bin"), [[10, 20], [30, 40]]), "stress_edge": edges},
    ).assign(stress_count_below=below)
    (counts,) = cumulative_counts(dataset, dataset)
    assert counts.name == STRESS_COUNTS
    assert counts.grid.tolist() == [1.0, 10.0]
    assert counts.counts[0].tolist() == [[15.0, 35.0], [37.0, 77.0]]
    other = dataset.assign(stress_edge=("stress_bin_edge", [0.1, 1.0, 20.0]))
    assert cumulative_counts(dataset, other) == ()


def test_names_are_those_of_what_is_compared(glass_like):
    names = comparable_quantities(glass_like(4, seed=1))
    assert names == (
        "lowest frequency",
        "mean of the 8 lowest frequencies",
        "highest frequency",
        "inherent-structure energy",
        LOW_COUNTS,
    )
