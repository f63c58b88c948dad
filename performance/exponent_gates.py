"""How often the gates that look down fire: for power laws, and for spectra that bend where the glasses do.

    python performance/exponent_gates.py [--trials 400]

Ensembles of 1000 particles in 25 chains of 12, 48 and 240 glasses with about as many modes as soft-sphere glasses have;
for the drift with the size also 500, 2000 and 4000 particles. Modes repel each other.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra
from bosonpeak.validators.power_laws.exponent_comparisons import exponent_drift
from bosonpeak.validators.power_laws.exponent_s import exponent

OMEGA_0 = 1.45
CHAINS = 25
PER_CHAIN = {500: 0.5, 1000: 1.0, 2000: 0.15, 4000: 0.06}
TRUTHS = {
    **{f"power law, s = {s}": BentPowerLaw(float(s), highest=1.4) for s in (2, 3, 4)},
    **{
        f"s = 4, bend at {place:g} omega_0, q = 2": BentPowerLaw(4.0, place * OMEGA_0, 2.0, highest=1.4)
        for place in (0.25, 0.35, 0.45)
    },
    "s = 3, bend at 0.34 omega_0, q = 2": BentPowerLaw(3.0, 0.34 * OMEGA_0, 2.0, highest=1.4),
}


def spectra(
    law: BentPowerLaw, particles: int, glasses: int, seed: np.random.SeedSequence
) -> tuple[np.ndarray, np.ndarray, float]:
    """Modes, chains and omega_0 of one size."""
    per_chain = max(1, round(PER_CHAIN[particles] * glasses))
    phonon = OMEGA_0 * (1000 / particles) ** (1 / 3)
    modes = bent_spectra(law, particles, CHAINS, per_chain, seed)
    return np.where(modes < 0.65 * phonon, modes, math.nan), np.repeat(np.arange(CHAINS), per_chain), phonon


def main() -> None:
    """Print a table of what fired."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=400)
    trials = parser.parse_args().trials
    print("| truth | glasses | s in the window | interval holds the limit | other gates | bend gate | drift is not 0 |")
    print("|---|---|---|---|---|---|---|")
    for name, law in TRUTHS.items():
        for glasses in (12, 48, 240):
            values, holds, other, bend, drifts = [], 0, 0, 0, 0
            for seed in np.random.SeedSequence(20261122).spawn(trials):
                streams = dict(zip(PER_CHAIN, seed.spawn(len(PER_CHAIN)), strict=True))
                sizes = {size: spectra(law, size, glasses, stream) for size, stream in streams.items()}
                modes, chain, phonon = sizes[1000]
                found = exponent(modes, first_phonon=phonon, chain=chain)
                low, high = found.details["interval_without_gates"]
                values.append(found.value)
                holds += low <= law.exponent <= high
                bend += "bend" in found.details["gates"]
                other += bool(set(found.details["gates"]) - {"bend"})
                drift = exponent_drift(
                    [each[0] for each in sizes.values()],
                    particles=list(sizes),
                    first_phonon=[each[2] for each in sizes.values()],
                    chain=[each[1] for each in sizes.values()],
                )
                drifts += not drift.low <= 0.0 <= drift.high
            shares = " | ".join(f"{100 * each / trials:.0f} %" for each in (holds, other, bend, drifts))
            print(f"| {name} | {CHAINS * glasses} | {np.mean(values):.2f} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
