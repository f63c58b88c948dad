"""Recipes: TOML files that say everything which determines an ensemble.

A recipe has a table ``[recipe]`` (name, kind, title, summary, created, licence, source, generator, seed,
samples and, with a grid, the template ``group``), a table ``[parameters]`` common to all ensembles, a table
``[grid]`` whose lists are multiplied out, and any number of ``[[ensemble]]`` tables (group, parameters)
instead of the grid or beside it::

    [recipe]
    name = "network/example"
    generator = "spring-network"
    group = "situation-{situation}/delta-{delta}"
    # kind, title, summary, created, licence, source, seed, samples ...

    [parameters]
    lattice_size = 60

    [grid]
    situation = [1, 2, 3]
    delta = [0.1, 0.2]

Reading a recipe imports no generator and runs no code: a recipe may come from a stranger.
"""

from __future__ import annotations

import datetime
import difflib
import hashlib
import itertools
import json
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.errors import RecipeError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from numpy.random import SeedSequence

LARGEST_FILE = 1_000_000
"""Bytes that a recipe file may have."""

LARGEST_GRID = 10_000
"""Ensembles that one recipe may hold."""

LARGEST_RUN = 1_000_000
"""Samples, over all ensembles, that one recipe may ask for."""

_TEXT_FIELDS = ("name", "kind", "title", "summary", "created", "licence", "source", "generator")
_FIELDS = (*_TEXT_FIELDS, "seed", "samples")
_TABLES = ("recipe", "parameters", "grid", "ensemble")
_SEED_BOUND = 2**63
_LONGEST_TEXT = 10_000
_GROUP_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=-]{0,63}")
_DEEPEST_GROUP = 4
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_RECIPE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")


@dataclass(frozen=True)
class Ensemble:
    """One ensemble of a recipe.

    Parameters
    ----------
    group : str
        Its place in the file, such as ``"situation-2/delta-0.1"``; ``""`` if it is the recipe's only one.
    parameters : mapping
        What the generator gets: the common parameters with this ensemble's own laid over them.
    """

    group: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """A recipe, read and checked for form; the generator has not seen its parameters yet.

    Parameters
    ----------
    name, kind, title, summary, created, licence, source : str
        As in the file; ``created`` is an ISO date.
    seed : int
        Root of all random streams.
    samples : int
        Samples of each ensemble.
    generator : str
        Name of the sample generator.
    ensembles : tuple of Ensemble
        In the order of the file, the grid first.
    text : str
        The TOML text that reads back as this recipe.
    """

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

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that determines the bits of a sample, as plain data.

        Neither the number of samples nor title and the like are part of it: asking for more samples of the
        same recipe goes on where the earlier run stopped.
        """
        return {
            "name": self.name,
            "kind": self.kind,
            "generator": self.generator,
            "seed": self.seed,
            "ensembles": {ensemble.group: dict(ensemble.parameters) for ensemble in self.ensembles},
        }

    @property
    def digest(self) -> str:
        """``"sha256:<hex>"`` of `identity`."""
        return _digest(self.identity)

    def ensemble_digest(self, parameters: Mapping[str, Any]) -> str:
        """Return ``"sha256:<hex>"`` over what determines the samples of one ensemble.

        Parameters
        ----------
        parameters : mapping
            The ensemble's parameters, completed by the generator with its defaults.
        """
        return _digest({**self.identity, "ensembles": dict(parameters)})

    def replaced(self, *, samples: int | None = None, seed: int | None = None) -> Recipe:
        """Recipe with another number of samples or seed, its text changed to match.

        Raises
        ------
        RecipeError
            If a value is impossible, or its line cannot be found in the text.
        """
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
        If there is no such recipe, or with everything that is wrong in it.
    """
    if isinstance(path_or_name, Path) or path_or_name.endswith(".toml"):
        return parse_recipe(_file_text(Path(path_or_name)), where=str(path_or_name))
    embedded = dict(_embedded_recipes())
    if path_or_name not in embedded:
        close = difflib.get_close_matches(path_or_name, embedded, n=3)
        raise RecipeError(
            "no such recipe",
            expected=f"a path ending in .toml, or one of: {', '.join(sorted(embedded)) or '(none)'}",
            got=repr(path_or_name),
            likely_cause=f"did you mean {' or '.join(close)}?" if close else "",
        )
    return parse_recipe(embedded[path_or_name].read_text(encoding="utf-8"), where=path_or_name)


def available_recipes() -> tuple[str, ...]:
    """Names of the recipes that come with the package."""
    return tuple(sorted(name for name, _ in _embedded_recipes()))


def parse_recipe(text: str, *, where: str = "recipe") -> Recipe:
    """Read a recipe from TOML text.

    Parameters
    ----------
    text : str
        The TOML document.
    where : str
        What to call it in an error message.

    Raises
    ------
    RecipeError
        One error that names everything that is wrong.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError("recipe is not valid TOML", got=str(error), where=where) from error
    except RecursionError as error:
        raise RecipeError("recipe is nested too deeply", where=where) from error
    problems: list[str] = []
    recipe = _read(document, text, problems)
    if problems:
        raise RecipeError(
            f"recipe has {len(problems)} problem{'s' if len(problems) > 1 else ''}",
            got="".join(f"\n    - {problem}" for problem in problems),
            where=where,
        )
    return recipe


def sample_seed(recipe: Recipe, index: int) -> SeedSequence:
    """Root of the random stream of one sample.

    It depends on the recipe's seed and name and on the index only, not on the ensemble: the samples of all
    ensembles of a recipe share their randomness one by one, so that ensembles are compared at equal seeds.

    Parameters
    ----------
    recipe : Recipe
        The recipe.
    index : int
        Number of the sample, from 0.
    """
    from numpy.random import SeedSequence

    stream = int.from_bytes(hashlib.sha256(recipe.name.encode()).digest()[:8], "big")
    return SeedSequence(recipe.seed, spawn_key=(stream, index))


def sample_index(seed: SeedSequence) -> int:
    """Number of the sample that a seed made by `sample_seed` belongs to, from 0.

    Parameters
    ----------
    seed : numpy.random.SeedSequence
        What a sample generator is handed.
    """
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


def _read(document: dict[str, Any], text: str, problems: list[str]) -> Recipe:
    _check_keys(document, _TABLES, "the recipe", problems)
    head = _table(document, "recipe", problems)
    if "recipe" in document:
        _check_keys(head, (*_FIELDS, "group"), "[recipe]", problems)
    texts = {key: _text(head, key, problems) for key in _TEXT_FIELDS}
    if texts["name"] and not _RECIPE_NAME.fullmatch(texts["name"]):
        problems.append(f"name: expected lower-case words joined by '-' and '/', got {texts['name']!r}")
    texts["created"] = _date(texts["created"], problems)
    seed = _integer(head, "seed", 0, _SEED_BOUND - 1, problems)
    samples = _integer(head, "samples", 1, LARGEST_RUN, problems)
    ensembles = _ensembles(document, head, problems)
    if samples * len(ensembles) > LARGEST_RUN:
        problems.append(f"samples: {samples} samples of each of {len(ensembles)} ensembles are more than {LARGEST_RUN}")
    return Recipe(**texts, seed=seed, samples=samples, ensembles=ensembles, text=text)


def _check_keys(table: Mapping[str, Any], known: Sequence[str], place: str, problems: list[str]) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            problems.append(f"{place}: unknown key {key!r}; {hint}")


def _table(document: Mapping[str, Any], key: str, problems: list[str]) -> dict[str, Any]:
    table = document.get(key)
    if isinstance(table, dict):
        return table
    if table is not None:
        problems.append(f"{key}: expected a table, got {_type_name(table)}")
    elif key == "recipe":
        problems.append("the table [recipe] is missing")
    return {}


def _text(head: Mapping[str, Any], key: str, problems: list[str]) -> str:
    if key not in head:
        if head:
            problems.append(f"{key} is missing")
        return ""
    value = head[key]
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        value = value.isoformat()
    if not isinstance(value, str):
        problems.append(f"{key}: expected text, got {_type_name(value)}")
        return ""
    if not value.strip() or len(value) > _LONGEST_TEXT:
        problems.append(f"{key}: expected 1 to {_LONGEST_TEXT} characters")
        return ""
    if any(unicodedata.category(character) == "Cc" for character in value.replace("\n", "")):
        problems.append(f"{key}: holds control characters")
        return ""
    return value


def _date(value: str, problems: list[str]) -> str:
    if not value:
        return ""
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except ValueError:
        problems.append(f"created: expected a date such as 2026-01-31, got {value!r}")
        return ""


def _integer(head: Mapping[str, Any], key: str, low: int, high: int, problems: list[str]) -> int:
    if key not in head:
        if head:
            problems.append(f"{key} is missing")
        return low
    value = head[key]
    if isinstance(value, bool) or not isinstance(value, int):
        problems.append(f"{key}: expected an integer, got {_type_name(value)}")
        return low
    if not low <= value <= high:
        problems.append(f"{key}: expected {low} to {high}, got {value}")
        return low
    return value


def _ensembles(document: Mapping[str, Any], head: Mapping[str, Any], problems: list[str]) -> tuple[Ensemble, ...]:
    common = _table(document, "parameters", problems)
    _check_parameters(common, "[parameters]", problems)
    ensembles = [
        *_grid_ensembles(_table(document, "grid", problems), head.get("group"), common, problems),
        *_listed_ensembles(document.get("ensemble", []), common, problems),
    ]
    if not ensembles:
        return (Ensemble("", common),)
    _check_groups([ensemble.group for ensemble in ensembles], problems)
    return tuple(ensembles)


def _grid_ensembles(
    grid: Mapping[str, Any], template: object, common: Mapping[str, Any], problems: list[str]
) -> list[Ensemble]:
    if template is None:
        if grid:
            problems.append('[grid] needs a template in [recipe], such as group = "delta-{delta}"')
        return []
    if not isinstance(template, str):
        problems.append(f"group: expected text, got {_type_name(template)}")
        return []
    if not _check_grid(grid, common, problems) or not _check_template(template, grid, problems):
        return []
    points = [
        dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())
    ]  # one empty point if there is no grid: the group is then a plain name
    return [Ensemble(_filled(template, point), {**common, **point}) for point in points]


def _check_grid(grid: Mapping[str, Any], common: Mapping[str, Any], problems: list[str]) -> bool:
    count_before = len(problems)
    for key, values in grid.items():
        if not isinstance(values, list) or not values:
            problems.append(f"[grid] {key}: expected a list of values")
        elif not all(isinstance(value, bool | int | float | str) for value in values):
            problems.append(f"[grid] {key}: expected numbers, booleans or texts")
        else:
            _check_parameters({key: values}, "[grid]", problems)
        if key in common:
            problems.append(f"[grid] {key}: is in [parameters] as well")
    if len(problems) > count_before:
        return False
    count = math.prod(len(values) for values in grid.values())
    if count > LARGEST_GRID:
        problems.append(f"[grid]: {count} ensembles are more than {LARGEST_GRID}")
    return count <= LARGEST_GRID


def _check_template(template: str, grid: Mapping[str, Any], problems: list[str]) -> bool:
    named = set(_PLACEHOLDER.findall(template))
    faults = [f"group: the template does not name {{{key}}}" for key in grid if key not in named]
    faults += [f"group: {{{key}}} is not in [grid]" for key in sorted(named - set(grid))]
    if re.search(r"[{}]", _PLACEHOLDER.sub("", template)):
        faults.append(f"group: expected placeholders such as {{delta}} and no other braces, got {template!r}")
    problems += faults
    return not faults


def _filled(template: str, point: Mapping[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda match: _as_text(point[match.group(1)]), template)


def _as_text(value: bool | int | float | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed_ensembles(entries: object, common: Mapping[str, Any], problems: list[str]) -> list[Ensemble]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append("ensemble: expected tables [[ensemble]]")
        return []
    if len(entries) > LARGEST_GRID:
        problems.append(f"[[ensemble]]: {len(entries)} ensembles are more than {LARGEST_GRID}")
        return []
    ensembles = []
    for number, entry in enumerate(entries, start=1):
        place = f"[[ensemble]] number {number}"
        _check_keys(entry, ("group", "parameters"), place, problems)
        group = entry.get("group")
        parameters = entry.get("parameters", {})
        if not isinstance(group, str):
            problems.append(f"{place}: group: expected text, got {_type_name(group)}")
        elif not isinstance(parameters, dict):
            problems.append(f"{place}: parameters: expected a table, got {_type_name(parameters)}")
        else:
            _check_parameters(parameters, place, problems)
            ensembles.append(Ensemble(group, {**common, **parameters}))
    return ensembles


def _check_groups(groups: Sequence[str], problems: list[str]) -> None:
    for group in groups:
        parts = group.split("/")
        if len(parts) > _DEEPEST_GROUP or not all(_GROUP_PART.fullmatch(part) for part in parts):
            problems.append(
                f"group {group!r}: expected up to {_DEEPEST_GROUP} parts joined by '/', each of up to 64 "
                "letters, digits and . _ + = - that begins with a letter or digit"
            )
    # Some file systems do not tell upper case from lower.
    folded = [group.lower() for group in groups]
    for group in sorted({group for group in folded if folded.count(group) > 1}):
        problems.append(f"group {group!r} occurs {folded.count(group)} times")
    present = set(folded)
    for group in sorted(present):
        parents = {group.rsplit("/", depth)[0] for depth in range(1, group.count("/") + 1)}
        problems += [f"group {parent!r} holds the group {group!r}" for parent in sorted(parents & present)]


def _check_parameters(value: object, place: str, problems: list[str]) -> None:
    """Report what has no place in a parameter: dates, NaN, integers beyond 64 bits."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_parameters(item, f"{place} {key}", problems)
    elif isinstance(value, list):
        for item in value:
            _check_parameters(item, place, problems)
    elif isinstance(value, float) and math.isnan(value):
        problems.append(f"{place}: NaN is not a parameter")
    elif isinstance(value, int) and abs(value) >= 2**63:
        problems.append(f"{place}: integer beyond 64 bits")
    elif not isinstance(value, bool | int | float | str):
        problems.append(f"{place}: expected a number, boolean, text, list or table, got {_type_name(value)}")


def _type_name(value: object) -> str:
    names = {
        dict: "a table",
        list: "a list",
        str: "text",
        bool: "a boolean",
        int: "an integer",
        float: "a float",
        type(None): "nothing",
    }
    return names.get(type(value), f"a {type(value).__name__}")
