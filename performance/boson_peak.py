"""Calibration of the boson peak at known truth: coverage of its intervals, and peaks found where there is none.

Run ``python performance/boson_peak.py [trials]``; it prints the tables of ``docs/methods/boson-peak.md``. Spectra have
independent modes in three dimensions and a reduced density of a given shape.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from bosonpeak import boson_peak

GRID = np.linspace(1e-4, 12.0, 200_001)
LOGARITHM = np.log(GRID)
WITH_PEAK = {
    "logarithmic normal, width 0.5": np.exp(-2.0 * LOGARITHM**2),
    "ω²/(1+ω²)^2.2, as of glasses": GRID**2 / (1.0 + GRID**2) ** 2.2 * np.exp(-((GRID / 8.0) ** 2)),
    "Gaussian peak on a Debye level": (1.0 + 1.5 * np.exp(-0.5 * ((GRID - 1.0) / 0.3) ** 2)) * (GRID < 5.0),
    "broad peak on a Debye level": (1.0 + 2.0 * GRID**2 / (1.0 + GRID**4)) * np.exp(-((GRID / 5.0) ** 2)),
    "kink, ω² below and 1/ω above": np.exp(-np.abs(LOGARITHM) * np.where(LOGARITHM < 0.0, 2.0, 1.0)),
    "two peaks": np.exp(-8.0 * LOGARITHM**2) + 0.4 * np.exp(-12.5 * (LOGARITHM - math.log(3.0)) ** 2) + 0.05,
}
WITHOUT = {
    "Debye, cut off": 1.0 * (GRID < 5.0),
    "falling, e^−ω": np.exp(-GRID),
    "rising": (1.0 + 0.3 * GRID**2) * (GRID < 4.0),
}
NARROW = ((0.4, 0.1, 1.0), (0.6, 0.15, 1.0), (0.5, 0.1, 2.0))
"""Centre, width and height over the Debye level, in spectra that end at 2."""

SIZES = ((1, 3000), (10, 3000), (30, 1000))


def spectra(shape: np.ndarray, samples: int, modes: int, seed: np.random.SeedSequence) -> np.ndarray:
    below = np.cumsum(shape * GRID**2)
    return np.sort(np.interp(np.random.default_rng(seed).random((samples, modes)), below / below[-1], GRID), axis=1)


def main() -> None:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    print("| reduced density | " + " | ".join(f"{samples} × {modes}" for samples, modes in SIZES) + " |")
    for shapes, repeats in ((WITH_PEAK, trials), (WITHOUT, 10 * trials // 3)):
        for name, shape in shapes.items():
            truth, cells = GRID[np.argmax(shape)], []
            for samples, modes in SIZES:
                seeds = np.random.SeedSequence([7, samples]).spawn(repeats)
                found = [boson_peak(spectra(shape, samples, modes, seed), dimension=3) for seed in seeds]
                peaks = [each for each in found if math.isfinite(each.value)]
                covered = sum(each.low <= truth <= each.high for each in peaks)
                cells.append(
                    f"{covered}/{len(peaks)} of {repeats}" if name in WITH_PEAK else f"{len(peaks)} of {repeats}"
                )
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    for centre, width, height in NARROW:
        shape = (1.0 + height * np.exp(-0.5 * ((GRID - centre) / width) ** 2)) * (GRID < 2.0)
        seeds = np.random.SeedSequence([11]).spawn(trials)
        found = [boson_peak(spectra(shape, 30, 3000, seed), dimension=3) for seed in seeds]
        covered = sum(each.low <= centre <= each.high for each in found)
        mean = np.mean([each.value for each in found])
        print(f"narrow peak at {centre:g}, 30 × 3000: {covered} of {trials}, mean {mean:.3f}")


if __name__ == "__main__":
    main()
