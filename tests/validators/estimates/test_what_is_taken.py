"""What every public measure takes: names, trees, datasets, arrays; and that the rest is refused in words."""

import inspect

import numpy as np
import pytest
import xarray as xr

from bosonpeak import validators
from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import BosonpeakError, NotApplicableError
from bosonpeak.validators.estimates.inputs import one_ensemble, several_ensembles

FUNCTIONS = {
    name: function
    for place in (validators, *(getattr(validators, topic) for topic in validators.__all__))
    if inspect.ismodule(place)
    for name in place.__all__
    if inspect.isfunction(function := getattr(place, name))
}
FIRST = {
    name: str(next(iter(inspect.signature(function).parameters.values())).annotation)
    for name, function in FUNCTIONS.items()
}
OF_ENSEMBLES = [name for name, annotation in FIRST.items() if "Ensemble" in annotation]
WITH_LEVEL = [name for name, function in FUNCTIONS.items() if "level" in inspect.signature(function).parameters]
NEEDED = {
    "low": 0.1,
    "high": 0.5,
    "coordination": 3,
    "bin_width": 0.05,
    "highest": 1.0,
    "exponent": 4.0,
    "reference": xr.Dataset(),
    "particles": None,
}


def call(name, first, **given):
    """Call with the first argument, and with something for what else is required."""
    function = FUNCTIONS[name]
    required = [p for p in list(inspect.signature(function).parameters.values())[1:] if p.default is p.empty]
    others = {p.name: NEEDED.get(p.name, 1) for p in required if p.name not in given}
    return function(first, **others, **given)


# Functions of geometry, of single arrays or of numbers.
NO_ESTIMATORS = {
    name
    for name, function in FUNCTIONS.items()
    if next(iter(inspect.signature(function).parameters)) != "data" and "Ensemble" not in FIRST[name]
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - NO_ESTIMATORS))
def test_an_estimator_takes_data_then_keywords_and_a_level_of_95_per_cent(name):
    first, *others = inspect.signature(FUNCTIONS[name]).parameters.values()
    assert first.name == "data"
    assert {each.kind for each in others} <= {inspect.Parameter.KEYWORD_ONLY}
    assert all(each.default == 0.95 for each in others if each.name == "level")


def test_functions_that_return_an_estimate_are_estimators():
    returned = {name: str(inspect.signature(function).return_annotation) for name, function in FUNCTIONS.items()}
    assert not {name for name in NO_ESTIMATORS if "Estimate" in returned[name]}


def test_most_measures_take_ensembles_and_a_level():
    assert len(OF_ENSEMBLES) > 30
    assert len(WITH_LEVEL) > 30


@pytest.mark.parametrize("name", OF_ENSEMBLES)
@pytest.mark.parametrize(
    "wrong",
    [
        3.0,
        None,
        np.arange(5.0),
        np.zeros(()),
        np.zeros((2, 2, 2)),
        "no/such name",
        object(),
        xr.DataTree(),
        xr.Dataset(),
    ],
    ids=["scalar", "none", "list", "point", "cube", "name", "object", "empty tree", "empty dataset"],
)
def test_what_is_no_ensemble_is_refused_in_words(name, wrong):
    if isinstance(wrong, np.ndarray) and wrong.ndim == 1 and "ArrayLike" in FIRST[name]:
        pytest.skip("a pooled list of modes is good enough")
    if name == "missing_tail" and isinstance(wrong, xr.Dataset):
        assert call(name, wrong) == ()
        return
    with pytest.raises(BosonpeakError):
        call(name, wrong)


@pytest.mark.parametrize("name", WITH_LEVEL)
@pytest.mark.parametrize("level", [95, 1.0, 0.0, -0.5, float("nan")])
def test_a_level_that_is_no_probability_is_refused(name, level):
    first = "network/nine-node/lattice" if name in OF_ENSEMBLES else [1.0, 2.0, 3.0]
    with pytest.raises(NotApplicableError, match="confidence level is a probability"):
        call(name, [] if FIRST[name].startswith("Sequence") else first, level=level)


def test_a_level_in_per_cent_is_recognised():
    with pytest.raises(NotApplicableError) as caught:
        validators.estimates.mean_interval([1.0, 2.0, 3.0], level=95)
    assert caught.value.likely_cause == "per cent"


def test_a_name_a_tree_and_a_dataset_are_the_same_ensemble():
    tree = open_dataset("network/paper")
    dataset = tree["situation-2/delta-0.1"].to_dataset()
    alone = xr.DataTree.from_dict({"/one": dataset})
    given = ("network/paper/situation-2/delta-0.1", alone, dataset)
    assert len({validators.excess(ensemble, low=0.3, high=0.6).value for ensemble in given}) == 1


def test_a_tree_of_several_asks_which():
    with pytest.raises(NotApplicableError, match=r"situation-1/delta-0\.0") as caught:
        validators.excess(open_dataset("network/paper"), low=0.3, high=0.6)
    count = sum(bool(node.variables) for node in open_dataset("network/paper").subtree)
    assert caught.value.what == f"this file contains {count} ensembles; choose one"
    with pytest.raises(NotApplicableError, match="name/group"):
        validators.excess("network/paper", low=0.3, high=0.6)


@pytest.mark.parametrize(
    "name",
    [
        "count_dispersion_growth",
        "exponent_drift",
        "exponent_lower_bound",
        "exponent_size_effect",
        "limit_exponent",
        "limit_exponent_families",
        "local_exponent",
        "lowest_mode_scaling",
    ],
)
@pytest.mark.parametrize("wrong", [3.0, None, np.array(2.0)])
def test_one_number_is_no_set_of_sizes(name, wrong):
    with pytest.raises(NotApplicableError, match="sizes are compared between ensembles"):
        FUNCTIONS[name](wrong)


def test_several_ensembles_come_as_a_tree_or_as_names():
    tree = open_dataset("network/localisation")
    names = [f"network/localisation{node.path}" for node in tree.subtree if node.variables][:2]
    assert len(several_ensembles(tree)) == len([node for node in tree.subtree if node.variables])
    assert [dataset.attrs["lattice_size"] for dataset in several_ensembles(names)] == [
        one_ensemble(name).attrs["lattice_size"] for name in names
    ]


@pytest.mark.parametrize(
    "function",
    [validators.exponent_lower_bound, validators.power_laws.exponent_size_effect],
    ids=lambda each: each.__name__,
)
def test_sizes_come_as_a_name_a_tree_a_list_or_arrays(function):
    name = "null/bent-spectra/straight/s-4"
    tree = open_dataset(name)
    leaves = [node.to_dataset() for node in tree.subtree if node.variables]
    arrays = {
        "particles": [leaf.attrs["particles"] for leaf in leaves],
        "first_phonon": [leaf["first_phonon"].values for leaf in leaves],
        "chain": [leaf["chain"].values for leaf in leaves],
    }
    found = function(leaves)
    assert found == function(name) == function(tree)
    assert found == function([leaf["eigenfrequency"].values for leaf in leaves], **arrays)


def test_one_size_needs_no_list():
    leaf = open_dataset("null/bent-spectra/straight/s-4/N-1000")
    one = {"particles": 1000, "first_phonon": leaf["first_phonon"].values, "chain": leaf["chain"].values}
    found = validators.exponent_lower_bound(leaf)
    assert found == validators.exponent_lower_bound(leaf["eigenfrequency"].values, **one)
    listed = {name: [value] for name, value in one.items()}
    assert found == validators.exponent_lower_bound([leaf["eigenfrequency"].values], **listed)
    with pytest.warns(DeprecationWarning, match="exponent_lower_bound: arguments are spelt data, then keywords"):
        assert found == validators.exponent_lower_bound(leaf, [1000])


@pytest.mark.parametrize("values", [3.0, [], [[1.0, 2.0]], ["a", "b", "c"]])
def test_means_are_of_lists_of_numbers(values):
    with pytest.raises(NotApplicableError):
        validators.estimates.mean_interval(values)


def test_no_pole_is_no_fault():
    assert validators.spectra.distinct_poles([0.0, 0.0]).tolist() == []
