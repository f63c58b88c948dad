"""Who is to blame: a claim that gives parameters nobody takes, or a slip in the code."""

import inspect

import pytest

from bosonpeak.benchmark.judging.claim_file import load_claims, parse_claim
from bosonpeak.benchmark.measures import registry
from bosonpeak.benchmark.measures.base import of_ensemble, part
from bosonpeak.benchmark.measures.registry import MEASURES, find_measure, measure
from bosonpeak.datasets.errors import ClaimError, NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate

ONE = Estimate("one", 1.0, 1.0, 1.0, 0.95, 1, "exact")


def slipping(open_cell, cell, *, low=0.0):
    """A measure whose author thought of everything but an empty list."""
    raise TypeError(str(int([])))  # its message speaks of an argument


SIMPLE = {
    "slipping": slipping,
    "plain": of_ensemble(lambda data, *, high: ONE),
    "feature": part(of_ensemble(lambda data, *, high: ONE), "value"),
    "nothing": part(lambda open_cell, cell: ONE, "window"),
}


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(registry, "find_measure", SIMPLE.__getitem__)


@pytest.mark.usefixtures("registered")
def test_a_slip_inside_a_measure_comes_out_as_itself():
    with pytest.raises(TypeError, match="argument"):
        measure("slipping", None, "cell", {"low": 1.0})


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("name", "parameters"),
    [("slipping", {"high": 1.0}), ("slipping", {"cell": "x"}), ("plain", {"low": 1}), ("plain", {}), ("feature", {})],
)
def test_parameters_that_a_measure_does_not_take_are_the_claims_fault(name, parameters):
    with pytest.raises(ClaimError, match=f"measure {name} does not take these parameters"):
        measure(name, lambda group: None, "cell", parameters)


@pytest.mark.usefixtures("registered")
def test_what_a_measurement_does_not_have_is_not_applicable():
    assert measure("feature", lambda group: None, "cell", {"high": 1.0}) == 1.0
    with pytest.raises(NotApplicableError, match="does not tell its window"):
        measure("nothing", lambda group: None, "cell", {})


def test_an_unknown_measure_gets_the_nearest_names_only():
    with pytest.raises(ClaimError, match="did you mean 'excess'") as caught:
        measure("excesss", None, "cell", {})
    assert len(str(caught.value)) < 200


def test_a_misspelt_measure_is_reported_with_its_claim_file_and_place():
    text = next(claim for claim in load_claims() if claim.id == "NET-1").text
    assert 'measure = "excess"' in text
    with pytest.raises(ClaimError, match="did you mean 'excess'") as caught:
        parse_claim(text.replace('measure = "excess"', 'measure = "exces"', 1), where="my-claim.toml")
    message = str(caught.value)
    assert "my-claim.toml" in message
    assert "part" in message
    assert "test" in message
    assert len(message) < 400


@pytest.mark.parametrize("name", MEASURES)
def test_every_registered_measure_loads_and_takes_an_opener_and_a_group(name):
    assert list(inspect.signature(find_measure(name)).parameters)[:2] == ["open_cell", "cell"]
    assert find_measure(name).__doc__


def test_every_measure_is_used_by_a_claim():
    tests = [
        test
        for claim in load_claims()
        for test in (*claim.tests, *claim.context, *(control.test for control in claim.controls))
    ]
    assert {test.measure for test in tests} == set(MEASURES)


@pytest.mark.parametrize("claim", load_claims(), ids=lambda claim: claim.id)
def test_every_claim_gives_parameters_that_its_measures_take(claim):
    for test in (*claim.tests, *claim.context, *(control.test for control in claim.controls)):
        inspect.signature(find_measure(test.measure)).bind(None, test.cells[0], **test.parameters)
