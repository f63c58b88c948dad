"""Recipes: TOML files with everything that determines an ensemble; their format is in `recipe_file`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.errors import RecipeError, did_you_mean
from bosonpeak.generators.run.recipe_file import Ensemble, read_recipe

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from numpy.random import SeedSequence

LARGEST_FILE = 1_000_000
"""Bytes that a recipe file may have."""


@dataclass(frozen=True)
class Recipe:
    """Recipe as in the file, with valid syntax, not yet checked by the generator; `text` is its TOML source."""

    name: str
    kind: str
    title: str
    summary: str
    created: str
    licence: str
    source: str
    seed: int
    samples: int
    generator: str
    ensembles: tuple[Ensemble, ...]
    text: str
    samples_of: str | None = None

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that determines the bits of a sample, not the number of samples, so that a run can be extended."""
        return {
            "name": self.name,
            "kind": self.kind,
            "generator": self.generator,
            "seed": self.seed,
            "ensembles": {ensemble.group: dict(ensemble.parameters) for ensemble in self.ensembles},
            **({} if self.samples_of is None else {"samples_of": self.samples_of}),
        }

    @property
    def digest(self) -> str:
        """``"sha256:<hex>"`` of `identity`."""
        return _digest(self.identity)

    def ensemble_digest(self, parameters: Mapping[str, Any]) -> str:
        """``"sha256:<hex>"`` over everything that determines the samples of one ensemble with completed parameters."""
        return _digest({**self.identity, "ensembles": dict(parameters)})

    def replaced(self, *, samples: int | None = None, seed: int | None = None) -> Recipe:
        """Recipe with another number of samples or seed, in fields and text; `RecipeError` for invalid values."""
        text = self.text
        for key, value in (("samples", samples), ("seed", seed)):
            if value is not None:
                text = _with_field(text, key, value)
        return parse_recipe(text, where=f"recipe {self.name} with its samples or seed replaced")


def load_recipe(path_or_name: str | Path) -> Recipe:
    """Read a recipe from a file, or one that comes with the package.

    Parameters
    ----------
    path_or_name : str or Path
        A path (a `Path`, or a string ending in ``.toml``), or the name of an embedded recipe, such as
        ``"network/paper"``.

    Raises
    ------
    RecipeError
        If the recipe is unknown, or invalid; the message lists every fault.

    Examples
    --------
    >>> recipe = load_recipe("network/nine-node")
    >>> recipe.name, recipe.kind, recipe.seed
    ('network/nine-node', 'network-ensemble', 0)
    """
    if not isinstance(path_or_name, Path | str):
        raise RecipeError("not a recipe", expected="its name, or a path", got=type(path_or_name).__name__)
    if isinstance(path_or_name, Path) or path_or_name.endswith(".toml"):
        return parse_recipe(_file_text(Path(path_or_name)), where=str(path_or_name))
    embedded = dict(_embedded_recipes())
    if path_or_name not in embedded:
        raise RecipeError(
            "unknown recipe",
            expected="a path that ends in .toml, or a name that `bosonpeak generate --list` prints",
            got=repr(path_or_name),
            likely_cause=did_you_mean(path_or_name, embedded, most=3),
        )
    return parse_recipe(embedded[path_or_name].read_text(encoding="utf-8"), where=path_or_name)


def available_recipes() -> tuple[str, ...]:
    """Names of the recipes that come with the package.

    Examples
    --------
    >>> "network/paper" in available_recipes()
    True
    """
    return tuple(sorted(name for name, _ in _embedded_recipes()))


def parse_recipe(text: str, *, where: str = "recipe") -> Recipe:
    """Read a recipe from TOML text; one `RecipeError` lists all faults and names the source `where`."""
    head, ensembles = read_recipe(text, where)
    fields = head.model_dump(exclude={"group"})
    return Recipe(**fields, ensembles=ensembles, text=text)


def sample_seed(recipe: Recipe, index: int) -> SeedSequence:
    """Seed of sample `index` from 0, shared by all ensembles of a recipe and by recipes with `samples_of` its name."""
    from numpy.random import SeedSequence

    name = recipe.samples_of or recipe.name
    stream = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return SeedSequence(recipe.seed, spawn_key=(stream, index))


def sample_index(seed: SeedSequence) -> int:
    """Index, from 0, of the sample that a seed made by `sample_seed` belongs to."""
    return int(seed.spawn_key[-1])


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _embedded_recipes() -> Iterator[tuple[str, Traversable]]:
    def walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
        for entry in folder.iterdir():
            if entry.is_dir():
                yield from walk(entry, f"{prefix}{entry.name}/")
            elif entry.name.endswith(".toml"):
                yield prefix + entry.name.removesuffix(".toml"), entry

    yield from walk(resources.files("bosonpeak.generators") / "recipes", "")


def _file_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise RecipeError("recipe cannot be read", got=error.strerror or str(error), where=str(path)) from error
    if len(content) > LARGEST_FILE:
        raise RecipeError(
            "recipe file is too large",
            expected=f"at most {LARGEST_FILE} bytes",
            where=str(path),
            likely_cause="this is a data file, not a recipe",
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecipeError("recipe is not UTF-8 text", got=str(error), where=str(path)) from error


def _with_field(text: str, key: str, value: int) -> str:
    lines = text.splitlines(keepends=True)
    table = ""
    for number, line in enumerate(lines):
        header = re.match(r"\s*\[+\s*([^\]]*?)\s*\]", line)
        if header:
            table = header.group(1)
        field = re.match(rf"(\s*{key}\s*=\s*)[+0-9A-Za-z_]+", line)
        if field and table == "recipe":
            lines[number] = f"{field.group(1)}{value}{line[field.end() :]}"
            return "".join(lines)
    raise RecipeError(
        f"{key} cannot be replaced: its line was not found in the recipe",
        expected=f"a line '{key} = ...' in the table [recipe]",
    )
