"""What becomes of a claim whose measurements are given: its parts, its controls, what is on record."""

import math

import pytest

from bosonpeak.benchmark.judging.claim import Claim, ClaimTest, Control, Part
from bosonpeak.benchmark.judging.judgement import judge_claim, run_test
from bosonpeak.benchmark.judging.measurements import Measurements, measurement_key
from bosonpeak.benchmark.judging.robustness import Robustness
from bosonpeak.benchmark.judging.verdicts import detectable_errors, standard_error
from bosonpeak.benchmark.scorecards.claim_results import EstimateResult, Expectation
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate

REGION = Expectation(-1.0, 1.0, "for the test")
OUTCOMES = {
    "supported": Estimate("q", 0.0, -0.5, 0.5, 0.95, 10, "by hand"),
    "refuted": Estimate("q", 5.0, 4.5, 5.5, 0.95, 10, "by hand"),
    "undecided": Estimate("q", 1.0, 0.5, 1.5, 0.95, 10, "by hand"),
    "not run": NotApplicableError("nothing to measure", expected="modes", got="none"),
}
JUST_REFUTED = Estimate("q", 2.0, 1.3, 2.7, 0.95, 10, "by hand")
"""By the one comparison that a claim makes; one of twelve is undecided."""

WITHOUT_INTERVAL = Estimate("q", 3.0, math.nan, math.nan, 0.95, 1, "counted", warnings=("few",))


def made(*cells, name="q"):
    return ClaimTest(name=name, measure="given", dataset="by hand", cells=cells, expect=REGION)


def claim_of(*parts, controls=(), context=()):
    return Claim(
        id="X",
        title="The title",
        statement="It is so.",
        source="A paper",
        rival="Another",
        rival_reading="It is not.",
        regime={"dimension": 3},
        parts=parts,
        context=context,
        controls=controls,
        figure="drawn",
    )


def judgement_of(claim, **options):
    def nothing_is_opened(dataset, group):
        raise AssertionError(f"{dataset}/{group} is opened")

    others = {"just refuted": JUST_REFUTED, "without": WITHOUT_INTERVAL, "no reason": NotApplicableError("nothing")}
    outcomes = OUTCOMES | others
    known = {measurement_key(made(cell), cell): outcome for cell, outcome in outcomes.items()}
    return judge_claim(claim, Measurements(nothing_is_opened, known), **options)


def judged(test, *controls, recorded=None):
    return judgement_of(claim_of(Part(name="the part", tests=(test,), recorded=recorded), controls=controls))


@pytest.mark.parametrize("must_be", ["supported", "refuted", "undecided"])
@pytest.mark.parametrize("verdict", list(OUTCOMES))
def test_a_control_passes_only_with_the_verdict_that_it_must_have(verdict, must_be):
    """Above all one that nothing decides: it shows nothing."""
    result = judged(made("supported"), Control("the control", made(verdict), must_be))
    (control,) = result.controls
    assert (control.part, control.verdict) == ("the part", verdict)
    assert control.passed is (verdict == must_be)
    assert bool(result.failed_controls) is (verdict != must_be)


@pytest.mark.parametrize("recorded", [None, "supported", "refuted", "undecided"])
@pytest.mark.parametrize("verdict", list(OUTCOMES))
def test_a_part_has_changed_where_it_is_not_what_is_on_record(verdict, recorded):
    (part,) = judged(made(verdict), recorded=recorded).parts
    assert (part.verdict, part.recorded) == (verdict, recorded)
    assert part.changed is (recorded is not None and recorded != verdict)
    assert part.tests[0].verdict == verdict


def test_what_a_claim_says_is_told_with_what_became_of_it():
    part = Part(name="the part", tests=(made("supported"),), says="All of it.", discriminates=False)
    found = judgement_of(claim_of(part))
    assert (found.id, found.title, found.statement, found.source) == ("X", "The title", "It is so.", "A paper")
    assert (found.rival, found.rival_reading, found.figure) == ("Another", "It is not.", "drawn")
    assert dict(found.regime) == {"dimension": 3}
    assert [(part.name, part.says, part.discriminates) for part in found.parts] == [("the part", "All of it.", False)]
    (test,) = found.parts[0].tests
    assert (test.name, test.dataset, test.measure, dict(test.cell)) == (
        "q",
        "by hand",
        "given",
        {"ensemble": "supported"},
    )
    assert test.expect == REGION
    assert found.parts[0].estimate == test.estimate == EstimateResult.from_estimate(OUTCOMES["supported"])


def test_a_record_that_is_given_stands_for_that_of_the_claim():
    claim = claim_of(
        Part(name="a", tests=(made("supported"),), recorded="supported"), Part(name="b", tests=(made("refuted"),))
    )
    assert [part.recorded for part in judgement_of(claim).parts] == ["supported", None]
    given = judgement_of(claim, recorded={"b": "undecided"})
    assert [(part.recorded, part.changed) for part in given.parts] == [(None, False), ("undecided", True)]
    assert not judgement_of(claim, recorded={}).changed


def test_only_what_the_data_hold_is_judged_and_told():
    test, context = made("supported", "refuted"), made("undecided", "without", name="beside")
    claim = claim_of(Part(name="a", tests=(test,)), context=(context,))
    found = judgement_of(claim, only=lambda test, cell: cell in ("supported", "undecided"))
    assert [test.verdict for test in found.parts[0].tests] == ["supported"]
    assert found.verdict == "supported"
    assert found.notes == ("beside, undecided: 1 [0.5, 1.5] (95 %, n = 10)",)
    nothing = judgement_of(claim, only=lambda test, cell: False)
    assert (nothing.verdict, nothing.notes, nothing.parts[0].estimate) == ("not run", (), None)


def test_the_context_is_told_and_decides_nothing():
    claim = claim_of(Part(name="a", tests=(made("supported"),)), context=(made("without", "refuted", "not run"),))
    found = judgement_of(claim)
    assert found.verdict == "supported"
    assert found.notes == (
        "q, without: 3 (few)",
        "q, refuted: 5 [4.5, 5.5] (95 %, n = 10)",
        "q, not run: not measured, nothing to measure",
    )


def test_controls_are_run_unless_they_are_not_wanted():
    control = Control("the control", made("refuted", "supported"), "refuted")
    claim = claim_of(
        Part(name="a", tests=(made("undecided", name="other"),)),
        Part(name="b", tests=(made("supported"),)),
        controls=(control,),
    )
    found = judgement_of(claim).controls
    assert [(one.part, one.name, one.must_be, one.verdict, one.passed) for one in found] == [
        ("b", "the control", "refuted", "refuted", True),
        ("b", "the control", "refuted", "supported", False),
    ]
    assert [(one.dataset, dict(one.cell)) for one in found] == [
        ("by hand", {"ensemble": "refuted"}),
        ("by hand", {"ensemble": "supported"}),
    ]
    assert found[0].estimate == EstimateResult.from_estimate(OUTCOMES["refuted"])
    assert found[0].reason.startswith("q = 5.0")
    result = judgement_of(claim)
    assert result.failed_controls == (found[1],)
    assert [result.failed_controls_of(part) for part in result.parts] == [(), (found[1],)]
    assert judgement_of(claim, with_controls=False).controls == ()


@pytest.mark.parametrize(("others", "verdict"), [(0, "refuted"), (11, "undecided")])
def test_all_comparisons_of_a_claim_share_the_false_refutations_of_its_parts_and_controls(others, verdict):
    parts = [Part(name=f"part {k}", tests=(made("supported"),)) for k in range(others)]
    control = Control("the control", made("just refuted"), "refuted")
    found = judgement_of(claim_of(Part(name="the part", tests=(made("just refuted"),)), *parts, controls=(control,)))
    assert found.parts[0].verdict == found.controls[0].verdict == verdict


def test_what_could_have_been_seen_is_the_same_for_all_comparisons_of_a_part():
    parts = (
        Part(name="a", tests=(made("supported", "undecided"), made("supported"))),
        Part(name="b", tests=(made("supported"),)),
    )
    found = judgement_of(claim_of(*parts)).parts
    error, n = standard_error(OUTCOMES["supported"]), OUTCOMES["supported"].n
    assert found[0].tests[0].minimum_detectable_effect == pytest.approx(detectable_errors(n, 3) * error)
    assert found[1].minimum_detectable_effect == pytest.approx(detectable_errors(n) * error)


@pytest.mark.parametrize(("leaning", "verdict"), [(0.79, "undecided"), (0.8, "supported"), (math.nan, "supported")])
def test_half_of_the_data_must_lean_to_the_side_of_a_verdict(leaning, verdict):
    known = Robustness(0.0, 20, leaning, (-0.1, 0.1), {})
    claim = claim_of(Part(name="a", tests=(made("supported", "undecided"),)))
    found = judgement_of(
        claim, robustness=lambda test, cell: known if (test.name, cell) == ("q", "supported") else None
    )
    assert found.parts[0].tests[0].verdict == verdict
    assert found.notes == (f"q, supported, on parts of the data: {known}",)


def test_the_tests_that_made_a_verdict_give_its_reasons():
    part = Part(name="a", tests=(made("supported", "refuted"), made("refuted", "not run", name="other")))
    (found,) = judgement_of(claim_of(part)).parts
    assert found.verdict == "refuted"
    assert [reason.partition(":")[0] for reason in found.reasons] == ["q, refuted", "other, refuted"]
    assert found.estimate == EstimateResult.from_estimate(OUTCOMES["refuted"])
    (found,) = judgement_of(claim_of(Part(name="a", tests=(made("supported", "not run"),)))).parts
    assert found.verdict == "undecided"
    assert found.reasons == ("q, not run: nothing to measure (expected modes, got none)",)
    (found,) = judgement_of(claim_of(Part(name="a", tests=(made("no reason"),)))).parts
    assert (found.verdict, found.reasons) == ("not run", ("q, no reason: nothing",))


def test_one_ensemble_that_refutes_alone_is_named_before_its_reasons():
    (found,) = judgement_of(claim_of(Part(name="a", tests=(made("supported", "refuted"),)))).parts
    assert found.verdict == "undecided"
    assert found.reasons[0].startswith("refuted by by hand, refuted alone")
    assert [reason.partition(":")[0] for reason in found.reasons[1:]] == ["q, refuted"]


def test_a_test_by_itself_is_the_one_comparison_that_is_made():
    def nothing_is_opened(dataset, group):
        raise AssertionError(f"{dataset}/{group} is opened")

    outcomes = {"just refuted": JUST_REFUTED, "undecided": Estimate("q", 0.5, -0.7, 1.7, 0.95, 10, "by hand")}
    known = {measurement_key(made(cell), cell): outcome for cell, outcome in outcomes.items()}
    result, judgement = run_test(made("just refuted"), "just refuted", Measurements(nothing_is_opened, known))
    assert result.verdict == judgement.verdict == "refuted"
    stated = detectable_errors(JUST_REFUTED.n) * standard_error(JUST_REFUTED)
    assert judgement.minimum_detectable_effect == pytest.approx(stated)
    result, judgement = run_test(made("undecided"), "undecided", Measurements(nothing_is_opened, known))
    assert result.verdict == "undecided"
    assert result.samples_to_decide == judgement.samples_to_decide
    assert judgement.samples_to_decide > 10


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [(None, 2.0, "<= 2"), (2.5, None, ">= 2.5"), (-1.0, 2.0, "in [-1, 2]"), (None, None, "<= inf")],
)
def test_expectations_in_words(low, high, written):
    assert str(Expectation(low, high)) == written


def test_all_that_was_measured_is_taken_over():
    estimate = Estimate("q", 1.0, 0.5, 2.5, 0.68, 7, "by hand", "omega_0", (0.1, 0.2), ("few",), {"samples": 3})
    found = EstimateResult.from_estimate(estimate)
    assert (found.name, found.value, found.low, found.high, found.level, found.n) == ("q", 1.0, 0.5, 2.5, 0.68, 7)
    assert (found.method, found.unit, found.window, found.warnings) == ("by hand", "omega_0", (0.1, 0.2), ("few",))
