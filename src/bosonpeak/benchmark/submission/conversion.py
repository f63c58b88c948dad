"""Conversion of an ensemble of a run, with its submission card, into a netCDF file of this package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bosonpeak.benchmark.cards.card import Card, EnsembleCard
from bosonpeak.benchmark.cards.card_file import is_submission_card, read_card, read_reader_part
from bosonpeak.benchmark.submission.reading import files_beside
from bosonpeak.benchmark.submission.run_files import card_inside, names_inside, place_in_run, root_of
from bosonpeak.datasets.adapters.card_keys import require_known_keys
from bosonpeak.datasets.adapters.conversion import converted, require_apart
from bosonpeak.datasets.adapters.decoding.decoder import Decoder
from bosonpeak.datasets.adapters.decoding.protected import opened
from bosonpeak.datasets.adapters.files.unpacking import sole_folder
from bosonpeak.datasets.errors import CardError
from bosonpeak.datasets.sandbox.limits import Limits
from bosonpeak.datasets.storage.store import write

if TYPE_CHECKING:
    import xarray as xr


def convert_run(
    path: Path, output: Path, card: Path | None, *, ensemble: str = "", trust_files: bool, limits: Limits
) -> str:
    """Write an ensemble to a file and return its digest; the card may be one of a run or of the readers, or inside."""
    require_apart(path, output)
    with opened(path, trust_files=trust_files, limits=limits) as (content, decoder):
        file = card or card_inside(content)
        if file is not None and content.is_dir() and is_submission_card(file):
            dataset = _of_run(content, content == path, file, ensemble, decoder)
        else:
            known = {} if file is None else read_reader_part(file)
            require_known_keys(known)
            place = content if content == path else sole_folder(content) or content
            dataset = converted(place, known, decoder)
    return write(dataset, output)


def _of_run(content: Path, is_whole: bool, file: Path, ensemble: str, decoder: Decoder) -> xr.Dataset:
    card = read_card(file)
    chosen = _chosen(card, ensemble, file)
    root = content if is_whole else root_of(content, card)
    place = root if root.is_file() else place_in_run(root, chosen.path)
    names = names_inside(place, [file, *files_beside(root, card, chosen)])
    return converted(place, chosen.for_reader, decoder, names)


def _chosen(card: Card, ensemble: str, file: Path) -> EnsembleCard:
    found = [each for each in card.ensembles if not ensemble or each.path == ensemble]
    if len(found) == 1:
        return found[0]
    raise CardError(
        "the card has several ensembles" if found else "the card has no such ensemble",
        expected="--ensemble with one of: " + ", ".join(each.path for each in card.ensembles),
        got=ensemble or "no ensemble chosen",
        where=str(file),
    )
