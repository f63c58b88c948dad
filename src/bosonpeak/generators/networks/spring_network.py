"""Scalar spring networks on a displaced square lattice.

Source: C. Jiang, "Microscopic origin of Boson peak in amorphous solids" (the NET claims), section II.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.array_types import FloatArray, IndexArray, IntegerArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.periodic_box import nearest_image
from bosonpeak.generators.networks.dynamical_matrix import laplacian
from bosonpeak.generators.random_streams import random_stream

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Seed = int | np.random.SeedSequence

CUTOFF_SLACK = 1e-9
"""At zero displacement every bond sits exactly on the cutoff; this relative slack keeps it."""

SITUATIONS = {
    1: "lattice nearest neighbours, t = t0 a / r",
    2: "all pairs closer than the cutoff, t = t0 a / r",
    3: "all pairs closer than the cutoff, t = t0",
}

_STREAMS = {"direction": 0, "dilution": 1, "weakening": 2, "strength": 3}


@dataclass(frozen=True)
class SpringNetwork:
    """Nodes joined by springs, each node with one scalar degree of freedom and unit mass.

    Parameters
    ----------
    positions : ndarray of float64, shape (nodes, 2)
        Node positions inside the periodic box, in units of the lattice constant a.
    box : ndarray of float64, shape (2,)
        Box lengths, in units of a.
    bonds : ndarray of int32, shape (bonds, 2)
        Pairs of connected nodes, each pair once.
    stiffness : ndarray of float64, shape (bonds,)
        Spring constants, in units of t0.
    lattice_shape : tuple of int
        Columns and rows: node i belongs to site ``(i % columns, i // columns)``.

    Examples
    --------
    Four nodes and four unit springs, in a ring:

    >>> import numpy as np
    >>> corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> square = np.array([[0, 1], [1, 2], [2, 3], [3, 0]], dtype=np.int32)
    >>> network = SpringNetwork(corners, np.array([2.0, 2.0]), square, np.ones(4), (2, 2))
    >>> network.coordination_number.tolist(), network.mean_diagonal
    ([2, 2, 2, 2], 2.0)
    """

    positions: FloatArray
    box: FloatArray
    bonds: IndexArray
    stiffness: FloatArray
    lattice_shape: tuple[int, int]

    @classmethod
    def build(
        cls,
        size: int,
        *,
        displacement: float = 0.0,
        situation: int = 1,
        cutoff_factor: float = 1.0,
        bond_probability: float = 1.0,
        weak_fraction: float = 0.0,
        weak_stiffness: float = 1.0,
        strength_shape: float = math.inf,
        seed: Seed = 0,
    ) -> SpringNetwork:
        """Displace the nodes of a ``size`` x ``size`` square lattice and connect them.

        Parameters
        ----------
        size : int
            Nodes along each side.
        displacement : float
            Exact distance delta of every node from its lattice site, in a uniformly random direction, units of a.
        situation : {1, 2, 3}
            How nodes are connected, see `SITUATIONS`.
        cutoff_factor : float
            The cutoff of situations 2 and 3 is ``a + cutoff_factor * displacement`` (the paper: 1).
        bond_probability : float
            Control: every spring is kept with this probability (random dilution).
        weak_fraction, weak_stiffness : float
            Control at fixed coordination: this fraction of the springs is multiplied by ``weak_stiffness``.
        strength_shape : float
            Control at fixed coordination: springs are multiplied by a gamma variate of mean 1 and this shape
            (1 is exponential, infinity switches the control off).
        seed : int or SeedSequence
            Displacements, dilution, weakening and strengths each draw from a stream of their own, so that
            changing one of them leaves the others as they were.

        Returns
        -------
        SpringNetwork

        Raises
        ------
        RecipeError
            If a parameter is out of its range, or the box is too small for the cutoff.
        """
        _check_parameters(
            size=size,
            displacement=displacement,
            situation=situation,
            cutoff_factor=cutoff_factor,
            bond_probability=bond_probability,
            weak_fraction=weak_fraction,
            weak_stiffness=weak_stiffness,
            strength_shape=strength_shape,
        )
        sites, offsets = _displaced_sites(size, displacement, _stream(seed, "direction"))
        if situation == 1:
            bonds, lengths = _lattice_bonds(size, offsets, math.inf, [(1, 0), (0, 1)])
        else:
            cutoff = (1.0 + cutoff_factor * displacement) * (1.0 + CUTOFF_SLACK)
            bonds, lengths = _lattice_bonds(size, offsets, cutoff, _reachable(size, cutoff, displacement))
        stiffness = np.ones(len(bonds)) if situation == 3 else 1.0 / lengths
        if bond_probability < 1.0:
            kept = _stream(seed, "dilution").random(len(bonds)) < bond_probability
            bonds, stiffness = bonds[kept], stiffness[kept]
        if weak_fraction > 0.0:
            weak = _stream(seed, "weakening").random(len(bonds)) < weak_fraction
            stiffness = np.where(weak, weak_stiffness * stiffness, stiffness)
        if math.isfinite(strength_shape):
            variates = _stream(seed, "strength").gamma(strength_shape, 1.0 / strength_shape, len(bonds))
            stiffness = stiffness * variates
        box = np.array([size, size], dtype=np.float64)
        return cls(np.mod(sites + offsets, box), box, bonds, stiffness, (size, size))

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.positions)

    @property
    def coordination_number(self) -> IntegerArray:
        """Number of springs at each node, shape (nodes,)."""
        return np.bincount(self.bonds.ravel(), minlength=self.node_count)

    @property
    def mean_diagonal(self) -> float:
        """Mean diagonal element of the dynamical matrix, trace(H)/N, in units of t0/m."""
        return float(2.0 * self.stiffness.sum() / self.node_count)

    @property
    def site_vectors(self) -> FloatArray:
        """Minimum-image vectors of the bonds between lattice sites, shape (bonds, 2), units of a."""
        columns = self.lattice_shape[0]
        sites = np.stack([self.bonds % columns, self.bonds // columns], axis=-1).astype(np.float64)
        vectors = sites[:, 1] - sites[:, 0]
        return nearest_image(vectors, self.box)

    def laplacian(self) -> csr_array:
        """Dynamical matrix: H_ij = -t_ij, H_ii = sum_j t_ij; shape (nodes, nodes), units t0/m."""
        return laplacian(self.bonds, self.stiffness, self.node_count)


def _stream(seed: Seed, name: str) -> np.random.Generator:
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    child = random_stream(root, _STREAMS[name])
    return np.random.default_rng(child)


def _displaced_sites(size: int, displacement: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    index = np.arange(size * size)
    sites = np.stack([index % size, index // size], axis=-1).astype(np.float64)
    direction = generator.uniform(0.0, 2.0 * np.pi, size * size)
    return sites, displacement * np.stack([np.cos(direction), np.sin(direction)], axis=-1)


def _reachable(size: int, cutoff: float, displacement: float) -> list[tuple[int, int]]:
    """Half of the site vectors whose nodes can come closer than the cutoff; the other half are their negatives."""
    reach = cutoff + 2.0 * displacement
    steps = math.floor(reach)
    if size < 2 * steps + 1:
        raise RecipeError(
            "the box is too small for the cutoff",
            expected=f"size >= {2 * steps + 1}, so that no node meets its own image",
            got=f"size = {size}",
            likely_cause="a cutoff plus two displacements that spans half the box",
        )
    forward = [(x, 0) for x in range(1, steps + 1)]
    forward += [(x, y) for y in range(1, steps + 1) for x in range(-steps, steps + 1)]
    return [(x, y) for x, y in forward if math.hypot(x, y) <= reach]


def _lattice_bonds(
    size: int, offsets: FloatArray, cutoff: float, site_vectors: list[tuple[int, int]]
) -> tuple[IndexArray, FloatArray]:
    """Pairs along the given site vectors that are closer than the cutoff, with their distances."""
    index = np.arange(size * size, dtype=np.int32)
    columns, rows = index % size, index // size
    pairs, lengths = [], []
    for x, y in site_vectors:
        partner = (columns + x) % size + size * ((rows + y) % size)
        separation = np.array([x, y]) + offsets[partner] - offsets
        distance = np.hypot(separation[:, 0], separation[:, 1])
        close = distance < cutoff
        pairs.append(np.stack([index[close], partner[close]], axis=-1).astype(np.int32))
        lengths.append(distance[close])
    return np.concatenate(pairs), np.concatenate(lengths)


_ALLOWED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "size": ("an integer >= 3", lambda v: isinstance(v, int | np.integer) and bool(v >= 3)),
    "displacement": ("0 <= delta < 1", lambda v: 0.0 <= v < 1.0),
    "situation": ("1, 2 or 3", lambda v: v in SITUATIONS),
    "cutoff_factor": ("a finite number >= 0", lambda v: math.isfinite(v) and v >= 0.0),
    "bond_probability": ("0 < p <= 1", lambda v: 0.0 < v <= 1.0),
    "weak_fraction": ("0 <= fraction <= 1", lambda v: 0.0 <= v <= 1.0),
    "weak_stiffness": ("a finite number > 0", lambda v: math.isfinite(v) and v > 0.0),
    "strength_shape": ("a number > 0", lambda v: v > 0.0),
}


def _check_parameters(**values: float) -> None:
    """Raise a single error that names every parameter out of range."""
    wrong = [
        f"{name} = {value!r}, expected {_ALLOWED[name][0]}"
        for name, value in values.items()
        if not _ALLOWED[name][1](value)
    ]
    if wrong:
        raise RecipeError("impossible spring network", got="; ".join(wrong))
