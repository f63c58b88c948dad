"""Entry of a potential, written into a checkout for one pull request."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bosonpeak.benchmark.leaderboard.submitting import new_folder, script_of, write_new
from bosonpeak.benchmark.vibration_track.entries import CODE_FILE, read_code
from bosonpeak.benchmark.vibration_track.structures import structure_names
from bosonpeak.benchmark.vibration_track.track import StructureResult
from bosonpeak.datasets.errors import ForeignInputError

_PLACE = ("leaderboard", "vibrations")
_ASKED = {
    "description": "  # a sentence on the model",
    "training_data": "  # data, method and functional",
    "parameters": "  # their number",
    "licence": "  # of the code and of the weights",
    "history": "  # earlier runs, a line each",
}
_MODULES = ("examples", "vibrations")


def card_form(results: Path, requirements: Sequence[str] = ()) -> str:
    """Description of a potential, with the entries that the results know; the author fills in the others."""
    first = next(iter(_results(results).values()))
    package, _, version = first.version.partition(" ")
    known = {
        "name": package or first.calculator.partition(":")[0],
        "version": version,
        "calculator": first.calculator,
        "requirements": list(requirements) or ([f"{package}=={version}"] if version else []),
        "description": "",
        "training_data": "",
        "parameters": "",
        "licence": "",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"one core, {platform.machine()}",
        "history": [],
    }
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}{_ASKED.get(key, '')}" for key, value in known.items())
    return "\n".join(lines) + "\n"


def submit_potential(
    repository: Path, key: str, results: Path, card: Path, module: Path | None = None
) -> tuple[Path, ...]:
    """Write ``leaderboard/vibrations/<key>``, and the module of the calculator into ``examples/vibrations``."""
    found = _results(results)
    folder = new_folder(repository.joinpath(*_PLACE, key))
    code = read_code(card)
    other = {each.calculator for each in found.values()} - {code.calculator}
    if other:
        raise ForeignInputError(
            "the results are of another calculator", expected=code.calculator, got=", ".join(sorted(other))
        )
    files = {folder / CODE_FILE: card.read_bytes()}
    files |= {folder / f"{name}.json": result.to_json().encode("utf-8") for name, result in found.items()}
    if module is not None:
        place = repository.joinpath(*_MODULES, module.name)
        if place.exists() and place.read_bytes() != script_of(module):
            raise ForeignInputError("another module has this name", expected="a new name", got=str(place))
        files[place] = script_of(module)
    write_new(files)
    return tuple(files)


def _results(directory: Path) -> dict[str, StructureResult]:
    files = {name: directory / f"{name}.json" for name in structure_names()}
    texts = {name: file.read_text(encoding="utf-8") for name, file in files.items() if file.exists()}
    found = {name: StructureResult.from_json(text) for name, text in texts.items()}
    if not found:
        raise ForeignInputError(
            "there are no results of the track vibrations",
            expected="a directory that bosonpeak conformance run --track vibrations --answers has filled",
            got=str(directory),
        )
    return found
