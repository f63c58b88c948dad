"""Configurations, full spectra and low modes meet their samples and modes by label, whatever was selected before."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import open_dataset, select_subset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.estimates.stored_modes import StoredModes


@pytest.fixture(scope="module")
def glasses():
    return open_dataset("glass/taper-2/T-0.20")


def test_all_variables_are_on_the_common_sample(glasses):
    chosen = select_subset(glasses, "configuration")
    assert "configuration" not in chosen.dims
    assert chosen["eigenvector"].dims == ("sample", "low_mode", "particle", "axis")
    assert chosen["sample"].values.tolist() == glasses["configuration"].values.tolist()
    for label in (0, 12, int(glasses["configuration"][-1])):
        np.testing.assert_array_equal(
            chosen["position"].sel(sample=label), glasses["position"].sel(configuration=label)
        )
        assert chosen["shear_modulus"].sel(sample=label) == glasses["shear_modulus"].sel(sample=label)
    assert set(chosen["full_sample"].values) == set(glasses["full_sample"].values) & set(chosen["sample"].values)
    assert set(chosen.data_vars) == set(glasses.data_vars) - {"configuration_index"}


def test_subsets_combine(glasses):
    both = select_subset(select_subset(glasses, "full_sample"), "configuration")
    assert both["full_eigenfrequency"].dims == ("sample", "full_mode")
    np.testing.assert_allclose(both["full_eigenfrequency"][:, :50], both["eigenfrequency"], rtol=1e-9)
    modes = select_subset(both, "low_mode")
    assert modes["eigenvector"].dims == ("sample", "mode", "particle", "axis")
    assert modes["eigenfrequency"].sizes["mode"] == 8


def test_a_selection_of_samples_and_configurations_keeps_their_glasses(glasses):
    """Positions of the rows would give the frequencies of other glasses."""
    whole, some = StoredModes(glasses), glasses.sel(sample=slice(100, None))
    some = some.sel(configuration=[label for label in glasses["configuration"].values if label >= 100][::-1])
    places = [whole.dataset.get_index("configuration").get_loc(label) for label in some["configuration"].values]
    np.testing.assert_array_equal(StoredModes(some).frequency, whole.frequency[places])
    np.testing.assert_array_equal(StoredModes(some.isel(low_mode=[5, 2])).frequency, whole.frequency[places][:, [5, 2]])
    assert rows_of(some, "configuration").tolist() == [label - 100 for label in some["configuration"].values]


def test_a_configuration_whose_sample_was_left_out_is_refused(glasses):
    with pytest.raises(NotApplicableError, match=r"no sample[\s\S]*\[0, 1\], not in sample[\s\S]*select_subset"):
        rows_of(glasses.isel(sample=slice(2, None)), "configuration")


def test_an_unknown_subset_names_those_there_are(glasses):
    with pytest.raises(NotApplicableError, match=r"configuration, full_sample, low_mode[\s\S]*did you mean"):
        select_subset(glasses, "configurations")
    with pytest.raises(NotApplicableError, match="no such subset"):
        select_subset(open_dataset("network/nine-node/lattice"), "configuration")


def test_unlabelled_data_are_matched_by_their_index_and_refused_without():
    plain = xr.Dataset(
        {
            "x": ("sample", [1.0, 2.0, 3.0]),
            "y": ("configuration", [30.0, 10.0]),
            "configuration_index": ("configuration", [2, 0]),
        }
    )
    chosen = select_subset(plain, "configuration")
    np.testing.assert_array_equal(chosen["y"], 10.0 * chosen["x"])
    with pytest.raises(NotApplicableError, match="sample of each configuration is unknown"):
        select_subset(plain.drop_vars("configuration_index"), "configuration")


def test_quenches_and_records_of_a_sample_are_found_by_label():
    glasses = open_dataset("glass/taper-inf/T-0.20")
    assert (glasses["quench_sample"] < 0).sum() == glasses.sizes["quench"] - glasses.sizes["sample"] == 1
    quench = glasses.isel(quench=glasses["quench_sample"] == 12)
    assert quench["quench_sweep"].item() == glasses["sweep"].sel(sample=12).item()
    assert quench["quench_chain"].item() == glasses["chain"].sel(sample=12).item()
    again = glasses.sel(quench=quench["quench"])
    assert again["quench_sample"].values.tolist() == [12]
    energy = glasses["liquid_energy"].sel(independent_chain=glasses["chain"])
    assert energy.dims == ("sample", "record")
    chain = glasses["chain"].sel(sample=12).item()
    assert (
        energy.sel(sample=12).values.tolist() == glasses["liquid_energy"].sel(independent_chain=chain).values.tolist()
    )
