"""matscipy on the conformance cases (``pip install bosonpeak[peers]``): independent, and with analytic Hessians."""

import pytest

from bosonpeak.benchmark.conformance.cases import load_cases
from bosonpeak.benchmark.conformance.digits import score_code
from bosonpeak.benchmark.conformance.simulation_code import simulation_code

pytest.importorskip("matscipy", reason="matscipy is not installed: pip install bosonpeak[peers]")
pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def result():
    return score_code(simulation_code("matscipy"))


def test_matscipy_is_right_about_all_particles_and_knows_no_scalar_networks(result):
    networks = {case.name for case in load_cases() if case.problem.components == 1}
    for entry in result.results:
        assert entry.status == ("missing" if entry.case in networks else "matches"), entry
    assert result.count("matches") > 160


def test_analytic_hessians_agree_to_round_off(result):
    digits = [entry.digits for entry in result.results if entry.quantity == "hessian" and entry.digits]
    assert len(digits) == 21
    assert min(digits) > 11.5


def test_its_soft_mode_and_its_relaxation_are_accurate(result):
    found = {entry.quantity: entry.digits for entry in result.results if entry.case == "marginal-state"}
    assert found["lowest_eigenvalue"] > 6.5
    assert found["stiffness"] > 6.5
