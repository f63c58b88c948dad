"""Every function on every kind of dataset: it draws, or its error names a function that does."""

import re

import matplotlib
import numpy as np
import pytest
import xarray as xr

import bosonpeak
from bosonpeak import plot
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.fitting import NEEDED

ENSEMBLES = (
    "glass/modes-3d/m-2/T-1.00",
    "network/nine-node/added",
    "null/mode-extent/extended/N-500",
    "null/bent-spectra/straight/s-4/N-500",
    "network/spectra/situation-1/delta-0.3",
    "theory/quasi-equilibrium/grid",
    "theory/generalised-heterogeneous-elasticity/soft-spheres",
    "glass/currents/m-2/T-0.20",
)


def draws(function, data):
    try:
        axes = getattr(plot, function)(data)
    except NotApplicableError:
        return False
    return bool(axes.lines or axes.collections)


@pytest.mark.parametrize("function", NEEDED)
def test_it_draws_networks_or_names_a_function_that_does(function, data_release):
    test_it_draws_or_names_a_function_that_does(function, "network/structures/situation-1/delta-0.3")


@pytest.mark.parametrize("name", ENSEMBLES)
@pytest.mark.parametrize("function", NEEDED)
def test_it_draws_or_names_a_function_that_does(function, name):
    data = bosonpeak.open(name)
    before = dict(matplotlib.rcParams)
    try:
        axes = getattr(plot, function)(data)
    except NotApplicableError as error:
        named = re.findall(r"bosonpeak\.plot\.(\w+)", str(error))
        assert any(draws(each, data) for each in named if each != function)
    else:
        assert axes.lines or axes.collections
        assert axes.get_xlabel()
    assert dict(matplotlib.rcParams) == before


def test_functions_of_the_table_are_the_public_ones():
    assert set(NEEDED) <= set(plot.__all__)


@pytest.mark.parametrize("function", NEEDED)
def test_data_that_nothing_draws_are_refused(function):
    data = xr.Dataset({"relaxation_time": ("sample", [1.0, 2.0])})
    with pytest.raises(NotApplicableError, match=r"no function of bosonpeak\.plot draws"):
        getattr(plot, function)(data)


WRONG = {
    "array": np.sort(np.random.default_rng(0).random((6, 20)), axis=1),
    "labelled array": xr.DataArray(np.ones((3, 4)), dims=("sample", "mode"), name="participation_ratio"),
    "none": None,
    "number": 3.0,
    "list": [1.0, 2.0],
    "object": object(),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("function", [*NEEDED, "forest"])
def test_anything_else_is_drawn_as_frequencies_or_refused(function, kind):
    refused = []
    try:
        axes = getattr(plot, function)(WRONG[kind])
    except NotApplicableError as error:
        refused.append(error.expected)
    assert all(refused) if refused else axes.lines or axes.collections
