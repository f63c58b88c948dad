"""Figures of the claims about heterogeneous-elasticity theory and its generalisation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bosonpeak.benchmark.figures.evidence import Evidence
from bosonpeak.benchmark.figures.marks import judged, region_marks, slopes_through, window_marks
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, Style, named
from bosonpeak.validators.theories.theory_curves import local_slopes, maximum, rise

FREQUENCY = "ω / (√(G₀/ρ) k_ξ)"

_DISTANCE = "distance_to_instability"
_SHOWN_DISTANCES = (0.9, 0.5, 0.2, 0.1, 0.01, 0.001, 1e-4, 0.0)
_SHOWN_RATIO = 0.2
_HIGHEST = 0.6
_MEDIA = ((0.0, "K/G₀ = ∞"), (0.2, "K/G₀ = 5"), (1.0, "K/G₀ = 1"))


def reduced_density(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Density of states over the medium's own Debye law against frequency, from weak disorder to the instability."""
    tests = evidence.needed("excess-over-waves")
    data = open_ensemble(*tests[0].ensemble).sel(shear_to_bulk_ratio=_SHOWN_RATIO)
    data = data.isel(frequency=np.flatnonzero(data["frequency"].values <= _HIGHEST))
    curves = [
        Series.of(
            "γ = γ_c" if distance == 0.0 else f"1 − γ/γ_c = {distance:g}",
            "line",
            data["frequency"].values,
            data["reduced_density_of_states"].sel({_DISTANCE: distance}, method="nearest").values,
            style="control" if distance == 0.0 else "main",
            order=order,
        )
        for order, distance in enumerate(_SHOWN_DISTANCES)
    ]
    excess = float(data["critical_excess"])
    return Figure(
        "The boson peak of heterogeneous-elasticity theory",
        "Density of states over the Debye law of the same static moduli, K/G₀ = 5. At the instability it stays above 1 "
        "down to zero frequency: both laws are ω². The point is what the claim judges, the range over all media and "
        "frequencies of its window.",
        (
            Panel(
                "reduced density of states",
                FREQUENCY,
                "g / g_Debye(own moduli)",
                (*curves, *judged(tests, logarithmic=True)),
                (
                    Mark("hline", 1.0, label="Debye"),
                    Mark("hline", excess, label=f"closed form at γ_c: {excess:.2f}"),
                    *window_marks(tests),
                    *region_marks(tests),
                ),
                x_scale="log",
                x_limits=(1e-4, _HIGHEST),
            ),
        ),
    )


def boson_peak(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Maximum and onset of the boson peak, and its height, against the distance from the instability."""
    tests = evidence.needed("boson-peak-exponent")
    data = open_ensemble(*tests[0].ensemble)
    data = data.isel({_DISTANCE: np.flatnonzero(data[_DISTANCE].values > 0.0)})
    distance, frequency = data[_DISTANCE].values, data["frequency"].values
    places: list[Series] = []
    heights: list[Series] = []
    for order, (ratio, label) in enumerate(_MEDIA):
        curves = data["reduced_density_of_states"].sel(shear_to_bulk_ratio=ratio).values
        tops = np.array([maximum(frequency, curve) for curve in curves])
        onset = np.array(
            [rise(frequency, curve, 0.5 * (1.0 + height)) for curve, height in zip(curves, tops[:, 1], strict=True)]
        )
        places.append(Series.of(f"maximum, {label}", "points", distance, tops[:, 0], style="main", order=order))
        places.append(Series.of(f"onset, {label}", "points", distance, onset, style="faint", order=order))
        heights.append(Series.of(label, "line", distance, tops[:, 1], style="main", order=order))
        if order == 0:
            features = {"maximum": tops[:, 0], "onset": onset}
    nearest = int(np.argmin(distance))
    for order, each in enumerate(tests):
        values = features[each.parameters.get("feature", "maximum")]
        power = each.estimate.value
        line = values[nearest] * (distance / distance[nearest]) ** power
        places.append(Series.of(f"power {power:.2f}", "line", distance, line, style="reference", order=order))
        if each.expect is not None and np.isfinite(each.expect).all():
            places.append(slopes_through(distance, (distance[nearest], values[nearest]), each, order=order))
    return Figure(
        "Where the boson peak goes",
        "Left: frequency of the maximum of g over Debye, and of the onset, where half of the excess is reached; lines "
        "have the powers that are measured in the window, the band those that are claimed. Right: height of the "
        "maximum; it saturates near 2.1 at the instability.",
        (
            Panel(
                "softening", "1 − γ/γ_c", FREQUENCY, tuple(places), window_marks(tests), x_scale="log", y_scale="log"
            ),
            Panel("height", "1 − γ/γ_c", "g / g_Debye at the maximum", tuple(heights), x_scale="log"),
        ),
    )


def attenuation(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Damping of transverse waves over omega^4, and its local exponent."""
    tests = evidence.needed("low-frequency-exponent", variable="attenuation")
    data = open_ensemble(*tests[0].ensemble).sel(shear_to_bulk_ratio=_SHOWN_RATIO)
    data = data.isel(frequency=np.flatnonzero(data["frequency"].values <= _HIGHEST))
    frequency = data["frequency"].values
    between = np.sqrt(frequency[1:] * frequency[:-1])
    damping, slope = [], []
    for order, distance in enumerate(_SHOWN_DISTANCES):
        label = "γ = γ_c" if distance == 0.0 else f"1 − γ/γ_c = {distance:g}"
        style: Style = "control" if distance == 0.0 else "main"
        values = data["attenuation"].sel({_DISTANCE: distance}, method="nearest").values
        damping.append(Series.of(label, "line", frequency, values / frequency**4, style=style, order=order))
        slope.append(Series.of(label, "line", between, local_slopes(frequency, values), style=style, order=order))
    slope += judged(tests, logarithmic=True)
    return Figure(
        "Attenuation of transverse waves",
        "Rayleigh's law is level on the left. At the instability there is none: Γ ~ ω². The point is what the claim "
        "judges, with the range over all media and distances that it names.",
        (
            Panel("damping", FREQUENCY, "Γ / ω⁴", tuple(damping), window_marks(tests), x_scale="log", y_scale="log"),
            Panel(
                "local exponent",
                FREQUENCY,
                "d ln Γ / d ln ω",
                tuple(slope),
                (*window_marks(tests), *region_marks(tests)),
                x_scale="log",
                y_limits=(0.0, 7.0),
            ),
        ),
    )


def gap(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Density of eigenvalues above the edge of a finite sample, and its local exponent."""
    tests = evidence.needed("edge-exponent")
    shown = [each.parameters for each in evidence.of("edge-range", role="context")]
    box = max(parameters["box"] for parameters in shown)
    data = open_ensemble(*tests[0].ensemble).sel(box_length=box, method="nearest")
    relative = data["frequency"].values ** 2 - 1.0
    above = relative > 0.0
    x = relative[above]
    between = np.sqrt(x[1:] * x[:-1])
    density, slope = [], []
    for order, distance in enumerate(sorted({parameters["distances"][0] for parameters in shown}, reverse=True)):
        row = data.sel({_DISTANCE: distance}, method="nearest")
        values = (row["density_of_states"] / (2.0 * row["angular_frequency"])).values[above]
        first = float(row["edge_eigenvalue"] / row["first_wave_eigenvalue"])
        label = f"1 − γ/γ_c = {distance:g}, edge at {first:.2g} of the first wave"
        density.append(Series.of(label, "line", x, values, style="main", order=order))
        slope.append(Series.of(label, "line", between, local_slopes(x, values), style="main", order=order))
    slope += judged(tests, logarithmic=True)
    return Figure(
        "The edge of the gap of a finite sample",
        f"k_ξ L = {box:g}, K/G₀ = 5. Far from the instability the edge is that of the first shell of waves, and "
        "its square root ends early. The point is what the claim judges, with the range over all boxes and distances.",
        (
            Panel("density of eigenvalues", "λ/λ_c − 1", "ρ(λ)", tuple(density), x_scale="log", y_scale="log"),
            Panel(
                "local exponent",
                "λ/λ_c − 1",
                "d ln ρ / d ln(λ − λ_c)",
                tuple(slope),
                (*window_marks(tests), *region_marks(tests)),
                x_scale="log",
                y_limits=(-0.5, 1.5),
            ),
        ),
    )


def with_stresses(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Spectra of small samples with elastic disorder and stresses, and their local exponent."""
    tests = evidence.needed("low-frequency-exponent")
    shown = open_ensemble(*tests[0].ensemble).isel(box_length=-1, stress_coupling=-1)
    spectra = [
        Series.of(
            f"1 − γ/γ_c = {distance:g}",
            "line",
            shown["frequency"].values,
            shown["density_of_states"].sel({_DISTANCE: distance}, method="nearest").values
            / shown["frequency"].values ** 2,
            style="main",
            order=order,
        )
        for order, distance in enumerate((0.9, 0.5, 0.1, 0.01, 1e-4))
    ]
    slopes = []
    for order, (dataset, group) in enumerate(tests.ensembles):
        data = open_ensemble(dataset, group).isel(box_length=-1, stress_coupling=0)
        density = data["density_of_states"].sel({_DISTANCE: 0.5}, method="nearest").values
        frequency = data["frequency"].values
        between = np.sqrt(frequency[1:] * frequency[:-1])
        slopes.append(
            Series.of(named(group), "line", between, local_slopes(frequency, density), style="main", order=order)
        )
    return Figure(
        "The spectrum of a small sample with stresses",
        "Left: g/ω² of the sketch of figure 1c, m = 2, k_ξL = 40, from the stable to the marginal. Right: the local "
        "exponent for 1 − γ/γ_c = 0.5 and the weaker coupling, points what is judged, in the middle of the window: all "
        "boxes, couplings and distances of the test.",
        (
            Panel(
                "reduced density of states",
                "ω/ω₀",
                "g/ω²",
                tuple(spectra),
                window_marks(tests),
                x_limits=(0.0, 2.5),
                y_scale="log",
            ),
            Panel(
                "local exponent",
                "ω/ω₀",
                "s",
                (*slopes, *judged(tests)),
                (*window_marks(tests), *region_marks(tests)),
                x_limits=(0.05, 0.95),
                y_limits=(0.0, 8.0),
            ),
        ),
    )


def local_exponent(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Local exponent s against stress for whole potentials, with the regions expected by the claims."""
    measured = Evidence(each for each in evidence if each.measure == "stress-exponent-of-theory")
    felt = window_marks(
        evidence.of("predicted-exponent", role="context", inertia=None), "σ = ζω² of low modes in the glasses of"
    )
    panels = []
    for family, here in measured.by(lambda each: each.family).items():
        tests = here.of("stress-exponent-of-theory")
        expected = tests or evidence.of("exponent")
        lowest = min(each.window[0] for each in here)
        panels.append(
            Panel(
                named(family),
                "σ (ε)",
                "s",
                (*_exponent_curves(open_ensemble, here.ensembles), *judged(tests, logarithmic=True)),
                (*felt, *region_marks(expected)),
                x_scale="log",
                x_limits=(lowest, 10.0),
                y_limits=(2.0, 5.5),
            )
        )
    return Figure(
        "Local exponent of the stress contribution",
        "s = 5 + 2 d ln P/d ln σ for whole potentials with g₂ = 1; full lines from |rφ′|, dashed ones from the "
        "off-diagonal components, points what is judged, in the middle of their windows. Regions are those that the "
        "claims expect of s. Wide shading: stresses that belong to the modes below the first phonon of the glasses, "
        "with ζ of nearest pairs.",
        tuple(panels),
    )


def _exponent_curves(open_ensemble: OpenEnsemble, ensembles: Sequence[tuple[str, str]]) -> tuple[Series, ...]:
    curves: list[Series] = []
    order = 0
    for dataset, group in ensembles:
        data = open_ensemble(dataset, group)
        stress = data["frequency"].values ** 2
        variant = group.partition("/")[2]
        for inverse in data["inverse_taper_order"].values[::-1]:
            taper = "m = ∞" if inverse == 0.0 else f"m = {round(1.0 / float(inverse))}"
            reported = (named(variant), taper if not variant or len(data["inverse_taper_order"]) > 1 else "")
            label = ", ".join(filter(None, reported))
            row = data.sel(inverse_taper_order=inverse)
            curves.append(Series.of(label, "line", stress, row["local_exponent"].values, style="main", order=order))
            components = row["local_exponent_of_components"].values
            curves.append(Series.of("", "line", stress, components, style="control", order=order))
            order += 1
    return tuple(curves)
