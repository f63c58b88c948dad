"""Relaxation of a liquid under Monte Carlo dynamics: overlap, self-scattering and relaxation time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression
from scipy.special import j0

from bosonpeak.datasets.arguments import present, require_arrays, require_counts, require_numbers, require_seed
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.periodic_box import box_lengths, nearest_image
from bosonpeak.generators.liquids.swap_monte_carlo import MonteCarloResult, Seed, swap_monte_carlo
from bosonpeak.generators.particles.potentials import PairPotential
from bosonpeak.generators.random_streams import random_stream

OVERLAP_LENGTH = 0.3
"""A particle further than this from where it was has left its place."""

WAVE_NUMBER = 7.0
"""Close to the first peak of the structure factor at density 1."""

RELAXED = math.exp(-1.0)
"""The overlap has this value at the relaxation time."""

_LAG_RATIO = 1.3
_BURST_RATIO = 2.0
_FARTHEST = 0.4


@dataclass(frozen=True)
class RecordSchedule:
    """Times of the records of a run, and the lags of its time correlations."""

    times: IntegerArray  # (records,), sweeps from 0: every `interval`, each a time origin, and logarithmic bursts
    interval: int
    lags: IntegerArray  # (lags,), ascending up to three quarters of the run


@dataclass(frozen=True)
class RelaxationRun:
    """A run from an equilibrated configuration with its time correlations; acceptances are NaN without attempts."""

    lags: IntegerArray  # (lags,), in sweeps
    origins: IntegerArray  # (lags,), number of time origins
    overlap: FloatArray  # (lags,), share of particles closer than the overlap length to their old position
    self_scattering: FloatArray  # (lags,), isotropic average
    relaxation_time: float  # in sweeps, NaN if the overlap stays above 1/e
    positions: FloatArray  # (particles, dimension), at the end of the run
    diameters: FloatArray  # (particles,), at the end of the run
    energy: float  # mean per particle
    displacement_acceptance: float
    swap_acceptance: float
    energy_drift: float  # largest difference per particle between running and recomputed energy


def record_schedule(sweeps: int, intervals: int, bursts: int = 4) -> RecordSchedule:
    """Records at equal intervals (at least 2, dividing `sweeps`), and in `bursts` of them after 1, 2, 4 ... sweeps."""
    if intervals < 2 or sweeps < intervals or sweeps % intervals or not 0 <= bursts <= intervals:
        raise RecipeError(
            "the run cannot be divided into records",
            expected="at least two intervals, sweeps a multiple of them, and at most one burst per interval",
            got=f"{sweeps} sweeps, {intervals} intervals, {bursts} bursts",
        )
    interval = sweeps // intervals
    short = _geometric(interval - 1, _BURST_RATIO) if bursts else np.empty(0, dtype=np.int64)
    starts = interval * (intervals * np.arange(bursts) // max(bursts, 1))
    regular = interval * np.arange(intervals + 1)
    times = np.union1d(regular, (starts[:, None] + short).ravel())
    return RecordSchedule(
        times, interval, np.concatenate([short, interval * _geometric(3 * intervals // 4, _LAG_RATIO)])
    )


def relaxation_run(
    positions: ArrayLike,
    diameters: ArrayLike,
    box: ArrayLike,
    potential: PairPotential,
    temperature: float,
    *,
    sweeps: int,
    seed: Seed,
    intervals: int = 100,
    swap_probability: float = 0.0,
    displacement: float = 0.1,
    overlap_length: float = OVERLAP_LENGTH,
    wave_number: float = WAVE_NUMBER,
    record_every: int = 500,
    kernel: str = "fastest",
) -> RelaxationRun:
    """Follow the particles of an equilibrated liquid until they have left their places, or the run ends.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Equilibrated configuration.
    diameters : array_like, shape (particles,)
        Particle diameters.
    box : array_like
        Length of the periodic box, a single number or one per axis.
    potential : PairPotential
        Interaction.
    temperature : float
        In units of the potential's energy (k_B = 1).
    sweeps : int
        Length of the run, a multiple of `intervals`. A sweep is as many attempted moves, swaps included, as there are
        particles.
    seed : int or numpy.random.SeedSequence
        Source of randomness.
    intervals : int
        Equal intervals at whose ends the run has time origins.
    swap_probability : float
        Share of swaps; 0 is the standard dynamics. Positions are followed, regardless of a particle's diameter.
    displacement : float
        Half the side of the cube of displacements. Relaxation times in sweeps depend on it.
    overlap_length : float
        A particle further than this from its former position has left its place.
    wave_number : float
        Of the self-intermediate scattering function.
    record_every : int
        Sweeps after which the running energy is checked at the latest.
    kernel : {"fastest", "plain", "vector"}
        As for `swap_monte_carlo`.

    Returns
    -------
    RelaxationRun

    Raises
    ------
    RecipeError
        If a parameter is invalid, or particles move too far between two records.
    ConvergenceError
        If the running energy deviates from the recomputed energy.

    Notes
    -----
    Overlap of length 0.3 as for polydisperse soft spheres in Ninarello, Berthier and Coslovich, Phys. Rev. X 7,
    021039 (2017). The drift of the centre of mass is taken off: a chain of single moves does not conserve it.

    Examples
    --------
    The longer the lag, the more particles of a hot liquid have left their places.

    >>> import numpy as np
    >>> from bosonpeak.generators import InversePower, random_configuration
    >>> positions, diameters, box = random_configuration(100, 3, InversePower(), seed=1)
    >>> run = relaxation_run(positions, diameters, box, InversePower(), 2.0, sweeps=200, seed=2)
    >>> bool(0.0 <= run.overlap[-1] < run.overlap[0] <= 1.0)
    True
    """
    require_arrays(RecipeError, 2, positions=positions)
    require_counts(RecipeError, sweeps=sweeps, intervals=intervals, record_every=record_every)
    require_seed(RecipeError, seed)
    require_numbers(RecipeError, overlap_length=overlap_length, wave_number=wave_number)
    schedule = record_schedule(sweeps, intervals)
    lengths = box_lengths(box, np.shape(positions)[1])
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    places = np.array(positions, dtype=np.float64)
    trajectory = [places.copy()]
    runs: list[MonteCarloResult] = []
    # One chain per interval between records, each with its own stream; nearest-image steps unwrap the positions.
    for number, portion in enumerate(np.diff(schedule.times)):
        run = swap_monte_carlo(
            runs[-1].positions if runs else positions,
            runs[-1].diameters if runs else diameters,
            lengths,
            potential,
            temperature,
            sweeps=int(portion),
            seed=random_stream(root, number),
            swap_probability=swap_probability,
            displacement=displacement,
            record_every=record_every,
            kernel=kernel,
        )
        places += _nearest_image_step(trajectory[-1], run.positions, lengths)
        trajectory.append(places.copy())
        runs.append(run)
    origins, overlap, scattering = time_correlations(
        np.array(trajectory), schedule, overlap_length=overlap_length, wave_number=wave_number
    )
    return RelaxationRun(
        schedule.lags,
        origins,
        overlap,
        scattering,
        relaxation_time(schedule.lags, overlap, origins),
        runs[-1].positions,
        runs[-1].diameters,
        *_summary(runs, np.diff(schedule.times)),
    )


def time_correlations(
    trajectory: FloatArray,
    schedule: RecordSchedule,
    *,
    overlap_length: float = OVERLAP_LENGTH,
    wave_number: float = WAVE_NUMBER,
) -> tuple[IntegerArray, FloatArray, FloatArray]:
    """Numbers of time origins, overlap and self-intermediate scattering, each (lags,), of unwrapped positions."""
    # `trajectory`: (records, particles, 2 or 3), the centre of mass may drift. Overlap: (1/N) sum theta(a - |r_i(t) -
    # r_i(0)|); scattering: mean of sin(k r)/(k r), or J_0(k r) in two dimensions.
    centred = trajectory - trajectory.mean(axis=1, keepdims=True)
    place = {int(time): number for number, time in enumerate(schedule.times)}
    starts = [time for time in place if time % schedule.interval == 0]
    counts, overlap, scattering = [], [], []
    for lag in map(int, schedule.lags):
        pairs = [(place[time], place[time + lag]) for time in starts if time + lag in place]
        moved = np.array([np.linalg.norm(centred[end] - centred[start], axis=1) for start, end in pairs])
        counts.append(len(pairs))
        overlap.append(float(np.mean(moved < overlap_length)))
        scattering.append(float(np.mean(_isotropic_wave(wave_number * moved, trajectory.shape[2]))))
    return np.array(counts, dtype=np.int64), np.array(overlap), np.array(scattering)


def relaxation_time(lags: ArrayLike, overlap: ArrayLike, origins: ArrayLike | None = None) -> float:
    """First lag at which the overlap falls below 1/e, or NaN if it does not: never an extrapolation.

    Parameters
    ----------
    lags : array_like, shape (lags,)
        Ascending, above 0.
    overlap : array_like, shape (lags,)
        Overlap at each lag.
    origins : array_like, shape (lags,), optional
        Weights in the smoothing; by default all lags count the same.

    Returns
    -------
    float
        In the unit of the lags.

    Raises
    ------
    RecipeError
        If the overlap is below 1/e at the shortest lag already.

    Notes
    -----
    The overlap of an equilibrium liquid decays monotonically, its noisy estimate need not: it is replaced by the
    closest curve that does (isotonic regression), which has one crossing, and interpolated linearly in ln(lag).

    Examples
    --------
    An overlap that decays as exp(-t/10) is 1/e at t = 10.

    >>> import numpy as np
    >>> lags = np.array([1.0, 10.0, 100.0])
    >>> round(relaxation_time(lags, np.exp(-lags / 10.0)), 6)
    10.0
    """
    require_arrays(RecipeError, 1, lags=lags, overlap=overlap, **present(origins=origins))
    times = np.log(np.asarray(lags, dtype=np.float64))
    weights = np.ones(len(times)) if origins is None else np.asarray(origins, dtype=np.float64)
    smooth = isotonic_regression(np.asarray(overlap, dtype=np.float64), weights=weights, increasing=False).x
    below = np.flatnonzero(smooth < RELAXED)
    if len(below) == 0:
        return math.nan
    after = int(below[0])
    if after == 0:
        raise RecipeError(
            "the overlap decays before the first record",
            expected=f"an overlap above 1/e at the shortest lag, {np.asarray(lags)[0]:g}",
            got=f"{smooth[0]:.3g}",
            likely_cause="too long an interval between records, or too large displacements",
        )
    share = (smooth[after - 1] - RELAXED) / (smooth[after - 1] - smooth[after])
    return float(np.exp(times[after - 1] + share * (times[after] - times[after - 1])))


def _geometric(highest: int, ratio: float) -> IntegerArray:
    """Integers from 1 to the highest in approximately geometric progression."""
    if highest < 1:
        return np.empty(0, dtype=np.int64)
    steps = math.ceil(math.log(highest) / math.log(ratio))
    return np.unique(np.round(np.geomspace(1.0, highest, steps + 1)).astype(np.int64))


def _nearest_image_step(before: FloatArray, after: FloatArray, box: FloatArray) -> FloatArray:
    step = nearest_image(after - before, box)
    if np.any(np.abs(step) > _FARTHEST * box):
        raise RecipeError(
            "particles moved too far between two records for an unambiguous direction",
            expected=f"at most {_FARTHEST:g} of the box",
            got=f"{float(np.max(np.abs(step) / box)):.2f}",
            likely_cause="a run much longer than the relaxation time; ask for fewer sweeps or more intervals",
        )
    return step


def _isotropic_wave(phase: FloatArray, dimension: int) -> FloatArray:
    """Mean of exp(i k.r) over the directions of k, for phase = k r."""
    return np.asarray(np.sinc(phase / np.pi) if dimension == 3 else j0(phase))


def _summary(runs: Sequence[MonteCarloResult], lengths: IntegerArray) -> tuple[float, float, float, float]:
    """Mean energy, both acceptances, and the largest drift over the portions of a run."""
    energy = float(np.average([run.energies[-1] for run in runs], weights=lengths))
    displacements = _mean_acceptance([run.displacement_acceptance for run in runs], lengths)
    swaps = _mean_acceptance([run.swap_acceptance for run in runs], lengths)
    return energy, displacements, swaps, max(run.energy_drift for run in runs)


def _mean_acceptance(accepted: Sequence[float], lengths: IntegerArray) -> float:
    """Mean over the portions with attempted moves of this kind; NaN without such portions."""
    known = ~np.isnan(accepted)
    return float(np.average(np.array(accepted)[known], weights=lengths[known])) if known.any() else math.nan
