"""What ensembles as large as those of the papers can tell: two sets of 334 glasses of one and the same truth.

    python performance/published_power.py [--trials 400]

The published plots rest on some 10^6 eigenmodes of N = 1000, that is 334 glasses, and read an exponent from modes far
below the first phonon. Here both sets have the same spectrum; the exponents that are read from them differ by chance.
"""

from __future__ import annotations

import argparse

import numpy as np

from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra
from bosonpeak.validators.power_laws.exponent_s import exponent

OMEGA_0 = 1.45
GLASSES = 334
TRUTHS = {
    "s = 4, bent at 0.34 omega_0": BentPowerLaw(4.0, 0.34 * OMEGA_0, 2.0, highest=0.8),
    "s = 3, bent at 0.34 omega_0": BentPowerLaw(3.0, 0.34 * OMEGA_0, 2.0, highest=0.8),
    "s = 3": BentPowerLaw(3.0, highest=0.8),
}


def main() -> None:
    """Print a table of differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=400)
    trials = parser.parse_args().trials
    print("| both sets | modes below | modes in each | spread of s | differ by more than 0.5 | by more than 1 | no s |")
    print("|---|---|---|---|---|---|---|")
    for name, law in TRUTHS.items():
        for top in (0.25, 0.3, 0.35, 0.4, 0.55):
            pairs, modes = [], []
            for seed in np.random.SeedSequence(20261122).spawn(trials):
                fits = [
                    exponent(
                        bent_spectra(law, 1000, GLASSES, 1, stream),
                        first_phonon=OMEGA_0,
                        chain=np.arange(GLASSES),
                        window=(0.0, top),
                    )
                    for stream in seed.spawn(2)
                ]
                pairs.append([fit.value if fit.details["modes"] >= 3 else np.nan for fit in fits])
                modes += [fit.details["modes"] for fit in fits]
            values = np.array(pairs)
            apart = np.abs(values[:, 0] - values[:, 1])
            reported = np.isfinite(apart)
            shares = [100 * np.mean(apart[reported] > far) for far in (0.5, 1.0)]
            print(
                f"| {name} | {top:g} omega_0 | {np.mean(modes):.0f} | {np.nanstd(values):.2f} | {shares[0]:.0f} % | "
                f"{shares[1]:.0f} % | {100 * np.mean(~reported):.0f} % |",
                flush=True,
            )


if __name__ == "__main__":
    main()
