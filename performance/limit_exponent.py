"""Coverage, width and power of the exponent as omega goes to 0, on spectra of known truth.

    python performance/limit_exponent.py                      # 200 trials a row: an hour
    python performance/limit_exponent.py --trials 20          # a smoke test
    python performance/limit_exponent.py --glasses 12000      # of N = 1000; the other sizes in proportion
    python performance/limit_exponent.py --alone              # N = 1000 and no other size
    python performance/limit_exponent.py --rows bent          # the rows whose names have this word

Truths of the family omega^s / (1 + (omega/w)^q) with repelling modes and chains that scatter, independent modes, and
truths outside the family, where no coverage is promised: among them two branches under a common bend such as glasses
have, which no gate sees. w is in units of omega_0 at N = 1000. "Refuted" counts
intervals that lie outside s +- 0.5, "supported" those inside, the last column those that exclude the other of 3 and 4.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np

from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra
from bosonpeak.validators import limit_exponent

PHONON = 1.45
SHARES = {500: 0.5, 1000: 1.0, 2000: 0.15, 4000: 0.06}
"""Glasses of each size, as a share of those of N = 1000."""

BENDS = ((math.inf, 2.0), (0.24, 2.0), (0.34, 2.0), (0.48, 2.0), (0.34, 1.2), (0.34, 4.0), (0.48, 1.0))
BENT_MIXTURES = ((4.0, 5.0, 0.34), (5.5, 3.5, 0.25))
"""Exponent of the upper branch, its strength at 0.3 omega_0 relative to omega^3, and the bend of both (q = 2)."""

CHAINS = 60


@dataclass(frozen=True)
class Exponential(BentPowerLaw):
    """omega^s exp(-omega/w): its exponent never settles inside the range."""

    def density(self, frequency):
        """Density of states, not normalised."""
        return frequency**self.exponent * np.exp(-frequency / self.bend)


@dataclass(frozen=True)
class TwoBranches(BentPowerLaw):
    """omega^s and a steeper branch that is `ratio` times as strong at `at`, under a common bend."""

    upper: float = 4.0
    ratio: float = 1.0
    at: float = 0.3 * PHONON

    def density(self, frequency):
        """Density of states, not normalised."""
        steeper = self.ratio * (frequency / self.at) ** (self.upper - self.exponent)
        return super().density(frequency) * (1.0 + steeper)


def measured(law: BentPowerLaw, glasses: int, shares: dict[int, float], seed: np.random.SeedSequence):
    """The estimate on one draw of all sizes."""
    modes, phonons, chains = [], [], []
    for (particles, share), stream in zip(shares.items(), seed.spawn(len(shares)), strict=True):
        a_chain = max(1, round(share * glasses / CHAINS))
        modes.append(bent_spectra(law, particles, CHAINS, a_chain, stream))
        phonons.append(PHONON * (1000 / particles) ** (1 / 3))
        chains.append(np.repeat(np.arange(CHAINS), a_chain))
    return limit_exponent(modes, particles=list(shares), first_phonon=phonons, chain=chains)


def row(name: str, law: BentPowerLaw, arguments: argparse.Namespace) -> None:
    """Print one row of the table, if it is asked for."""
    if arguments.rows not in name:
        return
    shares = {1000: 1.0} if arguments.alone else SHARES
    seeds = np.random.SeedSequence(5).spawn(arguments.trials)
    found = [measured(law, arguments.glasses, shares, seed) for seed in seeds]
    limits = np.array([estimate.details["interval_without_gates"] for estimate in found])
    silent = np.array([not estimate.warnings for estimate in found])
    s, low, high = law.exponent, limits[:, 0], limits[:, 1]
    other = {3.0: 4.0, 4.0: 3.0}.get(s, math.nan)
    reported = {
        "coverage": (low <= s) & (s <= high),
        "gated": ~silent,
        "supported": silent & (low >= s - 0.5) & (high <= s + 0.5),
        "refuted": silent & ((low > s + 0.5) | (high < s - 0.5)),
        "3 | 4": silent & ((high < other) | (low > other)),
    }
    numbers = " | ".join(f"{100 * np.mean(share):.1f}" for share in reported.values())
    middle = np.mean([estimate.value for estimate in found])
    print(f"| {name} | {s:g} | {middle:.2f} | {np.median(high - low):.2f} | {numbers} |", flush=True)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--glasses", type=int, default=6000)
    parser.add_argument("--alone", action="store_true", help="N = 1000 and no other size")
    parser.add_argument("--rows", default="", help="only rows whose names have this word")
    arguments = parser.parse_args()
    print("| truth | s | mean estimate | width | coverage % | gated % | supported % | refuted % | 3 apart from 4 % |")
    print("|---|---|---|---|---|---|---|---|---|")
    for s in (2.0, 3.0, 4.0):
        for bend, q in BENDS:
            name = "power law" if math.isinf(bend) else f"w = {bend:g}, q = {q:g}"
            law = BentPowerLaw(s, bend=bend * PHONON, sharpness=q, chain_scatter=0.03)
            row(name, law, arguments)
    for s in (3.0, 4.0):
        row("independent modes, w = 0.34, q = 2", BentPowerLaw(s, 0.34 * PHONON, repelling=False), arguments)
        row("outside: exp(-omega/w), w = 0.28", Exponential(s, 0.28 * PHONON), arguments)
        row("outside: exp(-omega/w), w = 0.55", Exponential(s, 0.55 * PHONON), arguments)
    row("outside: omega^3 and omega^5.5, alike at 0.3", BentPowerLaw(3.0, 0.3 * PHONON, 2.5, steepens=True), arguments)
    for upper, ratio, bend in BENT_MIXTURES:
        name = f"outside: omega^3 and omega^{upper:g}, 1:{ratio:g} at 0.3, bent at {bend:g}"
        law = TwoBranches(3.0, bend * PHONON, chain_scatter=0.03, upper=upper, ratio=ratio)
        row(name, law, arguments)


if __name__ == "__main__":
    main()
