"""Resolution of the paths of a card inside a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bosonpeak.datasets.errors import ForeignInputError


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


def names_inside(folder: Path, places: Iterable[Path]) -> set[str]:
    """Names of the entries of a folder that contain the given places."""
    here = folder.resolve()
    inside = [place.resolve().relative_to(here) for place in places if place.resolve().is_relative_to(here)]
    return {relative.parts[0] for relative in inside if relative.parts}
