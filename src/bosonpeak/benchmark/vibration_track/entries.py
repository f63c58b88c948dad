"""Entries of the track: a folder with ``code.toml``, which describes a potential, and ``<structure>.json`` files."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bosonpeak.benchmark.scorecards.score_result import Correctness
from bosonpeak.benchmark.vibration_track.examination import RELATIONS, Relation
from bosonpeak.benchmark.vibration_track.structures import structure_names
from bosonpeak.benchmark.vibration_track.track import StructureResult, compared
from bosonpeak.datasets.errors import ForeignInputError, StoreError
from bosonpeak.datasets.plain_text import plural

CODE_FILE = "code.toml"
NOT_RUN = "not run"
IN_ALL, A_CALL = "seconds in all", "seconds per force call"
_LARGEST_FILE = 2_000_000


class Code(BaseModel):
    """Description of a potential; texts of one line."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=400)

    name: str = Field(min_length=1, max_length=60)
    version: str = Field(min_length=1)
    calculator: str  # module:object
    requirements: list[str]
    description: str = Field(min_length=1)
    training_data: str = Field(min_length=1)
    parameters: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    date: str = Field(pattern=r"\d{4}-\d{2}-\d{2}")
    machine: str
    history: list[str] = Field(default=[], max_length=50)  # earlier runs and changes, one line each


@dataclass(frozen=True)
class Potential:
    """Entry of the board."""

    key: str
    code: Code
    results: tuple[StructureResult, ...]

    @property
    def examined(self) -> list[StructureResult]:
        """Results with modes."""
        return [each for each in self.results if not each.problem]

    @property
    def holding(self) -> Correctness:
        """Relations that hold of the relations of all structures with modes, with the interval of their share."""
        held = sum(each.holding for each in self.examined)
        return Correctness(held, sum(len(each.relations) for each in self.examined))

    @property
    def missing(self) -> dict[str, str]:
        """Structures without modes, with the reason."""
        there = {each.structure: each for each in self.results}
        return {
            name: there[name].problem if name in there else NOT_RUN
            for name in structure_names()
            if name not in there or there[name].problem
        }

    @property
    def missing_in_words(self) -> list[str]:
        """Sentences on the structures without modes and the relations that were not tested, one per reason."""
        reasons: dict[str, list[str]] = {}
        for name, reason in self.missing.items():
            reasons.setdefault(reason, []).append(name)
        reported = [
            f"{plural(len(names), 'structure')}, {reason}: {', '.join(names)}" for reason, names in reasons.items()
        ]
        untested: dict[str, list[str]] = {}
        for each in self.examined:
            there = {relation.name for relation in each.relations}
            absent = "; ".join(name for name in RELATIONS if name not in there)
            untested.setdefault(absent, []).append(each.structure)
        reported += [
            f"relations of the present protocol, not tested on {plural(len(names), 'structure')}: {absent}"
            for absent, names in untested.items()
            if absent
        ]
        return reported

    @property
    def relations(self) -> list[Relation]:
        """Relations of any structure, the first of each name."""
        found: dict[str, Relation] = {}
        for each in self.examined:
            for relation in each.relations:
                found.setdefault(relation.name, relation)
        return list(found.values())

    @property
    def measured_names(self) -> list[str]:
        """Names of the quantities measured of any structure."""
        return list(dict.fromkeys(name for each in self.examined for name in each.measured))

    @property
    def cost(self) -> str:
        """Time of the run and of a force call."""
        known = [seconds for each in self.examined if math.isfinite(seconds := each.measured.get(IN_ALL, math.nan))]
        return f"{sum(known):.0f} s for {plural(len(known), 'structure')}; {self.range_of(A_CALL)} s per force call"

    def range_of(self, name: str) -> str:
        """Smallest and largest value of a measured or compared quantity over the structures."""
        values = [{**each.measured, **compared(each)}.get(name, math.nan) for each in self.examined]
        values = [value for value in values if math.isfinite(value)]
        if not values:
            return "none"
        low, high = (f"{value:.2g}" for value in (min(values), max(values)))
        return low if low == high else f"{low} to {high}"

    def failures(self) -> Iterator[str]:
        """Failed relations, one line each."""
        for result in self.examined:
            for relation in result.relations:
                if not relation.holds:
                    yield f"{result.structure}: {relation.name}: {relation.shown_error}, limit {relation.limit:.3g}"


def read_potentials(directory: Path) -> tuple[Potential, ...]:
    """Read all entries of a directory, by name; `ForeignInputError` or `StoreError` names a faulty file."""
    folders = sorted(file.parent for file in directory.glob(f"*/{CODE_FILE}"))
    if not folders:
        raise StoreError(
            "there is no potential", expected=f"a directory with folders, each with {CODE_FILE}", where=str(directory)
        )
    return tuple(_read(folder) for folder in folders)


def read_code(file: Path) -> Code:
    """Read the description of a potential; `ForeignInputError` if it cannot be used."""
    try:
        return Code.model_validate(tomllib.loads(_text(file)))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ForeignInputError(
            "the description of a potential cannot be used",
            expected=", ".join(Code.model_fields),
            got=str(error)[:400],
            where=str(file),
        ) from error


def _read(folder: Path) -> Potential:
    code = read_code(folder / CODE_FILE)
    results = []
    for name in structure_names():
        file = folder / f"{name}.json"
        if file.exists():
            result = StructureResult.from_json(_text(file))
            if (result.structure, result.calculator) != (name, code.calculator):
                raise ForeignInputError(
                    "a result belongs to another structure or calculator",
                    expected=f"{name}, {code.calculator}",
                    got=f"{result.structure}, {result.calculator}",
                    where=str(file),
                )
            results.append(result)
    return Potential(folder.name, code, tuple(results))


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        content = opened.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise ForeignInputError("the file is too large", expected=f"at most {_LARGEST_FILE} bytes", where=str(file))
    return content.decode("utf-8", errors="replace")


def ranked(potentials: Sequence[Potential]) -> list[tuple[str, Potential]]:
    """Potentials with their ranks, which only disjoint intervals of the shares of relations separate; best first."""

    def place(one: Potential) -> tuple[int, int]:
        mine = one.holding
        others = [each.holding for each in potentials if each is not one]
        above = sum((each.low or 0.0) > (mine.high or 0.0) for each in others)
        below = sum((each.high or 0.0) < (mine.low or 0.0) for each in others)
        return 1 + above, len(potentials) - below

    found = sorted((*place(each), -(each.holding.low or 0.0), each.key) for each in potentials)
    by_key = {each.key: each for each in potentials}
    return [(f"{best} to {worst}" if worst > best else str(best), by_key[key]) for best, worst, _, key in found]
