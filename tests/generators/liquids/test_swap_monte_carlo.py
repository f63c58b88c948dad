"""Swap Monte Carlo: exact distributions of small systems, both kernels against each other, bookkeeping."""

import itertools
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.liquids import swap_monte_carlo as module
from bosonpeak.generators.liquids.inverse_power_moves import vector_moves
from bosonpeak.generators.liquids.particle_lists import (
    empty_lists,
    list_all,
    list_from_scratch,
    lists_with_cells,
    patch,
    strayed,
    workspace_for,
)
from bosonpeak.generators.liquids.plain_moves import plain_moves, random_state, uniform
from bosonpeak.generators.liquids.swap_monte_carlo import SlowMonteCarloWarning, random_configuration, swap_monte_carlo
from bosonpeak.generators.liquids.vector_moves import make_move, margin_of, skin_for, tag
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones

KERNELS = ["plain", "vector"]
TAPERS = [2, 3, 4, math.inf]


class SmallSystem:
    """A few particles on which either kernel can be stepped cheaply."""

    def __init__(self, kernel, positions, diameters, box, potential, temperature, seed=1):
        self.kernel, self.potential, self.temperature = kernel, potential, temperature
        self.dimension = np.shape(positions)[1]
        self.box = np.full(self.dimension, float(box))
        self.positions, self.sizes = np.array(positions, dtype=float), np.array(diameters, dtype=float)
        self.rows = np.zeros((len(self.sizes), 4), np.float32)
        self.rows[:, : self.dimension], self.rows[:, 3] = self.positions, self.sizes
        self.foldings = tag(1 if np.min(box) > 4.2 * potential.cutoff else 2)
        self.state = random_state(np.random.SeedSequence(seed))
        self.counts = np.zeros(4, np.int64)

    def move(self, attempts, swap_probability, displacement):
        if self.kernel == "plain":
            interaction = (self.potential.code, self.potential.parameters(), self.potential.cutoff)
            plain_moves(
                self.positions, self.sizes, self.box, interaction, self.temperature, attempts,
                swap_probability, displacement, self.state, self.counts,
            )  # fmt: skip
            return self.positions, self.sizes
        order = tag(0 if math.isinf(self.potential.taper) else self.potential.taper)
        box = tuple(np.float32(length) for length in (*self.box, 1.0)[:3])
        vector_moves(
            self.rows, empty_lists(self.rows, 48), box, self.dimension, self.potential.cutoff, order, self.foldings,
            self.temperature, attempts, swap_probability, displacement, self.state, self.counts,
        )  # fmt: skip
        return self.rows[:, : self.dimension].astype(float), self.rows[:, 3].astype(float)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("dimension", "taper"), [(2, 2), pytest.param(3, 2, marks=pytest.mark.slow), (3, 3), (3, math.inf)]
)
def test_two_particles_follow_the_boltzmann_distribution_of_their_distance(kernel, dimension, taper):
    check_distances_of_two(kernel, dimension, taper, 4.0, 0.4 / math.sqrt(dimension), 5000)


def check_distances_of_two(kernel, dimension, taper, box, step, draws):
    potential, temperature = InversePower(taper=taper), 0.15
    system = SmallSystem(kernel, [[1.0] * dimension, [3.0] * dimension], [1.1, 1.5], box, potential, temperature)
    distances = []
    for _ in range(draws):
        positions, _ = system.move(300, 0.1, step)
        separation = positions[0] - positions[1]
        distances.append(np.linalg.norm(separation - box * np.round(separation / box)))
    r = np.linspace(1e-3, potential.cutoff, 20001)
    surface = 2 * np.pi * r if dimension == 2 else 4 * np.pi * r**2
    weight = surface * np.exp(-potential.energy(r, 1.1, 1.5) / temperature)
    within = np.concatenate([[0], np.cumsum(0.5 * (weight[1:] + weight[:-1]) * np.diff(r))])
    ball = math.pi * potential.cutoff**2 if dimension == 2 else 4 / 3 * math.pi * potential.cutoff**3
    total = within[-1] + box**dimension - ball
    edges = np.interp(np.linspace(0, within[-1], 13), within, r)
    expected = np.append(np.diff(np.interp(edges, r, within)), total - within[-1]) / total * len(distances)
    observed = np.histogram(distances, np.append(edges, np.inf))[0]
    assert observed.sum() == len(distances)
    assert stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-4


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("taper", TAPERS)
def test_swaps_alone_visit_assignments_with_their_boltzmann_weight(kernel, taper):
    potential, box, temperature = InversePower(taper=taper), 5.0, 0.1
    positions = np.array([[1.0, 1.0, 1.0], [2.1, 1.0, 1.0], [1.2, 2.3, 1.1], [3.3, 1.9, 1.6]])
    sizes = np.array([0.75, 0.95, 1.2, 1.5])
    system = SmallSystem(kernel, positions, sizes, box, potential, temperature)
    assignments = list(itertools.permutations(range(4)))
    energies = [energy_and_forces(positions, sizes[list(order)], box, potential)[0] for order in assignments]
    weights = np.exp(-(np.array(energies) - min(energies)) / temperature)
    observed = dict.fromkeys(assignments, 0)
    draws = 6000
    for _ in range(draws):
        observed[tuple(np.argsort(np.argsort(system.move(60, 1.0, 0.1)[1])).tolist())] += 1
    expected = weights / weights.sum() * draws
    seen = np.array([observed[order] for order in assignments], dtype=float)
    common = expected > 8
    seen, expected = (np.append(values[common], values[~common].sum()) for values in (seen, expected))
    filled = expected > 0
    assert stats.chisquare(seen[filled], expected[filled]).pvalue > 1e-4
    assert 0 < system.counts[3] < system.counts[2] == 60 * draws


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dimension", [2, 3])
def test_ideal_gas_accepts_everything_and_fills_the_box(kernel, dimension):
    rng = np.random.default_rng(5)
    box = np.linspace(4.0, 5.0, dimension)
    result = swap_monte_carlo(
        rng.random((100, dimension)) * 0.5 * box, np.linspace(1e-6, 2e-6, 100), box, InversePower(), 1.0,
        sweeps=600, seed=3, displacement=0.2, record_every=300, kernel=kernel,
    )  # fmt: skip
    assert result.displacement_acceptance == 1.0
    assert result.swap_acceptance == 1.0
    for axis in range(dimension):
        assert stats.kstest(result.positions[:, axis] / box[axis], "uniform").pvalue > 1e-4
    assert abs(stats.spearmanr(np.arange(100), result.diameters).statistic) < 0.4


@pytest.mark.parametrize(("dimension", "taper"), [(2, 2), (3, 2), (3, math.inf)])
def test_both_kernels_have_the_same_mean_energy(dimension, taper):
    potential = InversePower(taper=taper)
    count = 64
    means, errors = [], []
    for kernel in KERNELS:
        start = random_configuration(count, dimension, potential, seed=4, diameter_method="quantile")
        run = swap_monte_carlo(*start, potential, 0.6, sweeps=4000, seed=9, record_every=10, kernel=kernel)
        assert run.kernel == kernel
        blocks = run.energies[41:].reshape(-1, 20).mean(axis=1)
        means.append(blocks.mean())
        errors.append(blocks.std(ddof=1) / math.sqrt(len(blocks)))
    assert abs(means[0] - means[1]) < 4.5 * math.hypot(*errors)
    assert max(errors) < 0.02


@pytest.mark.parametrize("taper", TAPERS)
def test_running_energy_of_single_precision_is_the_recomputed_one(taper):
    potential = InversePower(taper=taper)
    start = random_configuration(216, 3, potential, seed=2)
    run = swap_monte_carlo(*start, potential, 0.3, sweeps=300, seed=1, record_every=50, kernel="vector")
    assert run.energy_drift < 1e-5
    assert run.energies[-1] == energy_and_forces(run.positions, run.diameters, start[2], potential)[0] / 216


@pytest.mark.parametrize("kernel", KERNELS)
def test_diameters_are_exchanged_never_changed(kernel):
    start = random_configuration(125, 3, InversePower(), seed=6)
    run = swap_monte_carlo(*start, InversePower(), 0.5, sweeps=50, seed=1, kernel=kernel)
    assert np.array_equal(np.sort(run.diameters), np.sort(start[1]))
    assert not np.array_equal(run.diameters, start[1])
    assert np.all((run.positions >= 0) & (run.positions < start[2]))


@pytest.mark.parametrize("kernel", KERNELS)
def test_same_seed_same_chain(kernel):
    start = random_configuration(80, 3, InversePower(), seed=6)
    runs = [
        swap_monte_carlo(*start, InversePower(), 0.4, sweeps=40, seed=seed, kernel=kernel)
        for seed in (8, np.random.SeedSequence(8), 9)
    ]
    assert np.array_equal(runs[0].positions, runs[1].positions)
    assert np.array_equal(runs[0].energies, runs[1].energies)
    assert not np.array_equal(runs[0].positions, runs[2].positions)


def test_records_cover_the_chain_and_lists_grow_when_they_must(monkeypatch):
    start = random_configuration(125, 3, InversePower(), seed=6)
    monkeypatch.setattr(module, "_first_capacity", lambda *_: 16)
    small = swap_monte_carlo(*start, InversePower(), 0.4, sweeps=25, seed=1, record_every=10)
    monkeypatch.undo()
    roomy = swap_monte_carlo(*start, InversePower(), 0.4, sweeps=25, seed=1, record_every=10)
    assert roomy.recorded_sweeps.tolist() == [0, 10, 20, 25]
    assert np.array_equal(small.positions, roomy.positions)


@pytest.mark.parametrize("potential", [LennardJones(1.8, "tapered", 5, True), Harmonic(), InversePower(n=8)])
def test_other_potentials_are_served_by_the_plain_kernel(potential):
    diameters = np.r_[np.ones(120), np.full(30, 0.88)] if isinstance(potential, LennardJones) else None
    start = random_configuration(150, 3, potential, seed=6, diameters=diameters)
    run = swap_monte_carlo(*start, potential, 1.0, sweeps=20, seed=1)
    assert run.kernel == "plain"
    assert run.energy_drift < 1e-10
    assert 0 < run.displacement_acceptance < 1


@pytest.mark.parametrize("displacement", [0.6, *(pytest.param(each, marks=pytest.mark.slow) for each in (0.25, 1.1))])
def test_long_steps_are_served_by_the_vector_kernel(displacement):
    """A pair that was missed would show in the running energy, and at last in its mean."""
    potential, temperature = InversePower(), 1.0
    for count, density in ((216, 1.0), (80, 0.4)):
        start = random_configuration(count, 3, potential, seed=4, density=density, diameter_method="quantile")
        means, errors = [], []
        for kernel in KERNELS:
            run = swap_monte_carlo(
                *start, potential, temperature, sweeps=1200, seed=9, record_every=5,
                displacement=displacement, kernel=kernel,
            )  # fmt: skip
            blocks = run.energies[41:].reshape(-1, 10).mean(axis=1)
            means.append(blocks.mean())
            errors.append(blocks.std(ddof=1) / math.sqrt(len(blocks)))
        assert run.kernel == "vector"
        assert run.energy_drift < 1e-5
        assert abs(means[0] - means[1]) < 4.5 * math.hypot(*errors)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("dimension", "box"),
    [(3, 4.0), (2, 9.0), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((2, 4.0), (3, 6.5)))],
)
def test_two_particles_with_long_steps_follow_the_boltzmann_distribution(kernel, dimension, box):
    check_distances_of_two(kernel, dimension, 2, box, 1.9 / math.sqrt(dimension), 3000)


@pytest.mark.parametrize("longest", [0.17, 0.4, 1.0, 1.9])
@pytest.mark.parametrize("slope", [0.0, 1.25])
def test_lists_that_are_patched_miss_no_pair_within_reach(longest, slope):
    """After every accepted move, all that one more trial can bring within range are listed, on both sides."""
    rng = np.random.default_rng(7)
    count, length, cutoff = 300, 9.0, 0.0 if slope else 1.955
    rows = np.c_[rng.random((count, 3)) * length, rng.uniform(0.73, 1.62, count)].astype(np.float32)
    box = (np.float32(length),) * 3
    skin = skin_for(longest, 0.55)
    reach, margin = (np.float32(cutoff + skin), np.float32(slope)), margin_of(skin, longest)
    lists = empty_lists(rows, 304)
    workspace = workspace_for(lists)
    for i in range(count):
        assert list_from_scratch(np.uint64(i), lists, box, reach, workspace)
    patched = 0
    for _ in range(3000):
        i = np.uint64(rng.integers(count))
        make_move(i, rows, rng.uniform(-longest, longest, 3).astype(np.float32) / np.float32(math.sqrt(3.0)), box)
        if strayed(i, rows, lists, box, margin):
            assert patch(i, rows[i, 3], rows, lists, box, reach, workspace)
            patched += 1
    assert patched > 500
    separation = rows[:, None, :3].astype(float) - rows[None, :, :3]
    separation -= length * np.rint(separation / length)
    limit = cutoff + slope * (rows[:, None, 3] + rows[None, :, 3])
    needed = np.linalg.norm(separation, axis=2) < limit + longest
    np.fill_diagonal(needed, False)
    listed = np.zeros((count, count), bool)
    for i, (names, entries) in enumerate(zip(lists[0], lists[1], strict=True)):
        listed[i, names[: int(entries)]] = True
        others = names[: int(entries)][names[: int(entries)] != i]
        assert len(np.unique(others)) == len(others)
    np.fill_diagonal(listed, False)
    assert not (needed & ~listed).any()
    assert np.array_equal(listed, listed.T)


def test_steps_beyond_the_range_are_slow_and_say_so():
    start = random_configuration(80, 3, InversePower(), seed=6)
    with pytest.warns(SlowMonteCarloWarning, match="plain kernel"):
        run = swap_monte_carlo(*start, InversePower(), 0.4, sweeps=2, seed=1, displacement=1.2)
    assert run.kernel == "plain"
    assert swap_monte_carlo(*start, InversePower(), 0.4, sweeps=2, seed=1, displacement=1.2, kernel="plain").kernel


def test_no_sweeps_is_the_start_itself():
    start = random_configuration(80, 3, InversePower(), seed=6)
    run = swap_monte_carlo(*start, InversePower(), 0.4, sweeps=0, seed=1)
    assert np.array_equal(run.positions, start[0])
    assert math.isnan(run.swap_acceptance)


def test_uniform_numbers_are_uniform():
    state = random_state(np.random.SeedSequence(1))
    drawn = [uniform(state) for _ in range(20000)]
    assert stats.kstest(drawn, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.03


def test_generator_is_the_published_one():
    """First outputs of xoshiro256++ from the state 1, 2, 3, 4, as published with the algorithm."""
    state = np.array([1, 2, 3, 4], dtype=np.uint64)
    expected = [41943041, 58720359, 3588806011781223, 3591011842654386]
    assert [round(uniform(state) * 2**53) for _ in range(4)] == [bits >> 11 for bits in expected]


PORTABLE_RUN = """
import sys
sys.modules["bosonpeak.generators.particles.intrinsics"] = None
from bosonpeak.generators.particles.potentials import InversePower, LennardJones
from bosonpeak.generators.liquids.swap_monte_carlo import SlowMonteCarloWarning, random_configuration, swap_monte_carlo
from bosonpeak.generators.particles.vector_units import HAS_INTRINSICS
assert not HAS_INTRINSICS
liquids = [(InversePower(taper=taper), 0.3) for taper in (2, 3, float("inf"))]
liquids += [(LennardJones(1.8, "tapered", taper), 0.8) for taper in (2, float("inf"))]
for potential, temperature in liquids:
    start = random_configuration(216, 3, potential, seed=2)
    run = swap_monte_carlo(*start, potential, temperature, sweeps=300, seed=1, record_every=50, kernel="vector")
    print(run.energy_drift, run.displacement_acceptance, run.swap_acceptance)
"""


@pytest.mark.slow
def test_vector_kernel_works_without_the_intrinsics(tmp_path):
    """In a process of its own with a cache of its own: compiled code does not remember which branch was imported."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PORTABLE_RUN], env=environment, check=True, capture_output=True, text=True
    )
    for line in done.stdout.splitlines():
        drift, displacements, swaps = (float(value) for value in line.split())
        assert drift < 1e-5
        assert 0.1 < swaps < displacements < 0.6


def test_drift_beyond_reason_is_an_error():
    with pytest.raises(ConvergenceError, match="running energy"):
        module._audited(1000.0, -1.0, 1000.0, 100, 0.2)


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.0},
        {"temperature": -1.0},
        {"temperature": math.nan},
        {"sweeps": -1},
        {"swap_probability": 1.5},
        {"displacement": 0.0},
        {"record_every": 0},
        {"kernel": "gpu"},
        {"kernel": "vector", "displacement": 1.2},
        {"kernel": "vector", "potential": InversePower(n=10)},
        {"box": 3.0},
        {"diameters": np.full(80, 2.0)},
    ],
)
def test_senseless_chains_are_refused(change):
    positions, diameters, box = random_configuration(80, 3, InversePower(), seed=6)
    arguments = {
        "diameters": diameters, "box": box, "potential": InversePower(), "temperature": 0.4, "sweeps": 5, "seed": 1,
    } | change  # fmt: skip
    with pytest.raises(RecipeError):
        swap_monte_carlo(positions, **arguments)


@pytest.mark.parametrize("change", [{"dimension": 4}, {"count": 0}, {"density": 0.0}])
def test_impossible_systems_are_refused(change):
    with pytest.raises(RecipeError, match="system"):
        random_configuration(**{"count": 80, "dimension": 3, "potential": InversePower(), "seed": 1} | change)


@pytest.mark.parametrize("displacement", [0.06, 0.15])
def test_the_kernel_leaves_lists_that_miss_no_pair(displacement):
    """Pairs that a list misses are missed by the energy and by its recomputation alike: only the list shows them."""
    rng = np.random.default_rng(11)
    count, length, potential = 400, 8.0, InversePower()
    rows = np.c_[rng.random((count, 3)) * length, np.full(count, 0.8)].astype(np.float32)
    lists = empty_lists(rows, 400)
    box, state = (np.float32(length),) * 3, random_state(np.random.SeedSequence(3))
    counts = np.zeros(4, np.int64)
    _, status = vector_moves(
        rows, lists, box, 3, potential.cutoff, tag(2), tag(2), 1e9, 40_000, 0.0, displacement, state, counts
    )  # fmt: skip
    assert status == 0
    assert counts[1] > 0.9 * counts[0]
    separation = rows[:, None, :3].astype(float) - rows[None, :, :3]
    separation -= length * np.rint(separation / length)
    needed = np.linalg.norm(separation, axis=2) < potential.cutoff + displacement * math.sqrt(3.0)
    listed = np.zeros((count, count), bool)
    for i, (names, entries) in enumerate(zip(lists[0], lists[1], strict=True)):
        listed[i, names[: int(entries)]] = True
    np.fill_diagonal(listed, True)
    assert not (needed & ~listed).any()


def random_rows(count, length, dimension):
    """Particles at random, whose lists are searched for by cells if there are enough."""
    rows = np.zeros((count, 4), np.float32)
    rows[:, :dimension] = np.random.default_rng(5).random((count, dimension)) * length
    rows[:, 3] = np.random.default_rng(6).uniform(0.73, 1.62, count)
    return rows, (np.float32(length), np.float32(length), np.float32(length if dimension == 3 else 1.0))


@pytest.mark.parametrize(("dimension", "length"), [(2, 50.0), (3, 13.5)])
@pytest.mark.parametrize("slope", [0.0, 0.4])
def test_cells_find_the_lists_that_a_search_of_all_particles_finds(dimension, length, slope):
    """The same particles in the same order, at first and after moves of listed particles."""
    rows, box = random_rows(2500, length, dimension)
    furthest = 2.0 + 2 * 1.62 * slope
    reach = (np.float32(2.0), np.float32(slope))
    cells = lists_with_cells(rows, np.array(box[:dimension], float), furthest, 304)
    scan = empty_lists(rows, 304)
    assert len(cells[3].around) > len(scan[3].around) == 0
    spaces = [workspace_for(lists) for lists in (cells, scan)]
    for lists, space in zip((cells, scan), spaces, strict=True):
        assert list_all(lists, box, reach, space)
    assert np.array_equal(cells[0], scan[0])
    rng = np.random.default_rng(8)
    for _ in range(500):
        i = np.uint64(rng.integers(len(rows)))
        step = np.zeros(3, np.float32)
        step[:dimension] = rng.uniform(-1.5, 1.5, dimension)
        make_move(i, rows, step, box)
        for lists, space in zip((cells, scan), spaces, strict=True):
            assert patch(i, rows[i, 3], rows, lists, box, reach, space)
    for listed, other in zip(cells[:3], scan[:3], strict=True):
        assert np.array_equal(listed, other)


def test_full_cells_ask_for_more_room():
    rows, box = random_rows(2500, 13.5, 3)
    rows[:, :3] *= np.float32(0.2)
    lists = lists_with_cells(rows, np.array(box, float), 2.0, 48)
    assert not list_all(lists, box, (np.float32(0.01), np.float32(0.0)), workspace_for(lists))
