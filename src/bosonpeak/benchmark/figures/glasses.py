"""Evidence behind the claims about the exponent s and the small stresses of glasses, as figures of plain series."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.measures import glasses as glass_measures
from bosonpeak.benchmark.scorecards.figure import Figure, Mark, Panel, Series
from bosonpeak.benchmark.scorecards.plain_series import Style, plain_series
from bosonpeak.validators.power_laws.exponent_s import LOW, exponent, reduced_cumulative_count
from bosonpeak.validators.power_laws.small_stresses import stress_density, stress_distribution
from bosonpeak.validators.power_laws.stress_relation import resonant_stresses

OpenEnsemble = Callable[[str, str], xr.Dataset]

TAPERS = (("glass/taper-2", "m = 2"), ("glass/taper-inf", "m = ∞"))
TEMPERATURES = ("T-1.00", "T-0.20", "T-0.15")
RIVALS = (2, 3, 4)

_LOWEST, _HIGHEST = 0.15, 1.1
_TOUCH = 0.55
_FEWEST = 5
_APART = 1.03


def cumulative_count(open_ensemble: OpenEnsemble) -> Figure:
    """F(ω)/ω^(s+1) of both tapers at each parent temperature, with what each rival exponent would look like."""
    panels = []
    for temperature in TEMPERATURES:
        s = 2 if temperature == TEMPERATURES[0] else 4
        curves = [
            _count_curve(open_ensemble(dataset, temperature), label, order, s)
            for order, (dataset, label) in enumerate(TAPERS)
        ]
        panels.append(
            Panel(
                f"T* = {temperature.removeprefix('T-')}",
                "ω/ω₀",
                f"F(ω) / (ω/ω₀)^{s + 1}, modes a sample",
                (*curves, *_rival_lines(curves, s)),
                (Mark("span", start=LOW, stop=0.6, label="window of the fit (its end: 0.5 to 0.6)"),),
                x_scale="log",
                y_scale="log",
                x_limits=(_LOWEST, _HIGHEST),
            )
        )
    return Figure(
        "Modes below the first phonon",
        "Cumulative number of modes divided by a power of ω, 95 % bands over chains; the points of a curve are tied. "
        "Level lines mean g ~ ω^2 in the first panel and g ~ ω^4 in the others; thin lines show what s = 2, 3 and 4 "
        "would have looked like through the same number of modes. ω₀ is the first transverse phonon, from the moduli; "
        "its shell ends the range.",
        tuple(panels),
    )


def stresses(open_ensemble: OpenEnsemble) -> Figure:
    """P(|σ_ab|) of both tapers, and its exponent decade by decade against the limits and the potentials' own law."""
    density, local = [], []
    for order, (dataset, label) in enumerate(TAPERS):
        ensemble = open_ensemble(dataset, TEMPERATURES[1])
        edges = ensemble["stress_edge"].values
        centre = np.sqrt(edges[1:] * edges[:-1])
        density.append(
            plain_series(
                label, "line", centre, stress_density(ensemble["stress_count"].values, edges), style="main", order=order
            )
        )
        for place, temperature in enumerate(TEMPERATURES):
            by_decade = stress_distribution(
                open_ensemble(dataset, temperature),
                low=glass_measures.ASYMPTOTIC[0],
                high=glass_measures.ASYMPTOTIC[1],
            ).by_decade
            shift = _APART ** (8 * (place - 1) + 4 * order)
            local.append(
                plain_series(
                    label if place == 1 else "",
                    "points",
                    by_decade["stress"].values * shift,
                    by_decade["exponent"].values,
                    style="main",
                    order=order,
                    low=by_decade["lower"].values,
                    high=by_decade["upper"].values,
                )
            )
        local.append(_cutoff_law(ensemble, f"cutoff of the potential alone, {label}", order))
    window = Mark("span", start=glass_measures.ASYMPTOTIC[0], stop=glass_measures.ASYMPTOTIC[1], label="window of α")
    felt = _resonant_mark(open_ensemble)
    return Figure(
        "Small pair stresses",
        "Left: density of the off-diagonal components at T* = 0.20; thin lines have the slopes of the claim. Right: "
        "exponent in each decade with 95 % intervals, for the three parent temperatures side by side; dashed lines are "
        "what the potential's cutoff makes with a flat pair distribution. Wide shading on the right: stresses that "
        "belong to the modes of the window by σ = ζω².",
        (
            Panel(
                "density",
                "|σ_ab| (ε)",
                "P(|σ_ab|)",
                (*density, *_slopes(density)),
                (window,),
                x_scale="log",
                y_scale="log",
                x_limits=(1e-9, 10.0),
            ),
            Panel(
                "local exponent",
                "|σ_ab| (ε)",
                "α",
                tuple(local),
                (
                    window,
                    felt,
                    Mark("hline", -0.5, label="-1/2, m = 2"),
                    Mark("hline", -1.0, label="-1, m = ∞"),
                ),
                x_scale="log",
                x_limits=(1e-9, 10.0),
                y_limits=(-2.0, 0.0),
            ),
        ),
    )


def exponents(open_ensemble: OpenEnsemble) -> Figure:
    """The exponents with their intervals, against the claims' values and against 5 + 2 α."""
    measured: list[Series] = []
    related: list[Series] = []
    for order, (dataset, label) in enumerate(TAPERS):
        ensembles = [open_ensemble(dataset, temperature) for temperature in TEMPERATURES]
        fits = [exponent(ensemble) for ensemble in ensembles]
        temperature = np.array([float(name.removeprefix("T-")) for name in TEMPERATURES]) * _APART ** (2 * order - 1)
        value = np.array([fit.value for fit in fits])
        limits = np.array([fit.details["interval_without_gates"] for fit in fits]).T
        silent = np.array([fit.has_interval for fit in fits])
        measured += _by_gate(label, temperature, value, limits, silent, order)
        for place, (ensemble, fit) in enumerate(zip(ensembles[1:], fits[1:], strict=True), start=1):
            alpha = stress_distribution(
                ensemble, low=glass_measures.ASYMPTOTIC[0], high=glass_measures.ASYMPTOTIC[1]
            ).exponent.value
            name = f"{label}, T* = {TEMPERATURES[place].removeprefix('T-')}"
            style: Style = "main" if fit.has_interval else "faint"
            x = [5.0 + 2.0 * alpha]
            low, high = limits[:, place : place + 1]
            related.append(
                plain_series(
                    name,
                    "points",
                    x,
                    value[place : place + 1],
                    style=style,
                    order=2 * order + place - 1,
                    low=low,
                    high=high,
                )
            )
    ends = [2.5, 4.5]
    related.append(plain_series("s = 5 + 2α", "line", ends, ends, style="reference", order=0))
    return Figure(
        "The exponent s",
        "Left: two-sided fits with 95 % intervals over chains; faint points are fits that a gate has refused, with the "
        "interval they would have had. Right: the same against 5 + 2α, α from the two lowest decades of stress.",
        (
            Panel(
                "s by parent temperature",
                "T*",
                "s",
                tuple(measured),
                tuple(Mark("hline", float(s), label=f"s = {s}") for s in RIVALS),
                x_scale="log",
                x_limits=(0.12, 1.3),
                y_limits=(0.0, 7.0),
            ),
            Panel("s against 5 + 2α", "5 + 2α", "s", tuple(related), x_limits=(2.5, 4.5), y_limits=(0.0, 7.0)),
        ),
    )


def _by_gate(
    label: str,
    x: NDArray[np.float64],
    value: NDArray[np.float64],
    limits: NDArray[np.float64],
    silent: NDArray[np.bool_],
    order: int,
) -> list[Series]:
    """Points that no gate refused, and those that one did."""
    kinds: tuple[tuple[NDArray[np.bool_], str, Style], ...] = (
        (silent, label, "main"),
        (~silent, f"{label}, refused by a gate", "faint"),
    )
    return [
        plain_series(
            name,
            "points",
            x[chosen],
            value[chosen],
            style=style,
            order=order,
            low=limits[0][chosen],
            high=limits[1][chosen],
        )
        for chosen, name, style in kinds
        if chosen.any()
    ]


def _count_curve(ensemble: xr.Dataset, label: str, order: int, s: int) -> Series:
    curve = reduced_cumulative_count(ensemble, exponent=float(s), low=_LOWEST, high=_HIGHEST)
    x = curve["reduced_frequency"].values
    samples = ensemble.sizes["sample"]
    # With a mode or two the curve is a staircase that hides the rest on a logarithmic scale.
    seen = curve["reduced_count"].values * x ** (s + 1) * samples >= _FEWEST
    y, low, high = (np.where(seen, curve[name].values, np.nan) for name in ("reduced_count", "lower", "upper"))
    return plain_series(label, "band", x, y, style="main", order=order, low=low, high=high)


def _rival_lines(curves: list[Series], s: int) -> list[Series]:
    """Power laws through the middle of the curves where the window ends."""
    x = np.array(curves[0].x, dtype=np.float64)
    touch = int(np.argmin(np.abs(x - _TOUCH)))
    heights = np.array([curve.y[touch] for curve in curves], dtype=np.float64)
    if not np.isfinite(heights).all():
        return []
    middle = float(np.exp(np.log(heights).mean()))
    return [
        plain_series(f"s = {rival}", "line", x, middle * (x / x[touch]) ** (rival - s), style="reference", order=order)
        for order, rival in enumerate(RIVALS)
    ]


def _slopes(density: list[Series]) -> list[Series]:
    """Lines of the claimed slopes through the middle of the window."""
    low, high = glass_measures.ASYMPTOTIC
    x = np.geomspace(low, 1e-4, 20)
    middle = np.sqrt(low * high)
    lines = []
    for order, (series, slope) in enumerate(zip(density, (-0.5, -1.0), strict=True)):
        centre = np.array(series.x, dtype=np.float64)
        height = series.y[int(np.argmin(np.abs(np.log(centre / middle))))]
        if height:
            name = "slope -1/2" if order == 0 else "slope -1"
            lines.append(plain_series(name, "line", x, height * (x / middle) ** slope, style="reference", order=order))
    return lines


def _cutoff_law(ensemble: xr.Dataset, label: str, order: int) -> Series:
    """Local exponent of the potential's cutoff with a flat pair distribution."""
    from bosonpeak.generators.glasses.cutoff_stresses import cutoff_stress_counts
    from bosonpeak.generators.sample_generators.particle_systems import soft_sphere_potential

    parameters = json.loads(ensemble.attrs["parameters"])
    potential = soft_sphere_potential(parameters)
    edges = np.geomspace(1e-9, 1e-3, 25)
    density = np.log(cutoff_stress_counts(potential, edges) / np.diff(edges))
    centre = np.log(edges[1:] * edges[:-1]) * 0.5
    slope = np.diff(density) / np.diff(centre)
    return plain_series(label, "line", np.exp(0.5 * (centre[1:] + centre[:-1])), slope, style="control", order=order)


def _resonant_mark(open_ensemble: OpenEnsemble) -> Mark:
    low, high = resonant_stresses(open_ensemble(TAPERS[0][0], TEMPERATURES[1]), (LOW, 0.6))
    return Mark("span", start=low, stop=high, label="σ = ζω² of the window")
