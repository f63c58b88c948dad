"""Power of the tests of BR-1: glasses on two kinds of branches whose spectra are known.

    python performance/branches.py --trials 40 --glasses 1100

Independent modes with g(omega) ~ omega^s, straight or over 1 + (omega/w)^2 with w = 0.23 omega_0, three a glass below
0.55 omega_0, for a third of the glasses with the one exponent and for the others with the second. In the rows "chosen"
all spectra are one law, and a glass is on an elastic branch with a probability that falls with its softest mode.
"""

from __future__ import annotations

import argparse

import numpy as np
import xarray as xr

from bosonpeak.validators.power_laws.exponent_relations import exponent_difference, limit_exponent_difference

FOOT, BEND, MODES, SHARE, CHAINS = 0.55, 0.23, 3.0, 0.33, 60
CLAIMED = (1.25, 3.75)
ROWS = (
    ("5.5 and 3", 5.5, 3.0, False, False),
    ("5.5 and 3, bent", 5.5, 3.0, True, False),
    ("4 and 4", 4.0, 4.0, False, False),
    ("4 and 4, bent", 4.0, 4.0, True, False),
    ("4, chosen by the softest mode", 4.0, 4.0, False, True),
    ("4, bent, chosen by the softest mode", 4.0, 4.0, True, True),
)


def frequencies(exponent: float, bent: bool, glasses: int, random: np.random.Generator) -> np.ndarray:
    """Modes of independent glasses up to 0.6 omega_0, padded with NaN."""
    grid = np.linspace(0.0, 0.6, 4001)
    density = grid**exponent / (1.0 + (grid / BEND) ** 2 if bent else 1.0)
    total = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    mean = MODES * total[-1] / np.interp(FOOT, grid, total)
    counts = random.poisson(mean, glasses)
    rows = np.full((glasses, counts.max() + 1), np.nan)
    for row, count in zip(rows, counts, strict=True):
        row[:count] = np.sort(np.interp(random.random(count) * total[-1], total, grid))
    return rows


def labelled(rows: np.ndarray) -> xr.Dataset:
    """An ensemble for the validators, omega_0 = 1, glasses dealt out to chains."""
    glasses = len(rows)
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), rows),
            "mode_count": ("sample", np.isfinite(rows).sum(axis=1).astype(np.int32)),
            "first_phonon": ("sample", np.ones(glasses)),
            "chain": ("sample", np.arange(glasses, dtype=np.int32) * CHAINS // glasses),
        },
        attrs={"particles": 250, "dimension": 3},
    )


def ensembles(row: tuple, glasses: int, random: np.random.Generator) -> list[xr.Dataset]:
    """Glasses on elastic branches, and the others."""
    _, elastic, fictitious, bent, chosen = row
    if not chosen:
        first = round(SHARE * glasses)
        kinds = ((elastic, first), (fictitious, glasses - first))
        return [labelled(frequencies(exponent, bent, count, random)) for exponent, count in kinds]
    every = frequencies(elastic, bent, glasses, random)
    softest = np.where(np.isnan(every[:, 0]), 0.6, every[:, 0])
    is_elastic = random.random(glasses) < 2.0 * SHARE * (1.0 - np.exp(-((softest / 0.35) ** 2)))
    return [labelled(every[is_elastic]), labelled(every[~is_elastic])]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--glasses", type=int, default=1100)
    arguments = parser.parse_args()
    low, high = CLAIMED
    print("| truth, elastic and other branches | test | mean | half width | inside % | outside % | none % |")
    for number, row in enumerate(ROWS):
        tests = {
            "below 0.35 omega_0": lambda one, other: exponent_difference(one, reference=other, window=(0.0, 0.35)),
            "as omega goes to 0": lambda one, other: limit_exponent_difference(one, reference=other),
        }
        found = {name: [] for name in tests}
        for trial in range(arguments.trials):
            pair = ensembles(row, arguments.glasses, np.random.default_rng([number, trial]))
            for name, test in tests.items():
                found[name].append(test(*pair))
        for name, estimates in found.items():
            ends = np.array([[each.value, each.low, each.high] for each in estimates])
            inside = (ends[:, 1] > low) & (ends[:, 2] < high)
            outside = (ends[:, 2] < low) | (ends[:, 1] > high)
            half = np.nanmedian(0.5 * (ends[:, 2] - ends[:, 1]))
            shares = [100 * each.mean() for each in (inside, outside, np.isnan(ends[:, 1]))]
            print(
                f"| {row[0]} | {name} | {ends[:, 0].mean():.2f} | {half:.2f} | "
                + " | ".join(f"{s:.0f}" for s in shares)
                + " |",
                flush=True,
            )


if __name__ == "__main__":
    main()
