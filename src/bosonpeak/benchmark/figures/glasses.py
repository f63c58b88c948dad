"""Figures of the claims about the exponent s and the small stresses of glasses."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.benchmark.figures.front_page import EXPONENT_PANELS, exponent_panels
from bosonpeak.benchmark.figures.marks import estimates, region_marks, window_marks
from bosonpeak.benchmark.measures.base import OpenEnsemble, potential_of
from bosonpeak.plot.exponents import count_curve
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, Style, named, number_in, own_name
from bosonpeak.plot.structures import stress_curve
from bosonpeak.validators.power_laws.exponent_s import HIGHS, LOW
from bosonpeak.validators.power_laws.low_mode_counts import reduced_cumulative_count
from bosonpeak.validators.power_laws.small_stresses import resonant_stresses, stress_distribution

_LOWEST, _HIGHEST = 0.15, 1.1
_FEWEST = 5
_APART = 1.03


def cumulative_count(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """F(ω)/ω^(s+1) at each parent temperature, with a line for each claimed exponent."""
    fits = evidence.expected("exponent") or evidence.needed("exponent")
    exponents = sorted({each.claimed for each in fits})
    panels = [
        _count_panel(here, claimed, exponents, fits.datasets, open_ensemble)
        for here in fits.by(lambda each: each.cell).values()
        for claimed in sorted({each.claimed for each in here}, reverse=True)
    ]
    return Figure(
        "Modes below the first phonon",
        f"{EXPONENT_PANELS} Then: cumulative number of modes divided by a power of ω, 95 % bands over chains; the "
        "points of a curve are tied. A level line means g ~ ω^s with the s in the panel's title, one panel for each s "
        "that is claimed of the glasses; thin lines show what each claimed s would have looked like through the "
        "same number of modes. ω₀ is the first transverse phonon, from the moduli; its shell ends the range.",
        (*(exponent_panels(evidence, open_ensemble) if evidence.of("limit-exponent") else ()), *panels),
    )


def stresses(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """P(|σ_ab|) and its exponent by decade, beside the claims and the law of the potential's cutoff."""
    tests = evidence.needed("stress-exponent")
    density, local = [], []
    for order, (dataset, here) in enumerate(tests.by(lambda each: each.dataset).items()):
        shown = here[len(here) // 2]
        ensemble, label = open_ensemble(*shown.ensemble), own_name(dataset)
        density.append(stress_curve(label, ensemble, order))
        centre, heights = np.array(density[-1].x), np.array(density[-1].y)
        stress, place = np.geomspace(ensemble["stress_edge"].values[0], 1e-4, 20), shown.geometric_middle
        line = heights[np.argmin(np.abs(np.log(centre / place)))] * (stress / place) ** shown.claimed
        density.append(Series.of(f"slope {shown.claimed:g}", "line", stress, line, style="reference", order=order))
        shifts = [_APART ** (8 * (number - 1) + 4 * order) for number in range(len(here))]
        for measured, shift in zip(here, shifts, strict=True):
            local.append(_by_decade(open_ensemble(*measured.ensemble), measured, shift, order))
        x = [measured.geometric_middle * shift for measured, shift in zip(here, shifts, strict=True)]
        local.append(estimates(label, here, x, order=order))
        local.append(_cutoff_law(ensemble, f"cutoff of the potential alone, {label}", order))
    windows = window_marks(tests)
    felt = resonant_stresses(ensemble, (LOW, HIGHS[0][1]))
    return Figure(
        "Small pair stresses",
        f"Left: density of the off-diagonal components at {named(shown.cell)}; thin lines have the slopes of the claim."
        " Right: exponent in each decade with 95 % intervals (faint, for this figure only), for the parent temperatures"
        " side by side, and in the window of the claim (full); dashed lines are what the potential's cutoff makes with "
        "a flat pair distribution. Wide shading on the right: stresses that belong to the modes below the first phonon "
        "by σ = ζω².",
        (
            Panel(
                "density",
                "|σ_ab| (ε)",
                "P(|σ_ab|)",
                tuple(density),
                windows,
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
                    *windows,
                    Mark("span", start=felt[0], stop=felt[1], label="σ = ζω² of low modes"),
                    *region_marks(tests),
                ),
                x_scale="log",
                x_limits=(1e-9, 10.0),
                y_limits=(-2.0, 0.0),
            ),
        ),
    )


def exponents(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Exponents with their intervals, beside the claimed values and beside 5 + 2 α."""
    tests, relations = evidence.expected("exponent"), evidence.expected("stress-relation")
    judged = Evidence([*tests, *evidence.of("exponent", role="context", window=None)])
    fits = judged.on(judged.ensembles)
    measured: list[Series] = []
    for order, here in enumerate(fits.by(lambda each: own_name(each.dataset)).values()):
        measured += _by_gate(here, order, shift=_APART ** (2 * order - 1))
    related: list[Series] = []
    for order, relation in enumerate(relations):
        found = relation.estimate.details
        x, s = 5.0 + 2.0 * found["alpha"], found["s"]
        low, high = found["s_interval_without_gates"]
        style: Style = "main" if found["s_has_interval"] else "faint"
        label = f"{own_name(relation.dataset)}, {named(relation.cell)}"
        related.append(Series.of(label, "points", [x], [s], [low], [high], style=style, order=order))
    ends = np.array([2.5, 4.5])
    related.append(Series.of("s = 5 + 2α", "line", ends, ends, style="reference", order=0))
    related += [
        Series.of(
            f"expected by {relations.claims}", "band", ends, [], ends + low, ends + high, style="reference", order=0
        )
        for low, high in dict.fromkeys(each.expect for each in relations if each.expect is not None)
    ]
    return Figure(
        "The exponent s",
        "Left: two-sided fits with 95 % intervals over chains; faint points are fits that a gate has refused, with the "
        "interval they would have had. Right: the same against 5 + 2α, α from the smallest stresses that are stored.",
        (
            Panel(
                "s by parent temperature",
                "T*",
                "s",
                tuple(measured),
                region_marks(tests),
                x_scale="log",
                x_limits=(0.12, 1.3),
                y_limits=(0.0, 7.0),
            ),
            Panel("s against 5 + 2α", "5 + 2α", "s", tuple(related), x_limits=(2.5, 4.5), y_limits=(0.0, 7.0)),
        ),
    )


def _by_gate(fits: Evidence, order: int, *, shift: float) -> list[Series]:
    """Points accepted by the gates, and points refused by one."""
    label = own_name(fits[0].dataset)
    kinds: tuple[tuple[bool, str, Style], ...] = (
        (True, label, "main"),
        (False, f"{label}, refused by a gate", "faint"),
    )
    series = []
    for passed, name, style in kinds:
        chosen = [each for each in fits if each.estimate.has_interval == passed]
        if chosen:
            x = [number_in(each.cell) * shift for each in chosen]
            low, high = np.array([each.estimate.details["interval_without_gates"] for each in chosen]).T
            value = [each.estimate.value for each in chosen]
            series.append(Series.of(name, "points", x, value, low, high, style=style, order=order))
    return series


def _count_panel(
    fits: Evidence, s: float, exponents: list[float], datasets: list[str], open_ensemble: OpenEnsemble
) -> Panel:
    curves = [
        _count_curve(open_ensemble(dataset, fits[0].cell), own_name(dataset), datasets.index(dataset), s)
        for dataset in fits.datasets
    ]
    return Panel(
        f"{named(fits[0].cell)}, s = {s:g}",
        "ω/ω₀",
        f"F(ω) / (ω/ω₀)^{s + 1.0:g}, modes per sample",
        (*curves, *_rival_lines(curves, s, exponents, through=min(each.window[1] for each in fits))),
        window_marks(fits),
        x_scale="log",
        y_scale="log",
        x_limits=(_LOWEST, _HIGHEST),
    )


def _count_curve(ensemble: xr.Dataset, label: str, order: int, s: float) -> Series:
    curve = reduced_cumulative_count(ensemble, exponent=s, low=_LOWEST, high=_HIGHEST)
    # With a mode or two the curve is a staircase that hides the rest on a logarithmic scale.
    modes = curve["reduced_count"] * curve["reduced_frequency"] ** (s + 1.0) * ensemble.sizes["sample"]
    return count_curve(label, curve.where(modes >= _FEWEST), order)


def _rival_lines(curves: list[Series], s: float, exponents: list[float], *, through: float) -> list[Series]:
    """Power laws of the claimed exponents through the curves at the end of the window."""
    x = np.array(curves[0].x, dtype=np.float64)
    touch = int(np.argmin(np.abs(x - through)))
    heights = np.array([curve.y[touch] for curve in curves], dtype=np.float64)
    if not np.isfinite(heights).all():
        return []
    height = float(np.exp(np.log(heights).mean()))
    return [
        Series.of(f"s = {rival:g}", "line", x, height * (x / x[touch]) ** (rival - s), style="reference", order=order)
        for order, rival in enumerate(exponents)
    ]


def _by_decade(ensemble: xr.Dataset, measured: Measurement, shift: float, order: int) -> Series:
    """Exponent in each decade, for display only."""
    low, high = measured.window
    found = stress_distribution(ensemble, low=low, high=high).by_decade
    columns = (found[name].values for name in ("exponent", "lower", "upper"))
    return Series.of("", "points", found["stress"].values * shift, *columns, style="faint", order=order)


def _cutoff_law(ensemble: xr.Dataset, label: str, order: int) -> Series:
    """Local exponent of the potential's cutoff with a flat pair distribution."""
    from bosonpeak.generators.glasses.pair_stresses import cutoff_stress_counts

    edges = np.geomspace(1e-9, 1e-3, 25)
    density = np.log(cutoff_stress_counts(potential_of(ensemble), edges) / np.diff(edges))  # type: ignore[arg-type]
    centre = np.log(edges[1:] * edges[:-1]) * 0.5
    slope = np.diff(density) / np.diff(centre)
    return Series.of(label, "line", np.exp(0.5 * (centre[1:] + centre[:-1])), slope, style="control", order=order)
