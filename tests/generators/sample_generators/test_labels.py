"""What every generator of the package shares: labels for arrays, and samples joined."""

import json
import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.sample_generators.labelled_generator import (
    LabelledGenerator,
    concatenated,
    labelled,
    led_by,
    owners,
    recorded,
    stacked,
)


class Throws(LabelledGenerator):
    """Thrown dice: the least that a generator has to say."""

    name = "throws"
    kind = "throws"
    defaults = {"faces": 6, "bias": 0.0}  # noqa: RUF012
    labels = {"throw": (("sample", "die"), "1/{faces}", "share of the faces")}  # noqa: RUF012

    def requirements(self, parameters):
        return [("faces", "at least 2", parameters["faces"] >= 2)]

    def sample(self, parameters, seed):
        return {"throw": np.random.default_rng(seed).random(3)}


def test_a_generator_says_what_it_takes_and_the_rest_is_done_for_it():
    generator = Throws()
    complete = generator.check({"faces": 8})
    assert complete == {"faces": 8, "bias": 0.0}
    made = generator.assemble(complete, [generator.sample(complete, k) for k in range(2)])
    assert made["throw"].dims == ("sample", "die")
    assert made["throw"].shape == (2, 3)
    assert made["throw"].attrs == {"units": "1/8", "long_name": "share of the faces"}
    assert json.loads(made.attrs["parameters"]) == complete
    with pytest.raises(RecipeError, match="faces: at least 2"):
        generator.check({"faces": 1})
    with pytest.raises(RecipeError, match="unknown parameters of throws"):
        generator.check({"face": 1})


def test_a_variable_with_the_name_of_its_dimension_is_a_coordinate_and_order_is_kept():
    labels = {"x": (("x",), "a", "place"), "y": (("x",), "1", "value", {"flag_meanings": "low high"})}
    made = labelled({"y": np.zeros(2), "x": np.arange(2.0)}, labels, {}, {"system": "none"})
    assert list(made.variables) == ["y", "x"]
    assert list(made.coords) == ["x"]
    assert made["y"].attrs == {"units": "1", "long_name": "value", "flag_meanings": "low high"}
    assert made.attrs == {"system": "none"}


def test_a_leading_dimension_comes_before_the_others():
    assert led_by("sample", {"y": (("x",), "1", "value", {})}) == {"y": (("sample", "x"), "1", "value", {})}


def test_samples_are_stacked_where_all_have_an_array_and_joined_where_some_have():
    samples = [{"a": np.zeros(2), "b": np.zeros((2, 0))}, {"a": np.ones(2), "c": np.ones(1)}]
    assert stacked(samples, ("a", "b", "c"))["a"].tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert list(stacked(samples, ("a", "b", "c"))) == ["a"]
    assert {name: array.tolist() for name, array in concatenated(samples, ("c", "b", "a", "d")).items()} == {
        "c": [1.0],
        "a": [0.0, 0.0, 1.0, 1.0],
    }
    assert owners([2, 0, 1]).tolist() == [0, 0, 2]


def test_parameters_without_end_are_recorded_as_texts():
    assert json.loads(recorded({"taper": math.inf, "cutoff": 1.5, "lists": [1.0]})) == {
        "taper": "inf",
        "cutoff": 1.5,
        "lists": [1.0],
    }
