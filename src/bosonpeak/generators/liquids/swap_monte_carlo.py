"""Swap Monte Carlo of polydisperse liquids: displacements and exchanges of diameters, with audited energy."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.arguments import present, require_arrays, require_counts, require_numbers, require_seed
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.generators.glasses.inherent_structure import LOOSE_FORCE, minimise
from bosonpeak.generators.liquids.inverse_power_moves import SKIN, vector_moves
from bosonpeak.generators.liquids.lennard_jones_moves import (
    LENNARD_JONES_SKIN,
    lennard_jones_model,
    lennard_jones_moves,
)
from bosonpeak.generators.liquids.particle_lists import lists_with_cells
from bosonpeak.generators.liquids.plain_moves import DISPLACEMENTS, SWAPS, RandomState, plain_moves, random_state
from bosonpeak.generators.liquids.vector_moves import OVERFLOWED, skin_for, tag
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.diameters import sample_diameters
from bosonpeak.generators.particles.forces import forces_of_configuration, system_of
from bosonpeak.generators.particles.potentials import VECTOR_TAPERS, InversePower, LennardJones, PairPotential
from bosonpeak.generators.particles.vector_units import LANES

Seed = int | np.random.SeedSequence

KERNELS = ("fastest", "plain", "vector")

_ROUND_OFF = 1e-4
_DRIFT_OF_TEMPERATURE = 1e-4
_DRIFT_OF_ENERGY = 1e-5


class SlowMonteCarloWarning(UserWarning):
    """Warning that moves are too long for the fast kernel, so that the plain kernel runs instead."""


@dataclass(frozen=True)
class MonteCarloResult:
    """Final state of a chain, with the record of energies that shows whether the chain is reliable."""

    positions: FloatArray  # (particles, dimension), inside the box
    diameters: FloatArray  # (particles,), initial diameters exchanged among the particles
    recorded_sweeps: IntegerArray  # (records,), from 0, in attempted moves per particle
    energies: FloatArray  # (records,), per particle, recomputed in double precision
    displacement_acceptance: float  # NaN without attempts
    swap_acceptance: float  # NaN without attempts
    energy_drift: float  # largest difference per particle between running and recomputed energy
    kernel: str  # "plain" or "vector"


@dataclass
class _Chain:
    """Configuration of a chain and the parameters of its moves."""

    configuration: Configuration
    temperature: float
    swap_probability: float
    displacement: float
    state: RandomState
    counts: IntegerArray

    def energy(self) -> float:
        return forces_of_configuration(self.configuration)[0]


def swap_monte_carlo(
    positions: ArrayLike,
    diameters: ArrayLike,
    box: ArrayLike,
    potential: PairPotential,
    temperature: float,
    *,
    sweeps: int,
    seed: Seed,
    swap_probability: float = 0.2,
    displacement: float = 0.1,
    record_every: int = 100,
    kernel: str = "fastest",
) -> MonteCarloResult:
    """Run a Metropolis chain with displacements and swaps of diameters.

    A sweep is as many attempted moves as there are particles. A move is with `swap_probability` an exchange of the
    diameters of two particles drawn at random, else a displacement of one particle drawn from a cube.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
        Start; see `random_configuration`.
    diameters : array_like, shape (particles,)
        Particle diameters.
    box : array_like
        Length of the periodic box, a single number or one per axis.
    potential : PairPotential
        Interaction.
    temperature : float
        In units of the potential's energy (k_B = 1).
    sweeps : int
        Length of the chain.
    seed : int or numpy.random.SeedSequence
        Source of randomness; the same seed gives the same chain on one machine and kernel.
    swap_probability : float
        Share of swaps.
    displacement : float
        Half the side of the cube of displacements.
    record_every : int
        Sweeps between records of the energy, at which the running energy is checked.
    kernel : {"fastest", "plain", "vector"}
        "vector" is single precision and serves inverse-power spheres with n = 12 and Lennard-Jones particles, with
        tapers m = 2, 3, 4, inf, if no displacement is longer than the range of the interaction; "plain" is double
        precision and serves everything; "fastest" takes the first that applies.

    Returns
    -------
    result : MonteCarloResult
        Final configuration and record.

    Raises
    ------
    RecipeError
        If the configuration or a parameter is invalid.
    ConvergenceError
        If the running energy deviates from the recomputed energy.

    Warns
    -----
    SlowMonteCarloWarning
        If displacements are so long that "fastest" is the plain kernel, where it would otherwise be the vector kernel.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), Methods. Their displacement "of modulus 0.2" contradicts their
    acceptance of 30 to 60 %; a cube of +-0.1 a component gives about that.

    Examples
    --------
    Swaps hand diameters from particle to particle, and make no new ones.

    >>> import numpy as np
    >>> from bosonpeak.generators import InversePower, random_configuration
    >>> positions, diameters, box = random_configuration(100, 3, InversePower(), seed=1)
    >>> result = swap_monte_carlo(positions, diameters, box, InversePower(), 1.0, sweeps=100, seed=2)
    >>> bool((np.sort(result.diameters) == np.sort(diameters)).all())
    True
    >>> 0.0 < result.displacement_acceptance < 1.0
    True
    """
    require_numbers(RecipeError, temperature=temperature, swap_probability=swap_probability, displacement=displacement)
    require_counts(RecipeError, sweeps=sweeps, record_every=record_every)
    require_seed(RecipeError, seed)
    start = Configuration.checked(positions, diameters, box, potential)
    count, dimension = start.positions.shape
    _check(count, temperature, sweeps, swap_probability, displacement, record_every)
    chosen = _chosen_kernel(kernel, potential, displacement * math.sqrt(dimension), start.reach)
    state = random_state(seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed))
    chain = _Chain(start, temperature, swap_probability, displacement, state, np.zeros(4, np.int64))
    recorded, energies, drift = [0], [chain.energy()], 0.0
    advance: Callable[[_Chain, int], float] = _advance_vector if chosen == "vector" else _advance_plain
    while recorded[-1] < sweeps:
        portion = min(record_every, sweeps - recorded[-1])
        change = advance(chain, portion * count)
        energies.append(chain.energy())
        recorded.append(recorded[-1] + portion)
        drift = max(drift, _audited(energies[-2], change, energies[-1], count, temperature))
    return MonteCarloResult(
        chain.configuration.positions,
        chain.configuration.diameters,
        np.array(recorded, dtype=np.int64),
        np.array(energies) / count,
        _ratio(chain.counts, DISPLACEMENTS),
        _ratio(chain.counts, SWAPS),
        drift / count,
        chosen,
    )


def random_configuration(
    count: int,
    dimension: int,
    potential: PairPotential,
    *,
    seed: Seed,
    density: float = 1.0,
    diameters: ArrayLike | None = None,
    diameter_method: str = "random",
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Particles placed at random, pushed apart until no force is extreme: the start of a chain.

    Parameters
    ----------
    count, dimension : int
        Particles, and 2 or 3.
    potential : PairPotential
        Interaction.
    seed : int or numpy.random.SeedSequence
        Source of randomness.
    density : float
        Particles per volume.
    diameters : array_like, shape (count,), optional
        By default drawn by `sample_diameters`.
    diameter_method : {"random", "quantile"}
        Method of drawing the diameters.

    Returns
    -------
    positions, diameters, box : ndarray of float64
        Shapes (count, dimension), (count,) and (dimension,).

    Raises
    ------
    RecipeError
        If a parameter is invalid.

    Examples
    --------
    64 discs at density 1:

    >>> from bosonpeak.generators import InversePower
    >>> positions, diameters, box = random_configuration(64, 2, InversePower(), seed=1)
    >>> positions.shape, box.tolist()
    ((64, 2), [8.0, 8.0])
    """
    require_counts(RecipeError, count=count, dimension=dimension)
    require_numbers(RecipeError, density=density)
    require_seed(RecipeError, seed)
    require_arrays(RecipeError, 1, **present(diameters=diameters))
    if dimension not in (2, 3) or count < 1 or not 0 < density < math.inf:
        raise RecipeError(
            "invalid system",
            expected="a dimension of 2 or 3, at least one particle and a positive density",
            got=f"dimension {dimension}, {count} particles, density {density}",
        )
    rng = np.random.default_rng(seed)
    sizes = sample_diameters(count, rng, method=diameter_method) if diameters is None else np.asarray(diameters)
    box = np.full(dimension, (count / density) ** (1.0 / dimension))
    start = rng.random((count, dimension)) * box
    relaxed = minimise(start, sizes, box, potential, tolerance=LOOSE_FORCE, method="l-bfgs")
    return relaxed.positions, np.array(sizes, dtype=np.float64), box


def _advance_plain(chain: _Chain, attempts: int) -> float:
    before = chain.configuration
    after = replace(before, positions=before.positions.copy(), diameters=before.diameters.copy())
    system = system_of(after)
    change = plain_moves(
        after.positions,
        after.diameters,
        after.box,
        (system.code, system.parameters, system.reach),
        chain.temperature,
        attempts,
        chain.swap_probability,
        chain.displacement,
        chain.state,
        chain.counts,
    )
    chain.configuration = after
    return float(change)


def _advance_vector(chain: _Chain, attempts: int) -> float:
    """Moves by the potential's single-precision kernel; list capacities are doubled until no list overflows."""
    before = chain.configuration
    dimension = len(before.box)
    box = (np.float32(before.box[0]), np.float32(before.box[1]), np.float32(before.box[2] if dimension == 3 else 1.0))
    moves, model = _vector_kernel(before.potential)
    furthest = _listed_range(before, chain.displacement)
    capacity = _first_capacity(before, furthest)
    while True:
        # Each attempt restarts from the same state, so that the result does not depend on the capacity.
        rows = _rows(before.positions, before.diameters)
        state, counts = chain.state.copy(), chain.counts.copy()
        change, status = moves(
            rows,
            lists_with_cells(rows, before.box, furthest, capacity),
            box,
            dimension,
            *model,
            tag(_foldings(before, chain.displacement)),
            chain.temperature,
            attempts,
            chain.swap_probability,
            chain.displacement,
            state,
            counts,
        )
        if status != OVERFLOWED:
            break
        capacity *= 2
    # Single-precision rounding must not put a particle on the far face of the box.
    positions = np.minimum(rows[:, :dimension].astype(np.float64), np.nextafter(before.box, 0.0))
    chain.configuration = replace(before, positions=positions, diameters=_exchanged(before.diameters, rows[:, 3]))
    chain.state, chain.counts = state, counts
    return float(change)


def _vector_kernel(potential: PairPotential) -> tuple[Callable[..., tuple[float, int]], tuple[Any, ...]]:
    """Compiled moves, and their arguments that describe the potential."""
    if isinstance(potential, InversePower):
        return vector_moves, (potential.cutoff, tag(0 if math.isinf(potential.taper) else potential.taper))
    if isinstance(potential, LennardJones):
        return lennard_jones_moves, (lennard_jones_model(potential),)
    raise RecipeError("no vector kernel supports this potential", got=repr(potential))


def _foldings(configuration: Configuration, displacement: float) -> int:
    """Number of foldings per trial: one if all partners after a trial were within half the box before, else two."""
    furthest = configuration.reach + displacement + _ROUND_OFF
    return 1 if 2.0 * furthest <= configuration.box.min() else 2


def _rows(positions: FloatArray, diameters: FloatArray) -> NDArray[np.float32]:
    rows = np.zeros((len(positions), 4), np.float32)
    rows[:, : positions.shape[1]] = positions
    rows[:, 3] = diameters
    return rows


def _exchanged(diameters: FloatArray, rounded: NDArray[np.float32]) -> FloatArray:
    """Double-precision diameters in the order of their single-precision images."""
    exchanged = np.empty_like(diameters)
    exchanged[np.argsort(rounded, kind="stable")] = np.sort(diameters)
    return exchanged


def _listed_range(configuration: Configuration, displacement: float) -> float:
    """Distance beyond which no two particles are in each other's lists."""
    usual = LENNARD_JONES_SKIN if isinstance(configuration.potential, LennardJones) else SKIN
    return configuration.reach + float(skin_for(displacement * math.sqrt(len(configuration.box)), usual))


def _first_capacity(configuration: Configuration, reach: float) -> int:
    """Initial capacity of a list: one and a half times the neighbours in a uniform liquid."""
    count, dimension = configuration.positions.shape
    volume = math.pi * reach**2 if dimension == 2 else 4.0 / 3.0 * math.pi * reach**3
    expected = min(1.5 * count * volume / float(np.prod(configuration.box)) + 32.0, float(count))
    return int(LANES * math.ceil(expected / LANES + 1))


def _audited(before: float, change: float, after: float, count: int, temperature: float) -> float:
    drift = abs(before + change - after)
    scale = max(abs(before), abs(after), abs(change))
    allowed = count * _DRIFT_OF_TEMPERATURE * temperature + _DRIFT_OF_ENERGY * scale
    if not drift <= allowed:
        raise ConvergenceError(
            "the running energy of the Monte Carlo chain differs from the recomputed energy",
            expected=f"a difference of at most {allowed:.3g}",
            got=f"{drift:.3g} between two records",
            likely_cause="extreme overlaps at the start in single precision; begin with random_configuration or "
            "kernel='plain'",
        )
    return drift


def _chosen_kernel(kernel: str, potential: PairPotential, longest_step: float, reach: float) -> str:
    if kernel not in KERNELS:
        raise RecipeError("unknown Monte Carlo kernel", expected=" or ".join(KERNELS), got=repr(kernel))
    known, short = _has_vector_kernel(potential), longest_step <= reach
    if kernel == "vector" and not (known and short):
        raise RecipeError(
            "the vector kernel does not support this system",
            expected="InversePower(n=12), or LennardJones cut pair by pair, with taper 2, 3, 4 or inf, and steps of at "
            f"most the range of the interaction, {reach:.3g}",
            got=f"{potential} and steps of up to {longest_step:.3g}",
        )
    if kernel == "fastest" and known and not short:
        warnings.warn(
            f"displacements of up to {longest_step:.3g} are longer than the range of the interaction, {reach:.3g}: "
            "the moves are made by the plain kernel, an order of magnitude more slowly",
            SlowMonteCarloWarning,
            stacklevel=3,
        )
    return "vector" if known and short and kernel != "plain" else "plain"


def _has_vector_kernel(potential: PairPotential) -> bool:
    if isinstance(potential, InversePower):
        return potential.has_vector_kernels
    if isinstance(potential, LennardJones):
        return not potential.is_common and (potential.truncation != "tapered" or potential.taper in VECTOR_TAPERS)
    return False


def _check(
    count: int, temperature: float, sweeps: int, swap_probability: float, displacement: float, record_every: int
) -> None:
    requirements = (
        (0 < temperature < math.inf, "temperature", "a positive finite number", temperature),
        (sweeps >= 0 and int(sweeps) == sweeps, "number of sweeps", "a whole number from 0", sweeps),
        (0 <= swap_probability <= 1, "swap probability", "between 0 and 1", swap_probability),
        (0 < displacement < math.inf, "displacement", "a positive length", displacement),
        (record_every >= 1, "interval of records", "at least one sweep", record_every),
        (count >= 2 or swap_probability == 0, "number of particles", "at least 2 for swaps", count),
    )
    for fulfilled, name, expected, got in requirements:
        if not fulfilled:
            raise RecipeError(f"the {name} cannot be used", expected=expected, got=str(got))


def _ratio(counts: IntegerArray, kind: int) -> float:
    return float(counts[kind + 1] / counts[kind]) if counts[kind] else math.nan
