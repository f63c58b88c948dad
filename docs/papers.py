"""Write papers.md, the table of what the four papers contain, from papers.toml.

python docs/papers.py
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
REDRAWN = {"GHET": "excitations", "REPLY": "reply", "NET": "networks"}
GLASSES = [(taper, cell) for taper in ("limit/taper-2", "limit/taper-inf") for cell in ("T-1.00", "T-0.20")]
LARGE = [("limit/sizes", f"{cell}/N-{size}") for cell in ("T-1.00", "T-0.20") for size in (2000, 4000)]
SAMPLES = 334
"""Glasses of 1000 particles that have 10^6 modes, the number in the reply."""

Interval = tuple[float, float, float]


@functools.cache
def ensemble(dataset: str, group: str) -> Any:
    """Open one ensemble of the reference data."""
    from bosonpeak.datasets import open_dataset

    return open_dataset(dataset, group=group)


def spread(values: list[float]) -> Interval:
    """Mean of several ensembles with the least and the largest."""
    return float(np.mean(values)), min(values), max(values)


def mean_first_phonon(dataset: str, group: str) -> float:
    """Return the mean omega_0 of an ensemble."""
    return float(ensemble(dataset, group)["first_phonon"].mean())


def first_phonon() -> Interval:
    """omega_0 of the four fresh ensembles of 1000 particles."""
    return spread([mean_first_phonon(*each) for each in GLASSES])


def lowest_mode() -> Interval:
    """Median of the lowest of 334 glasses over omega_0: the quantile 1 - 2^(-1/334) of the lowest modes."""
    share = 1.0 - 0.5 ** (1.0 / SAMPLES)
    return spread(
        [
            float(np.quantile(ensemble(*each)["eigenfrequency"].values[:, 0], share)) / mean_first_phonon(*each)
            for each in GLASSES
        ]
    )


def acceptance(cell: str) -> Interval:
    """Accepted share of displacements at one parental temperature, both tapers."""
    tapers = ("glass/taper-2", "glass/taper-inf")
    return spread([float(ensemble(taper, cell)["displacement_acceptance"].mean()) for taper in tapers])


def low_participation(dataset: str, group: str) -> Any:
    """Participation ratios of all modes below 0.6 omega_0."""
    data = ensemble(dataset, group)
    return data["participation_ratio"].values[data["eigenfrequency"].values < 0.6 * mean_first_phonon(dataset, group)]


def participation_number() -> Interval:
    """Median N e of low modes in the larger boxes."""
    return spread(
        [float(np.median(low_participation(*each))) * int(ensemble(*each).attrs["particles"]) for each in LARGE]
    )


def participation_ratio() -> Interval:
    """Mean participation ratio of low modes in the larger boxes."""
    return spread([float(low_participation(*each).mean()) for each in LARGE])


def exponent_of_2000() -> Interval:
    """Exponent s in the window of the plots, N = 2000 and T* = 1.00."""
    from bosonpeak.validators import exponent

    found = exponent(ensemble("limit/sizes", "T-1.00/N-2000"), window=(0.3, 0.55))
    low, high = found.details["interval_without_gates"]
    return found.value, low, high


MEASURED: Mapping[str, Callable[[], Interval]] = {
    "first_phonon": first_phonon,
    "lowest_mode": lowest_mode,
    "cold_acceptance": lambda: acceptance("T-0.20"),
    "hot_acceptance": lambda: acceptance("T-1.00"),
    "participation_number": participation_number,
    "participation_ratio": participation_ratio,
    "exponent_of_2000": exponent_of_2000,
}


def rival_range() -> str:
    """Range 1.2 to 1.4 of the rival's fit in units of omega_0, both tapers at T* = 0.20."""
    phonons = [(name, mean_first_phonon(f"limit/{name}", "T-0.20")) for name in ("taper-2", "taper-inf")]
    parts = [f"{1.2 / phonon:.2f} to {1.4 / phonon:.2f}" for _, phonon in phonons]
    return f"{parts[0]} (m = 2) and {parts[1]} (m = ∞)"


def energies() -> str:
    """Inherent-structure energies of the four fresh ensembles, in a sentence."""
    from bosonpeak.validators.estimates.inputs import chain_labels, chain_sums
    from bosonpeak.validators.estimates.intervals import mean_interval

    parts = []
    for dataset, cell in GLASSES:
        data = ensemble(dataset, cell)
        energy, chain = data["inherent_structure_energy"].values, chain_labels(data)
        value, low, _ = mean_interval(chain_sums(energy, chain) / chain_sums(np.ones(len(energy)), chain))
        parts.append(f"{value:.4f} ± {value - low:.4f}")
    return (
        f"{parts[0]} and {parts[1]} ε a particle at T* = 1.00 and 0.20 for m = 2, {parts[2]} and {parts[3]} for m = ∞ "
        "(limit/taper-2, limit/taper-inf, 95 % over chains)"
    )


def acceptances() -> str:
    """Accepted shares at low and high parental temperature, as text."""
    return f"{acceptance('T-0.20')[0]:.0%} and {acceptance('T-1.00')[0]:.0%}"


FILLED: Mapping[str, Callable[[], str]] = {
    "rival_range": rival_range,
    "energies": energies,
    "acceptances": acceptances,
}


def filled(text: str) -> str:
    """Put measured values in place of the names in braces."""
    for name, value in FILLED.items():
        if f"{{{name}}}" in text:
            text = text.replace(f"{{{name}}}", value())
    return text


def compared(row: Mapping[str, Any]) -> Any:
    """Comparison of a printed number with that of this suite."""
    from bosonpeak.benchmark.figures.published.drawn import Comparison

    between = row.get("between")
    return Comparison(
        row["quantity"],
        row["printed"],
        row.get("tolerance", 0.0),
        MEASURED[row["measured"]](),
        printed_as=row.get("printed_as", ""),
        between=None if between is None else (between[0], between[1]),
    )


def answer(row: Mapping[str, Any]) -> str:
    """Claims with links to their pages, or the reason why there is none."""
    claims = row.get("claims", [])
    if not claims:
        return filled(str(row["reason"]))
    return ", ".join(f"[{claim}](generated/claims/{claim}.md)" for claim in claims)


def table(columns: str, rows: list[list[str]]) -> list[str]:
    """Lines of a table in Markdown."""
    width = columns.count("|") + 1
    return ["", f"| {columns} |", "|" + "---|" * width, *(f"| {' | '.join(cells)} |" for cells in rows)]


def page() -> str:
    """Return the page as text."""
    content = tomllib.loads((HERE / "papers.toml").read_text(encoding="utf-8"))
    lines = [
        "# The papers, item by item",
        "",
        "Every figure, table and numbered equation of the four papers under the heading that it has there, and every "
        "statement that is made in words only: the claims that test it, whose pages show the figures; "
        "or the reason why nothing is judged. Then the printed numbers that can be compared: *same*, *differs* "
        "or *cannot tell*, by the interval and a stated tolerance. `bosonpeak figures` does the same for the numbers "
        "that are read off figures. Last the slips of the text that are in no table of "
        "[heterogeneous-elasticity theory](methods/heterogeneous-elasticity.md) or of the "
        "[quasi-equilibrium theory](methods/quasi-equilibrium.md). Written by `python docs/papers.py`.",
    ]

    def of(kind: str, paper: str) -> list[Any]:
        return [row for row in content[kind] if row["paper"] == paper]

    for paper, title in content["papers"].items():
        lines += ["", f"## {paper}", "", f"{title}."]
        items = []
        for row in of("item", paper):
            kind, number = row["item"].split()
            redrawn = f"; redrawn as {REDRAWN[paper]}-{number}" if kind == "figure" else ""
            items.append([row["item"], row["heading"], row["subject"], answer(row), row.get("note", "") + redrawn])
        lines += table(
            "item | heading | subject | claims, or reason | note",
            [[*cells[:4], cells[4].removeprefix("; ")] for cells in items],
        )
        lines += table(
            "statement in words | heading | claims, or reason | note",
            [[row["says"], row["heading"], answer(row), row.get("note", "")] for row in of("statement", paper)],
        )
    numbers = []
    for row in content["number"]:
        found = compared(row)
        here = " ".join((f"{found.here[0]:.3g}", f"\\[{found.here[1]:.3g}, {found.here[2]:.3g}\\]"))
        numbers.append([row["paper"], row["quantity"], found.paper, here, found.word, row["why"]])
    lines += [
        "",
        "## Printed numbers",
        "",
        "In brackets the range over the ensembles, for an exponent its 95 % interval.",
    ]
    lines += table("paper | quantity | printed | here | word | note", numbers)
    slips = [[row["paper"], row["heading"], row["printed"], filled(row["follows"])] for row in content["slip"]]
    lines += ["", "## Slips", *table("paper | heading | printed | follows", slips)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (HERE / "papers.md").write_text(page(), encoding="utf-8")
