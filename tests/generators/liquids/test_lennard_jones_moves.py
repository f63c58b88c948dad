"""Fast moves of Lennard-Jones particles: exact distributions, and energies against the double-precision kernel."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from bosonpeak.generators.liquids.lennard_jones_moves import (
    lennard_jones_model,
    lennard_jones_moves,
    lowest_beyond,
)
from bosonpeak.generators.liquids.particle_lists import empty_lists
from bosonpeak.generators.liquids.plain_moves import SWAPS, random_state
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
from bosonpeak.generators.liquids.vector_moves import tag
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.potentials import LennardJones

POTENTIALS = [
    LennardJones(truncation="hard"),
    LennardJones(truncation="shifted"),
    LennardJones(truncation="force-shifted"),
    LennardJones(truncation="tapered", taper=2),
    LennardJones(truncation="tapered", taper=math.inf),
]


class FewParticles:
    """A few particles that are stepped by the compiled moves themselves."""

    def __init__(self, positions, diameters, box, potential, temperature):
        self.dimension = np.shape(positions)[1]
        self.rows = np.zeros((len(diameters), 4), np.float32)
        self.rows[:, : self.dimension], self.rows[:, 3] = positions, diameters
        self.box = tuple(np.float32(length) for length in (*[box] * self.dimension, 1.0)[:3])
        self.model, self.temperature = lennard_jones_model(potential), temperature
        self.state, self.counts = random_state(np.random.SeedSequence(1)), np.zeros(4, np.int64)

    def move(self, attempts, swap_probability, displacement):
        lennard_jones_moves(
            self.rows, empty_lists(self.rows, 48), self.box, self.dimension, self.model, tag(2), self.temperature,
            attempts, swap_probability, displacement, self.state, self.counts,
        )  # fmt: skip
        return self.rows[:, : self.dimension].astype(float), self.rows[:, 3].astype(float)


@pytest.mark.parametrize("potential", POTENTIALS, ids=lambda potential: f"{potential.truncation}-{potential.taper}")
def test_the_energy_beyond_a_list_is_never_below_its_bound(potential):
    """Particles that are not listed for one diameter, seen with a larger diameter; the bound is met by a close pair."""
    rng, model, smallest = np.random.default_rng(4), lennard_jones_model(potential), 0.73
    for _ in range(300):
        listed, others = rng.uniform(smallest, 1.5), rng.uniform(smallest, 1.62, 40)
        diameter = rng.uniform(listed, 1.62)
        nearest = potential.cutoff * (listed + others) / 2.0
        distance = nearest + rng.uniform(0.0, 0.5, 40) * (rng.random(40) < 0.7)
        energy = math.fsum(
            potential.energy(distance, diameter, other) for distance, other in zip(distance, others, strict=True)
        )
        bound = float(lowest_beyond(*np.float32([listed, diameter, smallest]), np.uint64(40), model))
        assert energy >= 1.001 * bound - 1e-5
        closest = potential.energy(potential.cutoff * (listed + smallest) / 2.0, diameter, smallest)
        assert bound == pytest.approx(40.0 * closest, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    ("potential", "dimension"),
    [
        (POTENTIALS[0], 3),
        (POTENTIALS[2], 3),
        (POTENTIALS[-1], 2),
        *(pytest.param(*case, marks=pytest.mark.slow)
          for case in ((POTENTIALS[1], 3), (POTENTIALS[3], 3), (POTENTIALS[4], 3), (POTENTIALS[0], 2))),
    ],
    ids=lambda given: f"{given.truncation}-{given.taper}" if isinstance(given, LennardJones) else f"{given}d",
)  # fmt: skip
def test_two_particles_follow_the_boltzmann_distribution_of_their_distance(potential, dimension):
    """With a minimum, and with a step at the cutoff where the potential is merely cut."""
    box, temperature, cutoff = 7.0, 0.6, 2.5 * 1.3
    system = FewParticles([[1.0] * dimension, [3.0] * dimension], [1.1, 1.5], box, potential, temperature)
    distances = []
    for _ in range(4000):
        positions, _ = system.move(400, 0.1, 0.4 / math.sqrt(dimension))
        separation = positions[0] - positions[1]
        distances.append(np.linalg.norm(separation - box * np.round(separation / box)))
    r = np.linspace(1e-3, cutoff, 20001)[:-1]
    weight = (2 * np.pi * r if dimension == 2 else 4 * np.pi * r**2) * np.exp(
        -potential.energy(r, 1.1, 1.5) / temperature
    )
    within = np.concatenate([[0], np.cumsum(0.5 * (weight[1:] + weight[:-1]) * np.diff(r))])
    ball = math.pi * cutoff**2 if dimension == 2 else 4 / 3 * math.pi * cutoff**3
    total = within[-1] + box**dimension - ball
    edges = np.interp(np.linspace(0, within[-1], 13), within, r)
    expected = np.append(np.diff(np.interp(edges, r, within)), total - within[-1]) / total * len(distances)
    observed = np.histogram(distances, np.append(edges, np.inf))[0]
    assert stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-4


@pytest.mark.parametrize("potential", [*POTENTIALS, LennardJones(kob_andersen=True)], ids=repr)
def test_swaps_alone_visit_assignments_with_their_boltzmann_weight(potential):
    """Small particles become large, whose neighbours were beyond their lists."""
    box, temperature = 8.2, 0.25
    positions = np.array([[1.0, 1.0, 1.0], [2.3, 1.0, 1.0], [1.2, 4.4, 1.1], [4.0, 2.6, 1.6], [7.5, 1.1, 3.9]])
    sizes = np.array([0.73, 0.9, 1.2, 1.5, 1.62]) if not potential.kob_andersen else np.array([1, 1, 0.88, 1, 0.88])
    system = FewParticles(positions, sizes, box, potential, temperature)
    assignments = sorted(set(itertools.permutations(sizes)))
    energies = [energy_and_forces(positions, order, box, potential)[0] for order in assignments]
    weights = np.exp(-(np.array(energies) - min(energies)) / temperature)
    observed = dict.fromkeys(assignments, 0)
    draws = 5000
    for _ in range(draws):
        found = system.move(60, 1.0, 0.1)[1]
        observed[tuple(sizes[np.abs(found[:, None] - sizes).argmin(axis=1)])] += 1
    expected = weights / weights.sum() * draws
    seen = np.array([observed[order] for order in assignments], dtype=float)
    common = expected > 8
    seen, expected = (np.append(values[common], values[~common].sum()) for values in (seen, expected))
    filled = expected > 0
    assert stats.chisquare(seen[filled], expected[filled]).pvalue > 1e-4
    assert 0 < system.counts[SWAPS + 1] < system.counts[SWAPS] == 60 * draws


def liquid(potential, dimension, count):
    """Few enough particles for the plain kernel, with a cutoff that fits into half their box."""
    if not potential.kob_andersen:
        return random_configuration(count, dimension, potential, seed=4, density=0.85, diameter_method="quantile")
    diameters = np.repeat([1.0, 0.88], [count - count // 5, count // 5])
    return random_configuration(count, dimension, potential, seed=4, density=1.1, diameters=diameters)


@pytest.mark.parametrize(
    ("potential", "dimension"),
    [
        (LennardJones(1.8, "hard"), 3),
        (LennardJones(1.8, "force-shifted"), 2),
        pytest.param(LennardJones(1.8, "tapered", 3), 3, marks=pytest.mark.slow),
        (LennardJones(1.8, "shifted", kob_andersen=True), 3),
    ],
    ids=repr,
)
def test_both_kernels_have_the_same_mean_energy(potential, dimension):
    start = liquid(potential, dimension, 216 if dimension == 3 else 80)
    means, errors = [], []
    for kernel in ("plain", "vector"):
        run = swap_monte_carlo(*start, potential, 1.5, sweeps=600, seed=9, record_every=5, kernel=kernel)
        assert run.kernel == kernel
        blocks = run.energies[21:].reshape(-1, 10).mean(axis=1)
        means.append(blocks.mean())
        errors.append(blocks.std(ddof=1) / math.sqrt(len(blocks)))
    assert abs(means[0] - means[1]) < 4.5 * math.hypot(*errors)
    assert max(errors) < 0.03


@pytest.mark.parametrize("potential", [LennardJones(2.0, case.truncation, case.taper) for case in POTENTIALS], ids=repr)
def test_running_energy_is_the_recomputed_one_and_the_diameters_stay_what_they_are(potential):
    start = liquid(potential, 3, 280)
    run = swap_monte_carlo(*start, potential, 0.8, sweeps=300, seed=1, record_every=50)
    assert run.kernel == "vector"
    assert run.swap_acceptance > 0.05
    assert run.energy_drift < 2e-5
    assert run.energies[-1] == energy_and_forces(run.positions, run.diameters, start[2], potential)[0] / 280
    assert np.array_equal(np.sort(run.diameters), np.sort(start[1]))
