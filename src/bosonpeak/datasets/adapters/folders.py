"""A folder of files as one ensemble: spectra, configurations, or both."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.adapters.configurations.foreign_configuration import ForeignConfiguration
from bosonpeak.datasets.adapters.configurations.labelled import configuration_dataset_of
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.decoding.formats import operation_for
from bosonpeak.datasets.adapters.files.archive_checks import require_plain_file_name
from bosonpeak.datasets.adapters.files.foreign_file import Source, natural_order
from bosonpeak.datasets.adapters.files.stored_files import is_zarr_store
from bosonpeak.datasets.adapters.format_detection import CONFIGURATION, Configurations, Own, recognised
from bosonpeak.datasets.adapters.spectra.joined import joined_spectra
from bosonpeak.datasets.adapters.spectra.labelled import spectrum_dataset
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.errors import ForeignInputError

if TYPE_CHECKING:
    import xarray as xr

MAXIMUM_FILES = 50_000
"""Files of one ensemble."""

WORDS = (".md", ".rst", ".toml", ".json", ".yaml", ".yml", ".log", ".in", ".sh", ".py", ".slurm")
"""Endings of files that hold words and not data; such files are passed over."""

_NAMED_WORDS = ("readme", "licence", "license", "copying", "log.lammps", "__macosx")


@dataclass(frozen=True)
class FolderContents:
    """Ensemble read from a folder.

    Parameters
    ----------
    spectra : xarray.Dataset or None
        Of kind ``mode-ensemble``, or of a richer kind if the folder's data are a file of this package.
    configurations : xarray.Dataset or None
        Of kind ``configuration``; sample by sample the same as the spectra, if both are present.

    Examples
    --------
    Two files of three frequencies:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from bosonpeak.datasets.adapters import read_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for sample in (1, 2):
    ...         np.savetxt(Path(folder) / f"sample-{sample}.txt", [0.5, 1.5, 2.5])
    ...     found = read_folder(folder, {})
    >>> dict(found.spectra.sizes), found.configurations
    ({'sample': 2, 'mode': 3}, None)
    """

    spectra: xr.Dataset | None
    configurations: xr.Dataset | None


def read_folder(
    path: str | os.PathLike[str],
    card: Mapping[str, Any],
    *,
    leave_out: Collection[str] = (),
    decoder: Decoder = IN_PLACE,
) -> FolderContents:
    """Read the files of a folder as the samples of one ensemble, in the natural order of their names.

    A file holds one sample or several: spectra, a matrix to be diagonalised, or configurations. Hidden files, text
    documents (README, ``.toml``, ``.log`` ...) and the entries in `leave_out` are ignored.

    Parameters
    ----------
    path : path-like
    card : mapping
        As for `read_frequencies` and `read_configurations`, for every file.
    leave_out : collection of str
        Names of files and folders to ignore.
    decoder : Decoder
        Reader of the files; by default this process.

    Returns
    -------
    FolderContents
        Both parts are set, with equal numbers of samples, if the folder holds spectra and configurations.

    Raises
    ------
    ForeignInputError
        If a file cannot be read, is a link or a folder, files do not belong to one ensemble (other numbers of
        particles or modes, other units), or the folder holds no data.
    CardError
        If the card contradicts a file.

    Examples
    --------
    Sample 10 comes after sample 2.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for sample in (1, 2, 10):
    ...         np.savetxt(Path(folder) / f"sample-{sample}.txt", [0.5, sample + 0.5])
    ...     spectra = read_folder(folder, {}).spectra
    >>> spectra["eigenfrequency"].values.tolist()
    [[0.5, 1.5], [0.5, 2.5], [0.5, 10.5]]
    """
    folder = file_path(path)
    spectra: dict[Path, RawSpectra] = {}
    frames: dict[Path, tuple[ForeignConfiguration, ...]] = {}
    own: dict[Path, Own] = {}
    operations = {file: operation_for(file) for file in _data_files(folder, leave_out)}
    decoder.foresee([(operation, file) for file, operation in operations.items()], card)
    for file, operation in operations.items():
        found = recognised(file, card, decoder, operation)
        if isinstance(found, Own):
            own[file] = found
        elif isinstance(found, Configurations):
            frames[file] = found.read()
        else:
            spectra[file] = found.read()
    contents = _contents(folder, spectra, frames, own, card)
    _require_equal_numbers(contents, str(folder))
    return contents


def _data_files(folder: Path, leave_out: Collection[str]) -> list[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: natural_order(entry.name))
    except OSError as error:
        raise ForeignInputError(
            "the folder could not be read", got=error.strerror or str(error), where=str(folder)
        ) from error
    wanted = [entry for entry in entries if not _is_passed_over(entry.name) and entry.name not in leave_out]
    if not 0 < len(wanted) <= MAXIMUM_FILES:
        raise ForeignInputError(
            "the folder holds no data" if not wanted else "the folder holds too many files",
            expected=f"1 to {MAXIMUM_FILES:,} files with spectra or configurations",
            got=f"{len(wanted):,}, and {len(entries) - len(wanted)} ignored",
            where=str(folder),
        )
    for entry in wanted:
        require_plain_file_name(entry.name, str(entry))
        if entry.is_symlink() or not (entry.is_file() or is_zarr_store(entry)):
            raise ForeignInputError(
                "the folder contains an entry that is not a file",
                expected="files with spectra or configurations",
                got=f"{entry.name}, " + ("a link" if entry.is_symlink() else "a folder or a device"),
                where=str(folder),
                done="it was not followed",
            )
    return wanted


def _is_passed_over(name: str) -> bool:
    plain = name.lower()
    return plain.startswith(".") or plain.endswith(WORDS) or plain in _NAMED_WORDS


def _contents(
    folder: Path,
    spectra: Mapping[Path, RawSpectra],
    frames: Mapping[Path, tuple[ForeignConfiguration, ...]],
    own: Mapping[Path, Own],
    card: Mapping[str, Any],
) -> FolderContents:
    stored = {file: found for file, found in own.items() if found.kind == CONFIGURATION}
    computed = {file: found for file, found in own.items() if file not in stored}
    if len(stored) > 1 or (stored and frames):
        raise _several(folder, [*stored, *frames])
    modes: xr.Dataset | None = None
    if len(computed) == 1 and not spectra:
        modes = next(iter(computed.values())).with_frequencies()
    elif computed or spectra:
        raw = dict(spectra) | {file: _raw(found) for file, found in computed.items()}
        parts = {file.name: raw[file] for file in sorted(raw, key=lambda file: natural_order(file.name))}
        modes = spectrum_dataset(joined_spectra(parts, str(folder)), Source.of_folder(folder, _in_order(raw)), card)
    if frames:
        named = {file.name: found for file, found in frames.items()}
        placed = configuration_dataset_of(named, Source.of_folder(folder, _in_order(frames)), card)
        return FolderContents(modes, placed)
    return FolderContents(modes, next((found.dataset for found in stored.values()), None))


def _in_order(files: Collection[Path]) -> list[Path]:
    return sorted((file for file in files if file.is_file()), key=lambda file: natural_order(file.name))


def _raw(found: Own) -> RawSpectra:
    """Turn a dataset of this package back into raw spectra, to join it with foreign files."""
    if found.kind != "mode-ensemble":
        raise _several(found.path.parent, [found.path])
    table = found.dataset["eigenfrequency"]
    full = np.full(table.shape[0], table.shape[1])
    counts = found.dataset["mode_count"].values if "mode_count" in found.dataset else full
    return RawSpectra(
        samples=[row[:count] for row, count in zip(table.values, counts.tolist(), strict=True)],
        layout="a dataset of kind mode-ensemble",
        place=lambda sample, mode: f"{found.path}, sample {sample}, mode {mode}",
        role="frequency",
        units=str(table.attrs["units"]),
    )


def _several(folder: Path, files: Collection[Path]) -> ForeignInputError:
    return ForeignInputError(
        "a dataset of this package is mixed with other data of the ensemble",
        expected="one file of this package alone, or spectra of kind mode-ensemble",
        got=", ".join(file.name for file in files)[:200],
        where=str(folder),
    )


def _require_equal_numbers(contents: FolderContents, where: str) -> None:
    if contents.spectra is None or contents.configurations is None:
        return
    spectra, placed = contents.spectra.sizes["sample"], contents.configurations.sizes["sample"]
    if spectra != placed:
        raise ForeignInputError(
            "the numbers of spectra and configurations differ",
            expected="one configuration per spectrum",
            got=f"{spectra} spectra and {placed} configurations",
            where=where,
        )
