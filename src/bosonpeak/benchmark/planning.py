"""Number of glasses needed to distinguish two exponents as omega goes to 0, by simulation, and their computing cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent

PHONON_OF_1000 = 1.45
"""omega_0 of soft-sphere glasses of 1000 particles at T* = 0.20, m = 2 (dataset glass/taper-2); it falls as 1/L."""

MODES_PER_PARTICLE = BentPowerLaw.modes_per_particle
"""Modes below omega = 0.5 per particle in the same glasses, at every size from 500 to 4000 (dataset glass/sizes)."""

BENDS = (math.inf, 0.34)
"""Bends that are tried, in units of omega_0 at N = 1000: none, and where the spectra of those glasses bend."""

SECONDS = (0.6, 0.9)
"""CPU seconds that a glass of 1000 particles costs at T* = 1.00 and 0.20 (performance/glasses.py); linear in N."""

CHAINS = 60
_POWER = 0.9
_MOST_GLASSES = 200_000


@dataclass(frozen=True)
class Plan:
    """Particles and glasses by size, exponents to distinguish, trials per truth; RecipeError if inconsistent."""

    particles: tuple[int, ...]
    glasses: tuple[int, ...]
    exponents: tuple[float, float] = (3.0, 4.0)
    trials: int = 40
    seed: int = 1

    def __post_init__(self) -> None:
        faults = (
            (len(self.particles) != len(self.glasses) or not self.particles, "as many sizes as numbers of glasses"),
            (min(self.particles, default=0) < 50, "at least 50 particles"),
            (min(self.glasses, default=0) < CHAINS, f"at least {CHAINS} glasses, one a chain"),
            (max(self.glasses, default=0) > _MOST_GLASSES, f"at most {_MOST_GLASSES} glasses of a size"),
            (not -1.0 < self.exponents[0] < self.exponents[1] < 8.0, "two exponents between -1 and 8, the lower first"),
            (self.trials < 2, "at least 2 trials"),
        )
        wrong = [expected for fault, expected in faults if fault]
        if wrong:
            raise RecipeError("this plan cannot be tried", expected="; ".join(wrong), got=repr(self))


@dataclass(frozen=True)
class Outlook:
    """Expected result of a plan if one exponent were true."""

    truth: float
    rival: float
    bend: float  # of g, in units of omega_0 at N = 1000; infinite without a bend
    width: float  # median width of the 95 % interval
    coverage: float  # share of trials whose interval contains the truth
    power: float  # share of trials whose interval excludes the rival and that no gate rejected
    glasses: tuple[int, ...]  # per size, for a power of 90 % by the square-root law; empty if a gate rejects all


def outlooks(plan: Plan, progress: Callable[[str, int, int], None] | None = None) -> tuple[Outlook, ...]:
    """Expected results of a plan for either truth, with and without a bend."""
    cases = [(truth, rival, bend) for truth, rival in (plan.exponents, plan.exponents[::-1]) for bend in BENDS]
    found = []
    for number, (truth, rival, bend) in enumerate(cases):
        if progress is not None:
            progress(f"s = {truth:g}", number, len(cases))
        law = BentPowerLaw(truth, bend=bend * PHONON_OF_1000, modes_per_particle=MODES_PER_PARTICLE)
        streams = np.random.SeedSequence(plan.seed, spawn_key=(number,)).spawn(plan.trials)
        found.append(_outlook(plan, law, rival, bend, [_simulated(plan, law, stream) for stream in streams]))
    return tuple(found)


def cpu_hours(particles: Sequence[int], glasses: Sequence[int]) -> tuple[float, float]:
    """CPU hours of a plan at T* = 1.00 and at 0.20, on one core of the machine of docs/speed.md."""
    thousands = sum(size * count / 1000 for size, count in zip(particles, glasses, strict=True))
    return SECONDS[0] * thousands / 3600.0, SECONDS[1] * thousands / 3600.0


def _simulated(plan: Plan, law: BentPowerLaw, seed: np.random.SeedSequence) -> Estimate:
    modes, phonons, chains = [], [], []
    streams = seed.spawn(len(plan.particles))
    for size, glasses, stream in zip(plan.particles, plan.glasses, streams, strict=True):
        a_chain = round(glasses / CHAINS)
        phonon = PHONON_OF_1000 * (1000 / size) ** (1 / 3)
        modes.append(bent_spectra(replace(law, highest=0.9 * phonon), size, CHAINS, a_chain, stream))
        phonons.append(phonon)
        chains.append(np.repeat(np.arange(CHAINS), a_chain))
    return limit_exponent(modes, particles=plan.particles, first_phonon=phonons, chain=chains)


def _outlook(plan: Plan, law: BentPowerLaw, rival: float, bend: float, trials: Sequence[Estimate]) -> Outlook:
    limits = np.array([trial.details["interval_without_gates"] for trial in trials])
    low, high = limits[:, 0], limits[:, 1]
    silent = np.array([not trial.warnings for trial in trials])
    width = float(np.median(high - low))
    return Outlook(
        truth=law.exponent,
        rival=rival,
        bend=bend,
        width=width,
        coverage=float(np.mean((low <= law.exponent) & (law.exponent <= high))),
        power=float(np.mean(silent & ((high < rival) | (low > rival)))),
        glasses=_needed(plan, low, high, law.exponent, rival) if silent.any() else (),
    )


def _needed(plan: Plan, low: FloatArray, high: FloatArray, truth: float, rival: float) -> tuple[int, ...]:
    """Numbers of glasses for which 90 % of the intervals would exclude the rival."""
    towards = np.abs((low if rival < truth else high) - truth)
    growth = max(1.0, float(np.quantile(towards, _POWER) / abs(rival - truth)) ** 2)
    return tuple(math.ceil(growth * glasses) for glasses in plan.glasses)
