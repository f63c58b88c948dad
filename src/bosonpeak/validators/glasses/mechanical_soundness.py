"""Mechanical soundness of a glass: force balance, stability, and modes consistent with the Hessian."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import scipy.sparse as sparse
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import instance, numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, signed_frequency
from bosonpeak.validators.estimates.intervals import LEVEL
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

RECORDED = {
    "force_balance": ("residual_force", "largest residual force"),
    "zero_mode_surplus": ("zero_mode_count", "zero modes less those expected"),
    "rattlers": ("rattler_count", "particles with fewer than dimension + 1 contacts"),
    "smallest_eigenvalue": ("smallest_eigenvalue", "smallest eigenvalue, zero modes left out"),
    "residual": ("mode_residual", "largest |H e - lambda e| over the largest |lambda|"),
    "orthonormality": ("mode_orthonormality", "largest deviation of e.e from the unit matrix"),
    "asymmetry": ("hessian_asymmetry", "largest |H - H^T| over the largest |H|"),
    "translation_residual": ("translation_residual", "largest row sum of H over the largest |H|"),
}
"""Field of `Mechanics`, variable in which a glass ensemble records it sample by sample, and what it is."""


@dataclass(frozen=True)
class Mechanics:
    """Invariants of a glass, each the worst over samples; None for quantities without data."""

    force_balance: Estimate | None = None  # largest residual force on a particle
    zero_mode_surplus: Estimate | None = None  # zero modes minus translations and modes of free particles
    rattlers: Estimate | None = None  # largest number per sample
    smallest_eigenvalue: Estimate | None = None  # without zero modes, positive in a stable glass
    residual: Estimate | None = None  # |H e - lambda e| relative to the largest |eigenvalue|
    orthonormality: Estimate | None = None  # largest deviation of e_p . e_q from delta_pq
    asymmetry: Estimate | None = None  # largest |H - H^T| relative to the largest element
    translation_residual: Estimate | None = None  # largest sum over a row and one component, relative


@accept_old_spelling("dataset")
def mechanics(data: Ensemble) -> Mechanics:
    """Invariants that a glass ensemble records of its samples.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        With any of ``residual_force``, ``zero_mode_count``, ``rattler_count``, ``smallest_eigenvalue``,
        ``mode_residual``, ``mode_orthonormality``, ``hessian_asymmetry`` and ``translation_residual`` (sample), and
        the attribute ``dimension`` where zero modes are to be counted. Without ``smallest_eigenvalue`` the lowest
        ``eigenfrequency`` is squared, its sign kept.

    Returns
    -------
    Mechanics

    Raises
    ------
    NotApplicableError
        If none of these variables is recorded.

    Examples
    --------
    As many zero modes as translations, and forces in balance:

    >>> from bosonpeak.datasets import open_dataset
    >>> found = mechanics(open_dataset("glass/sizes", group="N-500"))
    >>> found.zero_mode_surplus.value, found.force_balance.value < 1e-8
    (0.0, True)
    """
    data = one_ensemble(data)
    recorded = {name: data[variable].values for name, (variable, _) in RECORDED.items() if variable in data}
    if "zero_mode_surplus" in recorded:
        recorded["zero_mode_surplus"] = recorded["zero_mode_surplus"] - _expected_zero_modes(data)
    if "smallest_eigenvalue" not in recorded and "eigenfrequency" in data:
        lowest = signed_frequency(data)[:, 0]
        recorded["smallest_eigenvalue"] = np.sign(lowest) * lowest**2
    if not recorded:
        raise NotApplicableError(
            "nothing mechanical is recorded",
            expected="one of " + ", ".join(variable for variable, _ in RECORDED.values()),
        )
    return Mechanics(**{name: _worst(name, np.asarray(values)) for name, values in recorded.items()})


def mechanics_of_sample(
    hessian: sparse.csr_array | FloatArray,
    eigenvalues: ArrayLike,
    eigenvectors: ArrayLike,
    *,
    dimension: int,
    forces: ArrayLike | None = None,
    free_particles: int = 0,
    zero_below: float = 1e-9,
) -> Mechanics:
    """Invariants of one configuration, measured.

    Parameters
    ----------
    hessian : sparse array or ndarray, shape (n, n)
        Second derivatives of the energy, unit masses; the components of one particle are adjacent.
    eigenvalues : array_like, shape (modes,)
        Ascending; all of them if zero modes are to be counted.
    eigenvectors : array_like, shape (n, modes)
        Their eigenvectors, one a column.
    dimension : int
        Dimension of space.
    forces : array_like, shape (particles, dimension), optional
        Residual force on each particle.
    free_particles : int
        Particles without any interaction, each with ``dimension`` zero modes of its own.
    zero_below : float
        Eigenvalues below this fraction of the largest, in modulus, count as zero.

    Returns
    -------
    Mechanics

    Raises
    ------
    NotApplicableError
        If the shapes do not fit each other.

    Examples
    --------
    Two masses and a spring, on a line: one zero mode, as it should be.

    >>> import numpy as np
    >>> spring = np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> eigenvalues, eigenvectors = np.linalg.eigh(spring)
    >>> found = mechanics_of_sample(spring, eigenvalues, eigenvectors, dimension=1)
    >>> found.zero_mode_surplus.value, found.asymmetry.value
    (0.0, 0.0)
    """
    dense = None if sparse.issparse(hessian) else numbers(hessian, "components", "components", finite=True)
    matrix: Any = sparse.csr_array(hessian if dense is None else dense)
    values = numbers(eigenvalues, "modes", finite=True)
    vectors = numbers(eigenvectors, "components", "modes", finite=True)
    dimension = whole_number(dimension, "dimension")
    free_particles = whole_number(free_particles, "free_particles", least=0)
    size = matrix.shape[0]
    if matrix.shape != (size, size) or vectors.shape != (size, len(values)) or size % dimension:
        raise NotApplicableError(
            "Hessian and modes do not fit each other",
            expected="(n, n), (modes,) and (n, modes), n a multiple of the dimension",
            got=f"{matrix.shape}, {values.shape} and {vectors.shape}",
        )
    largest = float(abs(matrix).max())
    scale = float(np.max(np.abs(values)))
    zero = np.abs(values) < zero_below * scale
    measured = {
        "asymmetry": float(abs(matrix - matrix.T).max()) / largest,
        "translation_residual": float(np.abs(matrix @ _translations(size, dimension)).max()) / largest,
        "residual": float(np.linalg.norm(matrix @ vectors - vectors * values, axis=0).max()) / scale,
        "orthonormality": float(np.abs(vectors.T @ vectors - np.eye(len(values))).max()),
        "smallest_eigenvalue": float(values[~zero].min()) if (~zero).any() else math.nan,
    }
    if len(values) == size:
        measured["zero_mode_surplus"] = float(np.count_nonzero(zero)) - dimension * (1 + free_particles)
    if forces is not None:
        measured["force_balance"] = float(np.linalg.norm(numbers(forces, "particles", "dimension"), axis=1).max())
    return Mechanics(**{name: _worst(name, np.array([value])) for name, value in measured.items()})


def unsound(found: Mechanics, *, tolerance: float = 1e-8) -> tuple[str, ...]:
    """Names of the invariants that are violated.

    Parameters
    ----------
    found : Mechanics
    tolerance : float
        Largest residual force, in the unit of the data, and largest relative residual of everything else.

    Returns
    -------
    tuple of str
        Fields of `Mechanics`; empty for a sound glass. Rattlers are not a violation.

    Raises
    ------
    NotApplicableError
        If `found` is not a result of `mechanics`.

    Examples
    --------
    Two masses and a spring: sound, with wrong eigenvalues, and out of balance.

    >>> import numpy as np
    >>> from bosonpeak.validators.glasses import mechanics_of_sample
    >>> spring = np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> eigenvalues, eigenvectors = np.linalg.eigh(spring)
    >>> unsound(mechanics_of_sample(spring, eigenvalues, eigenvectors, dimension=1))
    ()
    >>> unsound(mechanics_of_sample(spring, eigenvalues + 0.1, eigenvectors, dimension=1))
    ('zero_mode_surplus', 'residual')
    >>> unsound(mechanics_of_sample(spring, eigenvalues, eigenvectors, dimension=1, forces=[[0.1], [-0.1]]))
    ('force_balance',)
    """
    found = instance(found, Mechanics, "mechanics")
    violated = []
    for field in fields(found):
        estimate = getattr(found, field.name)
        if estimate is None or field.name == "rattlers":
            continue
        if field.name == "smallest_eigenvalue":
            wrong = not estimate.value > 0.0
        else:
            wrong = not abs(estimate.value) <= (0.0 if field.name == "zero_mode_surplus" else tolerance)
        if wrong:
            violated.append(field.name)
    return tuple(violated)


def _expected_zero_modes(dataset: xr.Dataset) -> FloatArray:
    if "dimension" not in dataset.attrs:
        raise NotApplicableError("zero modes cannot be judged", expected="an attribute dimension", got="none")
    free = dataset["free_particle_count"].values if "free_particle_count" in dataset else 0
    return np.asarray(int(dataset.attrs["dimension"]) * (1.0 + np.asarray(free, dtype=np.float64)))


def _worst(name: str, values: FloatArray) -> Estimate:
    """Worst value on the wrong side, with its sample."""
    samples = values.astype(np.float64)
    badness = -samples if name == "smallest_eigenvalue" else np.abs(samples)
    worst = int(np.argmax(np.where(np.isnan(badness), np.inf, badness)))
    value = float(samples[worst])
    return Estimate(
        name=RECORDED[name][1],
        value=value,
        low=value,
        high=value,
        level=LEVEL,
        n=len(samples),
        method="the worst over samples",
        details={"sample": worst},
    )


def _translations(size: int, dimension: int) -> FloatArray:
    return np.tile(np.eye(dimension), (size // dimension, 1))
