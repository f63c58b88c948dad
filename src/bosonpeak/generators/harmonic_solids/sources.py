"""Harmonic solids from the forms in which they come: matrices, operators, calculators, configurations and files."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import BosonpeakError, CardError, ForeignInputError, NotApplicableError
from bosonpeak.datasets.periodic_box import box_lengths, standard_cell, tilted_cell
from bosonpeak.generators.glasses.elastic_moduli import moduli_of_configuration
from bosonpeak.generators.glasses.hessian import hessian_of_interactions
from bosonpeak.generators.harmonic_solids.finite_differences import is_ase_atoms, second_derivatives
from bosonpeak.generators.harmonic_solids.harmonic_solid import HarmonicSolid, Limits, solid_of_matrix
from bosonpeak.generators.particles.configuration import Configuration

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.datasets.adapters.decoding.decoder import Decoder

CONFIGURATION_UNITS = "sqrt(epsilon/(m a^2))"


@dataclass(frozen=True)
class Statements:
    """Facts that the caller states about a system, None where nothing is stated, and the reader of its file."""

    positions: ArrayLike | None = None
    box: ArrayLike | None = None
    masses: ArrayLike | None = None
    mass_weighted: bool | None = None
    dimension: int | None = None
    units: str | None = None
    shear_modulus: float | None = None
    bulk_modulus: float | None = None
    step: float = 0.01
    limits: Limits = field(default_factory=Limits)
    card: Mapping[str, Any] | None = None
    decoder: Decoder | None = None

    def given(self, *names: str) -> list[str]:
        """Names of the arguments that were stated, among the given ones."""
        return [name for name in names if getattr(self, name) is not None]

    @property
    def moduli(self) -> tuple[float, float] | None:
        """Shear and bulk modulus; ForeignInputError if only one of them is given, or they are not positive numbers."""
        stated = self.shear_modulus, self.bulk_modulus
        if stated == (None, None):
            return None
        if None in stated or not all(
            isinstance(each, int | float | np.number) and 0.0 < each < math.inf for each in stated
        ):
            raise ForeignInputError(
                "shear_modulus, bulk_modulus: not two moduli",
                expected="two positive numbers, in the units of the matrix's energy over the box's volume",
                got=f"{self.shear_modulus} and {self.bulk_modulus}",
            )
        return float(self.shear_modulus or 0.0), float(self.bulk_modulus or 0.0)


def solid_of(system: Any, stated: Statements) -> HarmonicSolid | xr.Dataset:
    """Harmonic solid of a system, or the dataset of a file that holds frequencies."""
    if isinstance(system, str | os.PathLike):
        return _of_file(Path(system), stated)
    if stated.card:
        raise ForeignInputError(
            "card: facts about a file, beside a system that is none",
            expected="keywords such as masses= and mass_weighted=, or the path of a file",
            got=f"a card with a {type(system).__name__}",
        )
    if isinstance(system, Configuration):
        return _of_configuration(system, stated)
    if is_ase_atoms(system):
        return _of_atoms(system, stated)
    if hasattr(system, "box") and hasattr(system, "species") and hasattr(system, "positions"):
        raise _positions_alone("a configuration read from a file", type(system).__name__)
    cell = None if stated.box is None else _cell(stated.box, stated)
    return _in_standard_axes(
        system,
        stated,
        cell,
        masses=stated.masses,
        mass_weighted=bool(stated.mass_weighted),
        units=stated.units or "1",
        moduli=stated.moduli,
        attributes={"system": f"{type(system).__module__.partition('.')[0]} {type(system).__name__}"},
    )


def _in_standard_axes(
    system: Any, stated: Statements, cell: FloatArray | None, positions: ArrayLike | None = None, **further: Any
) -> HarmonicSolid:
    points = stated.positions if positions is None else positions
    _require_moduli_can_be_used(further.get("moduli"), points, cell)
    return solid_of_matrix(system, points, cell=cell, dimension=stated.dimension, limits=stated.limits, **further)


def _of_configuration(glass: Configuration, stated: Statements) -> HarmonicSolid:
    _require_unstated(stated, "a Configuration", "positions", "box", "dimension", "shear_modulus", "bulk_modulus")
    found = glass.interactions
    residual = float(np.linalg.norm(found.forces, axis=1).max()) if len(found.pairs) else 0.0
    moduli = None
    notes: tuple[str, ...] = ()
    try:
        response = moduli_of_configuration(glass)
        moduli = response.shear, response.bulk
    except BosonpeakError as error:
        notes = (f"no moduli: {error.what}",)
    return _in_standard_axes(
        hessian_of_interactions(found),
        stated,
        glass.shape,
        positions=glass.positions,
        masses=stated.masses,
        mass_weighted=False,
        units=stated.units or CONFIGURATION_UNITS,
        moduli=moduli,
        findings={"residual_force": residual},
        notes=notes,
        attributes={"system": f"configuration with {type(glass.potential).__name__}"},
    )


def _of_atoms(atoms: Any, stated: Statements) -> HarmonicSolid:
    _require_unstated(stated, "atoms of ASE", "positions", "box", "dimension", "mass_weighted")
    if stated.units not in (None, "rad/ps"):
        raise ForeignInputError(
            "units: known for atoms of ASE", expected='units="rad/ps", or none', got=repr(stated.units)
        )
    from bosonpeak.datasets.adapters.matrices.force_constants import ANGULAR_SQUARE_OF_EV

    matrix, residual = second_derivatives(atoms, stated.step)
    edges = np.array(atoms.get_cell()[:], dtype=np.float64)
    periodic = bool(np.all(atoms.get_pbc())) and abs(float(np.linalg.det(edges))) > 0.0
    box, tilt, turn = standard_cell(edges) if periodic else (np.empty(0), np.empty(0), np.eye(3))
    positions = np.array(atoms.get_positions(), dtype=np.float64) @ turn
    turned = np.einsum("iajb,ac,bd->icjd", matrix.reshape(len(positions), 3, -1, 3), turn, turn).reshape(matrix.shape)
    return _in_standard_axes(
        matrix if np.array_equal(turn, np.eye(3)) else turned,
        stated,
        (tilted_cell(box, tilt) if tilt.size else box) if periodic else None,
        positions=positions,
        masses=atoms.get_masses() if stated.masses is None else stated.masses,
        mass_weighted=False,
        units="rad/ps",
        scale=ANGULAR_SQUARE_OF_EV,
        moduli=stated.moduli,
        findings={"residual_force": residual},
        notes=() if np.array_equal(turn, np.eye(3)) else ("axes turned so that the first edge of the cell is along x",),
        attributes={
            "system": f"ASE atoms {atoms.get_chemical_formula()} with {type(atoms.calc).__name__}",
            "finite_difference_step": float(stated.step),
        },
    )


def _of_file(path: Path, stated: Statements) -> HarmonicSolid | xr.Dataset:
    from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE
    from bosonpeak.datasets.adapters.files.foreign_file import Source
    from bosonpeak.datasets.adapters.format_detection import Configurations, Own, is_folder, recognised
    from bosonpeak.datasets.adapters.matrices.dynamical_matrix import dynamical_matrix
    from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix

    if is_folder(path):
        raise ForeignInputError(
            "system: a folder", expected="a file, or a list of files, one per sample", got=str(path)
        )
    card = _card(stated)
    found = recognised(path, card, stated.decoder or IN_PLACE)
    if isinstance(found, Configurations):
        raise _positions_alone("positions alone give no vibrations", path.name)
    if isinstance(found, Own):
        return found.with_frequencies()
    raw = found.raw()
    if not isinstance(raw, RawMatrix):
        return found.labelled()
    matrix = dynamical_matrix(raw, card)
    units = str(card.get("units") or matrix.units or "1")
    if matrix.units not in ("", units):
        raise CardError(
            "units: the file has its own", expected=f'units = "{matrix.units}", or none', got=units, where=str(path)
        )
    masses = card.get("masses", raw.masses)
    largest = float(np.abs(raw.values).max())
    asymmetry = float(np.abs(raw.values - raw.values.T).max())
    scale = float(np.abs(matrix.values).max()) / (largest or 1.0)
    source = Source.of_file(path)
    return _in_standard_axes(
        matrix.values,
        replace(stated, dimension=card.get("dimension", 3)),
        None if stated.box is None else _cell(stated.box, stated),
        masses=None if masses is None else np.asarray(masses, dtype=np.float64),
        mass_weighted=True,
        units=units,
        moduli=stated.moduli,
        precision=max(raw.precision, asymmetry) * scale,
        findings={"asymmetry": asymmetry / (largest or 1.0)},
        notes=(*matrix.notes, *map(str, matrix.findings)),
        attributes={
            "system": raw.layout,
            "source_file": source.name,
            "source_sha256": source.sha256,
            "source_layout": raw.layout,
        },
    )


def _card(stated: Statements) -> dict[str, Any]:
    """Card of the readers: the caller's card, and the arguments that were stated."""
    card: dict[str, Any] = dict(stated.card or {})
    for name in stated.given("mass_weighted", "dimension", "units", "masses"):
        value = getattr(stated, name)
        value = np.asarray(value).tolist() if name == "masses" else value
        if card.setdefault(name, value) != value:
            raise ForeignInputError(
                f"{name}: stated twice, in the call and in the card",
                expected="one statement",
                got=f"{value}, {card[name]}",
            )
    if stated.positions is not None:
        card.setdefault("dimension", int(np.shape(stated.positions)[-1]))
    return card


def _cell(box: ArrayLike, stated: Statements) -> FloatArray:
    """Lengths or edges of a box; a full matrix of edges must have the first along x and the second in the xy plane."""
    points = np.shape(stated.positions) if isinstance(stated.positions, np.ndarray | list | tuple) else ()
    axes = stated.dimension or (points[-1] if points else None)
    try:
        lengths = np.asarray(box, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ForeignInputError(
            "box: not numbers",
            expected="lengths (dimension,), or edges row by row",
            got=f"a {type(box).__name__}: {box!r:.60}",
        ) from error
    if lengths.ndim == 2:
        upright = lengths.shape == lengths.T.shape and not np.triu(lengths, 1).any() and (np.diag(lengths) > 0.0).all()
        if not upright:
            raise ForeignInputError(
                "box: edges in another orientation",
                expected="one edge per row: (Lx, 0, 0), (xy, Ly, 0), (xz, yz, Lz)",
                got=np.array2string(lengths, precision=4, separator=", ").replace("\n", ""),
                likely_cause="edges as columns, or a turned cell",
            )
        return np.diag(lengths).copy() if not np.tril(lengths, -1).any() else lengths
    count = axes or (lengths.size if lengths.ndim == 1 else 3)
    return box_lengths(lengths, int(count), refusal=ForeignInputError)


def _require_unstated(stated: Statements, what: str, *names: str) -> None:
    if again := stated.given(*names):
        raise ForeignInputError(
            f"{', '.join(again)}: known from the system",
            expected=f"no {' and no '.join(again)} beside {what}",
            got="both",
        )


def _require_moduli_can_be_used(
    moduli: tuple[float, float] | None, positions: ArrayLike | None, cell: FloatArray | None
) -> None:
    if moduli is not None and cell is None:
        raise NotApplicableError(
            "shear_modulus, bulk_modulus: the density of the solid is not known",
            expected="box= with the moduli",
            got="no box",
        )


def _positions_alone(what: str, got: str) -> ForeignInputError:
    return ForeignInputError(
        f"system: {what}",
        expected="a matrix of second derivatives, atoms with a calculator, or a Configuration with a pair potential",
        got=got,
        likely_cause="Configuration.checked(positions, diameters, box, potential) makes the system",
    )
