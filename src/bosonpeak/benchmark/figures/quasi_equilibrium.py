"""Figures of the claims of the quasi-equilibrium theory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.evidence import Evidence
from bosonpeak.benchmark.figures.marks import estimates, judged, region_marks, window_marks
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.media.weak_modulation import energy_slope, mean_excess
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, named
from bosonpeak.validators.estimates.intervals import mean_interval
from bosonpeak.validators.theories.quasi_equilibrium import CLAIMED, ReducedCurves, reduced_curves

_BRAGG = 0.5
_BINS = np.arange(0.2, 1.55, 0.1)
_MARKS = (Mark("vline", CLAIMED, label="(√3/2) c k_G"), Mark("vline", _BRAGG, label="c k_G/2"))
_LEVELS = (Mark("hline", CLAIMED, label="√3/2"), Mark("hline", _BRAGG, label="Bragg condition"))


def reduced_density(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Density of states of media over their own Debye level, and amplitude against softness."""
    layers, media = _layered(evidence), _isotropic(evidence)
    densities, amplitudes = evidence.of("medium-reduced-density"), evidence.of("medium-amplitude-on-softness")
    axis = "ω/(c k_G)"
    panels = [
        Panel(
            "layers",
            axis,
            "D/D(Debye)",
            (
                _equation_16(),
                *(series for each in layers.ensembles for series in contrast_curves(open_ensemble(*each))),
                *judged(densities.on(layers.ensembles)),
            ),
            (*_MARKS, *window_marks(densities.on(layers.ensembles)), *region_marks(densities)),
            x_limits=(0.0, 2.0),
            y_limits=(0.0, 2.8),
        ),
        Panel(
            "isotropic media",
            axis,
            "D/D(Debye)",
            (
                _equation_16(),
                *_weak_modulation([open_ensemble(*each) for each in media.ensembles[-1:]]),
                *(
                    binned(_wavelength(open_ensemble(*each), each[1]), reduced_curves(open_ensemble(*each)), order)
                    for order, each in enumerate(media.ensembles)
                ),
                *judged(densities.on(media.ensembles)),
            ),
            (*_MARKS, *window_marks(densities.on(media.ensembles)), *region_marks(densities)),
            x_limits=(0.0, 1.6),
        ),
        Panel(
            "amplitude and softness",
            axis,
            "slope of ln amplitude² on ln 1/G",
            (
                *(series for each in layers.ensembles for series in amplitude_curves(open_ensemble(*each))),
                *judged(amplitudes),
            ),
            (*_MARKS, Mark("hline", 1.5, label="rays"), *window_marks(amplitudes), *region_marks(amplitudes)),
            x_limits=(0.0, 2.0),
        ),
    ]
    return Figure(
        "What a modulated medium does",
        "Density of states over the medium's own Debye density. Left: one plane wave in 1/G, exact; long waves see the "
        "effective modulus, eq. 16 has none of them. Middle: four waves of one length, kernel polynomials over the own "
        "crystal of the same mesh, 95 % intervals over media, and second-order perturbation theory, both in bins; "
        "frequencies at which the mesh shows are left out. Right: slope of ln amplitude² on ln 1/G across the layers: "
        "0 if long waves do not look, 3/2 for rays. Points in shaded windows are what the claims judge.",
        _informative(panels),
    )


def crossover_positions(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Crossover frequency against c k_G: line of the theory, samples of known crossover, and the media."""
    steps = Evidence([*evidence.of("medium-step"), *evidence.of("medium-step", role="context")])
    layers, media = (steps.on(found.ensembles) for found in (_layered(evidence), _isotropic(evidence)))
    units = [reduced_curves(open_ensemble(*each.ensemble)).unit for each in media]
    deviations = [float(open_ensemble(*each.ensemble)["inverse_modulus_deviation"].mean()) for each in media]
    contrasts = [float(each.parameters["select"]["contrast"]) for each in layers]
    return Figure(
        "Where the crossover lies",
        "Left: line through the most likely crossovers of spectra drawn from ω⁴/(ω² + b²) with b at the claimed place "
        "and, as a control, at the Bragg condition; bands are the 95 % intervals of the slopes. Middle: step in the "
        "reduced density of states of isotropic media of three wavelengths. Right: the same in units of c k_G against "
        "the strength of the modulation. 95 % intervals.",
        _informative(
            [
                Panel("spectra of known crossover", "c k_G (ω_D)", "ω_BP (ω_D)", tuple(_known_crossovers(evidence))),
                Panel(
                    "isotropic media",
                    "c k_G (grid units)",
                    "frequency of the step",
                    (
                        *_lines(max(units, default=1.0)),
                        estimates("isotropic media", media, units, order=0, units=units),
                    ),
                ),
                Panel(
                    "against the strength",
                    "standard deviation of G₀/G",
                    "frequency of the step/(c k_G)",
                    (
                        estimates("layers, exact", layers, np.array(contrasts) / math.sqrt(2.0), order=0),
                        estimates("isotropic media", media, deviations, order=1),
                    ),
                    (*_LEVELS, *region_marks(evidence.of("medium-step"))),
                    y_limits=(0.0, 1.5),
                ),
            ]
        ),
    )


def energy(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Slope of the potential energy density on the softness, against frequency."""
    slopes = evidence.of("medium-energy-on-softness")
    layers = Evidence(each for each in slopes if "select" in each.parameters and not each.parameters.get("along"))
    along = Evidence(each for each in slopes if each.parameters.get("along"))
    media = Evidence(each for each in slopes if "select" not in each.parameters)
    axis, label = "ω/(c k_G)", "slope of ln E_pot on ln 1/G"
    frequency = np.linspace(0.02, 2.6, 130)
    first_order = Series.of("first order", "line", frequency, energy_slope(frequency), style="reference", order=0)

    def panel(title: str, measured: Evidence, series: Sequence[Series], end: float) -> Panel:
        marks = (*window_marks(measured), *region_marks(measured), Mark("hline", 0.0, label="eq. 2"))
        return Panel(title, axis, label, (*series, *judged(measured)), marks, x_limits=(0.0, end), y_limits=(-1.5, 4.0))

    panels = [
        panel(
            "layers, all waves",
            layers,
            (first_order, *(each for one in layers.ensembles for each in energy_curves(open_ensemble(*one), False))),
            2.6,
        ),
        panel(
            "layers, waves along the modulation",
            along,
            [each for one in along.ensembles for each in energy_curves(open_ensemble(*one), True)],
            2.6,
        ),
        panel(
            "isotropic media",
            media,
            (first_order, *(sampled_energy(open_ensemble(*one), one[1], k) for k, one in enumerate(media.ensembles))),
            1.6,
        ),
    ]
    return Figure(
        "Where the potential energy sits",
        "Slope of the logarithm of the mean potential energy density on that of 1/G, for modes of one frequency; "
        "eq. 2 asks for 0 everywhere. Left and middle: exact, with gaps left out. Right: filtered random vectors, 95 % "
        "intervals over media. First order in the modulation: 2A(k)/k² − 1.",
        _informative(panels),
    )


def energy_curves(data: xr.Dataset, along: bool) -> list[Series]:
    """Slope of the potential energy on the softness in layers, a curve for each contrast."""
    name = "energy_slope_along" if along else "energy_slope"
    found = []
    for order, contrast in enumerate(float(value) for value in data["contrast"].values if value > 0.0):
        slope = data[name].sel(contrast=contrast).values
        known = np.isfinite(slope)
        found.append(_curve(contrast, data["frequency"].values[known], slope[known], order))
    return found


def sampled_energy(data: xr.Dataset, group: str, order: int) -> Series:
    """Slope of the potential energy on the softness in isotropic media, with its interval over media."""
    speed = np.linalg.det(data["effective_stiffness"].values) ** (1.0 / 6.0)
    unit = float(np.mean(speed * data["modulation_wavenumber"].values))
    value, low, high = np.array([mean_interval(column) for column in data["energy_slope"].values.T]).T
    x = data["frequency"].values / unit
    return Series.of(named(group), "points", x, value, low, high, style="main", order=order)


def _informative(panels: Sequence[Panel]) -> tuple[Panel, ...]:
    """Return the first panel and the panels with a measurement."""
    return (
        panels[0],
        *(panel for panel in panels[1:] if any(each.x and each.style != "reference" for each in panel.series)),
    )


def _layered(evidence: Evidence) -> Evidence:
    """Select measurements on layered media, distinguished by their contrast."""
    return Evidence(
        each for each in evidence if each.role != "control" and "contrast" in each.parameters.get("select", {})
    )


def _isotropic(evidence: Evidence) -> Evidence:
    """Select measurements on isotropic media, one ensemble each."""
    names = ("medium-step", "medium-reduced-density", "medium-exponent")
    chosen = evidence.of(*names)
    tested = Evidence(each for each in chosen if "select" not in each.parameters)
    families = {(each.dataset, each.family) for each in tested}
    beside = evidence.of(*names, role="context")
    return Evidence([*tested, *(each for each in beside if (each.dataset, each.family) in families)])


def contrast_curves(data: xr.Dataset) -> list[Series]:
    """Reduced density of states of layers, a curve for each contrast."""
    found = []
    for order, contrast in enumerate(float(value) for value in data["contrast"].values if value > 0.0):
        curves = reduced_curves(data, select={"contrast": contrast})
        found.append(_curve(contrast, curves.frequency, curves.reduced[0], order))
    return found


def amplitude_curves(data: xr.Dataset) -> list[Series]:
    """Slope of the amplitude on the softness in layers, a curve for each contrast."""
    slope = data["amplitude_slope"]
    contrasts = [float(value) for value in data["contrast"].values if value > 0.0]
    return [
        _curve(contrast, data["frequency"].values, slope.sel(contrast=contrast).values, order)
        for order, contrast in enumerate(contrasts)
    ]


def _curve(contrast: float, x: FloatArray, y: FloatArray, order: int) -> Series:
    return Series.of(f"contrast {contrast:g}", "line", x, y, style="main", order=order)


def _known_crossovers(evidence: Evidence) -> list[Series]:
    """Lines recovered from samples of known crossover, with the intervals of their slopes."""
    measured = [
        *evidence.of("sampled-crossover-slope"),
        *evidence.of("sampled-crossover-slope", role="control"),
    ]
    intercepts = {
        each.ensemble: each.estimate.value for each in evidence.of("sampled-crossover-intercept", role="context")
    }
    series = _lines(max((each.window[1] for each in measured), default=1.0))
    for order, each in enumerate(measured):
        x = np.array([*each.window])
        start = intercepts.get(each.ensemble, 0.0)
        bounds = [start + slope * x for slope in (each.estimate.value, each.estimate.low, each.estimate.high)]
        label = f"{named(each.cell)}: slope {each.estimate.value:.2f}"
        series.append(Series.of(label, "band", x, *bounds, style="main", order=order))
    return series


def _wavelength(data: xr.Dataset, group: str) -> str:
    """Length of the waves in grid units, from the size of the mesh."""
    mesh, waves = (float(data.attrs.get(name, math.nan)) for name in ("size", "waves_per_box"))
    return f"{named(group)}, λ = {mesh / waves:g} a" if math.isfinite(mesh / waves) else named(group)


def _lines(end: float) -> list[Series]:
    x = np.array([0.0, end])
    return [
        Series.of("(√3/2) c k_G", "line", x, CLAIMED * x, style="reference", order=0),
        Series.of("c k_G/2", "line", x, _BRAGG * x, style="reference", order=1),
    ]


def _equation_16() -> Series:
    frequency = np.linspace(0.0, 2.0, 101)
    reduced = frequency**2 / (frequency**2 + CLAIMED**2)
    return Series.of("eq. 16", "line", frequency, reduced, style="reference", order=0)


def _weak_modulation(media: Sequence[xr.Dataset]) -> list[Series]:
    """Second order in the modulation, at the strength of these media."""
    edges = np.where(np.isclose(_BINS, _BRAGG), _BRAGG + 1e-6, _BINS)
    centres = 0.5 * (_BINS[1:] + _BINS[:-1])
    return [
        Series.of(
            "second order",
            "line",
            centres,
            1.0 + float((data["inverse_modulus_deviation"] ** 2).mean()) * mean_excess(edges),
            style="reference",
            order=1,
        )
        for data in media
    ]


def binned(label: str, curves: ReducedCurves, order: int) -> Series:
    """Mean in bins, each frequency weighted by the Debye modes there."""
    places, means = list[float](), list[tuple[float, float, float]]()
    for low, high in itertools.pairwise(_BINS):
        inside = (curves.frequency >= low) & (curves.frequency < high)
        if curves.frequency[-1] >= high and inside.any():
            weight: FloatArray = curves.frequency[inside] ** 2
            places.append(0.5 * (low + high))
            means.append(mean_interval(curves.reduced[:, inside] @ weight / weight.sum()))
    value, lower, upper = np.array(means).T if means else np.empty((3, 0))
    return Series.of(label, "points", places, value, lower, upper, style="main", order=order)
