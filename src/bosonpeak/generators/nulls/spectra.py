"""Spectra (samples, modes) and modes of known truth, from a seed: power laws, bends, a crossover, random matrices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import ArrayLike
from scipy.linalg import eigvalsh_tridiagonal

from bosonpeak.datasets.arguments import require_arrays, require_counts, require_instance, require_numbers, require_seed
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import RecipeError

Seed = int | SeedSequence

_SHIFT = 1e-4


@dataclass(frozen=True)
class PowerLaw:
    """A spectrum of independent modes below the first phonon, with possible disturbances.

    Parameters
    ----------
    exponent : float
        s > -1 in g(omega) ~ omega^s.
    mean_count : float
        Mean number of power-law modes below 0.6 omega_0 per sample (Poisson), where omega_0, the lowest transverse
        phonon, is the unit of all frequencies.
    highest : float
        End of the power law.
    phonon_count : int
        Modes of the phonon bump; the first transverse shell of a three-dimensional box has 12.
    phonon_frequency, phonon_width : float
        Centre and standard deviation of the phonon bump.
    gap : float
        No power-law mode is below this frequency.

    Raises
    ------
    RecipeError
        If the exponent is not above -1, or a parameter is not a number.

    Examples
    --------
    >>> PowerLaw(exponent=4.0, mean_count=2.0, highest=1.2).mean_total
    64.0
    """

    exponent: float
    mean_count: float
    highest: float = 1.3
    phonon_count: int = 0
    phonon_frequency: float = 1.0
    phonon_width: float = 0.05
    gap: float = 0.0

    def __post_init__(self) -> None:
        require_numbers(RecipeError, **vars(self))
        if self.exponent <= -1.0:
            raise RecipeError("this power law cannot be normalised", expected="exponent > -1", got=f"{self.exponent:g}")

    @property
    def mean_total(self) -> float:
        """Mean number of power-law modes in a sample before the gap removes some."""
        return float(self.mean_count * (self.highest / 0.6) ** (self.exponent + 1.0))

    def frequencies(self, rank: FloatArray) -> FloatArray:
        """Frequencies at ranks in (0, 1) of the undisturbed power law."""
        return np.asarray(self.highest * rank ** (1.0 / (self.exponent + 1.0)))


def power_law_spectra(law: PowerLaw, samples: int, seed: Seed) -> FloatArray:
    """Independent samples of a disturbed power law.

    Parameters
    ----------
    law : PowerLaw
        Law and its disturbances.
    samples : int
        Number of samples.
    seed : int or numpy.random.SeedSequence
        Seed of the random numbers.

    Returns
    -------
    ndarray, shape (samples, modes)
        Ascending frequencies in units of omega_0, short rows padded with NaN.

    Raises
    ------
    RecipeError
        If an argument is of another kind.

    Examples
    --------
    >>> from bosonpeak.generators.nulls import PowerLaw
    >>> spectra = power_law_spectra(PowerLaw(exponent=4.0, mean_count=3.0), samples=1000, seed=1)
    >>> bool(abs((spectra < 0.6).sum() / 1000 - 3.0) < 0.2)
    True
    """
    require_instance(RecipeError, law, PowerLaw, "a law made by PowerLaw(exponent, mean_count)")
    require_counts(RecipeError, samples=samples)
    require_seed(RecipeError, seed)
    generator = np.random.default_rng(seed)
    ranks = [generator.random(generator.poisson(law.mean_total)) for _ in range(samples)]
    return _assemble(law, ranks, generator)


def correlated_power_law_spectra(
    law: PowerLaw, chains: int, samples_per_chain: int, persistence: float, seed: Seed
) -> tuple[FloatArray, IntegerArray]:
    """Power-law spectra whose successive samples share modes, like the steps of a Markov chain.

    Every single sample is distributed as in `power_law_spectra`.

    Parameters
    ----------
    law : PowerLaw
        Law and its disturbances.
    chains, samples_per_chain : int
        Number of independent chains, and of successive samples in each.
    persistence : float
        Probability in [0, 1) that a mode survives, slightly moved, into the next sample.
    seed : int or numpy.random.SeedSequence
        Seed of the random numbers.

    Returns
    -------
    frequency : ndarray, shape (chains * samples_per_chain, modes)
        As from `power_law_spectra`.
    chain : ndarray of int, shape (chains * samples_per_chain,)
        Chain of each sample.

    Raises
    ------
    RecipeError
        If an argument is of another kind.

    Examples
    --------
    >>> from bosonpeak.generators.nulls import PowerLaw
    >>> law = PowerLaw(exponent=4.0, mean_count=3.0)
    >>> frequency, chain = correlated_power_law_spectra(law, chains=2, samples_per_chain=3, persistence=0.9, seed=1)
    >>> chain.tolist()
    [0, 0, 0, 1, 1, 1]
    """
    require_instance(RecipeError, law, PowerLaw, "a law made by PowerLaw(exponent, mean_count)")
    require_counts(RecipeError, chains=chains, samples_per_chain=samples_per_chain)
    require_numbers(RecipeError, persistence=persistence)
    require_seed(RecipeError, seed)
    generator = np.random.default_rng(seed)
    ranks: list[FloatArray] = []
    for _ in range(chains):
        current = generator.random(generator.poisson(law.mean_total))
        for _ in range(samples_per_chain):
            ranks.append(current)
            kept = current[generator.random(len(current)) < persistence]
            # Reflection at both ends keeps the ranks uniform, and so the law unchanged.
            moved = np.abs(kept + _SHIFT * generator.standard_normal(len(kept)))
            moved = np.where(moved > 1.0, 2.0 - moved, moved)
            born = generator.random(generator.poisson((1.0 - persistence) * law.mean_total))
            current = np.concatenate([moved, born])
    return _assemble(law, ranks, generator), np.repeat(np.arange(chains), samples_per_chain)


def rescaled(frequency: ArrayLike, factor: float) -> FloatArray:
    """Copy of spectra with every frequency times a factor.

    Parameters
    ----------
    frequency : array_like
        Frequencies.
    factor : float
        Such as 2 pi for a mistaken unit, or m^(-1/2) for other masses.

    Returns
    -------
    ndarray

    Raises
    ------
    RecipeError
        If an argument is not made of numbers.

    Examples
    --------
    >>> rescaled([1.0, 2.0], 0.5)
    array([0.5, 1. ])
    """
    require_arrays(RecipeError, frequency=frequency)
    require_numbers(RecipeError, factor=factor)
    return np.asarray(frequency) * factor


def _assemble(law: PowerLaw, ranks: list[FloatArray], generator: np.random.Generator) -> FloatArray:
    rows = []
    for rank in ranks:
        modes = law.frequencies(rank)
        bump = law.phonon_frequency + law.phonon_width * generator.standard_normal(law.phonon_count)
        rows.append(np.sort(np.concatenate([modes[modes >= law.gap], bump[bump > 0.0]])))
    spectra = np.full((len(rows), max(1, *(len(row) for row in rows))), np.nan)
    for place, row in zip(spectra, rows, strict=True):
        place[: len(row)] = row
    return spectra


_GRID = 4000


@dataclass(frozen=True)
class BentPowerLaw:
    """Density of states per particle omega^s / (1 + (omega/w)^q), with the correlations of modes and chains."""

    exponent: float  # s > -1, as omega goes to 0
    bend: float = math.inf  # w, infinite for a pure power law
    sharpness: float = 2.0  # q, the exponent falls from s to s - q
    modes_per_particle: float = 4.8e-4  # expected number of modes below `reference`, per particle
    reference: float = 0.5
    highest: float = 1.3  # end of the spectrum
    repelling: bool = True  # neighbouring modes of a sample repel each other (Wigner's surmise)
    steepens: bool = False  # the exponent rises to s + q: omega^s (1 + (omega/w)^q), two branches
    chain_scatter: float = 0.0  # standard deviation of the logarithm of a chain's number of modes

    def __post_init__(self) -> None:
        positive = (self.bend, self.sharpness, self.modes_per_particle, self.reference, self.highest)
        if not (self.exponent > -1.0 and min(positive) > 0.0 and self.chain_scatter >= 0.0):
            raise RecipeError(
                "invalid parameters of the spectrum",
                expected="an exponent above -1, a positive bend, sharpness, density and range, a scatter from 0",
                got=repr(self),
            )

    def density(self, frequency: FloatArray) -> FloatArray:
        """Density of states, not normalised."""
        bent = 1.0 + (frequency / self.bend) ** self.sharpness
        return np.asarray(frequency**self.exponent * (bent if self.steepens else 1.0 / bent))


def bent_spectra(law: BentPowerLaw, particles: int, chains: int, samples_per_chain: int, seed: Seed) -> FloatArray:
    """Modes (chains * samples_per_chain, modes) of samples of equal size, ascending, padded with at least one NaN."""
    # Levels of a stationary sequence of spacing 1 are mapped by the inverse of the expected number of modes below a
    # frequency.
    generator = np.random.default_rng(seed)
    frequency, expected = _expected_below(law, particles)
    scatter = law.chain_scatter
    richness = np.exp(scatter * generator.standard_normal(chains) - 0.5 * scatter**2)
    longest = expected[-1] * float(richness.max())
    levels = _stationary_levels(law.repelling, chains * samples_per_chain, longest, generator)
    mapped = np.interp(levels / np.repeat(richness, samples_per_chain)[:, None], expected, frequency, right=np.nan)
    return np.asarray(mapped[:, : int(np.isfinite(mapped).sum(axis=1).max()) + 1])


def _expected_below(law: BentPowerLaw, particles: int) -> tuple[FloatArray, FloatArray]:
    """Frequencies of a grid, and the expected number of modes of a sample below each."""
    frequency = np.linspace(0.0, max(law.highest, law.reference), _GRID + 1)
    middle = 0.5 * (frequency[1:] + frequency[:-1])
    running = np.concatenate([[0.0], np.cumsum(law.density(middle))])
    expected = running * (law.modes_per_particle * particles / np.interp(law.reference, frequency, running))
    ends = np.interp(law.highest, frequency, expected)
    below = frequency < law.highest
    return np.append(frequency[below], law.highest), np.append(expected[below], ends)


def _stationary_levels(repelling: bool, samples: int, longest: float, generator: np.random.Generator) -> FloatArray:
    """Levels of mean spacing 1 in each sample, up to beyond `longest`."""
    count = math.ceil(longest + 6.0 * math.sqrt(longest) + 8.0)
    if not repelling:
        return np.asarray(generator.exponential(size=(samples, count)).cumsum(axis=1))
    spacings = np.sqrt(-4.0 / math.pi * np.log1p(-generator.random((samples, count))))
    # The interval around a random place is longer than a typical interval: its density is s p(s).
    around = np.sqrt(4.0 / math.pi * generator.gamma(1.5, size=samples))
    spacings[:, 0] = around * generator.random(samples)
    return np.asarray(spacings.cumsum(axis=1))


_TABLE = 20001


def crossover_quantile(probabilities: FloatArray, crossover_frequency: float, highest: float) -> FloatArray:
    """Quantiles of a spectrum with the law omega^4 / (omega^2 + b^2) below `highest`, b = `crossover_frequency`."""
    x, u = np.cbrt(np.linspace(0.0, 1.0, _TABLE)), crossover_frequency / highest
    count = x**3 / 3.0 - (u**2 * x - u**3 * np.arctan2(x, u) if u > 0.0 else 0.0)
    # Far below the crossover the terms cancel and leave x^5/(5 u^2) - x^7/(7 u^4).
    low = x < 0.05 * u
    count[low] = x[low] ** 5 / (5.0 * u**2) - x[low] ** 7 / (7.0 * u**4)
    return np.asarray(highest * np.cbrt(np.interp(probabilities, count / count[-1], x**3)))


def beta_ensemble_levels(order: int, beta: float, samples: int, seed: int | SeedSequence) -> FloatArray:
    """Eigenvalues of the Gaussian beta ensemble from tridiagonal matrices.

    The semicircle fills |lambda| < sqrt(2 beta order). Source: Dumitriu and Edelman, J. Math. Phys. 43, 5830 (2002).

    Parameters
    ----------
    order : int
        Order of the matrices.
    beta : float
        Above 0; 1 is the orthogonal, 2 the unitary and 4 the symplectic ensemble.
    samples : int
        Number of matrices.
    seed : int or numpy.random.SeedSequence
        Seed of the random numbers.

    Returns
    -------
    ndarray, shape (samples, order)
        Ascending rows.

    Raises
    ------
    RecipeError
        If beta is not positive, or an argument is of another kind.

    Examples
    --------
    >>> levels = beta_ensemble_levels(order=200, beta=1.0, samples=3, seed=1)
    >>> bool(abs(levels).max() < 1.1 * 20.0)
    True
    """
    require_counts(RecipeError, order=order, samples=samples)
    require_numbers(RecipeError, beta=beta)
    require_seed(RecipeError, seed)
    if beta <= 0.0:
        raise RecipeError("invalid matrix ensemble", expected="beta > 0", got=f"beta = {beta:g}")
    generator = np.random.default_rng(seed)
    rows = [eigvalsh_tridiagonal(*_tridiagonal_matrix(generator, order, beta, order)) for _ in range(samples)]
    return np.stack(rows) / math.sqrt(2.0)


def poisson_levels(order: int, samples: int, seed: int | SeedSequence) -> FloatArray:
    """Levels without repulsion: independent spacings of mean 1.

    Parameters
    ----------
    order : int
        Levels per sample.
    samples : int
        Number of samples.
    seed : int or numpy.random.SeedSequence
        Seed of the random numbers.

    Returns
    -------
    ndarray, shape (samples, order)
        Ascending rows, above 1.

    Raises
    ------
    RecipeError
        If an argument is of another kind.

    Examples
    --------
    >>> poisson_levels(order=3, samples=2, seed=1).shape
    (2, 3)
    """
    require_counts(RecipeError, order=order, samples=samples)
    require_seed(RecipeError, seed)
    return np.asarray(1.0 + np.random.default_rng(seed).standard_exponential((samples, order)).cumsum(axis=1))


def orthogonal_levels(generator: np.random.Generator, order: int, first: int, count: int) -> FloatArray:
    """Levels first ... first + count - 1 of a matrix of the Gaussian orthogonal ensemble, off-diagonal variance 1."""
    # The lowest levels are localised on a corner of the tridiagonal matrix; only this corner is generated.
    corner = order
    if first == 0:
        turning_point = (1.5 * math.pi * count) ** (2.0 / 3.0) * order ** (1.0 / 3.0)
        corner = min(order, math.ceil(turning_point + 10.0 * order ** (1.0 / 3.0)))
    wanted = (first, first + count - 1)
    matrix = _tridiagonal_matrix(generator, order, 1.0, corner)
    return np.asarray(eigvalsh_tridiagonal(*matrix, select="i", select_range=wanted))


def above_zero(order: int) -> float:
    """Shift that makes the lowest orthogonal level positive: semicircle radius plus ten widths of its edge."""
    return 2.0 * math.sqrt(order) + 10.0 * math.pow(order, -1.0 / 6.0)


def semicircle_staircase(levels: FloatArray, order: int) -> FloatArray:
    """Mean number of orthogonal levels below each of the given levels."""
    radius = 2.0 * math.sqrt(order)
    place = np.clip(levels / radius, -1.0, 1.0)
    return np.asarray(order * (0.5 + (place * np.sqrt(1.0 - place**2) + np.arcsin(place)) / math.pi))


def _tridiagonal_matrix(
    generator: np.random.Generator, order: int, beta: float, corner: int
) -> tuple[FloatArray, FloatArray]:
    """Corner of sqrt(2) times a beta-ensemble matrix (Dumitriu and Edelman, J. Math. Phys. 43, 5830): two diagonals."""
    diagonal = math.sqrt(2.0) * generator.standard_normal(corner)
    return diagonal, np.sqrt(generator.chisquare(beta * np.arange(order - 1, order - corner, -1)))


def random_participation_ratio(
    generator: np.random.Generator, particles: int, dimension: int, localisation_length: float
) -> float:
    """Participation ratio [N sum_i (psi_i . psi_i)^2]^-1 of a random mode, extended or localised, at density 1."""
    box = particles ** (1.0 / dimension)
    from_centre = box * (generator.random((particles, dimension)) - 0.5)
    distance = np.sqrt((from_centre**2).sum(axis=1))
    weight = (generator.standard_normal((particles, dimension)) ** 2).sum(axis=1)
    weight *= np.exp(-2.0 * distance / localisation_length)
    return float(weight.sum() ** 2 / (particles * (weight**2).sum()))
