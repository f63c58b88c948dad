"""Displacement fields of known kind in the place of a glass's modes, at its own positions and frequencies.

Claims about modes in space are controlled with these: what is not a vortex must not come out as one on the very points,
and with the very frequencies, on which glasses are judged.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.random import SeedSequence

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import ClaimError
from bosonpeak.validators.estimates.remembered import remembered
from bosonpeak.validators.estimates.stored_modes import StoredModes

if TYPE_CHECKING:
    from collections.abc import Callable


PATCH_RADIUS = (0.2, 0.35)
"""Smallest and largest radius of rotating patches over the length of the box: two particles across at N = 1000."""

CORRELATION_LENGTH = 0.1
"""Of smooth fields, over the length of the box."""

SEPARATED_AT = 0.85
"""Fraction of omega_0 between modes below the phonon and modes at it."""


SPOTS = 4
"""Places at which a planted field turns or strains."""

SMALLEST_SHARE = 0.1
"""Share of the particles, those in the surroundings of smallest stress, among which these places are drawn."""


def with_null_modes(dataset: xr.Dataset, fields: str, fields_at_the_phonon: str = "") -> xr.Dataset:
    """Replace a glass ensemble's eigenvectors by fields of known kind.

    Parameters
    ----------
    dataset : xarray.Dataset
        Glass ensemble whose modes in space are stored: what `StoredModes` needs.
    fields : str
        One of `NULL_FIELDS`.
    fields_at_the_phonon : str
        Another one for the modes above `SEPARATED_AT`; the same unless told otherwise.

    Returns
    -------
    xarray.Dataset
        Everything else as it was; the same fields at every call.

    Raises
    ------
    ClaimError
        If there are no such fields.
    """
    chosen = (fields, fields_at_the_phonon or fields)
    unknown = [name for name in chosen if name not in NULL_FIELDS]
    if unknown:
        raise ClaimError("no such fields", expected=", ".join(NULL_FIELDS), got=", ".join(unknown))
    modes = StoredModes(dataset)
    vectors = np.empty(dataset["eigenvector"].shape)
    for index, (places, ratio) in enumerate(zip(dataset["position"].values, modes.ratio, strict=True)):
        low = ratio < SEPARATED_AT
        for stream, (name, these) in enumerate(zip(chosen, (low, ~low), strict=True)):
            if these.any():
                vectors[index, these] = _null_modes(places, modes.box, name, int(these.sum()), stream)
    return dataset.assign(eigenvector=(dataset["eigenvector"].dims, vectors))


def planted_modes(places: FloatArray, box: FloatArray, stress_size: FloatArray, count: int, kind: str) -> FloatArray:
    """Fields that turn, or that strain, where the local stresses are small, as modes.

    Each field is the sum of a few patches u = A r exp(-r^2 / (2 R^2)) about particles whose surroundings have small
    stresses, with a random antisymmetric A (rotation) or a random symmetric one without trace (strain).

    Parameters
    ----------
    places : ndarray of float64, shape (particles, dimension)
    box : ndarray of float64, shape (dimension,)
    stress_size : ndarray of float64, shape (particles,)
        Size of each particle's stress; its mean with the weights exp(-r^2 / (2 R^2)) is the stress of surroundings.
    count : int
        Number of fields.
    kind : str
        One of `PLANTED_FIELDS`.

    Returns
    -------
    ndarray of float64, shape (count, particles, dimension)
        The same fields at every call.
    """
    from bosonpeak.generators.nulls.displacement_fields import as_modes

    sign = PLANTED_FIELDS[kind]
    generator = np.random.default_rng(own_seed(places))
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


@remembered(2048)
def _null_modes(places: FloatArray, box: FloatArray, name: str, count: int, stream: int) -> FloatArray:
    """Fields of a kind as modes, from one of the random streams that belong to a configuration."""
    from bosonpeak.generators.nulls.displacement_fields import as_modes

    return as_modes(NULL_FIELDS[name](places, box, count, own_seed(places).spawn(2)[stream]))


def own_seed(places: FloatArray) -> SeedSequence:
    """Randomness that belongs to a configuration, so that glasses differ and repetitions do not."""
    return SeedSequence(int.from_bytes(hashlib.sha256(np.ascontiguousarray(places).tobytes()).digest()[:16]))


def _superposed_waves(places: FloatArray, box: FloatArray, count: int, seed: SeedSequence) -> FloatArray:
    from bosonpeak.generators.nulls.displacement_fields import degenerate_waves

    return degenerate_waves(box, count, seed).at(places)


def _rotating_patches(places: FloatArray, box: FloatArray, count: int, seed: SeedSequence) -> FloatArray:
    from bosonpeak.generators.nulls.displacement_fields import rotating_patch

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


def _smooth_fields(share: float | None) -> Callable[[FloatArray, FloatArray, int, SeedSequence], FloatArray]:
    def fields(places: FloatArray, box: FloatArray, count: int, seed: SeedSequence) -> FloatArray:
        from bosonpeak.generators.nulls.displacement_fields import gaussian_fields

        length = CORRELATION_LENGTH * float(box.min())
        even = 1.0 - 1.0 / len(box)
        return gaussian_fields(
            box, count, seed, correlation_length=length, transverse_share=even if share is None else share
        ).at(places)

    return fields


NULL_FIELDS: dict[str, Callable[[FloatArray, FloatArray, int, SeedSequence], FloatArray]] = {
    "superposed-waves": _superposed_waves,
    "rotating-patches": _rotating_patches,
    "random-fields": _smooth_fields(None),
    "irrotational-fields": _smooth_fields(0.0),
}
"""Superposed degenerate waves of the first transverse shell, patches that turn, smooth fields of random polarisation,
and smooth fields without rotation."""

PLANTED_FIELDS = {"rotation-at-small-stress": -1.0, "strain-at-small-stress": 1.0}
"""Fields that turn, and fields that strain, at small stresses: the sign with which A's transpose is added to A."""
