"""Largest share of the low modes that a second branch of lower exponent may have beside a bent power law.

    python performance/second_branch.py     # the four cells of the fresh glasses, 10 seconds

Likelihood of the modes below 0.55 omega_0 of each size for omega^s/(1 + (omega/w)^q) + c omega^b exp(-omega^2/2v^2) per
particle, b = 2 or 3 and v = 0.3 omega_0 of 1000 particles, with s > b, w, q and the total at their most likely values.
Shares are parts of all modes below v. The upper limit is where twice the logarithm of the likelihood has fallen by 2.71
(95 %, one-sided); modes are taken as independent, which makes it wider than their repulsion does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from bosonpeak.datasets import open_dataset

FOOT, BRANCH_END, DROP = 0.55, 0.3, 2.71
SHARES = (0.0, *np.geomspace(0.005, 0.6, 16))
STARTS = ((4.0, -0.5, 0.8), (5.0, -0.8, 1.1))
COUNTED_BELOW = (0.1, 0.15, 0.2)
CELLS = {
    "m = 2, T* = 1.00": ("limit/taper-2/T-1.00", *(f"limit/sizes/T-1.00/N-{size}" for size in (500, 2000, 4000))),
    "m = 2, T* = 0.20": ("limit/taper-2/T-0.20", *(f"limit/sizes/T-0.20/N-{size}" for size in (500, 2000, 4000))),
    "m = inf, T* = 1.00": (
        "limit/taper-inf/T-1.00",
        *(f"limit/hot-sizes-inf/T-1.00/N-{size}" for size in (500, 2000, 4000)),
    ),
    "m = inf, T* = 0.20": ("limit/taper-inf/T-0.20", *(f"limit/sizes-inf/T-0.20/N-{size}" for size in (500, 4000))),
}
Density = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Modes:
    """Frequencies below the feet of all sizes, the feet, and the particles of all samples of each size."""

    frequency: np.ndarray
    feet: tuple[float, ...]
    exposure: tuple[float, ...]
    unit: float

    def integral(self, density: Density, end: float) -> float:
        """Integral of a density from 0 to a frequency."""
        grid = np.linspace(0.0, end, 1501)
        return float(density(0.5 * (grid[1:] + grid[:-1])).mean() * end)

    def expected(self, density: Density) -> float:
        """Integral up to the foot of each size, times its particles."""
        ends = zip(self.feet, self.exposure, strict=True)
        return sum(particles * self.integral(density, foot) for foot, particles in ends)


def modes_of(names: Sequence[str]) -> Modes:
    """Modes of the ensembles of a cell, the first of 1000 particles."""
    frequency, feet, exposure = [], [], []
    for name in names:
        dataset, group = "/".join(name.split("/")[:2]), "/".join(name.split("/")[2:])
        data = open_dataset(dataset, group=group)
        feet.append(FOOT * float(data["first_phonon"].mean()))
        exposure.append(float(data.attrs["particles"] * data.sizes["sample"]))
        values = data["eigenfrequency"].values
        frequency.append(values[values < feet[-1]])
    return Modes(np.concatenate(frequency), tuple(feet), tuple(exposure), feet[0] / FOOT)


def deviances(modes: Modes, power: float) -> np.ndarray:
    """Minus twice the logarithm of the likelihood at each share, least value 0."""
    end = BRANCH_END * modes.unit

    def branch(x: np.ndarray) -> np.ndarray:
        return x**power * np.exp(-0.5 * (x / end) ** 2)

    inside, total = modes.integral(branch, end), modes.expected(branch)
    at_modes = branch(modes.frequency)

    def lost(point: np.ndarray, share: float) -> float:
        s, w, q = point[0], math.exp(point[1]), math.exp(point[2])
        if not (power < s < 9.0 and 0.05 < w < 20.0 and 0.3 < q < 12.0):
            return math.inf

        def bent(x: np.ndarray) -> np.ndarray:
            return x**s / (1.0 + (x / w) ** q)

        weight = share / (1.0 - share) * modes.integral(bent, end) / inside
        density = bent(modes.frequency) + weight * at_modes
        expected = modes.expected(bent) + weight * total
        return 2.0 * float(len(density) * math.log(expected) - np.log(density).sum())

    options = {"maxiter": 600, "xatol": 1e-3, "fatol": 1e-3}
    found = [
        min(minimize(lost, start, (share,), "Nelder-Mead", options=options).fun for start in STARTS) for share in SHARES
    ]
    return np.array(found) - min(found)


def main() -> None:
    """Print the table."""
    below = " | ".join(f"modes below {end:g} omega_0" for end in COUNTED_BELOW)
    print(f"| | {below} | omega^2 up to % | omega^3 up to % |")
    for name, ensembles in CELLS.items():
        modes = modes_of(ensembles)
        counts = [str(int((modes.frequency < end * modes.unit).sum())) for end in COUNTED_BELOW]
        limits = []
        for power in (2.0, 3.0):
            fall, shares = deviances(modes, power), np.array(SHARES)
            last = int(np.flatnonzero(fall < DROP)[-1])
            step = slice(last, last + 2)
            limits.append(
                f"{100 * np.interp(DROP, fall[step], shares[step]):.0f}" if last + 1 < len(shares) else "60 and more"
            )
        print(f"| {' | '.join([name, *counts, *limits])} |", flush=True)


if __name__ == "__main__":
    main()
