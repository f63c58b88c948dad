"""Format of a recipe file, and validation with one error for all faults.

A recipe has a table ``[recipe]`` (name, kind, title, summary, created, licence, source, generator, seed, samples and,
with a grid, the template ``group``), a table ``[parameters]`` common to all ensembles, a table ``[grid]`` of lists
whose product is taken, and any number of ``[[ensemble]]`` tables (group, parameters) in place of the grid or in
addition. With ``samples_of`` in the table ``[recipe]`` the random streams are the ones of the named recipe: the same
generator and seed make the same samples::

    [recipe]
    generator = "spring-network"
    group = "delta-{delta}"
    [parameters]
    lattice_size = 60
    [grid]
    delta = [0.1, 0.2]

Reading a recipe imports no generator and runs no code, because a recipe may be an untrusted file.
"""

from __future__ import annotations

import datetime
import itertools
import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from bosonpeak.datasets.documents.faults import faults_of
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.plain_text import is_file_name_everywhere

LARGEST_GRID = 10_000
"""Ensembles that one recipe may hold."""

LARGEST_RUN = 1_000_000
"""Samples, over all ensembles, that one recipe may ask for."""

_LONGEST_TEXT = 10_000
_LONGEST_SHOWN = 60
_GROUP_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=-]{0,63}")
_DEEPEST_GROUP = 4
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_RECIPE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")

_Sound = TypeVar("_Sound")


@dataclass(frozen=True)
class Ensemble:
    """One ensemble of a recipe; `group` is its path in the output file, ``""`` for the only ensemble of a recipe."""

    group: str
    parameters: Mapping[str, Any]


def _printable(value: str) -> str:
    if not value.strip() or len(value) > _LONGEST_TEXT:
        raise ValueError(f"expected 1 to {_LONGEST_TEXT} characters")
    if any(unicodedata.category(character) == "Cc" for character in value.replace("\n", "")):
        raise ValueError("holds control characters")
    return value


def _recipe_name(value: str) -> str:
    if not _RECIPE_NAME.fullmatch(value):
        raise ValueError(f"expected lower-case words joined by '-' and '/', got {_shown(value)}")
    return value


def _iso_date(value: object) -> str:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(value).isoformat()  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise ValueError(f"expected a date such as 2026-01-31, got {_shown(value)}") from None


def _table(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError(f"expected a table, got {_shown(value)}")
    return value


def _tables(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ValueError("expected tables [[ensemble]]")
    if len(value) > LARGEST_GRID:
        raise ValueError(f"{len(value)} ensembles are more than {LARGEST_GRID}")
    return value


def _parameter(value: object) -> object:
    """Refuse invalid parameter values: dates, NaN, integers beyond 64 bits."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _parameter(item)
    elif isinstance(value, float) and math.isnan(value):
        raise ValueError("NaN is not a parameter")
    elif isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError("integer beyond 64 bits")
    elif not isinstance(value, bool | int | float | str):
        raise ValueError(f"expected a number, boolean, text, list or table, got a {type(value).__name__}")
    return value


def _axis(value: object) -> object:
    if not isinstance(value, list) or not value:
        raise ValueError("expected a list of values")
    if any(isinstance(item, list | dict) for item in value):
        raise ValueError("expected numbers, booleans or texts")
    return _parameter(value)


Text = Annotated[str, AfterValidator(_printable)]
Parameters = Annotated[dict[str, Annotated[Any, BeforeValidator(_parameter)]], BeforeValidator(_table)]
Grid = Annotated[dict[str, Annotated[Any, BeforeValidator(_axis)]], BeforeValidator(_table)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Head(_Keys):
    """The table ``[recipe]``."""

    name: Annotated[Text, AfterValidator(_recipe_name)]
    kind: Text
    title: Text
    summary: Text
    created: Annotated[str, BeforeValidator(_iso_date)]
    licence: Text
    source: Text
    generator: Text
    seed: Annotated[int, BeforeValidator(_parameter), Field(ge=0)]
    samples: Annotated[int, BeforeValidator(_parameter), Field(ge=1, le=LARGEST_RUN)]
    group: str | None = None
    samples_of: Annotated[Text, AfterValidator(_recipe_name)] | None = None


class _Listed(_Keys):
    group: str
    parameters: Parameters = {}


class _Document(_Keys):
    recipe: Annotated[Head, BeforeValidator(_table)]
    parameters: Parameters = {}
    grid: Grid = {}
    ensemble: Annotated[list[_Listed], BeforeValidator(_tables)] = []


def read_recipe(text: str, where: str) -> tuple[Head, tuple[Ensemble, ...]]:
    """Head and ensembles of a recipe, grid first; one `RecipeError` lists all faults and names the source `where`."""
    try:
        document = tomllib.loads(text)
        faults = list(_faults(document))
        ensembles = list(_ensembles(document, faults))
    except ValueError as error:  # invalid TOML, or a number with thousands of digits
        raise RecipeError("recipe is not valid TOML", got=str(error), where=where) from error
    except RecursionError as error:
        raise RecipeError("recipe is nested too deeply", where=where) from error
    faults += _clashes([ensemble.group for ensemble in ensembles])
    head = _sound(Head, document.get("recipe"))
    if head is not None and head.samples * len(ensembles) > LARGEST_RUN:
        faults.append(f"{head.samples} samples of each of {len(ensembles)} ensembles are more than {LARGEST_RUN}")
    if faults or head is None:
        raise RecipeError(
            f"recipe has {len(faults)} problem{'s' if len(faults) > 1 else ''}",
            got="".join(f"\n    - {fault}" for fault in faults),
            where=where,
        )
    return head, tuple(ensembles) or (Ensemble("", document.get("parameters", {})),)


def _faults(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Faults of single entries."""
    try:
        _Document.model_validate(document)
    except ValidationError as error:
        return faults_of(
            error, _Document, missing="{key} is missing", unknown="unknown key {key!r}", known="known are {keys}"
        )
    return ()


def _sound(kind: type[_Sound], value: object) -> _Sound | None:
    """Part of the document, or None if it is invalid."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return None


def _ensembles(document: Mapping[str, Any], faults: list[str]) -> Iterator[Ensemble]:
    """Ensembles of the valid parts of the document."""
    parameters, head, entries = (document.get(key) for key in ("parameters", "recipe", "ensemble"))
    common: dict[str, Any] = parameters if isinstance(parameters, dict) else {}
    template = head.get("group") if isinstance(head, dict) else None
    grid: dict[str, list[Any]] | None = _sound(Grid, document.get("grid", {}))
    if grid is not None and isinstance(template, str | None):
        wrong = list(_contradictions(template, grid, common))
        faults += wrong
        if template is not None and not wrong:
            # Without a grid the product has one empty point, and the group is a plain name.
            for values in itertools.product(*grid.values()):
                point = dict(zip(grid, values, strict=True))
                yield Ensemble(_filled(template, point), {**common, **point})
    for entry in entries if isinstance(entries, list) and len(entries) <= LARGEST_GRID else ():
        listed = _sound(_Listed, entry)
        if listed is not None:
            yield Ensemble(listed.group, {**common, **listed.parameters})


def _contradictions(template: str | None, grid: Mapping[str, Any], common: Mapping[str, Any]) -> Iterator[str]:
    """Contradictions between grid, template and common parameters."""
    for key in grid:
        if key in common:
            yield f"grid.{key}: is in [parameters] as well"
    count = math.prod(len(values) for values in grid.values())
    if count > LARGEST_GRID:
        yield f"grid: {count} ensembles are more than {LARGEST_GRID}"
    if template is None:
        if grid:
            yield 'grid: needs a template in [recipe], such as group = "delta-{delta}"'
        return
    named = set(_PLACEHOLDER.findall(template))
    yield from (f"recipe.group: the template does not name {{{key}}}" for key in grid if key not in named)
    yield from (f"recipe.group: {{{key}}} is not in [grid]" for key in sorted(named - set(grid)))
    if re.search(r"[{}]", _PLACEHOLDER.sub("", template)):
        placeholders = "expected placeholders such as {delta} and no other braces"
        yield f"recipe.group: {placeholders}, got {_shown(template)}"


def _filled(template: str, point: Mapping[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda match: _as_text(point[match.group(1)]), template)


def _as_text(value: bool | int | float | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _clashes(groups: Sequence[str]) -> Iterator[str]:
    """Faults of group names that are invalid, or conflict with each other."""
    for group in groups:
        parts = group.split("/")
        sound = all(_GROUP_PART.fullmatch(part) and is_file_name_everywhere(part) for part in parts)
        if len(parts) > _DEEPEST_GROUP or not sound:
            yield (
                f"group {_shown(group)}: expected up to {_DEEPEST_GROUP} parts joined by '/', each of up to 64 "
                "letters, digits and . _ + = - that begins with a letter or digit, does not end with a point, and "
                "is not a device on Windows"
            )
    # Some file systems do not distinguish upper and lower case.
    counts = Counter(group.lower() for group in groups)
    for group in sorted(counts):
        if counts[group] > 1:
            yield f"group {group!r} occurs {counts[group]} times"
    for group in sorted(counts):
        parents = {group.rsplit("/", depth)[0] for depth in range(1, group.count("/") + 1)}
        yield from (f"group {parent!r} holds the group {group!r}" for parent in sorted(parents & counts.keys()))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
