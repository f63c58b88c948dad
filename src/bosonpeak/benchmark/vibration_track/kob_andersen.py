"""Small glass of the Kob-Andersen mixture for the track, with its exact modes.

The model of W. Kob and H. C. Andersen (Phys. Rev. E 51, 4626 (1995)) at density 1.2, with force-shifted pairs, in units
in which its first neighbours are where atoms of nickel have theirs. ``python -m
bosonpeak.benchmark.vibration_track.kob_andersen`` prints the committed file of positions.
"""

from __future__ import annotations

import io
from importlib import resources

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.materials.harmonic_material import RADIANS_PER_PICOSECOND

PARTICLES = 200
MINORITY = 40  # the last particles
EPSILON = 0.5
"""Energy of the interaction AA, eV."""

SIGMA = 2.2
"""Length of the interaction AA, angstrom."""

MASS = 58.6934
"""Mass of all particles, u."""

CUTOFF = 2.5
"""Cutoff of each pair over its own length."""

PAIRS = {("A", "A"): (1.0, 1.0), ("A", "B"): (1.5, 0.8), ("B", "B"): (0.5, 0.88)}
"""Energy and length of each pair of species, in those of the interaction AA."""

SIDE = SIGMA * (PARTICLES / 1.2) ** (1.0 / 3.0)
"""Edge of the cube, angstrom."""

_FILE = "kob-andersen-200.csv"
_SEED = 20261125
_TEMPERATURE = 0.6
_SWEEPS = 20_000


def stored_positions() -> FloatArray:
    """Positions (particles, 3) of the minimum, angstrom; species A first."""
    text = resources.files(__package__).joinpath(_FILE).read_text(encoding="ascii")
    return np.asarray(SIGMA * np.loadtxt(io.StringIO(text), delimiter=","))


def exact_frequencies(positions: FloatArray) -> FloatArray:
    """Frequencies (3 particles - 3,) in THz from the analytic second derivatives at positions in angstrom."""
    from bosonpeak.generators import LennardJones, hessian

    potential = LennardJones(CUTOFF, "force-shifted", kob_andersen=True)
    matrix = hessian(positions / SIGMA, _diameters(), SIDE / SIGMA, potential).toarray()
    values = np.linalg.eigvalsh(matrix)[3:] * EPSILON / (SIGMA**2 * MASS)
    return np.asarray(np.sign(values) * np.sqrt(np.abs(values)) * RADIANS_PER_PICOSECOND / (2.0 * np.pi))


def _diameters() -> FloatArray:
    return np.repeat([1.0, PAIRS["B", "B"][1]], [PARTICLES - MINORITY, MINORITY])


def _made_positions() -> FloatArray:
    """Positions (particles, 3) in sigma of the minimum below a liquid at T = 0.6."""
    from bosonpeak.generators import LennardJones, minimise, random_configuration, swap_monte_carlo

    potential = LennardJones(CUTOFF, "force-shifted", kob_andersen=True)
    start, diameters, box = random_configuration(
        PARTICLES, 3, potential, seed=_SEED, density=1.2, diameters=_diameters()
    )
    liquid = swap_monte_carlo(
        start, diameters, box, potential, _TEMPERATURE, sweeps=_SWEEPS, seed=_SEED, swap_probability=0.0
    )
    return minimise(liquid.positions, diameters, box, potential, method="l-bfgs").positions


if __name__ == "__main__":
    for row in _made_positions().tolist():
        print(",".join(map(repr, row)))
