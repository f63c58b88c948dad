"""What public functions of the generators are given by mistake is refused in words."""

import inspect

import numpy as np
import pytest
import xarray as xr

from bosonpeak import datasets, generators
from bosonpeak.datasets.errors import BosonpeakError, RecipeError

RECORDS = {"Configuration", "ElasticMedium", "PairTerms", "SpringNetwork"}
"""Plain records of what a function made, and a protocol."""

GIVEN = {
    name: function
    for place in (generators, *(getattr(generators, topic) for topic in generators.__all__))
    if inspect.ismodule(place)
    for name in place.__all__
    if callable(function := getattr(place, name)) and name not in RECORDS
} | {
    function.__name__: function
    for function in (
        datasets.storage.content_digest,
        datasets.storage.pack_ragged,
        datasets.storage.unpack_ragged,
        datasets.to_physical_units,
    )
}
NEEDY = sorted(
    name
    for name, function in GIVEN.items()
    if any(p.default is p.empty for p in inspect.signature(function).parameters.values())
)
WRONG = {
    "none": None,
    "text": "nonsense",
    "object": object(),
    "mapping": {},
    "hypercube": np.zeros((2, 2, 2, 2)),
    "complex": 1j,
    "list of text": ["a", "b"],
    "ragged list": [[1.0], [1.0, 2.0]],
}


ALSO_RIGHT = {"pack_ragged": {"hypercube", "list of text", "ragged list"}, "count_below": {"hypercube"}}
"""An array of arrays is a sequence of arrays, and modes are counted below frequencies of any shape."""


def _not_refused(name, given):
    """Kinds, of those that `given` maps to arguments by place and by name, that are not refused in words."""
    taken = []
    for kind, (places, named) in given.items():
        if kind in ALSO_RIGHT.get(name, ()):
            continue
        try:
            GIVEN[name](*places, **named)
        except BosonpeakError:
            continue
        taken.append(kind)
    return taken


@pytest.mark.parametrize("name", NEEDY)
def test_arguments_of_another_kind_are_refused_in_words(name):
    required = [p for p in inspect.signature(GIVEN[name]).parameters.values() if p.default is p.empty]
    by_name = {p.name for p in required if p.kind is p.KEYWORD_ONLY}
    given = {
        kind: ([wrong] * (len(required) - len(by_name)), dict.fromkeys(by_name, wrong)) for kind, wrong in WRONG.items()
    }
    assert _not_refused(name, given) == []


RIGHT = {
    "bloch_spectrum": {"frequencies": [0.5], "contrast": 0.2},
    "heterogeneous_elasticity_boson_peak": {"disorder": 0.2, "bulk_modulus": 2.0},
    "breathing_patch": {"positions": [[1.0, 1.0]], "box": [4.0, 4.0], "centre": [1.0, 1.0], "radius": 1.0},
    "connected_component_labels": {"bonds": [[0, 1]], "node_count": 2},
    "count_below": {"bonds": [[0, 1]], "stiffness": [1.0], "node_count": 2, "frequencies": [1.0]},
    "critical_disorder": {"bulk_modulus": 2.0},
    "degenerate_waves": {"box": [4.0, 4.0], "fields": 1, "seed": 1},
    "effective_stiffness": {"bonds": [[0, 1]], "stiffness": [1.0], "node_count": 2, "bond_vectors": [[1.0, 0.0]]},
    "gaussian_fields": {
        "box": [4.0, 4.0],
        "fields": 1,
        "seed": 1,
        "correlation_length": 1.0,
        "transverse_share": 0.5,
    },
    "generalised_heterogeneous_elasticity": {"frequency": [1.0], "stress": [1.0, 2.0], "density": [1.0, 1.0]},
    "heterogeneous_elasticity": {"disorder": 0.2, "bulk_modulus": 2.0, "frequency": [0.1]},
    "kernel_polynomial_dos": {"bonds": [[0, 1]], "stiffness": [1.0], "node_count": 2, "seed": 1},
    "modulated_medium": {"shape": [4, 4]},
    "normal_modes": {"bonds": [[0, 1]], "stiffness": [1.0], "node_count": 2},
    "on_node_response": {"network": generators.networks.nine_node_toy(), "frequencies": [1.0], "broadening": 0.1},
    "pair_stress_law": {"potential": generators.InversePower(), "stress": [0.1]},
    "point_vortices": {"box": [4.0, 4.0], "centres": [[1.0, 1.0]], "circulations": [1.0], "core": 0.5},
    "quasi_equilibrium": {"frequencies": [1.0], "modulation_wavenumbers": [1.0]},
    "relaxation_time": {"lags": [1.0, 2.0], "overlap": [0.9, 0.1]},
    "rotating_patch": {"positions": [[1.0, 1.0]], "box": [4.0, 4.0], "centre": [1.0, 1.0], "radius": 1.0},
    "spectral_gap": {"disorder": 0.2, "bulk_modulus": 2.0, "box": 20.0},
    "white_fields": {"particles": 2, "dimension": 2, "fields": 1, "seed": 1},
}


@pytest.mark.parametrize("name", RIGHT)
def test_one_argument_of_another_kind_among_right_ones_is_refused_in_words(name):
    for argument in RIGHT[name]:
        given = {kind: ([], RIGHT[name] | {argument: WRONG[kind]}) for kind in ("none", "text", "object", "hypercube")}
        assert _not_refused(name, given) == [], argument


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_arguments_are_taken(name):
    assert GIVEN[name](**RIGHT[name]) is not None


@pytest.mark.parametrize("wrong", [None, "nonsense", object()], ids=["none", "text", "object"])
@pytest.mark.parametrize("potential", [generators.InversePower, generators.LennardJones])
def test_a_potential_is_made_of_numbers(potential, wrong):
    for parameter in ("cutoff", "taper"):
        with pytest.raises(RecipeError, match=parameter):
            potential(**{parameter: wrong})


def test_the_message_names_the_argument_and_what_was_given():
    with pytest.raises(RecipeError, match="disorder") as caught:
        generators.theories.spectral_gap("strong", 2.0, 20.0)
    assert (caught.value.expected, caught.value.got) == ("a real number", "'strong'")


def test_a_data_array_is_no_dataset():
    with pytest.raises(BosonpeakError, match="not a dataset"):
        datasets.storage.content_digest(xr.DataArray([1.0]))
