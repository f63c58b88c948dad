"""Measurements in several processes are those of one."""

import subprocess
import sys

from bosonpeak.benchmark.judging.claim_file import find_claim
from bosonpeak.benchmark.judging.parallel import SideBySide, _jobs
from bosonpeak.benchmark.judging.verification import verify
from bosonpeak.benchmark.report import drawing_cache
from bosonpeak.benchmark.report.views import claim_views
from bosonpeak.benchmark.scorecards.results_cache import FOLDER_VARIABLE


def test_scorecards_do_not_depend_on_the_number_of_processes():
    chosen = ["NET-6", "NET-5", "EV-1"]
    assert verify(claims=chosen, workers=2) == verify(claims=chosen)


def test_figures_are_drawn_for_a_report_where_that_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    claims = ["NET-6", "NET-5", "EV-1"]
    scorecard = verify(claims=claims, workers=2)
    assert not list(tmp_path.iterdir())
    assert verify(claims=claims, workers=2, drawn=True) == scorecard
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {f"figure-{number}.json" for number in range(1, len(scorecard.figures) + 1)}
    monkeypatch.setattr(drawing_cache, "draw_figure", None)
    assert {view.result.id for view in claim_views(scorecard) if view.figure} == {"NET-6", "NET-5", "EV-1"}


def test_every_measurement_is_in_one_job_with_those_of_the_ensembles_that_are_looked_at_together():
    claims = [find_claim(name) for name in ("SIM-7", "LB-3", "SIM-2")]
    jobs = _jobs(claims)
    places = [{(test.dataset, cell) for test, cell in job} for job in jobs]
    assert all(len({dataset for dataset, _ in place}) == 1 for place in places)
    assert sum(map(len, places)) == len(set().union(*places))
    for job, here in zip(jobs, places, strict=True):
        named = {(test.dataset, other) for test, _ in job for other in test.parameters.get("with_cells", ())}
        assert named & set().union(*places) <= here
    asked = {
        (test.measure, test.dataset, cell, str(sorted(test.parameters.items())))
        for claim in claims
        for test in (*claim.tests, *claim.context, *(control.test for control in claim.controls))
        for cell in test.cells
    }
    assert asked == {(t.measure, t.dataset, cell, str(sorted(t.parameters.items()))) for job in jobs for t, cell in job}


def test_what_does_not_apply_is_an_outcome_and_progress_is_told():
    seen = []
    with SideBySide(1) as processes:
        made = processes.measured([find_claim("NET-6")], lambda done, total: seen.append((done, total)))
    assert made
    assert seen[-1][0] == seen[-1][1] == len(seen)


def test_processes_import_no_module_of_the_working_folder(tmp_path):
    here, script = tmp_path / "hostile", tmp_path / "command.py"
    here.mkdir()
    for name in ("numpy", "xarray"):
        (here / f"{name}.py").write_text("import os\nopen('was-imported', 'w').close()\nos._exit(0)\n")
    # A script, as the installed command is: its own folder is on the path, and the working folder is not.
    script.write_text(
        "from bosonpeak.benchmark.commands.main import main\nif __name__ == '__main__':\n    raise SystemExit(main())\n"
    )
    options = ["verify", "--claim=GHET-1", "--fresh", "--workers=2", "--no-html"]
    ran = subprocess.run(
        [sys.executable, str(script), *options], cwd=here, capture_output=True, text=True, timeout=300, check=False
    )
    assert not (here / "was-imported").exists()
    assert ran.returncode == 0, ran.stderr
