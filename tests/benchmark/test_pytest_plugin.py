import os
import subprocess
import sys
from importlib.metadata import entry_points
from xml.etree import ElementTree

import pytest

from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, PartResult
from bosonpeak.benchmark.scorecards.scorecard import Code, NotRun, Scorecard

ENVIRONMENT = {
    "COLUMNS": "200",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONIOENCODING": "utf-8",
}


@pytest.fixture
def repository(tmp_path, scorecard, changed_scorecard):
    """Somebody's repository with a test of its own, a good and a bad scorecard."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["tests"]\n')
    (tmp_path / "tests" / "test_own.py").write_text("def test_own():\n    pass\n")
    (tmp_path / "good.json").write_text(scorecard.to_json(), encoding="utf-8")
    (tmp_path / "bad.json").write_text(changed_scorecard.to_json(), encoding="utf-8")
    return tmp_path


def run_pytest(folder, *arguments):
    plugin = ("-p", "bosonpeak.benchmark.pytest_plugin", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", "-rA", "-q", *plugin, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **ENVIRONMENT},
        timeout=120,
        check=False,
    )


def test_plugin_is_found_where_the_package_is_installed():
    (entry,) = entry_points(group="pytest11", name="bosonpeak")
    assert entry.load().pytest_addoption


def test_recorded_verdicts_pass_refutations_stay_visible_and_own_tests_run_beside_them(repository):
    finished = run_pytest(repository, "--bosonpeak", "good.json")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    for identifier in ("NET-1", "NET-3"):
        assert f"PASSED good.json::{identifier}" in finished.stdout
    assert "XFAIL good.json::NET-2 - refuted, as recorded: the interval lies outside" in finished.stdout
    assert "PASSED tests/test_own.py::test_own" in finished.stdout
    assert "not run: needs the full suite" in finished.stdout
    assert "3 passed, 1 skipped, 1 xfailed" in finished.stdout


def test_changes_fail_with_the_reasons_and_no_traceback(repository):
    finished = run_pytest(repository, "--bosonpeak", "bad.json", "bad.json")
    assert finished.returncode == 1
    assert "FAILED bad.json::NET-2" in finished.stdout
    assert "recorded supported, now refuted" in finished.stdout
    assert "control 'dilution at p = 0.8' must be refuted, came out supported" in finished.stdout
    assert "0.310 [0.290, 0.330], expected -0.05 to 0.05" in finished.stdout
    assert "pytest_plugin.py" not in finished.stdout.split("short test summary")[0]
    assert "2 failed, 1 passed, 1 skipped" in finished.stdout


def test_one_claim_can_be_selected_from_elsewhere(repository):
    finished = run_pytest(repository / "tests", "--bosonpeak", "../bad.json", "../bad.json::NET-3")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "1 passed" in finished.stdout


def test_gate_picks_claims_and_an_absent_one_fails(repository):
    gate = repository / "gate.toml"
    gate.write_text('[gate]\nscorecard = "good.json"\nclaims = ["NET-2", "NET-8", "NET-99"]\n')
    finished = run_pytest(repository, "--bosonpeak", "gate.toml", "gate.toml")
    assert finished.returncode == 1
    assert "XFAIL gate.toml::NET-2" in finished.stdout
    assert "FAILED gate.toml::NET-99" in finished.stdout
    assert "the claim is not on the scorecard" in finished.stdout
    assert "needs the full suite; the gate requires a judgement" in finished.stdout
    assert "2 failed, 1 xfailed" in finished.stdout
    gate.write_text(gate.read_text() + "require_judged = false\n")
    assert "1 failed, 1 skipped, 1 xfailed" in run_pytest(repository, "--bosonpeak", "gate.toml", "gate.toml").stdout


def test_a_gate_that_judges_nothing_fails_though_every_item_is_skipped(repository):
    left_out = (NotRun("A", "no such data"), NotRun("B", "no such data"))
    (repository / "score.json").write_text(
        Scorecard("score", Code("theirs", "1"), not_run=left_out).to_json(), encoding="utf-8"
    )
    finished = run_pytest(repository, "--bosonpeak", "score.json", "score.json")
    assert finished.returncode == pytest.ExitCode.TESTS_FAILED
    assert "2 skipped" in finished.stdout
    assert "no claim of the gate was judged" in finished.stdout


def test_without_a_record_only_support_passes_and_a_missed_record_fails(repository, claim_of_one_part):
    claims = tuple(
        claim_of_one_part(verdict, verdict=verdict, reasons=(f"because {verdict}",))
        for verdict in ("supported", "refuted")
    )
    missed = claim_of_one_part("missed", verdict="not run", recorded="supported")
    card = Scorecard("score", Code("theirs", "1"), claims=(*claims, missed))
    (repository / "score.json").write_text(card.to_json(), encoding="utf-8")
    finished = run_pytest(repository, "--bosonpeak", "score.json", "score.json")
    assert finished.returncode == 1
    assert "PASSED score.json::supported" in finished.stdout
    assert "FAILED score.json::missed" in finished.stdout
    assert "recorded supported, now not run" in finished.stdout
    assert "refuted, and nothing is recorded to compare with: because refuted" in finished.stdout
    assert "1 failed, 1 passed, 1 skipped" in finished.stdout


def test_every_part_is_an_item_and_a_record_that_nothing_meets_fails(repository):
    parts = (
        PartResult("m = 2", "supported", recorded="supported"),
        PartResult("m = inf", "refuted", recorded="refuted"),
        PartResult("the limit", "supported", recorded="undecided"),
    )
    left_out = (NotRun("gone", "no such data", "supported"), NotRun("other", "no such data"))
    card = Scorecard("score", Code("theirs", "1"), claims=(ClaimResult("A", "t", parts=parts),), not_run=left_out)
    (repository / "score.json").write_text(card.to_json(), encoding="utf-8")
    finished = run_pytest(repository, "--bosonpeak", "score.json", "score.json")
    assert finished.returncode == 1
    assert "PASSED score.json::A[m = 2]" in finished.stdout
    assert "XFAIL score.json::A[m = inf]" in finished.stdout
    assert "FAILED score.json::A[the limit]" in finished.stdout
    assert "recorded undecided, now supported" in finished.stdout
    assert "recorded supported, now not run: no such data" in finished.stdout
    assert "2 failed, 1 passed, 1 skipped, 1 xfailed" in finished.stdout


def test_submission_is_scored_with_its_card(repository):
    (repository / "conftest.py").write_text(
        "import sys, types\n"
        "from bosonpeak.benchmark.scorecards.scorecard import Scorecard\n"
        "def score(paths, card=None, *, progress, say):\n"
        "    say('reading')\n"
        "    progress('NET-1', 0, 3)\n"
        "    assert [p.name for p in paths] == ['data.npz'] and card.name == 'card.toml'\n"
        "    return Scorecard.read('good.json')\n"
        "sys.modules['bosonpeak.benchmark.scoring.submission_score'] = types.SimpleNamespace(score=score)\n"
    )
    (repository / "gate.toml").write_text('[gate]\nsubmission = "data.npz"\ncard = "card.toml"\nclaims = ["NET-1"]\n')
    finished = run_pytest(repository, "--bosonpeak", "gate.toml", "gate.toml")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "1 passed" in finished.stdout
    collected = run_pytest(repository, "--bosonpeak", "gate.toml", "gate.toml", "--collect-only")
    assert "judging" not in collected.stdout
    assert "gate.toml::NET-1" in collected.stdout
    reported = run_pytest(repository, "--bosonpeak", "gate.toml", "gate.toml", "-v", "-v", "--junitxml", "junit.xml")
    assert reported.stdout.count("judging NET-1 (1 of 3)") == 1
    properties = ElementTree.parse(repository / "junit.xml").getroot().iter("property")
    found = {each.get("name"): each.get("value") for each in properties}
    assert found["verdict"] == "supported"
    assert (float(found["value"]), float(found["low"]), float(found["high"])) == pytest.approx((0.012, 0.003, 0.021))


def test_a_submission_that_cannot_be_scored_fails_every_item_and_is_tried_once(repository):
    (repository / "gate.toml").write_text('[gate]\nsubmission = "none.npz"\nclaims = ["NET-1", "NET-9"]\n')
    finished = run_pytest(repository, "--bosonpeak", "gate.toml", "gate.toml")
    assert finished.returncode == 1
    assert "the submission cannot be scored" in finished.stdout
    assert "3 failed" in finished.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[gate]\nscorecard = "good.json"\nclaim = ["NET-1"]\n', "unknown key 'claim'"),
        ('[gate]\nscorecard = "good.json"\nsubmission = "x"\n', "both scorecard and submission"),
        ("[gate]\n", "no scorecard and no submission"),
        ('[gate]\nscorecard = "good.json"\ncard = "x"\n', "a card without a submission"),
        ('[gate]\nscorecard = "good.json"\nclaims = "NET-1"\n', "claims is not a list of strings"),
        ('[gate]\nscorecard = "good.json"\nrequire_judged = "yes"\n', "require_judged is neither true nor false"),
        ("[other]\n", "something else than one table"),
        ("gate = 1\n", "[gate] is not a table"),
        ("not toml", "the gate cannot be read"),
        ('[gate]\nscorecard = "none.json"\n', "a scorecard cannot be read"),
    ],
)
def test_gate_that_makes_no_sense_is_refused(tmp_path, text, message):
    from bosonpeak.benchmark.pytest_plugin import load_gate
    from bosonpeak.datasets.errors import BosonpeakError

    path = tmp_path / "gate.toml"
    path.write_text(text)
    with pytest.raises(BosonpeakError) as caught:
        load_gate(path)
    assert message in str(caught.value)


def test_missing_gate_is_bad_usage(repository):
    finished = run_pytest(repository, "--bosonpeak", "none.toml")
    assert finished.returncode == pytest.ExitCode.USAGE_ERROR
    assert "no such file" in finished.stderr


def test_damaged_scorecard_is_an_error_not_a_pass(repository):
    (repository / "bad.json").write_text("{}")
    finished = run_pytest(repository, "--bosonpeak", "bad.json", "bad.json")
    assert finished.returncode == pytest.ExitCode.INTERRUPTED
    assert "'claims' is a required property" in finished.stdout


def test_nothing_heavy_is_imported_without_the_option(repository):
    (repository / "tests" / "test_own.py").write_text(
        "import sys\n"
        "def test_own():\n"
        "    heavy = {'numpy', 'xarray', 'matplotlib', 'pydantic', 'rich.table', 'typer'}\n"
        "    assert not heavy & set(sys.modules)\n"
        "    assert 'bosonpeak.benchmark.pytest_plugin' in sys.modules\n"
    )
    finished = run_pytest(repository)
    assert finished.returncode == 0, finished.stdout
