"""Submission cards as files: a few lines of TOML."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from bosonpeak.benchmark.cards.card import PROVENANCE, SYSTEMS, UNITS, Card, EnsembleCard
from bosonpeak.benchmark.cards.contradictions import OUTSIDE, contradictions, is_inside, same_regime
from bosonpeak.datasets.errors import CardError

LARGEST_CARD = 100_000
"""Bytes; a card is a page of text."""

MOST_ENSEMBLES = 100
"""More than there are regimes to compare with."""

_GLASS_KEYS: dict[str, type] = {
    "particles": int,
    "density": float,
    "parent_temperature": float,
    "cutoff": float,
    "taper": float,
}
_REGIME_KEYS: dict[str, dict[str, type]] = {
    "spring-network": {"nodes": int, "displacement": float, "situation": int},
    "soft-spheres": {**_GLASS_KEYS, "exponent": int},
    "lennard-jones": {**_GLASS_KEYS, "truncation": str},
    "kob-andersen": {**_GLASS_KEYS, "truncation": str},
}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "spring-network": {},
    "soft-spheres": {"density": 1.0, "cutoff": 1.955, "exponent": 12},
    "lennard-jones": {"cutoff": 2.5},
    "kob-andersen": {"density": 1.2, "cutoff": 2.5},
}
_COMMON: dict[str, type] = {
    "path": str,
    "system": str,
    "dimension": int,
    "quantity": str,
    "units": str,
    "samples_made": int,
    "independent_chains": int,
    "chain": str,
}
_READING: dict[str, type | tuple[type, ...]] = {
    "group": str,
    "content": str,
    "coordinates": str,
    "sizes": str,
    "lammps_units": str,
    "atom_style": str,
    "style": str,
    "zero_modes": str,
    "mass_weighted": bool,
    "masses": (float, int, list),
    "mean_square_frequency": float,
}
_OTHER = ("columns", "variables")
_TABLES = ("code", "provenance", "recorded", "ensemble")


def read_card(path: str | Path) -> Card:
    """Read a card from a TOML file.

    Raises
    ------
    CardError
        If the file cannot be read, is not TOML, or has unknown, missing or contradictory entries (all are named).
    """
    file = Path(path)
    try:
        size = file.stat().st_size
        if size > LARGEST_CARD:
            raise CardError("the card is too large", expected=f"at most {LARGEST_CARD} bytes", got=f"{size} bytes")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CardError("the card cannot be read", got=str(error), where=str(path)) from error
    return parse_card(text, where=str(path))


def parse_card(text: str, *, where: str = "card") -> Card:
    """Read a card from TOML text; raises `CardError` as `read_card` does."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CardError("the card is not valid TOML", got=str(error), where=where) from error
    problems: list[str] = []
    provenance, conformance = _provenance(document.get("provenance", {}), problems)
    ensembles = _ensembles(document, bool(conformance), problems)
    code = _strings(document.get("code", {}), "code", ("name", "version"), problems)
    recorded = _strings(document.get("recorded", {}), "recorded", None, problems)
    problems += [
        f"recorded.{claim} = {verdict!r} is no verdict"
        for claim, verdict in recorded.items()
        if verdict not in ("supported", "refuted", "undecided")
    ]
    if problems:
        raise CardError("the card cannot be used", got="; ".join(problems), where=where)
    return Card(
        ensembles=ensembles,
        code_name=code.get("name", "unnamed"),
        code_version=code.get("version", ""),
        provenance=provenance,
        conformance=conformance,
        recorded=recorded,
    )


def _ensembles(document: Mapping[str, Any], conformance: bool, problems: list[str]) -> tuple[EnsembleCard, ...]:
    """Ensembles of a card: one whose keys stand at the top, or one for each table [[ensemble]]."""
    top = {key: value for key, value in document.items() if key not in _TABLES}
    tables = document.get("ensemble", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.append("ensemble is not written as [[ensemble]]")
        return ()
    if len(tables) > MOST_ENSEMBLES:
        problems.append(f"there are {len(tables)} ensembles, at most {MOST_ENSEMBLES} are read")
        return ()
    if tables and top:
        problems += [_unknown(key, _TABLES, "") + " beside [[ensemble]]" for key in top]
    elif not top and not tables and conformance:
        return ()
    elif not tables:
        tables = [top]
    labels = [f"ensemble {number}: " if len(tables) > 1 else "" for number in range(1, len(tables) + 1)]
    found = [_ensemble(table, label, problems) for table, label in zip(tables, labels, strict=True)]
    cards = tuple(card for card in found if card is not None)
    if len(cards) > 1 and len({PurePosixPath(card.path) for card in cards if card.path}) < len(cards):
        problems.append("each of several ensembles needs a path of its own")
    for number, card in enumerate(cards):
        if any(same_regime(card, other) for other in cards[:number]):
            problems.append(f"ensemble {number + 1} has the parameters of an earlier one: put them in one folder")
    return cards


def _ensemble(table: Mapping[str, Any], label: str, problems: list[str]) -> EnsembleCard | None:
    found: list[str] = []
    system = table.get("system")
    regime_keys = _REGIME_KEYS.get(system) if isinstance(system, str) else None
    accepted = regime_keys or {key: kind for keys in _REGIME_KEYS.values() for key, kind in keys.items()}
    values = _values(table, accepted, found)
    defaults = _DEFAULTS.get(str(system), {})
    found += [f"missing key {key!r}" for key in ("system", "dimension") if key not in table]
    if regime_keys is not None:
        optional = {*defaults, *(("taper",) if "truncation" in regime_keys else ())}
        needed = [key for key in regime_keys if key not in optional]
        found += [f"missing key {key!r}" for key in needed if key not in table]
    if isinstance(system, str) and regime_keys is None:
        found.append(f"system = {system!r}, known are {', '.join(SYSTEMS)}")
    if not found:
        assert regime_keys is not None
        values = ({"units": UNITS[0]} if system == "spring-network" else {}) | defaults | values
        found += contradictions(values)
    problems += [f"{label}{problem}" for problem in found]
    if found:
        return None
    assert regime_keys is not None
    parameters = {key: values.pop(key) for key in regime_keys if key in values}
    reading = {key: values.pop(key) for key in _READING if key in values}
    return EnsembleCard(parameters=parameters, reading=reading, **values)


def _values(table: Mapping[str, Any], regime_keys: Mapping[str, type], problems: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    kinds = {**_COMMON, **_READING, **regime_keys}
    for key, value in table.items():
        if key == "columns":
            values[key] = _columns(value, problems)
        elif key == "variables":
            values[key] = _variables(value, problems)
        elif key not in kinds:
            problems.append(_unknown(key, [*kinds, *_OTHER, *_TABLES], ""))
        elif key == "taper" and value == "inf":
            values[key] = math.inf
        elif not _is_of(value, kinds[key]):
            problems.append(f"{key} = {value!r} is not of type {_type_name(kinds[key])}")
        else:
            values[key] = float(value) if kinds[key] is float else value
    return values


def _is_of(value: object, kind: type | tuple[type, ...]) -> bool:
    if kind is bool:
        return isinstance(value, bool)
    return not isinstance(value, bool) and isinstance(value, (int, float) if kind is float else kind)


def _type_name(kind: type | tuple[type, ...]) -> str:
    return kind.__name__ if isinstance(kind, type) else " or ".join(part.__name__ for part in kind)


def _unknown(key: str, known: Iterable[str], table: str) -> str:
    close = difflib.get_close_matches(key, list(known), n=1)
    return f"unknown key {table}{key!r}" + (f", did you mean {close[0]!r}?" if close else "")


def _columns(value: object, problems: list[str]) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    problems.append("columns is neither a string nor a list of strings")
    return ""


def _variables(value: object, problems: list[str]) -> dict[str, str]:
    files = _strings(value, "variables", None, problems)
    problems += [f"variables.{name} = {path!r}: {OUTSIDE}" for name, path in files.items() if not is_inside(path)]
    return files


def _provenance(value: object, problems: list[str]) -> tuple[dict[str, str], str]:
    if not isinstance(value, dict):
        problems.append("[provenance] must be a table")
        return {}, ""
    known = (*PROVENANCE, "conformance")
    problems += [_unknown(key, known, "provenance.") for key in value if key not in known]
    texts = {key: str(item) for key, item in value.items() if isinstance(item, str | int | float | date)}
    problems += [f"provenance.{key} is no text" for key in value if key not in texts]
    problems += [
        f"provenance.{key} = {texts[key]!r}: {OUTSIDE}"
        for key in ("input", "conformance")
        if key in texts and not is_inside(texts[key])
    ]
    return texts, texts.pop("conformance", "")


def _strings(table: object, name: str, known: tuple[str, ...] | None, problems: list[str]) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        problems.append(f"[{name}] must be a table of strings")
        return {}
    if known is not None:
        problems += [f"unknown key {name}.{key}" for key in table if key not in known]
    return table
