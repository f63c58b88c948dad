"""Recipes to run a code, committed and reviewed with the package; no entry contains a recipe."""

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
    """Instructions to install and run a code."""

    folder: Path
    requirements: tuple[str, ...]  # pip requirements in addition to this package
    imports: str  # module that proves the installation
    script: str  # Python file called with the folder of the run
    seconds: float  # time limit on an idle machine, extended on a busy machine

    @property
    def digest(self) -> str:
        """SHA-256 over the names and contents of all files of the recipe."""
        total = hashlib.sha256()
        for file in sorted(path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            total.update(f"{file.relative_to(self.folder).as_posix()}\0".encode())
            total.update(hashlib.sha256(file.read_bytes()).digest())
        return f"sha256:{total.hexdigest()}"


def read_recipe(folder: Path) -> Recipe:
    """Read a recipe; raise `ForeignInputError` if the recipe is missing or incomplete."""
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
    """Create a virtual environment with this package and a recipe's requirements, and return its Python."""
    # Recipes with equal requirements share an environment; after a change of the package start with an empty folder.
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
    """Run a recipe in a folder that holds the cases; the script adds answers, data and ``card.toml``."""
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
    """Estimate the slowdown relative to an idle machine from the load average."""
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
