"""Power-law spectra of known exponent for calibrations, from a seed: arrays (samples, modes) with ascending rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import SeedSequence

from bosonpeak.datasets.arrays import FloatArray, IntegerArray
from bosonpeak.datasets.errors import RecipeError

Seed = int | SeedSequence

_SHIFT = 1e-4


@dataclass(frozen=True)
class PowerLaw:
    """A spectrum of independent modes below the first phonon, with possible disturbances.

    Frequencies are in units of omega_0, the lowest transverse phonon. `exponent`: s > -1 in g(omega) ~ omega^s.
    `mean_count`: mean number of power-law modes below 0.6 omega_0 per sample (Poisson). `highest`: end of the power
    law. `phonon_count`, `phonon_frequency`, `phonon_width`: modes, centre and standard deviation of the phonon bump;
    the first transverse shell of a three-dimensional box has 12 modes. `gap`: no power-law mode is below this
    frequency.
    """

    exponent: float
    mean_count: float
    highest: float = 1.3
    phonon_count: int = 0
    phonon_frequency: float = 1.0
    phonon_width: float = 0.05
    gap: float = 0.0

    def __post_init__(self) -> None:
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
    """Independent samples (samples, modes) of a disturbed power law, units omega_0, short rows padded with NaN."""
    generator = np.random.default_rng(seed)
    ranks = [generator.random(generator.poisson(law.mean_total)) for _ in range(samples)]
    return _assemble(law, ranks, generator)


def correlated_power_law_spectra(
    law: PowerLaw, chains: int, samples_per_chain: int, persistence: float, seed: Seed
) -> tuple[FloatArray, IntegerArray]:
    """Power-law spectra whose successive samples share modes, like the steps of a Markov chain.

    Each mode survives into the next sample with probability `persistence` in [0, 1), slightly moved; new modes are
    added so that every single sample is distributed as in `power_law_spectra`. Returns frequencies (chains *
    samples_per_chain, modes) and the chain of each sample.
    """
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


def rescaled(frequency: FloatArray, factor: float) -> FloatArray:
    """Copy of spectra with every frequency times a factor: 2 pi for a mistaken unit, m^(-1/2) for other masses."""
    return np.asarray(frequency * factor)


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
