"""References beyond double precision, from formulas that mpmath differentiates, without code of the generators."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.benchmark.conformance.cases import Problem, probe_vectors
from bosonpeak.datasets.array_types import IntegerArray

DIGITS = 40
"""Of mpmath, while references are computed."""

Extended = NDArray[Any]
"""An array of long doubles, or of objects of mpmath."""

_STORED = 24


def has_long_double() -> bool:
    """Test whether long double is longer than double on this machine."""
    return bool(np.finfo(np.longdouble).eps < 1e-18)


@contextlib.contextmanager
def long_arithmetic() -> Iterator[None]:
    """Set the precision of mpmath to `DIGITS` digits inside the block."""
    import mpmath

    with mpmath.workdps(DIGITS):
        yield


def lengthened(values: ArrayLike) -> Extended:
    """Convert doubles or mpmath numbers to long numbers of the same shape."""
    import mpmath

    given = np.asarray(values)
    if not has_long_double():
        return _each(mpmath.mpf, given)
    if given.dtype != object:
        return np.asarray(given, dtype=np.longdouble)
    return _each(lambda number: np.longdouble(mpmath.nstr(number, _STORED)), given).astype(np.longdouble)


def long_zeros(shape: tuple[int, ...]) -> Extended:
    """Array of long zeros, for accumulation."""
    return lengthened(np.zeros(shape))


def long_root(values: Extended) -> Extended:
    """Square root of long numbers, elementwise."""
    import mpmath

    return np.sqrt(values) if has_long_double() else _each(mpmath.sqrt, values)


def _each(function: Any, values: NDArray[Any]) -> NDArray[Any]:
    """Apply a scalar function to every element."""
    found = np.empty(values.shape, dtype=object)
    found.ravel()[:] = [function(number) for number in values.ravel().tolist()]
    return found


_REFINEMENTS = 8
_ZERO = 1e-11

_COMPONENTS = {2: ((0, 0), (1, 1), (0, 1)), 3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))}


@dataclass(frozen=True)
class PairTerms:
    """Interacting pairs in extended precision."""

    pairs: IntegerArray  # (pairs, 2)
    separation: Extended  # (pairs, dimension), nearest image, from the second to the first particle
    distance: Extended  # (pairs,), r; below: (pairs,), phi, phi', phi''
    energy: Extended
    first: Extended
    second: Extended

    @property
    def direction(self) -> Extended:
        """Unit vectors, shape (pairs, dimension)."""
        return np.asarray(self.separation / self.distance[:, None])


def pair_terms(problem: Problem) -> PairTerms:
    """Distances, energies and their derivatives for all interacting pairs of a problem."""
    import mpmath

    # Candidate pairs within the range, by the minimum image in double precision.
    first, second = np.triu_indices(len(problem.positions), 1)
    shift = problem.positions[first] - problem.positions[second]
    cell = problem.cell
    image = np.rint(shift @ np.linalg.inv(cell))
    near = np.linalg.norm(shift - image @ cell, axis=1) < _longest_reach(problem)
    first, second, image = first[near], second[near], image[near]
    # Exact separations, energies and derivatives; the cutoff is decided in mpmath, not in rounded distances.
    listed: dict[str, list[Any]] = {name: [] for name in ("pairs", "separation", "distance", "terms")}
    with mpmath.workdps(DIGITS):
        for i, j, images in zip(first.tolist(), second.tolist(), image, strict=True):
            vector = [
                mpmath.mpf(float(problem.positions[i, a]))
                - mpmath.mpf(float(problem.positions[j, a]))
                - sum(mpmath.mpf(float(images[b])) * mpmath.mpf(float(cell[b, a])) for b in range(a, problem.dimension))
                for a in range(problem.dimension)
            ]
            distance = mpmath.sqrt(sum(x * x for x in vector))
            energy, reach = _potential(problem, i, j)
            if distance >= reach:
                continue
            listed["pairs"].append((i, j))
            listed["separation"].append(vector)
            listed["distance"].append(distance)
            derivatives = [energy(distance), *(mpmath.diff(energy, distance, n) for n in (1, 2))]
            listed["terms"].append(derivatives)
    terms = _numbers(listed["terms"]).reshape(-1, 3)
    return PairTerms(
        np.array(listed["pairs"], dtype=np.int64).reshape(-1, 2),
        _numbers(listed["separation"]).reshape(-1, problem.dimension),
        _numbers(listed["distance"]),
        *terms.T,
    )


def spring_terms(problem: Problem) -> PairTerms:
    """Springs of a scalar network as pairs with phi'' = spring strength and phi = phi' = 0."""
    if problem.interaction.get("cutoff"):
        first, second = np.triu_indices(len(problem.positions), 1)
        pairs = np.column_stack([first, second])
    else:
        pairs = problem.bonds
    ours, theirs = (problem.positions[pairs[:, end]] for end in (0, 1))
    image = np.rint((ours - theirs) / problem.box)
    with long_arithmetic():
        shift = lengthened(ours) - lengthened(theirs) - lengthened(problem.box) * lengthened(image)
        distance = long_root((shift * shift).sum(axis=1))
        close = np.asarray(distance < (problem.interaction.get("cutoff") or np.inf), dtype=bool)
        strength = 1 / distance if problem.interaction["strength"] == "1/r" else lengthened(np.ones(len(distance)))
    nothing = long_zeros((int(close.sum()),))
    return PairTerms(pairs[close], shift[close], distance[close], nothing, nothing, strength[close])


def references(problem: Problem, terms: PairTerms, wanted: tuple[str, ...]) -> dict[str, tuple[Extended, float]]:
    """Compute quantities and their error scales from pair terms, which may also come from a wrong formula."""
    with long_arithmetic():
        return _references(problem, terms, wanted)


def _references(problem: Problem, terms: PairTerms, wanted: tuple[str, ...]) -> dict[str, tuple[Extended, float]]:
    # Second derivatives, from which eigenvalues and stiffness follow.
    found: dict[str, tuple[Extended, float]] = {}
    scalar = problem.components == 1
    matrix = _laplacian(problem, terms) if scalar else _hessian(problem, terms)
    largest = float(np.abs(matrix).max())
    probes = lengthened(probe_vectors(problem.degrees_of_freedom))
    eigenvalues = _eigenvalues(matrix)
    # Sums over pairs; the scale of an error is the sum of the magnitudes of the terms.
    found["energy"] = np.asarray(terms.energy.sum()), float(np.abs(terms.energy).sum()) or 1.0
    found["forces"] = _forces(problem, terms)
    pull = (terms.first * terms.distance)[:, None, None] * terms.direction[:, :, None] * terms.direction[:, None, :]
    volume = np.prod(lengthened(problem.box))
    found["stress"] = pull.sum(axis=0) / volume, float(np.abs(terms.first * terms.distance).sum() / volume) or 1.0
    # Products with probe vectors, spectrum, and the lowest eigenvalue that is not a zero mode.
    found["hessian"] = probes @ matrix, largest
    found["eigenvalues"] = eigenvalues, float(np.abs(eigenvalues).max())
    nonzero = eigenvalues[np.abs(eigenvalues) > _ZERO * float(np.abs(eigenvalues).max())]
    lowest = nonzero.min()
    found["lowest_eigenvalue"] = np.asarray(lowest), abs(float(lowest))
    # Elastic constants: Born part minus relaxation, compared with the magnitudes of both parts.
    if {"stiffness", "shear_modulus", "bulk_modulus"} & set(wanted):
        born, relaxation = _stiffness(problem, terms, matrix)
        stiffness = np.asarray(born - relaxation)
        shear, bulk = moduli(stiffness, found["stress"][0])
        size = float(np.abs(born).max() + np.abs(relaxation).max())
        found |= {"stiffness": (stiffness, size), "shear_modulus": (shear, size), "bulk_modulus": (bulk, size)}
    counts = np.bincount(terms.pairs.ravel(), minlength=len(problem.positions))
    found["contacts"] = lengthened(counts), 1.0
    return {name: found[name] for name in wanted}


def moduli(stiffness: Extended, stress: Extended) -> tuple[Extended, Extended]:
    """Shear and bulk modulus as in the README: isotropic average of the stiffness, corrected for the pressure."""
    dimension = len(stress)
    pressure = -np.trace(stress) / dimension
    normal = stiffness[:dimension, :dimension]
    compression = normal.sum() / dimension**2
    mixed = np.trace(normal) + 2 * np.trace(stiffness[dimension:, dimension:])
    shear = (mixed - dimension * compression) / ((dimension + 2) * (dimension - 1))
    return np.asarray(shear - pressure), np.asarray(compression + pressure * (dimension - 2) / dimension)


def without_prestress(terms: PairTerms) -> PairTerms:
    """Pair terms with phi' = 0, the error of a Hessian without prestress."""
    return replace(terms, first=np.zeros_like(terms.first))


def _longest_reach(problem: Problem) -> float:
    """Upper bound of the interaction range, with a margin of 0.1 %."""
    given, largest = problem.interaction, float(problem.diameters.max())
    factor = {"harmonic": largest, "lennard-jones": largest * given.get("cutoff", 0.0)}
    return 1.001 * float(factor.get(given["form"], given.get("cutoff", 0.0)))


def _potential(problem: Problem, i: int, j: int) -> tuple[Callable[[Any], Any], Any]:
    """Pair energy as a function of r, and its cutoff."""
    import mpmath

    form = problem.interaction["form"]
    a_i, a_j = (mpmath.mpf(float(problem.diameters[k])) for k in (i, j))
    sigma = (a_i + a_j) / 2
    if form == "harmonic":
        return (lambda r: (1 - r / sigma) ** 2 / 2), sigma
    if form == "inverse-power":
        exponent, reach = problem.interaction["n"], mpmath.mpf(problem.interaction["cutoff"])
        return (
            lambda r: (sigma / reach) ** exponent * ((r / reach) ** -exponent - 1) * _taper(problem, r / reach)
        ), reach
    return _lennard_jones(problem, a_i, a_j)


def _lennard_jones(problem: Problem, a_i: Any, a_j: Any) -> tuple[Callable[[Any], Any], Any]:
    import mpmath

    sigma, epsilon = (a_i + a_j) / 2, mpmath.mpf(1)
    if problem.interaction.get("mixture") == "kob-andersen":
        minority = int(a_i < 0.94) + int(a_j < 0.94)
        sigma = [mpmath.mpf("1"), mpmath.mpf("0.8"), mpmath.mpf("0.88")][minority]
        epsilon = [mpmath.mpf("1"), mpmath.mpf("1.5"), mpmath.mpf("0.5")][minority]
    reach = mpmath.mpf(problem.interaction["cutoff"]) * sigma
    truncation = problem.interaction["truncation"]

    def plain(r: Any) -> Any:
        return 4 * epsilon * ((sigma / r) ** 12 - (sigma / r) ** 6)

    end, slope = plain(reach), 4 * epsilon * (-12 * (sigma / reach) ** 12 + 6 * (sigma / reach) ** 6) / reach

    def cut(r: Any) -> Any:
        if truncation == "hard":
            return plain(r)
        if truncation == "shifted":
            return plain(r) - end
        if truncation == "force-shifted":
            return plain(r) - end - (r - reach) * slope
        return (plain(r) - end) * _taper(problem, r / reach)

    return cut, reach


def _taper(problem: Problem, x: Any) -> Any:
    import mpmath

    order = problem.interaction["taper"]
    return mpmath.exp(x / (2 * (x - 1))) if order == "inf" else (1 - x * x) ** order


def _numbers(listed: list[Any]) -> Extended:
    """Convert nested lists of mpmath numbers to an array."""
    return lengthened(np.array(listed, dtype=object))


def _forces(problem: Problem, terms: PairTerms) -> tuple[Extended, float]:
    forces = long_zeros(problem.positions.shape)
    np.add.at(forces, terms.pairs[:, 0], -terms.first[:, None] * terms.direction)
    np.add.at(forces, terms.pairs[:, 1], terms.first[:, None] * terms.direction)
    pushes = long_zeros((len(forces),))
    np.add.at(pushes, terms.pairs.ravel(), np.repeat(np.abs(terms.first), 2))
    return forces, float(pushes.max()) or 1.0


def _hessian(problem: Problem, terms: PairTerms) -> Extended:
    dimension, count = problem.dimension, len(problem.positions)
    matrix = long_zeros((count, dimension, count, dimension))
    bending = terms.first / terms.distance
    blocks = (terms.second - bending)[:, None, None] * terms.direction[:, :, None] * terms.direction[:, None, :]
    blocks = blocks + bending[:, None, None] * np.eye(dimension)
    for (i, j), values in zip(terms.pairs.tolist(), blocks, strict=True):
        matrix[i, :, j, :] -= values
        matrix[j, :, i, :] -= values
        matrix[i, :, i, :] += values
        matrix[j, :, j, :] += values
    return matrix.reshape(count * dimension, count * dimension)


def _laplacian(problem: Problem, terms: PairTerms) -> Extended:
    count = len(problem.positions)
    matrix = long_zeros((count, count))
    for (i, j), value in zip(terms.pairs.tolist(), terms.second, strict=True):
        matrix[i, j] -= value
        matrix[j, i] -= value
        matrix[i, i] += value
        matrix[j, j] += value
    return matrix


def _eigenvalues(matrix: Extended) -> Extended:
    """Rayleigh quotients of double-precision eigenvectors; the error is quadratic in the error of the vectors."""
    vectors = lengthened(np.linalg.eigh(matrix.astype(np.float64))[1])
    return np.sort((vectors * (matrix @ vectors)).sum(axis=0) / (vectors * vectors).sum(axis=0))


def _stiffness(problem: Problem, terms: PairTerms, matrix: Extended) -> tuple[Extended, Extended]:
    """Born part of the stiffness, and the non-affine relaxation to be subtracted."""
    volume = np.prod(lengthened(problem.box))
    pattern = np.stack([terms.direction[:, a] * terms.direction[:, b] for a, b in _COMPONENTS[problem.dimension]])
    # Affine (Born) part: second derivative of the pair energies by the strain.
    stretching = terms.second - terms.first / terms.distance
    weighted = pattern * (stretching * terms.distance**2)
    born = weighted @ pattern.T / volume
    # Forces caused by an affine strain, and the energy gained when they relax.
    fields = long_zeros((len(problem.positions), problem.dimension, len(pattern)))
    pulls = terms.direction[:, :, None] * (pattern * (stretching * terms.distance)).T[:, None, :]
    np.add.at(fields, terms.pairs[:, 0], pulls)
    np.add.at(fields, terms.pairs[:, 1], -pulls)
    columns = fields.reshape(problem.degrees_of_freedom, len(pattern))
    return np.asarray(born), np.asarray(columns.T @ _solution(matrix, columns) / volume)


def _solution(matrix: Extended, columns: Extended) -> Extended:
    """Solve H x = b outside the null space in double precision, refined with residuals in extended precision."""
    values, vectors = np.linalg.eigh(matrix.astype(np.float64))
    kept = np.abs(values) > _ZERO * np.abs(values).max()
    solution = long_zeros(columns.shape)
    for _ in range(_REFINEMENTS):
        residual = (columns - matrix @ solution).astype(np.float64)
        step = vectors[:, kept] @ ((vectors[:, kept].T @ residual) / values[kept, None])
        solution = solution + lengthened(step)
    return solution
