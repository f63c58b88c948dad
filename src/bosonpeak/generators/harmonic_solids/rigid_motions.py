"""Rigid motions, their cost in a harmonic solid, and the recognition of zero modes."""

from __future__ import annotations

import itertools

import numpy as np

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.spectral_methods.operators import Operator

GAP = 100.0
"""Ratio of eigenvalues above zero modes, ten in frequency, by which zero modes are recognised."""

_INSIDE = 0.9
"""Least share of the rigid motions in modes that are taken for them."""

_FLAT = 1e-8


def translations(root_masses: FloatArray, dimension: int) -> FloatArray:
    """Orthonormal translations (particles * dimension, dimension) in mass-weighted coordinates."""
    weights = root_masses / np.linalg.norm(root_masses)
    return np.asarray(np.kron(weights[:, None], np.eye(dimension)))


def rotations(positions: FloatArray, root_masses: FloatArray) -> FloatArray:
    """Orthonormal rotations (particles * dimension, rotations) about the centre of mass, orthogonal to translations."""
    count, dimension = positions.shape
    centred = positions - (root_masses**2) @ positions / np.sum(root_masses**2)
    fields = []
    for first, second in itertools.combinations(range(dimension), 2):
        field = np.zeros((count, dimension))
        field[:, first], field[:, second] = -centred[:, second], centred[:, first]
        fields.append((field * root_masses[:, None]).ravel())
    if not fields:
        return np.empty((count * dimension, 0))
    left, sizes, _ = np.linalg.svd(np.array(fields).T, full_matrices=False)
    return np.asarray(left[:, sizes > _FLAT * max(float(sizes.max()), 1e-300)])


def cost(operator: Operator, motions: FloatArray, largest: float) -> float:
    """Largest element of the images of motions, scaled to root mean square 1, over the `largest` of the operator."""
    if not motions.shape[1] or largest == 0.0:
        return 0.0
    scaled = motions * np.sqrt(len(motions) / np.sum(motions**2, axis=0))
    return float(np.abs(operator @ scaled).max() / largest)


def zero_mode_count(eigenvalues: FloatArray, vectors: FloatArray, rigid: FloatArray, round_off: float) -> int:
    """Number of zero modes of eigenvalues (modes,), ascending by modulus, with vectors (size, modes)."""
    # Eigenvalues within `round_off` vanish, whatever their modes. Beyond that as many modes vanish as there are rigid
    # motions, if the next modulus is at least `GAP` times theirs and the motions are in the span of these modes.
    modulus = np.abs(eigenvalues)
    count, motions = int(np.count_nonzero(modulus <= round_off)), rigid.shape[1]
    if not 0 < motions <= len(modulus):
        return count
    above = modulus[motions] if motions < len(modulus) else np.inf
    held = float(np.sum((rigid.T @ vectors[:, :motions]) ** 2)) / motions
    return max(count, motions) if above >= GAP * modulus[motions - 1] and held >= _INSIDE else count
