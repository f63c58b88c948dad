"""Spectra of glasses with a bent power law: the density of states per particle is the same for all sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import SeedSequence

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import RecipeError

Seed = int | SeedSequence

_GRID = 4000


@dataclass(frozen=True)
class BentPowerLaw:
    """Density of states per particle omega^s / (1 + (omega/w)^q), with the correlations of modes and chains.

    `exponent`: s > -1, the exponent as omega goes to 0. `bend`: w, infinite for a pure power law. `sharpness`: q, the
    exponent falls from s to s - q; with `steepens` it rises to s + q, omega^s (1 + (omega/w)^q), the sum of two
    branches. `modes_per_particle`: expected number of modes below `reference`, per particle. `highest`: end of the
    spectrum. `repelling`: neighbouring modes of a sample repel each other (Wigner's surmise), otherwise they are
    independent. `chain_scatter`: standard deviation of the logarithm of a chain's number of modes.
    """

    exponent: float
    bend: float = math.inf
    sharpness: float = 2.0
    modes_per_particle: float = 4.8e-4
    reference: float = 0.5
    highest: float = 1.3
    repelling: bool = True
    steepens: bool = False
    chain_scatter: float = 0.0

    def __post_init__(self) -> None:
        positive = (self.bend, self.sharpness, self.modes_per_particle, self.reference, self.highest)
        if not (self.exponent > -1.0 and min(positive) > 0.0 and self.chain_scatter >= 0.0):
            raise RecipeError(
                "no such spectrum",
                expected="an exponent above -1, a positive bend, sharpness, density and range, a scatter from 0",
                got=repr(self),
            )

    def density(self, frequency: FloatArray) -> FloatArray:
        """Density of states, not normalised."""
        bent = 1.0 + (frequency / self.bend) ** self.sharpness
        return np.asarray(frequency**self.exponent * (bent if self.steepens else 1.0 / bent))


def bent_spectra(law: BentPowerLaw, particles: int, chains: int, samples_per_chain: int, seed: Seed) -> FloatArray:
    """Modes of samples of equal size, chain after chain.

    Returns (chains * samples_per_chain, modes), ascending along each row: all modes below `law.highest`, then at least
    one NaN. Levels of a stationary sequence of mean spacing 1, seen from a random place, are mapped by the inverse of
    the expected number of modes below a frequency.
    """
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
