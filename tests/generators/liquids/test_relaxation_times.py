"""Relaxation of a liquid: the ideal gas in closed form, exact trajectories, the schedule, the crossing."""

import math

import numpy as np
import pytest
from scipy.integrate import simpson
from scipy.special import j0

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.liquids.relaxation_times import (
    RecordSchedule,
    record_schedule,
    relaxation_run,
    relaxation_time,
    time_correlations,
)
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration
from bosonpeak.generators.particles.potentials import InversePower

STEP = 0.1


def ideal_gas(particles, dimension, swap_probability=0.0, **options):
    """Particles too small to meet: every move is accepted."""
    rng = np.random.default_rng(3)
    box = np.full(dimension, 5.0)
    positions = rng.random((particles, dimension)) * box
    return relaxation_run(
        positions, np.linspace(1e-6, 2e-6, particles), box, InversePower(), 1.0,
        seed=5, displacement=STEP, swap_probability=swap_probability, **options,
    )  # fmt: skip


def directions(dimension, count=24):
    """Unit vectors and weights for a mean over directions."""
    angle = 2.0 * np.pi * (np.arange(2 * count) + 0.5) / (2 * count)
    if dimension == 2:
        return np.stack([np.cos(angle), np.sin(angle)], axis=1), np.full(len(angle), 1.0 / len(angle))
    height, weight = np.polynomial.legendre.leggauss(count)
    h, a = np.meshgrid(height, angle, indexing="ij")
    vectors = np.stack([np.sqrt(1.0 - h**2) * np.cos(a), np.sqrt(1.0 - h**2) * np.sin(a), h], axis=-1)
    return vectors.reshape(-1, 3), np.repeat(weight / 2.0, len(angle)) / len(angle)


def random_walk_scattering(wave_numbers, sweeps, particles, dimension, swap_probability=0.0):
    """Self-intermediate scattering function of single moves from a cube, centre of mass at rest, isotropic average.

    Every attempt moves the tagged particle with probability (1 - p)/N; the centre of mass follows with 1/N.
    """
    vectors, weights = directions(dimension)
    phase = np.multiply.outer(np.asarray(wave_numbers, dtype=float), vectors) * STEP / np.pi
    own = np.prod(np.sinc((1.0 - 1.0 / particles) * phase), axis=-1) - 1.0
    others = np.prod(np.sinc(phase / particles), axis=-1) - 1.0
    moved = own / particles + (1.0 - 1.0 / particles) * others
    return (1.0 + (1.0 - swap_probability) * moved) ** (particles * sweeps) @ weights


def random_walk_overlap(length, sweeps, particles):
    """Probability to be within a length in three dimensions, from the scattering function by Fourier inversion."""
    k = np.linspace(1e-6, 60.0, 601)
    x = k * length
    kernel = (np.sin(x) - x * np.cos(x)) * 2.0 / (np.pi * k)
    return float(simpson(kernel * random_walk_scattering(k, sweeps, particles, 3), x=k))


@pytest.mark.parametrize(("dimension", "swap_probability"), [(3, 0.0), (3, 0.5), (2, 0.0)])
def test_ideal_gas_scatters_like_a_random_walk(dimension, swap_probability):
    particles, wave_number = 400, 4.0
    run = ideal_gas(particles, dimension, swap_probability, sweeps=200, intervals=20, wave_number=wave_number)
    assert run.displacement_acceptance == 1.0
    for place, lag in enumerate(run.lags[:-1]):
        expected = float(random_walk_scattering(wave_number, lag, particles, dimension, swap_probability))
        # |sin x / x| has a variance below 1/2; non-overlapping stretches of all particles are independent
        independent = particles * min(run.origins[place], 200 // lag)
        assert abs(run.self_scattering[place] - expected) < 4.5 * math.sqrt(0.5 / independent)


def test_overlap_and_relaxation_time_of_the_ideal_gas_are_those_of_a_random_walk():
    particles = 400
    run = ideal_gas(particles, 3, sweeps=400, intervals=100)
    # at the shortest lags the walk has not left its start in the sense of the integral over k
    for lag, found in [pair for pair in zip(run.lags, run.overlap, strict=True) if 12 <= pair[0] <= 60]:
        expected = random_walk_overlap(0.3, lag, particles)
        assert abs(found - expected) < 4.5 * math.sqrt(expected * (1.0 - expected) / (particles * 400 / lag))
    crossing = next(t for t in range(10, 60) if random_walk_overlap(0.3, t, particles) < math.exp(-1.0))
    assert run.relaxation_time == pytest.approx(crossing - 0.5, rel=0.05)


def test_a_run_that_ends_before_the_liquid_relaxes_is_censored():
    run = ideal_gas(100, 3, sweeps=20, intervals=10)
    assert math.isnan(run.relaxation_time)
    assert run.lags[-1] == 14
    assert run.overlap[-1] > math.exp(-1.0)


@pytest.mark.parametrize(("dimension", "wave"), [(2, j0), (3, lambda x: np.sinc(x / np.pi))])
def test_straight_paths_have_exact_correlations(dimension, wave):
    """Half the particles move with the drift, a quarter each faster and slower: their overlap is a step."""
    schedule = record_schedule(40, 20)
    velocity = np.zeros((8, dimension))
    velocity[4:6, 0], velocity[6:, 0] = 0.05, -0.05
    drift = 3.0 * np.arange(1, dimension + 1)
    trajectory = schedule.times[:, None, None] * (velocity + drift)
    origins, overlap, scattering = time_correlations(trajectory, schedule, overlap_length=0.3, wave_number=2.0)
    expected = np.where(0.05 * schedule.lags < 0.3 - 1e-12, 1.0, 0.5)
    away = ~np.isclose(0.05 * schedule.lags, 0.3)
    assert np.array_equal(overlap[away], expected[away])
    assert scattering == pytest.approx(0.5 + 0.5 * wave(2.0 * 0.05 * schedule.lags), abs=1e-12)
    assert origins.tolist() == [4] * int(np.sum(schedule.lags < 2)) + [
        21 - lag // 2 for lag in schedule.lags if lag > 1
    ]


@pytest.mark.parametrize(
    ("sweeps", "intervals", "bursts"), [(4000, 100, 4), (60, 60, 4), (64, 4, 4), (90, 3, 1), (50, 5, 0)]
)
def test_every_lag_of_a_schedule_has_origins(sweeps, intervals, bursts):
    schedule = record_schedule(sweeps, intervals, bursts)
    assert schedule.times[0] == 0
    assert schedule.times[-1] == sweeps
    assert np.all(np.diff(schedule.times) > 0)
    assert np.all(np.diff(schedule.lags) > 0)
    assert 0.75 * sweeps - schedule.interval < schedule.lags[-1] <= 0.75 * sweeps
    regular = set(range(0, sweeps + 1, schedule.interval))
    times = set(schedule.times.tolist())
    assert regular <= times
    assert all(any(start + lag in times for start in regular) for lag in schedule.lags.tolist())


@pytest.mark.parametrize(
    ("sweeps", "intervals", "bursts"), [(10, 1, 0), (10, 20, 0), (10, 3, 0), (10, 5, 6), (10, 5, -1)]
)
def test_impossible_schedules_are_refused(sweeps, intervals, bursts):
    with pytest.raises(RecipeError, match="cannot be divided"):
        record_schedule(sweeps, intervals, bursts)


@pytest.mark.parametrize("time", [3.0, 47.5, 900.0])
@pytest.mark.parametrize("stretching", [0.5, 1.0])
def test_the_crossing_of_a_smooth_decay_is_its_relaxation_time(time, stretching):
    lags = np.unique(np.round(np.geomspace(1, 2000, 40)))
    assert relaxation_time(lags, np.exp(-((lags / time) ** stretching))) == pytest.approx(time, rel=0.02)


def test_a_dip_of_few_origins_does_not_end_the_relaxation():
    lags = np.arange(1.0, 11.0)
    overlap = np.linspace(0.9, 0.5, 10)
    overlap[4] = 0.2
    origins = np.full(10, 100)
    assert math.isnan(relaxation_time(lags, overlap, np.where(lags == 5, 1, origins)))
    assert math.isnan(relaxation_time(lags, overlap, origins))
    overlap[5:] = 0.1
    assert 4.0 < relaxation_time(lags, overlap, origins) < 5.0


def test_the_crossing_is_never_extrapolated():
    lags = np.array([1.0, 2.0, 4.0])
    assert math.isnan(relaxation_time(lags, [0.9, 0.7, 0.37]))
    assert relaxation_time(lags, [0.9, 0.7, 0.36]) < 4.0
    with pytest.raises(RecipeError, match="before the first record"):
        relaxation_time(lags, [0.3, 0.2, 0.1])


def test_particles_that_cross_half_the_box_between_records_are_noticed():
    with pytest.raises(RecipeError, match="too far between two records"):
        ideal_gas(50, 3, sweeps=8000, intervals=4)


def test_same_seed_same_run_and_the_start_is_untouched():
    potential = InversePower()
    positions, diameters, box = random_configuration(80, 3, potential, seed=6)
    before = positions.copy()
    runs = [
        relaxation_run(
            positions, diameters, box, potential, 0.5, sweeps=40, intervals=4, seed=seed, swap_probability=0.2
        )
        for seed in (8, np.random.SeedSequence(8), 9)
    ]
    assert np.array_equal(positions, before)
    assert np.array_equal(runs[0].positions, runs[1].positions)
    assert np.array_equal(runs[0].overlap, runs[1].overlap)
    assert not np.array_equal(runs[0].positions, runs[2].positions)
    assert np.array_equal(np.sort(runs[0].diameters), np.sort(diameters))
    assert 0.0 < runs[0].swap_acceptance < 1.0


def test_a_schedule_can_be_given_by_hand():
    schedule = RecordSchedule(np.array([0, 2, 4]), 2, np.array([2]))
    origins, overlap, scattering = time_correlations(np.zeros((3, 4, 3)), schedule)
    assert (origins.tolist(), overlap.tolist(), scattering.tolist()) == ([2], [1.0], [1.0])
