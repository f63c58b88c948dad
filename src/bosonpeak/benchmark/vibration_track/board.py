"""Pages of the track: a table of all potentials, a page per potential, and densities of states by structure.

An entry is a folder with ``code.toml``, which describes the potential, and a file ``<structure>.json`` per structure.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bosonpeak.benchmark.report.html import page_environment, report_style
from bosonpeak.benchmark.report.svg import DrawnPanel, draw_figure
from bosonpeak.benchmark.vibration_track.structures import load_structure, structure_names
from bosonpeak.benchmark.vibration_track.track import StructureResult, compared
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError, StoreError
from bosonpeak.datasets.storage.atomic import write_bytes
from bosonpeak.plot.figure import Figure, Panel, Series

CODE_FILE = "code.toml"
_LARGEST_FILE = 2_000_000
_BROADENING = 0.02  # standard deviation of the drawn densities over the highest frequency of the reference


class Code(BaseModel):
    """Description of a potential; texts of one line."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=400)

    name: str = Field(min_length=1, max_length=60)
    version: str
    calculator: str  # module:object
    requirements: list[str]
    description: str
    training_data: str
    parameters: str
    licence: str
    date: str = Field(pattern=r"\d{4}-\d{2}-\d{2}")
    machine: str


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
    def holding(self) -> tuple[int, int]:
        """Relations that hold, and relations of all structures with modes."""
        return sum(each.holding for each in self.examined), sum(len(each.relations) for each in self.examined)

    @property
    def missing(self) -> list[str]:
        """Structures without modes, with the reason."""
        there = {each.structure: each for each in self.results}
        return [
            f"{name}: {there[name].problem if name in there else 'not run'}"
            for name in structure_names()
            if name not in there or there[name].problem
        ]

    def range_of(self, name: str) -> str:
        """Smallest and largest value of a measured or compared quantity over the structures."""
        values = [{**each.measured, **compared(each)}[name] for each in self.examined]
        values = [value for value in values if math.isfinite(value)]
        if not values:
            return "none"
        low, high = (f"{value:.3g}" for value in (min(values), max(values)))
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


def _read(folder: Path) -> Potential:
    try:
        code = Code.model_validate(tomllib.loads(_text(folder / CODE_FILE)))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ForeignInputError(
            "the description of a potential cannot be used",
            expected=", ".join(Code.model_fields),
            got=str(error)[:400],
            where=str(folder / CODE_FILE),
        ) from error
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


def densities(potentials: Sequence[Potential]) -> Figure:
    """Densities of states of all potentials, a panel per structure, beside the force field that made the structure."""
    panels = []
    for name in structure_names():
        shown = [
            (each.code.name, order, one.frequencies)
            for order, each in enumerate(potentials)
            for one in each.examined
            if one.structure == name
        ]
        if shown:
            reference = load_structure(name).frequencies.tolist()
            highest = max(reference[-1], *(frequencies[-1] for _, _, frequencies in shown))
            axis, width = np.linspace(0.0, 1.05 * highest, 300), _BROADENING * reference[-1]
            series = [
                Series.of(label, "line", axis, _broadened(frequencies, axis, width), order=order)
                for label, order, frequencies in shown
            ]
            series.append(Series.of("reference", "line", axis, _broadened(reference, axis, width), style="reference"))
            panels.append(Panel(title=name, x_label="frequency (THz)", y_label="density (1/THz)", series=tuple(series)))
    return Figure(
        title="Densities of states",
        caption=f"Broadened by {100 * _BROADENING:g} % of the highest frequency; unstable modes are left out.",
        panels=tuple(panels),
    )


def _broadened(frequencies: Sequence[float], axis: FloatArray, width: float) -> FloatArray:
    values = np.array([value for value in frequencies if value > 0.0])
    kernel: FloatArray = np.exp(-0.5 * ((axis[:, None] - values) / width) ** 2).sum(axis=1)
    return kernel / (len(frequencies) * width * math.sqrt(2.0 * math.pi))


def write_vibration_board(directory: Path, output: Path) -> tuple[Path, ...]:
    """Write ``index.html``, a page per potential, and ``vibrations.json``; return their paths."""
    potentials = read_potentials(directory)
    output.mkdir(parents=True, exist_ok=True)
    environment = page_environment("bosonpeak.benchmark.vibration_track")
    panels: tuple[DrawnPanel, ...] = draw_figure(densities(potentials), "density")
    common = {"style": report_style(), "potentials": potentials}
    pages = {"index.html": environment.get_template("index.html.j2").render(panels=panels, **common)}
    template = environment.get_template("potential.html.j2")
    for each in potentials:
        pages[f"{each.key}.html"] = template.render(potential=each, compared=compared, **common)
    numbers = {
        each.key: {"code": each.code.model_dump(), "structures": [json.loads(one.to_json()) for one in each.results]}
        for each in potentials
    }
    pages["vibrations.json"] = json.dumps(numbers, indent=1, ensure_ascii=False) + "\n"
    for name, text in pages.items():
        write_bytes(output / name, text.encode("utf-8"))
    return tuple(output / name for name in pages)
