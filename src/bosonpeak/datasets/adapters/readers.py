"""Read eigenfrequencies, matrices to be diagonalised and configurations of other codes from any supported format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.adapters.configurations.foreign_configuration import ForeignConfiguration
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.folders import read_folder
from bosonpeak.datasets.adapters.format_detection import (
    CONFIGURATION,
    Configurations,
    Own,
    Spectra,
    is_folder,
    recognised,
)
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
        "the data are configurations, not a spectrum",
        expected="eigenfrequencies, or a matrix to be diagonalised",
        got="positions of particles",
        where=str(path),
        likely_cause="read_configuration_dataset reads them",
        done="nothing was written",
    )


def read_configurations(
    path: str | os.PathLike[str], card: Mapping[str, Any] | None = None
) -> tuple[ForeignConfiguration, ...]:
    r"""Read every configuration of a foreign file.

    The format is recognised by content, not by name: LAMMPS data, LAMMPS dump in text, extended XYZ, H5MD, and, with
    the extras ``gsd`` and ``ase``, GSD and ASE trajectories.

    Parameters
    ----------
    path : path-like
        The file.
    card : mapping, optional
        Facts that the file does not state: ``particles``, ``dimension``, ``coordinates`` ("absolute" or
        "fractional"), ``sizes`` ("diameters" or "radii"), ``lammps_units``, ``atom_style``. Other entries are
        ignored.

    Returns
    -------
    tuple of ForeignConfiguration
        Particles in the order of their ids, inside the box; at least one configuration.

    Raises
    ------
    ForeignInputError
        If the file is missing, damaged, malicious or in an unknown format, or its numbers cannot be a configuration.
    CardError
        If the card contradicts the file, or is silent although two readings remain.

    Examples
    --------
    The second particle is put back into the periodic box.

    >>> import tempfile
    >>> from pathlib import Path
    >>> header = 'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 pbc="T T T"'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pair.xyz"
    ...     _ = path.write_text("\n".join(["2", header, "A 0.0 0.0 0.0", "B 1.0 2.0 5.0", ""]))
    ...     (pair,) = read_configurations(path)
    >>> pair.positions.tolist()
    [[0.0, 0.0, 0.0], [1.0, 2.0, 1.0]]
    """
    return Configurations(file_path(path), card or {}).read()


def read_configuration_dataset(
    path: str | os.PathLike[str], card: Mapping[str, Any] | None = None, *, decoder: Decoder = IN_PLACE
) -> xr.Dataset:
    r"""Read all configurations of a foreign file, or of a folder of files, as a dataset of kind ``configuration``.

    Parameters
    ----------
    path : path-like
        A file in a format that `read_configurations` knows, a folder as `read_folder` takes it, or a netCDF file or
        Zarr store of this kind.
    card : mapping, optional
        As for `read_configurations`, and ``length_units`` (by default that of the files' unit style, or "1"),
        ``title``, ``source``, ``licence``.
    decoder : Decoder
        Reader of the files; by default this process, which is safe only for trusted files.

    Returns
    -------
    xarray.Dataset
        ``position(sample, particle, axis)`` inside ``box(sample, axis)``; ``species(sample, particle)``, codes whose
        names are in its attribute ``labels``; ``diameter`` and ``mass`` if all samples have them. Every frame is
        a sample. With the provenance attributes, ``source_file``, ``source_sha256``, ``source_layout`` and
        ``input_warnings``.

    Raises
    ------
    ForeignInputError
        If the data are missing, damaged, malicious, or from different ensembles.
    CardError
        If the card contradicts the data, or is silent although two readings remain.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> header = 'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 pbc="T T T"'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pair.xyz"
    ...     _ = path.write_text("\n".join(["2", header, "A 0.0 0.0 0.0", "B 1.0 2.0 3.0", ""]))
    ...     pair = read_configuration_dataset(path)
    >>> dict(pair.sizes), pair["species"].attrs["labels"]
    ({'sample': 1, 'particle': 2, 'axis': 3}, 'A B')
    """
    place, known = file_path(path), card or {}
    if is_folder(place):
        placed = read_folder(place, known, decoder=decoder).configurations
        if placed is None:
            raise _none(place, "spectra")
        return placed
    found = recognised(place, known, decoder)
    if isinstance(found, Own):
        if found.kind != CONFIGURATION:
            raise _none(place, f"a dataset of kind {found.kind}")
        return found.dataset
    if isinstance(found, Spectra) and found.arrays is not None:
        raise _none(place, "netCDF of another package")
    # For an unrecognised file the configuration readers raise the most helpful error.
    return Configurations(place, known, decoder).labelled()


def _none(path: Path, got: str) -> ForeignInputError:
    return ForeignInputError("no configurations found", expected="positions in a box", got=got, where=str(path))
