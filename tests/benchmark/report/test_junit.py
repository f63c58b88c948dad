import dataclasses
from xml.etree import ElementTree

import pytest

from bosonpeak.benchmark.report.junit import write_junit
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, PartResult
from bosonpeak.benchmark.scorecards.scorecard import Code, NotRun, Scorecard


@pytest.fixture
def suite(tmp_path):
    def write(scorecard):
        path = tmp_path / "junit.xml"
        write_junit(scorecard, path)
        root = ElementTree.parse(path).getroot()
        assert root.tag == "testsuites"
        (suite,) = root
        return suite

    return write


def test_recorded_verdicts_pass_whatever_they_are(suite, scorecard):
    parsed = suite(scorecard)
    assert parsed.attrib == {
        "name": "bosonpeak.quick",
        "tests": "4",
        "failures": "0",
        "errors": "0",
        "skipped": "1",
    }
    cases = parsed.findall("testcase")
    assert [case.get("classname") for case in cases] == ["bosonpeak.quick"] * 4
    assert cases[1].get("name") == "NET-2: Equal strengths change nothing"
    assert "0.310 [0.290, 0.330], expected -0.05 to 0.05" in cases[1].findtext("system-out")
    assert cases[3].find("skipped").get("message") == "needs the full suite"


def test_changed_verdict_and_failed_control_fail_with_the_reasons(suite, changed_scorecard):
    parsed = suite(changed_scorecard)
    assert parsed.get("failures") == "2"
    control, changed = parsed.findall("testcase/failure")
    assert changed.get("message").startswith("recorded supported, now refuted: ")
    assert "the interval lies outside" in changed.get("message")
    assert "the interval lies outside" in changed.text
    assert control.get("message").startswith("control 'dilution at p = 0.8' must be refuted, came out supported")


def test_claim_that_was_not_run_is_skipped_unless_recorded(suite, scorecard, with_part):
    not_run = with_part(scorecard.claims[0], verdict="not run", recorded=None)
    missed = with_part(dataclasses.replace(not_run, id="NET-9"), recorded="supported")
    absent = NotRun("NET-10", "no such data", "refuted")
    parsed = suite(dataclasses.replace(scorecard, claims=(not_run, missed), not_run=(absent,)))
    skipped, failed, also_failed = parsed.findall("testcase")
    assert skipped.find("skipped").get("message") == "all three intervals lie inside ±0.05"
    assert failed.find("failure").get("message").startswith("recorded supported, now not run: ")
    assert also_failed.find("failure").get("message") == "recorded refuted, now not run: no such data"


def test_every_part_is_a_case(suite):
    parts = (PartResult("m = 2", "supported", recorded="supported"), PartResult("m = inf", "refuted"))
    parsed = suite(Scorecard("quick", Code("c", "1"), claims=(ClaimResult("SIM-3", "title", parts=parts),)))
    assert [case.get("name") for case in parsed.findall("testcase")] == ["SIM-3[m = 2]: title", "SIM-3[m = inf]: title"]


def test_hostile_text_parses_back_as_text(suite, hostile_scorecard):
    parsed = suite(hostile_scorecard)
    assert parsed.get("tests") == str(len(parsed.findall("testcase"))) == "30"
    names = [case.get("name") for case in parsed.findall("testcase")]
    assert "0<script>alert('x')</script>: <script>alert('x')</script>" in names
    assert not parsed.findall(".//testcase//testcase")
    assert len(parsed.findall("testcase/failure")) == 12
