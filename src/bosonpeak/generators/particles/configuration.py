"""A checked particle configuration and its interacting pairs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import require_arrays
from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IndexArray, IntegerArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.periodic_box import (
    box_lengths,
    cell_heights,
    folded,
    folded_into_cell,
    nearest_image,
    tilted_cell,
)
from bosonpeak.generators.particles.interactions import Interactions
from bosonpeak.generators.particles.neighbours import neighbour_pairs, pairs_in_cell
from bosonpeak.generators.particles.own_potentials import PairTerms, pair_potential
from bosonpeak.generators.particles.potentials import PairPotential

_COINCIDENT = 1e-6


@dataclass(frozen=True, eq=False)
class Configuration:
    """Particles in a periodic box with their pair potential.

    `Configuration.checked` builds it from external data, folds the positions into the box and raises `RecipeError` if
    they cannot be used.

    Parameters
    ----------
    positions : ndarray of float64, shape (particles, 2 or 3)
        Inside the box.
    diameters : ndarray of float64, shape (particles,)
        Diameters, or what else distinguishes the particles for the potential.
    box : ndarray of float64, shape (dimension,)
        Lengths.
    potential : PairPotential
        Interaction.
    tilt : ndarray of float64, shape (0,) or (dimension (dimension - 1) / 2,)
        Empty for a rectangular box, else xy, or xy, xz and yz.

    Examples
    --------
    Two discs pressed together, one of them outside the box:

    >>> from bosonpeak.generators import Harmonic
    >>> pair = Configuration.checked([[0.0, 0.0], [4.8, 0.0]], [1.0, 1.0], 4.0, Harmonic())
    >>> pair.interactions.distance.round(6).tolist()
    [0.8]
    """

    positions: FloatArray
    diameters: FloatArray
    box: FloatArray
    potential: PairPotential
    tilt: FloatArray = field(default_factory=lambda: np.empty(0))

    @classmethod
    def checked(
        cls,
        positions: ArrayLike,
        diameters: ArrayLike,
        box: ArrayLike,
        potential: PairPotential | PairTerms,
        tilt: ArrayLike = (),
    ) -> Configuration:
        """Validated configuration, with positions folded into the box; `box`: one length or one per axis.

        Raises RecipeError if positions are not finite, two particles coincide, the potential rejects the diameters, or
        its range exceeds half the box. `tilt`: xy, or xy, xz and yz.
        """
        law = pair_potential(potential)
        require_arrays(RecipeError, 1, diameters=diameters)
        require_arrays(RecipeError, positions=positions, box=box, tilt=tilt)
        sizes = law.check(diameters)
        points = _finite_points(positions)
        lengths = box_lengths(box, points.shape[1])
        glass = cls(points, sizes, lengths, law, np.asarray(tilt, dtype=np.float64))
        glass._require_room()
        glass = replace(glass, positions=glass._folded())
        glass._require_apart()
        if len(points) != len(sizes):
            raise RecipeError(
                "positions and diameters disagree", expected=f"{len(points)} diameters", got=f"{len(sizes)}"
            )
        return glass

    @property
    def shape(self) -> FloatArray:
        """Lengths of a rectangular box, or the edge vectors of a tilted box, row by row."""
        return tilted_cell(self.box, self.tilt) if self.tilt.size else self.box

    @property
    def room(self) -> float:
        """Half the smallest distance between opposite faces of the box, the largest permitted interaction range."""
        return 0.5 * float(cell_heights(self.shape).min() if self.tilt.size else self.box.min())

    @property
    def reach(self) -> float:
        """Distance beyond which no two particles interact."""
        return self.potential.largest_range(self.diameters)

    @cached_property
    def interactions(self) -> Interactions:
        """The interacting pairs, computed at first use."""
        return Interactions.of_pairs(*self.pairs_within(self.reach), self.diameters, self.potential)

    def pairs_within(self, distance: float) -> tuple[IndexArray, FloatArray]:
        """Pairs closer than `distance` (at most `room`), shape (pairs, 2), and their separation vectors."""
        if self.tilt.size:
            return pairs_in_cell(self.positions, self.shape, distance)
        pairs = neighbour_pairs(self.positions, self.box, distance)
        return pairs, nearest_image(self.positions[pairs[:, 0]] - self.positions[pairs[:, 1]], self.box)

    def _folded(self) -> FloatArray:
        return folded_into_cell(self.positions, self.shape) if self.tilt.size else folded(self.positions, self.box)

    def _require_room(self) -> None:
        if self.reach > self.room:
            raise RecipeError(
                "the interaction reaches beyond half the box",
                expected=f"at most {self.room:.6g}",
                got=f"{self.reach:.6g}",
                likely_cause="too few particles for this cutoff: a pair would meet more than one image of itself",
            )

    def _require_apart(self) -> None:
        coincident, _ = self.pairs_within(_COINCIDENT)
        if len(coincident):
            raise RecipeError("particles overlap completely", got=f"particles {coincident[0].tolist()} at one place")


def interactions(
    positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential | PairTerms
) -> Interactions:
    """Interacting pairs of a configuration; parameters and errors as in `Configuration.checked`."""
    return Configuration.checked(positions, diameters, box, potential).interactions


def contact_numbers(
    positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential
) -> IntegerArray:
    """Number of interacting partners of each particle, shape (particles,); parameters as in `Configuration.checked`."""
    return interactions(positions, diameters, box, potential).contact_numbers


def rattlers(positions: ArrayLike, diameters: ArrayLike, box: ArrayLike, potential: PairPotential) -> BooleanArray:
    """Mask of particles that cannot be held in place, shape (particles,); parameters as in `Configuration.checked`."""
    return interactions(positions, diameters, box, potential).rattlers


def _finite_points(positions: ArrayLike) -> FloatArray:
    points = np.asarray(positions, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] not in (2, 3) or len(points) == 0:
        raise RecipeError("positions cannot be used", expected="shape (particles, 2 or 3)", got=str(points.shape))
    if not np.all(np.isfinite(points)):
        bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
        raise RecipeError("positions are not finite", expected="finite numbers", got=f"particles {bad[:5].tolist()}")
    return points
