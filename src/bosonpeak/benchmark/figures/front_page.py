"""Figures that answer first: the local exponent of glasses beside the claims, and the boson peak."""

from __future__ import annotations

import numpy as np

from bosonpeak.benchmark.figures.evidence import Evidence
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.plot.claimed_values import LOWER_BOUND
from bosonpeak.plot.densities import reduced_curve
from bosonpeak.plot.exponents import exponent_curve, exponent_marks
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, named, own_name
from bosonpeak.plot.palette import symbols
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.power_laws.local_exponent import local_exponent
from bosonpeak.validators.reduced_densities.vibrational_density import density_of_states

EXPONENT_PANELS = (
    "First: the local exponent d ln g/d ln ω with simultaneous 95 % bands, and at the left edge the limit ω → 0 with "
    "its 95 % interval, inside one family of bends."
)
"""Beginning of the caption of a figure that begins with the local exponent."""


_ASIDE = 0.006
_BOUND = 0.035
_SHOWN, _HIGHEST = 5.0, 6.5


def local_exponents(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Local exponent against the frequency with its simultaneous band, and the limits that the claims are judged by."""
    return Figure(
        "Local exponent of the soft modes",
        "d ln g/d ln ω of all modes below the first phonon shell of N = 1000, with simultaneous 95 % bands over "
        "chains. At the left edge: the limit ω → 0 with its 95 % interval, from all sizes, inside one family of bends. "
        "Beside it, from glasses that were closed until the estimator was finished: the lower bound at 95 %, if "
        "the local exponent does not rise with ω. Level lines: the exponents in dispute. A second branch of modes "
        "below the lowest frequency would not be seen.",
        exponent_panels(evidence, open_ensemble),
    )


def exponent_panels(evidence: Evidence, open_ensemble: OpenEnsemble) -> tuple[Panel, ...]:
    """Panel of the local exponent at each parent temperature, with the limits ω → 0 and lower bounds at the left."""
    panels = []
    for cell, here in evidence.needed("limit-exponent").by(lambda each: each.cell).items():
        series = []
        for order, measured in enumerate(here.on(here.ensembles)):
            label = own_name(measured.dataset)
            ensemble = open_ensemble(*measured.ensemble)
            bounds = evidence.of("exponent-lower-bound", role="context").on([(_closed(measured.dataset), cell)])
            curve = local_exponent([ensemble, *(open_ensemble(*each.ensemble) for each in bounds)])
            scale = float(ensemble["first_phonon"].mean())
            series.append(exponent_curve(label, curve, order, 1.0 / scale))
            estimate = measured.estimate
            ends = [[estimate.low], [estimate.high]]
            place = _ASIDE * (1 + 2 * order)
            series.append(Series.of(f"{label}, ω → 0", "points", [place], [estimate.value], *ends, order=order))
            place += _BOUND
            for bound in bounds:
                ends = [[bound.estimate.low], [_HIGHEST]]
                text = f"{label}, {LOWER_BOUND}"
                series.append(Series.of(text, "points", [place], ends[0], *ends, style="control", order=order))
        panels.append(
            Panel(
                named(cell),
                "ω/ω₀",
                "s",
                tuple(series),
                exponent_marks(),
                x_limits=(0.0, 0.55),
                y_limits=(0.0, _HIGHEST),
            )
        )
    return tuple(panels)


def _closed(dataset: str) -> str:
    """Ensemble of closed glasses from hot liquids beside an ensemble for the limit."""
    return dataset.replace("limit/", "limit/hot-")


def boson_peaks(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Reduced density of states over Debye's level with the boson peak of each ensemble, one panel per system."""
    panels, found = [], []
    for dataset, here in evidence.needed("boson-peak", role="context").by(lambda each: each.dataset).items():
        series, marks = [], [Mark("hline", value=1.0, label="Debye")]
        for order, measured in enumerate(here):
            ensemble, label, peak = open_ensemble(*measured.ensemble), named(measured.cell), measured.estimate
            curve, scaled = density_of_states(ensemble), "first_phonon" in ensemble
            scale = float(ensemble["first_phonon"].mean()) if scaled else 1.0
            end = _SHOWN * (scale if scaled else peak.value)
            series.append(reduced_curve(label, curve, order, 1.0 / scale, float(curve["debye_level"]), end=end))
            marks.append(Mark("vline", value=peak.value / scale, label=f"peak, {label}"))
            unit = "ω₀" if scaled else symbols(peak.unit)
            height = f"{peak.details['height_over_debye']:.1f} times Debye"
            found.append(f"{label}: {_within(peak, scale)} {unit}, {height}")
        system = "soft spheres, m = 2" if scaled else f"{named(dataset.partition('/')[0])}, d = 2"
        limits = (0.0, _height(series))
        axes = "ω/ω₀" if scaled else f"ω ({unit})", "g(ω)/g_D(ω)"
        panels.append(Panel(system, *axes, tuple(series), tuple(marks), y_limits=limits))
    return Figure(
        "Boson peak of a glass and of a spring network",
        "Density of states over ω^(d − 1) in units of Debye's level of the same sound speeds: glasses of N = 1000 with "
        "95 % bands over chains, and networks of a million nodes with 95 % bands over networks. Maximum with its 95 % "
        f"interval: {'; '.join(found)}.",
        tuple(panels),
    )


def _within(peak: Estimate, scale: float) -> str:
    return f"{peak.value / scale:.2f} [{peak.low / scale:.2f}, {peak.high / scale:.2f}]"


def _height(series: list[Series]) -> float:
    """Upper end of the axis: bands of the lowest frequencies are wide and may leave the panel."""
    return 1.3 * max(float(np.nanmax(np.asarray(each.y, dtype=np.float64))) for each in series)
