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


@remembered(2048)
def _null_modes(places: FloatArray, box: FloatArray, name: str, count: int, stream: int) -> FloatArray:
    """Fields of a kind as modes, from one of the random streams that belong to a configuration."""
    from bosonpeak.generators.nulls.displacement_fields import as_modes

    return as_modes(NULL_FIELDS[name](places, box, count, _own_seed(places).spawn(2)[stream]))


def _own_seed(places: FloatArray) -> SeedSequence:
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
