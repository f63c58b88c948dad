"""A harmonic solid: its mass-weighted operator of known conventions, and the checks that it passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.generators.harmonic_solids.matrix_forms import (
    asymmetry_of,
    divided_by_roots,
    largest_element,
    multiplied,
    symmetrised,
)
from bosonpeak.generators.harmonic_solids.rigid_motions import cost, rotations, translations
from bosonpeak.spectral_methods.operators import Operator, as_operator

_DIMENSIONS = (3, 2, 1)
_ROUND_OFF = 1e-14
_FREE = 1e-4
"""Cost of a translation, relative to the largest element, that finite differences leave."""


@dataclass(frozen=True)
class Limits:
    """Largest asymmetry and cost of a translation, relative to the largest element, and share of unstable modes."""

    asymmetry: float = 1e-4
    translation_cost: float = 1e-4
    unstable_share: float = 0.1


@dataclass(frozen=True)
class HarmonicSolid:
    """Second derivatives of the energy over sqrt(m_i m_j), as an operator on particles * dimension coordinates."""

    operator: Operator
    dimension: int
    root_masses: FloatArray  # (particles,), up to a factor where only the matrix is known
    units: str
    masses: FloatArray | None = None  # (particles,)
    positions: FloatArray | None = None
    cell: FloatArray | None = None  # lengths, or edges row by row
    moduli: tuple[float, float] | None = None  # shear and bulk
    scale: float = 1.0  # from the squared frequency in the units of operator, masses and moduli to `units`
    round_off: float = 0.0
    findings: Mapping[str, float] = field(default_factory=dict)  # numbers to be reported
    limits: Limits = Limits()
    notes: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Degrees of freedom."""
        return len(self.root_masses) * self.dimension

    @property
    def rigid_motions(self) -> FloatArray:
        """Orthonormal rigid motions (size, motions): translations, and rotations if they cost no more."""
        shifts = translations(self.root_masses, self.dimension)
        if self.positions is None or not self.findings.get("rotation_cost", np.inf) <= self.limits.translation_cost:
            return shifts
        return np.hstack([shifts, rotations(self.positions, self.root_masses)])


def solid_of_matrix(
    system: Any,
    positions: ArrayLike | None,
    *,
    cell: FloatArray | None,
    masses: ArrayLike | None,
    mass_weighted: bool,
    dimension: int | None,
    units: str,
    limits: Limits,
    precision: float = 0.0,
    scale: float = 1.0,
    **further: Any,
) -> HarmonicSolid:
    """Harmonic solid of a matrix or operator of second derivatives, with elements exact to `precision`."""
    operator = as_operator(_in_two_indices(system), "system")
    size = int(operator.shape[0])
    points = None if positions is None else _points(positions, size)
    largest = largest_element(operator)
    asymmetry = asymmetry_of(operator, largest)
    _require(
        asymmetry <= limits.asymmetry,
        "system: the matrix is not symmetric",
        f"|H - H^T| at most {limits.asymmetry:g} of the largest element (largest_asymmetry)",
        f"{asymmetry:.3g}, shape {operator.shape}",
        "rows that are not the particles of the columns, or a matrix of another quantity than second derivatives",
    )
    operator = symmetrised(operator)
    axes = _dimension(operator, points, masses, dimension, mass_weighted, largest)
    given = _masses(masses, size // axes)
    if mass_weighted:
        roots = np.sqrt(given) if given is not None else _null_weights(operator, axes, largest)
    else:
        given = np.ones(size // axes) if given is None else given
        roots = np.sqrt(given)
        operator = divided_by_roots(operator, np.repeat(roots, axes))
        largest = largest_element(operator)
    shift_cost = cost(operator, translations(roots, axes), largest)
    _require(
        shift_cost <= limits.translation_cost,
        "system: a uniform translation costs energy",
        f"at most {limits.translation_cost:g} of the largest element (largest_translation_cost)",
        f"{shift_cost:.3g}, matrix of shape {operator.shape}, {axes} axes, {_weighting(mass_weighted, given)}",
        _cause_of_cost(operator, axes, largest, mass_weighted=mass_weighted),
    )
    findings = {"asymmetry": asymmetry, "translation_cost": shift_cost}
    if points is not None and cell is None and axes > 1:
        findings["rotation_cost"] = cost(operator, rotations(points, roots), largest)
    # Independent errors of the elements of a row add in quadrature.
    element = max(precision, asymmetry * largest, _ROUND_OFF * largest) * scale
    findings["eigenvalue_precision"] = float(np.sqrt(size) * element)
    return HarmonicSolid(
        operator=multiplied(operator, scale),
        dimension=axes,
        root_masses=roots,
        units=units,
        masses=given,
        positions=points,
        cell=cell,
        scale=scale,
        limits=limits,
        round_off=float(_ROUND_OFF * np.sqrt(size) * largest * scale),
        findings=findings | dict(further.pop("findings", {})),
        **further,
    )


def _in_two_indices(system: Any) -> Any:
    """Matrix (n, n) of an array (N d, N, d), (N, d, N, d) or (N, N, d, d), if only one reading is possible."""
    if isinstance(system, list | tuple):
        try:
            system = np.asarray(system)
        except ValueError as error:
            lengths = sorted({np.size(row) for row in system if not isinstance(row, str)})
            raise ForeignInputError(
                "system: rows of different lengths",
                expected="shape (n, n)",
                got=f"{len(system)} rows of {' and '.join(map(str, lengths))} numbers",
            ) from error
    if not isinstance(system, np.ndarray) or system.ndim not in (3, 4):
        return system
    shape = system.shape
    if system.ndim == 3 and shape[0] == shape[1] * shape[2]:
        return system.reshape(shape[0], shape[0])
    if system.ndim == 4 and shape[0] != shape[1]:
        count = shape[0] * shape[1]
        return system.reshape(count, count) if shape[:2] == shape[2:] else system
    if system.ndim == 4 and shape[0] == shape[1] and shape[2] == shape[3] != shape[0]:
        count = shape[0] * shape[2]
        return system.transpose(0, 2, 1, 3).reshape(count, count)
    return system


def _points(positions: ArrayLike, size: int) -> FloatArray:
    try:
        points = np.asarray(positions)
    except ValueError:
        points = np.empty(0, dtype=object)
    _require(
        points.dtype.kind in "iuf",
        "positions: not real numbers",
        f"numbers of shape (particles, dimension) with {size} in all, the rows of the matrix",
        f"{points.dtype} of shape {points.shape}" if points.size else f"a {type(positions).__name__} of unequal rows",
        "positions of several samples for a single matrix, or text",
    )
    points = points.astype(np.float64)
    fits = points.ndim == 2 and points.shape[1] in _DIMENSIONS and points.size == size
    _require(
        fits and bool(np.isfinite(points).all()),
        "positions: they do not match the particles of the matrix",
        f"finite numbers of shape (particles, dimension) with {size} in all, the rows of the matrix",
        f"shape {points.shape}" + ("" if np.isfinite(points).all() else ", not finite"),
        "a matrix of a part of the particles, or scaled positions of another frame",
    )
    return points


def _masses(masses: ArrayLike | None, particles: int) -> FloatArray | None:
    if masses is None:
        return None
    given = np.asarray(masses)
    numbers = given.dtype.kind in "iuf" and bool(np.isfinite(given).all()) and bool((given > 0).all())
    _require(
        numbers and given.shape in ((), (1,), (particles,)),
        "masses: not one per particle",
        f"a positive number, or {particles} of them",
        f"{given.dtype} of shape {given.shape}" + ("" if numbers else ", not all of them positive numbers"),
        "masses per species, or three per particle",
    )
    return np.array(np.broadcast_to(given, (particles,)), dtype=np.float64)


def _dimension(
    operator: Operator,
    points: FloatArray | None,
    masses: ArrayLike | None,
    stated: int | None,
    mass_weighted: bool,
    largest: float,
) -> int:
    """Coordinates per particle: stated, or from positions or masses, or by the translations that cost nothing."""
    size = int(operator.shape[0])
    listed = 0 if masses is None or np.ndim(masses) == 0 or np.size(masses) == 1 else np.size(masses)
    if points is not None:
        found = int(points.shape[1])
    elif stated is not None:
        found = stated if isinstance(stated, int | np.integer) else 0
    elif listed and size % listed == 0:
        found = size // int(listed)
    else:
        fitting = [each for each in _DIMENSIONS if size % each == 0 and _is_free(operator, each, largest)]
        found = fitting[0] if fitting else 0
    _require(
        found in _DIMENSIONS and size % found == 0 and stated in (None, found),
        "system: the number of coordinates per particle is not known",
        "dimension=1, 2 or 3 that divides the rows, positions, or a matrix without cost of translations",
        f"shape {operator.shape}, dimension {stated!r}, positions {'absent' if points is None else points.shape}",
        "masses inside the matrix (mass_weighted=True needs masses or dimension), or fixed particles"
        if mass_weighted or not found
        else "",
    )
    return found


def _is_free(operator: Operator, dimension: int, largest: float) -> bool:
    uniform = translations(np.ones(operator.shape[0] // dimension), dimension)
    return cost(operator, uniform, largest) <= _FREE


def _null_weights(operator: Operator, dimension: int, largest: float) -> FloatArray:
    """Square roots of the masses inside a matrix, up to a factor, from its free translations."""
    count = int(operator.shape[0]) // dimension
    if _is_free(operator, dimension, largest):
        return np.ones(count)
    if not isinstance(operator, np.ndarray):
        raise ForeignInputError(
            "masses: needed for a mass-weighted operator of particles of different masses",
            expected=f"a number, or {count} of them",
            got="no masses, and a uniform displacement that costs energy",
            likely_cause="an operator of second derivatives alone: mass_weighted=False",
        )
    columns = operator.reshape(len(operator), count, dimension)
    gram = sum(columns[:, :, axis].T @ columns[:, :, axis] for axis in range(dimension))
    weights = np.linalg.eigh(gram)[1][:, 0]
    weights = weights * np.sign(weights.sum() or 1.0)
    return np.asarray(np.abs(weights) * np.sqrt(count))


def _cause_of_cost(operator: Operator, axes: int, largest: float, *, mass_weighted: bool) -> str:
    if not mass_weighted and isinstance(operator, np.ndarray):
        roots = _null_weights(operator, axes, largest)
        if cost(operator, translations(roots, axes), largest) <= _FREE:
            return "a matrix already divided by sqrt(m_i m_j): mass_weighted=True, or masses that are not its own"
    return "masses in another order than the rows, particles that are held or left out, or a truncated matrix"


def _weighting(mass_weighted: bool, masses: FloatArray | None) -> str:
    if masses is None:
        return "mass_weighted=True without masses"
    return f"mass_weighted={mass_weighted}, masses from {masses.min():g} to {masses.max():g}"


def _require(holds: bool, what: str, expected: str, got: str, likely_cause: str) -> None:
    if not holds:
        raise ForeignInputError(
            what, expected=expected, got=got, likely_cause=likely_cause, done="nothing was computed"
        )
