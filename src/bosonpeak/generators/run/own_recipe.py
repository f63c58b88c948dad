"""Recipes of one's own: from a mapping, or from another recipe with one ensemble chosen and parameters replaced."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import numpy as np

from bosonpeak.datasets.errors import RecipeError, did_you_mean
from bosonpeak.generators.run.sample_generator import sample_generator

_ALIASES = {"parent_temperature": "temperature"}
_RELAXATION = "limit/relaxation"


def document_text(document: Mapping[str, Any]) -> str:
    """TOML text of a recipe given as a mapping with the tables of a recipe file.

    Raises
    ------
    RecipeError
        If a value has no form in TOML.
    """
    tables = {key: value for key, value in document.items() if isinstance(value, Mapping)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in document.items() if key not in tables]
    for name, table in tables.items():
        lines += ["", f"[{_key(name)}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines).strip() + "\n"


def _key(name: object) -> str:
    return str(name) if re.fullmatch(r"[A-Za-z0-9_-]+", str(name)) else json.dumps(str(name), ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float | np.integer | np.floating):
        return repr(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple | np.ndarray):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    raise RecipeError(
        "a value of the recipe has no form in TOML",
        expected="numbers, booleans, texts, dates, lists and mappings",
        got=type(value).__name__,
    )


def replaced_document(text: str, changes: Mapping[str, Any], *, group: str | None, name: str | None) -> dict[str, Any]:
    """Mapping of the recipe `text` with one ensemble, whose parameters are replaced by `changes`.

    Raises
    ------
    RecipeError
        If the ensemble is ambiguous or unknown, a parameter is unknown or impossible, or the temperature changes
        without a number of equilibration sweeps.
    """
    from bosonpeak.generators.run.recipe import parse_recipe

    recipe = parse_recipe(text)
    ensembles = {ensemble.group: dict(ensemble.parameters) for ensemble in recipe.ensembles}
    generator = sample_generator(recipe.generator)
    known = generator.check(next(iter(ensembles.values())))
    named = {_ALIASES[key] if key in _ALIASES and key not in known else key: value for key, value in changes.items()}
    if unknown := sorted(set(named) - set(known)):
        raise RecipeError(
            f"the generator {recipe.generator} has no such parameter",
            expected=f"parameters among: {', '.join(sorted(known))}",
            got=", ".join(unknown),
            where=recipe.name,
            likely_cause=did_you_mean(unknown[0], [*known, *_ALIASES]),
        )
    if group is None and len(ensembles) == 1:
        (group,) = ensembles
    if group not in ensembles:
        raise RecipeError(
            f"the recipe {recipe.name} has {len(ensembles)} ensembles; choose one",
            expected=f"group = one of: {', '.join(ensembles)}",
            got="no group" if group is None else repr(group),
            likely_cause=did_you_mean(group or "", ensembles),
        )
    _require_equilibration(generator.check(ensembles[group]), named)
    parameters = {**ensembles[group], **named}
    generator.check(parameters)
    head = {key: value for key, value in tomllib.loads(text)["recipe"].items() if key != "group"}
    shown = ", ".join(f"{key} = {value}" for key, value in changes.items())
    head["name"] = name or f"own/{recipe.name.replace('/', '-')}"
    head["created"] = datetime.datetime.now(datetime.UTC).date()
    for key in ("title", "summary"):
        head[key] = f"Own ensemble after {recipe.name}{f' {group}' if group else ''}, with {shown or 'no change'}"
    return {"recipe": head, "parameters": parameters}


def _require_equilibration(before: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Refuse a new temperature without sweeps of its own, and name the relaxation times that are known."""
    new = changes.get("temperature", before.get("temperature"))
    if new == before.get("temperature") or "equilibration_sweeps" in changes or "equilibration_sweeps" not in before:
        return
    raise RecipeError(
        "a new temperature needs its own equilibration",
        expected="equilibration_sweeps, several relaxation times long, and sweeps_between to match",
        got=f"temperature {new}, with {before['equilibration_sweeps']} sweeps meant for {before['temperature']}",
        likely_cause=f"relaxation times of the overlap in sweeps of swap Monte Carlo: {_relaxation_times()}",
        done="nothing was computed",
    )


def _relaxation_times() -> str:
    """Median relaxation times of the stored liquids (N = 1000) with swaps, by taper and temperature."""
    from bosonpeak.datasets.opening import open_dataset

    known = []
    for leaf in open_dataset(_RELAXATION).leaves:
        ensemble = leaf.to_dataset()
        swaps = int(np.argmax(ensemble["swap_probability"].values))
        time = float(np.median(ensemble["relaxation_time"].values[:, swaps]))
        taper, temperature = ensemble.attrs["taper"], ensemble.attrs["temperature"]
        known.append(f"{time:.0f} at T* = {temperature:.2f} with the taper m = {taper}")
    return "; ".join(known)
