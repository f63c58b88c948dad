"""Answers that a code with a Python interface writes into files, and elastic constants by small strains."""

import numpy as np
import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.conformance.answer_files import write_answers
from bosonpeak.benchmark.conformance.cases import load_case
from bosonpeak.benchmark.conformance.codes.own_code import OwnCode
from bosonpeak.benchmark.conformance.codes.small_strains import strained_stiffness
from bosonpeak.benchmark.conformance.digits import score_answers
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.conformance.problem_potential import potential_of
from bosonpeak.benchmark.conformance.simulation_code import derived
from bosonpeak.datasets.errors import ForeignInputError, StoreError
from bosonpeak.generators.glasses.hessian import hessian
from bosonpeak.generators.particles.configuration import interactions

CASES = ("network-cutoff", "soft-2d-2", "harmonic-rattler")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "cases"
    export(path, [load_case(name) for name in CASES])
    return path


class TestWriting:
    """Files of answers."""

    def test_every_answer_is_written_and_right(self, folder):
        written = write_answers(OwnCode(), folder)
        assert len(written) == sum(
            len(set(load_case(name).references) - {"eigenvalues", "lowest_eigenvalue"}) for name in CASES
        )
        entries = [entry for entry in score_answers(folder).results if entry.case in CASES]
        assert {entry.status for entry in entries} == {"matches"}
        contacts = (folder / "network-cutoff" / "contacts.txt").read_text().split()
        assert contacts == [str(int(n)) for n in load_case("network-cutoff").references["contacts"].value]

    def test_nothing_is_overwritten(self, folder):
        kept = folder / CASES[-1] / "forces.npy"
        kept.write_bytes(b"mine")
        before = sorted(folder.rglob("*"))
        with pytest.raises(StoreError, match="there is an answer already"):
            write_answers(OwnCode(), folder)
        assert kept.read_bytes() == b"mine"
        assert sorted(folder.rglob("*")) == before

    def test_a_folder_without_cases_is_refused(self, tmp_path):
        for path in (tmp_path, tmp_path / "nowhere"):
            with pytest.raises(ForeignInputError, match="no cases"):
                write_answers(OwnCode(), path)

    def test_the_command_exports_and_answers(self, tmp_path, capsys):
        folder = tmp_path / "answers"
        assert main(["conformance", "run", "bosonpeak", "--answers", str(folder)]) == 0
        assert (folder / "README.md").exists()
        assert (folder / "crystal" / "hessian.npy").exists()
        assert main(["conformance", "score", str(folder)]) == 0
        assert "203 of 203 quantities match" in capsys.readouterr().out
        assert main(["conformance", "run", "bosonpeak", "--answers", str(folder)]) == 2


def test_moduli_follow_from_stiffness_and_stress():
    case = load_case("shear-unstable-box")
    given = {name: case.references[name].value for name in ("stiffness", "stress")}
    found = derived(case.problem, given)
    for name in ("shear_modulus", "bulk_modulus"):
        assert found[name] == pytest.approx(float(case.references[name].value), abs=1e-12)
    assert derived(case.problem, given | {"bulk_modulus": np.array(3.0)})["bulk_modulus"] == 3.0
    assert "shear_modulus" not in derived(case.problem, {"stress": given["stress"]})


@pytest.mark.parametrize(("name", "step"), [("soft-2d-inf", 1e-4), ("soft-3d-2", 1e-4), ("harmonic-rattler", 1e-6)])
def test_stiffness_by_strains_is_that_of_the_reference(name, step):
    case = load_case(name)
    problem, potential = case.problem, potential_of(case.problem)
    glass = (problem.positions, problem.diameters, problem.box, potential)
    found = interactions(*glass)
    shifts = found.distance[:, None] * found.direction
    sizes = 0.5 * problem.diameters[found.pairs].sum(axis=1)

    def response(deformation):
        moved = shifts @ deformation.T
        distance = np.linalg.norm(moved, axis=1)
        step_of_r = 1e-30
        slope = np.imag(energy(distance + 1j * step_of_r, sizes)) / step_of_r
        pulls = (slope / distance)[:, None] * moved
        forces = np.zeros_like(problem.positions)
        np.add.at(forces, found.pairs[:, 0], -pulls)
        np.add.at(forces, found.pairs[:, 1], pulls)
        volume = problem.volume * np.linalg.det(deformation)
        return np.einsum("ka,kb->ab", pulls, moved) / volume, forces

    def energy(r, length):
        if problem.interaction["form"] == "harmonic":
            return 0.5 * (1 - r / length) ** 2
        x = r / problem.interaction["cutoff"]
        taper = np.exp(x / (2 * (x - 1))) if problem.interaction["taper"] == "inf" else (1 - x**2) ** 2
        return (length / problem.interaction["cutoff"]) ** 12 * (x**-12 - 1) * taper

    matrix = hessian(*glass).toarray()
    stiffness = strained_stiffness(response, matrix, problem.volume, dimension=problem.dimension, step=step)
    reference = case.references["stiffness"]
    assert np.abs(stiffness - reference.value).max() < 1e-8 * reference.scale
