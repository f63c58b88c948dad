"""Read eigenfrequencies that somebody else computed, or the matrix that has them, whatever they are stored in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.adapters.configurations.formats import is_configuration
from bosonpeak.datasets.adapters.files.foreign_file import Source, existing_file, head_of
from bosonpeak.datasets.adapters.files.stored_files import is_own, is_zarr_store, stored_dataset
from bosonpeak.datasets.adapters.folders import read_folder
from bosonpeak.datasets.adapters.spectra.labelled import spectrum_dataset
from bosonpeak.datasets.adapters.spectrum_files import spectra_of_file, spectra_of_stored
from bosonpeak.datasets.errors import ForeignInputError

if TYPE_CHECKING:
    import xarray as xr


def read_frequencies(path: str | os.PathLike[str], card: Mapping[str, Any]) -> xr.Dataset:
    """Read a foreign file, or a folder of them, as a dataset of kind ``mode-ensemble``.

    The format is recognised by content, not by name: netCDF (of this package, or any with an array of
    frequencies), a Zarr store of this package, ``.npz``, ``.npy``, or a text table. A matrix of second derivatives is
    diagonalised: that of LAMMPS' ``dynamical_matrix`` (text or binary), FORCE_CONSTANTS and force_constants.hdf5 of
    phonopy, SciPy's sparse ``.npz``, MatrixMarket, or a square symmetric array with negative elements.

    Parameters
    ----------
    path : path-like
        The file, or a folder as `read_folder` takes it.
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
    place = Path(path)
    if place.is_dir() and not is_zarr_store(place):
        spectra = read_folder(place, card).spectra
        if spectra is None:
            raise no_spectrum(place)
        return spectra
    if not is_zarr_store(place):
        existing_file(place, "netCDF, .npz, .npy, or a text table")
    found = stored_dataset(place, card)
    if found is not None and is_own(found):
        return _with_frequencies(found, place)
    if found is None and is_configuration(head_of(place)):
        raise no_spectrum(place)
    raw = spectra_of_file(place, card) if found is None else spectra_of_stored(found, place, card)
    return spectrum_dataset(raw, Source.of_file(place), card)


def no_spectrum(path: Path) -> ForeignInputError:
    """Return the error for positions where frequencies are asked for."""
    return ForeignInputError(
        "there are configurations here, not a spectrum",
        expected="eigenfrequencies, or the matrix that has them",
        got="positions of particles",
        where=str(path),
        likely_cause="read_configuration_dataset reads them",
        done="nothing was written",
    )


def _with_frequencies(found: xr.Dataset, path: Path) -> xr.Dataset:
    if "eigenfrequency" not in found:
        raise ForeignInputError(
            "the file holds no eigenfrequencies", got=f"a dataset of kind {found.attrs['kind']}", where=str(path)
        )
    return found
