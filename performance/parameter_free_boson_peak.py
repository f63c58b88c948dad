"""Boson peaks predicted without a free parameter against measured ones, for all systems with measurable local moduli.

Run ``python performance/parameter_free_boson_peak.py``; it prints the table of
``docs/methods/parameter-free-boson-peak.md``, in a quarter of an hour on one core. With arguments it takes the systems
whose names begin with them; with the argument ``draw`` it draws the figures of that page, the first from its table,
the second from the data.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FormatStrFormatter, NullFormatter

from bosonpeak import boson_peak, density_of_states
from bosonpeak.benchmark.measures.base import potential_of
from bosonpeak.benchmark.measures.predicted_peaks import (
    THEORIES,
    elastic_sample,
    predict,
    predicted_peak,
    ratio_of_peaks,
)
from bosonpeak.datasets import open_dataset
from bosonpeak.generators.glasses.hessian import hessian
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity
from bosonpeak.validators.estimates.estimate import Estimate

GLASSES = [
    ("soft spheres m = 2, T* = 1.00", "glass/taper-2/T-1.00", "glass/currents-large/m-2/T-1.00"),
    ("soft spheres m = 2, T* = 0.20", "glass/taper-2/T-0.20", "glass/currents-large/m-2/T-0.20"),
    ("soft spheres m = 2, T* = 0.15", "glass/taper-2/T-0.15", "glass/taper-2/T-0.15"),
    *(
        (f"soft spheres m = ∞, T* = {t}", f"glass/taper-inf/T-{t}", f"glass/taper-inf/T-{t}")
        for t in ("1.00", "0.20", "0.15")
    ),
]
WHOLE_SPECTRA = [
    *(
        (f"discs m = {m}, T* = {t}", f"glass/modes-2d/m-{name}/T-{t}", 60)
        for m, name in (("2", "2"), ("∞", "inf"))
        for t in ("1.00", "0.20", "0.15")
    ),
]
NETWORKS = [
    *((f"network, cutoff, δ = {delta}", f"network/spectra/situation-2/delta-{delta}") for delta in (0.1, 0.2, 0.3)),
    *(
        (f"network, equal springs, δ = {delta}", f"network/spectra/situation-3/delta-{delta}")
        for delta in (0.1, 0.2, 0.3)
    ),
    *((f"network, p = {p}", f"network/spectra/dilution/probability-{p}") for p in (0.9, 0.8, 0.7)),
    *((f"network, weak springs {f}", f"network/spectra/weak-springs/fraction-{f}") for f in (0.2, 0.4)),
    *((f"network, gamma strengths {k}", f"network/spectra/broad-strengths/shape-{k}") for k in (3, 1)),
    *((f"network, cutoff factor {x}", f"network/spectra/cutoff/factor-{x}") for x in ("0.5", "1.5", "2")),
]


def of(name: str) -> xr.Dataset:
    """The ensemble of a dataset and group written as one path."""
    family, dataset, group = name.split("/", 2)
    return open_dataset(f"{family}/{dataset}", group=group).load()


def whole_spectra(data: xr.Dataset, glasses: int) -> np.ndarray:
    """Frequencies (glasses, modes) of stored configurations without their zero modes."""
    potential, box, dimension = potential_of(data), data["box"].values, data.sizes["axis"]
    rows = []
    for number in range(glasses):
        place, diameter = (data[name].values[number].astype(np.float64) for name in ("position", "diameter"))
        values = np.linalg.eigvalsh(hessian(place, diameter, box, potential).toarray())
        rows.append(np.sqrt(np.maximum(values[dimension:], 0.0)))
    return np.array(rows)


def measured_peak(name: str, peak: str | int) -> Estimate:
    """Measured boson peak, of an ensemble or of so many complete spectra of stored configurations."""
    if isinstance(peak, str):
        return boson_peak(of(peak))
    data = of(name)
    return boson_peak(whole_spectra(data, peak), dimension=data.sizes["axis"])


def limits(estimate: Estimate, digits: int = 2) -> str:
    """Value and limits as the tables have them."""
    if not math.isfinite(estimate.value):
        return "none"
    return f"{estimate.value:.{digits}f} \\[{estimate.low:.{digits}f}, {estimate.high:.{digits}f}\\]"


def main() -> None:
    """Print the table."""
    every = [*GLASSES, *((label, name, name) for label, name in NETWORKS), *WHOLE_SPECTRA]
    systems = [each for each in every if each[0].startswith(tuple(sys.argv[1:]) or "")]
    print(
        "| system | v | k_ξ a | γ/γ_c | ω_BP measured | over Debye | heterogeneous elasticity | over Debye | ratio | "
        "(√3/2) c k_G | ratio |\n|---|---|---|---|---|---|---|---|---|---|---|"
    )
    for label, name, peak in systems:
        sample, measured = elastic_sample(of(name)), measured_peak(name, peak)
        middle = predict(sample, sample.lengths[len(sample.lengths) // 2])
        variance = middle.local.variance / float(sample.correlation.modulus.mean()) ** 2
        found = [predicted_peak(sample, theory=theory) for theory in THEORIES]
        there = math.isfinite(measured.value)
        ratios = [limits(ratio_of_peaks(each, measured)) if there else "" for each in found]
        height = f"{measured.details.get('height_over_debye', math.nan):.2f}"
        cells = [
            label,
            f"{variance:.2f}",
            f"{middle.local.cutoff * sample.spacing:.2f}",
            f"{middle.medium.disorder / middle.medium.critical:.2f}",
            limits(measured),
            height if math.isfinite(measured.details.get("height_over_debye", math.nan)) else "",
            limits(found[0]),
            f"{middle.peak.height:.2f}" if middle.peak else "unstable",
            ratios[0],
            limits(found[1]),
            ratios[1],
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, PICTURE = DOCS / "methods" / "parameter-free-boson-peak.md", DOCS / "pictures" / "predicted-boson-peaks.svg"
_INTERVAL = re.compile(r"(-?[\d.]+) \\\[(-?[\d.]+), (-?[\d.]+)\\\]")
STYLE = {"svg.hashsalt": "bosonpeak", "svg.fonttype": "none", "font.family": ["sans-serif"]}
MARKERS = {"soft": "o", "discs": "^", "network": "x"}


def draw() -> None:
    """Draw predicted against measured frequencies, one panel for each theory, from the table of the page."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    rows = [[cell.strip() for cell in row] for row in rows if len(row) == 11 and _INTERVAL.fullmatch(row[4].strip())]
    with matplotlib.rc_context(STYLE):
        canvas = Figure(figsize=(9.6, 4.8), layout="constrained")
        panels = canvas.subplots(1, 2, sharex=True, sharey=True)
        for panel, column, title in zip(panels, (6, 9), ("heterogeneous elasticity", "(√3/2) c k_G"), strict=True):
            for start, marker in MARKERS.items():
                points = [
                    [
                        list(map(float, match.groups()))
                        for match in map(_INTERVAL.fullmatch, (row[4], row[column]))
                        if match
                    ]
                    for row in rows
                    if row[0].startswith(start)
                ]
                if not points:
                    continue
                (x, xl, xh), (y, yl, yh) = np.array(points).transpose(1, 2, 0)
                bars = {"xerr": [x - xl, xh - x], "yerr": [y - np.minimum(np.maximum(yl, 0.02), y), yh - y]}
                panel.errorbar(x, y, **bars, fmt=marker, ms=5, lw=0.8, label=start.replace("soft", "soft spheres"))
            ends = np.array([0.1, 10.0])
            panel.fill_between(ends, 0.8 * ends, 1.2 * ends, color="0.85", zorder=0, label="within 20 %")
            panel.set(xscale="log", yscale="log", xlim=(0.1, 5.0), ylim=(0.05, 8.0), title=title)
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_major_locator(FixedLocator([0.1, 0.3, 1.0, 3.0]))
                axis.set_major_formatter(FormatStrFormatter("%g"))
                axis.set_minor_formatter(NullFormatter())
            panel.set_xlabel("measured ω_BP")
        panels[0].set_ylabel("predicted ω_BP, no free parameter")
        panels[1].legend(loc="lower right", fontsize="small")
        canvas.savefig(PICTURE, format="svg", metadata={"Date": None})


SPECTRA = (
    *GLASSES[:2],
    *((label, name, name) for label, name in NETWORKS if label.endswith(("cutoff, δ = 0.3", "strengths 1"))),
)
SPECTRA_PICTURE = PICTURE.with_name("predicted-spectra.svg")


def draw_spectra() -> None:
    """Draw g(omega) over the Debye law: measured, and predicted for all coarse-graining lengths."""
    with matplotlib.rc_context(STYLE):
        canvas = Figure(figsize=(9.6, 6.4), layout="constrained")
        for panel, (label, name, peak) in zip(canvas.subplots(2, 2).ravel(), SPECTRA, strict=True):
            curve, sample = density_of_states(of(peak)), elastic_sample(of(name))
            names = ("reduced_density", "reduced_density_low", "reduced_density_high")
            value, low, high = (curve[each].values / float(curve["debye_level"]) for each in names)
            highest = 2.5 * float(boson_peak(of(peak)).value)
            seen = (curve["frequency"].values > 0.1 * highest) & (curve["frequency"].values < highest)
            frequency = curve["frequency"].values[seen]
            panel.plot(frequency, value[seen], label="measured", color="C0", lw=1.8)
            panel.fill_between(frequency, low[seen], high[seen], color="C0", alpha=0.2, lw=0)
            predicted = []
            for made in (predict(sample, length) for length in sample.lengths):
                medium, dimension = made.medium, sample.correlation.dimension
                spectrum = heterogeneous_elasticity(
                    medium.disorder, medium.bulk_modulus, frequency / made.unit, dimension=dimension
                )
                predicted.append(spectrum.reduced_density)
            panel.fill_between(
                frequency,
                np.min(predicted, axis=0),
                np.max(predicted, axis=0),
                color="C1",
                alpha=0.5,
                label="predicted",
            )
            panel.axhline(1.0, color="0.5", ls="--", lw=0.8, label="Debye")
            panel.set(title=label, xlabel="ω", ylabel="g(ω) over Debye", ylim=(0.0, None), xlim=(0.0, highest))
        canvas.axes[0].legend(fontsize="small")
        canvas.savefig(SPECTRA_PICTURE, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    if sys.argv[1:] == ["draw"]:
        draw()
        draw_spectra()
    else:
        main()
