"""Pair potentials: energy and the first two derivatives, with their cutoffs and tapers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import require_numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.pair_kernels import (
    CUT_INVERSE_POWER,
    HARMONIC,
    INVERSE_POWER,
    LENNARD_JONES,
    Code,
    evaluate_pairs,
)

TRUNCATIONS = ("hard", "shifted", "force-shifted", "tapered")

VECTOR_TAPERS = (2, 3, 4, math.inf)
"""Orders of tapers for which kernels in single precision are written."""


class PairPotential(ABC):
    """A pair potential in the form that kernels read: a branch of `pair_terms` and its parameters."""

    @property
    @abstractmethod
    def code(self) -> Code:
        """Branch of `pair_terms`."""

    @abstractmethod
    def parameters(self) -> FloatArray:
        """Parameters of `pair_terms`."""

    @abstractmethod
    def largest_range(self, diameters: ArrayLike) -> float:
        """Distance beyond which no pair of particles with these diameters interacts."""

    def parameters_for(self, diameters: FloatArray) -> FloatArray:
        """Parameters of `pair_terms` for particles of these diameters."""
        return self.parameters()

    def check(self, diameters: ArrayLike) -> FloatArray:
        """Diameters as float64, or a `RecipeError` that states why they are invalid."""
        return _positive_diameters(diameters)

    def terms(self, r: FloatArray, a_i: FloatArray, a_j: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Energy, first and second derivative of pairs; arrays of one shape (pairs,)."""
        found = np.empty((3, r.size))
        evaluate_pairs(self.code, self.parameters(), r, a_i, a_j, found)
        return found[0], found[1], found[2]

    def energy(self, r: ArrayLike, a_i: ArrayLike, a_j: ArrayLike) -> FloatArray:
        """Pair energy at distance r; see `evaluate`."""
        return evaluate(self, r, a_i, a_j)[0]

    def derivatives(self, r: ArrayLike, a_i: ArrayLike, a_j: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """First and second derivative of the pair energy with respect to r; see `evaluate`."""
        return evaluate(self, r, a_i, a_j)[1:]


@dataclass(frozen=True)
class InversePower(PairPotential):
    """Polydisperse inverse-power spheres with one cutoff for every pair and a taper.

    phi(r) = (a_ij / r_c)^n (x^-n - 1) T_m(x) for x = r/r_c < 1, with a_ij = (a_i + a_j)/2,
    T_m = (1 - x^2)^m and T_inf = exp[x / (2 (x - 1))].

    Parameters
    ----------
    n : int
        Exponent of the repulsion.
    cutoff : float
        Cutoff distance r_c, the same for all pairs (units of the mean diameter).
    taper : int or math.inf
        Order m >= 2 of the taper; phi vanishes like (r_c - r)^(m + 1).

    Raises
    ------
    RecipeError
        If a parameter is out of range.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 14-17. Their sentence about "the first m derivatives
    of T" disagrees with the equations; the equations are followed.

    Examples
    --------
    >>> round(float(InversePower().energy(1.0, 1.0, 1.0)), 6)
    0.544999
    """

    n: int = 12
    cutoff: float = 1.955
    taper: float = 2

    def __post_init__(self) -> None:
        require_numbers(RecipeError, n=self.n, cutoff=self.cutoff)
        _require(self.n >= 1 and int(self.n) == self.n, "exponent n", "an integer of at least 1", self.n)
        _require(0 < self.cutoff < math.inf, "cutoff", "a positive finite length", self.cutoff)
        _require_taper(self.taper)

    @property
    def has_vector_kernels(self) -> bool:
        """Return whether moves and minimisation in single precision have kernels for the potential."""
        return self.n == 12 and self.taper in VECTOR_TAPERS

    @property
    def code(self) -> Code:
        """Branch of `pair_terms`."""
        return INVERSE_POWER

    def parameters(self) -> FloatArray:
        """Cutoff, exponent and taper order (0 for m = infinity)."""
        return np.array([self.cutoff, self.n, _taper_order(self.taper)])

    def largest_range(self, diameters: ArrayLike) -> float:
        """The cutoff, for any diameters."""
        return self.cutoff

    def check(self, diameters: ArrayLike) -> FloatArray:
        """Diameters as float64; all must be positive and below the cutoff."""
        checked = _positive_diameters(diameters)
        _require(checked.max() < self.cutoff, "largest diameter", f"less than the cutoff {self.cutoff}", checked.max())
        return checked


@dataclass(frozen=True)
class CutInversePower(PairPotential):
    """Polydisperse inverse-power spheres with a free choice of cutoff, shift and taper."""

    # phi(r) = [(a_ij / r)^n - s (a_ij / r_c)^n] T(r / r_c) for r < r_c, a_ij = (a_i + a_j)/2, with a taper T or T = 1.
    # The force without taper jumps at the cutoff by n (a_ij / r_c)^n / r_c, which the second derivative omits.

    n: int = 12
    cutoff: float = 1.955  # c, r_c = c a_ij
    is_shifted: bool = False  # s = 1 instead of 0, without effect on forces
    is_common: bool = False  # r_c = c for all pairs
    taper: float | None = None

    def __post_init__(self) -> None:
        require_numbers(RecipeError, n=self.n, cutoff=self.cutoff)
        _require(self.n >= 1 and int(self.n) == self.n, "exponent n", "an integer of at least 1", self.n)
        _require(0 < self.cutoff < math.inf, "cutoff", "a positive finite length or multiple of a_ij", self.cutoff)
        if self.taper is not None:
            _require_taper(self.taper)

    @property
    def code(self) -> Code:
        """Branch of `pair_terms`."""
        return CUT_INVERSE_POWER

    def parameters(self) -> FloatArray:
        """Cutoff, exponent, shift flag, common-cutoff flag, taper order (0 for infinity, -1 for none)."""
        order = -1.0 if self.taper is None else _taper_order(self.taper)
        return np.array([self.cutoff, self.n, self.is_shifted, self.is_common, order], dtype=np.float64)

    def largest_range(self, diameters: ArrayLike) -> float:
        """The common cutoff, or the cutoff of two of the largest particles."""
        return self.cutoff if self.is_common else self.cutoff * float(np.max(diameters))

    def force_jump(self, a_i: ArrayLike, a_j: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Cutoff of each pair, and the repulsive force that a pair loses there; zero with a taper."""
        sigma = 0.5 * (np.asarray(a_i, dtype=np.float64) + np.asarray(a_j, dtype=np.float64))
        cutoff = np.full_like(sigma, self.cutoff) if self.is_common else self.cutoff * sigma
        jump = self.n * (sigma / cutoff) ** self.n / cutoff
        return cutoff, jump if self.taper is None else np.zeros_like(sigma)


@dataclass(frozen=True)
class LennardJones(PairPotential):
    """Lennard-Jones particles, one species or the Kob-Andersen mixture, with a choice of cutoffs.

    phi(r) = 4 eps [s^-12 - s^-6], s = r / sigma_ij, for s < cutoff.

    Parameters
    ----------
    cutoff : float
        Cutoff in units of sigma_ij.
    truncation : {"hard", "shifted", "force-shifted", "tapered"}
        Whether phi is merely cut, shifted to zero, shifted with its slope, or shifted and tapered.
    taper : int or math.inf
        Order of the taper, used with ``truncation="tapered"`` only.
    is_common : bool
        Whether the cutoff is a distance, the same for all pairs.
    kob_andersen : bool
        With False, sigma_ij is the mean of the two diameters and eps = 1. With True every diameter is 1
        (species A) or 0.88 (species B): sigma_AB = 0.8, eps_AB = 1.5, eps_BB = 0.5 (Phys. Rev. E 51, 4626).

    Raises
    ------
    RecipeError
        If a parameter is out of range.

    Examples
    --------
    The minimum is at 2^(1/6) sigma, where phi = -1; a shifted potential vanishes at its cutoff.

    >>> round(float(LennardJones(truncation="hard").energy(2.0 ** (1.0 / 6.0), 1.0, 1.0)), 6)
    -1.0
    >>> round(float(LennardJones(truncation="force-shifted").energy(2.5, 1.0, 1.0)), 6)
    0.0
    """

    cutoff: float = 2.5
    truncation: str = "force-shifted"
    taper: float = 2
    kob_andersen: bool = False
    is_common: bool = False

    def __post_init__(self) -> None:
        require_numbers(RecipeError, cutoff=self.cutoff)
        _require(0 < self.cutoff < math.inf, "cutoff", "a positive finite ratio r_c / sigma", self.cutoff)
        _require(self.truncation in TRUNCATIONS, "truncation", " or ".join(TRUNCATIONS), self.truncation)
        _require_taper(self.taper)

    @property
    def code(self) -> Code:
        """Branch of `pair_terms`."""
        return LENNARD_JONES

    def parameters(self) -> FloatArray:
        """Cutoff ratio, truncation, taper order (0 for infinity), 1 for the mixture, 1 for a common cutoff."""
        return np.array(
            [
                self.cutoff,
                TRUNCATIONS.index(self.truncation),
                _taper_order(self.taper),
                float(self.kob_andersen),
                float(self.is_common),
            ]
        )

    def largest_range(self, diameters: ArrayLike) -> float:
        """The cutoff ratio times the largest diameter, or the common cutoff."""
        return self.cutoff if self.is_common else self.cutoff * float(np.max(diameters))

    def check(self, diameters: ArrayLike) -> FloatArray:
        """Diameters as float64; in the Kob-Andersen mixture all must be 1 or 0.88."""
        checked = _positive_diameters(diameters)
        if self.kob_andersen:
            known = bool(np.isin(checked, (1.0, 0.88)).all())
            _require(known, "diameters of the Kob-Andersen mixture", "1 (A) or 0.88 (B)", np.unique(checked)[:5])
        return checked


@dataclass(frozen=True)
class Harmonic(PairPotential):
    """Harmonic spheres, phi(r) = (1/2) (1 - r / sigma_ij)^2 for r < sigma_ij = (a_i + a_j)/2.

    Examples
    --------
    Overlaps of 0.2 and 0 of a diameter, and a gap:

    >>> energy = Harmonic().energy([0.8, 1.0, 1.2], 1.0, 1.0)
    >>> energy.round(6).tolist()
    [0.02, 0.0, 0.0]
    """

    @property
    def code(self) -> Code:
        """Branch of `pair_terms`."""
        return HARMONIC

    def parameters(self) -> FloatArray:
        """Placeholder array; no parameters are needed."""
        return np.zeros(1)

    def largest_range(self, diameters: ArrayLike) -> float:
        """The largest diameter."""
        return float(np.max(diameters))


def evaluate(
    potential: PairPotential, r: ArrayLike, a_i: ArrayLike, a_j: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Pair energy phi, phi' and phi'' at distances r > 0, all broadcast; zero at and beyond the cutoff."""
    distance, first, second = np.broadcast_arrays(
        np.asarray(r, dtype=np.float64), np.asarray(a_i, dtype=np.float64), np.asarray(a_j, dtype=np.float64)
    )
    energy, slope, curvature = potential.terms(distance.ravel(), first.ravel(), second.ravel())
    return energy.reshape(distance.shape), slope.reshape(distance.shape), curvature.reshape(distance.shape)


def _taper_order(taper: float) -> float:
    return 0.0 if math.isinf(taper) else float(taper)


def _require_taper(taper: float) -> None:
    require_numbers(RecipeError, taper=taper)
    integer = math.isinf(taper) or int(taper) == taper
    _require(integer and taper >= 2, "taper order m", "an integer of at least 2, or infinity", taper)


def _positive_diameters(diameters: ArrayLike) -> FloatArray:
    checked = np.ascontiguousarray(diameters, dtype=np.float64)
    _require(checked.ndim == 1 and checked.size > 0, "diameters", "one per particle", f"shape {checked.shape}")
    _require(
        bool(np.all(np.isfinite(checked)) and checked.min() > 0), "diameters", "positive and finite", checked.min()
    )
    return checked


def _require(condition: bool, name: str, expected: str, got: object) -> None:
    if not condition:
        raise RecipeError(f"the {name} cannot be used", expected=expected, got=str(got))
