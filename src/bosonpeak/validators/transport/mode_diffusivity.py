"""Diffusivity of vibrational modes of a harmonic solid, after Allen and Feldman, by kernel polynomials.

The heat current of a pair of modes is proportional to the element of A = H_ij (r_i - r_j) between them. With J the sum
of |A_kl|^2 over pairs of modes at lambda and lambda', and n the density of modes, D = pi J(lambda, lambda) / (2 d omega
n(lambda)): P. B. Allen and J. L. Feldman, Phys. Rev. B 48, 12581 (1993), with one density of final states per mode.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse as sparse
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import numbers, require_seed, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError, SchemaError
from bosonpeak.datasets.periodic_box import box_or_edges, mean_nearest_image
from bosonpeak.spectral_methods.block_matrix import BLOCK_SIZES
from bosonpeak.spectral_methods.chebyshev_filter import SpectralOutline
from bosonpeak.spectral_methods.double_expansion import (
    damped_polynomials,
    density_of_expansion,
    diagonal_of_expansion,
    double_moments,
)
from bosonpeak.spectral_methods.edge_eigenpairs import edge_eigenpairs
from bosonpeak.spectral_methods.kernel_polynomials import jackson_resolution
from bosonpeak.spectral_methods.operator_spectra import operator_bound, operator_moments, scaled_operator
from bosonpeak.spectral_methods.operators import as_operator, dense_matrix
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level, t_factor
from bosonpeak.validators.reduced_densities.operator_density import translations

_LARGEST_DENSE = 3000
_VECTORS = 8
_DENSE_BELOW = 1200
_UNSTABLE = 1e-8
_ASYMMETRY = 1e-8
_ASYMMETRY_OF_PRODUCTS = 1e-4
"""Of an operator, whose products may have single precision; its elements are then symmetrised."""


def diffusivity(
    system: Any,
    frequencies: ArrayLike | None = None,
    *,
    positions: ArrayLike,
    box: ArrayLike | None = None,
    masses: ArrayLike | None = None,
    moments: int = 256,
    vectors: int | None = None,
    lowest: int = 0,
    seed: int = 0,
    level: float = LEVEL,
) -> xr.Dataset:
    """Diffusivity D(omega) of the vibrations of a harmonic solid, after Allen and Feldman.

    Parameters
    ----------
    system : array_like, sparse matrix or operator, shape (particles * components, particles * components)
        Mass-weighted matrix of second derivatives, with one component per particle, or one per dimension. Its elements
        are needed: an operator with ``shape`` and ``@`` gives them by products with unit vectors, up to 3000 degrees
        of freedom.
    frequencies : array_like, shape (frequencies,), optional
        Where D is evaluated; by default 60 equidistant frequencies.
    positions : array_like, shape (particles, dimension)
    box : array_like, shape (dimension,) or (dimension, dimension), optional
        Lengths of the periodic box, or the edges of a tilted one, one per row; without it separations are taken as
        they are.
    masses : array_like, shape (particles,), optional
        Masses of the particles, if they differ: translations of these masses are projected out.
    moments : int
        Chebyshev moments of each projector; D is averaged over the ``resolution``, which is inversely proportional.
    vectors : int, optional
        Random vectors of the trace; by default none up to 3000 degrees of freedom, where all modes are computed, and 8
        for larger systems.
    lowest : int
        Number of lowest modes above the translations whose own diffusivity is computed, from their eigenvectors.
    seed : int
        Seed of the random vectors.
    level : float
        Confidence level of the interval, a jackknife over the random vectors; without these the limits are the value.

    Returns
    -------
    xarray.Dataset
        Over ``frequency``: ``diffusivity`` with ``diffusivity_low`` and ``diffusivity_high``, and ``resolution``, the
        rms width of both projectors. Over ``mode``, if asked for: ``eigenfrequency`` and ``mode_diffusivity``. Units
        are squared length times frequency.

    Raises
    ------
    NotApplicableError
        If positions, box and system do not fit, the system has no elements, or the spectrum is not positive.
    ForeignInputError
        If the system is not a square matrix of real numbers.

    Notes
    -----
    The broadening stands for the anharmonic width, or for the level spacing of a larger sample: it must exceed the
    level spacing. The diffusivity of plane waves, whose lifetime in a harmonic crystal is infinite, is inversely
    proportional to it. The interval describes the random vectors, not the scatter between samples. The moments are of
    Weisse et al., Rev. Mod. Phys. 78, 275 (2006), eq. 115.

    Examples
    --------
    Waves of a chain with omega = 2 sin(q/2) move at cos(q/2), slower at higher frequency:

    >>> import numpy as np
    >>> import scipy.sparse as sparse
    >>> ring = np.arange(200)
    >>> springs = sparse.coo_array((np.ones(200), (ring, (ring + 1) % 200)), shape=(200, 200))
    >>> chain = sparse.csr_array(2.0 * sparse.eye_array(200) - springs - springs.T)
    >>> found = diffusivity(chain, [0.5, 1.0, 1.5], positions=ring[:, None], box=[200.0], moments=64)
    >>> bool((np.diff(found["diffusivity"]) < 0.0).all())
    True
    """
    require_level(level)
    require_seed(NotApplicableError, seed)
    matrix, points, axes = _solid(system, positions)
    cell = None if box is None else box_or_edges(box, points.shape[1], refusal=NotApplicableError)
    currents = current_matrices(matrix, points, cell)
    bound, order = operator_bound(matrix), whole_number(moments, "moments", least=4)
    zero = translations(matrix, axes, bound, masses)
    omega = _frequencies(frequencies, bound)
    block = axes if axes in BLOCK_SIZES else 1
    x = 2.0 * omega**2 / bound - 1.0
    # Both are densities in x = 2 lambda / bound - 1; the joint density has one factor dx / dlambda more.
    factor = math.pi / (2.0 * points.shape[1] * omega) * (2.0 / bound)
    if vectors is None and matrix.shape[0] <= _LARGEST_DENSE:
        joint, density = _over_all_modes(matrix, currents, zero, bound, x, order)
        count, half = 0, np.zeros_like(x)
    else:
        count = whole_number(_VECTORS if vectors is None else vectors, "vectors")
        starts = np.random.default_rng(seed).choice((-1.0, 1.0), (count, matrix.shape[0]))
        starts -= (starts @ zero) @ zero.T
        joint, density = _over_random_vectors(matrix, currents, starts, bound, x, order, block)
        half = _jackknife(joint, density, level) * factor
    value = factor * joint.sum(axis=0) / density.sum(axis=0)
    columns: dict[str, Any] = {
        "diffusivity": ("frequency", value, _described("diffusivity of modes")),
        "diffusivity_low": ("frequency", value - half, _described("lower limit of the diffusivity")),
        "diffusivity_high": ("frequency", value + half, _described("upper limit of the diffusivity")),
        "resolution": (
            "frequency",
            math.sqrt(2.0) * jackson_resolution(order, bound, omega),
            _described("rms width of both projectors"),
        ),
    }
    if lowest:
        levels, own = _lowest_modes(matrix, currents, zero, bound, axes, whole_number(lowest, "lowest"), 4 * order)
        columns["eigenfrequency"] = ("mode", levels, _described("frequency of a mode"))
        columns["mode_diffusivity"] = ("mode", own / points.shape[1], _described("diffusivity of a single mode"))
    return xr.Dataset(
        columns,
        coords={"frequency": ("frequency", omega, _described("angular frequency"))},
        attrs={
            "level": level,
            "vectors": count,
            "moments": order,
            "interval": "jackknife over random vectors" if count else "none: all modes were computed",
        },
    )


def _over_all_modes(
    matrix: sparse.csr_array,
    currents: list[sparse.csr_array],
    zero: FloatArray,
    bound: float,
    x: FloatArray,
    order: int,
) -> tuple[FloatArray, FloatArray]:
    """Joint density J(x, x) and density of modes from all eigenvectors, both (1, places)."""
    values, modes = _all_pairs(matrix, zero, bound)
    if values[0] < -_UNSTABLE * bound:
        raise _not_positive()
    places = np.clip(2.0 * values / bound - 1.0, -1.0, 1.0)
    damped, weight = damped_polynomials(order, x)
    kernel = (damped.T @ np.cos(np.arange(order)[:, None] * np.arccos(places))) * weight[:, None]
    joint = np.zeros(len(x))
    for current in currents:
        elements = (modes.T @ (current @ modes)) ** 2
        joint += np.einsum("pi,pi->p", kernel @ elements, kernel)
    return joint[None], kernel.sum(axis=1)[None]


def _over_random_vectors(
    matrix: sparse.csr_array,
    currents: list[sparse.csr_array],
    starts: FloatArray,
    bound: float,
    x: FloatArray,
    order: int,
    block: int,
) -> tuple[FloatArray, FloatArray]:
    """Joint density J(x, x) and density of modes, both (vectors, places)."""
    try:
        single = operator_moments(matrix, starts, 2 * ((order + 1) // 2), bound, block=block)[:, :order]
    except SchemaError as error:
        raise _not_positive() from error
    double = double_moments(scaled_operator(matrix, bound, block), currents, starts, order)
    return diagonal_of_expansion(double, x), density_of_expansion(single, x)


def _jackknife(joint: FloatArray, density: FloatArray, level: float) -> FloatArray:
    """Half width of the interval of the ratio of sums over the vectors; NaN for too few vectors."""
    count = len(joint)
    if count < FEWEST_SAMPLES:
        return np.full(joint.shape[1], np.nan)
    partial = (joint.sum(axis=0) - joint) / (density.sum(axis=0) - density)
    variance = (count - 1) / count * ((partial - partial.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(variance) * t_factor(count, level))


def _not_positive() -> NotApplicableError:
    return NotApplicableError(
        "the spectrum is not between zero and its bound",
        expected="a symmetric matrix without negative eigenvalues",
        got="a negative eigenvalue",
        likely_cause="unstable modes: bosonpeak.vibrations counts them",
    )


def current_matrices(matrix: sparse.csr_array, points: FloatArray, box: FloatArray | None) -> list[sparse.csr_array]:
    """Antisymmetric matrices A = H_ij (r_i - r_j) for each axis, at the nearest image."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    components = matrix.shape[0] // len(points)
    apart = points[rows // components] - points[matrix.indices // components]
    if box is not None:
        # Half a box apart both images are as near: their mean is not a separation, and contributes none.
        apart = mean_nearest_image(apart, np.diag(box) if box.ndim == 1 else box)
    return [
        sparse.csr_array((matrix.data * apart[:, axis], matrix.indices, matrix.indptr), shape=matrix.shape)
        for axis in range(points.shape[1])
    ]


def _solid(system: Any, positions: ArrayLike) -> tuple[sparse.csr_array, FloatArray, int]:
    operator, most_skew = as_operator(np.asarray(system) if isinstance(system, list) else system, "system"), _ASYMMETRY
    if not (isinstance(operator, np.ndarray) or sparse.issparse(operator)):
        if operator.shape[0] > _LARGEST_DENSE:
            raise NotApplicableError(
                "the elements of the matrix are not known",
                expected="an array or a sparse matrix, as the current is H_ij (r_i - r_j); or an operator of at most "
                f"{_LARGEST_DENSE} degrees of freedom",
                got=f"{type(system).__name__} of shape {operator.shape}",
            )
        operator, most_skew = dense_matrix(operator), _ASYMMETRY_OF_PRODUCTS
    matrix = sparse.csr_array(operator)
    points = numbers(positions, "particles", "dimension", finite=True)
    if matrix.shape[0] not in (points.size, len(points)):
        raise NotApplicableError(
            "positions do not fit the matrix",
            expected=f"{matrix.shape[0]} particles, or {matrix.shape[0]} coordinates",
            got=f"positions of shape {points.shape}",
        )
    asymmetry = abs(matrix - matrix.T).max() / max(float(abs(matrix).max()), 1e-300)
    if asymmetry > most_skew:
        raise NotApplicableError(
            "the matrix is not symmetric",
            expected=f"an asymmetry of at most {most_skew:g} of the largest element",
            got=f"{asymmetry:.2g}",
            likely_cause="finite differences: 0.5 * (matrix + matrix.T)",
        )
    if most_skew > _ASYMMETRY:
        matrix = sparse.csr_array(0.5 * (matrix + matrix.T))
    return matrix, points, matrix.shape[0] // len(points)


def _frequencies(frequencies: ArrayLike | None, bound: float) -> FloatArray:
    highest = math.sqrt(bound)
    if frequencies is None:
        return np.asarray(highest * np.arange(1, 61) / 61)
    omega = numbers(frequencies, "frequencies", finite=True)
    if not ((omega > 0.0) & (omega < highest)).all():
        raise NotApplicableError(
            "a frequency is outside the spectrum",
            expected=f"frequencies above 0 and below {highest:.4g}",
            got=f"{omega.min():.4g} to {omega.max():.4g}",
        )
    return omega


def _lowest_modes(
    matrix: sparse.csr_array,
    currents: list[sparse.csr_array],
    zero: FloatArray,
    bound: float,
    axes: int,
    count: int,
    moments: int,
) -> tuple[FloatArray, FloatArray]:
    """Frequencies of the lowest modes, and d times their diffusivity: the spectrum of A e at the mode's own lambda."""
    values, vectors = _lowest_pairs(matrix, zero, bound, axes, count)
    block, found = axes if axes in BLOCK_SIZES else 1, np.zeros(count)
    x = 2.0 * values / bound - 1.0
    even = 2 * ((moments + 1) // 2)
    for current in currents:
        spectra = operator_moments(matrix, (current.T @ vectors).T, even, bound, block=block)
        found += np.array([density_of_expansion(row, np.array([x[k]]))[0] for k, row in enumerate(spectra)])
    omega = np.sqrt(values)
    return omega, math.pi / (2.0 * omega) * (2.0 / bound) * found


def _lowest_pairs(
    matrix: sparse.csr_array, zero: FloatArray, bound: float, axes: int, count: int
) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues and eigenvectors of the lowest modes above the translations."""
    size = matrix.shape[0]
    if not 0 < count <= size - zero.shape[1]:
        raise NotApplicableError("there are not so many modes", expected=f"1 to {size - zero.shape[1]}", got=str(count))
    if size > max(_DENSE_BELOW, 10 * count):
        generator = np.random.default_rng(0)
        outline = SpectralOutline.of_matrix(matrix, generator.standard_normal(size))
        pairs = edge_eigenpairs(
            matrix,
            outline,
            "lowest",
            count,
            generator=generator,
            project=lambda block: block - zero @ (zero.T @ block),
            projected_count=zero.shape[1],
            block=axes if axes in BLOCK_SIZES else 1,
        )
        if pairs is not None:
            return pairs.values, pairs.vectors
    values, vectors = _all_pairs(matrix, zero, bound)
    return values[:count], vectors[:, :count]


def _all_pairs(matrix: sparse.csr_array, zero: FloatArray, bound: float) -> tuple[FloatArray, FloatArray]:
    """All eigenpairs but the translations, which are lifted to twice the bound and left out."""
    kept = matrix.shape[0] - zero.shape[1]
    values, vectors = np.linalg.eigh(matrix.toarray() + 2.0 * bound * (zero @ zero.T))
    return values[:kept], vectors[:, :kept]


def _described(long_name: str) -> dict[str, str]:
    return {"units": "1", "long_name": long_name}
