"""Read configurations computed elsewhere as a single labelled dataset."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.folders import read_folder
from bosonpeak.datasets.adapters.recognise import CONFIGURATION, Configurations, Own, Spectra, is_folder, recognised
from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.errors import ForeignInputError

if TYPE_CHECKING:
    import xarray as xr


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
    return ForeignInputError(
        "there are no configurations here", expected="positions in a box", got=got, where=str(path)
    )
