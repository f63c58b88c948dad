"""Figures of claims about boson peaks, Debye's law, predictions, and the upper end of the spectrum."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.benchmark.figures.marks import region_marks
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, named
from bosonpeak.validators.levels.upper_end import BETWEEN, BIN

Columns = tuple[list[float], ...]

_BINS = 40
_TOLERANCE = 0.2
NAMES = {"heterogeneous-elasticity": "heterogeneous elasticity", "quasi-equilibrium": "(√3/2) c k_G"}


def upper_end(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Growth of the number of atoms in a mode with the size, and diffusivity, against the rank in the spectrum."""
    growth = evidence.of("localised-share")
    shown = [
        *evidence.of("diffusivity-edge-share"),
        *evidence.of("diffusivity-edge-share", role="context"),
        *evidence.of("diffusivity-slope", role="context"),
    ]
    ensembles = Evidence(shown).ensembles
    curves = [
        _diffusivity(_name(dataset, cell), open_ensemble(dataset, cell), order)
        for order, (dataset, cell) in enumerate(ensembles)
    ]
    panels = [
        Panel(
            "number of atoms in a mode: growth with N",
            "share of the spectrum, from the top",
            "D of N e ~ N^D",
            tuple(
                Series.of(
                    "silicon, 216 and 512 atoms",
                    "line",
                    BIN * (np.arange(len(each.estimate.details["growth"])) + 0.5),
                    each.estimate.details["growth"],
                    order=order,
                )
                for order, each in enumerate(growth)
            ),
            (
                Mark("hline", BETWEEN, label="between localised (0) and extended (1)"),
                *region_marks(growth, "x"),
                *(Mark("vline", each.estimate.value, label="measured share") for each in growth),
            ),
            x_limits=(0.0, 0.2),
        ),
        Panel(
            "diffusivity",
            "share of the spectrum, from the bottom",
            "D / D between 20 and 50 %",
            tuple(curves),
            (Mark("hline", 1.0, label="plateau"), Mark("hline", 0.0)),
            x_limits=(0.0, 1.0),
            y_limits=(-0.1, 3.0),
        ),
    ]
    return Figure(
        "Localised modes and diffusivity",
        "Left: growth exponent of the number of atoms in a mode between boxes of two sizes, in bins of half a per cent "
        "of the spectrum; modes above the crossing with 1/2 count as localised. Right: mean diffusivity of the modes "
        "in 40 equal parts of the spectrum, relative to the mean between 20 and 50 %.",
        tuple(panels),
    )


def _diffusivity(label: str, ensemble: xr.Dataset, order: int) -> Series:
    """Mean diffusivity in equal parts of the spectrum over its mean between 20 and 50 %."""
    values = ensemble["mode_diffusivity"].values.astype(np.float64).mean(axis=0)
    parts = [part.mean() for part in np.array_split(values, _BINS)]
    middle = values[round(0.2 * len(values)) : round(0.5 * len(values))].mean()
    return Series.of(label, "line", (np.arange(_BINS) + 0.5) / _BINS, np.array(parts) / middle, order=order)


def excess_participation(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Share of the degrees of freedom with more low-frequency modes than Debye's law, by ensemble."""
    shown = Evidence([*evidence.needed("excess-participation"), *evidence.of("excess-participation", role="context")])
    shown = shown.on(shown.ensembles)
    random = [each.estimate.details["random_modes"] for each in shown]
    panel = _rows(
        "degrees of freedom above Debye's law",
        "share of the degrees of freedom",
        shown,
        _estimates(shown),
        region_marks(evidence.of("excess-participation"), "x"),
        Series.of("random vectors", "points", random, -np.arange(len(shown), dtype=float), style="reference", order=1),
    )
    return Figure(
        "How many degrees of freedom take part in the boson peak?",
        "Squared components of the lowest modes of each degree of freedom against Debye's number of modes up to the "
        "same frequency; intervals over samples. Hollow: the share if the same number of modes were random vectors.",
        (panel,),
    )


def boson_peaks_over_debye(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Boson peak over the Debye frequency of all glasses of the suite, and its height over the Debye level."""
    shown = evidence.of("boson-peak-over-debye", role="context")
    shown = shown.on(shown.ensembles)
    heights = tuple(
        [float(each.estimate.details.get(name, math.nan)) for each in shown]
        for name in ("height_over_debye", "height_low", "height_high")
    )
    debye = Mark("vline", 1.0, label="Debye")
    panels = (
        _rows("frequency", "boson peak / Debye frequency", shown, _estimates(shown), ()),
        _rows("height", "reduced density at the peak / Debye level", shown, heights, (debye,)),
    )
    return Figure(
        "Boson peaks of glasses in units of their Debye law",
        "Maximum of g(ω)/ω² of every glass over the Debye frequency from its own moduli, and its height over the Debye "
        "level; 95 % intervals. In boxes of a few hundred atoms the peak is near the lowest phonons.",
        panels,
    )


def predicted_peaks(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Predicted against measured frequency of the boson peak, without a free parameter; one point per system."""
    del open_ensemble
    measure = "predicted-peak-ratio"
    measured = Evidence([*evidence.needed(measure), *evidence.of(measure, role="context")])
    shown = [each for each in measured if "length" not in each.parameters]
    series = []
    kinds = [(theory, kind) for theory in NAMES for kind in dict.fromkeys(map(_kind_of_peak, shown))]
    for order, (theory, kind) in enumerate(kinds):
        here = [each for each in shown if each.parameters["theory"] == theory and _kind_of_peak(each) == kind]
        if not here:
            continue
        details = [each.estimate.details for each in here]
        series.append(
            Series.of(
                f"{NAMES[theory]}, {kind}",
                "points",
                [each["measured"][0] for each in details],
                [each["values"][len(each["values"]) // 2] for each in details],
                [min(each["lows"]) for each in details],
                [max(each["highs"]) for each in details],
                order=order,
            )
        )
    places = sorted({each.estimate.details["measured"][0] for each in shown})
    ends = [0.8 * places[0], 1.25 * places[-1]]
    within = [[factor * end for end in ends] for factor in (1.0 - _TOLERANCE, 1.0 + _TOLERANCE)]
    series.append(Series.of("within 20 %", "band", ends, ends, *within, style="reference", order=len(kinds)))
    places_of = {(_name(*each.ensemble), each.estimate.details["measured"][0]) for each in shown}
    systems = "; ".join(name for name, place in sorted(places_of, key=lambda each: each[1]))
    return Figure(
        "The boson peak predicted from measured local moduli",
        "No parameter is fitted. Points: coarse-graining over 1.0 particle distances; bars: lengths of 0.7 to 1.4 and "
        "the samples; frequencies in the units of each system. The measured frequencies have errors of their own, "
        f"which the verdicts contain. From left to right: {systems}.",
        (
            Panel(
                "predicted and measured",
                "measured ω_BP",
                "predicted ω_BP",
                tuple(series),
                x_scale="log",
                y_scale="log",
            ),
        ),
    )


def _kind_of_peak(measured: Measurement) -> str:
    """Name the systems whose boson peak is measured in the same way."""
    if measured.dataset.startswith("network"):
        return "networks"
    return "glasses" if "peak_dataset" in measured.parameters else "glasses, peak in the small box of the moduli"


def _estimates(shown: Evidence) -> Columns:
    """Values and limits of the estimates."""
    return tuple([getattr(each.estimate, name) for each in shown] for name in ("value", "low", "high"))


def _rows(title: str, label: str, shown: Evidence, columns: Columns, marks: tuple[Mark, ...], *more: Series) -> Panel:
    """Panel with one interval per ensemble, from the top down; `columns` are values and limits."""
    value, low, high = columns
    rows = Series.of("measured", "intervals", value, -np.arange(len(shown), dtype=float), low, high)
    names = tuple(_name(*each.ensemble) for each in shown)
    return Panel(title, label, "", (rows, *more), marks, y_names=names)


def _name(dataset: str, cell: str) -> str:
    return f"{named(dataset.rpartition('/')[2])}, {named(cell)}"
