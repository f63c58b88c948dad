"""Plane waves on the particles of a periodic box, orthonormalised for disordered positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import numbers, one_of, whole_number
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import shortest_edges

Polarisation = Literal["transverse", "longitudinal"]

_SAME_WAVENUMBER = 1e-9
"""Wave numbers closer than that, relatively, belong to one shell."""

_DEPENDENT = 1e-7
"""Norm, after projection, below which a wave of unit norm counts as round-off."""


@dataclass(frozen=True)
class WaveShell:
    """Wave vectors (pairs, dimension) of equal length |k|, one of each pair +k, -k."""

    wavenumber: float
    wavevectors: FloatArray


@dataclass(frozen=True)
class WaveSpan:
    """Orthonormal basis of the space spanned by plane waves on given points, orthogonal to translations."""

    basis: FloatArray  # (waves, particles * dimension), shell by shell
    shell: IntegerArray  # (waves,), from 1
    wavenumber: FloatArray  # (shells,)
    freedom: int  # dN - d
    labelled: bool  # each row is nearest to one wave, in the order of `plane_wave_fields`

    @property
    def waves_up_to(self) -> IntegerArray:
        """Dimension of the span of the first 1, 2, ... shells, shape (shells,)."""
        return np.cumsum(np.bincount(self.shell, minlength=len(self.wavenumber) + 1)[1:]).astype(np.int64)


def wave_shells(box: ArrayLike, count: int) -> tuple[WaveShell, ...]:
    """Lowest `count` shells of k = 2 pi n / L by ascending |k|; in a cube |n|^2 = 1, 2, 3, 4, 5, 6, 8, ...

    A box with edges, one per row, has the waves of its reciprocal lattice.
    """
    count = whole_number(count, "number of shells")
    if np.ndim(box) == 2:
        return _shells_of_cell(np.asarray(box, dtype=np.float64), count)
    lengths = numbers(box, "axes of the box")
    if not (np.isfinite(lengths).all() and (lengths > 0.0).all()):
        raise NotApplicableError("there are no such waves", expected="positive lengths", got=f"{lengths.tolist()}")
    reach = 1
    while True:
        vectors, wavenumber = _wavevectors_below(lengths, reach)
        first = np.flatnonzero(np.diff(wavenumber, prepend=0.0) > _SAME_WAVENUMBER * wavenumber)
        if len(first) >= count:
            groups = np.split(np.arange(len(wavenumber)), first[1:])[:count]
            return tuple(WaveShell(float(wavenumber[group[0]]), vectors[group]) for group in groups)
        reach += 1


def _shells_of_cell(cell: FloatArray, count: int) -> tuple[WaveShell, ...]:
    edges = shortest_edges(cell)
    reciprocal = 2.0 * np.pi * np.linalg.inv(edges).T
    highest = 2.0 * float(np.linalg.norm(reciprocal, axis=1).min())
    while True:
        # A wave vector no longer than `highest` has at most |k| |edge| / 2 pi periods along each edge.
        most = np.floor(highest * np.linalg.norm(edges, axis=1) / (2.0 * np.pi)).astype(int)
        axes = np.meshgrid(*[np.arange(-each, each + 1) for each in most], indexing="ij")
        periods = np.stack([axis.ravel() for axis in axes], axis=1)
        vectors = periods[len(periods) // 2 + 1 :] @ reciprocal
        wavenumber = np.linalg.norm(vectors, axis=1)
        order = np.argsort(wavenumber, kind="stable")
        order = order[wavenumber[order] <= highest]
        first = np.flatnonzero(np.diff(wavenumber[order], prepend=0.0) > _SAME_WAVENUMBER * wavenumber[order])
        if len(first) > count:  # the last shell may be cut
            groups = np.split(order, first[1:])[:count]
            return tuple(WaveShell(float(wavenumber[group[0]]), vectors[group]) for group in groups)
        highest *= 1.5


def polarisations(wavevectors: ArrayLike, polarisation: Polarisation) -> FloatArray:
    """Orthonormal directions along or perpendicular to wave vectors, shape (pairs, 1 or d - 1, dimension)."""
    vectors = np.asarray(wavevectors, dtype=np.float64)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    if one_of(polarisation, get_args(Polarisation), "polarisation") == "longitudinal":
        return np.asarray(unit[:, None, :])
    return np.asarray(np.linalg.svd(unit[:, None, :])[2][:, 1:, :])


def plane_wave_fields(positions: ArrayLike, wavevectors: ArrayLike, directions: ArrayLike) -> FloatArray:
    """Waves e cos(k.r), e sin(k.r) at particles, mean norm 1; (pairs, directions, 2, particles, dimension)."""
    points = np.asarray(positions, dtype=np.float64)
    phase = np.asarray(wavevectors, dtype=np.float64) @ points.T
    profile = np.stack([np.cos(phase), np.sin(phase)], axis=1) * np.sqrt(2.0 / len(points))
    return np.asarray(np.einsum("kpd,ksn->kpsnd", np.asarray(directions, dtype=np.float64), profile))


def orthonormal_waves(
    positions: ArrayLike, box: ArrayLike, *, shells: int = 1, polarisation: Polarisation = "transverse"
) -> WaveSpan:
    """Orthonormal basis of the span of the lowest plane waves on given points.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
    box : array_like, shape (dimension,)
        Lengths of the periodic box.
    shells : int
        Number of shells of equal |k|, from the lowest.
    polarisation : {"transverse", "longitudinal"}

    Returns
    -------
    WaveSpan
        In a cube 12, 36, 52, ... transverse or half as many longitudinal waves for 1, 2, 3, ... shells, in a square
        4, 8, 12, 20, ... of each.

    Raises
    ------
    NotApplicableError
        If the positions do not fit the box or the waves fill the whole space of modes.

    Examples
    --------
    The first two shells of a cube hold 12 + 24 transverse waves, the first at 2 pi / L.

    >>> import numpy as np
    >>> positions = np.random.default_rng(1).uniform(0.0, 6.0, (100, 3))
    >>> span = orthonormal_waves(positions, [6.0, 6.0, 6.0], shells=2)
    >>> span.basis.shape
    (36, 300)
    >>> round(float(span.wavenumber[0]) * 6.0 / (2.0 * np.pi), 6)
    1.0
    """
    points = numbers(positions, "particles", "dimension", finite=True)
    found = wave_shells(box, shells)
    if points.shape[1] != found[0].wavevectors.shape[1]:
        raise NotApplicableError(
            "positions do not fit the box", expected="(particles, dimension)", got=f"shape {points.shape}"
        )
    basis = np.empty((0, points.size))
    label: list[int] = []
    offered = 0
    for number, shell in enumerate(found, start=1):
        directions = polarisations(shell.wavevectors, polarisation)
        block = _orthonormal_to(basis, _waves_of_shell(points, shell.wavevectors, directions))
        offered += 2 * directions.shape[0] * directions.shape[1]
        label += [number] * len(block)
        basis = np.concatenate([basis, block])
    freedom = points.size - points.shape[1]
    if not 0 < len(basis) < freedom:
        raise NotApplicableError(
            "the waves leave no remainder to distinguish",
            expected=f"fewer than {freedom} waves that differ on the points, and at least one",
            got=str(len(basis)),
            likely_cause="too many shells for so few particles",
        )
    wavenumber = np.array([shell.wavenumber for shell in found])
    return WaveSpan(basis, np.array(label, dtype=np.int64), wavenumber, freedom, len(basis) == offered)


def as_rows(vectors: ArrayLike) -> FloatArray:
    """Modes without mean and of unit norm, as rows, shape (modes, particles * dimension)."""
    fields = numbers(vectors, "modes", "particles", "dimension")
    rows = (fields - fields.mean(axis=1, keepdims=True)).reshape(len(fields), -1)
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    if not (norm > 0.0).all():
        raise NotApplicableError(
            "a mode is empty, uniform or not a number", where=f"mode {int(np.argmin(norm[:, 0] > 0.0))}"
        )
    return np.asarray(rows / norm)


def _wavevectors_below(lengths: FloatArray, reach: int) -> tuple[FloatArray, FloatArray]:
    """Half of all wave vectors in complete shells within the reach, by ascending length."""
    axes = np.meshgrid(*[np.arange(-reach, reach + 1)] * len(lengths), indexing="ij")
    numbers = np.stack([axis.ravel() for axis in axes], axis=1)
    vectors = 2.0 * np.pi * numbers[len(numbers) // 2 + 1 :] / lengths
    wavenumber = np.linalg.norm(vectors, axis=1)
    order = np.argsort(wavenumber, kind="stable")
    complete = order[wavenumber[order] < 2.0 * np.pi * (reach + 0.5) / lengths.max()]
    return vectors[complete], wavenumber[complete]


def _waves_of_shell(points: FloatArray, wavevectors: FloatArray, directions: FloatArray) -> FloatArray:
    waves = plane_wave_fields(points, wavevectors, directions).reshape(-1, *points.shape)
    return np.asarray((waves - waves.mean(axis=1, keepdims=True)).reshape(len(waves), -1))


def _orthonormal_to(basis: FloatArray, waves: FloatArray) -> FloatArray:
    """Orthonormal rows for the part of the waves outside the basis, each nearest to its wave (Loewdin, 1950)."""
    for _ in range(2):
        waves = waves - (waves @ basis.T) @ basis
    left, size, right = np.linalg.svd(waves, full_matrices=False)
    kept = size > _DEPENDENT
    return np.asarray(left @ right if kept.all() else right[kept])
