"""Recipes: how the board runs a code. They are committed beside the package and reviewed; no entry brings one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from bosonpeak.datasets.errors import ForeignInputError, RecomputationError

RECIPE_FILE = "recipe.toml"
SEED_VARIABLE = "BOSONPEAK_BOARD_SEED"
_KEYS = {"requirements", "imports", "script", "seconds"}
_KEPT_VARIABLES = ("PATH", "LANG", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "TMPDIR")
_LINES_SHOWN = 12


@dataclass(frozen=True)
class Recipe:
    """How a code is run.

    Parameters
    ----------
    folder : Path
    requirements : tuple of str
        What pip installs, beside this package.
    imports : str
        The module that is there if the code is installed.
    script : str
        A Python file of the folder, called with the folder of the run.
    seconds : float
        What it may take on an idle machine; on a busy one it gets more.
    """

    folder: Path
    requirements: tuple[str, ...]
    imports: str
    script: str
    seconds: float

    @property
    def digest(self) -> str:
        """SHA-256 of the names and contents of all files of the recipe."""
        total = hashlib.sha256()
        for file in sorted(path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            total.update(f"{file.relative_to(self.folder).as_posix()}\0".encode())
            total.update(hashlib.sha256(file.read_bytes()).digest())
        return f"sha256:{total.hexdigest()}"


def read_recipe(folder: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    ForeignInputError
        If there is none, or it lacks something.
    """
    file = folder / RECIPE_FILE
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ForeignInputError("the recipe cannot be read", got=str(error), where=str(file)) from None
    if set(table) != _KEYS or not (folder / str(table["script"])).is_file():
        raise ForeignInputError(
            "the recipe is incomplete",
            expected=f"{', '.join(sorted(_KEYS))}, and the script beside it",
            got=", ".join(sorted(table)),
            where=str(file),
        )
    return Recipe(folder, tuple(table["requirements"]), table["imports"], table["script"], float(table["seconds"]))


def environment_for(recipe: Recipe, folder: Path, source: Path) -> Path:
    """A virtual environment with this package and what a recipe requires.

    It is made once for equal requirements: whoever changes the package starts with an empty folder.

    Parameters
    ----------
    recipe : Recipe
    folder : Path
        Where environments are kept.
    source : Path
        A checkout or a wheel of this package.

    Returns
    -------
    Path
        Its Python.

    Raises
    ------
    RecomputationError
        If something does not install, with the last lines of what pip says.
    """
    wanted = json.dumps([sys.version, f"{source.resolve()}[fresh]", *recipe.requirements])
    place = folder / f"{recipe.folder.name}-{hashlib.sha256(wanted.encode()).hexdigest()[:10]}"
    python, stamp = place / "bin" / "python", place / "installed.json"
    if not stamp.is_file():
        shutil.rmtree(place, ignore_errors=True)
        _called([sys.executable, "-m", "venv", str(place)], "the environment of the code cannot be made")
        _called(
            [str(python), "-m", "pip", "install", "--quiet", f"{source.resolve()}[fresh]", *recipe.requirements],
            f"{recipe.folder.name} does not install",
        )
        stamp.write_text(wanted, encoding="utf-8")
    return python


def run_recipe(recipe: Recipe, python: Path, run: Path, seed: int) -> None:
    """Run a recipe in a folder that holds the cases; it adds answers, data and ``card.toml``.

    Parameters
    ----------
    recipe : Recipe
    python : Path
        Of the environment in which the code is installed.
    run : Path
    seed : int
        What random numbers of the recipe start from; the board chose it.

    Raises
    ------
    RecomputationError
        If the code cannot be imported, or the script fails or takes too long.
    """
    home = run.parent / "home"
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    variables = kept | {
        "HOME": str(home),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        SEED_VARIABLE: str(seed),
    }
    if "PYTHONPATH" in os.environ and python == Path(sys.executable):
        variables["PYTHONPATH"] = os.environ["PYTHONPATH"]
    _called([str(python), "-c", f"import {recipe.imports}"], f"{recipe.imports} is not installed", variables, 120.0)
    script = str((recipe.folder / recipe.script).resolve())
    words = [str(python), script, str(run)]
    _called(words, f"the recipe {recipe.folder.name} failed", variables, recipe.seconds * _slowness(), run)


def _slowness() -> float:
    """How many times longer things take than on an idle machine, where others wait for its processors too."""
    waiting = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1.0, (1.0 + waiting) / (os.cpu_count() or 1))


def _called(
    words: list[str],
    failure: str,
    variables: dict[str, str] | None = None,
    seconds: float = 1800.0,
    folder: Path | None = None,
) -> None:
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, env=variables, timeout=seconds, cwd=folder, check=False
        )
    except subprocess.TimeoutExpired:
        raise RecomputationError(failure, expected=f"an end after {seconds:g} s at most", got="no end") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-_LINES_SHOWN:]
        raise RecomputationError(failure, got="\n".join(said) or f"exit status {done.returncode}")
