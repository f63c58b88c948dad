"""What errors say beside what went wrong."""

import numpy as np
import pytest

import bosonpeak.datasets as datasets
from bosonpeak.datasets.errors import NotApplicableError, did_you_mean


def test_a_mistyped_word_is_answered_with_the_nearest_known_ones():
    known = ("samples", "seed", "sample")
    assert did_you_mean("seeed", known) == "did you mean 'seed'?"
    assert did_you_mean("samplez", iter(known), most=2) == "did you mean 'sample' or 'samples'?"


def test_nothing_is_asked_where_nothing_is_near():
    assert did_you_mean("temperature", ("group", "seed")) == ""
    assert did_you_mean("", ()) == ""


@pytest.mark.parametrize("wrong", [3.0, None, np.ones(3), ["network/paper"]], ids=["number", "none", "array", "list"])
@pytest.mark.parametrize(
    "function",
    [
        datasets.convert,
        datasets.describe,
        datasets.fetch,
        datasets.storage.file_sha256,
        datasets.registry.info,
        datasets.open_dataset,
        datasets.read,
        datasets.adapters.read_configuration_dataset,
        datasets.read_configurations,
        datasets.adapters.read_folder,
        datasets.read_frequencies,
    ],
    ids=lambda function: function.__name__,
)
def test_neither_path_nor_name_is_refused(function, wrong, tmp_path):
    further = {
        datasets.convert: (tmp_path / "out.nc",),
        datasets.adapters.read_folder: ({},),
        datasets.read_frequencies: ({},),
    }
    with pytest.raises(NotApplicableError, match="not a name or a path"):
        function(wrong, *further.get(function, ()))
