"""Submission cards: the few lines of TOML that say what a third party's data are."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from bosonpeak.datasets.errors import CardError

LARGEST_CARD = 100_000
"""Bytes; a card is a page of text."""

MOST_ENSEMBLES = 100
"""More than there are regimes to compare with."""

SYSTEMS = ("spring-network", "soft-spheres", "lennard-jones", "kob-andersen")

QUANTITIES = ("frequency", "eigenvalue", "frequency_over_2pi")

UNITS = ("sqrt(t0/m)", "1")
"""Units of frequency in which the windows of the network claims are stated; "1" is the same with t0 = m = 1."""

REDUCED_UNITS = ("1", "sqrt(epsilon/(m a^2))", "sqrt(epsilon/(m sigma^2))", "sqrt(epsilon/m)/sigma")
"""Units of the frequency of glasses: all are the same, with the energy, the length and the mass set to 1."""

TRUNCATIONS = ("hard", "shifted", "force-shifted", "tapered")

PROVENANCE = ("authors", "licence", "created", "source", "input", "hardware", "seeds")
"""What a card can say of where data come from; ``input`` names the file of the run that made them."""

ONE_FILE_ONE_CHAIN = "one file one chain"


@dataclass(frozen=True)
class EnsembleCard:
    """What a submission says of one ensemble.

    Parameters
    ----------
    system : str
        One of `SYSTEMS`.
    dimension : int
        Space dimension.
    parameters : mapping
        What else the regime needs: ``nodes``, ``displacement`` and ``situation`` of a spring network; ``particles``,
        ``density``, ``parent_temperature``, ``cutoff`` and, where the system has them, ``taper`` (infinity for "inf")
        and ``truncation`` of a glass.
    path : str
        File or folder inside the run; empty for the run itself.
    quantity : str
        What the numbers are, one of `QUANTITIES`.
    units : str
        Units of the angular frequency; empty if the files say it themselves, or mean 1.
    columns : str or tuple of str
        How a text file is laid out: "samples" (one sample a column), or the roles of its columns in order, such as
        ("sample", "mode", "frequency"); found from the file's header if empty.
    samples_made : int or None
        How many samples were made, those that were discarded included.
    independent_chains : int or None
        How many independent runs the samples come from, in equal shares and in order.
    chain : str
        `ONE_FILE_ONE_CHAIN` if every file holds one sample and each is an independent run; else empty.
    variables : mapping of str to str
        Files inside the run with one number a sample, by the name of what they hold.
    reading : mapping
        What else the files do not say themselves, see `bosonpeak.datasets.read_frequencies` and
        `bosonpeak.datasets.read_configurations`.
    """

    system: str
    dimension: int
    parameters: Mapping[str, Any]
    path: str = ""
    quantity: str = "frequency"
    units: str = ""
    columns: str | tuple[str, ...] = ""
    samples_made: int | None = None
    independent_chains: int | None = None
    chain: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_network(self) -> bool:
        """Whether nodes move along a line, instead of particles in space."""
        return self.system == "spring-network"

    @property
    def lattice_size(self) -> int:
        """Side of the square lattice of a spring network."""
        return math.isqrt(self.parameters["nodes"])

    @property
    def degrees_of_freedom(self) -> int:
        """Modes of a sample, zero modes included."""
        return int(self.parameters["nodes"] if self.is_network else self.dimension * self.parameters["particles"])

    @property
    def cell(self) -> str:
        """Short name of the ensemble; of a spring network that of its group in the reference data."""
        if self.is_network:
            return f"situation-{self.parameters['situation']}/delta-{float(self.parameters['displacement'])}"
        return f"{self.path or self.system} (T* = {self.parameters['parent_temperature']:g})"

    @property
    def for_reader(self) -> dict[str, Any]:
        """What the adapter that reads the numbers has to know."""
        columns = list(self.columns) if isinstance(self.columns, tuple) else self.columns
        known: dict[str, Any] = {"quantity": self.quantity}
        known |= {key: value for key, value in (("units", self.units), ("columns", columns)) if value}
        if not self.is_network:
            known |= {"dimension": self.dimension, "particles": self.parameters["particles"]}
        return known | dict(self.reading)


@dataclass(frozen=True)
class Card:
    """What a submission says of itself.

    Parameters
    ----------
    ensembles : tuple of EnsembleCard
        None for a run of conformance cases alone.
    code_name, code_version : str
        The program that made them.
    provenance : mapping of str to str
        Some of `PROVENANCE`.
    conformance : str
        Folder of the run with answers to the conformance cases, or empty.
    recorded : mapping of str to str
        Verdicts on record; a change makes the exit code 1.
    """

    ensembles: tuple[EnsembleCard, ...]
    code_name: str = "unnamed"
    code_version: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)
    conformance: str = ""
    recorded: Mapping[str, str] = field(default_factory=dict)


_REGIME_KEYS: dict[str, dict[str, type]] = {
    "spring-network": {"nodes": int, "displacement": float, "situation": int},
    "soft-spheres": {
        "particles": int,
        "density": float,
        "parent_temperature": float,
        "cutoff": float,
        "taper": float,
        "exponent": int,
    },
    "lennard-jones": {
        "particles": int,
        "density": float,
        "parent_temperature": float,
        "cutoff": float,
        "truncation": str,
        "taper": float,
    },
    "kob-andersen": {
        "particles": int,
        "density": float,
        "parent_temperature": float,
        "cutoff": float,
        "truncation": str,
        "taper": float,
    },
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
        if any(_same_regime(card, other) for other in cards[:number]):
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
        found += _contradictions(values)
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
    problems += [f"variables.{name} = {path!r}: {_OUTSIDE}" for name, path in files.items() if not _inside(path)]
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
        f"provenance.{key} = {texts[key]!r}: {_OUTSIDE}"
        for key in ("input", "conformance")
        if key in texts and not _inside(texts[key])
    ]
    return texts, texts.pop("conformance", "")


def _strings(table: object, name: str, known: tuple[str, ...] | None, problems: list[str]) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        problems.append(f"[{name}] must be a table of strings")
        return {}
    if known is not None:
        problems += [f"unknown key {name}.{key}" for key in table if key not in known]
    return table


_OUTSIDE = "it is no path inside the run"


def _inside(path: str) -> bool:
    """Whether a path can only lead to something inside the folder that it is relative to, links left aside."""
    parts = PurePosixPath(path).parts
    harmless = not any(character in path for character in "\\\0:")
    return harmless and ".." not in parts and not PurePosixPath(path).is_absolute()


def _same_regime(first: EnsembleCard, second: EnsembleCard) -> bool:
    """Whether two ensembles would be compared with the same reference; the size of a network does not enter."""
    here, there = ({key: value for key, value in card.parameters.items() if key != "nodes"} for card in (first, second))
    return (first.system, first.dimension, here) == (second.system, second.dimension, there)


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    network = values["system"] == "spring-network"
    units = UNITS if network else REDUCED_UNITS
    checks = [
        *(_network_checks(values) if network else _glass_checks(values)),
        (
            values.get("quantity", "frequency") in QUANTITIES,
            f"quantity = {values.get('quantity')!r}, known are {', '.join(QUANTITIES)}",
        ),
        (
            values.get("units", units[0]) in units,
            f"units = {values.get('units')!r}, the claims are stated in {' or '.join(units)}",
        ),
        (_inside(values.get("path", "")), f"path = {values.get('path')!r}: {_OUTSIDE}"),
        (values.get("samples_made", 1) >= 1, f"samples_made = {values.get('samples_made')} is less than 1"),
        (
            values.get("independent_chains", 1) >= 1,
            f"independent_chains = {values.get('independent_chains')} is less than 1",
        ),
        (
            values.get("chain", "") in ("", ONE_FILE_ONE_CHAIN),
            f"chain = {values.get('chain')!r}, known is {ONE_FILE_ONE_CHAIN!r}",
        ),
        (not ("chain" in values and "independent_chains" in values), "chain and independent_chains say the same twice"),
    ]
    return [problem for holds, problem in checks if not holds]


def _network_checks(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    return [
        (values["dimension"] == 2, f"dimension = {values['dimension']}, spring networks are judged in 2"),
        (
            values["nodes"] >= 9 and math.isqrt(values["nodes"]) ** 2 == values["nodes"],
            f"nodes = {values['nodes']} is not the square of a side of 3 or more",
        ),
        (0.0 <= values["displacement"] < 1.0, f"displacement = {values['displacement']} is not in [0, 1)"),
        (values["situation"] in (1, 2, 3), f"situation = {values['situation']} is not 1, 2 or 3"),
    ]


def _glass_checks(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    positive = ("density", "parent_temperature", "cutoff")
    truncation, taper = values.get("truncation"), values.get("taper")
    return [
        (values["dimension"] in (2, 3), f"dimension = {values['dimension']} is not 2 or 3"),
        (values["particles"] >= 10, f"particles = {values['particles']} is less than 10"),
        *((0.0 < values[key] < math.inf, f"{key} = {values[key]} is no positive number") for key in positive),
        (
            truncation is None or truncation in TRUNCATIONS,
            f"truncation = {truncation!r}, known are {', '.join(TRUNCATIONS)}",
        ),
        (
            taper is None or (taper >= 2 and (math.isinf(taper) or taper == int(taper))),
            f'taper = {taper} is no order of 2 or more, or "inf"',
        ),
        (
            values["system"] == "soft-spheres" or (truncation == "tapered") == (taper is not None),
            f'taper belongs to truncation = "tapered", and truncation = {truncation!r}',
        ),
    ]
