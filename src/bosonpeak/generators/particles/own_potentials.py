"""Pair potentials of the caller: any object that knows energy and derivatives of pairs, and tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import make_interp_spline

from bosonpeak.datasets.arguments import require_arrays
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.particles.pair_kernels import TABULATED, Code
from bosonpeak.generators.particles.potentials import PairPotential

LARGEST_NUMBER_OF_KINDS = 12

_KNOTS = 4096
_FIRST_KNOT = 1.0 / 40.0
_DEGREE = 5
_SAME_KIND = 1e-9
_PROBES = np.linspace(0.35, 0.95, 13)
_PROBE_STEP = 1e-4
_PROBE_TOLERANCE = 1e-4


class PairTerms(Protocol):
    """Pair potential of the caller: any object with `cutoff` and `terms`.

    Wherever a potential is expected, such an object serves: in `Configuration.checked`, `hessian`, `minimise`,
    `elastic_moduli`, `pair_stresses`, and thus in `vibrations`. Hessian, moduli and stresses use `terms` itself; the
    compiled minimisers and Monte Carlo moves interpolate a table of it, for up to 12 kinds of particles.

    Attributes
    ----------
    cutoff : float
        Distance beyond which no pair interacts.

    Examples
    --------
    Morse particles of several diameters, eight lines:

    >>> import numpy as np
    >>> from bosonpeak.generators import Configuration, vibrations
    >>> class Morse:
    ...     cutoff = 2.5
    ...
    ...     def terms(self, r, a_i, a_j):
    ...         x = np.exp(-6.0 * (r - 0.5 * (a_i + a_j)))
    ...         return x**2 - 2.0 * x, -12.0 * (x**2 - x), 72.0 * (2.0 * x**2 - x)
    >>> pair = Configuration.checked([[0.0, 0.0], [1.0, 0.0]], [1.0, 1.0], 6.0, Morse())
    >>> vibrations(pair)["eigenfrequency"].values.round(6).tolist()
    [[0.0, 0.0, 0.0, 12.0]]
    """

    @property
    def cutoff(self) -> float:
        """Distance beyond which no pair interacts."""

    def terms(self, r: FloatArray, a_i: FloatArray, a_j: FloatArray, /) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Energy and its first and second derivative by r.

        Parameters
        ----------
        r : ndarray of float64, shape (pairs,)
            Distances above zero and below the cutoff.
        a_i, a_j : ndarray of float64, shape (pairs,)
            Diameters of the two particles, or the numbers 1, 2, ... of their species, as given for the configuration.

        Returns
        -------
        energy, first, second : ndarray of float64, shape (pairs,)
            Symmetric in the two particles; zero for pairs that do not interact.
        """


@dataclass(frozen=True)
class OwnPotential(PairPotential):
    """The `PairTerms` of a caller in the form that this package uses; its terms are checked against each other."""

    law: PairTerms

    @property
    def code(self) -> Code:
        """Branch of `pair_terms`."""
        return TABULATED

    def parameters(self) -> FloatArray:
        """Raise RecipeError: the table depends on the particles."""
        raise RecipeError("the table of an own pair potential depends on the kinds of particles")

    def parameters_for(self, diameters: FloatArray) -> FloatArray:
        """Table of the pairs of kinds; RecipeError if there are too many kinds."""
        kinds = np.unique(diameters)
        if len(kinds) > LARGEST_NUMBER_OF_KINDS:
            raise RecipeError(
                "too many kinds of particles for the table of an own pair potential",
                expected=f"at most {LARGEST_NUMBER_OF_KINDS} different diameters",
                got=str(len(kinds)),
                likely_cause="compiled minimisers and Monte Carlo need a table; the Hessian needs none",
            )
        start = max(_FIRST_KNOT * self.law.cutoff, self._closest)
        knots, step = np.linspace(start, self.law.cutoff, _KNOTS, retstep=True)
        rows = [
            self._inside(knots, np.full(_KNOTS, one), np.full(_KNOTS, other)).T
            for place, one in enumerate(kinds)
            for other in kinds[place:]
        ]
        head = [self.law.cutoff, start, step, _KNOTS, len(kinds)]
        return np.concatenate([head, kinds, np.concatenate(rows).ravel()])

    def largest_range(self, diameters: ArrayLike) -> float:
        """The cutoff, for any diameters."""
        return float(self.law.cutoff)

    def terms(self, r: FloatArray, a_i: FloatArray, a_j: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Energy, first and second derivative of pairs (pairs,), zero at and beyond the cutoff."""
        inside = r < self.law.cutoff
        found = np.zeros((3, r.size))
        found[:, inside] = self._inside(r[inside], a_i[inside], a_j[inside])
        return found[0], found[1], found[2]

    def check(self, diameters: ArrayLike) -> FloatArray:
        """Diameters as float64, after a test of the terms for the smallest and the largest of them."""
        checked = super().check(diameters)
        for one, other in {(checked.min(), checked.min()), (checked.min(), checked.max()), (checked.max(),) * 2}:
            self._require_derivatives(float(one), float(other))
        return checked

    @property
    def _closest(self) -> float:
        """Distance from which the terms are known, for an object that has `closest`."""
        return float(getattr(self.law, "closest", 0.0))

    def _inside(self, r: FloatArray, a_i: FloatArray, a_j: FloatArray) -> FloatArray:
        """Terms (3, pairs) of pairs within the cutoff; RecipeError if they are not finite numbers of that shape."""
        found = self.law.terms(r, a_i, a_j)
        three = isinstance(found, tuple | list) and len(found) == 3
        values = np.array([np.broadcast_to(each, r.shape) for each in found], np.float64) if three else np.empty(0)
        if not three or not np.isfinite(values).all():
            wrong = "" if not three else f", not finite at r = {r[~np.isfinite(values).all(axis=0)][0]:.4g}"
            raise RecipeError(
                "terms of the pair potential cannot be used",
                expected="energy, first and second derivative, three arrays of the shape of r, finite",
                got=f"{type(found).__name__}{wrong}",
                where=type(self.law).__name__,
            )
        return values

    def _require_derivatives(self, a_i: float, a_j: float) -> None:
        """Raise RecipeError unless the derivatives belong to the energy at most of some distances."""
        step = _PROBE_STEP * float(self.law.cutoff)
        r = np.maximum(_PROBES * float(self.law.cutoff), self._closest + 2.0 * step)
        sizes = np.full(r.shape, a_i), np.full(r.shape, a_j)
        below, here, above = (self.terms(r + shift, *sizes) for shift in (-step, 0.0, step))
        for order, name in ((1, "first"), (2, "second")):
            by_difference = (above[order - 1] - below[order - 1]) / (2.0 * step)
            bound = _PROBE_TOLERANCE * (np.abs(here[order]) + np.abs(here[order]).max())
            wrong = np.abs(by_difference - here[order]) > np.maximum(bound, 1e-9)
            # A few distances may be at jumps of a truncated potential.
            if wrong.sum() > len(r) // 2:
                at = int(np.argmax(wrong))
                raise RecipeError(
                    f"the {name} derivative of the pair potential is not that of the "
                    + ("energy" if order == 1 else "first derivative"),
                    expected=f"{by_difference[at]:.6g} at r = {r[at]:.4g}, by differences",
                    got=f"{here[order][at]:.6g}",
                    where=f"{type(self.law).__name__}, a_i = {a_i:g}, a_j = {a_j:g}",
                    likely_cause="a force, minus the derivative, or a derivative by another variable than r",
                )


class TabulatedPotential:
    """Pair potential from a table of energies, interpolated by splines of degree five.

    Parameters
    ----------
    distance : array_like, shape (points,)
        Ascending distances; the last is the cutoff, and closer pairs than the first are refused.
    energy : array_like, shape (points,) or (kinds, kinds, points)
        Energies, one table for all pairs, or one per pair of kinds, symmetric.
    kinds : sequence of float, optional
        With several tables, the diameter or species number of each kind, ascending, as in the configuration.

    Raises
    ------
    RecipeError
        If the arrays do not fit, or a pair is closer than the first distance or of an unknown kind.

    Notes
    -----
    Energies are taken as they are: forces jump at the cutoff unless the table ends flat.

    Examples
    --------
    >>> import numpy as np
    >>> r = np.linspace(0.5, 2.5, 400)
    >>> morse = TabulatedPotential(r, np.exp(-12.0 * (r - 1.0)) - 2.0 * np.exp(-6.0 * (r - 1.0)))
    >>> [round(float(term[0]), 4) + 0.0 for term in morse.terms(np.array([1.0]), np.ones(1), np.ones(1))]
    [-1.0, 0.0, 72.0]
    """

    def __init__(self, distance: ArrayLike, energy: ArrayLike, kinds: Sequence[float] = ()) -> None:
        require_arrays(RecipeError, 1, distance=distance, kinds=kinds)
        require_arrays(RecipeError, energy=energy)
        r, tables = np.asarray(distance, dtype=np.float64), np.asarray(energy, dtype=np.float64)
        self.kinds = np.asarray(kinds, dtype=np.float64)
        count = max(len(self.kinds), 1)
        fits = tables.shape == ((count, count, len(r)) if len(self.kinds) else (len(r),))
        usable = len(r) > _DEGREE and r[0] > 0.0 and (np.diff(r) > 0.0).all() and np.isfinite(tables).all()
        if not (fits and usable and (np.diff(self.kinds) > 0.0).all()):
            raise RecipeError(
                "the table of a pair potential cannot be used",
                expected=f"more than {_DEGREE} ascending distances above 0, finite energies (points,), or (kinds, "
                "kinds, points) with ascending kinds",
                got=f"distance {r.shape}, energy {tables.shape}, {len(self.kinds)} kinds",
            )
        tables = tables.reshape(count, count, -1)
        if not np.array_equal(tables, tables.transpose(1, 0, 2)):
            raise RecipeError("the table of a pair potential is not symmetric in the two kinds")
        self.closest, self.cutoff = float(r[0]), float(r[-1])
        self._splines = [[make_interp_spline(r, table, k=_DEGREE) for table in row] for row in tables]

    def terms(self, r: FloatArray, a_i: FloatArray, a_j: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Energy, first and second derivative of pairs (pairs,) within the cutoff."""
        if r.size and r.min() < self.closest:
            raise RecipeError(
                "a pair is closer than the table begins", expected=f"{self.closest:g} or more", got=f"{r.min():.6g}"
            )
        found = np.zeros((3, r.size))
        one, other = self._kind(a_i), self._kind(a_j)
        for i, row in enumerate(self._splines):
            for j, spline in enumerate(row):
                chosen = (one == i) & (other == j)
                for order in range(3):
                    found[order, chosen] = spline(r[chosen], nu=order)
        return found[0], found[1], found[2]

    def _kind(self, sizes: FloatArray) -> IntegerArray:
        if not len(self.kinds):
            return np.zeros(len(sizes), dtype=np.int64)
        nearest: IntegerArray = np.argmin(np.abs(sizes[:, None] - self.kinds), axis=1)
        unknown = np.abs(self.kinds[nearest] - sizes) > _SAME_KIND
        if unknown.any():
            raise RecipeError(
                "a particle of a kind without a table",
                expected=" or ".join(f"{kind:g}" for kind in self.kinds),
                got=f"{sizes[unknown][0]:g}",
            )
        return nearest


def pair_potential(potential: PairPotential | PairTerms) -> PairPotential:
    """A pair potential of this package, or the caller's own in its form; RecipeError for anything else."""
    if isinstance(potential, PairPotential):
        return potential
    cutoff = getattr(potential, "cutoff", None)
    if not callable(getattr(potential, "terms", None)) or not isinstance(cutoff, int | float):
        raise RecipeError(
            "not a PairPotential",
            expected="InversePower(), LennardJones(), Harmonic(), or an object with cutoff and terms(r, a_i, a_j)",
            got=type(potential).__name__,
        )
    if not 0.0 < cutoff < math.inf:
        raise RecipeError(
            "the cutoff of the pair potential cannot be used", expected="above 0, finite", got=str(cutoff)
        )
    return OwnPotential(potential)
