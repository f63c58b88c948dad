"""Curves of a density of states in foreign files: frequency, density and, if known, its error."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.files.foreign_file import Source, existing_file, foreign_provenance
from bosonpeak.datasets.adapters.files.stored_files import require_valid
from bosonpeak.datasets.adapters.files.unit_inference import ANGULAR_UNITS
from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.schema.units import unknown_unit_symbols

if TYPE_CHECKING:
    import xarray as xr

DENSITY, REDUCED = "density_of_states", "reduced_density_of_states"
"""Values of ``content`` in a card for a curve of g, or of g over omega^(d-1)."""

_FORMATS = "text or .npy with two or three columns: frequency, density, error"
_DIMENSIONS = (2, 3)
_BELOW_ZERO = 1e-3
_CYCLES = "frequency_over_2pi"


def read_density_of_states(
    path: str | os.PathLike[str], card: Mapping[str, Any] | None = None, *, decoder: Decoder = IN_PLACE
) -> xr.Dataset:
    """Read a curve of the density of states as a dataset of kind ``density-of-states``.

    Parameters
    ----------
    path : path-like
        Text table or ``.npy`` array (points, 2 or 3): frequency, density and, optionally, the density's standard
        error. Comments and a header are skipped.
    card : mapping, optional
        ``content``: "density_of_states" (default), or "reduced_density_of_states" for g over omega^(d-1), which needs
        ``dimension``. ``units`` of the frequency: those of `ANGULAR_UNITS` (THz, meV, 1/cm, ...) are brought to rad/ps,
        others, by default "1", are kept. ``quantity``: "frequency" (default), or "frequency_over_2pi" for units
        without a known factor. ``title``, ``source``, ``licence``.
    decoder : Decoder
        Reader of the file; by default this process, which is safe only for trusted files.

    Returns
    -------
    xarray.Dataset
        ``density_of_states(sample, frequency)``, per unit of the angular frequency, and ``density_of_states_error``
        if the file has it; a single sample. The norm of the density is that of the file.

    Raises
    ------
    ForeignInputError
        If the file is missing or holds anything but a curve; the message names the line.
    CardError
        If the card lacks the dimension of a reduced density, or has unknown units or another content.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> omega = np.linspace(0.1, 2.0, 20)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "dos.txt"
    ...     np.savetxt(path, np.column_stack([omega, omega**2]))
    ...     curve = read_density_of_states(path, {"dimension": 3})
    >>> round(float(curve["density_of_states"].sel(frequency=1.0, method="nearest").item()), 9)
    1.0
    """
    import xarray as xr

    from bosonpeak.datasets.schema import with_labels
    from bosonpeak.datasets.storage.digest import content_digest

    place, known = existing_file(file_path(path), _FORMATS), dict(card or {})
    content = known.get("content", DENSITY)
    if content not in (DENSITY, REDUCED):
        raise CardError(
            "the card names another content", expected=f'content = "{DENSITY}" or "{REDUCED}"', got=repr(content)
        )
    dimension = known.get("dimension")
    if dimension not in (None, *_DIMENSIONS) or (content == REDUCED and dimension is None):
        raise CardError(
            "the dimension of space is not known",
            expected="dimension = 2 or dimension = 3, needed for a reduced density",
            got=repr(dimension),
            where=str(place),
        )
    frequency, density, error, notes = _curve(decoder.numbers(place), str(place))
    factor, units = _radians(known, str(place))
    frequency, density = frequency * factor, density / factor
    error = None if error is None else error / factor
    if content == REDUCED:
        # The power of omega is undone in the file's own unit of frequency, in which it was divided.
        weight = (frequency / factor) ** (int(dimension or 0) - 1)
        density = density * weight
        error = None if error is None else error * weight
    described = {"units": f"1/({units})" if units != "1" else "1"}
    variables: dict[str, Any] = {
        DENSITY: (("sample", "frequency"), density[None], described | {"long_name": "density of states"})
    }
    if error is not None:
        label = {"long_name": "standard error of the density of states"}
        variables[f"{DENSITY}_error"] = (("sample", "frequency"), error[None], described | label)
    axis = ("frequency", frequency, {"units": units, "long_name": "angular frequency"})
    source = Source.of_file(place)
    attributes = foreign_provenance("density-of-states", "Density of states", _FORMATS, source, known)
    attributes |= {"source_quantity": content, "input_warnings": "\n".join(notes)}
    attributes |= {} if dimension is None else {"dimension": int(dimension)}
    dataset = with_labels(xr.Dataset(variables, coords={"frequency": axis}, attrs=attributes))
    dataset.attrs["content_digest"] = content_digest(dataset)
    require_valid(dataset, place)
    return dataset


def _curve(values: Any, where: str) -> tuple[FloatArray, FloatArray, FloatArray | None, tuple[str, ...]]:
    """Frequency, density, error and notes of a table (points, 2 or 3), without negligible parts below zero."""
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] not in (2, 3) or len(table) < 4:
        raise ForeignInputError(
            "the file is not a curve",
            expected="at least four rows of frequency, density and, optionally, error",
            got=f"shape {table.shape}",
            where=where,
            likely_cause="eigenfrequencies, which read_frequencies reads" if table.ndim == 2 else "",
        )
    finite = np.isfinite(table).all(axis=1)
    rises = np.diff(table[:, 0]) > 0.0
    if not finite.all() or not rises.all():
        row = int(np.argmax(~finite)) if not finite.all() else int(np.argmax(~rises)) + 1
        raise ForeignInputError(
            "the numbers do not form a curve",
            expected="finite numbers, frequencies ascending",
            got=", ".join(f"{value:g}" for value in table[row]),
            where=f"{where}, row {row + 1}",
        )
    negative = table[:, 0] < 0.0
    share = float(np.abs(table[negative, 1]).sum() / max(np.abs(table[:, 1]).sum(), 1e-300))
    if share > _BELOW_ZERO or (table[~negative, 1:] < 0.0).any():
        raise ForeignInputError(
            "the density of states contains unstable modes",
            expected="no density below frequency 0, and none below zero",
            got=f"{share:.2g} of the density below frequency 0, lowest density {table[:, 1].min():g}",
            where=where,
            likely_cause="imaginary frequencies printed as negative ones, or a smoothed curve that undershoots",
        )
    kept = table[~negative]
    notes = (f"{np.count_nonzero(negative)} rows of negative frequency left out",) if negative.any() else ()
    return kept[:, 0], kept[:, 1], kept[:, 2] if table.shape[1] == 3 else None, notes


def _radians(card: Mapping[str, Any], where: str) -> tuple[float, str]:
    """Factor from the file's frequencies to angular ones, and their unit."""
    units, quantity = str(card.get("units") or "1"), card.get("quantity", "frequency")
    if quantity not in ("frequency", _CYCLES):
        raise CardError(
            "a curve has frequencies",
            expected=f'quantity = "frequency" or "{_CYCLES}"',
            got=repr(quantity),
            where=where,
        )
    if units in ANGULAR_UNITS:
        return ANGULAR_UNITS[units], "rad/ps"
    if unknown := unknown_unit_symbols(units):
        raise CardError(
            "unknown units", expected=" or ".join(ANGULAR_UNITS), got=f"{units!r} ({', '.join(unknown)})", where=where
        )
    return (2.0 * np.pi if quantity == _CYCLES else 1.0), units
