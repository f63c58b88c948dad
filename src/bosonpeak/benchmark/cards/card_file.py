"""Submission cards as TOML files: reading, and consistency checks of the entries."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TypeGuard, TypeVar, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from bosonpeak.benchmark.cards.card import ANY_GLASS, ONE_FILE_ONE_CHAIN, REDUCED_UNITS, UNITS, Card, EnsembleCard
from bosonpeak.benchmark.cards.fault_lines import with_lines
from bosonpeak.benchmark.cards.templates import example_of
from bosonpeak.benchmark.scorecards.claim_results import Decision
from bosonpeak.datasets.adapters.card_keys import READER_KEYS, Count, Flag, Number, ReaderCard, Text, refused
from bosonpeak.datasets.adapters.spectra.cleaning import QUANTITIES
from bosonpeak.datasets.documents.faults import faults_of
from bosonpeak.datasets.errors import CardError, did_you_mean

OUTSIDE = "it is not a path inside the run"


def is_inside(path: str) -> bool:
    """Test whether a relative path cannot leave its base folder, links aside."""
    parts = PurePosixPath(path).parts
    harmless = not any(character in path for character in "\\\0:")
    return harmless and ".." not in parts and not PurePosixPath(path).is_absolute()


def same_regime(first: EnsembleCard, second: EnsembleCard) -> bool:
    """Test whether two ensembles share a reference ensemble; the size of a network is ignored."""
    here, there = ({key: value for key, value in card.parameters.items() if key != "nodes"} for card in (first, second))
    return (first.system, first.dimension, here) == (second.system, second.dimension, there)


def contradictions(values: Mapping[str, Any]) -> list[str]:
    """List inconsistent values of an ensemble, one sentence each."""
    system = values["system"]
    units = UNITS if system == "spring-network" else REDUCED_UNITS
    of_system = {"spring-network": _network_checks, ANY_GLASS: _any_glass_checks}.get(system, _glass_checks)
    checks = [
        *of_system(values),
        (
            values.get("quantity", "frequency") in QUANTITIES,
            f"quantity = {values.get('quantity')!r}, known are {', '.join(QUANTITIES)}",
        ),
        (
            system == ANY_GLASS or values.get("units", units[0]) in units,
            f"units = {values.get('units')!r}, the claims are stated in {' or '.join(units)}",
        ),
        (is_inside(values.get("path", "")), f"path = {values.get('path')!r}: {OUTSIDE}"),
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


CUT = ("hard", "shifted")
"""Ends of soft spheres, whose energy is shifted to zero there or not."""


def _any_glass_checks(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    stated = [key for key in ("density", "parent_temperature") if key in values]
    return [
        (values["dimension"] in (2, 3), f"dimension = {values['dimension']} is not 2 or 3"),
        (values["particles"] >= 10, f"particles = {values['particles']} is less than 10"),
        *((0.0 < values[key] < math.inf, f"{key} = {values[key]} is not a positive number") for key in stated),
    ]


def _glass_checks(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    from bosonpeak.generators.particles.potentials import TRUNCATIONS

    positive = ("density", "parent_temperature", "cutoff")
    truncation, taper = values.get("truncation"), values.get("taper")
    return [
        (values["dimension"] in (2, 3), f"dimension = {values['dimension']} is not 2 or 3"),
        (values["particles"] >= 10, f"particles = {values['particles']} is less than 10"),
        *((0.0 < values[key] < math.inf, f"{key} = {values[key]} is not a positive number") for key in positive),
        (
            truncation is None or truncation in TRUNCATIONS,
            f"truncation = {truncation!r}, known are {', '.join(TRUNCATIONS)}",
        ),
        (
            taper is None or (taper >= 2 and (math.isinf(taper) or taper == int(taper))),
            f'taper = {taper} is not an order of 2 or more, or "inf"',
        ),
        (
            values["system"] != "soft-spheres" or truncation in CUT or (truncation is None and taper is not None),
            f"taper = {taper!r} and truncation = {truncation!r}: soft spheres have a taper (taper = 2, 3, ... or "
            f'"inf"), or are cut, truncation = {" or ".join(CUT)}, or both',
        ),
        *(
            (0.0 < size < math.inf, f"diameters: {size} of type {label!r} is not a positive number")
            for label, size in (values.get("diameters") or {}).items()
        ),
        (
            values["system"] == "soft-spheres" or (truncation == "tapered") == (taper is not None),
            f'taper belongs to truncation = "tapered", and truncation = {truncation!r}',
        ),
    ]


LARGEST_CARD = 100_000
"""Bytes; a card is a page of text."""

MOST_ENSEMBLES = 100
"""More than there are regimes to compare with."""

LARGEST_NUMBER = 10**100
"""Seeds have 39 digits; a whole number beyond this can neither be printed nor be a number in floating point."""


def _inside(path: str) -> str:
    if path and not is_inside(path):
        raise ValueError(f"{path!r}: {OUTSIDE}")
    return path


def _a_table(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError("it must be a table")
    return value


OneOnRecord = Annotated[Decision, refused("no verdict")]
OnRecord = Annotated[
    OneOnRecord | dict[str, OneOnRecord], refused("neither a verdict nor a table of verdicts, by part")
]
Told = Annotated[str | int | float | date | datetime, refused("no text"), AfterValidator(str)]
PathInRun = Annotated[Text, AfterValidator(_inside)]
ToldPathInRun = Annotated[Told, AfterValidator(_inside)]
Order = Annotated[Number, BeforeValidator(lambda value: math.inf if value == "inf" else value)]
"""Of a taper."""


_Model = TypeVar("_Model", bound=BaseModel)


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Code(_Keys):
    name: Text = "unnamed"
    version: Text = ""


class _Provenance(_Keys):
    authors: Told | None = None
    licence: Told | None = None
    created: Told | None = None
    source: Told | None = None
    input: ToldPathInRun | None = None
    hardware: Told | None = None
    seeds: Told | None = None
    conformance: ToldPathInRun = ""


class _Submission(_Keys):
    """Entries stated once per card, for all its ensembles."""

    code: Annotated[_Code, BeforeValidator(_a_table)] = _Code()
    provenance: Annotated[_Provenance, BeforeValidator(_a_table)] = _Provenance()
    recorded: Annotated[dict[str, OnRecord], BeforeValidator(_a_table)] = {}


class _Ensemble(ReaderCard):
    """Entries of an ensemble of any system, including the keys of the file readers."""

    system: Text
    dimension: Count
    quantity: Text = "frequency"
    path: PathInRun = ""
    samples_made: Count | None = None
    independent_chains: Count | None = None
    chain: Text | None = None
    variables: Annotated[dict[str, PathInRun], BeforeValidator(_a_table)] | None = None


class _SpringNetwork(_Keys):
    nodes: Count
    displacement: Number
    situation: Count


class _Glass(_Keys):
    particles: Count
    density: Number
    parent_temperature: Number
    cutoff: Number
    cutoff_common: Flag | None = None


Diameters = Annotated[dict[str, Number], BeforeValidator(_a_table)]
"""By the name of the type."""


class _SoftSpheres(_Glass):
    density: Number = 1.0
    cutoff: Number = 1.955
    taper: Order | None = None
    truncation: Text | None = None
    exponent: Count = 12
    diameters: Diameters | None = None


class _LennardJones(_Glass):
    cutoff: Number = 2.5
    taper: Order | None = None
    truncation: Text
    diameters: Diameters | None = None


class _KobAndersen(_Glass):
    density: Number = 1.2
    cutoff: Number = 2.5
    taper: Order | None = None
    truncation: Text


class _AnyGlass(_Keys):
    particles: Count
    density: Number | None = None
    parent_temperature: Number | None = None


_REGIMES: Mapping[str, type[_Keys]] = {
    "spring-network": _SpringNetwork,
    "soft-spheres": _SoftSpheres,
    "lennard-jones": _LennardJones,
    "kob-andersen": _KobAndersen,
    ANY_GLASS: _AnyGlass,
}
"""Constructor of the regime of each system."""

_SYSTEMS: Mapping[str, type[_Ensemble]] = {
    system: cast(type[_Ensemble], create_model(system, __base__=(regime, _Ensemble)))
    for system, regime in _REGIMES.items()
}
"""Everything that a card may say of an ensemble of each system."""

_NOT_OF_ONE_ENSEMBLE = (*_Submission.model_fields, "ensemble")


def read_card(path: str | Path) -> Card:
    r"""Read a card from a TOML file.

    Raises
    ------
    CardError
        If the file cannot be read, is not TOML, or has unknown, missing or contradictory entries (all are named).

    Examples
    --------
    3600 nodes make a lattice of 60 x 60.

    >>> import tempfile
    >>> from pathlib import Path
    >>> lines = ['system = "spring-network"', "dimension = 2", "nodes = 3600", "displacement = 0.2", "situation = 2"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "card.toml"
    ...     _ = path.write_text("\n".join(lines))
    ...     card = read_card(path)
    >>> card.ensembles[0].lattice_size
    60
    """
    return parse_card(_text(Path(path)), where=str(path))


def parse_card(text: str, *, where: str = "card") -> Card:
    """Read a card from TOML text; errors as of `read_card`."""
    document = _document(text, where)
    said_once = {key: document[key] for key in _Submission.model_fields if key in document}
    about, problems = _validated(_Submission, said_once)
    alone = about is not None and bool(about.provenance.conformance)
    ensembles = _ensembles(document, alone, problems)
    if about is None or problems:
        raise CardError("the card cannot be used", got="\n    ".join(with_lines(problems, text)), where=where)
    provenance = about.provenance.model_dump(exclude_none=True)
    return Card(
        ensembles=ensembles,
        code_name=about.code.name,
        code_version=about.code.version,
        conformance=provenance.pop("conformance"),
        provenance=provenance,
        recorded=about.recorded,
    )


def is_submission_card(path: str | Path) -> bool:
    """Test whether a TOML file describes ensembles, and not only how to read files."""
    return not {"system", "ensemble"}.isdisjoint(_document(_text(Path(path)), str(path)))


def read_reader_part(path: str | Path) -> dict[str, Any]:
    """Read the file readers' keys of a reader or submission card; `CardError` if invalid or of several ensembles."""
    document = _document(_text(Path(path)), str(path))
    known = {key for model in _SYSTEMS.values() for key in model.model_fields} | set(_NOT_OF_ONE_ENSEMBLE)
    if known.isdisjoint({*document} - {*READER_KEYS}):
        return document
    tables = document.get("ensemble", [document])
    if not _are_tables(tables) or len(tables) != 1:
        raise CardError("the card is not of one ensemble", expected="one of what is read alone", where=str(path))
    unknown = [key for table in (document, *tables) for key in table if key not in known]
    if unknown:
        reported = "; ".join(_unknown(key, known) for key in dict.fromkeys(unknown))
        raise CardError("the card cannot be used", got=reported, where=str(path))
    return {key: value for key, value in tables[0].items() if key in READER_KEYS}


def _text(file: Path) -> str:
    try:
        # The size of the opened file is tested, because another file can take its name between a check and a read.
        with open(file, "rb") as stream:
            content = stream.read(LARGEST_CARD + 1)
        if len(content) > LARGEST_CARD:
            raise CardError(
                "the card is too large",
                expected=f"at most {LARGEST_CARD:,} bytes",
                got=f"more than {LARGEST_CARD:,} bytes",
                where=str(file),
            )
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, ValueError) as error:
        raise CardError("the card cannot be read", got=str(error), where=str(file)) from error


def _document(text: str, where: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
        largest = max(_whole_numbers(document), default=0)
    except (ValueError, RecursionError) as error:
        raise CardError("the card is not valid TOML", got=str(error), where=where) from error
    if largest > LARGEST_NUMBER:
        raise CardError("there is a whole number of more than a hundred digits on the card", where=where)
    return document


def _whole_numbers(value: object) -> Iterator[int]:
    """Magnitudes of all whole numbers in a document."""
    if isinstance(value, int):
        yield abs(value)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _whole_numbers(part)


def _ensembles(document: Mapping[str, Any], conformance: bool, problems: list[str]) -> tuple[EnsembleCard, ...]:
    """Ensembles of a card: keys at top level for a single ensemble, or a table [[ensemble]] for each."""
    tables = document.get("ensemble", [])
    top = {key: value for key, value in document.items() if key not in _NOT_OF_ONE_ENSEMBLE}
    if not _are_tables(tables):
        problems.append("ensemble is not written as [[ensemble]]")
        return ()
    if len(tables) > MOST_ENSEMBLES:
        problems.append(f"there are {len(tables)} ensembles, at most {MOST_ENSEMBLES} are read")
        return ()
    if tables:
        problems += [_unknown(key, _NOT_OF_ONE_ENSEMBLE, " beside [[ensemble]]") for key in top]
    elif top or not conformance:
        tables = [top]
    cards = []
    for number, table in enumerate(tables, start=1):
        card, faults = _ensemble(table)
        problems += [f"ensemble {number}: {fault}" if len(tables) > 1 else fault for fault in faults]
        cards += [] if card is None else [card]
    if len(cards) > 1 and len({PurePosixPath(card.path) for card in cards if card.path}) < len(cards):
        problems.append("each of several ensembles needs a path of its own")
    for number, card in enumerate(cards):
        if any(same_regime(card, other) for other in cards[:number]):
            problems.append(f"ensemble {number + 1} has the parameters of an earlier one: put them in one folder")
    return tuple(cards)


def _are_tables(value: object) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and all(isinstance(table, dict) for table in value)


def _ensemble(table: Mapping[str, Any]) -> tuple[EnsembleCard | None, list[str]]:
    """Ensemble of a table, or its faults."""
    system = table.get("system")
    if not isinstance(system, str) or system not in _SYSTEMS:
        faults = _validated(_Ensemble, {key: table[key] for key in _Ensemble.model_fields if key in table})[1]
        if isinstance(system, str):
            faults.append(
                f"system = {system!r}, {did_you_mean(system, _SYSTEMS) or 'known are ' + ', '.join(_SYSTEMS)}"
            )
        return None, faults
    stated, faults = _validated(_SYSTEMS[system], table)
    if stated is None:
        return None, [*faults, *_further_faults(system, table)]
    values = stated.model_dump(exclude_none=True)
    faults = contradictions(values)
    parameters = {key: values.pop(key) for key in _REGIMES[system].model_fields if key in values}
    dimension = values.pop("dimension")
    reading = {key: values.pop(key) for key in READER_KEYS if key in values}
    if system == "spring-network":
        reading.setdefault("units", UNITS[0])
    card = EnsembleCard(dimension=dimension, parameters=parameters, reading=reading, **values)
    return (None if faults else card), faults


def _further_faults(system: str, table: Mapping[str, Any]) -> list[str]:
    """Contradictions of the valid entries of a faulty table, so that the first error lists all faults.

    A misspelt key counts as the nearest known key; missing and invalid entries take the values of the examples.
    """
    model = _SYSTEMS[system]
    repaired: dict[str, Any] = {}
    for key, value in table.items():
        near = [key] if key in model.model_fields else get_close_matches(key, model.model_fields, n=1)
        repaired |= dict.fromkeys(near, value)
    try:
        model.model_validate(repaired)
    except ValidationError as error:
        for key in {str(fault["loc"][0]) for fault in error.errors()}:
            repaired.pop(key, None)
            repaired |= tomllib.loads(example_of(key, system))
    stated, _ = _validated(model, repaired)
    return [] if stated is None else contradictions(stated.model_dump(exclude_none=True))


def _validated(model: type[_Model], values: Mapping[str, Any]) -> tuple[_Model | None, list[str]]:
    """Validate a table against a model; return the model or all faults."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        return None, list(faults_of(error, model, missing="missing key {key!r}", unknown="unknown key {key!r}"))


def _unknown(key: str, known: Iterable[str], place: str = "") -> str:
    return ", ".join(filter(None, (f"unknown key {key!r}{place}", did_you_mean(key, known))))
