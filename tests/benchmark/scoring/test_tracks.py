import pytest

from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.scorecards.score_result import TRACKS, ScoreItem
from bosonpeak.benchmark.scoring.claims_axis import asked_tests
from bosonpeak.benchmark.scoring.mechanics_axis import asked_checks
from bosonpeak.benchmark.scoring.next_steps import next_steps
from bosonpeak.benchmark.scoring.objections import NAME, asked_comparisons
from bosonpeak.benchmark.scoring.tracks import asked_ensembles, decidable_questions, in_tracks
from bosonpeak.benchmark.submission.reference_ensembles import regimes

REGIMES = {regime.name: regime for regime in regimes()}


def test_every_question_of_a_track_is_one_that_submissions_are_asked():
    assert {ensemble.track for ensemble in asked_ensembles()} == set(TRACKS) - {"conformance"}
    for ensemble in asked_ensembles():
        regime = REGIMES[ensemble.regime]
        asked = {("mechanics", name) for name in asked_checks(regime.system)}
        asked |= {("claims", NAME + name) for name in asked_comparisons(regime, ReferenceData().cell)}
        asked |= {("claims", test.name) for test in asked_tests() if test.regime == regime}
        assert ensemble.questions <= asked, ensemble.regime


@pytest.mark.slow
@pytest.mark.parametrize("ensemble", asked_ensembles(), ids=lambda ensemble: ensemble.regime)
def test_a_track_asks_what_an_ensemble_alone_can_answer_and_the_reference_decides(ensemble):
    assert set(decidable_questions(REGIMES[ensemble.regime], ReferenceData())) == ensemble.questions


def item(axis, name, where, outcome):
    return ScoreItem(axis, name, where, outcome, float(outcome == "met"))


def test_items_are_told_by_axis_name_and_place():
    where = "glass/kob-andersen/T-0.6"
    given = [
        item("mechanics", "force balance", where, "met"),
        item("completeness", "force balance", where, "met"),
        item("mechanics", "force balance", "glass/taper-2/T-0.15", "met"),
        item("conformance", "energy", "any case", "met"),
    ]
    assert [one.track for one in in_tracks(given)] == ["Kob-Andersen", None, None, "conformance"]


def test_the_next_steps_are_those_that_add_most():
    where, nets = "glass/kob-andersen/T-0.6", "network/paper/situation-1/delta-0.2"
    items = [
        item("conformance", "energy", "a", "met"),
        item("conformance", "energy", "b", "missing"),
        item("conformance", "forces", "b", "missing"),
        item("mechanics", "moduli", where, "missing"),
        item("mechanics", "force balance", where, "met"),
        item("mechanics", "energies", where, "undecided"),
        item("mechanics", "zero modes", where, "met"),
        item("mechanics", "zero modes", nets, "missing"),
        item("mechanics", "sum rule", nets, "missing"),
    ]
    steps = next_steps(in_tracks(items))
    assert [(step.track, step.questions, step.asked) for step in steps] == [
        ("spring networks", 2, 2),
        ("conformance", 2, 3),
        ("Kob-Andersen", 1, 4),
    ]
    assert "60 x 60 nodes" in steps[0].what
    assert steps[1].what == "answers to the case b: energy; forces"
    nothing = [item("conformance", "energy", name, "missing") for name in "abcd"]
    assert [step.what for step in next_steps(in_tracks(nothing))] == ["answers to the conformance cases"]
