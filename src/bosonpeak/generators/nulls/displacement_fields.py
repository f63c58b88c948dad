"""Displacement fields of known truth, on which every measurement of modes in space is calibrated.

Superpositions of plane waves are a `WaveField`: known everywhere, with their gradient and exact curl content; `at`
evaluates them at given positions. All other fields are returned at the requested positions. `as_modes` gives a field
the norm of an eigenvector.

The curl content is the rotational share of the squared gradient, C = <|curl u|^2> / (<|curl u|^2> + <(div u)^2>):

    =========================================  =========
    `degenerate_waves`, transverse             1
    `degenerate_waves`, longitudinal           0
    `gaussian_fields` of transverse share x    x on average, exact for each draw from `WaveField.curl_content`
    `white_fields`                             (d - 1)/d on average
    `rotating_patch`                           1
    `breathing_patch`                          0
    `point_vortices`                           1
    =========================================  =========
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import present, require_arrays, require_counts, require_numbers, require_seed
from bosonpeak.datasets.array_types import ComplexArray, FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.periodic_box import nearest_image

Seed = int | SeedSequence
Polarisation = Literal["transverse", "longitudinal"]
Profile = Literal["sharp", "gaussian"]

_NEGLIGIBLE = 4.5
"""Spectra end where this many correlation lengths fit a radian: the power there is below 2e-9 of the largest."""

_POINTS_AT_ONCE = 100
"""So many that the waves at these points stay in the processor's cache."""

_CORE_REACH = 6.0
"""Vortices end where this many core radii fit a radian: their vorticity there is below 2e-8 of the largest."""


@dataclass(frozen=True)
class WaveField:
    """Fields u(r) = Re sum_k a_k exp(i k.r), known everywhere in a periodic box."""

    wave_vectors: FloatArray  # (waves, dimension), one vector of each pair +-k, without k = 0
    amplitudes: ComplexArray  # (fields, waves, dimension), a_k

    def at(self, positions: ArrayLike) -> FloatArray:
        """Displacements at positions, shape (fields, particles, dimension)."""
        return self._summed(np.asarray(positions, dtype=np.float64), self.amplitudes)

    def gradient(self, positions: ArrayLike) -> FloatArray:
        """Gradients d u_a / d r_b at positions, shape (fields, particles, dimension a, dimension b)."""
        points = np.asarray(positions, dtype=np.float64)
        slopes = 1j * self.amplitudes[..., None] * self.wave_vectors[:, None, :]
        fields, waves, dimension, _ = slopes.shape
        flat = self._summed(points, slopes.reshape(fields, waves, dimension**2))
        return flat.reshape(fields, len(points), dimension, dimension)

    def curl_content(self, weight: Callable[[FloatArray], FloatArray] | None = None) -> FloatArray:
        """Exact curl content (fields,); `weight` maps |k| to factors of the power, for a smoothed field."""
        wavenumber = np.linalg.norm(self.wave_vectors, axis=1)
        factor = wavenumber**2 if weight is None else wavenumber**2 * weight(wavenumber)
        along = np.einsum("fwd,wd->fw", self.amplitudes, self.wave_vectors / wavenumber[:, None])
        longitudinal = (np.abs(along) ** 2) @ factor
        total = (np.abs(self.amplitudes) ** 2).sum(axis=2) @ factor
        return np.asarray(1.0 - longitudinal / total)

    def _summed(self, points: FloatArray, amplitudes: ComplexArray) -> FloatArray:
        fields, waves, components = amplitudes.shape
        columns = amplitudes.transpose(1, 0, 2).reshape(waves, fields * components)
        cosines, sines = np.ascontiguousarray(columns.real), np.ascontiguousarray(columns.imag)
        # Waves are products of waves along the axes, and few of these factors differ.
        along = [np.unique(numbers, return_inverse=True) for numbers in self.wave_vectors.T]
        values = np.empty((len(points), fields * components))
        for start in range(0, len(points), _POINTS_AT_ONCE):
            here = points[start : start + _POINTS_AT_ONCE]
            factors = np.ones((waves, len(here)), dtype=np.complex128)
            for (different, index), places in zip(along, here.T, strict=True):
                factors *= np.exp(1j * np.outer(different, places))[index]
            values[start : start + len(here)] = factors.real.T @ cosines - factors.imag.T @ sines
        return np.asarray(values.reshape(len(points), fields, components).transpose(1, 0, 2))


def degenerate_waves(
    box: ArrayLike,
    fields: int,
    seed: Seed,
    *,
    shell: int = 1,
    waves: int | None = None,
    polarisation: Polarisation = "transverse",
) -> WaveField:
    """Random superpositions of plane waves of equal |k|: the rival explanation of vortex modes.

    Parameters
    ----------
    box : array_like, shape (dimension,)
        Lengths of the periodic box.
    fields : int
        Number of fields.
    seed : int or SeedSequence
    shell : int
        Which |k|, from 1 for the smallest. In a cube the first shell holds 12 transverse waves, in a square 4.
    waves : int, optional
        Standing waves superposed in each field, drawn without replacement; by default all of the shell.
    polarisation : "transverse" or "longitudinal"

    Returns
    -------
    WaveField
        Normal coefficients; curl content exactly 1 for transverse waves, 0 for longitudinal ones.

    Raises
    ------
    RecipeError
        If the shell has fewer waves than requested, or the polarisation is unknown.

    Examples
    --------
    >>> rolls = degenerate_waves([10.0, 10.0], 2, seed=1)
    >>> rolls.curl_content().round(6).tolist()
    [1.0, 1.0]
    >>> sound = degenerate_waves([10.0, 10.0], 2, seed=1, polarisation="longitudinal")
    >>> abs(sound.curl_content()).round(6).tolist()
    [0.0, 0.0]
    """
    require_counts(RecipeError, fields=fields, shell=shell, **present(waves=waves))
    require_seed(RecipeError, seed)
    lengths = _box(box)
    vectors = _shell(lengths, shell)
    directions = _polarisations(vectors, polarisation)
    standing = 2 * directions.shape[0] * directions.shape[1]
    count = standing if waves is None else waves
    if not 0 < count <= standing:
        raise RecipeError("the shell has fewer waves", expected=f"1 to {standing} waves", got=str(waves))
    generator = np.random.default_rng(seed)
    chosen = generator.permuted(np.tile(np.arange(standing) < count, (fields, 1)), axis=1)
    coefficient = np.where(chosen, generator.standard_normal((fields, standing)), 0.0)
    pairs = coefficient.reshape(fields, *directions.shape[:2], 2)
    return WaveField(vectors, np.einsum("fwp,wpd->fwd", pairs[..., 0] - 1j * pairs[..., 1], directions))


def gaussian_fields(
    box: ArrayLike, fields: int, seed: Seed, *, correlation_length: float, transverse_share: float
) -> WaveField:
    """Gaussian random fields with power ~ exp(-k^2 l^2) and a given rotational share.

    Parameters
    ----------
    box : array_like, shape (dimension,)
        Lengths of the periodic box.
    fields : int
        Number of fields.
    seed : int or SeedSequence
    correlation_length : float
        l, in the unit of the box.
    transverse_share : float
        Expected curl content: 0 makes the fields irrotational, 1 free of divergence, (d - 1)/d isotropic without
        preference for either.

    Returns
    -------
    WaveField

    Raises
    ------
    RecipeError
        If the share is outside [0, 1] or the correlation length leaves no wave in the box.

    Examples
    --------
    Fields without divergence, seen at two points:

    >>> fields = gaussian_fields([10.0, 10.0], 2, seed=1, correlation_length=2.0, transverse_share=1.0)
    >>> fields.curl_content().round(6).tolist()
    [1.0, 1.0]
    >>> fields.at([[0.0, 0.0], [5.0, 5.0]]).shape
    (2, 2, 2)
    """
    require_counts(RecipeError, fields=fields)
    require_seed(RecipeError, seed)
    require_numbers(RecipeError, correlation_length=correlation_length, transverse_share=transverse_share)
    if not 0.0 <= transverse_share <= 1.0:
        raise RecipeError(
            "invalid transverse share", expected="0 <= transverse_share <= 1", got=f"{transverse_share:g}"
        )
    lengths = _box(box)
    vectors = _half_space(lengths, _NEGLIGIBLE / correlation_length)
    if len(vectors) == 0:
        raise RecipeError(
            "the field would be uniform",
            expected="a correlation length well below the box",
            got=f"{correlation_length:g} in {lengths.tolist()}",
        )
    wavenumber = np.linalg.norm(vectors, axis=1)
    power = np.exp(-((wavenumber * correlation_length) ** 2))
    parts = np.random.default_rng(seed).standard_normal((2, fields, *vectors.shape))
    isotropic = (parts[0] + 1j * parts[1]) * np.sqrt(power)[:, None]
    unit = vectors / wavenumber[:, None]
    along = np.einsum("fwd,wd->fw", isotropic, unit)[..., None] * unit
    across = (isotropic - along) / np.sqrt(len(lengths) - 1.0)
    return WaveField(vectors, np.sqrt(transverse_share) * across + np.sqrt(1.0 - transverse_share) * along)


def white_fields(particles: int, dimension: int, fields: int, seed: Seed) -> FloatArray:
    """Independent normal displacements of every particle, shape (fields, particles, dimension), without correlations.

    Examples
    --------
    >>> fields = white_fields(1000, 3, 20, seed=1)
    >>> fields.shape, round(float((fields**2).mean()), 1)
    ((20, 1000, 3), 1.0)
    """
    require_counts(RecipeError, particles=particles, dimension=dimension, fields=fields)
    require_seed(RecipeError, seed)
    return np.random.default_rng(seed).standard_normal((fields, particles, dimension))


def rotating_patch(
    positions: ArrayLike,
    box: ArrayLike,
    centre: ArrayLike,
    radius: float,
    *,
    axis: ArrayLike = (0.0, 0.0, 1.0),
    profile: Profile = "sharp",
) -> FloatArray:
    """A patch that turns as a rigid body, by a small unit angle, in a medium at rest.

    (e x r) f(|r|) has no divergence whatever f is, since grad f is along r: the curl content is 1, edge included, and
    the vorticity eta = (1/2) curl u where f = 1 is the unit vector e.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
    box : array_like, shape (dimension,)
        Lengths of the periodic box.
    centre : array_like, shape (dimension,)
        Centre of the patch.
    radius : float
        Where a sharp patch ends, at most half the box; standard deviation of a Gaussian one, which needs a tenth of
        the box or less to be smooth across it.
    axis : array_like, shape (3,)
        Axis of rotation in three dimensions, of any length.
    profile : "sharp" or "gaussian"
        f = 1 inside and 0 outside, or exp(-r^2 / (2 radius^2)).

    Returns
    -------
    ndarray of float64, shape (particles, dimension)

    Examples
    --------
    The centre stays, a particle to its right moves up, and a particle outside the patch stays.

    >>> positions = [[5.0, 5.0], [6.0, 5.0], [8.0, 5.0]]
    >>> (rotating_patch(positions, [10.0, 10.0], [5.0, 5.0], 2.0) + 0.0).tolist()
    [[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    """
    require_arrays(RecipeError, 1, axis=axis)
    offset, profile_values = _patch(positions, box, centre, radius, profile)
    if offset.shape[1] == 2:
        turned = np.column_stack([-offset[:, 1], offset[:, 0]])
    else:
        direction = np.asarray(axis, dtype=np.float64)
        turned = np.cross(direction / np.linalg.norm(direction), offset)
    return np.asarray(profile_values[:, None] * turned)


def breathing_patch(
    positions: ArrayLike, box: ArrayLike, centre: ArrayLike, radius: float, *, profile: Profile = "sharp"
) -> FloatArray:
    """A patch that dilates uniformly, u = r f(|r|): irrotational, curl content 0; arguments as `rotating_patch`.

    Examples
    --------
    The centre stays, a particle at distance 1 moves out by 1, and a particle outside the patch stays.

    >>> positions = [[5.0, 5.0], [6.0, 5.0], [8.0, 5.0]]
    >>> breathing_patch(positions, [10.0, 10.0], [5.0, 5.0], 2.0).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    """
    offset, profile_values = _patch(positions, box, centre, radius, profile)
    return np.asarray(profile_values[:, None] * offset)


def point_vortices(box: ArrayLike, centres: ArrayLike, circulations: ArrayLike, *, core: float) -> WaveField:
    """Vortices of given circulation with a small Gaussian core, against a uniform background that cancels them.

    The vorticity is curl u = sum_c Gamma_c [exp(-r_c^2 / (2 core^2)) / (2 pi core^2) - 1/A] in a periodic box of area
    A; without divergence, so that the curl content is 1. Each centre well apart from the others has winding number 1
    whatever the sign of its circulation.

    Parameters
    ----------
    box : array_like, shape (dimension,)
        Lengths of the periodic box; in three dimensions the vortices are straight lines along the last axis.
    centres : array_like, shape (vortices, 2)
    circulations : array_like, shape (vortices,)
        Gamma, positive for a counter-clockwise vortex.
    core : float
        Standard deviation of the vorticity of one vortex.

    Returns
    -------
    WaveField
        A single field.

    Raises
    ------
    RecipeError
        If an argument cannot be used.

    Examples
    --------
    To the right of a counter-clockwise vortex the field points up, to the left down.

    >>> pair = point_vortices([10.0, 10.0], [[2.5, 5.0], [7.5, 5.0]], [1.0, -1.0], core=0.5)
    >>> pair.curl_content().round(6).tolist()
    [1.0]
    >>> velocity = pair.at([[3.5, 5.0], [1.5, 5.0]])[0]
    >>> (velocity[:, 1] > 0.0).tolist()
    [True, False]
    """
    require_arrays(RecipeError, centres=centres, circulations=circulations)
    require_numbers(RecipeError, core=core)
    lengths = _box(box)
    places = np.atleast_2d(np.asarray(centres, dtype=np.float64))
    strength = np.atleast_1d(np.asarray(circulations, dtype=np.float64))
    if places.shape != (strength.size, 2) or strength.ndim != 1:
        raise RecipeError(
            "centres and circulations disagree",
            expected="shapes (vortices, 2) and (vortices,)",
            got=f"{places.shape} and {strength.shape}",
        )
    plane = _half_space(lengths[:2], _CORE_REACH / core)
    square = (plane**2).sum(axis=1)
    vorticity = np.exp(-0.5 * square * core**2) * (np.exp(-1j * plane @ places.T) @ strength)
    stream = 2.0 * vorticity / (square * lengths[0] * lengths[1])
    vectors = np.zeros((len(plane), len(lengths)))
    vectors[:, :2] = plane
    amplitudes = np.zeros((1, *vectors.shape), dtype=np.complex128)
    amplitudes[0, :, 0] = 1j * plane[:, 1] * stream
    amplitudes[0, :, 1] = -1j * plane[:, 0] * stream
    return WaveField(vectors, amplitudes)


def as_modes(fields: ArrayLike) -> FloatArray:
    """Fields (..., particles, dimension) without their mean (no curl, no divergence), normalised like eigenvectors."""
    values = np.asarray(fields, dtype=np.float64)
    moving = values - values.mean(axis=-2, keepdims=True)
    return np.asarray(moving / np.sqrt((moving**2).sum(axis=(-2, -1), keepdims=True)))


def _box(box: ArrayLike) -> FloatArray:
    require_arrays(RecipeError, box=box)
    lengths = np.asarray(box, dtype=np.float64)
    if lengths.ndim != 1 or len(lengths) not in (2, 3) or not (np.isfinite(lengths).all() and (lengths > 0.0).all()):
        raise RecipeError("the box cannot be used", expected="two or three positive finite lengths", got=str(box))
    return lengths


def _half_space(lengths: FloatArray, highest: float) -> FloatArray:
    """Wave vectors of the box with 0 < |k| <= highest, a single vector of each pair +-k, by ascending |k|."""
    unit = 2.0 * np.pi / lengths
    reach = (highest / unit).astype(int)
    axes = np.meshgrid(*[np.arange(-n, n + 1) for n in reach], indexing="ij")
    numbers = np.stack([axis.ravel() for axis in axes], axis=1)
    numbers = numbers[len(numbers) // 2 + 1 :]
    vectors = numbers * unit
    square = (vectors**2).sum(axis=1)
    inside = np.flatnonzero(square <= highest**2 * (1.0 + 1e-12))
    return np.asarray(vectors[inside[np.argsort(square[inside], kind="stable")]])


def _shell(lengths: FloatArray, shell: int) -> FloatArray:
    if shell < 1:
        raise RecipeError("invalid shell of waves", expected="1 for the lowest, or more", got=str(shell))
    # The n-th distinct |k| is at most n times the smallest, because all multiples of the smallest are among the |k|.
    vectors = _half_space(lengths, 2.0 * np.pi * shell / float(lengths.max()))
    wavenumber = np.linalg.norm(vectors, axis=1)
    steps = np.concatenate([[0], np.cumsum(np.diff(wavenumber) > 1e-9 * wavenumber[0])])
    return np.asarray(vectors[steps == shell - 1])


def _polarisations(vectors: FloatArray, polarisation: Polarisation) -> FloatArray:
    """Orthonormal polarisations of each wave vector, shape (waves, polarisations, dimension)."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    if polarisation == "longitudinal":
        return np.asarray(unit[:, None, :])
    if polarisation != "transverse":
        raise RecipeError("unknown polarisation", expected="transverse or longitudinal", got=str(polarisation))
    if vectors.shape[1] == 2:
        return np.stack([-unit[:, 1], unit[:, 0]], axis=1)[:, None, :]
    helper = np.eye(3)[np.argmin(np.abs(unit), axis=1)]
    first = np.cross(unit, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, np.cross(unit, first)], axis=1)


def _patch(
    positions: ArrayLike, box: ArrayLike, centre: ArrayLike, radius: float, profile: Profile
) -> tuple[FloatArray, FloatArray]:
    """Positions relative to the centre by the nearest image, and the profile there."""
    require_arrays(RecipeError, 2, positions=positions)
    require_arrays(RecipeError, 1, centre=centre)
    require_numbers(RecipeError, radius=radius)
    lengths = _box(box)
    if not 0.0 < radius <= 0.5 * lengths.min():
        raise RecipeError(
            "the patch does not fit the box", expected=f"at most {0.5 * lengths.min():g}", got=f"{radius}"
        )
    offset = nearest_image(np.asarray(positions, dtype=np.float64) - np.asarray(centre, dtype=np.float64), lengths)
    square = (offset**2).sum(axis=1)
    if profile == "sharp":
        return offset, (square < radius**2).astype(np.float64)
    if profile != "gaussian":
        raise RecipeError("unknown profile", expected="sharp or gaussian", got=str(profile))
    return offset, np.exp(-0.5 * square / radius**2)
