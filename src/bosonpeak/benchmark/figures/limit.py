"""Figures of the limit omega to 0: modes per particle of all sizes, exponents by taper, any glasses beside these."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.benchmark.figures.marks import estimates, modes_a_particle_band
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.plot.figure import Figure, Panel, Series, Style, named, own_name
from bosonpeak.validators.estimates.inputs import mode_lists

_POINTS = 60
_LOWEST = 0.25
_ASIDE = 0.004


def modes_a_particle(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """n(ω)/N of every size and parent temperature used for the limit, with lines of the claimed exponents."""
    # Late import: the score of a code shares this module and draws no local exponent.
    from bosonpeak.benchmark.figures.front_page import EXPONENT_PANELS, exponent_panels

    found = Evidence([*evidence.of("limit-exponent"), *evidence.of("limit-exponent", role="context")])
    tests = evidence.needed("limit-exponent")
    exponents = sorted({each.claimed for each in tests} | {3.0})
    panels = []
    for (dataset, cell), here in found.by(lambda each: each.ensemble).items():
        most = max(here, key=lambda each: len(each.parameters.get("other_cells", ())))
        panels.append(_panel(most, f"{own_name(dataset)}, {named(cell)}", exponents, open_ensemble))
    tapers = tests.by(lambda each: each.cell)
    compared = Evidence(each for here in tapers.values() if len(here.datasets) > 1 for each in here)
    return Figure(
        "Modes per particle below a frequency",
        f"{EXPONENT_PANELS} Then: cumulative number of modes per particle against the absolute frequency, each size up "
        "to the foot of its own first phonon shell, 95 % bands by the number of modes. If the sizes share one density "
        "of states the curves lie on each other. Thin lines have the slopes s + 1 of the exponents in dispute, through "
        "the same point.",
        (*(exponent_panels(compared, open_ensemble) if compared else ()), *panels),
    )


def exponents_by_taper(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Exponents of the small stresses and of the soft modes against 1/m, m the order of the taper."""
    stresses = evidence.of("stress-exponent")
    inverse = np.linspace(0.0, 0.5, 2)
    readings = (
        ("0.3 to 0.55 ω₀", evidence.of("exponent", role="context")),
        ("as ω goes to 0", evidence.of("limit-exponent", role="context")),
    )
    modes = [
        estimates(label, found, _inverse_tapers(found, open_ensemble) + shift, order=order)
        for order, (label, found), shift in zip((0, 1), readings, (-_ASIDE, _ASIDE), strict=True)
        if found
    ]
    return Figure(
        "Do the exponents follow the taper?",
        "Left: exponent of the distribution of the smallest stresses, with what eq. 11 says. Right: exponent of the "
        "density of states in the window of the published plots and as ω goes to 0, with what eq. 12 says and with "
        "the rival's 4. Intervals of 95 %; an estimate that a gate refused has none.",
        (
            Panel(
                "small stresses",
                "1/m",
                "α",
                (
                    estimates("glasses", stresses, _inverse_tapers(stresses, open_ensemble), order=0),
                    Series.of("−1 + 1/m", "line", inverse, inverse - 1.0, style="reference", order=0),
                ),
                x_limits=(0.0, 0.55),
            ),
            Panel(
                "soft modes",
                "1/m",
                "s",
                (
                    *modes,
                    Series.of("3 + 2/m", "line", inverse, 3.0 + 2.0 * inverse, style="reference", order=0),
                    Series.of("4", "line", inverse, np.full(2, 4.0), style="reference", order=1),
                ),
                x_limits=(0.0, 0.55),
                y_limits=(0.0, 8.0),
            ),
        ),
    )


def exponents_by_temperature(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Exponents of the soft modes against the parent temperature, one panel per taper."""
    evidence.needed("limit-exponent")
    claimed = Series.of("4 to 2", "line", _TEMPERATURES, [4.0, 2.0, 2.0], style="reference", order=0)
    of_glasses = Evidence(each for each in evidence if each.role != "control")
    panels = [
        Panel(
            "m = ∞" if math.isinf(taper) else f"m = {taper:g}",
            "T*",
            "s",
            (*_readings(here, "temperature", "below 0.35 ω₀", open_ensemble), claimed),
            x_scale="log",
            y_limits=(0.0, 8.0),
        )
        for taper, here in of_glasses.by(lambda each: _parameter("taper", each, open_ensemble)).items()
    ]
    return Figure(
        "The exponent and the parent temperature",
        "Exponent of the density of states of glasses quenched from liquids at T*, below 0.35 ω₀ and as ω goes to 0, "
        "with intervals of 95 %; an estimate that a gate refused has none. The line falls from 4 at the arrest "
        "temperature 0.17 to 2 at twice this temperature, as is claimed.",
        tuple(panels),
    )


def exponents_by_pinned_share(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Exponents of the soft modes against the share of pinned particles."""
    evidence.needed("limit-exponent")
    claimed = [
        Series.of(f"{s:g}", "line", [0.0, 0.2], [s, s], style="reference", order=order)
        for order, s in enumerate((2.0, 4.0))
    ]
    return Figure(
        "The exponent and pinned particles",
        "Exponent of the density of states of glasses quenched around pinned particles, below 0.55 ω₀ and as ω goes "
        "to 0, with intervals of 95 %; an estimate that a gate refused has none. A rise from 2 to 4 and above is "
        "claimed.",
        (
            Panel(
                "T* = 1.00, m = 2",
                "share of pinned particles",
                "s",
                (*_readings(evidence, "pinned_share", "below 0.55 ω₀", open_ensemble), *claimed),
                y_limits=(0.0, 8.0),
            ),
        ),
    )


_TEMPERATURES = (0.17, 0.34, 1.0)
"""Arrest temperature, twice this temperature, and the highest parent temperature of the claim's line."""


def _readings(measured: Evidence, parameter: str, window: str, open_ensemble: OpenEnsemble) -> list[Series]:
    """Exponents in a window and as omega goes to 0 against a parameter of the generator, each ensemble once."""
    found = []
    for order, (label, measure) in enumerate(((window, "exponent"), ("as ω goes to 0", "limit-exponent"))):
        shown = Evidence(each for each in measured if each.measure == measure and each.role != "control")
        once = Evidence({each.ensemble: each for each in shown}.values())
        x = np.array([_parameter(parameter, each, open_ensemble) for each in once])
        found.append(estimates(label, once, x, order=order))
    return found


def _inverse_tapers(measured: Evidence, open_ensemble: OpenEnsemble) -> FloatArray:
    return np.array([1.0 / _parameter("taper", each, open_ensemble) for each in measured])


def _parameter(name: str, measured: Measurement, open_ensemble: OpenEnsemble) -> float:
    return float(json.loads(open_ensemble(*measured.ensemble).attrs["parameters"])[name])


def _panel(measured: Measurement, title: str, exponents: list[float], open_ensemble: OpenEnsemble) -> Panel:
    other = measured.parameters.get("other_dataset") or measured.dataset
    places = [measured.ensemble, *((other, cell) for cell in measured.parameters.get("other_cells", ()))]
    ensembles = sorted((open_ensemble(*place) for place in places), key=lambda each: int(each.attrs["particles"]))
    feet = measured.estimate.details["foot"]
    ends = dict(zip(measured.estimate.details["particles"], feet, strict=True))
    curves = [_curve(each, ends[int(each.attrs["particles"])], order) for order, each in enumerate(ensembles)]
    return Panel(title, "ω", "n(ω)/N", (*curves, *_slopes(curves[-1], exponents)), x_scale="log", y_scale="log")


def _curve(ensemble: xr.Dataset, foot: float, order: int) -> Series:
    """Modes per particle below each frequency, up to the foot of the first phonon shell."""
    lists = mode_lists(ensemble)
    exposure = len(lists.frequency) * int(ensemble.attrs["particles"])
    modes = np.sort(lists.frequency[lists.frequency < foot])
    x = np.geomspace(_LOWEST * foot, foot, _POINTS)
    return modes_a_particle_band(
        f"N = {ensemble.attrs['particles']}", x, np.searchsorted(modes, x), exposure, order=order
    )


def _slopes(curve: Series, exponents: list[float]) -> list[Series]:
    """Power laws through the upper end of the largest size's curve."""
    x, y = (np.array(values, dtype=np.float64) for values in (curve.x, curve.y))
    if len(x) == 0:
        return []
    return [
        Series.of(f"s = {s:g}", "line", x, y[-1] * (x / x[-1]) ** (s + 1.0), style="reference", order=order)
        for order, s in enumerate(exponents)
    ]


_DECADES = 1.5


@dataclass(frozen=True)
class Glasses:
    """Ensemble of a curve; its dataset has ``eigenfrequency`` (sample, mode), ``first_phonon`` (sample) in one unit."""

    name: str
    dataset: xr.Dataset
    particles: int
    dimension: int

    @property
    def scaled(self) -> FloatArray:
        """Scaled frequencies 2 pi omega / (omega_0 N^(1/d)) = omega a / v_T, shape (samples, modes)."""
        # omega_0 is the mean over the samples: a soft mode lowers a sample's own.
        return np.asarray(mode_lists(self.dataset).reduced * (2.0 * math.pi / self.particles ** (1.0 / self.dimension)))


def can_be_laid_beside(dataset: xr.Dataset) -> bool:
    """Return whether a dataset has the variables needed by `Glasses`."""
    return "eigenfrequency" in dataset and "first_phonon" in dataset


def modes_in_scaled_frequency(glasses: Sequence[Glasses], references: Sequence[Glasses]) -> Figure:
    """n(omega)/N of glasses beside references of their dimension, one panel a dimension."""
    panels = []
    for dimension in sorted({each.dimension for each in glasses}, reverse=True):
        here = [_scaled_curve(each, "main", order) for order, each in enumerate(_of(dimension, glasses))]
        there = [_scaled_curve(each, "reference", order) for order, each in enumerate(_of(dimension, references))]
        panels.append(
            Panel(f"{dimension} dimensions", "ωa/v_T", "n(ω)/N", (*here, *there), x_scale="log", y_scale="log")
        )
    return Figure(
        "Modes per particle in scaled frequency",
        "Cumulative number of modes per particle against ωa/v_T = 2πω/(ω_0 N^(1/d)), a number without units or size: "
        "a is the mean distance of particles, v_T the speed of transverse sound, ω_0 the first transverse phonon, the "
        "mean over the ensemble. Each curve ends at the end of its shortest list; 95 % bands by the number of modes. "
        "Below the first phonon of a small box its phonons are missing, whatever the glass.",
        tuple(panels),
    )


def _of(dimension: int, glasses: Sequence[Glasses]) -> list[Glasses]:
    return [each for each in glasses if each.dimension == dimension]


def _scaled_curve(glasses: Glasses, style: Style, order: int) -> Series:
    every = glasses.scaled
    rows = every[np.isfinite(every).any(axis=1)]
    end = float(np.nanmax(rows, axis=1).min())
    modes = np.sort(rows[rows > 0.0])
    exposure = len(every) * glasses.particles
    x = np.geomspace(end / 10.0**_DECADES, end, _POINTS)
    count = np.searchsorted(modes, x, side="right")
    return modes_a_particle_band(glasses.name, x, count, exposure, style=style, order=order)
