"""Submission cards: the few lines of TOML that say what a third party's data are."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bosonpeak.datasets.errors import CardError

LARGEST_CARD = 100_000
"""Bytes; a card is a page of text."""

SYSTEMS = ("spring-network",)

QUANTITIES = ("frequency", "eigenvalue", "frequency_over_2pi")

UNITS = ("sqrt(t0/m)", "1")
"""Units of frequency in which the windows of the network claims are stated; "1" is the same with t0 = m = 1."""


@dataclass(frozen=True)
class Card:
    """What a submission says of itself.

    Parameters
    ----------
    system : str
        One of `SYSTEMS`.
    dimension : int
        Space dimension.
    nodes : int
        Nodes (degrees of freedom) of each sample.
    displacement : float
        Displacement delta of the nodes from the lattice, units of the lattice constant.
    situation : int
        1, 2 or 3, see `bosonpeak.generators.spring_network.SITUATIONS`.
    quantity : str
        What the numbers are, one of `QUANTITIES`.
    units : str
        Units of the angular frequency, one of `UNITS`.
    columns : str or tuple of str
        How a text file is laid out: "samples" (one sample a column), or the roles of its columns in order, such as
        ("sample", "mode", "frequency"); found from the file's header if empty.
    code_name, code_version : str
        The program that made them.
    recorded : mapping of str to str
        Verdicts on record; a change makes the exit code 1.
    """

    system: str
    dimension: int
    nodes: int
    displacement: float
    situation: int
    quantity: str = "frequency"
    units: str = "sqrt(t0/m)"
    columns: str | tuple[str, ...] = ""
    code_name: str = "unnamed"
    code_version: str = ""
    recorded: Mapping[str, str] = field(default_factory=dict)

    @property
    def lattice_size(self) -> int:
        """Side of the square lattice."""
        return math.isqrt(self.nodes)

    @property
    def cell(self) -> str:
        """The ensemble of the reference data with the same parameters."""
        return f"situation-{self.situation}/delta-{float(self.displacement)}"

    @property
    def for_reader(self) -> dict[str, Any]:
        """What the adapter that reads the numbers has to know."""
        columns = list(self.columns) if isinstance(self.columns, tuple) else self.columns
        return {"quantity": self.quantity, "units": self.units} | ({"columns": columns} if columns else {})


_FIELDS: dict[str, type] = {
    "system": str,
    "dimension": int,
    "nodes": int,
    "displacement": float,
    "situation": int,
    "quantity": str,
    "units": str,
}
_REQUIRED = ("system", "dimension", "nodes", "displacement", "situation")


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
    values = _fields(document, problems)
    code = _strings(document.get("code", {}), "code", ("name", "version"), problems)
    recorded = _strings(document.get("recorded", {}), "recorded", None, problems)
    problems += [
        f"recorded.{claim} = {verdict!r} is no verdict"
        for claim, verdict in recorded.items()
        if verdict not in ("supported", "refuted", "undecided")
    ]
    if not problems:
        problems += _contradictions(values)
    if problems:
        raise CardError("the card cannot be used", got="; ".join(problems), where=where)
    return Card(
        **values, code_name=code.get("name", "unnamed"), code_version=code.get("version", ""), recorded=recorded
    )


def _fields(document: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key in ("code", "recorded"):
            continue
        if key == "columns":
            values[key] = _columns(value, problems)
            continue
        if key not in _FIELDS:
            close = difflib.get_close_matches(key, [*_FIELDS, "columns", "code", "recorded"], n=1)
            problems.append(f"unknown key {key!r}" + (f", did you mean {close[0]!r}?" if close else ""))
        elif isinstance(value, bool) or not isinstance(value, (int, float) if _FIELDS[key] is float else _FIELDS[key]):
            problems.append(f"{key} = {value!r} is not of type {_FIELDS[key].__name__}")
        else:
            values[key] = _FIELDS[key](value)
    problems += [f"missing key {key!r}" for key in _REQUIRED if key not in document]
    return values


def _columns(value: object, problems: list[str]) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    problems.append("columns is neither a string nor a list of strings")
    return ""


def _strings(table: object, name: str, known: tuple[str, ...] | None, problems: list[str]) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        problems.append(f"[{name}] must be a table of strings")
        return {}
    if known is not None:
        problems += [f"unknown key {name}.{key}" for key in table if key not in known]
    return table


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    checks = [
        (values["system"] in SYSTEMS, f"system = {values['system']!r}, known are {', '.join(SYSTEMS)}"),
        (values["dimension"] == 2, f"dimension = {values['dimension']}, spring networks are judged in 2"),
        (
            values["nodes"] >= 9 and math.isqrt(values["nodes"]) ** 2 == values["nodes"],
            f"nodes = {values['nodes']} is not the square of a side of 3 or more",
        ),
        (0.0 <= values["displacement"] < 1.0, f"displacement = {values['displacement']} is not in [0, 1)"),
        (values["situation"] in (1, 2, 3), f"situation = {values['situation']} is not 1, 2 or 3"),
        (
            values.get("quantity", "frequency") in QUANTITIES,
            f"quantity = {values.get('quantity')!r}, known are {', '.join(QUANTITIES)}",
        ),
        (
            values.get("units", UNITS[0]) in UNITS,
            f"units = {values.get('units')!r}, the claims are stated in {' or '.join(UNITS)}",
        ),
    ]
    return [problem for holds, problem in checks if not holds]
