"""Conversion of a foreign matrix of second derivatives to eigenvalues omega^2, after its conventions are settled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bosonpeak.datasets.adapters.files.unit_inference import (
    TRANSLATION,
    Finding,
    asymmetry_of,
    free_translation,
    probe_mass_weighting,
    probe_symmetry,
    root_masses,
    settle,
    translation_cost,
)
from bosonpeak.datasets.adapters.matrices.force_constants import ANGULAR_SQUARE_OF_EV
from bosonpeak.datasets.adapters.matrices.lammps_dynamical_matrix import ANGULAR_SQUARE
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.spectra.frequency_units import mean_square_in
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import CardError, ForeignInputError

_ROUND_OFF = 1e-14
_DIFFERENCES = 1e-9
_AGREEMENT = 2e-3
"""Of two means of omega^2: twice that of two frequencies, as `probe_units` has it."""


@dataclass(frozen=True)
class DynamicalMatrix:
    """Second derivatives of the energy over sqrt(m_i m_j), symmetric, in the square of a known unit."""

    values: FloatArray  # (n, n)
    units: str  # unit of the square root of an eigenvalue
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    asymmetry: float  # largest |H - H^T| over the largest element
    translation_cost: float  # largest element of the image of a translation over the largest element


def dynamical_matrix(raw: RawMatrix, card: Mapping[str, Any]) -> DynamicalMatrix:
    """Settle the conventions of a matrix by data and card, and weight it by masses if needed."""
    dimension = _dimension(raw, card)
    masses = _masses(raw, card, dimension)
    symmetry = probe_symmetry(raw.values)
    _settle_symmetry(symmetry, raw)
    values = 0.5 * (raw.values + raw.values.T)
    if raw.family == "lammps" and "lammps_units" in card:
        values, units, weighting = _from_lammps(values, raw, card, masses)
    elif raw.family == "phonopy":
        values, units = _weighted(values, masses, dimension, raw) * ANGULAR_SQUARE_OF_EV, "rad/ps"
        weighting = Finding("mass_weighted", ("false",), "phonopy writes force constants without masses")
    else:
        values, units, weighting = _plain(values, raw, card, masses, dimension)
    notes = list(raw.notes)
    if symmetry.possible != ("symmetrised",):
        notes.append(f"symmetrised: {symmetry.evidence}")
    weights = _translation(values, masses, dimension)
    cost = translation_cost(values, weights, dimension)
    if cost > TRANSLATION and raw.family != "phonopy":
        notes.append(f"translations cost {cost:.2g} of the largest element, and were projected out")
        values = _without_translations(values, weights, dimension)
    return DynamicalMatrix(values, units, (symmetry, weighting), tuple(notes), asymmetry_of(raw.values), cost)


def _settle_symmetry(symmetry: Finding, raw: RawMatrix) -> None:
    is_triangle = not np.tril(raw.values, -1).any() or not np.triu(raw.values, 1).any()
    if symmetry.possible == ("symmetrised",) or not is_triangle:
        settle(symmetry, None, raw.where)
        return
    raise ForeignInputError(
        "the matrix is a triangle",
        expected="both halves of a symmetric matrix",
        got=symmetry.evidence,
        where=raw.where,
    )


def _translation(values: FloatArray, masses: FloatArray | None, dimension: int) -> FloatArray:
    """Weights (particles,) of a translation of a mass-weighted matrix."""
    if masses is not None:
        return root_masses(masses)
    uniform = np.ones(len(values) // dimension)
    return (
        uniform if translation_cost(values, uniform, dimension) <= TRANSLATION else free_translation(values, dimension)
    )


def _without_translations(values: FloatArray, weights: FloatArray, dimension: int) -> FloatArray:
    rigid = np.kron(weights[:, None] / np.linalg.norm(weights), np.eye(dimension))
    half = values - rigid @ (rigid.T @ values)
    return np.asarray(half - (half @ rigid) @ rigid.T)


def spectra_of_matrix(raw: RawMatrix, card: Mapping[str, Any]) -> RawSpectra:
    """Diagonalise a matrix into a sample of ascending omega^2, with zero for eigenvalues below the file's precision."""
    import scipy.linalg

    # Cards have the quantity of spectra, by default "frequency".
    if card.get("quantity", "eigenvalue") not in ("eigenvalue", "frequency"):
        raise CardError(
            "a matrix has eigenvalues",
            expected='no quantity, or quantity = "eigenvalue"',
            got=repr(card["quantity"]),
            where=raw.where,
        )
    matrix = dynamical_matrix(raw, card)
    scale = float(np.abs(matrix.values).max()) / (float(np.abs(raw.values).max()) or 1.0)
    largest = float(np.abs(matrix.values).max())
    eigenvalues = scipy.linalg.eigvalsh(matrix.values)
    # Independent errors of the elements of a row add in quadrature: sqrt(n) times the error of an element.
    exact = matrix.findings[0].possible == ("symmetrised",)
    rounding = (_ROUND_OFF if exact else _DIFFERENCES) * largest
    bound = math.sqrt(len(eigenvalues)) * max(raw.precision * scale, rounding)
    vanishing = np.abs(eigenvalues) <= bound
    notes = [*matrix.notes, *map(str, matrix.findings)]
    notes.append(f"{np.count_nonzero(vanishing)} eigenvalues within {bound:.2g} of zero, the matrix's precision")
    return RawSpectra(
        samples=[np.where(vanishing, 0.0, eigenvalues)],
        layout=raw.layout,
        place=lambda sample, mode: f"{raw.where}, eigenvalue {mode}",
        role="eigenvalue",
        units=matrix.units,
        arrays={
            "zero_mode_count": np.array([np.count_nonzero(vanishing)], dtype=np.int32),
            "asymmetry": np.array([matrix.asymmetry]),
            "translation_cost": np.array([matrix.translation_cost]),
        },
        is_of_matrix=True,
        notes=tuple(notes),
    )


def _from_lammps(
    values: FloatArray, raw: RawMatrix, card: Mapping[str, Any], masses: FloatArray | None
) -> tuple[FloatArray, str, Finding]:
    family, style = card["lammps_units"], card.get("style")
    styles = tuple(known for unit, known in ANGULAR_SQUARE if unit == family)
    if not styles:
        raise CardError(
            "unknown lammps_units",
            expected=" or ".join(dict.fromkeys(unit for unit, _ in ANGULAR_SQUARE)),
            got=repr(family),
            where=raw.where,
        )
    finding = _style(values, family, styles, mean_square_in(card, raw.where))
    factor, units = ANGULAR_SQUARE[family, settle(finding, style, raw.where)]
    if card.get("mass_weighted", True) is not True:
        raise CardError(
            "the card contradicts the file on masses",
            expected="mass_weighted = true: dynamical_matrix always divides by sqrt(m_i m_j)",
            got="mass_weighted = false",
            where=raw.where,
        )
    weighting = probe_mass_weighting(values, 3, masses)
    settle(weighting, "true", raw.where)
    return values * factor, units, weighting


def _style(values: FloatArray, family: str, styles: tuple[str, ...], mean_square: float | None) -> Finding:
    """Infer the LAMMPS style from the mean of omega^2, the trace over the size, in (rad/ps)^2."""
    if mean_square is None or family == "lj":
        return Finding("style", styles, "the unit cannot be inferred from the numbers")
    trace = float(np.trace(values)) / len(values)
    found = {style: ANGULAR_SQUARE[family, style][0] * trace / mean_square for style in styles}
    fitting = tuple(style for style, ratio in found.items() if abs(ratio - 1.0) <= _AGREEMENT)
    reported = ", ".join(f"{ratio:.6g} as {style}" for style, ratio in found.items())
    return Finding("style", fitting, f"mean omega^2 over the value in the card is {reported}")


def _plain(
    values: FloatArray, raw: RawMatrix, card: Mapping[str, Any], masses: FloatArray | None, dimension: int
) -> tuple[FloatArray, str, Finding]:
    weighting = probe_mass_weighting(values, dimension, masses)
    stated = None if "mass_weighted" not in card else str(bool(card["mass_weighted"])).lower()
    if settle(weighting, stated, raw.where) == "false":
        values = _weighted(values, masses, dimension, raw)
    return values, "", weighting


def _weighted(values: FloatArray, masses: FloatArray | None, dimension: int, raw: RawMatrix) -> FloatArray:
    if masses is None:
        raise CardError(
            "force constants without masses give no frequencies",
            expected="masses = a number, or one number per particle",
            got="a card without masses",
            where=raw.where,
        )
    roots = np.repeat(np.sqrt(masses), dimension)
    weighted: FloatArray = values / roots[:, None] / roots[None, :]
    return weighted


def _dimension(raw: RawMatrix, card: Mapping[str, Any]) -> int:
    dimension = card.get("dimension", 3)
    allowed = (3,) if raw.family == "phonopy" or "lammps_units" in card else (1, 2, 3)
    if isinstance(dimension, bool) or dimension not in allowed:
        raise CardError(
            "impossible dimension", expected=" or ".join(map(str, allowed)), got=repr(dimension), where=raw.where
        )
    count, rest = divmod(len(raw.values), int(dimension))
    particles = card.get("particles", card.get("nodes", count))
    if rest or particles != count:
        raise ForeignInputError(
            "the matrix does not fit the number of particles",
            expected=f"{dimension} rows per particle" + (f", {particles} particles" if not rest else ""),
            got=f"{len(raw.values)} rows",
            where=raw.where,
        )
    return int(dimension)


def _masses(raw: RawMatrix, card: Mapping[str, Any], dimension: int) -> FloatArray | None:
    count = len(raw.values) // dimension
    if "masses" not in card:
        return raw.masses if raw.masses is None or len(raw.masses) == count else None
    stated = card["masses"]
    listed = [stated] * count if isinstance(stated, int | float) else stated
    sound = isinstance(listed, list) and all(
        isinstance(mass, int | float) and not isinstance(mass, bool) and 0 < mass < math.inf for mass in listed
    )
    if not sound or len(listed) != count:
        raise CardError(
            "invalid masses", expected=f"a positive number, or {count} of them", got=str(stated)[:60], where=raw.where
        )
    masses = np.array(listed, dtype=np.float64)
    if raw.masses is not None and not np.allclose(masses, raw.masses, rtol=1e-6):
        raise CardError(
            "the card contradicts the file on masses",
            expected=f"{raw.masses[0]:g} and so on, as in the file",
            got=str(stated)[:60],
            where=raw.where,
        )
    return masses
