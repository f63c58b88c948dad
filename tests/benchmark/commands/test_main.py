import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

import bosonpeak
from bosonpeak.benchmark.commands.lists import claims_beginning
from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.scorecards.results_cache import FOLDER_VARIABLE
from bosonpeak.benchmark.scorecards.scorecard import SCHEMA_VERSION, Code, Scorecard
from bosonpeak.datasets.errors import ForeignInputError


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("results")))
    monkeypatch.setenv("COLUMNS", "100")


HOMES = {"verify": "judging.verification", "score": "scoring.submission_score"}


@pytest.fixture
def stand_in(monkeypatch):
    """Put a function in the place of the one that judges reference data or a submission."""

    def replace(name, function):
        monkeypatch.setitem(sys.modules, f"bosonpeak.benchmark.{HOMES[name]}", SimpleNamespace(**{name: function}))

    return replace


@pytest.fixture
def judged(stand_in):
    """Have `verify` and `score` return a given scorecard; the list returned keeps how they were called."""

    def answer_with(card):
        calls = []

        def verify(suite, claims=None, progress=None, *, workers, kept, keep, drawn):
            calls.append((suite, claims))
            for number, claim in enumerate(card.claims):
                progress(claim.id, number, len(card.claims))
            return card

        def score(paths, card_path, say):
            say("reading")
            calls.append(([path.name for path in paths], card_path and card_path.name))
            return card

        stand_in("verify", verify)
        stand_in("score", lambda paths, card=None, *, trust_files, limits, progress, say: score(paths, card, say))
        return calls

    return answer_with


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("verify", {"suite", "claims", "progress", "workers", "kept"}),
        ("score", {"paths", "card", "trust_files", "limits", "progress", "say"}),
    ],
)
def test_the_functions_behind_the_commands_take_these_arguments(name, parameters):
    function = getattr(importlib.import_module(f"bosonpeak.benchmark.{HOMES[name]}"), name)
    assert parameters <= set(inspect.signature(function).parameters)


def test_verify_prints_a_table_and_writes_a_page(judged, scorecard, capsys, tmp_path):
    calls = judged(scorecard)
    assert main(["verify"]) == 0
    assert calls == [("quick", None)]
    shown = capsys.readouterr()
    assert "0.0120 [0.0030, 0.0210]" in shown.out
    assert "HTML report: bosonpeak-report.html" in shown.out
    assert shown.err.splitlines()[:2] == ["judging NET-1 (1 of 3)", "judging NET-2 (2 of 3)"]
    assert [path.name for path in tmp_path.iterdir()] == ["bosonpeak-report.html"]


def test_verify_writes_what_is_asked_for_and_no_more(judged, scorecard, capsys, tmp_path):
    calls = judged(scorecard)
    options = ["--suite", "full", "--claim", "NET-1", "--claim", "NET-2", "--json", "c.json", "--junit", "c.xml"]
    assert main(["verify", "--no-html", "--no-require-judged", *options]) == 0
    assert calls == [("full", ["NET-1", "NET-2"])]
    assert "report" not in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.json", "c.xml"]
    assert Scorecard.read(tmp_path / "c.json") == scorecard
    assert (tmp_path / "c.xml").read_text().startswith("<?xml")


def test_changed_verdict_is_exit_code_one(judged, changed_scorecard, capsys):
    judged(changed_scorecard)
    assert main(["verify", "--no-html"]) == 1
    assert "recorded supported, now refuted" in capsys.readouterr().out


def test_score_passes_paths_and_card_on(judged, scorecard, tmp_path):
    calls = judged(scorecard)
    assert main(["score", "a.npz", "b.npz", "--card", "card.toml", "--html", "s.html", "--badge", "s.svg"]) == 0
    assert calls == [(["a.npz", "b.npz"], "card.toml")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.html", "s.svg"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--suite", "slow"],
        ["verify", "--html", "a.html", "--no-html"],
        ["verify", "--html", "same", "--json", "same"],
        ["verify", "--nonsense"],
        ["verify", "--html", "nowhere/a.html"],
        ["verify", "--json", "."],
        ["score"],
        ["score", "x.npz", "--html", "nowhere/a.html"],
        ["claims", "show", "NO-1"],
        ["datasets", "info", "no such dataset"],
        ["datasets", "validate", "no such file"],
        ["datasets", "convert", "missing.npz", "-o", "x.nc", "--card", "missing.toml"],
        ["nonsense"],
    ],
)
def test_bad_usage_is_exit_code_two_with_a_message_and_nothing_written(judged, scorecard, arguments, capsys, tmp_path):
    calls = judged(scorecard)
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "rror: " in shown.err or "no such file" in shown.err
    assert "Traceback" not in shown.err
    assert calls == []
    assert list(tmp_path.iterdir()) == []


def test_known_errors_are_told_without_a_traceback(stand_in, capsys):
    def fail(*_, **__):
        raise ForeignInputError("the data are \x1b[2J odd", expected="even", where="file.npz")

    stand_in("score", fail)
    assert main(["score", "x.npz"]) == 2
    message = capsys.readouterr().err
    assert "error: the data are \N{REPLACEMENT CHARACTER}[2J odd\n  expected: even\n  where: file.npz" in message
    assert "Traceback" not in message


def test_defects_are_told_apart_and_show_their_traceback_on_request(stand_in, monkeypatch, capsys):
    def fail(*_, **__):
        raise ZeroDivisionError("by zero")

    stand_in("score", fail)
    assert main(["score", "x.npz"]) == 70
    message = capsys.readouterr().err
    assert "error: unexpected ZeroDivisionError: by zero" in message
    assert "BOSONPEAK_DEBUG=1" in message
    assert "Traceback" not in message
    monkeypatch.setenv("BOSONPEAK_DEBUG", "1")
    assert main(["score", "x.npz"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_interruption_is_exit_code_130(stand_in):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    stand_in("score", interrupt)
    assert main(["score", "x.npz"]) == 130


def test_report_that_cannot_be_finished_leaves_nothing(judged, scorecard, monkeypatch, tmp_path, capsys):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("bosonpeak.benchmark.report.page_cache.render_html", fail)
    judged(scorecard)
    assert main(["verify"]) == 70
    assert list(tmp_path.iterdir()) == []
    assert "MemoryError" in capsys.readouterr().err


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"bosonpeak {bosonpeak.__version__}\n"
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in ("verify", "score", "generate", "claims", "datasets"):
        assert command in shown
    assert "Exit codes: 0" in shown


@pytest.mark.parametrize("command", ["verify", "score", "generate", "claims", "datasets"])
def test_every_command_has_help(command, capsys):
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: bosonpeak {command}")


def test_claims_are_listed_and_shown(capsys):
    assert main(["claims", "list"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {len(row) for row in rows} == {5}
    assert "NET-1" in [row[0] for row in rows]
    assert main(["claims", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [list(listed[0]), *([str(value) for value in row.values()] for row in listed)] == rows
    assert main(["claims", "show", "net-1"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for heading in ("Statement", "Source", "Rival", "The rival's reading", "Regime", "Parts"):
        assert heading in shown
    assert "expected" in shown
    assert "because" in shown


def test_claim_file_is_printed_as_it_is(capsys):
    import tomllib

    assert main(["claims", "show", "NET-1", "--toml"]) == 0
    assert tomllib.loads(capsys.readouterr().out)["id"] == "NET-1"


def test_foreign_numbers_are_converted_described_and_validated(capsys, tmp_path):
    import numpy as np

    np.savez("theirs.npz", eigenfrequency=np.sort(np.random.default_rng(0).random((3, 20)), axis=1))
    assert main(["datasets", "convert", "theirs.npz", "-o", "ours.nc"]) == 0
    assert capsys.readouterr().out.startswith("ours.nc: sha256:")
    assert main(["datasets", "validate", "ours.nc"]) == 0
    assert capsys.readouterr().out == "ours.nc: valid\n"
    assert main(["datasets", "info", "ours.nc"]) == 0
    assert "mode-ensemble" in capsys.readouterr().out
    (tmp_path / "cut.nc").write_bytes((tmp_path / "ours.nc").read_bytes()[:2000])
    assert main(["datasets", "validate", "cut.nc", "ours.nc"]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("cut.nc: ")
    assert shown.out == "ours.nc: valid\n"


def test_reference_data_are_listed(capsys):
    assert main(["datasets", "list"]) == 0
    shown = capsys.readouterr()
    rows = [line.split("\t") for line in shown.out.splitlines()]
    assert {len(row) for row in rows} == {9}
    assert rows[0] == ["name", "kind", "size", "MB", "version", "licence", "where", "blocks", "description"]
    assert ["network/paper", "network-ensemble"] in [row[:2] for row in rows]
    assert f"{sum(row[6] == 'embedded' for row in rows)} in the package" in shown.err


@pytest.mark.parametrize("group", ["", "claims", "conformance", "datasets", "leaderboard", "plan"])
def test_the_help_of_commands_is_not_cut(group, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*group.split(), "--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2]
    assert listed
    assert "..." not in listed


@pytest.mark.parametrize(
    ("system", "degrees_of_freedom"), [("soft-spheres", 800), ("spring-network", 3600), ("lennard-jones", 3000)]
)
def test_a_printed_card_is_accepted_as_it_is(system, degrees_of_freedom, tmp_path, capsys):
    import numpy as np

    from bosonpeak.benchmark.cards.card_file import read_card
    from bosonpeak.benchmark.submission.reading import read_run

    assert main(["score", "--init", system]) == 0
    shown = capsys.readouterr().out
    (tmp_path / "card.toml").write_text(shown, encoding="utf-8")
    frequencies = np.sort(1.0 + np.random.default_rng(0).random((2, degrees_of_freedom)), axis=1)
    np.save(tmp_path / "frequencies.npy", frequencies)
    card = read_card(tmp_path / "card.toml")
    (submitted,) = read_run(tmp_path, card, others=[tmp_path / "card.toml"])
    assert (submitted.samples, submitted.card.system) == (2, system)
    assert card.ensembles[0].degrees_of_freedom == degrees_of_freedom


def test_a_card_is_printed_alone_and_for_a_known_system(capsys):
    assert main(["score", "--init", "soft-sphere"]) == 2
    assert "did you mean 'soft-spheres'?" in capsys.readouterr().err
    assert main(["score", "x.npz", "--init", "soft-spheres"]) == 2
    assert "neither PATH nor --card" in " ".join(capsys.readouterr().err.split())


def test_the_help_has_daily_commands_first(capsys):
    main(["--help"])
    daily, _, studies = capsys.readouterr().out.partition("Commands:")[2].partition("Studies and comparisons of codes:")
    sections = [
        [line.split()[0] for line in part.splitlines() if re.match("  [a-z]", line)] for part in (daily, studies)
    ]
    assert sections[0] == ["verify", "score", "generate", "datasets", "plot", "claims", "vibrations"]
    assert sections[1] == ["figures", "robustness", "conformance", "leaderboard", "plan", "warm-up"]
    main(["datasets", "--help"])
    assert "  mirror " in capsys.readouterr().out.partition("Release tools:")[2]


@pytest.mark.parametrize(
    ("command", "suggestion"),
    [
        (["claims", "show", "SIM2"], "did you mean 'SIM-2'?"),
        (["datasets", "info", "network/papr"], "network/paper"),
        (["generate", "network/papr", "-o", "x.nc"], "did you mean 'network/paper'"),
        (["claim"], "Did you mean 'claims'?"),
    ],
)
def test_a_misspelt_name_gets_the_nearest_name_and_no_list(command, suggestion, capsys):
    assert main(command) == 2
    shown = capsys.readouterr().err
    assert suggestion in shown
    assert len(shown) < 500


@pytest.mark.parametrize(
    "command", [["datasets", "list"], ["claims", "list"], ["conformance", "list"], ["generate", "--list"]]
)
@pytest.mark.parametrize("width", [80, 120])
def test_a_list_fits_a_terminal_and_cuts_nothing(command, width, capsys, monkeypatch):
    assert main([*command, "--quiet"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    fields = [line.split("\t") for line in shown.out.splitlines()[1:]]
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["--no-color", *command]) == 0
    printed = capsys.readouterr().out
    assert not re.search("\x1b\\[[0-9;]*3[0-9]", printed)
    lines = re.sub("\x1b[^m]*m", "", printed).splitlines()
    assert max(map(len, lines)) <= width
    # A line that goes on with the row above has nothing in the column of names.
    rows = [number for number, line in enumerate(lines) if number > 2 and line[:2].strip()]
    assert [lines[number].split()[0] for number in rows] == [row[0] for row in fields]
    elastic = max(lines[1].find("Title"), lines[1].find("Description"))
    for first, last, row in zip(rows, [*rows[1:], len(lines)], fields, strict=True):
        assert elastic < 0 or " ".join(" ".join(line[elastic:] for line in lines[first:last]).split()) in row


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def test_help_imports_nothing_heavy():
    heavy = ["numpy", "scipy", "xarray", "matplotlib", "numba", "pandera", "dask", "jinja2", "pydantic", "netCDF4"]
    code = (
        "import sys; from bosonpeak.benchmark.commands.main import main; code = main(['--help']); "
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    finished = run_python(code)
    assert finished.returncode == 0
    assert finished.stderr.strip() == b"[]"


VERDICT = (
    "import sys, types; from bosonpeak.benchmark.scorecards.scorecard import Scorecard; "
    "from bosonpeak.benchmark.commands.main import main; card = Scorecard.read('card.json'); "
    "stand_in = types.SimpleNamespace(verify=lambda *a, **k: card); "
    "sys.modules['bosonpeak.benchmark.judging.verification'] = stand_in; "
)


def test_terminal_without_greek_letters_gets_substitutes(scorecard, tmp_path):
    (tmp_path / "card.json").write_text(scorecard.to_json(), encoding="utf-8")
    finished = run_python(VERDICT + "sys.exit(main(['verify', '--no-html']))", PYTHONIOENCODING="ascii")
    assert finished.returncode == 0
    assert b"0.0120 [0.0030, 0.0210]" in finished.stdout


def test_reader_that_hangs_up_does_not_change_the_verdict(changed_scorecard, tmp_path):
    (tmp_path / "card.json").write_text(changed_scorecard.to_json(), encoding="utf-8")
    code = VERDICT + "import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1); sys.exit(main(['verify', '--no-html']))"
    finished = run_python(code)
    assert finished.returncode == 1
    assert b"Traceback" not in finished.stderr
    assert b"BrokenPipe" not in finished.stderr


def test_json_output_is_the_published_form(judged, scorecard, tmp_path):
    judged(scorecard)
    assert main(["score", "x", "--json", "s.json"]) == 0
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["schema_version"] == SCHEMA_VERSION


@pytest.mark.parametrize("command", [["score", "x"], ["verify", "--no-html"]])
def test_json_for_standard_output_is_all_that_is_printed(command, judged, scorecard, tmp_path, capsys):
    judged(scorecard)
    assert main([*command, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["schema_version"] == SCHEMA_VERSION
    assert list(tmp_path.iterdir()) == []


def test_help_has_a_short_name(capsys):
    assert main(["-h"]) == 0
    whole = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == whole
    assert main(["datasets", "fetch", "-h"]) == 0
    assert capsys.readouterr().out.startswith("Usage: bosonpeak datasets fetch")


def test_quiet_says_nothing_of_progress_and_lasts_for_one_command(judged, scorecard, capsys):
    judged(scorecard)
    assert main(["verify", "--no-html", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["verify", "--no-html"]) == 0
    assert capsys.readouterr().err.startswith("judging NET-1")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_names(shell):
    completions = {"bash": {"COMP_WORDS": "bosonpeak datasets cite network/pa", "COMP_CWORD": "3"}}
    words = completions.get(shell, {"_TYPER_COMPLETE_ARGS": "bosonpeak datasets cite network/pa"})
    variables = (
        os.environ | words | {"_BOSONPEAK_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    )
    finished = subprocess.run(
        [sys.executable, "-m", "bosonpeak"], env=variables, capture_output=True, text=True, check=False
    )
    assert "network/paper" in finished.stdout


def test_ids_of_claims_are_completed_in_any_case():
    assert claims_beginning("net-1") == ["NET-1", "NET-10"]
    assert claims_beginning("X") == []
    words = {"_BOSONPEAK_COMPLETE": "complete_bash", "COMP_WORDS": "bosonpeak verify --claim QE-", "COMP_CWORD": "3"}
    finished = subprocess.run(
        [sys.executable, "-m", "bosonpeak"], env=os.environ | words, capture_output=True, text=True, check=False
    )
    assert "QE-9" in finished.stdout.split()


def test_the_time_left_is_said_once_it_means_something(capsys, monkeypatch):
    from bosonpeak.benchmark.commands import outputs

    now = iter([0.0, 30.0, 400.0])
    # Its name of the clock only: the clock itself is also that of a scheduler which runs beside the tests.
    monkeypatch.setattr(outputs, "time", SimpleNamespace(monotonic=lambda: next(now)))
    with outputs.ProgressLine() as progress:
        progress("NET-1", 0, 10)
        progress("NET-4", 3, 10)
        progress("NET-9", 8, 10)
    reported = capsys.readouterr().err.splitlines()
    assert reported == [
        "judging NET-1 (1 of 10)",
        "judging NET-4 (4 of 10), about 70 s left",
        "judging NET-9 (9 of 10), about 2 min left",
    ]


def test_a_receipt_names_data_code_command_and_verdicts_and_is_checked(tmp_path, capsys):
    assert main(["verify", "--claim", "NET-6", "--no-html", "--receipt", "receipt.json"]) == 0
    text = (tmp_path / "receipt.json").read_text()
    written = json.loads(text)
    assert written["command"] == ["verify", "--claim", "NET-6", "--no-html", "--receipt", "receipt.json"]
    assert written["claims"]["NET-6"]["verdict"] == "supported"
    assert set(written["data"]) == {"network/nine-node"}
    capsys.readouterr()
    assert main(["datasets", "check", "receipt.json"]) == 0
    assert "NET-6: supported" in capsys.readouterr().out
    digest = written["data"]["network/nine-node"]["content_digest"]
    other = text.replace(digest, "sha256:" + "0" * 64)
    (tmp_path / "changed.json").write_text(other)
    assert main(["datasets", "check", "changed.json"]) == 2
    assert "contradicts itself" in capsys.readouterr().err
    (tmp_path / "nothing.json").write_text("{}")
    assert main(["datasets", "check", "nothing.json"]) == 2
    assert "not a receipt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["verify", "--no-html"], 0),
        (["verify", "--no-html", "--claim", "NET-1"], 1),
        (["verify", "--no-html", "--claim", "NET-1", "--no-require-judged"], 0),
        (["verify", "--no-html", "--require-judged"], 1),
        (["score", "run.npz"], 0),
        (["score", "run.npz", "--require-judged"], 1),
    ],
)
def test_a_named_claim_that_is_not_judged_is_not_green(judged, scorecard, capsys, arguments, code):
    assert scorecard.unjudged
    judged(scorecard)
    assert main(arguments) == code
    reported = capsys.readouterr().err
    assert (f"not judged, as required: {', '.join(scorecard.unjudged)}" in reported) == bool(code)


def test_a_scorecard_without_claims_judges_nothing(judged, capsys):
    judged(Scorecard("score", Code("theirs", "1")))
    assert main(["score", "run.npz"]) == 0
    assert main(["score", "run.npz", "--require-judged"]) == 1
    assert "not judged, as required: any claim" in capsys.readouterr().err
