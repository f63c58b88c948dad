"""Who is to blame: a claim that gives parameters nobody takes, or a slip in the code."""

import inspect

import pytest

from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.measures.base import of_ensemble, part
from bosonpeak.benchmark.measures.registry import MEASURES, measure
from bosonpeak.datasets.errors import ClaimError, NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate

ONE = Estimate("one", 1.0, 1.0, 1.0, 0.95, 1, "exact")


def slipping(open_cell, cell, *, low=0.0):
    """A measure whose author thought of everything but an empty list."""
    raise TypeError(str(int([])))  # its message speaks of an argument


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setitem(MEASURES, "slipping", slipping)
    monkeypatch.setitem(MEASURES, "plain", of_ensemble(lambda data, *, high: ONE))
    monkeypatch.setitem(MEASURES, "feature", part(of_ensemble(lambda data, *, high: ONE), "value"))
    monkeypatch.setitem(MEASURES, "nothing", part(lambda open_cell, cell: ONE, "window"))


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


def test_an_unknown_measure_is_named_with_those_there_are():
    with pytest.raises(ClaimError, match="unknown measure") as caught:
        measure("excesss", None, "cell", {})
    assert "peak-position" in caught.value.expected


@pytest.mark.parametrize("claim", load_claims(), ids=lambda claim: claim.id)
def test_every_claim_gives_parameters_that_its_measures_take(claim):
    for test in (*claim.tests, *claim.context, *(control.test for control in claim.controls)):
        inspect.signature(MEASURES[test.measure]).bind(None, test.cells[0], **test.parameters)
