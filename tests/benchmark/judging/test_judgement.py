"""What becomes of a claim whose measurements are given: its parts, its controls, what is on record."""

import pytest

from bosonpeak.benchmark.judging.claim import Claim, ClaimTest, Control, Part
from bosonpeak.benchmark.judging.judgement import judge_claim
from bosonpeak.benchmark.judging.measurements import Measurements, measurement_key
from bosonpeak.benchmark.scorecards.claim_results import Expectation
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate

REGION = Expectation(-1.0, 1.0, "for the test")
OUTCOMES = {
    "supported": Estimate("q", 0.0, -0.5, 0.5, 0.95, 10, "by hand"),
    "refuted": Estimate("q", 5.0, 4.5, 5.5, 0.95, 10, "by hand"),
    "undecided": Estimate("q", 1.0, 0.5, 1.5, 0.95, 10, "by hand"),
    "not run": NotApplicableError("nothing to measure"),
}


def made(verdict, name="q"):
    return ClaimTest(name=name, measure="given", dataset="by hand", cells=(verdict,), expect=REGION)


def judged(test, *controls, recorded=None):
    claim = Claim(
        id="X",
        title="",
        statement="",
        source="",
        rival="",
        rival_reading="",
        regime={},
        parts=(Part(name="the part", tests=(test,), recorded=recorded),),
        context=(),
        controls=controls,
    )

    def nothing_is_opened(dataset, group):
        raise AssertionError(f"{dataset}/{group} is opened")

    known = {measurement_key(made(verdict), verdict): outcome for verdict, outcome in OUTCOMES.items()}
    return judge_claim(claim, Measurements(nothing_is_opened, known))


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
