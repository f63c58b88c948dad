"""Entry and recipe of a code, written into a checkout for one pull request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bosonpeak.benchmark.leaderboard.entries import ENTRY_FILE, is_entry_name, read_entry
from bosonpeak.benchmark.leaderboard.recipes import RECIPE_FILE, read_recipe
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.storage.atomic import write_bytes

SCRIPT = "run.py"


def submit_code(
    repository: Path, key: str, script: Path, requirements: Sequence[str], imports: str, seconds: float
) -> tuple[Path, ...]:
    """Write ``examples/<key>`` and ``leaderboard/entries/<key>``; `ForeignInputError` if they exist or are faulty."""
    recipe, entry = new_folder(repository / "examples" / key), new_folder(repository / "leaderboard" / "entries" / key)
    lines = (
        f"requirements = {json.dumps(list(requirements))}",
        f"imports = {json.dumps(imports)}",
        f"script = {json.dumps(SCRIPT)}",
        f"seconds = {seconds:g}",
    )
    files = {
        recipe / SCRIPT: script_of(script),
        recipe / RECIPE_FILE: "\n".join(lines).encode() + b"\n",
        entry / ENTRY_FILE: f"recipe = {json.dumps(key)}\n".encode(),
    }
    write_new(files)
    read_recipe(recipe)
    read_entry(entry)
    return tuple(files)


def new_folder(folder: Path) -> Path:
    """Return a folder of an allowed name that does not exist, in a directory that exists; else `ForeignInputError`."""
    if not is_entry_name(folder.name) or ".." in folder.parts:
        raise ForeignInputError(
            "the name cannot stand on a leaderboard",
            expected="small letters, digits, dots and hyphens",
            got=folder.name,
        )
    if folder.exists() or not folder.parent.is_dir():
        raise ForeignInputError(
            "the folder exists" if folder.exists() else "this is not a checkout of the package",
            expected="a new name" if folder.exists() else f"a directory {folder.parent}, see --repository",
            got=str(folder),
        )
    return folder


def script_of(path: Path) -> bytes:
    """Content of a script; `ForeignInputError` if there is no such file."""
    if not path.is_file():
        raise ForeignInputError("the script cannot be read", expected="a Python file", got=str(path))
    return path.read_bytes()


def write_new(files: dict[Path, bytes]) -> None:
    """Write files into new folders."""
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
