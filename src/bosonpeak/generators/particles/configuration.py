"""A particle configuration that is known to make sense, and its interacting pairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import BooleanArray, FloatArray, IntegerArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.periodic_box import box_lengths, folded
from bosonpeak.generators.particles.interactions import Interactions
from bosonpeak.generators.particles.neighbours import neighbour_pairs
from bosonpeak.generators.particles.potentials import PairPotential

_COINCIDENT = 1e-6


@dataclass(frozen=True, eq=False)
class Configuration:
    """Particles in a periodic box and how they interact; what comes from outside is made by `checked`.

    Parameters
    ----------
    positions : ndarray of float64, shape (particles, 2 or 3)
        Inside the box.
    diameters : ndarray of float64, shape (particles,)
        Particle diameters.
    box : ndarray of float64, shape (dimension,)
        Box lengths.
    potential : PairPotential
        Interaction.
    """

    positions: FloatArray
    diameters: FloatArray
    box: FloatArray
    potential: PairPotential

    @classmethod
    def checked(
        cls, positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential
    ) -> Configuration:
        """A configuration that makes sense, its positions folded into the box.

        Parameters
        ----------
        positions : array_like, shape (particles, 2 or 3)
            Anywhere.
        diameters : array_like, shape (particles,)
            Particle diameters.
        box : array_like
            Length of the periodic box, one number or one an axis.
        potential : PairPotential
            Interaction.

        Raises
        ------
        RecipeError
            If positions are not finite, two particles coincide, the potential does not take these diameters, or its
            range exceeds half the box.
        """
        sizes = potential.check(diameters)
        points = _finite_points(positions)
        lengths = box_lengths(box, points.shape[1])
        _require_room(lengths, potential.largest_range(sizes))
        points = folded(points, lengths)
        _require_apart(points, lengths)
        if len(points) != len(sizes):
            raise RecipeError(
                "positions and diameters disagree", expected=f"{len(points)} diameters", got=f"{len(sizes)}"
            )
        return cls(points, sizes, lengths, potential)

    @property
    def reach(self) -> float:
        """Distance beyond which no two particles interact."""
        return self.potential.largest_range(self.diameters)

    @cached_property
    def interactions(self) -> Interactions:
        """The interacting pairs, found when they are first asked for."""
        return Interactions.among(self.positions, self.diameters, self.box, self.potential)


def interactions(positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential) -> Interactions:
    """Interacting pairs of a configuration; parameters and errors as for `Configuration.checked`."""
    return Configuration.checked(positions, diameters, box, potential).interactions


def contact_numbers(
    positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential
) -> IntegerArray:
    """Interacting partners of each particle, shape (particles,); parameters as for `Configuration.checked`."""
    return interactions(positions, diameters, box, potential).contact_numbers


def rattlers(positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential) -> BooleanArray:
    """Particles that cannot be held in place, shape (particles,); parameters as for `Configuration.checked`."""
    return interactions(positions, diameters, box, potential).rattlers


def _finite_points(positions: ArrayLike) -> FloatArray:
    points = np.asarray(positions, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] not in (2, 3) or len(points) == 0:
        raise RecipeError("positions cannot be used", expected="shape (particles, 2 or 3)", got=str(points.shape))
    if not np.all(np.isfinite(points)):
        bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
        raise RecipeError("positions are not finite", expected="finite numbers", got=f"particles {bad[:5].tolist()}")
    return points


def _require_room(box: FloatArray, reach: float) -> None:
    if reach > 0.5 * box.min():
        raise RecipeError(
            "the interaction reaches beyond half the box",
            expected=f"at most {0.5 * box.min():.6g}",
            got=f"{reach:.6g}",
            likely_cause="too few particles for this cutoff: a pair would meet more than one image of itself",
        )


def _require_apart(points: FloatArray, box: FloatArray) -> None:
    coincident = neighbour_pairs(points, box, _COINCIDENT)
    if len(coincident):
        raise RecipeError("particles overlap completely", got=f"particles {coincident[0].tolist()} at one place")
