"""Evidence behind the claims about heterogeneous-elasticity theory and its generalisation, as plain series."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.heterogeneous_elasticity import PAIR_INERTIA
from bosonpeak.benchmark.scorecards.figure import Figure, Mark, Panel, Series
from bosonpeak.benchmark.scorecards.plain_series import Style, plain_series
from bosonpeak.validators.power_laws.exponent_s import LOW
from bosonpeak.validators.power_laws.theory_curves import local_slopes, maximum, rise

OpenEnsemble = Callable[[str, str], xr.Dataset]

ELASTICITY = "theory/heterogeneous-elasticity"
STRESSES = "theory/generalised-heterogeneous-elasticity"
GLASS = ("glass/taper-2", "T-0.20")

FREQUENCY = "ω / (√(G₀/ρ) k_ξ)"

_DISTANCE = "distance_to_instability"
_SHOWN_DISTANCES = (0.9, 0.5, 0.2, 0.1, 0.01, 0.001, 1e-4, 0.0)
_SHOWN_RATIO = 0.2
_HIGHEST = 0.6
_SHOWN_BOX = 40.0
_SHOWN_GAPS = (0.5, 0.1, 0.01, 0.001)
_MEDIA = ((0.0, "K/G₀ = ∞"), (0.2, "K/G₀ = 5"), (1.0, "K/G₀ = 1"))


def reduced_density(open_ensemble: OpenEnsemble) -> Figure:
    """Density of states over the medium's own Debye law against frequency, from weak disorder to the instability."""
    data = open_ensemble(ELASTICITY, "infinite").sel(shear_to_bulk_ratio=_SHOWN_RATIO)
    data = data.isel(frequency=np.flatnonzero(data["frequency"].values <= _HIGHEST))
    curves = tuple(
        plain_series(
            "γ = γ_c" if distance == 0.0 else f"1 − γ/γ_c = {distance:g}",
            "line",
            data["frequency"].values,
            data["reduced_density_of_states"].sel({_DISTANCE: distance}, method="nearest").values,
            style="control" if distance == 0.0 else "main",
            order=order,
        )
        for order, distance in enumerate(_SHOWN_DISTANCES)
    )
    excess = float(data["critical_excess"])
    marks = (Mark("hline", 1.0, label="Debye"), Mark("hline", excess, label=f"closed form at γ_c: {excess:.2f}"))
    return Figure(
        "The boson peak of heterogeneous-elasticity theory",
        "Density of states over the Debye law of the same static moduli, K/G₀ = 5. At the instability it stays above 1 "
        "down to zero frequency: both laws are ω².",
        (
            Panel(
                "reduced density of states",
                FREQUENCY,
                "g / g_Debye(own moduli)",
                curves,
                marks,
                x_scale="log",
                x_limits=(1e-4, _HIGHEST),
            ),
        ),
    )


def boson_peak(open_ensemble: OpenEnsemble) -> Figure:
    """Maximum and onset of the boson peak, and its height, against the distance from the instability."""
    data = open_ensemble(ELASTICITY, "infinite")
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
        places.append(plain_series(f"maximum, {label}", "points", distance, tops[:, 0], style="main", order=order))
        places.append(plain_series(f"onset, {label}", "points", distance, onset, style="faint", order=order))
        heights.append(plain_series(label, "line", distance, tops[:, 1], style="main", order=order))
        if order == 0:
            for power, values, name in ((0.25, tops[:, 0], "power 1/4"), (0.5, onset, "power 1/2")):
                line = values[0] * (distance / distance[0]) ** power
                places.append(plain_series(name, "line", distance, line, style="reference", order=order))
    return Figure(
        "Where the boson peak goes",
        "Left: frequency of the maximum of g over Debye, and of the onset, where half of the excess is reached. Right: "
        "height of the maximum; it saturates near 2.1 at the instability.",
        (
            Panel("softening", "1 − γ/γ_c", FREQUENCY, tuple(places), x_scale="log", y_scale="log"),
            Panel("height", "1 − γ/γ_c", "g / g_Debye at the maximum", tuple(heights), x_scale="log"),
        ),
    )


def attenuation(open_ensemble: OpenEnsemble) -> Figure:
    """Damping of transverse waves over omega^4, and its local exponent."""
    data = open_ensemble(ELASTICITY, "infinite").sel(shear_to_bulk_ratio=_SHOWN_RATIO)
    data = data.isel(frequency=np.flatnonzero(data["frequency"].values <= _HIGHEST))
    frequency = data["frequency"].values
    middle = np.sqrt(frequency[1:] * frequency[:-1])
    damping, slope = [], []
    for order, distance in enumerate(_SHOWN_DISTANCES):
        label = "γ = γ_c" if distance == 0.0 else f"1 − γ/γ_c = {distance:g}"
        style: Style = "control" if distance == 0.0 else "main"
        values = data["attenuation"].sel({_DISTANCE: distance}, method="nearest").values
        damping.append(plain_series(label, "line", frequency, values / frequency**4, style=style, order=order))
        slope.append(plain_series(label, "line", middle, local_slopes(frequency, values), style=style, order=order))
    return Figure(
        "Attenuation of transverse waves",
        "Rayleigh's law is level on the left. At the instability there is none: Γ ~ ω².",
        (
            Panel("damping", FREQUENCY, "Γ / ω⁴", tuple(damping), x_scale="log", y_scale="log"),
            Panel(
                "local exponent",
                FREQUENCY,
                "d ln Γ / d ln ω",
                tuple(slope),
                (Mark("hline", 4.0, label="Rayleigh"),),
                x_scale="log",
                y_limits=(0.0, 7.0),
            ),
        ),
    )


def gap(open_ensemble: OpenEnsemble) -> Figure:
    """Density of eigenvalues above the edge of a finite sample, and its local exponent."""
    data = open_ensemble(ELASTICITY, "finite").sel(box_length=_SHOWN_BOX)
    relative = data["frequency"].values ** 2 - 1.0
    above = relative > 0.0
    x = relative[above]
    density, slope = [], []
    for order, distance in enumerate(_SHOWN_GAPS):
        row = data.sel({_DISTANCE: distance}, method="nearest")
        values = (row["density_of_states"] / (2.0 * row["angular_frequency"])).values[above]
        first = float(row["edge_eigenvalue"] / row["first_wave_eigenvalue"])
        label = f"1 − γ/γ_c = {distance:g}, edge at {first:.2g} of the first wave"
        density.append(plain_series(label, "line", x, values, style="main", order=order))
        middle = np.sqrt(x[1:] * x[:-1])
        slope.append(plain_series(label, "line", middle, local_slopes(x, values), style="main", order=order))
    return Figure(
        "The edge of the gap of a finite sample",
        f"k_ξ L = {_SHOWN_BOX:g}, K/G₀ = 5. Far from the instability the edge is that of the first shell of waves, and "
        "its square root ends early.",
        (
            Panel("density of eigenvalues", "λ/λ_c − 1", "ρ(λ)", tuple(density), x_scale="log", y_scale="log"),
            Panel(
                "local exponent",
                "λ/λ_c − 1",
                "d ln ρ / d ln(λ − λ_c)",
                tuple(slope),
                (Mark("hline", 0.5, label="1/2"),),
                x_scale="log",
                y_limits=(-0.5, 1.5),
            ),
        ),
    )


def local_exponent(open_ensemble: OpenEnsemble) -> Figure:
    """Local exponent s against stress for tapered soft spheres, and for Lennard-Jones cutoffs."""
    spheres = _exponent_curves(open_ensemble, (("soft-spheres", ""),))
    cutoffs = _exponent_curves(
        open_ensemble,
        (
            ("lennard-jones/hard", "hard cutoff"),
            ("lennard-jones/force-shifted", "force-shifted"),
            ("lennard-jones/tapered", "tapered"),
        ),
    )
    scale = float(open_ensemble(*GLASS)["first_phonon"].mean())
    felt = Mark(
        "span", start=PAIR_INERTIA * (LOW * scale) ** 2, stop=4.0 * PAIR_INERTIA * (0.6 * scale) ** 2, label="σ = ζω²"
    )
    marks = tuple(Mark("hline", s, label=f"s = {s:.3g}") for s in (3.0, 3.5, 11.0 / 3.0, 4.0))
    return Figure(
        "Local exponent of the stress contribution",
        "s = 5 + 2 d ln P/d ln σ for whole potentials with g₂ = 1; full lines from |rφ′|, dashed ones from the "
        "off-diagonal components. Shaded: stresses that belong to the modes below the first phonon of the embedded "
        "glasses, from ζ of nearest pairs to that of pairs at the cutoff.",
        (
            Panel(
                "polydisperse inverse-power spheres",
                "σ (ε)",
                "s",
                spheres,
                (felt, *marks),
                x_scale="log",
                x_limits=(1e-20, 10.0),
                y_limits=(2.0, 5.5),
            ),
            Panel(
                "Lennard-Jones, r_c = 2.5",
                "σ (ε)",
                "s",
                cutoffs,
                (felt, Mark("hline", 5.0, label="s = 5"), Mark("hline", 4.0, label="s = 4")),
                x_scale="log",
                x_limits=(1e-10, 10.0),
                y_limits=(2.0, 5.5),
            ),
        ),
    )


def _exponent_curves(open_ensemble: OpenEnsemble, groups: tuple[tuple[str, str], ...]) -> tuple[Series, ...]:
    curves: list[Series] = []
    order = 0
    for group, name in groups:
        data = open_ensemble(STRESSES, group)
        stress = data["frequency"].values ** 2
        for inverse in data["inverse_taper_order"].values[::-1]:
            taper = "m = ∞" if inverse == 0.0 else f"m = {round(1.0 / float(inverse))}"
            label = taper if not name else f"{name}, {taper}" if name == "tapered" else name
            row = data.sel(inverse_taper_order=inverse)
            curves.append(plain_series(label, "line", stress, row["local_exponent"].values, style="main", order=order))
            components = row["local_exponent_of_components"].values
            curves.append(plain_series("", "line", stress, components, style="control", order=order))
            order += 1
    return tuple(curves)


FIGURES = {
    "elasticity-reduced-density": reduced_density,
    "elasticity-boson-peak": boson_peak,
    "elasticity-attenuation": attenuation,
    "elasticity-gap": gap,
    "elasticity-local-exponent": local_exponent,
}
