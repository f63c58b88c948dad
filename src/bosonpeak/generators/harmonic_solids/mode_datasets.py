"""The vibrations of any harmonic solid as a labelled dataset of kind ``mode-ensemble``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import BosonpeakError, ForeignInputError, NotApplicableError
from bosonpeak.datasets.schema.units import unknown_unit_symbols
from bosonpeak.generators.glasses.normal_modes import participation_ratios
from bosonpeak.generators.harmonic_solids.harmonic_solid import HarmonicSolid, Limits
from bosonpeak.generators.harmonic_solids.solid_modes import SolidModes, modes_of_solid, require_stable
from bosonpeak.generators.harmonic_solids.sound import Sound, sound_of_solid
from bosonpeak.generators.harmonic_solids.sources import Statements, solid_of

if TYPE_CHECKING:
    import xarray as xr

_FINDINGS = {
    "asymmetry": ("1", "largest |H - H^T| over the largest element"),
    "translation_cost": ("1", "largest element of the image of a uniform translation over that of the matrix"),
    "rotation_cost": ("1", "largest element of the image of a rotation over that of the matrix"),
    "eigenvalue_precision": ("1", "error of an eigenvalue from asymmetry and rounding, in squared frequency units"),
    "residual_force": ("1", "largest force on a particle, in the units of energy and length of the system"),
}
_SOUND = {
    "transverse_velocity": ("1", "speed of transverse sound, in units of length and frequency"),
    "longitudinal_velocity": ("1", "speed of longitudinal sound, in units of length and frequency"),
    "first_phonon": ("", "frequency of the lowest transverse phonon"),
    "debye_frequency": ("", "Debye frequency"),
    "debye_level": ("1", "Debye density over omega^(d-1), of a density normalised to one"),
}


def vibrations(
    system: Any,
    positions: ArrayLike | None = None,
    *,
    box: ArrayLike | None = None,
    masses: ArrayLike | None = None,
    mass_weighted: bool | None = None,
    modes: int | Literal["all"] = "all",
    eigenvectors: bool = False,
    project_translations: bool = False,
    dimension: int | None = None,
    units: str | None = None,
    shear_modulus: float | None = None,
    bulk_modulus: float | None = None,
    step: float = 0.01,
    largest_asymmetry: float = 1e-4,
    largest_translation_cost: float = 1e-4,
    largest_unstable_share: float = 0.1,
    card: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Eigenfrequencies and modes of any harmonic solid: a matrix, operator, calculator, configuration or file.

    Parameters
    ----------
    system : array_like, sparse matrix, LinearOperator, ase.Atoms, Configuration, path, or a list of these
        Second derivatives of the energy, shape (n, n), as an array, as a SciPy sparse matrix, or as any object with
        ``shape`` and ``@`` on blocks (n, vectors); also the array forms (n, N, d) and (N, N, d, d). Atoms of ASE
        with a calculator are displaced. A file is read as by `read_frequencies`. A list or tuple is an ensemble,
        one sample per entry, all of one size.
    positions : array_like, shape (particles, dimension), optional
        Positions of the particles in the order of the rows.
    box : array_like, optional
        Lengths of the periodic box, or its edges row by row, lower triangular.
    masses : array_like, optional
        One number, or one per particle; by default 1 (for atoms and files their own).
    mass_weighted : bool, optional
        Whether the matrix is divided by sqrt(m_i m_j) already; by default not. Files say so, or the data settle it.
    modes : int or "all"
        Number of lowest modes above the zero modes.
    eigenvectors : bool
        Whether the dataset has the variable ``eigenvector``.
    project_translations : bool
        Whether uniform translations are projected out; the attribute ``zero_modes`` is then ``"removed"``.
    dimension : int, optional
        Coordinates per particle, if neither positions nor the matrix's free translations tell.
    units : str, optional
        Unit of the angular frequency, by default "1". Atoms of ASE give rad/ps.
    shear_modulus, bulk_modulus : float, optional
        Moduli in the matrix's unit of energy per volume, which with `box` give sound speeds, first phonon and Debye
        level. A Configuration has its own.
    step : float
        Displacement of finite differences, angstrom.
    largest_asymmetry, largest_translation_cost : float
        Limits relative to the largest element of the matrix; beyond them the input is refused.
    largest_unstable_share : float
        Limit of the share of modes of negative omega^2, which are reported as ``unstable_frequency``.
    card : mapping, optional
        Facts about a file, as for `read_frequencies`, such as ``lammps_units``.

    Returns
    -------
    xarray.Dataset
        Of kind ``mode-ensemble``: ``eigenfrequency(sample, mode)`` with zero modes first as 0,
        ``participation_ratio``, ``zero_mode_count``, ``zero_mode_frequency`` (largest |omega| that counts as zero),
        ``asymmetry``, ``translation_cost``, ``eigenvalue_precision`` and, where known, ``rotation_cost``,
        ``residual_force``, ``position``, ``box``, ``mass``, moduli, ``first_phonon``, ``debye_frequency`` and
        ``debye_level``, d / omega_D^d. A file of frequencies gives what `read_frequencies` gives.

    Raises
    ------
    ForeignInputError
        If an array does not fit or a limit is exceeded; the message names the array, its shape, the expectation and
        the likely cause. Nothing is written.
    CardError
        If masses or units of a file are ambiguous or contradict the file.
    NotApplicableError
        If there are not so many modes.

    Notes
    -----
    Zero modes are eigenvalues within round-off, and the rigid motions if the next eigenvalue is at least a hundred
    times larger in modulus and the motions lie in the span of these modes. Whole spectra come from LAPACK, the lowest
    modes of large systems from block Lanczos on a Chebyshev filter. The participation ratio is
    1 / [N sum_i (e_i . e_i)^2] of the mass-weighted eigenvector e.

    Examples
    --------
    Three particles on a ring of springs: a zero mode and two modes of omega^2 = 3.

    >>> import numpy as np
    >>> ring = 3.0 * np.eye(3) - np.ones((3, 3))
    >>> modes = vibrations(ring)
    >>> modes["eigenfrequency"].values.round(6).tolist()
    [[0.0, 1.732051, 1.732051]]
    >>> int(modes["zero_mode_count"][0])
    1
    """
    for name, value in (
        ("mass_weighted", mass_weighted),
        ("eigenvectors", eigenvectors),
        ("project_translations", project_translations),
    ):
        if not isinstance(value, bool | np.bool_) and (value is not None or name != "mass_weighted"):
            raise ForeignInputError(f"{name}: neither True nor False", expected="True or False", got=repr(value))
    if units is not None and (not isinstance(units, str) or unknown_unit_symbols(units)):
        raise ForeignInputError(
            "units: not a unit of known symbols",
            expected='a unit such as "rad/ps", "sqrt(epsilon/(m a^2))", or "1" without one',
            got=repr(units),
        )
    systems, samples = _samples(system, positions)
    stated = Statements(
        box=box,
        masses=masses,
        mass_weighted=mass_weighted,
        dimension=dimension,
        units=units,
        shear_modulus=shear_modulus,
        bulk_modulus=bulk_modulus,
        step=step,
        limits=Limits(
            number(largest_asymmetry, "largest_asymmetry"),
            number(largest_translation_cost, "largest_translation_cost"),
            number(largest_unstable_share, "largest_unstable_share"),
        ),
        card=card,
    )
    statements = [replace(stated, positions=points) for points in samples]
    return modes_of_systems(systems, statements, modes, project=project_translations, with_vectors=eigenvectors)


def modes_of_systems(
    systems: Sequence[Any],
    statements: Sequence[Statements],
    modes: int | Literal["all"],
    *,
    project: bool,
    with_vectors: bool,
) -> xr.Dataset:
    """Dataset of the modes of systems, one sample each, with the facts stated about each; see `vibrations`."""
    count = _count(modes)
    found = []
    for sample, (each, stated) in enumerate(zip(systems, statements, strict=True)):
        try:
            solid = solid_of(each, stated)
            if isinstance(solid, HarmonicSolid):
                found.append(_sample(solid, count, project=project, with_vectors=with_vectors))
                continue
        except BosonpeakError as error:
            if len(systems) == 1 or error.where:
                raise
            error.where = f"sample {sample} of {len(systems)}"
            raise type(error)(**error.__dict__) from error
        if len(systems) == 1:
            return solid
        raise NotApplicableError(
            "system: a file of frequencies in a list",
            expected="matrices, or one file with the frequencies of all samples",
            got=str(each),
        )
    return _dataset(found, with_vectors=with_vectors)


@dataclass(frozen=True)
class _Sample:
    """A solid, its modes (without vectors unless they are wanted) and their participation ratios (modes,)."""

    solid: HarmonicSolid
    modes: SolidModes
    participation: FloatArray
    sound: Sound | None


def _sample(solid: HarmonicSolid, count: int | None, *, project: bool, with_vectors: bool) -> _Sample:
    modes = modes_of_solid(solid, count, project=project)
    require_stable(modes, solid.size, solid.limits.unstable_share)
    participation = participation_ratios(modes.vectors, solid.dimension)
    kept = modes if with_vectors else replace(modes, vectors=np.empty((0, 0)))
    sound = None
    if solid.moduli is not None and solid.cell is not None and solid.masses is not None:
        sound = sound_of_solid(*solid.moduli, solid.masses, solid.cell, solid.dimension, solid.scale)
    return _Sample(replace(solid, operator=_NOTHING), kept, participation, sound)


_NOTHING = np.empty((0, 0))


def _samples(system: Any, positions: ArrayLike | None) -> tuple[list[Any], list[ArrayLike | None]]:
    """Systems of the samples, and the positions of each."""
    several = isinstance(system, list | tuple) and len(system) > 0 and not _is_row(system[0])
    systems = list(system) if several else [system]
    if positions is None or not several:
        return systems, [positions] * len(systems)
    listed = isinstance(positions, list | tuple) and len(positions) > 0
    depth = 1 + np.ndim(positions[0]) if listed else np.ndim(positions)  # type: ignore[index]
    if depth < 3:
        return systems, [positions] * len(systems)
    if len(positions) != len(systems):  # type: ignore[arg-type]
        raise ForeignInputError(
            "positions: not one array per sample",
            expected=f"{len(systems)} arrays (particles, dimension), or one for all",
            got=f"{len(positions)}, the first of shape {np.shape(positions[0])}",  # type: ignore[arg-type, index]
        )
    return systems, list(positions)  # type: ignore[arg-type]


def _is_row(entry: Any) -> bool:
    """Test for a row of numbers, so that a list of them is a matrix."""
    return isinstance(entry, int | float | np.number) or (
        isinstance(entry, list | tuple | np.ndarray) and np.ndim(entry) == 1
    )


def _count(modes: int | Literal["all"]) -> int | None:
    if isinstance(modes, str) and modes == "all":
        return None
    if isinstance(modes, bool) or not isinstance(modes, int | np.integer) or modes < 1:
        raise NotApplicableError(
            "modes: not a number of modes", expected='"all", or a number of at least 1', got=repr(modes)
        )
    return int(modes)


def _dataset(found: Sequence[_Sample], *, with_vectors: bool) -> xr.Dataset:
    import xarray as xr

    from bosonpeak.datasets.schema import validate, with_labels
    from bosonpeak.datasets.schema.labels import INCLUDED, REMOVED, ZERO_MODES

    first = found[0].solid
    for sample, each in enumerate(found):
        _require_alike(first, each.solid, sample)
    variables = _mode_variables(found, first) | _number_variables(found, first)
    if with_vectors:
        vectors = _stacked([_by_particle(each) for each in found])
        variables["eigenvector"] = (
            ("sample", "mode", "particle", "axis"),
            vectors,
            _described("1", "mass-weighted eigenvector, normalised to 1"),
        )
    zeros = sum(each.modes.zero_count for each in found)
    dataset = xr.Dataset(variables, attrs=_attributes(found, first, INCLUDED if zeros else REMOVED, ZERO_MODES))
    labelled = with_labels(dataset)
    validate(labelled)
    return labelled


def _mode_variables(found: Sequence[_Sample], first: HarmonicSolid) -> dict[str, Any]:
    """Variables of the modes, NaN beyond the last mode of a sample."""
    rows = [each.modes.frequencies for each in found]
    counts = np.array([len(row) for row in rows], dtype=np.int32)
    variables: dict[str, Any] = {
        "eigenfrequency": (
            ("sample", "mode"),
            _stacked(rows),
            _described(first.units, "angular eigenfrequency, ascending"),
        ),
        "participation_ratio": (
            ("sample", "mode"),
            _stacked([each.participation for each in found]),
            _described("1", "participation ratio of each mode"),
        ),
        "zero_mode_count": (
            "sample",
            np.array([each.modes.zero_count + each.modes.projected for each in found], dtype=np.int32),
            _described("1", "number of zero modes, translations that were projected out among them"),
        ),
    }
    if (counts != counts.max()).any():
        variables["mode_count"] = ("sample", counts, _described("1", "number of modes of each sample"))
    if any(len(each.modes.unstable) for each in found):
        variables["unstable_frequency"] = (
            ("sample", "unstable_mode"),
            _stacked([each.modes.unstable for each in found]),
            _described(first.units, "-|omega| of the modes of negative omega^2, ascending"),
        )
    return variables


def _number_variables(found: Sequence[_Sample], first: HarmonicSolid) -> dict[str, Any]:
    """Variables with one number or one configuration per sample, where all samples have them."""
    variables: dict[str, Any] = {}

    def add(name: str, values: Sequence[float], units: str, long_name: str) -> None:
        variables[name] = ("sample", np.array(values, dtype=np.float64), _described(units, long_name))

    if any(each.modes.zero_count for each in found):
        zero = [each.modes.zero_frequency for each in found]
        add("zero_mode_frequency", zero, first.units, "largest |omega| of the modes that count as zero modes")
    for name, (units, long_name) in _FINDINGS.items():
        if all(name in each.solid.findings for each in found):
            add(name, [each.solid.findings[name] for each in found], units, long_name)
    moduli = [each.solid.moduli for each in found if each.solid.moduli is not None]
    if len(moduli) == len(found):
        add("shear_modulus", [shear for shear, _ in moduli], "1", "shear modulus")
        add("bulk_modulus", [bulk for _, bulk in moduli], "1", "bulk modulus")
    sounds = [each.sound for each in found if each.sound is not None]
    if len(sounds) == len(found):
        for name, (units, long_name) in _SOUND.items():
            add(name, [getattr(sound, name) for sound in sounds], units or first.units, long_name)
    if all(each.solid.positions is not None for each in found):
        points = np.stack([each.solid.positions for each in found if each.solid.positions is not None])
        variables["position"] = (("sample", "particle", "axis"), points, _described("1", "position"))
    if all(each.solid.masses is not None for each in found):
        masses = np.stack([each.solid.masses for each in found if each.solid.masses is not None])
        variables["mass"] = (("sample", "particle"), masses, _described("1", "mass"))
    cells = [each.solid.cell for each in found if each.solid.cell is not None]
    if len(cells) == len(found):
        edges = [np.diag(cell) if cell.ndim == 1 else cell for cell in cells]
        variables["box"] = (("sample", "axis"), np.stack([np.diag(cell) for cell in edges]), _described("1", "box"))
        if any(cell.ndim == 2 for cell in cells):
            lower = np.tril_indices(first.dimension, -1)
            tilt = np.stack([cell[lower] for cell in edges])
            variables["box_tilt"] = (("sample", "tilt"), tilt, _described("1", "tilt of the box"))
    return variables


def _attributes(found: Sequence[_Sample], first: HarmonicSolid, zero_modes: str, name: str) -> dict[str, Any]:
    from bosonpeak.datasets.provenance import provenance_attributes

    system = str(first.attributes.get("system", "a matrix"))
    notes = list(dict.fromkeys(note for each in found for note in each.solid.notes))
    if first_projected := found[0].modes.projected:
        notes.append(f"{first_projected} uniform translations projected out")
    unstable = sum(len(each.modes.unstable) for each in found)
    if unstable:
        notes.append(f"{unstable} modes of negative omega^2, in unstable_frequency")
    said = provenance_attributes(
        kind="mode-ensemble",
        title=f"Vibrations of {system}",
        summary=f"Modes of {len(found)} harmonic solids of {first.size // first.dimension} particles: {system}.",
        created="",
        licence="not stated",
        source=str(first.attributes.get("source_file", "computed by bosonpeak.vibrations from the caller's data")),
    )
    return {
        **said,
        "particles": first.size // first.dimension,
        "dimension": first.dimension,
        "degrees_of_freedom": first.size,
        name: zero_modes,
        "input_warnings": "\n".join(notes),
        **{key: value for key, value in first.attributes.items() if key != "system"},
    }


def _require_alike(first: HarmonicSolid, other: HarmonicSolid, number: int) -> None:
    one, two = ((each.dimension, len(each.root_masses), each.units) for each in (first, other))
    if one != two:
        raise ForeignInputError(
            f"system: sample {number} is of another kind than sample 0",
            expected=f"{one[0]} dimensions, {one[1]} particles, units {one[2]}",
            got=f"{two[0]} dimensions, {two[1]} particles, units {two[2]}",
            likely_cause="samples of several sizes: one dataset per size",
        )


def _by_particle(sample: _Sample) -> FloatArray:
    """Eigenvectors (modes, particles, axes)."""
    vectors = sample.modes.vectors.T
    return vectors.reshape(len(vectors), -1, sample.solid.dimension)


def _stacked(rows: Sequence[FloatArray]) -> FloatArray:
    """Arrays of unequal first length as one array, NaN at the end."""
    longest = max(len(row) for row in rows)
    table = np.full((len(rows), longest, *rows[0].shape[1:]), np.nan)
    for place, row in zip(table, rows, strict=True):
        place[: len(row)] = row
    return table


def _described(units: str, long_name: str) -> dict[str, str]:
    return {"units": units, "long_name": long_name}
