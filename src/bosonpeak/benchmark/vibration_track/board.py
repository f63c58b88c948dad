"""Pages of the track: a table of all potentials, a page per potential, densities and distances by structure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bosonpeak.benchmark.report.html import inline_script, page_environment, report_style
from bosonpeak.benchmark.report.svg import DrawnPanel, draw_figure
from bosonpeak.benchmark.vibration_track.entries import Potential, ranked, read_potentials
from bosonpeak.benchmark.vibration_track.structures import load_structure, structure_names
from bosonpeak.benchmark.vibration_track.track import compared, earth_movers_distance
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.storage.atomic import write_bytes
from bosonpeak.plot.figure import Figure, Panel, Series

_BROADENING = 0.02  # standard deviation of the drawn densities over the highest frequency of the reference


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


@dataclass(frozen=True)
class Distances:
    """Distances (THz) of the densities of modes below 3 THz between all potentials on one structure."""

    structure: str
    names: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]  # (names, names), NaN without such modes


def distances(potentials: Sequence[Potential]) -> Iterator[Distances]:
    """Wasserstein distances on the structures that more than one potential has."""
    for name in structure_names():
        found = [(each.code.name, one) for each in potentials for one in each.examined if one.structure == name]
        if len(found) > 1:
            lists = [one.frequencies for _, one in found]
            rows = tuple(tuple(earth_movers_distance(here, there) for there in lists) for here in lists)
            yield Distances(name, tuple(label for label, _ in found), rows)


def write_vibration_board(directory: Path, output: Path) -> tuple[Path, ...]:
    """Write ``index.html``, a page per potential, and ``vibrations.json``; return their paths."""
    potentials = read_potentials(directory)
    output.mkdir(parents=True, exist_ok=True)
    environment = page_environment("bosonpeak.benchmark.vibration_track")
    panels: tuple[DrawnPanel, ...] = draw_figure(densities(potentials), "density")
    script, digest = inline_script("bosonpeak.benchmark.leaderboard", "sort.js")
    common = {"style": report_style(), "script": script, "script_digest": digest}
    index = environment.get_template("index.html.j2")
    pages = {
        "index.html": index.render(
            panels=panels, ranked=ranked(potentials), distances=list(distances(potentials)), **common
        )
    }
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
