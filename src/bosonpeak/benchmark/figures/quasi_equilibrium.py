"""Evidence behind the claims of the quasi-equilibrium theory, as figures made of plain series."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.measures.quasi_equilibrium import CLAIMED, ReducedCurves, reduced_curves
from bosonpeak.benchmark.scorecards.figure import Figure, Mark, Panel, Series
from bosonpeak.benchmark.scorecards.plain_series import plain_series
from bosonpeak.generators.media.weak_modulation import mean_excess
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import mean_interval
from bosonpeak.validators.spectra.crossover import WINDOW_IN_CROSSOVERS, sampled_crossover
from bosonpeak.validators.spectra.reduced_step import step_frequency

OpenEnsemble = Callable[[str, str], xr.Dataset]

ISOTROPIC = (
    ("isotropic/waves-12", "λ = 6 a"),
    ("fine/waves-12", "λ = 8 a, the same waves"),
    ("isotropic/waves-9", "λ = 8 a"),
    ("isotropic/waves-6", "λ = 12 a"),
)

_BRAGG = 0.5
_STEP_WINDOW = {"low": 0.2, "high": 1.0}
_BINS = np.arange(0.2, 1.55, 0.1)
_MARKS = (Mark("vline", CLAIMED, label="(√3/2) c k_G"), Mark("vline", _BRAGG, label="c k_G/2"))
_LEVELS = (Mark("hline", CLAIMED, label="√3/2"), Mark("hline", _BRAGG, label="Bragg condition"))


def reduced_density(open_ensemble: OpenEnsemble) -> Figure:
    """Density of states of media over their own Debye level, and how the amplitude follows the softness."""
    layered = open_ensemble("medium/layered", "grid")
    contrasts = [float(value) for value in layered["contrast"].values if value > 0.0]
    exact, slopes = [_equation_16(order=0)], []
    for order, contrast in enumerate(contrasts):
        curves = reduced_curves(layered, select={"contrast": contrast})
        exact.append(
            plain_series(
                f"contrast {contrast:g}", "line", curves.frequency, curves.reduced[0], style="main", order=order
            )
        )
        slope = layered["amplitude_slope"].sel(contrast=contrast)
        slopes.append(
            plain_series(f"contrast {contrast:g}", "line", layered["frequency"], slope, style="main", order=order)
        )
    sampled = [_equation_16(order=0), _weak_modulation(open_ensemble("medium/spectra", ISOTROPIC[1][0]))]
    for order, (group, label) in enumerate(ISOTROPIC):
        sampled.append(_binned(label, reduced_curves(open_ensemble("medium/spectra", group)), order))
    axis = "ω/(c k_G)"
    return Figure(
        "What a modulated medium does",
        "Density of states over the medium's own Debye density. Left: one plane wave in 1/G, exact; long waves see the "
        "effective modulus, eq. 16 has none of them. Middle: four waves of one length, kernel polynomials over the own "
        "crystal of the same mesh, 95 % intervals over media, and second-order perturbation theory, both in bins; "
        "frequencies at which the mesh shows are left out. Right: slope of ln amplitude² on ln 1/G across the layers: "
        "0 if long waves do not look, 3/2 for rays.",
        (
            Panel("layers", axis, "D/D(Debye)", tuple(exact), _MARKS, x_limits=(0.0, 2.0), y_limits=(0.0, 2.8)),
            Panel("isotropic media", axis, "D/D(Debye)", tuple(sampled), _MARKS, x_limits=(0.0, 1.6)),
            Panel(
                "amplitude and softness",
                axis,
                "slope of ln amplitude² on ln 1/G",
                tuple(slopes),
                (*_MARKS, Mark("hline", 1.5, label="rays")),
                x_limits=(0.0, 2.0),
            ),
        ),
    )


def crossover_positions(open_ensemble: OpenEnsemble) -> Figure:
    """Crossover frequency against c k_G: the theory's line, recovered from samples, and the media's own."""
    return Figure(
        "Where the crossover lies",
        "Left: most likely crossover of spectra drawn from ω⁴/(ω² + b²) with b at the claimed place and at the Bragg "
        "condition, ten samples of 600 modes. Middle: step in the reduced density of states of isotropic media of "
        "three wavelengths. Right: the same in units of c k_G against the strength of the modulation. 95 % intervals.",
        (
            Panel("spectra of known crossover", "c k_G (ω_D)", "ω_BP (ω_D)", _known_crossovers(open_ensemble)),
            _media_panel(open_ensemble),
            _strength_panel(open_ensemble),
        ),
    )


def _known_crossovers(open_ensemble: OpenEnsemble) -> tuple[Series, ...]:
    wavenumbers, series = (0.05, 0.1, 0.2), _lines(0.2)
    for order, (group, label) in enumerate((("claimed", "b = (√3/2) c k_G"), ("half", "b = c k_G/2"))):
        found = []
        for wavenumber in wavenumbers:
            data = open_ensemble("null/crossovers", f"{group}/k-{wavenumber:g}")
            unit = float(json.loads(data.attrs["parameters"])["modulation_wavenumber"])
            found.append((unit, sampled_crossover(data, highest=WINDOW_IN_CROSSOVERS * CLAIMED * unit), 1.0))
        series.append(_points(label, found, order))
    return tuple(series)


def _media_panel(open_ensemble: OpenEnsemble) -> Panel:
    found = []
    for group, _ in ISOTROPIC:
        curves = reduced_curves(open_ensemble("medium/spectra", group))
        found.append((curves.unit, _step(curves), curves.unit))
    series = (*_lines(max(x for x, _, _ in found)), _points("isotropic media", found, 0))
    return Panel("isotropic media", "c k_G (grid units)", "frequency of the step", series)


def _strength_panel(open_ensemble: OpenEnsemble) -> Panel:
    layered = open_ensemble("medium/layered", "grid")
    layers = []
    for contrast in (float(value) for value in layered["contrast"].values if value > 0.0):
        curves = reduced_curves(layered, select={"contrast": contrast})
        found = step_frequency(
            curves.frequency, curves.reduced, low=0.0, high=WINDOW_IN_CROSSOVERS * CLAIMED, height=curves.height
        )
        layers.append((contrast / math.sqrt(2.0), found, 1.0))
    isotropic = []
    for group, _ in ISOTROPIC:
        data = open_ensemble("medium/spectra", group)
        isotropic.append((float(data["inverse_modulus_deviation"].mean()), _step(reduced_curves(data)), 1.0))
    series = (_points("layers, exact", layers, 0), _points("isotropic media", isotropic, 1))
    return Panel(
        "against the strength",
        "standard deviation of G₀/G",
        "frequency of the step/(c k_G)",
        series,
        _LEVELS,
        y_limits=(0.0, 1.5),
    )


def _step(curves: ReducedCurves) -> Estimate:
    return step_frequency(curves.frequency, curves.reduced, height=curves.height, **_STEP_WINDOW)


def _lines(end: float) -> list[Series]:
    x = np.array([0.0, end])
    return [
        plain_series("(√3/2) c k_G", "line", x, CLAIMED * x, style="reference", order=0),
        plain_series("c k_G/2", "line", x, _BRAGG * x, style="reference", order=1),
    ]


def _points(label: str, found: Sequence[tuple[float, Estimate, float]], order: int) -> Series:
    """Estimates at their abscissae, each in units of the third number's inverse."""
    x = [place for place, _, _ in found]
    values = ([getattr(estimate, name) * unit for _, estimate, unit in found] for name in ("value", "low", "high"))
    return plain_series(label, "points", x, *values, style="main", order=order)


def _equation_16(order: int) -> Series:
    frequency = np.linspace(0.0, 2.0, 101)
    reduced = frequency**2 / (frequency**2 + CLAIMED**2)
    return plain_series("eq. 16", "line", frequency, reduced, style="reference", order=order)


def _weak_modulation(data: xr.Dataset) -> Series:
    """Second order in the modulation, at the strength of these media."""
    variance = float((data["inverse_modulus_deviation"] ** 2).mean())
    edges = np.where(np.isclose(_BINS, _BRAGG), _BRAGG + 1e-6, _BINS)
    centres = 0.5 * (_BINS[1:] + _BINS[:-1])
    return plain_series(
        "second order", "line", centres, 1.0 + variance * mean_excess(edges), style="reference", order=1
    )


def _binned(label: str, curves: ReducedCurves, order: int) -> Series:
    """Mean in bins, each frequency weighted by the Debye modes there."""
    places, means = list[float](), list[tuple[float, float, float]]()
    for low, high in itertools.pairwise(_BINS):
        inside = (curves.frequency >= low) & (curves.frequency < high)
        if curves.frequency[-1] >= high and inside.any():
            weight: NDArray[np.float64] = curves.frequency[inside] ** 2
            places.append(0.5 * (low + high))
            means.append(mean_interval(curves.reduced[:, inside] @ weight / weight.sum()))
    value, lower, upper = np.array(means).T if means else np.empty((3, 0))
    return plain_series(label, "points", places, value, lower, upper, style="main", order=order)
