"""Recipes of one's own: from a mapping, or from another recipe with one ensemble chosen and parameters replaced."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.datasets.errors import RecipeError, did_you_mean
from bosonpeak.generators.run.ensemble import generate_ensemble
from bosonpeak.generators.run.recipe import Recipe, load_recipe, parse_recipe
from bosonpeak.generators.run.sample_generator import sample_generator

_ALIASES = {"parent_temperature": "temperature"}
_RELAXATION = "limit/relaxation"


@dataclass(frozen=True)
class OwnRecipe(Recipe):
    """Recipe whose parameters can be replaced, and that runs."""

    def replace(
        self,
        *,
        group: str | None = None,
        name: str | None = None,
        chains: int | None = None,
        samples: int | None = None,
        seed: int | None = None,
        **parameters: Any,
    ) -> OwnRecipe:
        """Recipe of one ensemble of this recipe, with other parameters of its generator."""
        # The group is needed if there are several; the name is part of the random streams. A sample of a recipe of
        # glasses is a chain of Monte Carlo, with `glasses` glasses per chain; a new `parent_temperature` needs
        # `equilibration_sweeps`.
        if chains is not None and samples is not None:
            raise RecipeError("chains and samples are the same number", expected="one of them", got="both")
        document = self._replaced_document(parameters, group=group, name=name)
        counts = {"samples": samples if chains is None else chains, "seed": seed}
        document["recipe"] |= {key: value for key, value in counts.items() if value is not None}
        return recipe(document)

    def run(self, output: str | Path, **options: Any) -> Path:
        """Make the ensembles and write them to `output`; options are the ones of `generate_ensemble`."""
        return generate_ensemble(self, output, **options)

    def _replaced_document(self, changes: Mapping[str, Any], *, group: str | None, name: str | None) -> dict[str, Any]:
        """Tables of the recipe with one ensemble, whose parameters are replaced by `changes`."""
        ensembles = {ensemble.group: dict(ensemble.parameters) for ensemble in self.ensembles}
        generator = sample_generator(self.generator)
        known = generator.check(next(iter(ensembles.values())))
        named = {
            _ALIASES[key] if key in _ALIASES and key not in known else key: value for key, value in changes.items()
        }
        if unknown := sorted(set(named) - set(known)):
            raise RecipeError(
                f"the generator {self.generator} has no such parameter",
                expected=f"parameters among: {', '.join(sorted(known))}",
                got=", ".join(unknown),
                where=self.name,
                likely_cause=did_you_mean(unknown[0], [*known, *_ALIASES]),
            )
        if group is None and len(ensembles) == 1:
            (group,) = ensembles
        if group not in ensembles:
            raise RecipeError(
                f"the recipe {self.name} has {len(ensembles)} ensembles; choose one",
                expected=f"group = one of: {', '.join(ensembles)}",
                got="no group" if group is None else repr(group),
                likely_cause=did_you_mean(group or "", ensembles),
            )
        _require_equilibration(generator.check(ensembles[group]), named)
        parameters = {**ensembles[group], **named}
        generator.check(parameters)
        head = {key: value for key, value in tomllib.loads(self.text)["recipe"].items() if key != "group"}
        shown = ", ".join(f"{key} = {value}" for key, value in changes.items())
        head["name"] = name or f"own/{self.name.replace('/', '-')}"
        head["created"] = datetime.datetime.now(datetime.UTC).date()
        for key in ("title", "summary"):
            head[key] = f"Own ensemble after {self.name}{f' {group}' if group else ''}, with {shown or 'no change'}"
        return {"recipe": head, "parameters": parameters}


def recipe(source: str | Path | Mapping[str, Any]) -> OwnRecipe:
    """Recipe to run, as it is or with other parameters.

    Parameters
    ----------
    source : str, Path or mapping
        A path (a `Path`, or a string ending in ``.toml``), the name of an embedded recipe, such as
        ``"network/paper"``, or a mapping with the tables of a recipe file.

    Returns
    -------
    OwnRecipe
        ``replace(group=..., samples=..., **parameters)`` gives a recipe of one ensemble with other parameters, and
        ``run(file, workers=..., client=...)`` makes the ensembles, with the options of `generate_ensemble`.

    Raises
    ------
    RecipeError
        If the recipe is unknown, or invalid; the message lists every fault.

    Examples
    --------
    >>> own = recipe("network/paper").replace(group="situation-1/delta-0.1", displacement=0.15, samples=3)
    >>> own.name, own.samples, own.ensembles[0].parameters["displacement"]
    ('own/network-paper', 3, 0.15)
    """
    if isinstance(source, Mapping):
        found = parse_recipe(document_text(source), where="recipe from a mapping")
    else:
        found = load_recipe(source)
    return OwnRecipe(**{field.name: getattr(found, field.name) for field in fields(Recipe)})


def document_text(document: Mapping[str, Any]) -> str:
    """TOML text of the tables of a recipe file; `RecipeError` for a value without a form in TOML."""
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
