"""Files of the track for ml-peg, a collection of benchmarks of machine-learned potentials.

ml-peg has a benchmark in three Python files (calculation, analysis, application), a file of thresholds and one of
citations, at places that follow from a category and a name.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from bosonpeak.benchmark.report.html import page_environment
from bosonpeak.benchmark.vibration_track.structures import SHORT
from bosonpeak.datasets.storage.atomic import write_bytes

CATEGORY, NAME = "amorphous_materials", "glass_vibrations"

_PLACES = {
    "calc.py.j2": f"ml_peg/calcs/{CATEGORY}/{NAME}/calc_{NAME}.py",
    "citations.yml.j2": f"ml_peg/calcs/{CATEGORY}/{NAME}/citations.yml",
    "analyse.py.j2": f"ml_peg/analysis/{CATEGORY}/{NAME}/analyse_{NAME}.py",
    "metrics.yml.j2": f"ml_peg/analysis/{CATEGORY}/{NAME}/metrics.yml",
    "app.py.j2": f"ml_peg/app/{CATEGORY}/{NAME}/app_{NAME}.py",
}


def write_ml_peg(output: Path) -> tuple[Path, ...]:
    """Write the files into a checkout of ml-peg, or any folder, and return their paths."""
    environment = page_environment("bosonpeak.benchmark.vibration_track")
    written = []
    for template, place in _PLACES.items():
        # The text is not HTML, and its values are constants of this package.
        text = (
            environment.overlay(autoescape=False)
            .get_template(f"ml_peg/{template}")
            .render(
                version=importlib.metadata.version("bosonpeak"),
                category=CATEGORY,
                name=NAME,
                structures=repr(SHORT).replace("'", '"'),
                shown=SHORT[0],
            )
        )
        path = output / place
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, text.rstrip().encode("utf-8") + b"\n")
        written.append(path)
    return tuple(written)
