"""Glasses of a few species in LAMMPS, as timings and comparisons need them.

The pair potential of each pair of species is written out as a formula (``pair_style lepton``), which LAMMPS
differentiates and compiles itself, so that nothing is tabulated. Formulas of radii (``lepton/sphere``), which the
conformance cases use, take any sizes, and more time.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from bosonpeak.benchmark.conformance.codes.lammps_session import LammpsConfiguration


def inverse_power(taper: float, cutoff: float = 1.955) -> Callable[[np.ndarray], list[str]]:
    """Commands for inverse-power spheres, n = 12, between species of given diameters."""
    ratio = f"(r/{cutoff!r})"
    cut = f"(1-{ratio}^2)^{taper:g}" if math.isfinite(taper) else f"exp({ratio}/(2*({ratio}-1)))"

    def commands(diameters: np.ndarray) -> list[str]:
        lines = [f"pair_style lepton {cutoff!r}"]
        for i, first in enumerate(diameters):
            for j, second in enumerate(diameters[i:], start=i):
                amplitude = float((0.5 * (first + second) / cutoff) ** 12)
                lines.append(f'pair_coeff {i + 1} {j + 1} "{amplitude!r}*({ratio}^(-12)-1)*{cut}"')
        return lines

    return commands


def kob_andersen(truncation: str, cutoff: float = 2.5) -> Callable[[np.ndarray], list[str]]:
    """Commands for the Kob-Andersen mixture; species in the order B (0.88), A (1)."""
    style = {"hard": "lj/cut", "shifted": "lj/cut", "force-shifted": "lj/smooth/linear"}[truncation]

    def commands(diameters: np.ndarray) -> list[str]:
        if diameters.tolist() != [0.88, 1.0]:
            raise ValueError(f"not the diameters of the Kob-Andersen mixture: {diameters}")
        lines = [f"pair_style {style} {cutoff!r}"]
        for species, epsilon, sigma in (("1 1", 0.5, 0.88), ("1 2", 1.5, 0.8), ("2 2", 1.0, 1.0)):
            lines.append(f"pair_coeff {species} {epsilon!r} {sigma!r} {cutoff * sigma!r}")
        return [*lines, "pair_modify shift yes"] if truncation == "shifted" else lines

    return commands


def lennard_jones(diameters: np.ndarray, cutoff: float = 2.5) -> list[str]:
    """Commands for the force-shifted Lennard-Jones potential between species of given diameters."""
    lines = [f"pair_style lj/smooth/linear {cutoff!r}"]
    for i, first in enumerate(diameters):
        for j, second in enumerate(diameters[i:], start=i):
            sigma = float(0.5 * (first + second))
            lines.append(f"pair_coeff {i + 1} {j + 1} 1.0 {sigma!r} {cutoff * sigma!r}")
    return lines


def harmonic(diameters: np.ndarray) -> list[str]:
    """Commands for harmonic spheres between species of given diameters."""
    lines = ["pair_style harmonic/cut"]
    for i, first in enumerate(diameters):
        for j, second in enumerate(diameters[i:], start=i):
            contact = float(0.5 * (first + second))
            lines.append(f"pair_coeff {i + 1} {j + 1} {0.5 / contact**2!r} {contact!r}")
    return lines


class LammpsGlass(LammpsConfiguration):
    """A configuration of a few species in LAMMPS.

    Parameters
    ----------
    positions : ndarray, shape (particles, 3)
    diameters : ndarray, shape (particles,)
        Of few different values: each is a species, in ascending order.
    box : ndarray, shape (3,)
    potential : callable
        Commands for the species' diameters, such as `inverse_power(2)`.
    """

    def __init__(
        self, positions: np.ndarray, diameters: np.ndarray, box: np.ndarray, potential: Callable[..., list[str]]
    ) -> None:
        self.sizes, kinds = np.unique(diameters, return_inverse=True)
        super().__init__(positions, box, potential(self.sizes), species=kinds + 1)

    def diameters(self) -> np.ndarray:
        return self.sizes[self.by_particle("type") - 1]

    def minimise(self, style: str, tolerance: float, steps: int = 100_000) -> int:
        """Steps taken to bring the largest force on a particle below `tolerance`, or to give up."""
        self.commands(f"min_style {style}", "min_modify norm max dmax 0.1", "reset_timestep 0")
        self.commands(f"minimize 0.0 {tolerance!r} {steps} {4 * steps}")
        return int(self.session.extract_global("ntimestep"))

    def swaps(self, temperature: float, attempts: int, seed: int) -> float:
        """Accepted share of attempted exchanges of type between the two species; particles stay in place."""
        self.commands(
            "velocity all set 0 0 0",
            f"fix swaps all atom/swap 1 {attempts} {seed} {temperature!r} ke no types 1 2",
            "run 1 post no",
        )
        tried, accepted = (self.session.extract_fix("swaps", 0, 1, entry) for entry in (0, 1))
        self.commands("unfix swaps")
        return float(accepted / tried)
