"""Figures say what their claims say: what is edited in a claim file is found in the figure, and nowhere else."""

import ast
import dataclasses
from pathlib import Path

import pytest

from bosonpeak.benchmark.figures import registry
from bosonpeak.benchmark.figures.evidence import Evidence
from bosonpeak.benchmark.figures.registry import FIGURES, OF_ALL_CLAIMS, draw_figures
from bosonpeak.benchmark.judging.claim_file import find_claim, load_claims, parse_claim
from bosonpeak.benchmark.judging.measurements import Measurements, ReferenceData, evidence_by_figure
from bosonpeak.datasets.errors import ClaimError
from bosonpeak.validators.estimates.estimate import Estimate

FAMILIES = [
    path
    for path in Path(registry.__file__).parent.glob("*.py")
    if path.name not in ("mode_picture.py", "mode_planes.py", "registry.py")
]
CLAIMS = load_claims()


@pytest.fixture(scope="module")
def measurements():
    return Measurements(ReferenceData().cell)


@pytest.fixture(scope="module")
def open_ensemble():
    return ReferenceData().cell


def drawn(claim, measurements, open_ensemble):
    claim = dataclasses.replace(claim, controls=())
    return draw_figures(evidence_by_figure([claim], measurements), open_ensemble)[claim.figure]


def limits(figure):
    """Whatever the marks of a figure delimit, rounded."""
    return {
        (mark.kind, *(round(value, 6) for value in (mark.value, mark.start, mark.stop) if value is not None))
        for panel in figure.panels
        for mark in panel.marks
    }


EDITS = [
    # claim, what its file says, what the copy says, and the mark that only the copy's figure has
    ("NET-1", "low = 0.2, high = 1.0", "low = 0.25, high = 0.9", ("span", 0.25, 0.9)),
    ("NET-1", "tolerance = 0.05", "tolerance = 0.04", ("hspan", 0.96, 1.04)),
    ("NET-2", "low = 0.4, high = 0.6", "low = 0.35, high = 0.55", ("span", 0.35, 0.55)),
    ("NET-2", "low = 0.05", "low = 0.07", ("hline", 1.07)),
    ("NET-3", "low = 0.4, high = 0.6", "low = 0.35, high = 0.55", ("span", 0.35, 0.55)),
    ("NET-3", "tolerance = 0.05", "tolerance = 0.04", ("hspan", -0.04, 0.04)),
    ("NET-5", "tolerance = 0.5", "tolerance = 0.75", ("span", 3.25, 4.75)),
    ("NET-8", "value = 0.5, tolerance = 0.1", "value = 0.5, tolerance = 0.2", ("hspan", 0.3, 0.7)),
    ("LB-2", "low = 0.0, high = 0.6", "low = 0.0, high = 0.5", ("span", 0.0, 0.5)),
    ("LB-2", "high = 200.0", "high = 150.0", ("hline", 150.0)),
    ("SIM-6", "high = 0.9,", "high = 0.85,", ("vline", 0.85)),
    ("SIM-6", "tolerance = 0.3", "tolerance = 0.2", ("hspan", 0.8, 1.2)),
    ("HET-4", "window = [0.0001, 0.001]", "window = [0.0002, 0.002]", ("span", 0.0002, 0.002)),
    ("HET-4", "tolerance = 0.5", "tolerance = 0.25", ("hspan", 3.75, 4.25)),
    ("QE-3", "tolerance = 0.183", "tolerance = 0.1", ("hspan", 0.766025, 0.966025)),
]


@pytest.mark.parametrize(("identifier", "said", "edited", "mark"), EDITS, ids=[f"{e[0]} {e[2]}" for e in EDITS])
def test_an_edited_window_or_region_is_found_in_the_figure(identifier, said, edited, mark, measurements, open_ensemble):
    claim = find_claim(identifier)
    assert said in claim.text
    copy = parse_claim(claim.text.replace(said, edited))
    assert mark in limits(drawn(copy, measurements, open_ensemble))
    assert mark not in limits(drawn(claim, measurements, open_ensemble))


def test_estimates_are_drawn_as_they_were_measured(measurements, open_ensemble):
    claim = find_claim("NET-2")
    figure = drawn(claim, measurements, open_ensemble)
    points = [series for series in figure.panels[-1].series if series.kind == "points"]
    measured = [measurements.of(claim.tests[0], cell) for cell in claim.tests[0].cells]
    for name, limit in (("y", "value"), ("low", "low"), ("high", "high")):
        expected = [1.0 + getattr(each, limit) for each in measured]
        assert [getattr(each, name)[0] for each in points] == pytest.approx(expected)


def test_each_measurement_is_made_once():
    opened = []

    def open_ensemble(dataset, group):
        opened.append((dataset, group))
        return ReferenceData().cell(dataset, group)

    measurements, claim = Measurements(open_ensemble), dataclasses.replace(find_claim("NET-5"), controls=())
    first = measurements.evidence(claim)
    count = len(opened)
    assert all(isinstance(each.estimate, Estimate) for each in first)
    assert measurements.evidence(claim) == first
    assert len(opened) == count


def test_a_figure_that_does_not_exist_is_named():
    with pytest.raises(ClaimError, match="unknown figure"):
        draw_figures({"network-reduced-dense": Evidence()}, None)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_say_so_where_nothing_could_be_measured(name, open_ensemble):
    figure = draw_figures({name: Evidence()}, open_ensemble)[name]
    assert figure.panels or figure.caption


def test_a_figure_without_a_measured_test_is_not_drawn():
    figure = draw_figures({"glass-low-levels": Evidence()}, None)["glass-low-levels"]
    assert figure.panels == ()
    assert "could be measured" in figure.caption


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_no_figure_repeats_a_dataset_or_an_ensemble_or_a_claim(path):
    tests = [
        test
        for claim in CLAIMS
        for test in (*claim.tests, *claim.context, *(control.test for control in claim.controls))
    ]
    reported = {name for test in tests for name in (test.dataset, *test.cells)} | {claim.id for claim in CLAIMS}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not reported & set(texts)
    assert not [text for text in texts if any(claim.id in text.split() for claim in CLAIMS)]


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_no_figure_shades_a_window_or_a_region_of_its_own(path):
    """Lines such as Debye's law a figure may know; ranges come from what the claims have measured."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    ranges = [
        keyword
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Mark"
        for keyword in call.keywords
        if keyword.arg in ("start", "stop") and isinstance(keyword.value, ast.Constant)
    ]
    assert not ranges


def test_every_figure_belongs_to_a_claim():
    assert {claim.figure for claim in CLAIMS} == set(FIGURES) - set(OF_ALL_CLAIMS)
