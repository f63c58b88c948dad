"""Read eigenfrequencies computed elsewhere, or a matrix to be diagonalised, from any supported format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.adapters.folders import read_folder
from bosonpeak.datasets.adapters.recognise import Configurations, Own, is_folder, recognised
from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.errors import ForeignInputError

if TYPE_CHECKING:
    import xarray as xr


def read_frequencies(path: str | os.PathLike[str], card: Mapping[str, Any]) -> xr.Dataset:
    """Read a foreign file, or a folder of them, as a dataset of kind ``mode-ensemble``.

    The format is recognised by content, not by name: netCDF (of this package, or any with an array of
    frequencies), a Zarr store of this package, ``.npz``, ``.npy``, or a text table. A matrix of second derivatives is
    diagonalised: output of LAMMPS' ``dynamical_matrix`` (text or binary), FORCE_CONSTANTS and force_constants.hdf5 of
    phonopy, SciPy's sparse ``.npz``, MatrixMarket, or a square symmetric array with negative elements.

    Parameters
    ----------
    path : path-like
        The file, or a folder as `read_folder` takes it.
    card : mapping
        Facts that the file does not state: ``quantity`` ("frequency", the default, that is angular frequency;
        "eigenvalue", its square; or "frequency_over_2pi"), ``units`` of the angular frequency, ``columns`` (see
        `spectra_from_table`), ``group`` of a netCDF file, ``content`` ("spectrum" or "matrix", if the numbers
        could be either), the keys of `dynamical_matrix` for a matrix, the keys of `spectrum_findings` to be compared
        with the numbers, ``title``, ``source``, ``licence``.
        Other entries are ignored.

    Returns
    -------
    xarray.Dataset
        Valid, with the provenance attributes, ``source_file``, ``source_sha256``, ``source_layout``,
        ``source_quantity``, ``input_warnings`` (one per line, or empty) and, if rounding made neighbours equal,
        ``frequency_decimals``. A file of this package is returned unchanged.

    Raises
    ------
    ForeignInputError
        If the file is missing, damaged, malicious, or holds anything but ascending non-negative frequencies; the
        message names the line, column or array element.
    CardError
        If the card contradicts the file or itself.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "eigenvalues.txt"
    ...     np.savetxt(path, [0.25, 2.25, 6.25])
    ...     modes = read_frequencies(path, {"quantity": "eigenvalue"})
    >>> modes["eigenfrequency"].values.tolist()
    [[0.5, 1.5, 2.5]]
    """
    place = file_path(path)
    if is_folder(place):
        spectra = read_folder(place, card).spectra
        if spectra is None:
            raise _no_spectrum(place)
        return spectra
    found = recognised(place, card)
    if isinstance(found, Configurations):
        raise _no_spectrum(place)
    return found.with_frequencies() if isinstance(found, Own) else found.labelled()


def _no_spectrum(path: Path) -> ForeignInputError:
    return ForeignInputError(
        "there are configurations here, not a spectrum",
        expected="eigenfrequencies, or the matrix that has them",
        got="positions of particles",
        where=str(path),
        likely_cause="read_configuration_dataset reads them",
        done="nothing was written",
    )
