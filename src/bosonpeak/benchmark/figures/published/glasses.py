"""Figures of simulated glasses and of theory: W. Schirmacher et al., Nat. Commun. 15, 3107 (2024), and their reply."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.curves import mode_steps, poisson_levels
from bosonpeak.benchmark.figures.published.drawn import Comparison, Redrawn, exactly
from bosonpeak.benchmark.figures.vortices import arrow_series, published_ratio
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.plot.claimed_values import published_marks, published_values
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, named
from bosonpeak.plot.mode_statistics import ratio_curve
from bosonpeak.plot.structures import stress_curve
from bosonpeak.validators.estimates.inputs import chain_labels, chain_sums, mode_lists
from bosonpeak.validators.estimates.intervals import jackknife_interval, mean_interval
from bosonpeak.validators.levels.spacing_statistics import level_statistics, ratio_distribution
from bosonpeak.validators.power_laws.exponent_s import exponent
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent
from bosonpeak.validators.vortices.curl_content import vorticity

_TAPERS = (("glass/taper-2", "m = 2"), ("glass/taper-inf", "m = ∞"))
_FRESH = (("limit/taper-2", "m = 2"), ("limit/taper-inf", "m = ∞"))
_OTHER_SIZES = {
    ("limit/taper-2", "T-1.00"): ("limit/sizes", ("N-500", "N-2000", "N-4000")),
    ("limit/taper-2", "T-0.20"): ("limit/sizes", ("N-500", "N-2000", "N-4000")),
    ("limit/taper-inf", "T-1.00"): ("limit/hot-sizes-inf", ("N-500", "N-2000", "N-4000")),
    ("limit/taper-inf", "T-0.20"): ("limit/sizes-inf", ("N-500", "N-4000")),
}
_LEVELS, _PLANE = "glass/level-statistics", ("glass/modes-2d-1000", "m-2/T-0.20")
_HIGH, _LOW, _LOWEST = "T-1.00", "T-0.20", "T-0.15"
_FREQUENCY = "ω (√(ε/m)/a)"
_WINDOW = (0.3, 0.55)
_FEWEST = 5
_BESIDE = 0.3
# Tolerances are those of the claims on the same figures: SIM-5, SIM-1, SIM-2 to SIM-4.
_LIKENESS_TOLERANCE, _POISSON_TOLERANCE = 0.15, 0.25
_SLOPE_TOLERANCE = 0.25
_EXPONENT_TOLERANCE = 0.5
_WELL_BELOW = (0.0, 0.65)


def eigenvalue_statistics(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 2: P(r) of the lowest, the middle and the highest fifty levels, N = 1600."""
    panels, reported = [], []
    for letter, part in (("A", "lowest"), ("B", "middle"), ("C", "highest")):
        series = []
        for order, cell in enumerate((_HIGH, _LOW)):
            ensemble = open_ensemble(_LEVELS, cell)
            curve = ratio_distribution(ensemble, part=part, count=50, highest=4.0, bins=20)
            series.append(ratio_curve(named(cell), "points", curve, order))
            likeness = level_statistics(ensemble, part=part, count=50).goe_likeness
            printed, tolerance, meaning = (
                (0.0, _POISSON_TOLERANCE, "0 (Poisson)") if part == "highest" else (1.0, _LIKENESS_TOLERANCE, "1 (GOE)")
            )
            found = likeness.value, likeness.low, likeness.high
            reported.append(
                Comparison(f"likeness to GOE, {part} 50, {named(cell)}", printed, tolerance, found, printed_as=meaning)
            )
        ratio = curve["ratio"].values
        series.append(Series.of("surmise, eq. 18", "line", ratio, curve["surmise"].values, style="reference"))
        series.append(poisson_levels(curve))
        panels.append(Panel(f"{letter}: {part} 50 levels", "r", "P(r)", tuple(series), x_limits=(0.0, 4.0)))
    caption = "Ratios of neighbouring spacings, 50 spectra a temperature where the paper has 900; 95 % intervals."
    return Redrawn(Figure("Non-phononic excitations, Fig. 2", caption, tuple(panels)), tuple(reported))


def stresses(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 3: P(|σ|) for both tapers, with the slopes of the paper."""
    panels, reported = [], []
    settings = (("A", 0, (1e-4, 1e-2)), ("B", 1, (1e-5, 1e-2)))
    for letter, order, (low, high) in settings:
        dataset, label = _TAPERS[order]
        slope = published_values("excitations-3")[f"slope {label}"].value
        ensemble = open_ensemble(dataset, _LOW)
        curve = stress_curve(label, ensemble, order, fewest=1)
        centre, density = np.array(curve.x), np.array(curve.y)
        x, y = centre[centre >= low], density[centre >= low]
        drawn = (x >= low) & (x <= high)
        found = _slope(ensemble, low, high)
        line = _BESIDE * y[0] * (x[drawn] / x[0]) ** slope
        series = (
            Series.of(label, "points", x, y, order=order),
            Series.of(f"slope {slope:g}", "line", x[drawn], line, style="reference"),
        )
        panels.append(Panel(f"{letter}: {label}", "|σ| (ε)", "P(|σ|)", series, x_scale="log", y_scale="log"))
        why = "the paper prints no unit; in its unit ε (a/r_c)¹² see SIM-1"
        reported.append(Comparison(f"slope from {low:g} to {high:g} ε, {label}", slope, _SLOPE_TOLERANCE, found, why))
    caption = "Off-diagonal components of the pair stresses at T* = 0.20, from the width of the paper's bins up."
    return Redrawn(Figure("Non-phononic excitations, Fig. 3", caption, tuple(panels)), tuple(reported))


def integrated_densities(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 4: F(ω)/ω^(s+1) for both tapers, from a high and from a low parent temperature."""
    settings = (
        ("A: T* = 1.00", _HIGH, "s at high T", ("m = 2", "m = ∞")),
        ("B: T* = 0.20, m = 2", _LOW, "s at low T", ("m = 2",)),
        ("B: T* = 0.20, m = ∞", _LOW, "s at low T", ("m = ∞",)),
    )
    printed = published_values("excitations-4")
    panels, reported = [], []
    for title, cell, quantity, tapers in settings:
        chosen = [(place, taper) for place, taper in enumerate(_FRESH) if taper[1] in tapers]
        s = printed[f"{quantity} {tapers[0]}"].value
        ensembles = {place: (open_ensemble(dataset, cell), label) for place, (dataset, label) in chosen}
        panels.append(_integrated(title, ensembles, s, slopes=(s,)))
        for dataset, label in dict(chosen).values():
            reported += _judged(open_ensemble, dataset, label, cell, s)
    caption = (
        "Share of modes below ω over ω^(s+1), level where g ~ ω^s; N = 1000, some 2400 glasses a curve. The "
        "first phonon, the mean over the glasses, ends the range of the claim; curves end where the shortest list of "
        "modes does; lines go through them at 0.55 of the first phonon."
    )
    return Redrawn(Figure("Non-phononic excitations, Fig. 4", caption, tuple(panels)), tuple(reported))


def reply_integrated_densities(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 1 of the reply: F/ω⁵ and F/ω⁴ for both tapers, a low parent temperature."""
    ensembles = {place: (open_ensemble(dataset, _LOW), label) for place, (dataset, label) in enumerate(_FRESH)}
    slopes = tuple(each.value for each in published_values("reply-1").values())
    panels = tuple(
        _integrated(f"{letter}: T* = 0.20", ensembles, s, slopes) for letter, s in zip("ab", slopes, strict=True)
    )
    reported = [
        each
        for (dataset, label), s in zip(_FRESH, slopes, strict=True)
        for each in _judged(open_ensemble, dataset, label, _LOW, s)
    ]
    caption = (
        "Share of modes below ω over ω⁵ (a) and ω⁴ (b); lines have s = 4 and s = 3, the values of the paper's caption "
        "(its text has s = 5 for m = ∞). N = 1000, some 2400 glasses a curve."
    )
    return Redrawn(Figure("Reply, Fig. 1", caption, panels), tuple(reported))


def reply_vortex(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 2 of the reply: a mode below the first phonon, and the spectrum of its ensemble."""
    ensemble = open_ensemble(*_PLANE)
    frequency, scale = ensemble["eigenfrequency"].values, mean_interval(ensemble["first_phonon"].values)
    printed = published_values("reply-2")
    published = published_ratio()
    stored = rows_of(ensemble, "configuration")
    chosen = int(np.argmin(np.abs(frequency[stored, 0] / scale[0] - published)))
    glass, sample = ensemble.isel(configuration=chosen), int(stored[chosen])
    places, mode = glass["position"].values.astype(np.float64), glass["eigenvector"].values[0].astype(np.float64)
    box = glass["box"].values
    turning = vorticity(places, mode[np.newaxis], box, per_particle=True)
    phonon, lowest = scale[0], float(frequency[:, 0].min())
    ratio = lowest / phonon, lowest / scale[2], lowest / scale[1]
    spectrum = Panel(
        "b: spectrum",
        _FREQUENCY,
        "modes per glass and unit of ω",
        (mode_steps(frequency, "all glasses", 25),),
        (
            Mark("vline", float(frequency[sample, 0]), label="the mode"),
            Mark("vline", phonon, label="first phonon"),
            *published_marks("reply-2", phonon / printed["first phonon"].value),
        ),
    )
    assert turning.local is not None
    sketch = _arrows("a: the mode", places, mode, turning.local.vorticity[0], box)
    return Redrawn(
        Figure(
            "Reply, Fig. 2",
            f"Of the lowest modes of {len(frequency)} glasses of {len(places)} discs, T* = 0.20, the mode nearest to "
            "the paper's frequency in units of the first phonon; the paper does not name the system of its mode.",
            (sketch, spectrum),
        ),
        (
            Comparison(
                "lowest frequency of all glasses over the first phonon",
                published,
                0.0,
                ratio,
                "the mean first phonon of the glasses; whether the mode is a superposition of waves is SIM-7",
                "0.4/0.65 = 0.62",
                f"{lowest:.2f}/{phonon:.2f} = {ratio[0]:.2f}",
                between=_WELL_BELOW,
            ),
        ),
    )


def _slope(ensemble: xr.Dataset, low: float, high: float) -> tuple[float, float, float]:
    """Slope of ln P(|σ|) on ln |σ| through the bins of a range, as the eye draws it; jackknife over chains."""
    edges = ensemble["stress_edge"].values
    centre = np.sqrt(edges[1:] * edges[:-1])
    inside = (centre >= low) & (centre <= high)
    counts = chain_sums(ensemble["stress_count"].values, chain_labels(ensemble))

    def slope(kept: np.ndarray) -> float:
        density = counts[kept].sum(axis=0)[inside] / np.diff(edges)[inside]
        return float(np.polyfit(np.log(centre[inside]), np.log(density), 1)[0])

    return jackknife_interval(slope, len(counts))


def _integrated(title: str, ensembles: dict[int, tuple[xr.Dataset, str]], s: float, slopes: tuple[float, ...]) -> Panel:
    series, phonons, curves = [], [], []
    for order, (ensemble, label) in ensembles.items():
        x, share = _share_below(ensemble)
        curves.append((x, share))
        series.append(Series.of(label, "points", x, share / x ** (s + 1.0), order=order))
        phonons.append(mode_lists(ensemble).scale)
    for order, slope in enumerate(slopes):
        x, share = curves[order % len(curves)]
        touch = int(np.argmin(np.abs(x - _WINDOW[1] * phonons[-1])))
        line = share[touch] / x[touch] ** (s + 1.0) * (x / x[touch]) ** (slope - s)
        series.append(Series.of(f"s = {slope:g}", "line", x, line, style="reference", order=order))
    marks = (Mark("vline", phonons[-1], label="first phonon"),)
    label = f"F(ω) / ω^{s + 1.0:g}"
    limits = 0.9 * min(float(x[0]) for x, _ in curves), 1.1 * phonons[-1]
    return Panel(title, _FREQUENCY, label, tuple(series), marks, x_scale="log", y_scale="log", x_limits=limits)


def _share_below(ensemble: xr.Dataset) -> tuple[FloatArray, FloatArray]:
    """Share of all modes below a frequency, from the fifth mode to the last complete count."""
    frequency = ensemble["eigenfrequency"].values
    pooled = np.sort(frequency, axis=None)
    grid = np.geomspace(pooled[_FEWEST], float(frequency.max(axis=1).min()), 80)
    whole = len(frequency) * int(ensemble.attrs["degrees_of_freedom"])
    return grid, np.searchsorted(pooled, grid) / whole


def _judged(open_ensemble: OpenEnsemble, dataset: str, label: str, cell: str, s: float) -> list[Comparison]:
    """Exponent in the window of the plot, and as ω goes to 0 from all sizes together."""
    ensemble = open_ensemble(dataset, cell)
    other, sizes = _OTHER_SIZES.get((dataset, cell), ("", ()))
    every = [ensemble, *(open_ensemble(other, f"{cell}/{size}") for size in sizes)]
    local, limit = exponent(ensemble, window=_WINDOW), limit_exponent(every)
    reported = []
    for found, place in ((local, "from {:g} to {:g} ω₀".format(*_WINDOW)), (limit, "as ω goes to 0")):
        low, high = found.details["interval_without_gates"]
        why = "" if found.has_interval else "a gate refuses the fit"
        reported.append(
            Comparison(f"s {place}, {named(cell)}, {label}", s, _EXPONENT_TOLERANCE, (found.value, low, high), why)
        )
    return reported


def _arrows(title: str, places: FloatArray, mode: FloatArray, turning: FloatArray, box: FloatArray) -> Panel:
    spacing = float(np.sqrt(box.prod() / len(places)))
    arrows = mode * 2.5 * spacing / np.linalg.norm(mode, axis=1).max()
    series = []
    for order, (label, chosen) in enumerate((("turning left", turning > 0.0), ("turning right", turning <= 0.0))):
        series += arrow_series(label, places[chosen], arrows[chosen], order)
    limits = (0.0, float(box[0])), (0.0, float(box[1]))
    return Panel(title, "x (a)", "y (a)", tuple(series), x_limits=limits[0], y_limits=limits[1])


_THEORY = "theory/heterogeneous-elasticity"
_RATIO = 0.2
_FAR, _APPROACH = 0.1, (0.1, 0.01, 1e-4, 0.0)
_DISTANCE = "distance_to_instability"
_THEORY_FREQUENCY = "ω"
_GONE, _EMPTY = 0.01, 1e-3


def reduced_densities(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 1a to c: g/ω² far from the instability, on the way to it, and of a small sample."""
    infinite = open_ensemble(_THEORY, "infinite").sel(shear_to_bulk_ratio=_RATIO)
    frequency = infinite["frequency"].values
    curves, places = [], []
    for order, distance in enumerate(_APPROACH):
        row = infinite.sel({_DISTANCE: distance}, method="nearest")
        values = (row["density_of_states"] / row["frequency"] ** 2).values
        label = "γ = γ_c" if distance == 0.0 else f"1 − γ/γ_c = {distance:g}"
        curves.append(Series.of(label, "line", frequency, values, order=order))
        reduced = row["reduced_density_of_states"].values
        top = int(np.argmax(reduced))
        risen = np.flatnonzero(reduced >= 0.5 * (1.0 + reduced[top]))
        places.append(float(frequency[risen[0]]))
    finite = open_ensemble(_THEORY, "finite")
    box = float(finite["box_length"].max())
    small = finite.sel(box_length=box).sel({_DISTANCE: _FAR}, method="nearest")
    x = small["angular_frequency"].values
    edge = float(np.sqrt(small["edge_eigenvalue"]))
    gap = Series.of("sample of finite size", "line", x, small["density_of_states"].values / x**2, order=0)
    inside = small["density_of_states"].values[x < 0.98 * edge]
    above = float(small["density_of_states"].max())
    panels = (
        _panel("a: far from the instability", (curves[0],)),
        _panel("b: on the way to it", tuple(curves)),
        Panel(
            "c: a small sample", _THEORY_FREQUENCY, "g / ω²", (gap,), (Mark("vline", edge, label="edge of the gap"),)
        ),
    )
    filled = float(inside.max()) / above if inside.size else 0.0
    return Redrawn(
        Figure(
            "Non-phononic excitations, Fig. 1",
            "The paper sketches; here the self-consistent Born approximation is solved, K/G₀ = 5. a: one medium; b: "
            f"media nearer and nearer to the instability; c: a finite sample, k_ξ L = {box:g}, far from it. Locons are "
            "no part of the theory.",
            panels,
        ),
        (
            Comparison(
                "onset of the boson peak at γ_c over that at 1 − γ/γ_c = 0.1",
                0.0,
                _GONE,
                (places[-1] / places[0], 0.0, places[-1] / places[0]),
                "onsets " + ", ".join(f"{place:.2g}" for place in places) + ", the last at the grid's lowest frequency",
            ),
            Comparison("largest density in the gap over that above it", 0.0, _EMPTY, exactly(filled)),
        ),
    )


def _panel(title: str, series: tuple[Series, ...]) -> Panel:
    return Panel(title, _THEORY_FREQUENCY, "g / ω²", series, x_scale="log", x_limits=(1e-3, 3.0))
