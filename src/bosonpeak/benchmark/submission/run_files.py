"""Files of a run: paths of the card, per-sample variables in separate files, layout of glass spectra."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.cards.card import Card, EnsembleCard
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.files.foreign_file import existing_file
from bosonpeak.datasets.adapters.files.unpacking import sole_folder
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import CardError, ForeignInputError, did_you_mean
from bosonpeak.datasets.schema.glass_ensemble import VARIABLES as GLASS_VARIABLES
from bosonpeak.datasets.schema.network_ensemble import VARIABLES as NETWORK_VARIABLES
from bosonpeak.datasets.schema.specification import INTEGERS
from bosonpeak.validators.estimates.inputs import ZERO_BELOW


def place_in_run(root: Path, path: str) -> Path:
    """Resolve a card's path relative to ``root`` (empty: the run itself); `ForeignInputError` if missing or a link."""
    place = root
    for part in Path(path).parts:
        place = place / part
        if place.is_symlink():
            raise ForeignInputError(
                "there is a link in the run", expected="files and folders", where=str(place), done="it was not followed"
            )
    if not place.exists():
        raise ForeignInputError("the card names something that is not in the run", got=repr(path), where=str(root))
    return place


CARD_IN_RUN = "card.toml"
"""The card is looked for here if none is given."""


def card_inside(content: Path) -> Path | None:
    """Card in a folder or in its only folder; None without a card."""
    folders = [content, sole_folder(content)] if content.is_dir() else []
    found = (folder / CARD_IN_RUN for folder in folders if folder is not None)
    return next((file for file in found if file.is_file()), None)


def root_of(content: Path, card: Card) -> Path:
    """Folder of an archive's content that the card's paths are relative to."""
    inner = sole_folder(content)
    paths = [ensemble.path for ensemble in card.ensembles] + [card.conformance]
    beside = all((content / path).exists() for path in paths if path)
    return content if inner is None or (beside and any(paths)) else inner


def names_inside(folder: Path, places: Iterable[Path]) -> set[str]:
    """Names of the entries of a folder that contain the given places."""
    here = folder.resolve()
    inside = [place.resolve().relative_to(here) for place in places if place.resolve().is_relative_to(here)]
    return {relative.parts[0] for relative in inside if relative.parts}


EDGE_MODES = 50
"""Modes at either end of the spectrum that the reference data keep."""

_FREQUENCY = {"units": "1", "long_name": "angular eigenfrequency, ascending, zero modes left out"}


def laid_out(dataset: xr.Dataset, card: EnsembleCard) -> xr.Dataset:
    """Convert a glass's (sample, mode) spectra to the layout of the reference data: lowest, highest, complete."""
    rows = np.asarray(dataset["eigenfrequency"].values, dtype=np.float64)
    if rows.shape[1] > card.degrees_of_freedom:
        raise ForeignInputError(
            "the card and the data disagree on the number of modes",
            expected=f"at most {card.degrees_of_freedom} per sample: {card.dimension} for each particle",
            got=str(rows.shape[1]),
            where=card.path,
            likely_cause=pooled_cause(rows.shape, card.degrees_of_freedom),
        )
    zeros = (rows < ZERO_BELOW * np.nanmax(rows, axis=1, keepdims=True, initial=0.0)).sum(axis=1)
    spectra = _without_first(rows, zeros)
    made: dict[str, Any] = {str(name): array for name, array in dataset.data_vars.items() if array.dims == ("sample",)}
    made.pop("mode_count", None)
    if "unstable_frequency" in dataset:
        made["unstable_frequency"] = dataset["unstable_frequency"]
    made["zero_mode_count"] = ("sample", zeros.astype(np.int32), {"units": "1"})
    if _is_complete(rows, zeros, card):
        edge = min(EDGE_MODES, spectra.shape[1])
        made |= {
            "eigenfrequency": (("sample", "mode"), spectra[:, :edge], _FREQUENCY),
            "highest_eigenfrequency": (("sample", "high_mode"), _last(spectra, edge), _FREQUENCY),
            "full_eigenfrequency": (("full_sample", "full_mode"), spectra, _FREQUENCY),
            "full_sample_index": ("full_sample", np.arange(len(rows), dtype=np.int32), {"units": "1"}),
        }
    else:
        made["eigenfrequency"] = (("sample", "mode"), spectra, _FREQUENCY)
    if "participation_ratio" in dataset:
        ratios = _without_first(np.asarray(dataset["participation_ratio"].values, dtype=np.float64), zeros)
        made["participation_ratio"] = (("sample", "mode"), ratios[:, : made["eigenfrequency"][1].shape[1]])
    return xr.Dataset(made, attrs=dataset.attrs)


def pooled_cause(shape: tuple[int, ...], degrees_of_freedom: int) -> str:
    """Explanation of a single list (samples, modes) that is longer than the spectrum of a sample; empty for others."""
    if shape[0] > 1 or shape[1] <= degrees_of_freedom:
        return ""
    return (
        f"a pooled list of {shape[1] / degrees_of_freedom:.3g} samples: modes of different samples cannot be told "
        "apart, so that neither intervals nor level spacings exist; write a column per sample"
    )


def _is_complete(rows: FloatArray, zeros: NDArray[np.intp], card: EnsembleCard) -> bool:
    """Test whether every sample has all its modes, with translations included or left out."""
    counts = np.isfinite(rows).sum(axis=1)
    size = card.degrees_of_freedom
    return bool(np.all((counts == size) | ((counts == size - card.dimension) & (zeros == 0))))


def _without_first(rows: FloatArray, dropped: NDArray[np.intp]) -> FloatArray:
    """Rows without their first ``dropped`` elements, shifted to the left and padded with NaN."""
    if not dropped.any():
        return rows
    width = rows.shape[1]
    index = np.arange(width)[None, :] + dropped[:, None]
    shifted = np.take_along_axis(rows, np.minimum(index, width - 1), axis=1)
    shifted[index >= width] = np.nan
    longest = int(np.isfinite(shifted).sum(axis=1).max())
    return shifted[:, : max(longest, 1)]


def _last(rows: FloatArray, count: int) -> FloatArray:
    """Last ``count`` finite elements of each row."""
    lengths = np.isfinite(rows).sum(axis=1)
    index = lengths[:, None] - count + np.arange(count)[None, :]
    return np.take_along_axis(rows, index, axis=1)


Labelled = tuple[str, NDArray[Any], dict[str, str]]


def read_sample_variables(
    root: Path, card: EnsembleCard, samples: int, decoder: Decoder = IN_PLACE
) -> dict[str, Labelled]:
    """Read the files named by the card under ``variables``, as arguments of `xarray.Dataset.assign`."""
    specified = NETWORK_VARIABLES if card.is_network else GLASS_VARIABLES
    known = {name: variable for name, variable in specified.items() if variable.dims == ("sample",)}
    found: dict[str, Labelled] = {}
    for name, path in card.variables.items():
        if name not in known:
            raise CardError(
                "unknown variable on the card",
                expected=", ".join(known),
                got=repr(name),
                where=card.path,
                likely_cause=did_you_mean(name, known),
            )
        file = place_in_run(root if root.is_dir() else root.parent, path)
        values = _one_a_sample(file, samples, decoder)
        whole = known[name].dtypes == INTEGERS
        found[name] = ("sample", values.astype(np.int32) if whole else values, {"units": "1"})
    return found


def _one_a_sample(file: Path, samples: int, decoder: Decoder) -> FloatArray:
    values = decoder.numbers(existing_file(file, "text or .npy"))
    flat = values.ravel()
    if values.dtype.kind not in "iuf" or flat.size != samples or max(values.shape) != samples:
        raise ForeignInputError(
            "the file does not hold one number a sample",
            expected=f"{samples} numbers in one row or one column",
            got=f"{values.dtype}, shape {values.shape}",
            where=str(file),
        )
    numbers = flat.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ForeignInputError(
            "there is a number that is not finite",
            where=str(file),
            got=f"sample {int(np.argmin(np.isfinite(numbers)))}",
        )
    return numbers
