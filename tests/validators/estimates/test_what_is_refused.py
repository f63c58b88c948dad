"""No public measure answers a wrong argument with an error of numpy or xarray: all of them are walked through."""

import inspect
import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak import validators
from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import BosonpeakError, NotApplicableError

FUNCTIONS = {
    name: function
    for place in (validators, *(getattr(validators, topic) for topic in validators.__all__))
    if inspect.ismodule(place)
    for name in place.__all__
    if inspect.isfunction(function := getattr(place, name))
}

WRONG = {
    "scalar": 3.0,
    "none": None,
    "list": np.arange(5.0),
    "cube": np.ones((2, 2, 3)),
    "empty": np.empty((0, 4)),
    "words": ["a", "b"],
    "word": "no/such name",
    "nan in a list": np.array([math.nan, 1.0]),
    "nan in a square": np.full((3, 3), math.nan),
    "tree": xr.DataTree(),
    "dataset": xr.Dataset(),
    "object": object(),
}

# What makes sense all the same, such as numbers of any shape for a density; NaN pads short samples, or stays NaN.
GOOD = {
    "debye_density": {"scalar", "cube", "empty"},
    "square_lattice_density": {"scalar", "list", "cube", "empty"},
    "density_of_states": {"list"},
    "distinct_poles": {"list", "nan in a list"},
    "pole_change": {"list", "nan in a list"},
    "mean_interval": {"list", "nan in a list"},
    "participation_ratio": {"cube"},
    "stable_coupling": {"cube"},
    "phonon_shells": {"scalar"},
    "missing_tail": {"dataset"},
}


def required(function):
    """Parameters without a default."""
    parameters = inspect.signature(function).parameters.values()
    return [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_wrong_arguments_are_refused_in_words(name):
    function = FUNCTIONS[name]
    answered = set()
    for kind, wrong in WRONG.items():
        positional = [wrong for p in required(function) if p.kind is not p.KEYWORD_ONLY]
        named = {p.name: wrong for p in required(function) if p.kind is p.KEYWORD_ONLY}
        try:
            function(*positional, **named)
        except BosonpeakError:
            continue
        answered.add(kind)
    assert answered == GOOD.get(name, set())


NUMBERS = {"none": None, "word": "no", "nan": math.nan, "list": [0.1, 0.2], "object": object(), "dataset": xr.Dataset()}

OF_NETWORKS = {
    "excess": {"low": 0.3, "high": 0.6, "level": 0.9},
    "modes_in_window": {"low": 0.3, "high": 0.6},
    "mean_participation": {"low": 0.3, "high": 0.6, "level": 0.9},
    "reduced_density": {"low": 0.3, "high": 0.6, "bin_width": 0.1, "reference": "paper"},
    "sampled_density": {"low": 0.3, "high": 0.6, "bin_width": 0.1},
    "sampled_crossover": {"highest": 1.0},
    "coordination_weight": {"low": 0.1, "high": 0.5, "coordination": 3, "level": 0.9},
    "van_hove_peak": {"low": 0.7, "high": 1.4, "foot": 0.5, "bin_width": 0.05, "level": 0.9},
}
OF_GLASSES = {
    "count_dispersion": {"below": 0.9, "first_phonon": 1.5, "chain": np.arange(300) // 3, "level": 0.9},
    "exponent": {"window": (0.3, 0.9), "first_phonon": 1.5, "dimension": 3, "level": 0.9},
    "localisation": {"low": 0.0, "high": 0.9, "level": 0.9},
    "low_ratio_distribution": {"high": 0.9, "bins": 10},
    "lowest_mode_exponent": {"mean_count": 0.8, "level": 0.9},
    "ratio_distribution": {"part": "lowest", "count": 5, "highest": 5.0, "bins": 10, "level": 0.9},
    "reduced_cumulative_count": {"exponent": 4.0, "low": 0.3, "high": 0.9, "points": 10, "level": 0.9},
    "stress_distribution": {"low": 1e-6, "high": 1e-3},
}
GIVEN = {**OF_NETWORKS, **OF_GLASSES}


@pytest.fixture(scope="module")
def ensembles():
    network = open_dataset("network/paper", group="situation-2/delta-0.1")
    glasses = open_dataset("glass/taper-2", group="T-0.20")
    return {**dict.fromkeys(OF_NETWORKS, network), **dict.fromkeys(OF_GLASSES, glasses)}


@pytest.mark.parametrize(("name", "argument"), [(name, each) for name, all_ in GIVEN.items() for each in all_])
def test_a_wrong_number_is_refused_in_words(name, argument, ensembles):
    needed = {p.name for p in required(FUNCTIONS[name])}
    good = {key: value for key, value in GIVEN[name].items() if key in needed or key == argument}
    FUNCTIONS[name](ensembles[name], **good)
    may_lack = inspect.signature(FUNCTIONS[name]).parameters[argument].default is None
    for kind, wrong in NUMBERS.items():
        if (may_lack and wrong is None) or (argument == "window" and kind == "list"):
            continue
        with pytest.raises(BosonpeakError):
            FUNCTIONS[name](ensembles[name], **{**good, argument: wrong})


def test_a_misspelt_polarisation_is_not_taken_for_the_other_one():
    box, points = np.array([4.0, 4.0]), np.random.default_rng(1).random((16, 2)) * 4.0
    modes = np.linalg.qr(np.random.default_rng(2).normal(size=(32, 32)))[0].reshape(32, 16, 2)
    found = validators.waves.current_correlation(
        points, box, np.linspace(0.1, 3.2, 32), modes, [0.0, 2.0, 4.0], shells=2
    )
    with pytest.raises(NotApplicableError, match="no such polarisation"):
        validators.waves.sound_dispersion([found] * 3, polarisation="transversal")


def test_a_misspelt_reference_is_not_taken_for_the_papers(ensembles):
    with pytest.raises(NotApplicableError, match="no such reference"):
        validators.spectra.reduced_density(ensembles["excess"], low=0.3, high=0.6, bin_width=0.1, reference="debye")


def test_words_that_look_like_numbers_are_none():
    with pytest.raises(NotApplicableError, match="are not numbers"):
        validators.estimates.mean_interval(["1", "2", "3"])
