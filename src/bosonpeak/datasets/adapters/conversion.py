"""Conversion of the output of other programs into a netCDF file of this package."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.adapters.card_keys import require_known_keys
from bosonpeak.datasets.adapters.decoding.decoder import Decoder
from bosonpeak.datasets.adapters.decoding.protected import opened
from bosonpeak.datasets.adapters.density_curves import DENSITY, REDUCED, read_density_of_states
from bosonpeak.datasets.adapters.files.unpacking import sole_folder
from bosonpeak.datasets.adapters.folders import read_folder
from bosonpeak.datasets.adapters.format_detection import CONFIGURATION, Own, Spectra, is_folder, recognised
from bosonpeak.datasets.adapters.readers import read_configuration_dataset
from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.sandbox.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    import xarray as xr


def convert(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    card: Mapping[str, Any] | None = None,
    *,
    trust_files: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> str:
    """Turn foreign spectra, matrices or configurations into a netCDF file of this package.

    Parameters
    ----------
    path : path-like
        A file, a folder of files (one ensemble), or an archive of such a folder.
    output : path-like
        File to write.
    card : mapping, optional
        As for `read_frequencies` and `read_configuration_dataset`; keys unknown to both are refused.
        ``content`` chooses between the spectra and the configurations of a folder that has both, and names a curve of
        the density of states, as for `read_density_of_states`.
    trust_files : bool
        Read the files in this process. By default a confined process reads them.
    limits : Limits
        Limits of memory, time and unpacked size.

    Returns
    -------
    str
        Content digest of the new file.

    Raises
    ------
    ForeignInputError
        If the input cannot be read, or the output is the input or inside it; or this platform has no means of
        confinement and `trust_files` is false.
    CardError
        If the card has unknown keys or contradicts the data.
    StoreError
        If the output cannot be written.

    Examples
    --------
    Eigenvalues in a text file, as angular frequencies in a file of this package:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from bosonpeak.datasets import read
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     theirs, ours = Path(folder) / "eigenvalues.txt", Path(folder) / "modes.nc"
    ...     np.savetxt(theirs, [0.25, 2.25, 6.25])
    ...     digest = convert(theirs, ours, {"quantity": "eigenvalue"}, trust_files=True)
    ...     modes = read(ours)
    >>> modes["eigenfrequency"].values.tolist()
    [[0.5, 1.5, 2.5]]
    """
    from bosonpeak.datasets.storage.store import write

    known = card or {}
    require_known_keys(known)
    require_apart(file_path(path), file_path(output))
    with opened(path, trust_files=trust_files, limits=limits) as (content, decoder):
        is_archive = content != Path(path)
        dataset = converted((sole_folder(content) if is_archive else None) or content, known, decoder)
    return write(dataset, output)


def converted(path: Path, card: Mapping[str, Any], decoder: Decoder, leave_out: Collection[str] = ()) -> xr.Dataset:
    """Dataset of a file, or of a folder without the entries in `leave_out`; errors as of `convert`."""
    if is_folder(path):
        return _of_folder(path, card, decoder, leave_out)
    if card.get("content") in (DENSITY, REDUCED):
        return read_density_of_states(path, card, decoder=decoder)
    found = recognised(path, card, decoder)
    if isinstance(found, Own):
        return found.dataset
    if isinstance(found, Spectra) and found.arrays is None and card.get("content") == CONFIGURATION:
        return read_configuration_dataset(path, card, decoder=decoder)
    return found.labelled()


def _of_folder(folder: Path, card: Mapping[str, Any], decoder: Decoder, leave_out: Collection[str]) -> xr.Dataset:
    contents = read_folder(folder, card, leave_out=leave_out, decoder=decoder)
    wanted = card.get("content", "")
    spectra, placed = contents.spectra, contents.configurations
    if wanted == CONFIGURATION or (not wanted and spectra is None):
        spectra = None
    elif wanted or placed is None:
        placed = None
    if spectra is not None and placed is not None:
        raise CardError(
            "the folder contains spectra and configurations; choose one",
            expected='content = "spectrum" or content = "configuration" in the card',
            got=f"no content in the card; {spectra.sizes['sample']} samples of each",
            where=str(folder),
            done="nothing was written",
        )
    chosen = spectra if spectra is not None else placed
    if chosen is None:
        raise ForeignInputError(
            "the folder lacks the content that the card names", expected=f"content = {wanted!r}", where=str(folder)
        )
    return chosen


def require_apart(path: Path, output: Path) -> None:
    """Refuse an output that is the input or inside it."""
    source, target = Path(os.path.realpath(path)), Path(os.path.realpath(output))
    if target == source or source in target.parents:
        raise ForeignInputError(
            "the output would overwrite the input" if target == source else "the output would be inside the input",
            expected="an output path outside the input",
            got=str(output),
            where=str(path),
            done="nothing was read or written",
        )
