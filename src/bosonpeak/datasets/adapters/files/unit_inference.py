"""Probes that infer the conventions of foreign numbers from the data, and their reconciliation with a card."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.periodic_box import nearest_neighbours

ROUND_OFF = 1e-9
"""Below this fraction of the largest, what should vanish has vanished."""

FINITE_DIFFERENCES = 1e-4
"""Asymmetry, relative to the largest element, that differences of forces may leave."""

ASYMMETRIC = 0.15
"""Norm of H - H^T over that of H: learned potentials leave up to 0.08, a matrix without one of its halves about 1."""

TRANSLATION = 1e-5
"""Cost of a translation, relative to the largest element, that differences of forces may leave."""

LARGEST_TRANSLATION = 0.1
"""Cost of a translation, relative to the largest element, of noisy forces; a particle bound to a place costs tenths."""

_APART = 10.0

ANGULAR_UNITS = {
    "rad/ps": 1.0,
    "THz": 2.0 * math.pi,
    "meV": 1.0 / 0.6582119569,
    "1/cm": 2.0 * math.pi * 0.0299792458,
    "sqrt(eV/(angstrom^2 u))": math.sqrt(9648.533212331),
    "sqrt(kcal/(mol angstrom^2 u))": math.sqrt(418.4),
}
"""Reported units of frequency, in rad/ps."""

_MANY = 30.0
_DIAMETERS = (0.6, 1.45)
_RADII = (1.55, 3.2)


@dataclass(frozen=True)
class Finding:
    """Result of a probe: the evidence, and the readings of a card key that it permits (none, one or several)."""

    convention: str
    possible: tuple[str, ...]
    evidence: str

    @property
    def decided(self) -> bool:
        """Test whether exactly one reading is left."""
        return len(self.possible) == 1

    def __str__(self) -> str:
        return f"{self.convention}: {' or '.join(self.possible) or 'nothing known fits'} ({self.evidence})"


def settle(finding: Finding, stated: str | None, where: str = "") -> str:
    """Choose the reading to use; refuse if the card contradicts the data or is silent although two readings remain."""
    if not finding.possible:
        raise ForeignInputError(
            f"no known reading of the {finding.convention} fits the data", got=finding.evidence, where=where
        )
    if stated is None:
        if finding.decided:
            return finding.possible[0]
        raise CardError(
            f"the data leave the {finding.convention} ambiguous",
            expected=" or ".join(f"{finding.convention} = {_as_entry(reading)}" for reading in finding.possible),
            got=f"no entry in the card; {finding.evidence}",
            where=where,
            done="nothing was assumed",
        )
    if stated not in finding.possible:
        raise CardError(
            f"the card contradicts the data on the {finding.convention}",
            expected=" or ".join(finding.possible),
            got=f"{stated}; {finding.evidence}",
            where=where,
        )
    return stated


def _as_entry(reading: str) -> str:
    """Reading as TOML has it: truth values are bare words."""
    return reading if reading in ("true", "false") else f'"{reading}"'


def probe_quantity(values: ArrayLike, mean_square: float, *, tolerance: float = 1e-3) -> Finding:
    """Distinguish omega, omega^2 and omega / 2 pi, (modes,) with zero modes, by the mean of omega^2, trace / modes."""
    numbers = np.asarray(values, dtype=np.float64)
    square = float(np.mean(numbers**2))
    readings = {
        "frequency": square,
        "eigenvalue": float(np.mean(numbers)),
        "frequency_over_2pi": 4.0 * math.pi**2 * square,
    }
    fitting = tuple(name for name, found in readings.items() if abs(found - mean_square) <= tolerance * mean_square)
    reported = ", ".join(f"{found / mean_square:.4g} as {name}" for name, found in readings.items())
    return Finding("quantity", fitting, f"mean omega^2 over the value from the trace is {reported}")


def probe_units(values: ArrayLike, mean_square: float, *, tolerance: float = 1e-3) -> Finding:
    """Determine the unit, among `ANGULAR_UNITS`, of all frequencies (modes,) from their mean square in (rad/ps)^2."""
    ratio = math.sqrt(mean_square / float(np.mean(np.asarray(values, dtype=np.float64) ** 2)))
    fitting = tuple(name for name, factor in ANGULAR_UNITS.items() if abs(ratio - factor) <= tolerance * factor)
    return Finding("units", fitting, f"one unit is {ratio:.6g} rad/ps")


def probe_symmetry(matrix: FloatArray) -> Finding:
    """Classify a matrix as "symmetrised", symmetric up to "finite differences", "asymmetric" or else (no reading)."""
    asymmetry = asymmetry_of(matrix)
    evidence = f"largest |H - H^T| is {asymmetry:.2g} of the largest element"
    if asymmetry == 0.0:
        return Finding("symmetry", ("symmetrised",), evidence)
    if asymmetry <= FINITE_DIFFERENCES:
        return Finding("symmetry", ("finite differences",), evidence)
    norm = float(np.linalg.norm(matrix - matrix.T) / np.linalg.norm(matrix))
    evidence += f", its norm {norm:.2g} of that of H"
    return Finding("symmetry", ("asymmetric",) if norm <= ASYMMETRIC else (), evidence)


def asymmetry_of(matrix: FloatArray) -> float:
    """Largest |H - H^T| over the largest element."""
    largest = float(np.abs(matrix).max())
    return float(np.abs(matrix - matrix.T).max()) / largest if largest else 0.0


def probe_mass_weighting(
    matrix: FloatArray, dimension: int, masses: ArrayLike | None = None, *, tolerance: float = TRANSLATION
) -> Finding:
    """Distinguish force constants Phi from a dynamical matrix D, (n, n) symmetric, by their null vectors."""
    # A uniform translation u costs no energy: Phi u = 0, but D sqrt(m) u = 0.
    count = len(matrix) // dimension
    uniform = translation_cost(matrix, np.ones(count), dimension)
    evidence = f"a translation costs {uniform:.2g} of the largest element"
    if masses is None:
        if uniform <= tolerance:
            return Finding("mass_weighted", ("true", "false"), f"{evidence}: one mass for all, or none in it")
        weights = free_translation(matrix, dimension)
    else:
        if np.all(np.asarray(masses) == 1.0):
            return Finding("mass_weighted", ("true",) if uniform <= LARGEST_TRANSLATION else (), evidence)
        weights = root_masses(np.asarray(masses, dtype=np.float64))
    weighted = translation_cost(matrix, weights, dimension)
    evidence += f", {weighted:.2g} with the square roots of {'its own' if masses is None else 'the'} masses"
    costs = {"false": uniform} | ({"true": weighted} if bool((weights > 0.0).all()) else {})
    least = min(costs.values())
    # With noise in the forces no cost vanishes, and readings of about the least cost remain.
    bound = tolerance if least <= tolerance else min(_APART * least, LARGEST_TRANSLATION)
    possible = tuple(reading for reading in ("true", "false") if costs.get(reading, math.inf) <= bound)
    return Finding("mass_weighted", possible, evidence)


def probe_zero_modes(values: ArrayLike, degrees_of_freedom: int, dimension: int) -> Finding:
    """Determine if the values of a sample, (modes,) ascending, include the translational zero modes."""
    numbers = np.abs(np.asarray(values, dtype=np.float64))
    vanishing = int(np.count_nonzero(numbers <= math.sqrt(ROUND_OFF) * numbers.max()))
    evidence = f"{numbers.size} values of {degrees_of_freedom}, {vanishing} of them vanish"
    if numbers.size == degrees_of_freedom and vanishing >= dimension:
        return Finding("zero_modes", ("kept",), evidence)
    # Missing values can only be dropped zero modes; remaining zero values may come from rattlers.
    dropped = numbers.size < degrees_of_freedom and (degrees_of_freedom - numbers.size) % dimension == 0
    return Finding("zero_modes", ("dropped",) if dropped else (), evidence)


def probe_coordinates(positions: FloatArray, box: FloatArray) -> Finding:
    """Distinguish fractional from absolute positions (particles, dimension) by the filled part of the box."""
    # N uniform particles all fall into the unit corner of a volume V with probability V^-N; below e^-30 they are
    # fractions.
    extent = positions.max(axis=0) - positions.min(axis=0)
    evidence = "extent " + " x ".join(f"{length:.4g}" for length in extent)
    evidence += " in a box " + " x ".join(f"{length:.4g}" for length in box)
    if (np.abs(box - 1.0) < ROUND_OFF).all():
        return Finding("coordinates", ("absolute",), evidence)
    in_unit_cell = bool((extent <= 1.0).all())
    weight = len(positions) * float(np.sum(np.log(np.maximum(box, 1e-300))))
    if not in_unit_cell:
        fits_box = bool((extent <= box * (1.0 + ROUND_OFF)).all())
        return Finding("coordinates", ("absolute",), evidence + ("" if fits_box else "; unwrapped"))
    return Finding("coordinates", ("fractional",) if weight > _MANY else ("absolute", "fractional"), evidence)


def probe_diameters(positions: FloatArray, box: FloatArray, sizes: FloatArray) -> Finding:
    """Distinguish diameters from radii by nearest neighbours, at (particles, dimension), of a dense system."""
    ratio = _neighbour_ratio(positions, box, sizes)
    evidence = f"the median nearest neighbour is at {ratio:.3g} times the mean of the two sizes"
    if _DIAMETERS[0] <= ratio <= _DIAMETERS[1]:
        return Finding("sizes", ("diameters",), evidence)
    decided = _RADII[0] <= ratio <= _RADII[1]
    return Finding("sizes", ("radii",) if decided else ("diameters", "radii"), evidence)


def _neighbour_ratio(positions: FloatArray, box: FloatArray, sizes: FloatArray) -> float:
    distance, index = nearest_neighbours(positions, box, min(len(positions) - 1, 2 ** (1 + len(box))))
    return float(np.median(np.min(distance / (0.5 * (sizes[:, None] + sizes[index])), axis=1)))


def translation_cost(matrix: FloatArray, weights: FloatArray, dimension: int) -> float:
    """Largest element of the image of a translation with weights (particles,), over the largest element."""
    largest = float(np.abs(matrix).max())
    shifts = np.kron(weights[:, None], np.eye(dimension))
    return float(np.abs(matrix @ shifts).max()) / largest if largest else 0.0


def root_masses(masses: FloatArray) -> FloatArray:
    """Square roots of masses (particles,), with a mean square of 1."""
    return np.asarray(np.sqrt(masses / masses.mean()))


def free_translation(matrix: FloatArray, dimension: int) -> FloatArray:
    """Weights w with the smallest |D (w e_a)| over all axes a, mean square 1; sqrt(m) for a dynamical matrix."""
    count = len(matrix) // dimension
    columns = matrix.reshape(len(matrix), count, dimension)
    gram = sum(columns[:, :, axis].T @ columns[:, :, axis] for axis in range(dimension))
    weights: FloatArray = np.linalg.eigh(gram)[1][:, 0]
    weights = weights * np.sign(weights.sum() or 1.0)
    return np.asarray(weights * math.sqrt(count))
