"""Figures of exponents against a parameter of the protocol: each ensemble once, at its parameter, with its estimate."""

import dataclasses
import json
import math

import pytest

from bosonpeak.benchmark.figures.registry import draw_figures
from bosonpeak.benchmark.judging.claim_file import find_claim
from bosonpeak.benchmark.judging.measurements import Measurements, ReferenceData, evidence_by_figure


@pytest.mark.parametrize(
    ("identifier", "parameter", "places"),
    [
        ("SIM-10", "temperature", {"m = 2": 7, "m = ∞": 7}),
        ("PIN-1", "pinned_share", {"T* = 1.00, m = 2": 4}),
    ],
)
def test_exponents_stand_at_the_parameters_of_their_ensembles(identifier, parameter, places):
    reference = ReferenceData().cell
    claim = dataclasses.replace(find_claim(identifier), controls=())
    evidence = evidence_by_figure([claim], Measurements(reference))
    figure = draw_figures(evidence, reference)[claim.figure]
    assert [panel.title for panel in figure.panels] == list(places)

    measured = {measure: {} for measure in ("exponent", "limit-exponent")}
    for each in evidence[claim.figure]:
        if each.measure in measured:
            attributes = json.loads(reference(*each.ensemble).attrs["parameters"])
            taper = float(attributes["taper"])
            panel = 1 if math.isinf(taper) else 0
            measured[each.measure][panel, float(attributes[parameter])] = each.estimate

    for number, (panel, count) in enumerate(zip(figure.panels, places.values(), strict=True)):
        readings = [series for series in panel.series if series.kind == "points"]
        assert len(readings) == 2
        for series, estimates in zip(readings, measured.values(), strict=True):
            expected = {x: estimate.value for (index, x), estimate in estimates.items() if index == number}
            assert len(expected) == count
            assert dict(zip(series.x, series.y, strict=True)) == pytest.approx(expected)
