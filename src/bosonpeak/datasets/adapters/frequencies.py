"""Read eigenfrequencies that somebody else computed, or the matrix that has them, whatever they are stored in."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from bosonpeak.datasets.adapters.cleaning import QUANTITIES, CleanSpectra, Quantity, clean
from bosonpeak.datasets.adapters.configurations import is_configuration
from bosonpeak.datasets.adapters.dynamical_matrix import spectra_of_matrix
from bosonpeak.datasets.adapters.force_constants import looks_like_force_constants, read_force_constants
from bosonpeak.datasets.adapters.foreign_file import existing_file, head_of
from bosonpeak.datasets.adapters.lammps_dynamical_matrix import looks_like_binary_matrix, read_binary_matrix
from bosonpeak.datasets.adapters.matrix_arrays import matrix_of_arrays, matrix_of_table
from bosonpeak.datasets.adapters.named_arrays import spectra_from_arrays
from bosonpeak.datasets.adapters.numpy_archive import read_archive, read_array_file
from bosonpeak.datasets.adapters.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.raw_spectra import RawSpectra
from bosonpeak.datasets.adapters.sparse_matrices import MATRIX_MARKET, read_matrix_market
from bosonpeak.datasets.adapters.spectrum_conventions import spectrum_findings
from bosonpeak.datasets.adapters.text_table import read_table, spectra_from_table
from bosonpeak.datasets.conventions import Finding
from bosonpeak.datasets.digest import content_digest, file_sha256
from bosonpeak.datasets.errors import CardError, ForeignInputError, SchemaError, StoreError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.datasets.schema import KINDS, validate
from bosonpeak.datasets.units import unknown_unit_symbols
from bosonpeak.datasets.zarr_metadata import METADATA_FILE

if TYPE_CHECKING:
    import xarray as xr

_NETCDF = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")
_BINARY = b"\0"


def read_frequencies(path: str | os.PathLike[str], card: Mapping[str, Any]) -> xr.Dataset:
    """Read a foreign file as a dataset of kind ``mode-ensemble``.

    The format is recognised by content, not by name: netCDF (of this package, or any with an array of
    frequencies), a Zarr store of this package, ``.npz``, ``.npy``, or a text table. A matrix of second derivatives is
    diagonalised: that of LAMMPS' ``dynamical_matrix`` (text or binary), FORCE_CONSTANTS and force_constants.hdf5 of
    phonopy, SciPy's sparse ``.npz``, MatrixMarket, or a square symmetric array with negative elements.

    Parameters
    ----------
    path : path-like
        The file.
    card : mapping
        What the file does not say itself: ``quantity`` ("frequency", the default, that is angular frequency;
        "eigenvalue", its square; or "frequency_over_2pi"), ``units`` of the angular frequency, ``columns`` (see
        `spectra_from_table`), ``group`` of a netCDF file, ``content`` ("spectrum" or "matrix", where the numbers
        could be either), what `dynamical_matrix` needs to know of a matrix, what `spectrum_findings` compares
        with the numbers, ``title``, ``source``, ``licence``.
        Other entries are not looked at.

    Returns
    -------
    xarray.Dataset
        Valid, with the provenance attributes, ``source_file``, ``source_sha256``, ``source_layout``,
        ``source_quantity``, ``input_warnings`` (one a line, or empty) and, if rounding made neighbours equal,
        ``frequency_decimals``. A file of this package comes back as it is.

    Raises
    ------
    ForeignInputError
        If the file is missing, damaged, hostile, or holds anything but ascending non-negative frequencies; the
        message names the line, column or array element.
    CardError
        If the card contradicts the file or itself.
    """
    if (Path(path) / METADATA_FILE).is_file():
        return _from_zarr(Path(path), card)
    file = existing_file(Path(path), "netCDF, .npz, .npy, or a text table")
    head = head_of(file)
    if is_configuration(head):
        raise _no_spectrum(file)
    if head.startswith(_NETCDF):
        return _from_netcdf(file, card)
    content = _content(card)
    if head.startswith(b"PK"):
        raw = _from_arrays(read_archive(file), file, card, content)
    elif head.startswith(b"\x93NUMPY"):
        raw = _from_arrays({"array": read_array_file(file)}, file, card, content)
    elif _BINARY in head:
        raw = spectra_of_matrix(_binary_matrix(file, head, content), card)
    else:
        raw = _from_text(file, card, content)
    return _dataset(raw, file, card)


def convert(path: str | os.PathLike[str], output: str | os.PathLike[str], card: Mapping[str, Any] | None = None) -> str:
    """Turn foreign eigenfrequencies into a netCDF file of this package.

    Parameters
    ----------
    path, card
        As for `read_frequencies`.
    output : path-like
        File to write.

    Returns
    -------
    str
        Content digest of the new file.

    Raises
    ------
    ForeignInputError
        If the input cannot be read.
    StoreError
        If the output cannot be written.
    """
    from bosonpeak.datasets.store import write

    return write(read_frequencies(path, card or {}), output)


def _no_spectrum(file: Path) -> ForeignInputError:
    return ForeignInputError(
        "the file holds configurations, not a spectrum",
        expected="eigenfrequencies, or the matrix that has them",
        got="positions of particles",
        where=str(file),
        likely_cause="read_configurations reads it; no kind of dataset holds configurations alone",
        done="nothing was written",
    )


def _content(card: Mapping[str, Any]) -> str:
    content = card.get("content", "")
    if content not in ("", "spectrum", "matrix"):
        raise CardError("unknown content in the card", expected='"spectrum" or "matrix"', got=repr(content))
    return str(content)


def _binary_matrix(file: Path, head: bytes, content: str) -> RawMatrix:
    if content == "matrix" or looks_like_binary_matrix(file):
        return read_binary_matrix(file)
    raise ForeignInputError(
        "the file is in an unknown binary format",
        expected="netCDF, .npz, .npy, or a text table in UTF-8",
        got=f"bytes {head[:8].hex(' ')}",
        where=str(file),
        likely_cause="text in UTF-16, or output of another program: export it as text; of a dynamical matrix in raw "
        'doubles, a truncated file (content = "matrix" in the card says more)',
    )


def _from_arrays(
    arrays: Mapping[str, np.ndarray[Any, Any]],
    file: Path,
    card: Mapping[str, Any],
    content: str,
    units: Mapping[str, str] | None = None,
) -> RawSpectra:
    matrix = matrix_of_arrays(arrays, str(file), content)
    return spectra_from_arrays(arrays, str(file), units) if matrix is None else spectra_of_matrix(matrix, card)


def _from_text(file: Path, card: Mapping[str, Any], content: str) -> RawSpectra:
    with open(file, encoding="utf-8-sig", errors="replace") as stream:
        first = [line.rstrip("\n") for line in itertools.islice(stream, 5)]
    if first and first[0].lower().startswith(MATRIX_MARKET.lower()):
        return spectra_of_matrix(read_matrix_market(file), card)
    if looks_like_force_constants(first):
        return spectra_of_matrix(read_force_constants(file), card)
    table = read_table(file)
    matrix = matrix_of_table(table, content)
    return spectra_from_table(table, card.get("columns")) if matrix is None else spectra_of_matrix(matrix, card)


def _from_netcdf(file: Path, card: Mapping[str, Any]) -> xr.Dataset:
    found = _stored(file, card)
    if found.attrs.get("kind") in KINDS:
        return _own(found, file)
    arrays = {str(name): variable.values for name, variable in found.data_vars.items()}
    units = {str(name): str(variable.attrs.get("units", "")) for name, variable in found.data_vars.items()}
    return _dataset(_from_arrays(arrays, file, card, _content(card), units), file, card)


def _from_zarr(store: Path, card: Mapping[str, Any]) -> xr.Dataset:
    found = _stored(store, card)
    if found.attrs.get("kind") in KINDS:
        return _own(found, store)
    raise ForeignInputError(
        "the Zarr store is not one of this package",
        expected=f"an attribute kind: {', '.join(KINDS)}",
        got=repr(found.attrs.get("kind")),
        where=str(store),
        likely_cause="write its frequencies as netCDF or .npz",
    )


def _own(found: xr.Dataset, file: Path) -> xr.Dataset:
    _require_valid(found, file)
    if "eigenfrequency" not in found:
        raise ForeignInputError(
            "the file holds no eigenfrequencies", got=f"a dataset of kind {found.attrs['kind']}", where=str(file)
        )
    return found


def _stored(file: Path, card: Mapping[str, Any]) -> xr.Dataset:
    import xarray as xr

    from bosonpeak.datasets.store import read

    try:
        found = read(file, group=card.get("group"))
    except StoreError as error:
        raise ForeignInputError(
            error.what,
            expected=error.expected,
            got=error.got,
            where=error.where,
            likely_cause=error.likely_cause,
            done=error.done,
        ) from error
    if isinstance(found, xr.DataTree):
        raise ForeignInputError(
            "the file holds several datasets in groups",
            expected='one of them, by group = "..." in the card',
            got=", ".join(node.path for node in found.subtree if node.data_vars),
            where=str(file),
        )
    return found


def _dataset(raw: RawSpectra, file: Path, card: Mapping[str, Any]) -> xr.Dataset:
    import xarray as xr

    findings = spectrum_findings(raw, card, str(file))
    quantity = _quantity(raw, card, file, findings.get("quantity"))
    spectra = clean(replace(raw, notes=(*raw.notes, *map(str, findings.values()))), quantity)
    counts = np.array([row.size for row in spectra.samples], dtype=np.int32)
    units = _units(raw, card, quantity, file)
    variables: dict[str, Any] = {
        "eigenfrequency": (
            ("sample", "mode"),
            _padded(spectra, int(counts.max())),
            {"units": units, "long_name": "angular eigenfrequency, ascending"},
        )
    }
    if (counts != counts.max()).any():
        variables["mode_count"] = ("sample", counts, {"units": "1", "long_name": "number of modes of each sample"})
    for name, (dims, long_name) in _OPTIONAL.items():
        if name in raw.arrays:
            values = raw.arrays[name]
            values = values[:, : counts.max()].astype(np.float64) if len(dims) == 2 else values.astype(np.int32)
            variables[name] = (dims, values, {"units": "1", "long_name": long_name})
    dataset = xr.Dataset(variables, attrs=_attributes(raw, spectra, quantity, file, card))
    dataset.attrs["content_digest"] = content_digest(dataset)
    _require_valid(dataset, file)
    return dataset


_OPTIONAL = {
    "participation_ratio": (("sample", "mode"), "participation ratio of each mode"),
    "zero_mode_count": (("sample",), "number of zero modes"),
}


def _padded(spectra: CleanSpectra, width: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    table = np.full((len(spectra.samples), width), np.nan)
    for row, values in zip(table, spectra.samples, strict=True):
        row[: values.size] = values
    return table


def _quantity(raw: RawSpectra, card: Mapping[str, Any], file: Path, finding: Finding | None) -> Quantity:
    stated = card.get("quantity") or (finding.possible[0] if finding else None)
    if stated is None:
        return "eigenvalue" if raw.role == "eigenvalue" else "frequency"
    if stated not in QUANTITIES:
        raise CardError("unknown quantity in the card", expected=" or ".join(QUANTITIES), got=repr(stated))
    if raw.role and (stated == "eigenvalue") != (raw.role == "eigenvalue"):
        raise CardError(
            "the card and the file disagree about what the numbers are",
            expected=f"{raw.role}, as a name in the file says",
            got=f"quantity = {stated!r}",
            where=str(file),
        )
    return cast(Quantity, stated)


def _units(raw: RawSpectra, card: Mapping[str, Any], quantity: Quantity, file: Path) -> str:
    """Take the unit of the angular frequency from the card, else from the file."""
    units = card.get("units") or raw.units or "1"
    unknown = unknown_unit_symbols(str(units))
    if unknown:
        raise ForeignInputError(
            "unknown units",
            expected='units of the angular frequency, such as "sqrt(t0/m)", "rad/ps" or "1"',
            got=f"{units!r} ({', '.join(unknown)})",
            where=str(file),
        )
    return str(units)


def _attributes(
    raw: RawSpectra, spectra: CleanSpectra, quantity: Quantity, file: Path, card: Mapping[str, Any]
) -> dict[str, Any]:
    name = file.name.encode("utf-8", "replace").decode()
    provenance = provenance_attributes(
        kind="mode-ensemble",
        title=str(card.get("title") or f"Eigenfrequencies from {name}"),
        summary=f"Computed elsewhere; read from {name} ({raw.layout}).",
        created="",
        licence=str(card.get("licence") or "not stated"),
        source=str(card.get("source") or "not stated"),
    )
    described = {
        "source_file": name,
        "source_sha256": file_sha256(file),
        "source_layout": raw.layout,
        "source_quantity": quantity,
        "input_warnings": "\n".join(spectra.notes),
    }
    decimals = {} if spectra.decimals is None else {"frequency_decimals": spectra.decimals}
    return provenance | described | decimals


def _require_valid(dataset: xr.Dataset, file: Path) -> None:
    try:
        validate(dataset)
    except SchemaError as error:
        raise ForeignInputError(
            error.what, expected="a valid dataset", got="\n    ".join(error.violations), where=str(file)
        ) from error
