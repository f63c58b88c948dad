"""Displacement fields of known kind at the places of a glass's particles, to take the place of the glass's modes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import SeedSequence

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.nulls.displacement_fields import as_modes, degenerate_waves, gaussian_fields, rotating_patch

Fields = Callable[[FloatArray, FloatArray, int, SeedSequence], FloatArray]
"""Function of places, box, number of fields and seed that returns fields (count, particles, dimension)."""

PATCH_RADIUS = (0.2, 0.35)
"""Smallest and largest radius of rotating patches over the length of the box: two particles across at N = 1000."""

CORRELATION_LENGTH = 0.1
"""Of smooth fields, over the length of the box."""

SPOTS = 4
"""Places at which a planted field turns or strains."""

SMALLEST_SHARE = 0.1
"""Share of the particles, those in the surroundings of smallest stress, among which these places are drawn."""


def null_modes(places: FloatArray, box: FloatArray, name: str, count: int, seed: SeedSequence) -> FloatArray:
    """Fields of a kind named in `NULL_FIELDS`, as modes; (count, particles, dimension)."""
    return np.asarray(as_modes(NULL_FIELDS[name](places, box, count, seed)))


def planted_modes(
    places: FloatArray, box: FloatArray, stress_size: FloatArray, count: int, kind: str, seed: SeedSequence
) -> FloatArray:
    """Fields (count, particles, dimension) that turn, or that strain, where local stresses (particles,) are small."""
    # Each field is the sum of a few patches u = A r exp(-r^2 / (2 R^2)) about particles whose surroundings have small
    # stresses (mean with these weights), with a random antisymmetric A (rotation) or a random symmetric A without
    # trace.
    sign = PLANTED_FIELDS[kind]
    generator = np.random.default_rng(seed)
    offset = places[:, None] - places
    offset -= box * np.round(offset / box)
    weight = np.exp(-0.5 * (offset**2).sum(axis=2) / (CORRELATION_LENGTH * float(box.min())) ** 2)
    around = weight @ stress_size / weight.sum(axis=1)
    smallest = np.argsort(around)[: max(SPOTS, int(SMALLEST_SHARE * len(places)))]
    fields = np.zeros((count, *places.shape))
    for field in fields:
        for spot in generator.choice(smallest, SPOTS, replace=False):
            matrix = generator.standard_normal((len(box), len(box)))
            matrix += sign * matrix.T
            matrix -= np.trace(matrix) / len(box) * np.eye(len(box))
            field += weight[:, spot, None] * (offset[:, spot] @ matrix.T) / np.linalg.norm(matrix)
    return np.asarray(as_modes(fields))


def _superposed_waves(places: FloatArray, box: FloatArray, count: int, seed: SeedSequence) -> FloatArray:
    return degenerate_waves(box, count, seed).at(places)


def _rotating_patches(places: FloatArray, box: FloatArray, count: int, seed: SeedSequence) -> FloatArray:
    generator = np.random.default_rng(seed)
    low, high = (share * float(box.min()) for share in PATCH_RADIUS)
    return np.stack([
        rotating_patch(
            places,
            box,
            generator.random(len(box)) * box,
            generator.uniform(low, high),
            axis=generator.standard_normal(3),
        )
        for _ in range(count)
    ])  # fmt: skip


def _smooth_fields(share: float | None) -> Fields:
    def fields(places: FloatArray, box: FloatArray, count: int, seed: SeedSequence) -> FloatArray:
        length = CORRELATION_LENGTH * float(box.min())
        even = 1.0 - 1.0 / len(box)
        return gaussian_fields(
            box, count, seed, correlation_length=length, transverse_share=even if share is None else share
        ).at(places)

    return fields


NULL_FIELDS: dict[str, Fields] = {
    "superposed-waves": _superposed_waves,
    "rotating-patches": _rotating_patches,
    "random-fields": _smooth_fields(None),
    "irrotational-fields": _smooth_fields(0.0),
}
"""Superposed degenerate waves of the first transverse shell, patches that turn, smooth fields of random polarisation,
and smooth fields without rotation."""

PLANTED_FIELDS = {"rotation-at-small-stress": -1.0, "strain-at-small-stress": 1.0}
"""Fields that turn, and fields that strain, at small stresses: the sign with which A's transpose is added to A."""
