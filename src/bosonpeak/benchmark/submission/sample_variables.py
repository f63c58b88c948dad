"""Per-sample variables of a run, in separate files named by the card."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.benchmark.cards.card import EnsembleCard
from bosonpeak.benchmark.submission.run_files import place_in_run
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.files.foreign_file import existing_file
from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import CardError, ForeignInputError
from bosonpeak.datasets.schema.glass_ensemble import VARIABLES as GLASS_VARIABLES
from bosonpeak.datasets.schema.network_ensemble import VARIABLES as NETWORK_VARIABLES
from bosonpeak.datasets.schema.specification import INTEGERS

Labelled = tuple[str, NDArray[Any], dict[str, str]]


def read_sample_variables(
    root: Path, card: EnsembleCard, samples: int, decoder: Decoder = IN_PLACE
) -> dict[str, Labelled]:
    """Read the files named by the card under ``variables``, as arguments of `xarray.Dataset.assign`.

    Raises `CardError` for an unknown variable, `ForeignInputError` if a file is unreadable or does not hold one finite
    number per sample.
    """
    specified = NETWORK_VARIABLES if card.is_network else GLASS_VARIABLES
    known = {name: variable for name, variable in specified.items() if variable.dims == ("sample",)}
    found: dict[str, Labelled] = {}
    for name, path in card.variables.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise CardError(
                "unknown variable on the card",
                expected=f"{close[0]}, perhaps" if close else ", ".join(known),
                got=repr(name),
                where=card.path,
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
